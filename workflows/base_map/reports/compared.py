"""A staged edition against the one in force of its layer: what was added, what is gone, what says something else, what lies elsewhere.

By sets, in the transaction that stages it: features pair by identifier where it is one, else by their geometry.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from db.sql import queries

sql = queries(__file__)


def with_in_force(connection: Connection, edition: int, tolerance_m: float) -> dict[str, Any] | None:
    """edition, seq, same, changed, moved, added, gone, classes_moved; None where the layer has no edition in force, or grids are concerned.

    A feature that says something else and lies elsewhere counts as changed and as moved; one that neither identifier nor geometry finds again counts
    as gone and as added. ``classes_moved``: from, to, count, area_m2.
    """
    before = connection.execute(sql.in_force, {"edition": edition}).first()
    if before is None:
        return None
    against = {"before": before.id}
    connection.execute(sql.show, {"edition": edition})
    connection.execute(sql.hash_joins)
    connection.execute(sql.pair_by_ident, against)
    connection.execute(sql.indexed)
    connection.execute(sql.pair_by_place, against)
    connection.execute(sql.indexed)
    connection.execute(sql.pair_by_box, against)
    connection.execute(sql.indexed)
    counted = connection.execute(sql.differences, {**against, "tolerance_m": tolerance_m}).mappings().one()
    moved = connection.execute(sql.classes_moved, against).mappings()
    told = {
        "edition": before.id,
        "seq": before.seq,
        **counted,
        "classes_moved": [{**row, "area_m2": float(row["area_m2"])} for row in moved],
    }
    connection.execute(sql.any_joins)
    connection.execute(sql.forget)
    connection.execute(sql.hide)
    return told
