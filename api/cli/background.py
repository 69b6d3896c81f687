"""A process that goes on after the command: started, found again, ended. A pid file alone is never believed.

Process numbers are used again. One is ours only if it still runs our words and began when we began it.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from db.settings import folder

LOG_LIMIT = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Process:
    name: str
    pid: int
    began: str
    """Clock ticks since the machine's start, as the kernel says."""
    command: list[str]
    facts: dict[str, Any]

    @property
    def log(self) -> Path:
        return log_of(self.name)

    def alive(self) -> bool:
        with contextlib.suppress(ChildProcessError):  # a child of ours that ended is no process any more
            os.waitpid(self.pid, os.WNOHANG)
        # While the kernel puts the program in place, its words are still empty.
        return _began(self.pid) == self.began and _words(self.pid) in (self.command, [])

    def end(self, patience: float = 10.0) -> None:
        """Ask it to end, then end it and what it started."""
        for sign in (signal.SIGTERM, signal.SIGKILL):
            until = time.monotonic() + patience
            if self.alive():
                with contextlib.suppress(ProcessLookupError):
                    (os.kill if sign == signal.SIGTERM else os.killpg)(self.pid, sign)
            while self.alive() and time.monotonic() < until:
                time.sleep(0.05)
        _file(self.name).unlink(missing_ok=True)

    def last_words(self) -> str:
        """The last line it wrote that says something."""
        try:
            lines = [
                line.strip() for line in self.log.read_text(errors="replace").splitlines() if line.strip()
            ]
        except OSError:
            return ""
        return lines[-1] if lines else ""


def start(
    name: str, command: Sequence[str], environment: Mapping[str, str], facts: Mapping[str, Any]
) -> Process:
    """Start it apart from this terminal, its words in logs/<name>.log."""
    log = log_of(name)
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_suffix(".log.1"))
    with log.open("ab") as book:
        child = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=book,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd="/",
            env={**os.environ, **environment},
        )
    process = Process(name, child.pid, _began(child.pid) or "", list(command), dict(facts))
    path = _file(name)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(process), ensure_ascii=False))
    fresh.replace(path)
    child.returncode = 0  # it outlives us by intent; Python need not warn that we never waited for it
    return process


def find(name: str) -> Process | None:
    """The process of that name, if it still runs; a stale file is taken away."""
    path = _file(name)
    try:
        process = Process(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None
    if process.alive():
        return process
    path.unlink(missing_ok=True)
    return None


def every(prefix: str) -> list[Process]:
    names = sorted(path.stem for path in folder("run").glob(f"{prefix}-*.json"))
    return [process for name in names if (process := find(name))]


def log_of(name: str) -> Path:
    return folder("logs") / f"{name}.log"


def _file(name: str) -> Path:
    return folder("run") / f"{name}.json"


def _began(pid: int) -> str | None:
    try:
        # The name of the program stands in brackets and may itself hold brackets and blanks.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]


def _words(pid: int) -> list[str] | None:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
    except OSError:
        return None
