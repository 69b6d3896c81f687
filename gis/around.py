"""What lies around a site and what its hits say of themselves: nearest features, ground spoken for, attributes, areas by union.

Asked for by rules, so it is measured only where a rule wants it. Measures, never judges.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection

from db.sql import queries
from gis.geometry import ewkb
from gis.overlay import each_alone_if_not_together

sql = queries(__file__)


@dataclass(frozen=True, slots=True)
class Search:
    """Features of ``edition`` within ``within`` m of the site: of the classes ``meant`` (None: of any), and apart from them those whose
    class is none of the ``known``, for nobody can say whether they are meant.
    """

    edition: int
    within: float
    meant: tuple[str, ...] | None = None
    known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Near:
    """A feature and its distance from the site in m; ``sure``: it is of a class that was meant."""

    sure: bool
    id: int
    ident: str | None
    name: str | None
    cls: str | None
    metres: float


def nearest(
    connection: Connection, site: BaseGeometry, srid: int, searches: Sequence[Search]
) -> tuple[dict[int, list[Near]], dict[int, str]]:
    """By number of the search the nearest feature that is meant and the nearest that may be; by edition what the geometry library said."""

    def ask(editions: Sequence[int]) -> Sequence[Any]:
        mine = [(number, each) for number, each in enumerate(searches) if each.edition in editions]
        wanted = [{"number": number, **asdict(each)} for number, each in mine]
        values = {
            "site": ewkb(site, srid),
            "editions": list(editions),
            "wanted": json.dumps(wanted),
            "farthest": max((each.within for _, each in mine), default=0.0),
        }
        return connection.execute(sql.nearest, values).all()

    rows, failed = each_alone_if_not_together(sorted({each.edition for each in searches}), ask, connection)
    found: dict[int, list[Near]] = {}
    for row in rows:
        found.setdefault(row.number, []).append(Near(*row[1:]))
    return found, failed


def spoken_for(
    connection: Connection, site: BaseGeometry, srid: int, pairs: Sequence[tuple[int, float]]
) -> dict[tuple[int, float], float]:
    """Share of the ground within so many m of the site that a coverage holds, by (coverage, m). One that cannot be measured is absent."""

    def ask(some: Sequence[tuple[int, float]]) -> Sequence[Any]:
        coverages, withins = (list(column) for column in zip(*some, strict=True))
        values = {"site": ewkb(site, srid), "coverages": coverages, "withins": withins}
        return connection.execute(sql.spoken_for, values).all()

    rows, _ = each_alone_if_not_together(pairs, ask, connection)
    return {(row.id, row.within): row.share for row in rows}


def set_aside(
    connection: Connection, site: BaseGeometry, srid: int, pairs: Sequence[tuple[int, float]]
) -> dict[tuple[int, float], int]:
    """How many rows that were set aside may lie within so many m of the site, by (edition, m)."""
    if not pairs:
        return {}
    editions, withins = (list(column) for column in zip(*pairs, strict=True))
    values = {"site": ewkb(site, srid), "editions": editions, "withins": withins}
    return {(row.edition_id, row.within): row.aside for row in connection.execute(sql.set_aside, values)}


def attributes(
    connection: Connection, wanted: Mapping[int, Sequence[int]], names: Mapping[int, Sequence[str]]
) -> dict[tuple[int, int], dict[str, Any]]:
    """Attributes ``names`` (by edition) of the features ``wanted`` (ids by edition), by (edition, id)."""
    rows = [(edition, id) for edition, ids in wanted.items() for id in ids]
    if not rows:
        return {}
    editions, ids = (list(column) for column in zip(*rows, strict=True))
    found = connection.execute(
        sql.attributes, {"editions": editions, "ids": ids, "distinct": sorted(set(editions))}
    )
    return {
        (row.edition_id, row.id): {name: row.attributes.get(name) for name in names[row.edition_id]}
        for row in found
    }


def united(
    connection: Connection, site: BaseGeometry, srid: int, groups: Sequence[tuple[int, Sequence[int]]]
) -> dict[int, float]:
    """m2 of the site under the union of some features, by number of the group (edition, ids). One that cannot be united is absent."""

    def ask(numbers: Sequence[int]) -> Sequence[Any]:
        rows = [(number, groups[number][0], id) for number in numbers for id in groups[number][1]]
        of, editions, ids = (list(column) for column in zip(*rows, strict=True))
        values = {"site": ewkb(site, srid), "numbers": of, "editions": editions, "ids": ids}
        return connection.execute(sql.united, values).all()

    rows, _ = each_alone_if_not_together(range(len(groups)), ask, connection)
    return {row.number: row.area for row in rows}
