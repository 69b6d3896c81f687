"""What processes leave that were killed: rooms of the quarantine, half a copy of an original, cells of editions that were never published, stages.

A running import is never in its way: what somebody holds, by a lock that ends with its process, is left alone.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, fields

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from db import cluster, lock, session
from db import workspace as workspaces
from db.actor import Actor
from db.errors import GroundError
from db.settings import folder
from db.sql import queries
from gis import quarantine
from workflows.base_map.intake import deliveries, originals

SETTLED_S = 3600.0
"""Seconds for which a file must not have been touched before anybody asks whose it is."""

sql = queries(__file__)


@dataclass(frozen=True, slots=True)
class Swept:
    """What was taken away, by number or name."""

    deliveries: list[int]
    rooms: list[str]
    originals: list[str]
    stages: list[str]
    rasters: list[str]

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) for each in fields(self))


def sweep(engine: Engine, actor: Actor, *, rasters: bool = True, settled_s: float = SETTLED_S) -> Swept:
    """Everything at once; without ``rasters`` it is a matter of milliseconds, and done before each import."""
    return Swept(
        deliveries.abandoned(engine, actor),
        quarantine.sweep(),
        originals.sweep(min(settled_s, 60.0)),
        _stages(engine, actor),
        _rasters(engine, settled_s) if rasters else [],
    )


def _stages(engine: Engine, actor: Actor) -> list[str]:
    with session.transaction(engine, actor) as connection:
        left = [row.name for row in connection.execute(sql.stages)]
        for name in left:
            session.drop_table(connection, name)
        if connection.execute(sql.staged).scalar_one():
            for statement in (sql.free_set_aside, sql.drop_set_aside, sql.keep_set_aside):
                connection.execute(statement)
            left += [f"edition {row.id}" for row in connection.execute(sql.drop_staged)]
    return left


def _rasters(engine: Engine, settled_s: float) -> list[str]:
    """Files that no edition of any workspace speaks of: the folder is everybody's. Where one workspace cannot be asked, none is taken away."""
    until = time.time() - settled_s
    settled = [each for each in sorted(folder("rasters").iterdir()) if each.stat().st_mtime <= until]
    if not settled:
        return []
    try:
        with lock.alone(deliveries.importing(), patience=0.0):
            with session.read(engine) as connection:
                used, others = _used(connection), _others(connection)
            for name in others if any(each.name not in used for each in settled) else ():
                used |= _used_by(name)
            left = [each for each in settled if each.name not in used]
            for each in left:
                each.unlink(missing_ok=True)
    except GroundError as busy:
        if busy.code != "locked":
            raise
        return []
    except SQLAlchemyError:
        return []
    return [each.name for each in left]


def _used(connection: Connection) -> set[str]:
    return {row.file for row in connection.execute(sql.rasters)}


def _others(connection: Connection) -> list[str]:
    mine = connection.engine.url.database
    names = [row.name for row in connection.execute(workspaces.sql.names)]
    return [name for name in names if session.database_name(name) != mine]


def _used_by(workspace: str) -> set[str]:
    engine = session.open_engine(cluster.url(session.database_name(workspace)))
    try:
        with session.read(engine) as connection:
            return _used(connection)
    finally:
        engine.dispose()
