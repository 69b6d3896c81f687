"""Checks as they were given, kept word for word."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, RowMapping

from db.actor import Actor
from db.sql import queries
from gis.geometry import ewkb
from layers.canonical import canonical
from layers.refusal import Refused

sql = queries(__file__)


def moment(connection: Connection) -> datetime:
    """When the transaction began, by the database's clock."""
    found: datetime = connection.execute(sql.moment).scalar_one()
    return found


def describe(connection: Connection, site: BaseGeometry, srid: int) -> dict[str, Any]:
    """area_m2 (planar, project CRS), area_ellipsoidal_m2, geometry in degrees, project_geometry."""
    row = connection.execute(sql.describe, {"site": ewkb(site, srid)}).one()
    return {
        "area_m2": row.area,
        "area_ellipsoidal_m2": row.ellipsoidal,
        "geometry": json.loads(row.degrees),
        "project_geometry": json.loads(row.project),
    }


def keep(
    connection: Connection,
    actor: Actor,
    site: BaseGeometry,
    srid: int,
    answer: Mapping[str, Any],
    shown: Mapping[str, Any],
) -> None:
    """``shown``: verdict and summary by grade, for lists."""
    rules = answer["rules"]
    connection.execute(
        sql.keep,
        {
            "id": answer["id"],
            "made_at": answer["checked_at"],
            "made_by": actor.id,
            "site": ewkb(site, srid),
            "verdict": answer["verdict"],
            "summary": json.dumps(answer["summary"]),
            "answer": canonical(answer),
            "sha256": answer["sha256"],
            "editions": [each["id"] for each in answer["editions"].values()],
            "product": answer["product"],
            "valid_on": answer["valid_on"],
            "known_at": answer["known_at"],
            "rulebook": None if rules is None else rules["rulebook"],
            "proposal": json.dumps(answer["proposal"]),
            "shown": json.dumps(shown),
        },
    )


def read(connection: Connection, id: str) -> tuple[dict[str, Any], BaseGeometry]:
    """The answer as it was given, and the site in the project CRS; Refused ``check_unknown``."""
    row = connection.execute(sql.read, {"id": id}).first()
    if row is None:
        raise Refused("check_unknown", check=id)
    answer: dict[str, Any] = json.loads(row.answer)
    return answer, shapely.from_wkb(bytes(row.site))


def latest(
    connection: Connection,
    limit: int,
    offset: int,
    sees: str,
    gone: Sequence[int] = (),
    used: Sequence[int] | None = None,
) -> list[dict[str, Any]]:
    """``gone``: editions that were withdrawn; ``used``: only checks that used one of these."""
    values = {"limit": limit, "offset": offset, "grade": sees, "gone": list(gone)}
    found = connection.execute(sql.latest, {**values, "used": None if used is None else list(used)})
    return [dict(row) for row in found.mappings()]


def keep_override(connection: Connection, said: Mapping[str, str]) -> dict[str, Any]:
    return _override(connection.execute(sql.keep_override, dict(said)).mappings().one())


def overrides(connection: Connection, id: str) -> list[dict[str, Any]]:
    return [_override(row) for row in connection.execute(sql.overrides, {"check": id}).mappings()]


def _override(row: RowMapping) -> dict[str, Any]:
    return {**row, "made_at": row["made_at"].isoformat()}
