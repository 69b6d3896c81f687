"""A site laid over editions: what every feature shares with it, in m2 and m. Measures, never judges.

Measured in SQL by ``&&`` and a guarded clip (``overlay.sql``). A layer whose geometry defeats GEOS fails alone: the others are
measured all the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from db.sql import queries
from gis.geometry import ewkb
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


def measure(
    connection: Connection, site: BaseGeometry, srid: int, editions: Sequence[int], disjoint: Sequence[int] = ()
) -> Measured:
    """Measure ``site`` (valid, project CRS) against ``editions``; ``disjoint`` are those proved free of overlaps."""
    measured = Measured()
    values = {"site": ewkb(site, srid), "disjoint": list(disjoint), "thinnest": THINNEST}
    rows, measured.failed = each_alone_if_not_together(
        editions, lambda some: connection.execute(sql.measure, {**values, "editions": list(some)}).all(), connection
    )
    for row in rows:
        if row.id is None:
            measured.footprints[row.edition_id] = row.area
        else:
            measured.hits.append(Hit(*row))
    _sum_simple_footprints(measured, set(disjoint))
    return measured


def each_alone_if_not_together(
    wanted: Sequence[Any], ask: Callable[[Sequence[Any]], Sequence[Any]], connection: Connection
) -> tuple[list[Any], dict[Any, str]]:
    """All at once behind a savepoint; where the geometry library gives up, one by one: the rows, and what it said of those that fail."""
    if not wanted:
        return [], {}
    try:
        with connection.begin_nested():
            return list(ask(wanted)), {}
    except DBAPIError as error:
        if servers_fault(error):
            raise
    rows: list[Any] = []
    failed: dict[Any, str] = {}
    for one in wanted:
        try:
            with connection.begin_nested():
                rows += ask([one])
        except DBAPIError as error:
            if servers_fault(error):
                raise
            failed[one] = str(error.orig).split("\n")[0]
    return rows, failed


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


def servers_fault(error: DBAPIError) -> bool:
    """A geometry the library cannot lay over another is the layer's trouble; everything else is the server's."""
    state = getattr(error.orig, "pgcode", None)
    if state == _TOO_LONG:
        raise Refused("measuring_took_too_long") from error
    return error.connection_invalidated or state is None or state.startswith(_SERVER_TROUBLE)


def set_aside(connection: Connection, site: BaseGeometry, srid: int, editions: Sequence[int]) -> dict[int, tuple[int, int]]:
    """By edition: how many rows that could not be published may lie under the site, and how many nobody can place."""
    rows = connection.execute(sql.set_aside, {"site": ewkb(site, srid), "editions": list(editions)})
    return {row.edition_id: (row.here, row.unplaced) for row in rows}


def parts(
    connection: Connection, site: BaseGeometry, srid: int, hits: Sequence[tuple[int, int]], *, projected: bool = False
) -> dict[tuple[int, int], Any]:
    """The shared geometry of hits (edition, id) as GeoJSON geometries, in degrees or, ``projected``, in the project CRS; a hit that cannot
    be drawn is left out.
    """
    to = {"srid": srid, "digits": 9} if projected else {"srid": 4326, "digits": 8}

    def ask(some: Sequence[tuple[int, int]]) -> Sequence[Any]:
        editions, ids = (list(column) for column in zip(*some, strict=True))
        values = {"site": ewkb(site, srid), "editions": editions, "ids": ids, **to}
        return connection.execute(sql.parts, values).all()

    rows, _ = each_alone_if_not_together(hits, ask, connection)
    return {(row.edition_id, row.id): json.loads(row.shape) for row in rows if row.shape}


def covered(
    connection: Connection, site: BaseGeometry, srid: int, coverages: Sequence[int]
) -> tuple[dict[int, float], dict[int, str]]:
    """m2 of the site inside each coverage, by coverage id; and what the geometry library said of those it could not measure."""
    rows, failed = each_alone_if_not_together(
        coverages,
        lambda some: connection.execute(sql.covered, {"site": ewkb(site, srid), "coverages": list(some)}).all(),
        connection,
    )
    return {row.id: row.area for row in rows}, failed
