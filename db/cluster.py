"""The server under the workspaces: the one DATABASE_URL names, or a private cluster made and started on first use."""

from __future__ import annotations

from dataclasses import dataclass

from db import server
from db.errors import GroundError
from db.private import Cluster
from db.settings import Ground, home, read

__all__ = ["Cluster", "Status", "ensure", "private", "status", "stop", "url"]


@dataclass(frozen=True, slots=True)
class Status:
    """What stands under the workspaces now."""

    url: str
    """Without its password."""
    private: bool
    made: bool
    abilities: server.Abilities | None
    """None where it does not answer."""
    error: GroundError | None


def private() -> Cluster:
    return Cluster(home())


def place() -> str:
    """What a person calls the disk on which the workspaces lie: a folder of ours, or the server that DATABASE_URL names."""
    named = read(Ground).database_url
    return str(private().data) if named is None else server.masked(named)


def ensure() -> str:
    """URL (SQLAlchemy, psycopg2) of the maintenance database of a server that answers and can carry workspaces."""
    named = read(Ground).database_url
    if named is None:
        return private().start()
    server.check(named)
    return server.as_sqlalchemy(named)


def url(database: str) -> str:
    """URL of a database on that server; says nothing about whether the server runs or the database exists."""
    named = read(Ground).database_url
    return private().url(database) if named is None else server.with_database(named, database)


def stop() -> bool:
    """Stop the private cluster; a server that DATABASE_URL names is not ours to stop."""
    return private().stop() if read(Ground).database_url is None else False


def status() -> Status:
    """Looks and starts nothing."""
    named = read(Ground).database_url
    cluster = private()
    shown = cluster.url() if named is None else named
    made = named is not None or (cluster.data / "PG_VERSION").exists()
    try:
        abilities = server.look(shown) if named is not None or cluster.running() else None
    except GroundError as error:
        return Status(server.masked(shown), named is None, made, None, error)
    return Status(server.masked(shown), named is None, made, abilities, None)
