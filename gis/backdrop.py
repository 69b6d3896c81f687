"""What lies around a site, for a drawing and for nothing else: features of an edition cut to a window and made plain. Nothing is measured on it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from db.sql import queries
from gis.overlay import each_alone_if_not_together

sql = queries(__file__)

MOST = 3000
"""More features than that in one window would be a grey patch, and dear."""


def around(
    connection: Connection,
    srid: int,
    window: tuple[float, float, float, float],
    editions: Sequence[int],
    finest: float,
) -> dict[int, list[dict[str, Any]]]:
    """GeoJSON geometries in the project CRS by edition. ``window``: west, south, east, north in m; ``finest``: m that nobody sees on the
    sheet. An edition with more than ``MOST`` features there, or whose geometry defeats the library, is left out.
    """
    west, south, east, north = window
    values = {
        "srid": srid,
        "west": west,
        "south": south,
        "east": east,
        "north": north,
        "finest": finest,
        "most": MOST,
    }

    def ask(some: Sequence[int]) -> Sequence[Any]:
        (edition,) = some
        return connection.execute(sql.around, {**values, "edition": edition}).scalars().all()

    found: dict[int, list[dict[str, Any]]] = {}
    for edition in editions:
        rows, _ = each_alone_if_not_together([edition], ask, connection)
        if len(rows) <= MOST:
            shapes = [json.loads(row) for row in rows if row]
            found[edition] = [
                shape for shape in shapes if shape.get("coordinates") or shape.get("geometries")
            ]
    return found
