"""Shapes as numbers: what kind they are, where they are broken, how rings become areas, how a shape is carried into another coordinate system.

Pure: arrays in, arrays out. It knows no file, no database and no EPSG code; the transformation is handed to it. It mends nothing in silence: whoever
asks for a mended shape gets told that it was mended.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import GEOSException, LinearRing, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

Kind = Literal["polygon", "line", "point"]
Shapes = NDArray[np.object_]
Numbers = NDArray[np.float64]
Rows = NDArray[np.int64]

KINDS: tuple[Kind, ...] = ("polygon", "line", "point")
# GEOS type ids: point, line, ring, polygon, multipoint, multiline, multipolygon, collection
_KIND_OF_TYPE = np.array([2, 1, 1, 0, 2, 1, 0, -1], dtype=np.int64)
# No metre, foot or degree on this planet needs a larger number; 1e308 passes every other test and breaks an index.
LARGEST = 1e9
MOST_CROSSINGS = 10_000
_PLACE = re.compile(r"^(?P<reason>.*?)\s*\[\s*(?P<x>[-+0-9.eE]+)\s+(?P<y>[-+0-9.eE]+)")


def kinds_of(shapes: Shapes) -> Rows:
    """Index into KINDS for every shape; -1 for a collection (or what GEOS may add one day), -2 for none at all."""
    types = np.asarray(shapely.get_type_id(shapes), dtype=np.int64)
    known = np.where(
        (types >= 0) & (types < len(_KIND_OF_TYPE)),
        _KIND_OF_TYPE[np.clip(types, 0, len(_KIND_OF_TYPE) - 1)],
        -1,
    )
    return np.where(types < 0, -2, known)


def ewkb(geometry: BaseGeometry, srid: int) -> str:
    """Hex EWKB, the form in which a geometry of ours enters a statement."""
    return str(shapely.to_wkb(shapely.set_srid(geometry, srid), hex=True, include_srid=True))


def broken_numbers(shapes: Shapes) -> Rows:
    """Indexes of the shapes with a coordinate that is NaN, infinite or beyond LARGEST."""
    numbers, owner = shapely.get_coordinates(shapes, include_z=False, return_index=True)
    with np.errstate(invalid="ignore"):
        bad = ~(np.abs(numbers) <= LARGEST).all(axis=1)
    return np.unique(owner[bad]).astype(np.int64)


def fault(shape: Any) -> tuple[str, float | None, float | None]:
    """Why a shape is not valid and where its first fault lies: ``("Self-intersection", x, y)``."""
    told = str(shapely.is_valid_reason(shape))
    found = _PLACE.match(told)
    if not found:
        return told, None, None
    return found["reason"], float(found["x"]), float(found["y"])


def carried(shapes: Shapes, transform: Callable[[Numbers], Numbers]) -> Shapes:
    """The same shapes with every coordinate passed through ``transform``; two dimensions only."""
    return np.asarray(shapely.transform(shapes, transform), dtype=object)


def crossings(shape: Any, at_most: int = MOST_CROSSINGS) -> int:
    """How many pairs of edges that share no end meet; counting stops above ``at_most``."""
    numbers, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(shape)), return_index=True)
    inside = ring[:-1] == ring[1:]
    starts, ends = numbers[:-1][inside], numbers[1:][inside]
    edges = shapely.linestrings(np.stack((starts, ends), axis=1))
    tree = shapely.STRtree(edges)
    counted = 0
    at_once = max(1, 500_000 // max(len(edges), 1))  # edges at a time, so that no answer outgrows memory
    for first in range(0, len(edges), at_once):
        one, other = tree.query(edges[first : first + at_once], predicate="intersects")
        one = one + first
        apart = np.ones(len(one), dtype=bool)
        for mine in (starts, ends):
            for its in (starts, ends):
                apart &= (mine[one] != its[other]).any(axis=1)
        counted += int(((one < other) & apart).sum())
        if counted > at_most:
            break
    return counted


def mended(shape: Any, at_most: int = MOST_CROSSINGS) -> Any | None:
    """A valid area made of the same rings, or None where that would cost too much or nothing would be left.

    For shapes that were valid before projecting moved their vertices apart by a rounding: by structure, because that is the reading of the rings that
    their author meant, and bounded, because repair is where GEOS can be made to run for minutes.
    """
    if shapely.get_type_id(shape) not in (3, 6) or crossings(shape, at_most) > at_most:
        return None
    return made_valid(shape)


def made_valid(shape: Any) -> Any | None:
    """The same without a bound: for whoever has counted the crossings."""
    try:
        found = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    except GEOSException:
        return None
    parts = [
        part for part in shapely.get_parts(found) if shapely.get_type_id(part) == 3 and not part.is_empty
    ]
    whole = parts[0] if len(parts) == 1 else MultiPolygon(parts)
    return whole if parts and shapely.is_valid(whole) else None


def assembled(rings: Sequence[Sequence[tuple[float, float]]]) -> Polygon | MultiPolygon:
    """Rings in any order become an area: a ring inside an odd number of others is a hole of the smallest one around it.

    The result may be invalid (rings that cross); that is for the caller to judge. Raises ValueError for a ring of fewer than three points.
    """
    closed = [LinearRing(ring) for ring in rings]
    areas = np.array([Polygon(ring) for ring in closed], dtype=object)
    size = shapely.area(areas)
    inner, outer = shapely.STRtree(areas).query(areas, predicate="within")
    around: list[list[int]] = [[] for _ in closed]
    for low, high in zip(inner.tolist(), outer.tolist(), strict=True):
        # Two equal rings lie within each other; the later one is the inner one.
        if low != high and (size[high], low) > (size[low], high):
            around[low].append(high)
    holes: dict[int, list[LinearRing]] = {
        index: [] for index, outside in enumerate(around) if len(outside) % 2 == 0
    }
    for index, outside in enumerate(around):
        if len(outside) % 2:
            shells = [one for one in outside if len(around[one]) == len(outside) - 1]
            owner = min(shells or [one for one in outside if one in holes], key=lambda one: float(size[one]))
            holes[owner].append(closed[index])
    parts = [Polygon(closed[index], inside) for index, inside in holes.items()]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)
