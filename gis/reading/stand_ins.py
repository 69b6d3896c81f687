"""Values that stand in for "no data" in a grid that declares none: -9999 and its like, and what lies far from all else. Pure.

It decides nothing: what it names is shown to the person who is asked. Strips of cells come in one by one, so that no grid is held whole.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

ALWAYS = (-9999.0, -99999.0, -32768.0, -32767.0, -2147483648.0)
"""Values that no ground has; the smallest number of the type is among them by another way: it is far from all else."""
AS_EXTREME = (-999.0, 255.0, 9999.0, 32767.0, 65535.0, 99999.0, 2147483647.0)
"""Values that may be meant: suspicious only where they are the lowest or the highest."""
FAR = 10.0  # times the breadth of all other values
ZEROS = 0.01  # of the cells, and a corner: how an empty margin looks
MOST_NAMED = 3


class StandIns:
    """What was seen so far of one grid of ``cells`` cells."""

    def __init__(self, cells: int) -> None:
        self.cells = cells
        self.counts: dict[float, int] = {}
        self.low: list[float] = []  # the two lowest values seen, and the two highest
        self.high: list[float] = []

    def see(self, strip: NDArray[Any]) -> None:
        """A strip of cells in the grid's own type, NaN where nothing is said anyway."""
        told = strip[np.isfinite(strip)]
        if not told.size:
            return
        low, high = told.min(), told.max()
        inner = told[(told > low) & (told < high)]
        ends = {float(low), float(high)} | ({float(inner.min()), float(inner.max())} if inner.size else set())
        self.low = sorted({*self.low, *ends})[:2]
        self.high = sorted({*self.high, *ends})[-2:]
        for value in {
            *ALWAYS,
            *AS_EXTREME,
            0.0,
            *ends,
        }:  # a strip that holds the lowest of all has it as its own
            if low <= value <= high:
                self.counts[value] = self.counts.get(value, 0) + int(np.count_nonzero(told == value))

    def found(self, corners: NDArray[Any]) -> list[tuple[float, int]]:
        """Value and how many cells hold it, the commonest first. ``corners``: the grid's corner cells."""
        if not self.low:
            return []
        suspects = {value for value in ALWAYS if self.counts.get(value)}
        suspects |= {value for value in AS_EXTREME if value in (self.low[0], self.high[-1])}
        if len(self.low) > 1 and self.high[0] >= self.low[1]:  # three values at least
            breadth = max(self.high[0] - self.low[1], 1.0)
            suspects |= {self.low[0]} if self.low[1] - self.low[0] > FAR * breadth else set()
            suspects |= {self.high[1]} if self.high[1] - self.high[0] > FAR * breadth else set()
        if self.counts.get(0.0, 0) > ZEROS * self.cells and bool((corners == 0).any()):
            suspects.add(0.0)
        named = [(value, self.counts[value]) for value in suspects]
        return sorted(named, key=lambda each: (-each[1], each[0]))[:MOST_NAMED]
