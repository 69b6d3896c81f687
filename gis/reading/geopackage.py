"""A GeoPackage is an SQLite file, and an SQLite file can be a program: a view may recurse for ever. Only tables that are tables are read."""

from __future__ import annotations

import sqlite3
import struct
from pathlib import Path

from layers.refusal import Refused

MOST_TABLES = 2_000


def real_tables(path: Path) -> list[tuple[str, int]]:
    """Name and row count of every feature table, in the order of the file's own list. Refused: ``truncated``, ``sqlite_no_geopackage``."""
    _whole(path)
    try:
        with sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True) as found:
            found.execute("PRAGMA trusted_schema=OFF")
            kinds = dict(
                found.execute(
                    "SELECT lower(name), type || CASE WHEN sql LIKE 'CREATE VIRTUAL%' THEN ' virtual' ELSE '' END FROM sqlite_master"
                )
            )
            if any(
                kinds.get(name) != "table"
                for name in ("gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys")
            ):
                raise Refused("sqlite_no_geopackage")
            named = found.execute(
                "SELECT c.table_name FROM gpkg_contents c JOIN gpkg_geometry_columns g ON lower(g.table_name) = lower(c.table_name) "
                "WHERE c.data_type = 'features' ORDER BY c.rowid LIMIT ?",
                (MOST_TABLES,),
            ).fetchall()
            real = [str(name) for (name,) in named if kinds.get(str(name).lower()) == "table"]
            return [(name, _rows(found, name)) for name in real]
    except sqlite3.DatabaseError as error:
        raise Refused("unreadable", reason=str(error)[:200]) from error


def _rows(found: sqlite3.Connection, name: str) -> int:
    quoted = '"' + name.replace('"', '""') + '"'
    return int(found.execute(f"SELECT count(*) FROM {quoted}").fetchone()[0])  # noqa: S608 - SQLite cannot bind a name; quoted, and read-only


def _whole(path: Path) -> None:
    """The header says how many pages there should be."""
    with path.open("rb") as file:
        header = file.read(100)
    if len(header) < 100:
        raise Refused("truncated", expected=100, read=len(header))
    size, pages = struct.unpack_from(">H", header, 16)[0], struct.unpack_from(">I", header, 28)[0]
    size = 65_536 if size == 1 else size
    changed, valid_for = struct.unpack_from(">I", header, 24)[0], struct.unpack_from(">I", header, 92)[0]
    if changed == valid_for and pages * size > path.stat().st_size:
        raise Refused("truncated", expected=pages * size, read=path.stat().st_size)
