"""Processes that go on after a command: found again, ended whole, and never mistaken for somebody else's."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.cli import background, serving
from db.errors import GroundError

SLEEP = [sys.executable, "-c", "import time; print('awake', flush=True); time.sleep(300)"]


@pytest.fixture(autouse=True)
def _own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("HETU_HOME", str(tmp_path))
    yield
    for path in (tmp_path / "run").glob("*.json"):
        if process := background.find(path.stem):
            process.end(patience=0.2)


def _start(name: str = "server-x", command: list[str] = SLEEP) -> background.Process:
    process = background.start(name, command, {"HETU_WORKSPACE": "x"}, {"workspace": "x", "port": 1})
    until = time.monotonic() + 20
    while not process.last_words() and time.monotonic() < until:
        time.sleep(0.01)
    return process


def test_it_is_found_again_with_its_facts_and_ended() -> None:
    process = _start()
    assert process.last_words() == "awake"
    found = background.find("server-x")
    assert found == process
    assert background.every("server") == [process]
    assert os.getsid(process.pid) == process.pid
    process.end()
    assert not process.alive()
    assert background.find("server-x") is None
    assert not (background.folder("run") / "server-x.json").exists()


def test_it_is_alive_from_its_first_moment() -> None:
    for _ in range(40):
        process = background.start("server-x", SLEEP, {}, {})
        assert process.alive()
        process.end()


def test_a_number_that_went_to_another_process_is_not_believed_and_not_killed(tmp_path: Path) -> None:
    stranger = subprocess.Popen(SLEEP, stdout=subprocess.DEVNULL)
    try:
        process = _start()
        process.end()
        told = {"name": "server-x", "pid": stranger.pid, "began": "1", "command": SLEEP, "facts": {}}
        (tmp_path / "run" / "server-x.json").write_text(json.dumps(told))
        assert background.find("server-x") is None
        assert not (tmp_path / "run" / "server-x.json").exists()
        background.Process(**told).end(patience=0.1)  # type: ignore[arg-type]
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_one_that_will_not_hear_is_ended_with_what_it_started() -> None:
    words = "import signal, subprocess, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); child = subprocess.Popen(['sleep', '300']); print(child.pid, flush=True); time.sleep(300)"
    process = _start(command=[sys.executable, "-c", words])
    child = int(process.last_words())
    process.end(patience=0.3)
    assert not process.alive()
    until = time.monotonic() + 10
    while Path(f"/proc/{child}").exists() and _state(child) != "Z" and time.monotonic() < until:
        time.sleep(0.05)
    assert not Path(f"/proc/{child}").exists() or _state(child) == "Z"


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def test_one_that_died_is_not_alive() -> None:
    process = _start()
    os.kill(process.pid, signal.SIGKILL)
    until = time.monotonic() + 10
    while process.alive() and time.monotonic() < until:
        time.sleep(0.02)
    assert background.find("server-x") is None


@pytest.mark.parametrize("rubbish", ["", "{", "[]", '{"pid": 1}', "null"])
def test_a_pid_file_of_rubbish_is_no_process(tmp_path: Path, rubbish: str) -> None:
    (background.folder("run") / "server-x.json").write_text(rubbish)
    assert background.find("server-x") is None


def test_a_long_log_is_turned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "LOG_LIMIT", 10)
    background.log_of("server-x").write_text("yesterday's words\n")
    process = _start()
    assert background.log_of("server-x").with_suffix(".log.1").read_text() == "yesterday's words\n"
    assert process.last_words() == "awake"


def test_a_busy_port_is_refused_when_asked_for_and_passed_over_when_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as taken:
        taken.bind((serving.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not serving.is_free(port)
        with pytest.raises(GroundError) as caught:
            serving._choose(port)
        assert (caught.value.code, caught.value.params) == ("port_busy", {"port": port})
        monkeypatch.setattr(serving, "PORTS", range(port, port + 50))
        assert port < serving._choose(None) < port + 50
        monkeypatch.setattr(serving, "PORTS", range(port, port + 1))
        with pytest.raises(GroundError, match="port_busy"):
            serving._choose(None)


def test_a_server_that_dies_says_its_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "_start_worker", lambda workspace, source: _start("worker-x"))
    dying = [sys.executable, "-c", "raise SystemExit('no such application')"]
    monkeypatch.setattr(serving, "_start_server", lambda workspace, source, port: _start("server-x", dying))
    with pytest.raises(GroundError) as caught:
        serving.serve("x")
    assert (caught.value.code, caught.value.params["process"]) == ("process_died", "server-x")
    assert caught.value.params["reason"] == "no such application"
    assert serving.served() == [], "half of it running would only look like a service"


def test_somebody_elses_server_on_the_port_is_not_ours() -> None:
    words = (
        "import http.server\n"
        "class Other(http.server.BaseHTTPRequestHandler):\n"
        "    def do_GET(self):\n"
        '        self.send_response(200); self.end_headers(); self.wfile.write(b\'{"workspace": "other"}\')\n'
        "server = http.server.HTTPServer(('127.0.0.1', 0), Other); print(server.server_port, flush=True); server.serve_forever()"
    )
    address = f"http://127.0.0.1:{int(_start('server-other', [sys.executable, '-c', words]).last_words())}"
    assert serving.healthy(address, "other")
    assert not serving.healthy(address, "demo")
