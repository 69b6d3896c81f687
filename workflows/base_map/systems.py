"""The local coordinate systems of a workspace: kept sealed, used by name (``local:NAME``), never shown. What a person declares becomes a system here."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
from sqlalchemy import Connection

from db import seal
from db.actor import Actor
from db.errors import GroundError
from db.sql import queries
from gis import crs, local, placing
from gis.crs import Crs
from layers.refusal import Refused
from workflows.base_map import store

sql = queries(__file__)

MOST_OFFERED = 20


def add(connection: Connection, actor: Actor, name: str, title: str, definition: str) -> dict[str, Any]:
    """``definition`` as ``gis.local`` writes it. Refused: ``local_system_stands``, and what ``gis.local`` and the way to the project refuse, with the
    name alone: nothing here repeats a definition.
    """
    plain, project = local.named(name), _project(connection)
    found = local.opened(plain, definition)
    _refuse_passing_through(found, project)
    kept = seal.sealed(definition.encode(), _place(plain))
    row = {
        "name": plain,
        "title": title.strip()[:200] or plain,
        "sealed": kept.value,
        "key_id": kept.key_id,
        "area": None if found.area is None else list(found.area),
        "made_by": actor.id,
    }
    if connection.execute(sql.add, row).first() is None:
        raise Refused("local_system_stands", name=plain)
    return {"name": plain, "title": row["title"], "area": row["area"]}


def systems(connection: Connection) -> list[dict[str, Any]]:
    """name, title, key_id, area, made_by, made_at; never parameters."""
    return [dict(row) for row in connection.execute(sql.systems).mappings()]


def drop(connection: Connection, name: str) -> None:
    """Editions that came by it stay as they are; Refused ``local_system_unknown``."""
    if connection.execute(sql.drop_system, {"name": local.named(name)}).first() is None:
        raise _unknown(connection, name)


def opened(connection: Connection, name: str) -> Crs:
    """Refused ``local_system_unknown``; GroundError where its seal does not open."""
    plain = local.named(name)
    row = connection.execute(sql.sealed, {"name": plain}).first()
    if row is None:
        raise _unknown(connection, plain)
    return local.opened(plain, seal.opened(bytes(row.sealed), _place(plain)).decode())


def known(connection: Connection) -> list[Crs]:
    """All of them, for whoever looks which could be meant."""
    found: list[Crs] = []
    for row in connection.execute(sql.names).all()[:MOST_OFFERED]:
        with suppress(GroundError, Refused):  # one that does not open is no reason to refuse a delivery
            found.append(opened(connection, row.name))
    return found


def meant(connection: Connection, said: str) -> Crs:
    """What a person says: ``local:NAME``, ``gcj02``, ``bd09``, ``wgs84``, a code or a definition."""
    text = said.strip()
    return opened(connection, text) if text.startswith(local.PREFIX) else placing.answered(text)


def reader(connection: Connection) -> Callable[[str], Crs]:
    """How this workspace reads the name of a coordinate system."""
    return lambda text: meant(connection, text)


def control_point(connection: Connection, name: str, east: float, north: float) -> dict[str, Any]:
    """A point of the local system in the project's: the result and nothing of how it came about."""
    project = _project(connection)
    found = opened(connection, name)
    there = crs.transformer(found, project)(np.array([[east, north]]))
    if not np.isfinite(there).all():
        raise Refused("local_point_out_of_reach", name=found.label)
    degrees = crs.degrees_of(project)(there)
    return {
        "system": found.label,
        "given": [east, north],
        "project_crs": project.label,
        "found": [round(float(each), 3) for each in there[0]],
        "degrees": [round(float(each), 7) for each in degrees[0]],
    }


def _refuse_passing_through(found: Crs, project: Crs) -> None:
    """A datum of its own without parameters would be passed through as if it were the project's, which is what this registry is there to end."""
    way = crs.transformer(found, project)
    if way.ballpark and not found.datum and not crs.carries_shift(found):
        raise Refused("local_system_without_shift", name=found.label, project_crs=project.label)


def _project(connection: Connection) -> Crs:
    return crs.parse(store.workspace(connection)["srid"])


def _place(name: str) -> str:
    """Where a sealed value belongs: not by the workspace's name, for a copy of a workspace opens its systems too."""
    return f"local_system/{name}"


def _unknown(connection: Connection, name: str) -> Refused:
    stands = [row.name for row in connection.execute(sql.names)]
    return Refused("local_system_unknown", name=name.removeprefix(local.PREFIX)[:60], known=stands)
