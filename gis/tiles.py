"""Vector tiles of an edition, cut on the fly. An edition never changes, so a tile of it may be cached for ever."""

from __future__ import annotations

from sqlalchemy import Connection

from db.sql import queries
from layers.refusal import Refused

sql = queries(__file__)

DEEPEST = 22
MOST = 50_000  # features of one tile
_EARTH = 40_075_016.7  # m, around the equator: one tile of zoom 0
_PIXELS = 256


def tile(connection: Connection, edition: int, z: int, x: int, y: int) -> tuple[bytes, bool]:
    """(MVT, whether it holds everything). Features smaller than a third of a pixel are left out by rule.

    Refused ``tile_out_of_range``, ``edition_unknown``.
    """
    if not 0 <= z <= DEEPEST or not 0 <= x < 2**z or not 0 <= y < 2**z:
        raise Refused("tile_out_of_range", z=z, x=x, y=y, deepest=DEEPEST)
    if not 0 < edition < 2**63:
        raise Refused("edition_unknown", edition=edition)
    row = connection.execute(sql.edition, {"edition": edition}).first()
    if row is None or row.kind == "raster":
        raise Refused("edition_unknown", edition=edition)
    width = _EARTH / 2**z
    pixel = width / _PIXELS
    found = connection.execute(
        sql.tile,
        {
            "z": z,
            "x": x,
            "y": y,
            "edition": edition,
            "srid": row.srid,
            "step": width / 8,
            "tolerance": pixel / 4,
            "smallest": pixel / 3 if z < 15 else 0.0,
            "most": MOST,
        },
    ).one()
    return bytes(found.features), found.found < MOST
