"""A delivery handed over once more from its original, with what was said of it before and what is said now: a checked one is published, a refused
one gets its answers. Nothing is uploaded again, and the first delivery stays as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from db.actor import Actor
from db.sql import queries
from layers.refusal import Refused
from workflows.base_map import deliveries, jobs
from workflows.base_map.said import WORDS

sql = queries(__file__)


def said(connection: Connection, delivery: int) -> dict[str, Any]:
    """What was said of a delivery, as it was written (some of ``said.WORDS``); empty where nobody wrote it down."""
    told = dict(_asked(connection, delivery).get("said") or {})
    return {name: told[name] for name in WORDS if name in told}


def can_be(connection: Connection, delivery: int) -> bool:
    """Whether the original is still there."""
    return _original(connection, delivery) is not None


def hand_over(connection: Connection, actor: Actor, delivery: int, words: Mapping[str, Any]) -> int:
    """Number of the new delivery. ``words`` stand instead of what was said before, one by one; an empty one takes it back. ``answers`` are added to
    those given before. Refused ``import_unknown``, ``delivery_under_way``, ``original_missing``, and as ``jobs.submit_import`` refuses.
    """
    before = jobs.import_progress(connection, delivery)
    if before["state"] in ("waiting", "reading"):
        raise Refused("delivery_under_way", delivery=delivery)
    kept = _original(connection, delivery)
    if kept is None:
        raise Refused("original_missing", delivery=delivery)
    told = said(connection, delivery)
    answers = {**told.get("answers", {}), **words.get("answers", {})}
    return jobs.submit_import(
        connection, actor, kept, name=kept.name, **{**told, **words, "answers": answers}
    )


def _asked(connection: Connection, delivery: int) -> dict[str, Any]:
    """The arguments of the job that read it."""
    found = connection.execute(sql.asked, {"task": deliveries.TASK, "delivery": delivery}).scalar()
    return dict(found or {})


def _original(connection: Connection, delivery: int) -> Path | None:
    told = jobs.import_progress(connection, delivery)
    named = told.get("original") or _asked(connection, delivery).get("path")
    return Path(named) if named and Path(named).is_file() else None
