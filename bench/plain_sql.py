"""What one writes who has PostGIS and an index: every layer in one statement, intersected as it stands. No clip, no footprint, nothing stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, Engine

from bench.district import SRID
from bench.turns import Shared
from db.sql import queries
from gis.geometry import ewkb

sql = queries(__file__)


class PlainSql:
    """One connection of the product's own pool, with the product's settings, on the product's tables."""

    name = "plain_sql"

    def __init__(self, engine: Engine, editions: Sequence[int], *, here: bool) -> None:
        """``here``: the database runs on this machine, so its processes are ours to look at."""
        self._connection = engine.connect()
        self._editions = list(editions)
        with self._connection.begin():
            backend = int(self._connection.execute(sql.backend).scalar_one())
        self._backends = [backend] if here else []

    def processes(self) -> list[int]:
        return self._backends

    def given(self, site: BaseGeometry) -> dict[str, Any]:
        return {"site": ewkb(site, SRID), "editions": self._editions}

    def check(self, given: dict[str, Any]) -> list[Any]:
        with self._connection.begin():
            return list(self._connection.execute(sql.plain, given).all())

    def shared(self, rows: list[Any]) -> Shared:
        sizes = {0: lambda row: 1.0, 1: lambda row: float(row.length), 2: lambda row: float(row.area)}
        return [(int(row.gid), sizes[row.dimension](row)) for row in rows]

    def close(self) -> None:
        self._connection.close()


def serving(connection: Connection) -> list[int]:
    """Process numbers of the server processes of this database, idle ones too."""
    return [int(row.pid) for row in connection.execute(sql.backends)]


def version(connection: Connection) -> str:
    return str(connection.execute(sql.version).scalar_one())
