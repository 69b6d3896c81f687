"""The one door to psycopg2: a pool per workspace, one transaction per piece of work, an actor on every write."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
from psycopg2.sql import SQL, Identifier
from sqlalchemy import Connection, Engine, create_engine, event, exc, text

from db import cluster, deadline
from db.actor import Actor
from db.errors import GroundError

PING_SECONDS = 2.0
DISK_FULL = "53100"
POOL = 8  # as many as the server's threads that may wait on the database at once

_engines: dict[str, Engine] = {}
_lock = threading.Lock()
SET_ACTOR = text(
    "SELECT set_config('hetu.actor', :actor, true), set_config('hetu.on_behalf_of', :on_behalf_of, true)"
)


def database_name(workspace: str) -> str:
    return f"hetu_{workspace}"


def engine(workspace: str) -> Engine:
    """The pool of a workspace's database, opened lazily: a process starts, and stays, without a database."""
    with _lock:
        if workspace not in _engines:
            _engines[workspace] = open_engine(cluster.url(database_name(workspace)))
        return _engines[workspace]


def open_engine(url: str) -> Engine:
    # Minimum = maximum: psycopg2 connections cost 5 ms each, and a pool that shrinks pays that on every burst.
    made = create_engine(
        url,
        pool_size=POOL,
        max_overflow=0,
        pool_timeout=2,
        connect_args={
            "connect_timeout": 4,
            "application_name": "hetu",
            "options": "-c search_path=public,jobs -c timezone=Asia/Shanghai -c statement_timeout=60000 -c idle_in_transaction_session_timeout=120000",
        },
    )
    event.listen(made, "do_connect", _connect)
    event.listen(made, "checkout", _ping)
    return made


def _connect(dialect: Any, record: Any, words: Any, facts: Any) -> Any:
    """With a wait callback libpq's own time limit does not count, so a new connection gets its limit here."""
    try:
        with deadline.seconds(PING_SECONDS):
            return dialect.connect(*words, **facts)
    except psycopg2.Error as error:
        if "no answer within" in str(error):
            raise GroundError("database_silent", seconds=PING_SECONDS) from error
        raise


def _ping(raw: Any, record: Any, proxy: Any) -> None:
    """Is the server there? A broken connection is replaced, a silent server is an answer in itself."""
    try:
        with deadline.seconds(PING_SECONDS), raw.cursor() as cursor:
            cursor.execute("SELECT 1")
        raw.rollback()
    except psycopg2.Error as error:
        if "no answer within" in str(error):
            raise GroundError("database_silent", seconds=PING_SECONDS) from error
        raise exc.DisconnectionError(str(error)) from error


_PATIENT = text(
    "SELECT set_config('statement_timeout', '0', true), set_config('idle_in_transaction_session_timeout', '0', true)"
)


@contextmanager
def transaction(of: Engine, actor: Actor, *, patient: bool = False) -> Iterator[Connection]:
    """One transaction by ``actor``: committed here when the block ends well, undone when it does not.

    ``patient`` lifts the time limits, for an import that may copy for many minutes.
    """
    with _told_of_a_full_disk(), of.begin() as connection:
        if patient:
            connection.execute(_PATIENT)
        connection.execute(SET_ACTOR, {"actor": actor.id, "on_behalf_of": actor.on_behalf_of or ""})
        yield connection


@contextmanager
def _told_of_a_full_disk() -> Iterator[None]:
    """SQLSTATE 53100, from a statement, a COPY or the commit, as what it is: nothing was written, and it is not the server that failed."""
    try:
        yield
    except (exc.DBAPIError, psycopg2.Error) as error:
        said = error.orig if isinstance(error, exc.DBAPIError) else error
        if getattr(said, "pgcode", None) == DISK_FULL:
            raise GroundError("disk_full", folder=cluster.place()) from error
        raise


@contextmanager
def read(of: Engine) -> Iterator[Connection]:
    """A consistent look: one snapshot for every query in the block, nothing can be written."""
    with of.connect() as connection:
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            yield connection


def copy_in(connection: Connection, table: str, columns: list[str], stream: Any) -> None:
    """Binary COPY of ``stream`` (anything with ``read``) into hetu.``table``, inside the connection's transaction."""
    statement = SQL("COPY hetu.{} ({}) FROM STDIN (FORMAT binary)").format(
        Identifier(table), SQL(", ").join(map(Identifier, columns))
    )
    with closing(connection.connection.cursor()) as cursor:
        cursor.copy_expert(statement, stream, 1 << 20)


def drop_table(connection: Connection, table: str) -> None:
    """Drop hetu.``table``, inside the connection's transaction."""
    with closing(connection.connection.cursor()) as cursor:
        cursor.execute(SQL("DROP TABLE IF EXISTS hetu.{}").format(Identifier(table)))


def create_database(connection: Connection, name: str, template: str = "template0") -> None:
    """CREATE DATABASE takes no parameters, so its name is quoted here; the connection is in autocommit."""
    with closing(connection.connection.cursor()) as cursor:
        cursor.execute(
            SQL("CREATE DATABASE {} TEMPLATE {} ENCODING 'UTF8'").format(
                Identifier(name), Identifier(template)
            )
        )


def drop_database(connection: Connection, name: str) -> None:
    with closing(connection.connection.cursor()) as cursor:
        cursor.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))


def forget(workspace: str) -> None:
    """Close a workspace's pool, before its database is dropped or its server stopped."""
    with _lock:
        gone = _engines.pop(workspace, None)
    if gone is not None:
        gone.dispose()
