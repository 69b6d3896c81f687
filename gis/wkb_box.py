"""The box around a geometry that nobody trusts: its WKB is walked number by number, never built. Two dimensions count, others are stepped over."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

from gis.crs import Crs, Transformation, transformer
from gis.source_layer import SetAside

Box = tuple[float, float, float, float]
MOST_PARTS = 1_000_000


def box(wkb: bytes) -> Box | None:
    """West, south, east, north; None where the bytes are no simple geometry, hold no point, or a number that is none."""
    try:
        return _Walk(wkb).box()
    except (struct.error, ValueError, OverflowError):
        return None


def carried(rows: Sequence[SetAside], source: Crs, project: Crs) -> list[Box | None]:
    """The boxes around rows that were set aside, in the project CRS: of their shape, else of the place of their fault, else None."""
    way = transformer(source, project)
    return [_carried(row, way) for row in rows]


def _carried(row: SetAside, way: Transformation) -> Box | None:
    around = box(row.wkb) if row.wkb is not None else None
    if around is None and row.x is not None and row.y is not None:
        around = (row.x, row.y, row.x, row.y)
    if around is None:
        return None
    west, south, east, north = around
    # Nine points: the sides of a box bend on the way from degrees.
    xs, ys = np.meshgrid(np.linspace(west, east, 3), np.linspace(south, north, 3))
    there = way(np.column_stack([xs.ravel(), ys.ravel()]))
    if not np.isfinite(there).all():
        return None
    return (*there.min(axis=0).tolist(), *there.max(axis=0).tolist())


class _Walk:
    def __init__(self, wkb: bytes) -> None:
        self.wkb, self.at = wkb, 0
        self.west = self.south = math.inf
        self.east = self.north = -math.inf

    def box(self) -> Box | None:
        waiting = 1
        while waiting:  # a collection adds its members to the count; nothing recurses
            waiting += self._one() - 1
            if waiting > MOST_PARTS:
                raise ValueError("parts")
        found = (self.west, self.south, self.east, self.north)
        return found if all(map(math.isfinite, found)) else None

    def _one(self) -> int:
        order = "<" if self.wkb[self.at : self.at + 1] == b"\x01" else ">"
        self.at += 1
        (kind,) = self._take(order + "I")
        extra = bool(kind & 0x80000000) + bool(kind & 0x40000000)
        if kind & 0x20000000:
            self._take(order + "I")  # an SRID
        kind &= 0x0FFFFFFF
        extra += {0: 0, 1: 1, 2: 1, 3: 2}.get(kind // 1000, 0)
        kind %= 1000
        if kind == 1:
            self._points(order, 1, 2 + extra)
            return 0
        if kind == 2:
            self._points(order, self._take(order + "I")[0], 2 + extra)
            return 0
        if kind == 3:
            for _ in range(self._take(order + "I")[0]):
                self._points(order, self._take(order + "I")[0], 2 + extra)
            return 0
        if kind in (4, 5, 6, 7):
            return int(self._take(order + "I")[0])
        raise ValueError("kind")

    def _points(self, order: str, count: int, dimensions: int) -> None:
        if count * dimensions * 8 > len(self.wkb) - self.at:
            raise ValueError("count")
        numbers = self._take(f"{order}{count * dimensions}d")
        for x, y in zip(numbers[::dimensions], numbers[1::dimensions], strict=True):
            self.west, self.east = min(self.west, x), max(self.east, x)
            self.south, self.north = min(self.south, y), max(self.north, y)

    def _take(self, form: str) -> tuple[Any, ...]:
        found = struct.unpack_from(form, self.wkb, self.at)
        self.at += struct.calcsize(form)
        return found
