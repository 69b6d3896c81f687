"""A PostgreSQL server as its URL names it: the URL's forms, and whether the server can carry workspaces.

Knows no folders and starts nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

import psycopg2

from db.errors import GroundError

FORM = re.compile(
    r"(?P<scheme>postgres|postgresql(\+psycopg2?)?)://(?P<netloc>[^/?#]*)(?P<path>/[^?#]*|)(?P<query>\?[^#]*|)$"
)
OLDEST = 140000


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a server that answers can do for us."""

    version: str
    postgis: str | None
    """Version of PostGIS it can install; None where it has none."""
    user: str
    may_create: bool


def quoted(text: str) -> str:
    return quote(text, safe="")


def as_sqlalchemy(url: str) -> str:
    """The same address with the driver named: SQLAlchemy's own choice for a bare ``postgresql:`` is another driver."""
    return _with_scheme(url, "postgresql+psycopg2")


def for_libpq(url: str) -> str:
    return _with_scheme(url, "postgresql")


def with_database(url: str, database: str) -> str:
    """The address of another database on the same server, for SQLAlchemy."""
    _, netloc, _, query = _parts(url)
    return f"postgresql+psycopg2://{netloc or '@'}/{quoted(database)}{query}"


def masked(url: str) -> str:
    """The address without its password, to be shown."""
    scheme, netloc, path, query = _parts(url)
    user, at, host = netloc.rpartition("@")
    shown = "&".join(each for each in query.removeprefix("?").split("&") if not each.startswith("password="))
    return f"{scheme}://{user.split(':')[0]}{at}{host}{path}{'?' if shown else ''}{shown}"


def look(url: str) -> Abilities:
    """Ask the server; GroundError ``server_unreachable`` says why it does not answer."""
    try:
        connection = psycopg2.connect(for_libpq(url), connect_timeout=5)
    except psycopg2.Error as refusal:
        lines = str(refusal).strip().splitlines()
        reason = lines[0].strip() if lines else type(refusal).__name__
        raise GroundError("server_unreachable", url=masked(url), reason=reason) from refusal
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('server_version'), current_setting('server_version_num')::int,"
                " (SELECT default_version FROM pg_available_extensions WHERE name = 'postgis'),"
                " current_user, (SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user)"
            )
            row = cursor.fetchone()
    finally:
        connection.close()
    assert row is not None
    version, number, postgis, user, may_create = row
    if number < OLDEST:
        raise GroundError("server_too_old", url=masked(url), version=version, oldest=OLDEST // 10000)
    return Abilities(version, postgis, user, bool(may_create))


def check(url: str) -> Abilities:
    """Abilities of a server that has all we need; otherwise the error of what it lacks."""
    found = look(url)
    if found.postgis is None:
        raise GroundError("postgis_missing", where=masked(url))
    if not found.may_create:
        raise GroundError("may_not_create_databases", url=masked(url), user=found.user)
    return found


def _with_scheme(url: str, scheme: str) -> str:
    _, netloc, path, query = _parts(url)
    return f"{scheme}://{netloc}{path}{query}"


def _parts(url: str) -> tuple[str, str, str, str]:
    match = FORM.match(url)
    if match is None:
        # What cannot be taken apart is not shown either: it may hold a password.
        raise GroundError(
            "setting", variable="DATABASE_URL", got="…", expected="postgresql://user:password@host/database"
        )
    return match["scheme"], match["netloc"], match["path"], match["query"]
