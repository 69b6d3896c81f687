"""A workspace is a district is one database: made, found, brought up to date, dropped.

Making is safe to repeat: a database that was left half-made by an interruption is finished by the next call.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, text

from db import cluster, session
from db.actor import Actor
from db.errors import GroundError
from db.sql import queries

sql = queries(__file__)

NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")


@dataclass(frozen=True, slots=True)
class Workspace:
    name: str
    title: str
    srid: int
    crs_wkt: str


def _check(name: str) -> None:
    if not NAME.fullmatch(name):
        raise GroundError("workspace_name", got=name)


def names() -> list[str]:
    """Every workspace on the server, sorted."""
    with _maintenance() as connection:
        return [row[0] for row in connection.execute(sql.names)]


def make(name: str, *, title: str, srid: int, crs_wkt: str, actor: Actor) -> Workspace:
    """The workspace with this CRS, made if it is not there; GroundError ``workspace_crs`` where it stands with another."""
    _check(name)
    with _maintenance() as connection:
        connection.execute(sql.one_maker_at_a_time)
        if not connection.execute(sql.exists, {"name": session.database_name(name)}).scalar():
            session.create_database(connection, session.database_name(name))
        connection.execute(sql.the_next_maker)
    engine = session.engine(name)
    with session.transaction(engine, actor) as connection:
        migrate(connection)
        connection.execute(sql.make, {"name": name, "title": title, "srid": srid, "crs_wkt": crs_wkt})
    found = _read(engine, name)
    if found.srid != srid:
        raise GroundError("workspace_crs", workspace=name, stands=found.srid, asked=srid)
    return found


def open(name: str) -> Workspace:
    """An existing workspace, its tables brought up to date; GroundError ``workspace_unknown`` with those there are."""
    _check(name)
    if name not in (there := names()):
        raise GroundError("workspace_unknown", workspace=name, known=", ".join(there) or "–")
    engine = session.engine(name)
    if not _up_to_date(engine):
        with engine.begin() as connection:
            migrate(connection)
    return _read(engine, name)


def copy(name: str, into: str) -> None:
    """A workspace of its own with everything ``name`` holds; nobody may be connected to ``name`` meanwhile."""
    _check(into)
    session.forget(name)
    with _maintenance() as connection:
        session.create_database(connection, session.database_name(into), session.database_name(name))


def drop(name: str) -> None:
    _check(name)
    session.forget(name)
    with _maintenance() as connection:
        session.drop_database(connection, session.database_name(name))


def migrate(connection: Connection) -> None:
    """Bring the tables up to the newest migration, in the connection's transaction; one process at a time."""
    connection.execute(sql.one_migration_at_a_time)
    config = _alembic()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    return config


def _up_to_date(engine: Engine) -> bool:
    with engine.connect() as connection:
        if not connection.execute(text("SELECT to_regclass('public.alembic_version')")).scalar():
            return False
        stands = connection.execute(sql.revision).scalar()
    return stands == ScriptDirectory.from_config(_alembic()).get_current_head()


def _read(engine: Engine, name: str) -> Workspace:
    with engine.connect() as connection:
        row = connection.execute(sql.read).one_or_none()
    if row is None:
        raise GroundError("workspace_half_made", workspace=name)
    return Workspace(*row)


def _maintenance() -> Connection:
    """A connection outside any transaction: CREATE DATABASE allows none."""
    engine = create_engine(cluster.ensure(), isolation_level="AUTOCOMMIT", pool_size=1)
    return engine.connect()
