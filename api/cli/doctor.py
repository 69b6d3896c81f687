"""What this machine has, lacks, or has weaker than it should be. It looks; it changes nothing.

A finding is *missing* where something of the product does not work, *weak* where it works with less safety, speed or proof.
"""

from __future__ import annotations

import importlib.metadata
import platform
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

import typer

from api.cli import terminal
from db import cluster, machine, programs
from db.errors import GroundError
from db.settings import CHECKOUT, Ground, home, read

GB = 1024**3
State = Literal["here", "weak", "missing"]
MARKS = {"here": "●", "weak": "◆", "missing": "✕"}
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True, slots=True)
class Finding:
    subject: str
    state: State
    code: str
    """Sentence ``cli.doctor.<code>`` says it."""
    facts: dict[str, Any]


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="只输出 JSON | nothing but JSON")] = False,
) -> None:
    """有什么、缺什么、什么较弱 | what is there, missing or weaker; exit 1 where something is missing."""
    speech = terminal.speech()
    findings = [finding for look in LOOKS for finding in look()]
    if as_json:
        terminal.answer_json(
            [
                {**asdict(each), "sentence": speech.say(f"cli.doctor.{each.code}", **each.facts)}
                for each in findings
            ]
        )
    else:
        for each in findings:
            subject = speech.say(f"cli.subject.{each.subject}")
            words = speech.say(f"cli.doctor.{each.code}", **each.facts)
            state = speech.say(f"cli.finding.{each.state}")
            terminal.answer(f"{MARKS[each.state]} {state}  {subject}: {words}")
    if any(each.state == "missing" for each in findings):
        raise typer.Exit(1)


def _python() -> Iterator[Finding]:
    facts = {"version": platform.python_version(), "system": platform.platform(terse=True)}
    yield Finding("python", "here", "python", facts)
    asked = pins((CHECKOUT / "requirements" / "run.lock").read_text(encoding="utf-8"))
    other = [
        f"{name} {_installed(name) or '–'} ≠ {version}"
        for name, version in asked.items()
        if _installed(name) != version
    ]
    if other:
        yield Finding("packages", "missing", "packages_differ", {"which": other})
    else:
        yield Finding("packages", "here", "packages", {"n": len(asked)})


def pins(lock: str) -> dict[str, str]:
    """name: version of a lock's lines that hold on every platform."""
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==([^ ;]+) \\$", lock, flags=re.MULTILINE))


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _postgres() -> Iterator[Finding]:
    if read(Ground).database_url is None:
        try:
            chosen = programs.choose()
        except GroundError as lacking:
            yield Finding(
                "postgres",
                "missing",
                "refused",
                {"why": terminal.speech().reason(lacking.code, lacking.params)},
            )
            return
        yield Finding(
            "postgres", "here", "programs", {"version": chosen.version, "folder": str(chosen.folder)}
        )
    stands = cluster.status()
    if stands.error:
        yield Finding(
            "server",
            "missing",
            "refused",
            {"why": terminal.speech().reason(stands.error.code, stands.error.params)},
        )
    elif stands.abilities is None:
        yield Finding("server", "here", "server_down" if stands.made else "server_unmade", {})
    elif stands.abilities.postgis is None:
        yield Finding("server", "missing", "no_postgis", {"version": stands.abilities.version})
    else:
        found = stands.abilities
        yield Finding(
            "server",
            "here",
            "server_up",
            {"version": found.version, "postgis": found.postgis, "url": stands.url},
        )


def _isolation() -> Iterator[Finding]:
    from gis import sandbox

    if sandbox.isolation() == "bubblewrap":
        yield Finding("isolation", "here", "isolated", {})
    else:
        yield Finding("isolation", "weak", "limits_only", {})


def _pages() -> Iterator[Finding]:
    from api import vendor
    from api.documents import fonts

    if lacking := vendor.missing():
        yield Finding("pages", "missing", "not_vendored", {"folder": str(vendor.VENDOR), "files": lacking})
    else:
        yield Finding("pages", "here", "vendored", {"folder": str(vendor.VENDOR)})
    if fonts.chinese():
        yield Finding("fonts", "here", "fonts", {})
    else:
        yield Finding("fonts", "weak", "no_fonts", {})
    yield _paper()
    browser = next((path for name in CHROMIUMS if (path := shutil.which(name))), None)
    if browser:
        yield Finding("browser", "here", "browser", {"path": browser})
    else:
        yield Finding("browser", "weak", "no_browser", {})


def _paper() -> Finding:
    """Whether reports can be made as PDF and Word here."""
    from api.documents import pdf

    if reason := pdf.lacking():
        return Finding("paper", "missing", "no_paper", {"reason": reason, "packages": pdf.PACKAGES})
    if pdf.slow():
        return Finding("paper", "weak", "slow_paper", {})
    return Finding("paper", "here", "paper", {})


def _machine() -> Iterator[Finding]:
    place = next(each for each in (home(), *home().parents) if each.exists())
    free = shutil.disk_usage(place).free / GB
    state: State = "missing" if free < 1 else "weak" if free < 10 else "here"
    yield Finding(
        "disk",
        state,
        "disk" if state == "here" else "disk_low",
        {"free": round(free, 1), "folder": str(home())},
    )
    memory, cores = machine.memory() / GB, machine.cores()
    small = memory < 3.5 or cores < 2
    yield Finding(
        "memory", "weak" if small else "here", "memory", {"memory": round(memory, 1), "cores": cores}
    )


def _access() -> Iterator[Finding]:
    yield Finding("access", "weak", "access", {})


LOOKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    _python,
    _postgres,
    _isolation,
    _pages,
    _machine,
    _access,
)
