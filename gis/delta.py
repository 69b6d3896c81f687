"""A delivery that holds only changes becomes a whole edition: its rows stand in the stage already, what the edition in force has beside them
is joined to them inside the database.

Features keep their numbers from edition to edition; new ones go on after the highest number the layer ever had. What a row says became of its
feature is read from words that the caller knows; everything happens in the caller's transaction.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import Connection

from db.sql import queries
from layers.refusal import Refused

sql = queries(__file__)

Change = Literal["added", "changed", "removed"]
ROWS_NAMED = 12
_SHOWN = 80  # characters of somebody's word or identifier in a refusal
_MOST_WORDS = 1_000  # more different words than any list of ours: some of them are none


@dataclass(frozen=True, slots=True)
class Base:
    """The edition in force that the changes were made for."""

    edition: int
    layer: str
    seq: int
    kind: str
    valid_from: date


@dataclass(frozen=True, slots=True)
class Completed:
    """What the edition is made of: features the delta ``added`` and ``changed``, those it ``removed``, ``kept`` from the base as they were;
    ``published`` and ``set_aside`` in all.
    """

    base: Base
    added: int
    changed: int
    removed: int
    kept: int
    published: int
    set_aside: int


def base_of(connection: Connection, layer: str) -> Base:
    """Refused ``delta_without_base``, ``delta_of_raster``."""
    row = connection.execute(sql.base, {"layer": layer}).first()
    if row is None:
        raise Refused("delta_without_base", layer=layer)
    if row.kind == "raster":
        raise Refused("delta_of_raster", layer=layer)
    return Base(row.id, layer, row.seq, row.kind, row.valid_from)


def complete(
    connection: Connection,
    edition: int,
    *,
    layer: str,
    field: str,
    identify: Sequence[str],
    meaning: Callable[[str], Change | None],
) -> Completed:
    """Make the staged ``edition``, of which only the delta's rows are there, the whole layer. ``field``: the attribute that says what became of a
    row's feature, in words that ``meaning`` knows; ``identify``: the attributes of which the first tells what a row is called by.

    Refused ``delta_without_base``, ``delta_of_raster``, ``delta_before_base``, ``kind_differs``, ``delta_change_unknown``,
    ``delta_ident_unclear``, ``delta_not_there``, ``delta_already_there``, ``delta_leaves_nothing``; rows are counted from 0.
    """
    base = base_of(connection, layer)
    arrived = connection.execute(sql.arrived, {"edition": edition}).one()
    if arrived.valid_from is not None and arrived.valid_from < base.valid_from:
        raise Refused(
            "delta_before_base",
            layer=layer,
            seq=base.seq,
            valid_from=arrived.valid_from.isoformat(),
            base_from=base.valid_from.isoformat(),
        )
    asked = {"edition": edition, "field": field, "identify": list(identify)}
    meant = _meant(connection, asked, meaning, layer)
    _clear(connection, asked, layer)
    connection.execute(sql.enter, {**asked, "meaning": json.dumps(meant)})
    if arrived.kind != base.kind and connection.execute(sql.usable, asked).scalar_one():
        raise Refused("kind_differs", layer=layer, expected=base.kind, got=arrived.kind)
    against = {**asked, "base": base.edition, "layer": layer}
    _met(connection, against, base)
    connection.execute(sql.number_met, against)
    connection.execute(sql.number_added, against)
    connection.execute(sql.complete_stage, against)
    for step in (sql.lift_aside, sql.number_aside, sql.drop_aside, sql.carry_aside):
        connection.execute(step, against)
    connection.execute(sql.keep, against)
    done = connection.execute(sql.finish, against).one()
    if not done.rows_published:
        raise Refused("delta_leaves_nothing", layer=layer, removed=done.removed)
    return Completed(
        base,
        done.added,
        done.changed,
        done.removed,
        done.kept,
        done.rows_published,
        done.rows_set_aside,
    )


def say(connection: Connection, edition: int, note: Mapping[str, Any]) -> None:
    """Among the notes of a staged edition."""
    connection.execute(sql.say, {"edition": edition, "note": json.dumps([note], ensure_ascii=False)})


def numbers(connection: Connection, edition: int) -> dict[int, int]:
    """Rows of the delta's file by the numbers of their features."""
    return {row.row: row.id for row in connection.execute(sql.numbers, {"edition": edition})}


def _meant(
    connection: Connection, asked: dict[str, Any], meaning: Callable[[str], Change | None], layer: str
) -> dict[str, Change]:
    words = connection.execute(sql.words, {**asked, "most": _MOST_WORDS}).scalars().all()
    meant = {word: change for word in words if word is not None and (change := meaning(word)) is not None}
    unknown = [word for word in words if word not in meant]
    if unknown:
        found = connection.execute(
            sql.rows_of_words, {**asked, "meant": list(meant), "most": ROWS_NAMED}
        ).one()
        told = [word[:_SHOWN] for word in unknown if word is not None and word.strip()]
        raise Refused(
            "delta_change_unknown",
            layer=layer,
            field=asked["field"],
            count=found.n,
            rows=list(found.rows),
            got=told[:ROWS_NAMED] or None,
        )
    return meant


def _clear(connection: Connection, asked: dict[str, Any], layer: str) -> None:
    """Every row of the delta is called by something, and by something of its own."""
    for what, query in (("missing", sql.unnamed), ("twice", sql.named_twice)):
        found = connection.execute(query, {**asked, "most": ROWS_NAMED}).one()
        if found.n:
            _unclear(layer, "delta", what, found)


def _met(connection: Connection, against: dict[str, Any], base: Base) -> None:
    """Whatever the delta names is in the base as its row says: once, or not yet."""
    faults = {row.fault: row for row in connection.execute(sql.faults, {**against, "most": ROWS_NAMED})}
    if "twice" in faults:
        _unclear(base.layer, "base", "twice", faults["twice"])
    for fault in ("not_there", "already_there"):
        if fault in faults:
            found = faults[fault]
            raise Refused(
                f"delta_{fault}",
                layer=base.layer,
                seq=base.seq,
                count=found.n,
                rows=list(found.rows),
                idents=[each[:_SHOWN] for each in found.idents],
            )


def _unclear(layer: str, where: str, what: str, found: Any) -> None:
    raise Refused(
        "delta_ident_unclear",
        layer=layer,
        where=where,
        what=what,
        count=found.n,
        rows=list(found.rows),
        idents=[each[:_SHOWN] for each in found.idents if each is not None] or None,
    )
