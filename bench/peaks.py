"""How much memory a process and those it started took at most, looked at again and again while they work. Knows nothing of what they do."""

from __future__ import annotations

import os
import threading
from types import TracebackType

from bench.stopwatch import PROC

EVERY = 0.2  # seconds: looking must not become work
OWN = "own"


class Peaks:
    """``most``: bytes by process, "own" and the names of the others; of one that came and went between two looks nothing is known."""

    def __init__(self) -> None:
        self.most: dict[str, int] = {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Peaks:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._end.wait(EVERY):
            self.look()

    def look(self) -> None:
        for process in descendants(os.getpid()):
            told = _told(process)
            if told is not None:
                name = OWN if process == os.getpid() else told[0]
                self.most[name] = max(self.most.get(name, 0), told[1])


def descendants(root: int) -> set[int]:
    """The process and all that came of it, those inside other namespaces too."""
    found, more = set[int](), {root}
    while more:
        found |= more
        more = {child for process in more for child in _children(process)} - found
    return found


def _children(process: int) -> set[int]:
    try:
        told = [(task / "children").read_text() for task in (PROC / str(process) / "task").iterdir()]
    except OSError:  # gone meanwhile
        return set()
    return {int(child) for one in told for child in one.split()}


def _told(process: int) -> tuple[str, int] | None:
    """Name and high water of a process, in bytes."""
    try:
        lines = (PROC / str(process) / "status").read_text().splitlines()
    except OSError:
        return None
    told = dict(line.split(":", 1) for line in lines if ":" in line)
    if "VmHWM" not in told:
        return None
    return told["Name"].strip(), int(told["VmHWM"].split()[0]) * 1024
