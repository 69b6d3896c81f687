"""Batches and their rows. It runs statements, decides nothing and never commits."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection

from db.actor import Actor
from db.sql import queries
from gis.geometry import ewkb
from layers.canonical import canonical
from layers.model import GRADES, Grade
from layers.refusal import Refused

sql = queries(__file__)

_DAYS = ("valid_from", "first_valid_from")
_MOMENTS = ("published_at",)


@dataclass(frozen=True, slots=True)
class Kept:
    """A row of the file as it waits to be answered; with a ``reason`` it is none."""

    number: int
    source: str
    row: int
    label: str | None
    site: BaseGeometry | None
    source_crs: str
    width_m: float | None
    proposal: Mapping[str, Any] | None
    reason: Mapping[str, Any] | None


def keep(connection: Connection, actor: Actor, batch: Mapping[str, Any]) -> None:
    told = {**batch, "actor": actor.id, "asked": json.dumps(batch["asked"])}
    connection.execute(sql.keep, {**told, "pinned": canonical({"layers": _frozen(batch["layers"])})})


def try_to_hold(connection: Connection, id: str) -> bool:
    return bool(connection.execute(sql.try_to_hold, {"id": id}).scalar_one())


def let_go(connection: Connection, id: str) -> None:
    connection.execute(sql.let_go, {"id": id})


def one(connection: Connection, id: str) -> dict[str, Any]:
    """The batch, its ``layers`` as they were pinned; Refused ``batch_unknown``."""
    row = connection.execute(sql.one, {"id": id}).mappings().first()
    if row is None:
        raise Refused("batch_unknown", batch=id)
    found = dict(row)
    return {**found, "layers": _thawed(found.pop("pinned")["layers"])}


def begin(connection: Connection, id: str) -> None:
    connection.execute(sql.begin, {"id": id})


def keep_rows(connection: Connection, id: str, srid: int, rows: Iterable[Kept]) -> None:
    told = [
        {
            "batch": id,
            "number": row.number,
            "source": row.source,
            "row": row.row,
            "label": row.label,
            "site": None if row.site is None else ewkb(row.site, srid),
            "source_crs": row.source_crs,
            "width_m": row.width_m,
            "proposal": None if row.proposal is None else json.dumps(row.proposal),
            "state": "waiting" if row.reason is None else "refused",
            "reason": None if row.reason is None else json.dumps(row.reason, default=str),
        }
        for row in rows
    ]
    connection.execute(sql.keep_site, told)


def was_read(
    connection: Connection, id: str, columns: Mapping[str, Any], left_out: Sequence[Mapping[str, Any]]
) -> None:
    values = {"id": id, "columns": json.dumps(columns), "left_out": json.dumps(left_out, default=str)}
    connection.execute(sql.was_read, values)


def end(connection: Connection, id: str, state: str, reason: Mapping[str, Any] | None = None) -> None:
    told = None if reason is None else json.dumps(reason, default=str)
    connection.execute(sql.end, {"id": id, "state": state, "reason": told})


def claim(connection: Connection, id: str, many: int) -> list[tuple[int, BaseGeometry, dict[str, Any]]]:
    rows = connection.execute(sql.claim, {"id": id, "many": many})
    return [(row.number, shapely.from_wkb(bytes(row.site)), row.proposal) for row in rows]


def answer(
    connection: Connection, id: str, number: int, verdicts: Mapping[Grade, str], shown: Mapping[Grade, Any]
) -> None:
    values = {"id": id, "number": number, "verdicts": json.dumps(verdicts), "shown": canonical(shown)}
    connection.execute(sql.answer, values)


def refuse(connection: Connection, id: str, number: int, code: str, params: Mapping[str, Any]) -> None:
    told = json.dumps({"code": code, "params": params}, default=str)
    connection.execute(sql.refuse, {"id": id, "number": number, "reason": told})


def counts(connection: Connection, id: str, grade: Grade) -> tuple[dict[str, int], dict[str, int]]:
    """Rows by state, and those that are answered by verdict."""
    states = {row.state: row.n for row in connection.execute(sql.states, {"id": id})}
    verdicts = {row.verdict: row.n for row in connection.execute(sql.verdicts, {"id": id, "grade": grade})}
    return states, verdicts


def per_minute(connection: Connection, id: str) -> float | None:
    """How many rows a minute are answered now; None where none was within the last one."""
    row = connection.execute(sql.pace, {"id": id}).one()
    return None if not row.n or not row.seconds else float(row.n) * 60.0 / float(row.seconds)


def rows(
    connection: Connection,
    id: str,
    grade: Grade,
    *,
    verdict: str | None = None,
    state: str | None = None,
    limit: int | None = None,
    offset: int = 0,
    shapes: bool = False,
) -> list[dict[str, Any]]:
    """Each with ``seen``, the compact answer as ``grade`` may see it; with ``shapes`` also ``site``, in the project CRS."""
    # A grade for which nothing is kept sees what the next higher sees.
    grades = list(GRADES[GRADES.index(grade) :])
    asked = {"id": id, "grade": grade, "grades": grades, "verdict": verdict, "state": state}
    found = connection.execute(sql.rows, {**asked, "limit": limit, "offset": offset, "shapes": shapes})
    return [_row(row) for row in found.mappings()]


def row(connection: Connection, id: str, number: int) -> dict[str, Any]:
    """Refused ``batch_row_unknown``."""
    found = connection.execute(sql.row, {"id": id, "number": number}).mappings().first()
    if found is None:
        raise Refused("batch_row_unknown", batch=id, number=number)
    return _row(found)


def lock_row(connection: Connection, id: str, number: int) -> str | None:
    """The full check that was made of it, where there is one; nobody else makes one until the transaction ends."""
    found: str | None = connection.execute(sql.lock_row, {"id": id, "number": number}).scalar_one()
    return found


def note_check(connection: Connection, id: str, number: int, check: str) -> None:
    connection.execute(sql.note_check, {"id": id, "number": number, "check": check})


def latest(connection: Connection, limit: int, offset: int) -> list[dict[str, Any]]:
    return [
        dict(row) for row in connection.execute(sql.latest, {"limit": limit, "offset": offset}).mappings()
    ]


def in_work(connection: Connection, id: str, task: str) -> bool:
    return bool(connection.execute(sql.in_work, {"id": id, "task": task}).scalar_one())


def queued(connection: Connection, task: str, most: int) -> list[tuple[str, str]]:
    """Number, and who handed it over, of those that a worker is to answer; not those for which ``most`` jobs failed."""
    asked = {"task": task, "most": most}
    return [(row.id, row.made_by) for row in connection.execute(sql.queued, asked)]


def queue(connection: Connection, id: str) -> None:
    connection.execute(sql.queue, {"id": id})


def _row(row: Any) -> dict[str, Any]:
    site = row["site"]
    return {**row, "site": None if site is None else shapely.from_wkb(bytes(site))}


def _frozen(layers: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Layers as JSON values: their days and moments as text."""
    return [_each(layer, lambda when: when.isoformat(), lambda when: when.isoformat()) for layer in layers]


def _thawed(layers: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [_each(layer, date.fromisoformat, datetime.fromisoformat) for layer in layers]


def _each(layer: Mapping[str, Any], day: Any, moment: Any) -> dict[str, Any]:
    told = dict(layer)
    for names, turned in ((_DAYS, day), (_MOMENTS, moment)):
        for name in names:
            if told.get(name) is not None:
                told[name] = turned(told[name])
    if told.get("displayed"):
        told["displayed"] = _each(told["displayed"], day, moment)
    return told
