"""Arcs made into lines, no farther from the arc than told: circular strings, compound curves, and the areas and collections made of them.

Bytes of WKB in, bytes of WKB out; nothing recurses and nothing is built before its length was compared with the bytes that are there. An arc is always
computed from the same one of its ends, so that two neighbours that share it get the same vertices.
"""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.crs import parse
from gis.geometry import Shapes
from layers.refusal import Refused

Points = NDArray[np.float64]
MILLIMETRE = 1e-3
DEGREE_OF_A_MILLIMETRE = 8.9e-9  # at the equator, where a degree is longest
MOST_OF_AN_ARC = 200_000
MOST_OF_A_SHAPE = 1_000_000
_LINE, _POLYGON, _MULTILINE, _MULTIPOLYGON, _COLLECTION = 2, 3, 5, 6, 7
_CIRCULAR, _COMPOUND, _CURVEPOLYGON, _MULTICURVE, _MULTISURFACE = 8, 9, 10, 11, 12
_CURVED = {_CIRCULAR, _COMPOUND, _CURVEPOLYGON, _MULTICURVE, _MULTISURFACE}
_DIMENSIONS = {0: 2, 1: 3, 2: 3, 3: 4}


class Unbendable(ValueError):
    """Why a curve cannot be made into lines."""


def tolerance(crs: str | None, by_format: bool) -> float | None:
    """A millimetre in the unit of the file; None where no system is stated: then the numbers of each shape tell degrees from lengths."""
    if not crs:
        return DEGREE_OF_A_MILLIMETRE if by_format else None
    try:
        found = parse(crs)
    except Refused:  # it will be refused, or asked about, where systems are judged
        return None
    return DEGREE_OF_A_MILLIMETRE if found.geographic else MILLIMETRE / found.unit_metre


def built(blobs: list[bytes | None], within: float | None) -> tuple[Shapes, dict[int, str], int]:
    """Shapes of WKB with curves among them: None where there is none or it could not be built, why, and how many were bent into lines."""
    straight: list[bytes | None] = list(blobs)
    reasons: dict[int, str] = {}
    bent = 0
    for index, blob in enumerate(blobs):
        if blob is None or kind_of(blob) not in _CURVED:
            continue
        try:
            straight[index] = linearised(blob, within)
            bent += 1
        except Unbendable as why:
            straight[index] = None
            reasons[index] = str(why)
    try:
        return parsed(straight), reasons, bent
    except NotImplementedError:  # a curve within a shape that may have none
        shapes = np.empty(len(straight), dtype=object)
        for index, blob in enumerate(straight):
            try:
                shapes[index] = parsed([blob])[0]
            except NotImplementedError:
                reasons[index] = "parts of a curve that do not belong together"
        return shapes, reasons, bent


def parsed(blobs: Sequence[bytes | None]) -> Shapes:
    """Shapes of WKB, None where there is none or it cannot be built; NotImplementedError where there is a curve among them.

    A collection is no layer kind and gets no shape: it may hold curves that nothing here could measure.
    """
    with np.errstate(invalid="ignore"):
        shapes = shapely.from_wkb(np.array(blobs, dtype=object), on_invalid="ignore")
    shapes[shapely.get_type_id(shapes) == _COLLECTION] = None
    return np.asarray(shapes, dtype=object)


def kind_of(blob: bytes | None) -> int:
    """The number of a WKB's type without its dimensions, -1 for none."""
    if blob is None or len(blob) < 5:
        return -1
    return int(struct.unpack_from("<I" if blob[0] == 1 else ">I", blob, 1)[0] & 0x0FFFFFFF) % 1000


def linearised(blob: bytes, within: float | None) -> bytes:
    """The same shape in straight pieces, no farther than ``within`` (units of the file) from it. Raises Unbendable."""
    reader = _Reader(blob, within)
    try:
        kind, dimensions = reader.head()
        if kind in (_CIRCULAR, _COMPOUND):
            return _line(reader.curve(kind, dimensions), dimensions)
        if kind == _CURVEPOLYGON:
            return _polygon(reader.rings(kind, dimensions), dimensions)
        if kind == _MULTICURVE:
            parts = [
                _line(reader.curve(*reader.child(dimensions, {_LINE, _CIRCULAR, _COMPOUND})), dimensions)
                for _ in range(reader.count(9))
            ]
            return _head(_MULTILINE, dimensions) + struct.pack("<I", len(parts)) + b"".join(parts)
        if kind == _MULTISURFACE:
            parts = [
                _polygon(reader.rings(*reader.child(dimensions, {_POLYGON, _CURVEPOLYGON})), dimensions)
                for _ in range(reader.count(9))
            ]
            return _head(_MULTIPOLYGON, dimensions) + struct.pack("<I", len(parts)) + b"".join(parts)
    except struct.error as error:
        raise Unbendable("the curve ends too early") from error
    raise Unbendable("no curve")


class _Reader:
    """A place in the bytes of one shape."""

    def __init__(self, blob: bytes, within: float | None) -> None:
        self.blob, self.within = blob, within
        self.at, self.order, self.vertices = 0, "<", 0

    def head(self) -> tuple[int, int]:
        """Type, and what more than x and y its points have: 1 for z, 2 for m, 3 for both."""
        self.order = "<" if self.blob[self.at : self.at + 1] == b"\x01" else ">"
        (told,) = struct.unpack_from(self.order + "I", self.blob, self.at + 1)
        self.at += 5
        more = (told & 0x0FFFFFFF) // 1000 | (told >> 31) | (told >> 30 & 1) << 1
        if told & 0x20000000:
            self.at += 4
        if more not in _DIMENSIONS:
            raise Unbendable("dimensions unknown")
        return int(told & 0x0FFFFFFF) % 1000, more

    def child(self, dimensions: int, allowed: set[int]) -> tuple[int, int]:
        kind, more = self.head()
        if kind not in allowed or more != dimensions:
            raise Unbendable("parts of a curve that do not belong together")
        return kind, more

    def count(self, each: int) -> int:
        """A number of things of at least ``each`` bytes, which must be there."""
        (number,) = struct.unpack_from(self.order + "I", self.blob, self.at)
        self.at += 4
        if number * each > len(self.blob) - self.at:
            raise Unbendable("the curve ends too early")
        return int(number)

    def points(self, dimensions: int) -> Points:
        wide = _DIMENSIONS[dimensions]
        number = self.count(8 * wide)
        found = np.frombuffer(self.blob, dtype=self.order + "f8", count=number * wide, offset=self.at)
        self.at += 8 * wide * number
        self._counted(number)
        return found.reshape(number, wide).astype(np.float64)

    def curve(self, kind: int, dimensions: int) -> Points:
        if kind == _LINE:
            return self.points(dimensions)
        if kind == _CIRCULAR:
            given = self.points(dimensions)
            bent = circular(given, self.tolerance(given))
            self._counted(len(bent))
            return bent
        parts = [self.curve(*self.child(dimensions, {_LINE, _CIRCULAR})) for _ in range(self.count(9))]
        parts = [part for part in parts if len(part)]
        return _joined(parts, self.tolerance(parts[0])) if parts else np.empty((0, _DIMENSIONS[dimensions]))

    def rings(self, kind: int, dimensions: int) -> list[Points]:
        if kind == _POLYGON:
            return [self.points(dimensions) for _ in range(self.count(4))]
        return [
            self.curve(*self.child(dimensions, {_LINE, _CIRCULAR, _COMPOUND})) for _ in range(self.count(9))
        ]

    def tolerance(self, points: Points) -> float:
        if self.within is None:
            degrees = bool((np.abs(points[:, :2]) <= 360).all())
            self.within = DEGREE_OF_A_MILLIMETRE if degrees else MILLIMETRE
        return self.within

    def _counted(self, vertices: int) -> None:
        self.vertices += vertices
        if self.vertices > MOST_OF_A_SHAPE:
            raise Unbendable("a curve that takes too many points")


def circular(points: Points, within: float) -> Points:
    """A circular string: each second point is a point on the arc between its neighbours. Its own points are kept as they are."""
    if not len(points):
        return points
    if len(points) < 3 or len(points) % 2 == 0:
        raise Unbendable("an arc without its three points")
    if not np.isfinite(points[:, :2]).all():
        return points
    pieces = [
        _arc(points[first], points[first + 1], points[first + 2], within)
        for first in range(0, len(points) - 2, 2)
    ]
    return np.concatenate((points[:1], *pieces))


def _arc(start: Points, middle: Points, end: Points, within: float) -> Points:
    """From after ``start`` up to and with ``end``."""
    if start[0] == end[0] and start[1] == end[1]:
        return _circle(start, middle, end, within)
    if tuple(end[:2]) < tuple(start[:2]):
        return np.concatenate((_between(end, middle, start, within)[::-1], end[np.newaxis]))
    return np.concatenate((_between(start, middle, end, within), end[np.newaxis]))


def _between(start: Points, middle: Points, end: Points, within: float) -> Points:
    """The points between the ends of an arc, the given one among them."""
    mx, my = (middle[:2] - start[:2]).tolist()
    ex, ey = (end[:2] - start[:2]).tolist()
    twice = 2 * (mx * ey - my * ex)
    if twice == 0:
        return middle[np.newaxis]
    far_m, far_e = mx * mx + my * my, ex * ex + ey * ey
    centre = ((ey * far_m - my * far_e) / twice, (mx * far_e - ex * far_m) / twice)
    radius = math.hypot(*centre)
    if not math.isfinite(radius):
        return middle[np.newaxis]
    way = 1.0 if twice > 0 else -1.0
    angles = [math.atan2(y - centre[1], x - centre[0]) for x, y in ((0.0, 0.0), (mx, my), (ex, ey))]
    sweeps = [way * ((way * (angles[half + 1] - angles[half])) % math.tau) for half in (0, 1)]
    first = _swept(start, middle, start, centre, radius, angles[0], sweeps[0], within)
    second = _swept(middle, end, start, centre, radius, angles[1], sweeps[1], within)
    return np.concatenate((first, middle[np.newaxis], second))


def _circle(start: Points, middle: Points, end: Points, within: float) -> Points:
    """Ends that are one point: a whole circle, with the middle point opposite; it runs against the clock."""
    half = ((middle[:2] - start[:2]) / 2).tolist()
    radius = math.hypot(*half)
    if radius == 0:
        return np.stack((middle, end))
    angle = math.atan2(-half[1], -half[0])
    first = _swept(start, middle, start, (half[0], half[1]), radius, angle, math.pi, within)
    second = _swept(middle, end, start, (half[0], half[1]), radius, angle + math.pi, math.pi, within)
    return np.concatenate((first, middle[np.newaxis], second, end[np.newaxis]))


def _swept(
    start: Points,
    end: Points,
    origin: Points,
    centre: tuple[float, float],
    radius: float,
    angle: float,
    sweep: float,
    within: float,
) -> Points:
    """The points strictly between two points of a circle; ``centre`` counts from ``origin``. Heights and measures grow evenly."""
    share = min(1.0, within / (2 * radius))
    step = min(math.pi / 2, 4 * math.asin(math.sqrt(share)) * 0.99)
    pieces = math.ceil(abs(sweep) / step) if step > 0 else MOST_OF_AN_ARC + 1
    if pieces > MOST_OF_AN_ARC:
        raise Unbendable("a curve that takes too many points")
    if pieces < 2:
        return np.empty((0, len(start)))
    along = np.arange(1, pieces) / pieces
    turned = angle + sweep * along
    found = start + (end - start) * along[:, np.newaxis]
    found[:, 0] = origin[0] + (centre[0] + radius * np.cos(turned))
    found[:, 1] = origin[1] + (centre[1] + radius * np.sin(turned))
    return np.asarray(found)


def _joined(parts: list[Points], within: float) -> Points:
    """Parts of a compound curve, end to start; the point where two meet is there once."""
    for one, other in itertools.pairwise(parts):
        if not np.abs(one[-1, :2] - other[0, :2]).max() <= within:
            raise Unbendable("parts of a curve that do not meet")
    return np.concatenate([part if not at else part[1:] for at, part in enumerate(parts)])


def _head(kind: int, dimensions: int) -> bytes:
    return struct.pack("<BI", 1, kind + 1000 * dimensions)


def _line(points: Points, dimensions: int) -> bytes:
    return _head(_LINE, dimensions) + _written(points)


def _polygon(rings: list[Points], dimensions: int) -> bytes:
    return _head(_POLYGON, dimensions) + struct.pack("<I", len(rings)) + b"".join(map(_written, rings))


def _written(points: Any) -> bytes:
    return struct.pack("<I", len(points)) + np.ascontiguousarray(points, dtype="<f8").tobytes()
