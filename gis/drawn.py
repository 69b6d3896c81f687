"""Shapes that came as numbers in JSON, built number by number: depth bounded, every number looked at before anything is built, and nothing parsed by
GEOS. GeoJSON as a person or a page posts it; files go another way.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import shapely
from shapely import GEOSException, LineString, Point, Polygon

from gis.geometry import LARGEST
from gis.shown import shown
from layers.refusal import Refused

DEEPEST = 6  # FeatureCollection, Feature, GeometryCollection, geometry and its parts
MOST_PARTS = 10_000
_SHAPES = {"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"}


def stated_crs(given: dict[str, Any]) -> str | None:
    member = given.get("crs")
    if member is None:
        return None
    properties = member.get("properties") if isinstance(member, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    return str(name if name is not None else member)[:200]


def crs_member(given: dict[str, Any]) -> dict[str, Any]:
    return {"crs": given["crs"]} if given.get("crs") is not None else {}


def plain(found: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """What was given, for the record: the shapes and nothing else."""
    if len(found) == 1:
        return {"type": found[0][0], "coordinates": found[0][1]}
    return {"type": "FeatureCollection", "features": features(found)}


def features(found: Sequence[tuple[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"type": "Feature", "properties": {}, "geometry": {"type": kind, "coordinates": numbers}}
        for kind, numbers in found
    ]


def geometries(given: Any, depth: int) -> Iterable[tuple[str, Any]]:
    """Type and coordinates of every geometry, however it is wrapped. Refused: ``geometry_type_unknown``, ``too_many_parts``."""
    kind = given.get("type") if isinstance(given, dict) else None
    if depth > DEEPEST or not isinstance(kind, str):
        raise Refused("geometry_type_unknown", got=shown(kind, 40))
    if kind == "Feature":
        if given.get("geometry") is None:
            raise Refused("site_empty")
        yield from geometries(given["geometry"], depth + 1)
    elif kind in ("FeatureCollection", "GeometryCollection"):
        members = given.get("features" if kind == "FeatureCollection" else "geometries")
        if not isinstance(members, list) or not members:
            raise Refused("site_empty")
        if len(members) > MOST_PARTS:
            raise Refused("too_many_parts", count=len(members), most=MOST_PARTS)
        for member in members:
            yield from geometries(member, depth + 1)
    elif kind in _SHAPES:
        yield kind, given.get("coordinates")
    else:
        raise Refused("geometry_type_unknown", got=shown(kind, 40))


def vertices(numbers: Any, depth: int, left: int, most: int) -> int:
    """How many positions (at most ``left``); every number looked at, nothing built. Refused: ``coordinates_unreadable``, ``coordinates_not_finite``, ``too_many_vertices``."""
    if not isinstance(numbers, list) or depth > 4:
        raise Refused(
            "coordinates_unreadable",
            got=shown(numbers, 40) if not isinstance(numbers, list) else "nested too deep",
        )
    if numbers and not isinstance(numbers[0], list):
        if not 2 <= len(numbers) <= 4 or any(
            isinstance(one, bool) or not isinstance(one, (int, float)) for one in numbers
        ):
            raise Refused("coordinates_unreadable", got=shown(numbers, 40))
        if any(not abs(one) <= LARGEST for one in numbers):
            raise Refused("coordinates_not_finite", rows=[0], count=1)
        return 1
    count = 0
    for one in numbers:
        count += vertices(one, depth + 1, left - count, most)
        if count > left:
            raise Refused("too_many_vertices", count=most + 1, most=most)
    return count


def built(kind: str, numbers: Any) -> Any:
    """From numbers that were looked at; the nesting must be what the type says."""
    try:
        if kind == "Point":
            return Point([float(one) for one in numbers[:2]])
        if kind == "LineString":
            return LineString(_positions(numbers))
        if kind == "Polygon":
            return Polygon(_ring(numbers[0]), [_ring(ring) for ring in numbers[1:]]) if numbers else Polygon()
        single = kind.removeprefix("Multi")
        parts = [built(single, part) for part in numbers]
        make = {
            "Point": shapely.multipoints,
            "LineString": shapely.multilinestrings,
            "Polygon": shapely.multipolygons,
        }[single]
        return make(parts) if parts else Polygon()
    except (TypeError, ValueError, IndexError, GEOSException) as error:
        raise Refused("coordinates_unreadable", got=shown(f"{kind}: {numbers}", 60)) from error


def _positions(numbers: Any) -> list[tuple[float, float]]:
    return [(float(one[0]), float(one[1])) for one in numbers]


def _ring(numbers: Any) -> list[tuple[float, float]]:
    ring = _positions(numbers)
    if len(ring) < 4 or ring[0] != ring[-1]:
        raise Refused("site_ring_open", points=len(ring), closed=bool(ring) and ring[0] == ring[-1])
    return ring


def read_text(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused("site_not_understood", got=shown(text, 80)) from error


def written(given: Any) -> bytes:
    try:
        return json.dumps(given, ensure_ascii=True, sort_keys=True, allow_nan=False).encode()
    except (ValueError, RecursionError, TypeError) as error:
        raise Refused("site_not_understood", got="JSON that cannot be written again") from error
