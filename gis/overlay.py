"""A site laid over editions: what every feature shares with it, in m2 and m. Measures, never judges.

Measured in SQL by ``&&`` and a guarded clip (``overlay.sql``). A layer whose geometry defeats GEOS fails alone: the others are
measured all the same.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from db.sql import queries
from layers.refusal import Refused

sql = queries(__file__)

THINNEST = 1e-8
"""m: a shared part thinner or shorter than this is two boundaries that touch. Doubles hold eastings of 4e7 to 4e-9 m, so one boundary
written in two files may part by that much along its whole length."""

_TOO_LONG = "57014"
_SERVER_TROUBLE = (
    "08",
    "53",
    "57",
    "58",
)  # connection, resources, intervention, system: not the geometry's fault


@dataclass(frozen=True, slots=True)
class Hit:
    """What one feature shares with the site. ``area`` and ``perimeter`` of polygons, ``length`` of lines, neither for points."""

    edition: int
    id: int
    ident: str | None
    name: str | None
    cls: str | None
    dimension: int
    area: float | None
    length: float | None
    perimeter: float | None


@dataclass(slots=True)
class Measured:
    hits: list[Hit] = field(default_factory=list)
    footprints: dict[int, float] = field(default_factory=dict)  # edition -> m2 of the union of its hits
    failed: dict[int, str] = field(default_factory=dict)  # edition -> what the geometry library said


def ewkb(geometry: BaseGeometry, srid: int) -> str:
    """Hex EWKB, the form in which a geometry of ours enters a statement."""
    return str(shapely.to_wkb(shapely.set_srid(geometry, srid), hex=True, include_srid=True))


def measure(
    connection: Connection,
    site: BaseGeometry,
    srid: int,
    editions: Sequence[int],
    disjoint: Sequence[int] = (),
) -> Measured:
    """Measure ``site`` (valid, project CRS) against ``editions``; ``disjoint`` are those proved free of overlaps."""
    measured = Measured()
    values = {"site": ewkb(site, srid), "disjoint": list(disjoint), "thinnest": THINNEST}
    try:
        _measure(connection, values, list(editions), measured)
    except DBAPIError as error:
        if _servers_fault(error):
            raise
        measured = Measured()
        for edition in editions:
            try:
                _measure(connection, values, [edition], measured)
            except DBAPIError as alone:
                if _servers_fault(alone):
                    raise
                measured.failed[edition] = str(alone.orig).split("\n")[0]
    _sum_simple_footprints(measured, set(disjoint))
    return measured


def _measure(connection: Connection, values: dict[str, Any], editions: list[int], into: Measured) -> None:
    if not editions:
        return
    with connection.begin_nested():
        rows = connection.execute(sql.measure, {**values, "editions": editions}).all()
    for row in rows:
        if row.id is None:
            into.footprints[row.edition_id] = row.area
        else:
            into.hits.append(Hit(*row))


def _sum_simple_footprints(measured: Measured, disjoint: set[int]) -> None:
    """Where nothing overlaps, or only one feature was hit, the union is the sum."""
    sums: dict[int, float] = {}
    counts: dict[int, int] = {}
    for hit in measured.hits:
        if hit.area is not None:
            sums[hit.edition] = sums.get(hit.edition, 0.0) + hit.area
            counts[hit.edition] = counts.get(hit.edition, 0) + 1
    for edition, total in sums.items():
        if counts[edition] == 1 or edition in disjoint:
            measured.footprints[edition] = total


def _servers_fault(error: DBAPIError) -> bool:
    """A geometry the library cannot lay over another is the layer's trouble; everything else is the server's."""
    state = getattr(error.orig, "pgcode", None)
    if state == _TOO_LONG:
        raise Refused("measuring_took_too_long") from error
    return error.connection_invalidated or state is None or state.startswith(_SERVER_TROUBLE)


def parts(
    connection: Connection, site: BaseGeometry, srid: int, hits: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], Any]:
    """The shared geometry of hits (edition, id), in degrees as GeoJSON geometries."""
    if not hits:
        return {}
    editions, ids = (list(column) for column in zip(*hits, strict=True))
    rows = connection.execute(sql.parts, {"site": ewkb(site, srid), "editions": editions, "ids": ids})
    return {(row.edition_id, row.id): json.loads(row.shape) for row in rows if row.shape}


def covered(
    connection: Connection, site: BaseGeometry, srid: int, coverages: Sequence[int]
) -> dict[int, float]:
    """m2 of the site inside each coverage, by coverage id."""
    if not coverages:
        return {}
    return {
        row.id: row.area
        for row in connection.execute(sql.covered, {"site": ewkb(site, srid), "coverages": list(coverages)})
    }
