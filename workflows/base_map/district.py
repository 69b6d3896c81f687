"""The district's outline follows the edition in force of its own layer, whatever moved the pointer: an import, a withdrawal, a rollback."""

from __future__ import annotations

from collections.abc import Collection

import shapely
from sqlalchemy import Connection

from db.sql import queries
from workflows.base_map import store

sql = queries(__file__)

LAYER = "district"
"""The catalogue's layer whose edition in force is the district."""


def follow(connection: Connection, layers: Collection[str]) -> None:
    """Call it where pointers of ``layers`` moved. Where no edition of the district stands any more its outline stays, as the box around what is
    known, until something says better.
    """
    workspace = store.workspace(connection)
    if LAYER not in layers or workspace["outline_basis"] != "layer":
        return
    parts = [bytes(row.geom) for row in connection.execute(sql.standing_district, {"layer": LAYER})]
    before = store.outline(connection)
    if parts:
        store.keep_outline(connection, shapely.union_all(shapely.from_wkb(parts)), workspace["srid"], "layer")
    elif before is not None:
        store.keep_outline(connection, before, workspace["srid"], "extent")
