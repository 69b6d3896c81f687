"""What is common to all ways of checking a site, and what the watch saw of one of them. Knows none of the ways."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from shapely.geometry.base import BaseGeometry

from bench import stopwatch

Shared = list[tuple[int, float]]
"""gid and size of everything a site shares with a feature: m2 of polygons, m of lines, 1 for points."""


class Way(Protocol):
    """``given`` makes a site (project CRS) ready, ``check`` is what the watch sees, ``shared`` reads the answer."""

    name: str

    def given(self, site: BaseGeometry) -> Any: ...

    def check(self, given: Any) -> Any: ...

    def shared(self, answer: Any) -> Shared: ...

    def processes(self) -> Sequence[int]:
        """Those that work for an answer besides our own, as far as they are on this machine."""
        ...


@dataclass(slots=True)
class Taken:
    """What one way did, by number of the site: seconds on the wall, seconds of the processors, what it found."""

    wall: dict[int, float] = field(default_factory=dict)
    cpu: dict[int, float] = field(default_factory=dict)
    shared: dict[int, Shared] = field(default_factory=dict)

    def turn(self, number: int, way: Way, site: BaseGeometry) -> None:
        given = way.given(site)
        processes = [os.getpid(), *way.processes()]
        used = stopwatch.cpu_seconds(processes)
        began = time.perf_counter()
        answer = way.check(given)
        self.wall[number] = time.perf_counter() - began
        now = stopwatch.cpu_seconds(processes)
        if used is not None and now is not None:
            self.cpu[number] = now - used
        self.shared[number] = way.shared(answer)
