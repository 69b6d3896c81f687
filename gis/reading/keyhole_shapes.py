"""The shapes of one mark of a KML document as WKB: points, lines, areas with holes, tracks, and any heap of them."""

from __future__ import annotations

import re
import struct

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
_COMMA = re.compile(r"\s*,\s*")
_SPACED = re.compile(r"\s,|,\s")
_POINT, _LINE, _POLYGON, _COLLECTION = 1, 2, 3, 7
_KINDS = {_POINT: "point", _LINE: "line", _POLYGON: "polygon"}
_SHAPES = {"Point": _POINT, "LineString": _LINE, "LinearRing": _LINE, "Track": _LINE, "Polygon": _POLYGON}


class Unwritten(ValueError):
    """Why a mark has no shape although it has coordinates."""


class Parts:
    """What a mark is made of. ``kind``: of the first of it."""

    def __init__(self) -> None:
        self.parts: list[tuple[int, list[Points]]] = []
        self.within: list[str] = []
        self.track: list[str] = []
        self.broken = False

    @property
    def kind(self) -> str:
        return _KINDS[self.parts[0][0]] if self.parts else "polygon"

    def opens(self, tag: str) -> None:
        if tag in _SHAPES and not (tag == "LinearRing" and self.within):
            self.within.append(tag)
            self.parts.append((_SHAPES[tag], []))

    def closes(self, tag: str) -> None:
        if self.within and self.within[-1] == tag:
            if tag == "Track":
                self.numbers("coordinates", " ".join(self.track))
                self.track = []
            self.within.pop()

    def numbers(self, tag: str, text: str) -> None:
        """``coordinates``: longitude, latitude and perhaps a height, by commas, a blank between points; ``coord`` of a track: by blanks."""
        if not self.within:
            return
        if tag == "coord":
            self.track.append(",".join(text.split()))
            return
        tokens = (_COMMA.sub(",", text) if _SPACED.search(text) else text).split()
        try:
            rows = [[float(number) for number in token.split(",") if number] for token in tokens]
        except ValueError:
            self.broken = True
            return
        if any(len(row) not in (2, 3) for row in rows):
            self.broken = True
            return
        wide = max((len(row) for row in rows), default=2)
        self.parts[-1][1].append(
            np.array([row + [np.nan] * (wide - len(row)) for row in rows], dtype=np.float64).reshape(
                len(rows), wide
            )
        )

    def wkb(self) -> bytes:
        """Nothing for a mark without a shape. Raises Unwritten."""
        if self.broken:
            raise Unwritten("coordinates that are no numbers")
        if not self.parts:
            return b""
        high = any(ring.shape[1] == 3 for _, rings in self.parts for ring in rings)
        written = [_one(kind, [_raised(ring, high) for ring in rings], high) for kind, rings in self.parts]
        if len(written) == 1:
            return written[0]
        kinds = {kind for kind, _ in self.parts}
        whole = kinds.pop() + 3 if len(kinds) == 1 else _COLLECTION
        return _head(whole, high) + struct.pack("<I", len(written)) + b"".join(written)


def _raised(ring: Points, high: bool) -> Points:
    if not high or ring.shape[1] == 3:
        return ring
    return np.column_stack((ring, np.full(len(ring), np.nan)))


def _one(kind: int, rings: list[Points], high: bool) -> bytes:
    if kind == _POLYGON:
        return _head(kind, high) + struct.pack("<I", len(rings)) + b"".join(map(_line, rings))
    if kind == _LINE:
        points = np.concatenate(rings) if rings else np.empty((0, 3 if high else 2))
        return _head(kind, high) + _line(points)
    if not rings or len(rings[0]) != 1:
        raise Unwritten("a point without its one place")
    return _head(kind, high) + rings[0].astype("<f8").tobytes()


def _line(points: Points) -> bytes:
    return struct.pack("<I", len(points)) + points.astype("<f8").tobytes()


def _head(kind: int, high: bool) -> bytes:
    return struct.pack("<BI", 1, kind + (1000 if high else 0))
