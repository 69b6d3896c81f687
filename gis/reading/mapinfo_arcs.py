"""Ellipses and arcs of a MIF made into regions and polylines within a millimetre, in its text: MapInfo's driver takes a point every two degrees, which is
centimetres off on a roundabout.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np

from gis.reading.curves import DEGREE_OF_A_MILLIMETRE, MILLIMETRE, MOST_OF_AN_ARC

_NUMBER = rb"([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)"
_BOX = rb"[ \t]+" + rb"[ \t]+".join([_NUMBER] * 4)
_ELLIPSE = re.compile(rb"(?im)^[ \t]*ellipse" + _BOX + rb"[ \t]*(?=\r?$)")
_ARC = re.compile(
    rb"(?im)^[ \t]*arc" + _BOX + rb"[ \t\r\n]+" + _NUMBER + rb"[ \t]+" + _NUMBER + rb"[ \t]*(?=\r?$)"
)
_ROUNDED = re.compile(rb"(?im)^[ \t]*roundrect[ \t]")
_UNIT = re.compile(rb'(?im)^[ \t]*coordsys[ \t]+earth[ \t]+projection[^"\r\n]*"([a-z ]+)"')
_MILLIMETRES = {
    b"km": 1e-6,
    b"mi": 6e-7,
    b"nmi": 5e-7,
}  # what is not longer than a metre may take a thousandth of itself


def straightened(text: bytes) -> tuple[bytes, int, int]:
    """The text without arcs, how many became lines, and how many stay for the driver to make of them what it does."""
    unit = _UNIT.search(text)
    within = _MILLIMETRES.get(unit[1].lower(), MILLIMETRE) if unit else MILLIMETRE
    left = 0

    def area(found: re.Match[bytes]) -> bytes:
        points = _points([float(one) for one in found.groups()], 0.0, math.tau, within)
        return _refused(found) if points is None else b"Region 1\n  %d\n" % len(points) + b"\n".join(points)

    def line(found: re.Match[bytes]) -> bytes:
        *box, first, last = (float(one) for one in found.groups())
        first, last = math.radians(first), math.radians(last)
        points = _points(box, first, last if last >= first else last + math.tau, within)
        return _refused(found) if points is None else b"Pline %d\n" % len(points) + b"\n".join(points)

    def _refused(found: re.Match[bytes]) -> bytes:
        nonlocal left
        left += 1
        return found[0]

    text, ellipses = _ELLIPSE.subn(area, text)
    text, arcs = _ARC.subn(line, text)
    return text, ellipses + arcs - left, left + len(_ROUNDED.findall(text))


def _points(box: list[float], first: float, last: float, within: float) -> list[bytes] | None:
    """Along the ellipse in a box, from one angle to another; None where it would take too many."""
    west, south, east, north = box
    if all(abs(one) <= 360 for one in box):
        within = min(within, DEGREE_OF_A_MILLIMETRE)
    across, up = abs(east - west) / 2, abs(north - south) / 2
    widest = max(across, up)
    if not 0 < widest < 1e9:
        return None
    step = min(math.pi / 4, 4 * math.asin(math.sqrt(min(1.0, within / (2 * widest)))) * 0.99)
    pieces = max(2, math.ceil((last - first) / step)) if step > 0 else MOST_OF_AN_ARC + 1
    if pieces > MOST_OF_AN_ARC:
        return None
    x, y = (west + east) / 2, (south + north) / 2
    angles = [first + (last - first) * at / pieces for at in range(pieces)] + [
        first if last - first == math.tau else last
    ]
    return [b"%r %r" % (x + across * math.cos(angle), y + up * math.sin(angle)) for angle in angles]


# Arcs, rounded boxes and ellipses in a MAP, each in two forms: with short and with long numbers.
_KINDS = (0x0A, 0x0B, 0x16, 0x17, 0x19, 0x1A)


def of_table(path: Path) -> int:
    """How many of them a native table holds. Its ID gives for every row the place of its object in the MAP, whose first byte says what it is; a place
    of nought is a row without a shape.
    """
    places, objects = path.with_suffix(".id"), path.with_suffix(".map")
    if not (places.exists() and objects.exists() and objects.stat().st_size):
        return 0
    at = np.fromfile(places, dtype="<u4", count=places.stat().st_size // 4)
    kinds = np.memmap(objects, dtype=np.uint8, mode="r")
    at = at[(at > 0) & (at < len(kinds))]
    return int(np.isin(kinds[at], _KINDS).sum())
