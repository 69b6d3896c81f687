"""A delivery while it is being read: held by a session, its progress told, and found again when its process died."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from db import lock, session
from db.actor import Actor
from db.settings import folder
from layers.model import Grade
from layers.refusal import Refused
from workflows.base_map import store

TASK = "base_map.import"
"""The job that reads a delivery."""

Progress = Callable[[str, str, int, int], None]
"""phase ("reading" or "publishing"), what is in hand, done, total."""


def shown_to(delivery: Mapping[str, Any], sees: Grade, viewer: str) -> dict[str, Any]:
    """A delivery's row as somebody may see it: why a source was refused can tell where things lie, and what became no layer has no grade. So that goes
    to whoever handed it over and to those who see everything.
    """
    if sees == "secret" or delivery["handed_over_by"] == viewer:
        return dict(delivery)
    reason = delivery["reason"] and {"code": "reason_withheld", "params": {"file": delivery["name"]}}
    refused = [
        {"path": each["path"], "code": "reason_withheld", "params": {"file": each["path"]}}
        for each in delivery["refused"] or []
    ]
    return {**delivery, "reason": reason, "refused": refused}


@contextmanager
def held(engine: Engine, actor: Actor, name: str, waiting: int | None) -> Iterator[int]:
    """The delivery's number, held by a session of its own: when this process dies the hold ends and ``abandoned`` finds it."""
    with lock.beside(importing()), engine.connect() as holder:
        with holder.begin():
            holder.execute(session.SET_ACTOR, {"actor": actor.id, "on_behalf_of": actor.on_behalf_of or ""})
            if waiting is None:
                number = store.begin_delivery(holder, actor, name)
            else:
                number = waiting
                if holder.execute(store.sql.take_delivery, {"id": number}).first() is None:
                    raise Refused("delivery_taken", delivery=number)
            # Held before anybody can see that it is being read, so that no sweep finds it unheld.
            holder.execute(store.sql.hold_delivery, {"id": number})
        try:
            yield number
        finally:
            # The lock belongs to the session, and a pooled session lives on.
            holder.invalidate()


def importing() -> Path:
    """Held by whoever imports: cells lie in their file before the edition that speaks of them is there, and nobody may think them forgotten."""
    return folder("run") / "importing.lock"


def teller(engine: Engine, actor: Actor, number: int, on_progress: Progress | None) -> Progress:
    """Progress goes to whoever watches here, and to the delivery's row for whoever watches a page."""
    told = ""

    def tell(phase: str, name: str, done: int, total: int) -> None:
        nonlocal told
        if on_progress is not None:
            on_progress(phase, name, done, total)
        now = f"{phase}{done * 50 // max(total, 1)}"
        if now != told:
            told = now
            progress = json.dumps({"phase": phase, "name": name, "done": done, "total": total})
            with session.transaction(engine, actor) as connection:
                connection.execute(store.sql.tell_progress, {"id": number, "progress": progress})

    return tell


def abandoned(engine: Engine, actor: Actor) -> list[int]:
    """Mark the deliveries whose process died, and those no job will take; nothing of them was published, and nothing is left of them."""
    with session.transaction(engine, actor) as connection:
        return [row.id for row in connection.execute(store.sql.abandon, {"task": TASK})]
