"""What the base map holds, row by row. Stores run statements; they decide nothing and never commit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection

from db.actor import Actor
from db.sql import queries
from gis.geometry import ewkb
from layers.canonical import canonical
from layers.model import Grade
from layers.refusal import Refused

sql = queries(__file__)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def keep_catalogue(connection: Connection, body: dict[str, Any]) -> None:
    told = canonical(body)
    made = connection.execute(sql.keep_catalogue, {"digest": digest(told), "body": told}).scalar_one()
    connection.execute(sql.use_catalogue, {"id": made})


def keep_layer(connection: Connection, code: str, origin: str, body: dict[str, Any], position: int) -> None:
    told = canonical(body)
    stanza = connection.execute(
        sql.keep_stanza, {"code": code, "digest": digest(told), "body": told}
    ).scalar_one()
    connection.execute(
        sql.keep_layer, {"code": code, "origin": origin, "stanza_id": stanza, "position": position}
    )


def last_position(connection: Connection) -> int:
    return int(connection.execute(sql.last_position).scalar_one())


def stanzas(connection: Connection) -> list[tuple[str, str, dict[str, Any]]]:
    return [(row.code, row.origin, row.body) for row in connection.execute(sql.stanzas)]


def catalogue(connection: Connection, id: int | None = None) -> dict[str, Any]:
    """Themes and registers of the catalogue in use, or of an earlier one."""
    found: dict[str, Any] | None = connection.execute(sql.catalogue, {"id": id}).scalar()
    return found or {}


def catalogue_id(connection: Connection) -> int | None:
    found: int | None = connection.execute(sql.catalogue_id).scalar()
    return found


def layers(
    connection: Connection, valid_on: date | None = None, known_at: datetime | None = None
) -> list[dict[str, Any]]:
    asked = {"valid_on": valid_on, "known_at": known_at}
    return [dict(row) for row in connection.execute(sql.layers, asked).mappings()]


def editions(connection: Connection, layer: str) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(sql.editions, {"layer": layer}).mappings()]


def editions_by_id(connection: Connection, ids: Sequence[int]) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(sql.editions_by_id, {"editions": list(ids)}).mappings()]


def grade(connection: Connection, edition: int) -> Grade | None:
    row = connection.execute(sql.grade, {"edition": edition}).first()
    if row is None:
        raise Refused("edition_unknown", edition=edition)
    found: Grade | None = row.grade
    return found


def set_aside(connection: Connection, edition: int, limit: int) -> list[dict[str, Any]]:
    rows = connection.execute(sql.set_aside, {"edition": edition, "limit": limit})
    return [dict(row) for row in rows.mappings()]


def filled(connection: Connection) -> set[str]:
    """Codes of the layers that have an edition in force."""
    return {row.layer for row in connection.execute(sql.filled)}


def outline(connection: Connection) -> BaseGeometry | None:
    row = connection.execute(sql.outline).one()
    return None if row.outline is None else shapely.from_wkb(bytes(row.outline))


def workspace(connection: Connection) -> dict[str, Any]:
    row = connection.execute(sql.outline).one()
    shape = connection.execute(sql.outline_in_degrees).first()
    return {
        "name": row.name,
        "title": row.title,
        "srid": row.srid,
        "crs_wkt": row.crs_wkt,
        "outline_basis": row.outline_basis,
        "outline": None if shape is None else json.loads(shape.shape),
        "extent": None if shape is None else [shape.west, shape.south, shape.east, shape.north],
    }


def keep_outline(connection: Connection, shape: BaseGeometry, srid: int, basis: str) -> None:
    connection.execute(sql.keep_outline, {"outline": ewkb(shape, srid), "basis": basis})


def begin_delivery(
    connection: Connection, actor: Actor, name: str, state: str = "reading", original: str | None = None
) -> int:
    return int(
        connection.execute(
            sql.begin_delivery, {"name": name, "actor": actor.id, "state": state, "original": original}
        ).scalar_one()
    )


def say_of_delivery(connection: Connection, delivery: int, supplier: str | None, only_check: bool) -> None:
    """What somebody says of it as a whole: known from the beginning, whatever becomes of it."""
    purpose = "check" if only_check else "publish"
    connection.execute(sql.say_of_delivery, {"id": delivery, "supplier": supplier, "purpose": purpose})


def end_delivery(
    connection: Connection,
    delivery: int,
    state: str,
    *,
    sha256: str | None = None,
    refused: Sequence[dict[str, Any]] = (),
    ignored: Sequence[str] = (),
    reason: dict[str, Any] | None = None,
) -> None:
    connection.execute(
        sql.end_delivery,
        {
            "id": delivery,
            "state": state,
            "sha256": sha256,
            "refused": json.dumps(list(refused), default=str),
            "ignored": json.dumps(list(ignored)),
            "reason": None if reason is None else json.dumps(reason, default=str),
        },
    )


def keep_original(connection: Connection, delivery: int, original: str) -> None:
    """Where the original lies, below the folder of originals."""
    connection.execute(sql.keep_original, {"id": delivery, "original": original})


def delivery(connection: Connection, number: int) -> dict[str, Any] | None:
    row = connection.execute(sql.delivery, {"id": number}).mappings().first()
    if row is None:
        return None
    published = [dict(each) for each in connection.execute(sql.delivered, {"id": number}).mappings()]
    return {**row, "layers": published}
