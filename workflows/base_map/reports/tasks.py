"""Tasks back to whoever delivered a layer: what is to be mended and by when, what they answered, and when it was over. Every step is journaled."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection

from db.actor import Actor
from db.sql import queries
from layers.refusal import Refused

sql = queries(__file__)

MOST_WORDS = 4_000


def open_task(connection: Connection, actor: Actor, intake_layer: int, words: str, due: date) -> int:
    """Number of the task. Refused ``intake_layer_unknown``, ``task_words``, ``task_due_past``."""
    today: date = connection.execute(sql.today).scalar_one()
    if due < today:
        raise Refused("task_due_past", due=due.isoformat(), today=today.isoformat())
    told = {"intake_layer": intake_layer, "words": _words(words), "due": due, "actor": actor.id}
    made = connection.execute(sql.open, told).first()
    if made is None:
        raise Refused("intake_layer_unknown", layer=intake_layer)
    return int(made.id)


def answer_task(connection: Connection, actor: Actor, id: int, words: str) -> None:
    """What the supplier says; a later answer stands instead of an earlier one. Refused ``task_unknown``, ``task_closed``, ``task_words``."""
    told = {"id": id, "words": _words(words), "actor": actor.id}
    if connection.execute(sql.answer, told).first() is None:
        _refuse(connection, id)


def close_task(connection: Connection, actor: Actor, id: int) -> None:
    """Refused ``task_unknown``, ``task_closed``."""
    if connection.execute(sql.close, {"id": id, "actor": actor.id}).first() is None:
        _refuse(connection, id)


def tasks(
    connection: Connection, state: str | None = None, supplier: str | None = None
) -> list[dict[str, Any]]:
    """id, layer_id, delivery, delivery_name, layer, source, supplier, state, words, due, late, and who did each step when."""
    asked = {"state": state, "supplier": supplier, "id": None}
    return [dict(row) for row in connection.execute(sql.tasks, asked).mappings()]


def task(connection: Connection, id: int) -> dict[str, Any]:
    """Refused ``task_unknown``."""
    row = connection.execute(sql.tasks, {"state": None, "supplier": None, "id": id}).mappings().first()
    if row is None:
        raise Refused("task_unknown", task=id)
    return dict(row)


def _refuse(connection: Connection, id: int) -> None:
    task(connection, id)
    raise Refused("task_closed", task=id)


def _words(words: str) -> str:
    told = words.strip()
    if not told or len(told) > MOST_WORDS or "\x00" in told:
        raise Refused("task_words", most=MOST_WORDS)
    return told
