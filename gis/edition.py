"""Editions: staged where nobody sees them, published together by moving the pointers of their layers, never changed afterwards.

Everything happens in the caller's transaction, so an interruption anywhere leaves every layer wholly as it was. Which edition a pointer
says is no choice of ours: ``hetu.standing`` in the ground works it out from legal status, first day and number.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import repeat
from typing import Any, cast

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection

from db.sql import queries
from gis import stage
from gis.geometry import ewkb
from gis.readers import SetAside
from layers.refusal import Refused

sql = queries(__file__)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Where an edition says anything. ``geometry`` None with basis "none": nobody vouches for it."""

    geometry: BaseGeometry | None
    basis: str  # "district", "file", "word", "cells", "none"
    word: str | None = None


NOBODY = Coverage(None, "none")


@dataclass(frozen=True, slots=True)
class Arrival:
    """One edition about to be staged: what it is of, where it came from, and its rows: features, in one piece or piece by piece, or of a raster
    the cells with a value. ``notes`` and ``disjoint`` are read when the pieces are through: whoever hands them out may find something on the way.
    """

    layer: str
    kind: str
    status: str
    source: str
    source_layer: str | None
    format: str
    crs_in: str
    crs_basis: str
    operation: str
    coverage: Coverage
    encoding: str | None = None
    fields: Sequence[tuple[str, str]] = ()
    samples: Sequence[dict[str, Any]] = ()
    notes: Sequence[dict[str, Any]] = ()
    features: stage.Features | Iterable[stage.Features] | None = field(default=None, repr=False)
    set_aside: Sequence[SetAside] = field(default=(), repr=False)
    boxes: Sequence[
        tuple[float, float, float, float] | None
    ] = ()  # around each row set aside, project CRS; None: it has no place
    disjoint: bool | Callable[[], bool | None] | None = None
    raster: dict[str, Any] | None = None
    cells: int = 0
    extent: tuple[float, float, float, float] | None = None
    valid_from: date | None = None  # the first day on which it holds; None: the day of publication


def put(connection: Connection, delivery: int, srid: int, arrival: Arrival) -> int:
    """Stage one edition with its features and what was set aside; its id."""
    reserved = connection.execute(sql.reserve, {"layer": arrival.layer}).one()
    edition: int = reserved.id
    if arrival.features is None:
        published = arrival.cells
    else:
        whole = isinstance(arrival.features, stage.Features)
        pieces = (arrival.features,) if whole else arrival.features
        published = stage.fill(connection, edition, srid, cast("Iterable[stage.Features]", pieces))
    connection.execute(
        sql.begin,
        {
            "id": edition,
            "based_on": reserved.based_on,
            "layer": arrival.layer,
            "status": arrival.status,
            "valid_from": arrival.valid_from,
            "delivery": delivery,
            "kind": arrival.kind,
            "source": arrival.source,
            "source_layer": arrival.source_layer,
            "format": arrival.format,
            "crs_in": arrival.crs_in,
            "crs_basis": arrival.crs_basis,
            "operation": arrival.operation,
            "encoding": arrival.encoding,
            "fields": _json(list(arrival.fields)),
            "samples": _json(list(arrival.samples)),
            "notes": _json(list(arrival.notes)),
            "rows_read": published + len(arrival.set_aside),
            "rows_published": published,
            "rows_set_aside": len(arrival.set_aside),
            "extent": ewkb(shapely.box(*arrival.extent), srid) if arrival.extent else None,
            "coverage": keep_coverage(connection, srid, arrival.coverage),
            "coverage_basis": arrival.coverage.basis,
            "coverage_word": arrival.coverage.word,
            "disjoint": arrival.disjoint() if callable(arrival.disjoint) else arrival.disjoint,
            "raster": None if arrival.raster is None else _json(arrival.raster),
        },
    )
    if arrival.set_aside:
        connection.execute(
            sql.set_aside,
            [
                _aside(edition, srid, row, box)
                for row, box in zip(arrival.set_aside, arrival.boxes or repeat(None), strict=False)
            ],
        )
    return edition


def keep_coverage(connection: Connection, srid: int, coverage: Coverage) -> int | None:
    if coverage.geometry is None:
        return None
    shape = shapely.normalize(coverage.geometry)
    digest = hashlib.sha256(shapely.to_wkb(shape)).hexdigest()
    return int(
        connection.execute(sql.keep_coverage, {"sha256": digest, "geom": ewkb(shape, srid)}).scalar_one()
    )


def publish(connection: Connection, editions: Iterable[tuple[str, int]]) -> None:
    """Number the (layer, edition) pairs and move the pointers of their layers, all in the caller's transaction.

    An edition in force (or of unknown status) becomes the current one, unless one that holds from a later day stands, and ends the display
    of its layer; one on display is pointed at as such; drafts and superseded ones are only kept. Refused ``edition_overtaken`` where
    somebody published an edition of one of the layers since it was staged, ``delta_base_moved`` where the edition that changes were made for was
    withdrawn since, ``valid_from_future``.
    """
    pairs = sorted(editions)
    layers, ids = [layer for layer, _ in pairs], [edition for _, edition in pairs]
    connection.execute(sql.one_publisher_per_layer, {"layers": layers})
    overtaken = connection.execute(sql.overtaken, {"editions": ids}).first()
    if overtaken is not None:
        raise Refused("edition_overtaken", layer=overtaken.layer, seq=overtaken.seq)
    moved = connection.execute(sql.base_moved, {"editions": ids}).first()
    if moved is not None:
        raise Refused("delta_base_moved", layer=moved.layer)
    for edition in ids:
        connection.execute(stage.sql.attach_stage, {"edition": edition})
    moment = connection.execute(sql.moment).one()
    early = connection.execute(sql.too_early, {"editions": ids, "today": moment.today}).first()
    if early is not None:
        raise Refused(
            "valid_from_future",
            layer=early.layer,
            valid_from=early.valid_from.isoformat(),
            today=moment.today.isoformat(),
        )
    for edition in ids:
        connection.execute(sql.number, {"edition": edition, "at": moment.at, "today": moment.today})
    connection.execute(sql.point, {"layers": layers})


def refuse_future(connection: Connection, valid_from: date | None) -> None:
    """Before anything is read: what is said to be in force cannot begin to hold only later. Refused ``valid_from_future``."""
    today: date = connection.execute(sql.moment).one().today
    if valid_from is not None and valid_from > today:
        raise Refused("valid_from_future", valid_from=valid_from.isoformat(), today=today.isoformat())


def withdraw(connection: Connection, edition: int) -> None:
    """From now on the edition counts no more; what stands without it is pointed at, and what was known before still tells it.

    Refused ``edition_unknown`` where it was never published, or withdrawn before.
    """
    if connection.execute(sql.withdraw, {"edition": edition}).first() is None:
        raise Refused("edition_unknown", edition=edition)


def proved_disjoint(polygons: Any) -> bool | None:
    """True where the polygons form a coverage, hence share no area; None where that was not proved. shapely's coverage_is_valid."""
    if len(polygons) < 2:
        return True
    return True if bool(shapely.coverage_is_valid(polygons)) else None


def _aside(
    edition: int, srid: int, row: SetAside, box: tuple[float, float, float, float] | None
) -> dict[str, Any]:
    return {
        "edition": edition,
        "id": row.row,
        "code": row.code,
        "params": _json(row.params),
        "x": row.x,
        "y": row.y,
        "attributes": row.attributes,
        "wkb": row.wkb,
        "box": None if box is None else ewkb(shapely.box(*box), srid),
    }


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
