"""A delivery handed over once more from its original, with what was said of it before and what is said now: a checked one is published, a refused
one gets its answers. Nothing is uploaded again, and the first delivery stays as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from db.actor import Actor
from db.sql import queries
from layers.model import Grade
from layers.refusal import Refused
from workflows.base_map.intake import deliveries, jobs, originals
from workflows.base_map.intake.said import WORDS

sql = queries(__file__)


def said(connection: Connection, delivery: int) -> dict[str, Any]:
    """What was said of a delivery, as it was written (some of ``said.WORDS``); of one that was read at a terminal only the supplier is known."""
    row = connection.execute(sql.asked, {"task": deliveries.TASK, "delivery": delivery}).first()
    if row is None:
        return {}
    told = {**({"supplier": row.supplier} if row.supplier else {}), **(row.said or {})}
    return {name: told[name] for name in WORDS if name in told}


def can_be(connection: Connection, actor: Actor, delivery: int, viewer: Grade) -> bool:
    """Whether the original is still there, for somebody who sees up to ``viewer``."""
    try:
        originals.of_delivery(connection, delivery, actor, viewer)
    except Refused:
        return False
    return True


def hand_over(
    connection: Connection, actor: Actor, delivery: int, words: Mapping[str, Any], viewer: Grade
) -> int:
    """Number of the new delivery. ``words`` stand instead of what was said before, one by one; an empty one takes it back. ``answers`` are added to
    those given before. Refused ``import_unknown``, ``delivery_under_way``, ``checked_published``, ``original_missing``, and as ``jobs.submit_import`` refuses.
    """
    before = jobs.import_progress(connection, delivery)
    if before["state"] in ("waiting", "reading"):
        raise Refused("delivery_under_way", delivery=delivery)
    kept = originals.of_delivery(connection, delivery, actor, viewer)
    if before["state"] == "checked" and words.get("only_check") in (None, "", False):
        _refuse_twice(connection, delivery)
    told = said(connection, delivery)
    answers = {**told.get("answers", {}), **words.get("answers", {})}
    return jobs.submit_import(
        connection, actor, kept, name=kept.name, **{**told, **words, "answers": answers}
    )


def _refuse_twice(connection: Connection, delivery: int) -> None:
    """A checked delivery is published once, however many people ask at the same time."""
    connection.execute(sql.one_at_a_time, {"delivery": delivery})
    other = connection.execute(sql.published_since, {"delivery": delivery}).first()
    if other is not None:
        raise Refused("checked_published", delivery=delivery, other=other.id)
