"""A real browser in front of a real server. Whatever a page asks of another host, and whatever it complains of, fails the test."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from api import vendor

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
PATIENCE_S = 60


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    if vendor.missing():
        pytest.skip("the page libraries were not copied: run api.vendor")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def address(module_workspace: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The application as it is served, in a process of its own: its waits on the database are its own, too."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("server") / "log"
    words = ["-m", "uvicorn", "--factory", "api.app:make", "--port", str(port), "--no-access-log"]
    environment = {**os.environ, "HETU_WORKSPACE": module_workspace, "PYTHONPATH": str(ROOT)}
    with log.open("w") as told:
        process = subprocess.Popen([sys.executable, *words], env=environment, stdout=told, stderr=told)
    try:
        _wait_for(f"http://127.0.0.1:{port}/health", process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)
    assert "Traceback" not in log.read_text()


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            assert process.poll() is None, log.read_text()
            time.sleep(0.2)
    pytest.fail(log.read_text())


@dataclass
class Watched:
    """What a page did that it should not have done."""

    host: str
    outside: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and parts.netloc != self.host:
            self.outside.append(request.url)

    def console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def expect(self, words: str) -> None:
        """A complaint that belongs to the test: it must have come, and does not fail it."""
        assert any(words in each for each in self.complaints), self.complaints
        self.complaints = [each for each in self.complaints if words not in each]


def watch(page: Page, address: str) -> Watched:
    watched = Watched(urlsplit(address).netloc)
    page.on("request", watched.request)
    page.on("console", watched.console)
    page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    return watched


@pytest.fixture
def context(browser: Browser, address: str) -> Iterator[BrowserContext]:
    made = browser.new_context(
        viewport={"width": 1280, "height": 800}, locale="zh-CN", base_url=address, reduced_motion="reduce"
    )
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext, address: str) -> Iterator[Page]:
    opened = context.new_page()
    opened.watched = watch(opened, address)  # type: ignore[attr-defined]
    yield opened
    assert opened.watched.outside == []  # type: ignore[attr-defined]
    assert opened.watched.complaints == []  # type: ignore[attr-defined]


def until(page: Page, expression: str) -> None:
    """Wait for a truth inside the page. (Playwright's own waiting evaluates words in the page, which its policy forbids.)"""
    end = time.monotonic() + PATIENCE_S
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(100)


def ready(page: Page, path: str = "/") -> None:
    """The map stands, every tile it asked for has come, and one may draw."""
    page.goto(path)
    page.wait_for_selector("[data-tool=polygon]:not([disabled])", timeout=PATIENCE_S * 1000)
    until(page, "hetuMap.loaded()")


def answered(page: Page) -> None:
    page.wait_for_selector("#answer .verdict", timeout=PATIENCE_S * 1000)
    page.wait_for_selector("#answer:not([aria-busy])", timeout=PATIENCE_S * 1000)
