"""A batch: a file of many sites handed over, followed, looked through. Days, editions and rules are pinned when it is handed over, so that all rows
answer for the same moment. How rows are answered stands in ``batch_work``.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

import workflows
from db import jobs, session
from db.actor import Actor
from gis import crs
from gis.joining import width_of
from gis.site import Site
from layers.model import Grade
from layers.refusal import Refused
from workflows.base_map import service as base_map
from workflows.base_map import store as base_map_store
from workflows.base_map import systems
from workflows.base_map.intake import originals
from workflows.site_check import service, store
from workflows.site_check.batches import store as rows_store
from workflows.site_check.batches.compact import Shelf
from workflows.site_check.judging.proposal import Proposal
from workflows.site_check.rulebook import book as rulebook

MOST = 10_000
TASK = "site_check.batch"
"""The job that answers a batch."""

MOST_TRIES = 5
"""Jobs that may fail over a batch; after that a person has to want it to go on."""
PAGE = 500

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # no letter that is read as another


def submit(
    connection: Connection,
    actor: Actor,
    path: Path,
    *,
    name: str,
    proposal: Mapping[str, Any] | None = None,
    width_m: float | None = None,
    source_crs: str | None = None,
    valid_on: date | None = None,
    known_at: datetime | None = None,
    queued: bool = True,
) -> str:
    """Number of the batch. ``proposal``, as people write it, is for rows that have none of their own. ``queued``: a worker answers it, by a job
    that exists only if the transaction commits. Refused as ``service.check`` and ``service.propose`` refuse what concerns all rows.
    """
    said = service.propose(connection, proposal or {}).body()
    if source_crs is not None:
        systems.meant(connection, source_crs)  # said now, while somebody listens
    width_of(width_m)
    now = store.moment(connection)
    if known_at is not None and known_at > now:
        raise Refused("known_at_future", got=known_at.isoformat(), now=now.isoformat())
    if base_map_store.outline(connection) is None:
        raise Refused("no_layers", workspace=base_map.workspace(connection)["name"])
    day, moment = valid_on or now.astimezone(service.ZONE).date(), known_at or now
    book = rulebook.in_use(connection, known_at)
    kept = originals.keep(path, name)
    id = f"b{day_of(now)}-{''.join(secrets.choice(_ALPHABET) for _ in range(8))}"
    rows_store.keep(
        connection,
        actor,
        {
            "id": id,
            "name": kept.name,
            "file": str(kept),
            "sha256": _digest(kept),
            "asked": {"proposal": said, "width_m": width_m, "source_crs": source_crs},
            "queued": queued,
            "valid_on": day,
            "known_at": moment,
            "rulebook": None if book is None else book.id,
            "catalogue": base_map_store.catalogue_id(connection),
            "layers": base_map.layers(connection, valid_on=day, known_at=moment),
            "product": workflows.PRODUCT,
        },
    )
    if queued:
        enqueue(connection, actor, id)
    return id


def day_of(moment: datetime) -> str:
    return f"{moment.astimezone(service.ZONE):%y%m%d}"


def enqueue(connection: Connection, actor: Actor, id: str) -> None:
    """A worker goes on with it; batches keep no delivery waiting."""
    rows_store.queue(connection, id)
    who = {"id": actor.id, "name": actor.name, "kind": actor.kind, "on_behalf_of": actor.on_behalf_of}
    jobs.enqueue(connection, TASK, queue=jobs.BATCHES, batch=id, actor=who)


def resume(connection: Connection, actor: Actor, id: str) -> None:
    """Refused ``batch_unknown``, ``batch_over``: one that ended, ``batch_in_work``: one that is being answered."""
    found = rows_store.one(connection, id)
    if found["state"] in ("done", "refused"):
        raise Refused("batch_over", batch=id)
    if rows_store.in_work(connection, id, TASK):
        raise Refused("batch_in_work", batch=id)
    enqueue(connection, actor, id)


def resume_forsaken(engine: Engine, actor: Actor) -> list[str]:
    """Queue again the batches that a worker was to answer and nobody has in work: its process died. ``actor`` acts for whoever handed them over."""
    found = []
    with session.transaction(engine, actor) as connection:
        for id, made_by in rows_store.queued(connection, TASK, MOST_TRIES):
            if not rows_store.in_work(connection, id, TASK):
                enqueue(connection, replace(actor, on_behalf_of=made_by), id)
                found.append(id)
    return found


def progress(connection: Connection, id: str, sees: Grade = "secret") -> dict[str, Any]:
    """Where it stands: rows by state, answered rows by the verdict that ``sees`` may be told. ``interrupted``: it is not done and nobody has it
    in work. Refused ``batch_unknown``.
    """
    found = rows_store.one(connection, id)
    states, verdicts = rows_store.counts(connection, id, sees)
    told = {key: found[key] for key in _TOLD}
    under_way = found["state"] in ("waiting", "reading", "answering")
    return {
        **told,
        "proposal": found["asked"]["proposal"],
        "width_m": found["asked"]["width_m"],
        "rulebook": found["rulebook_id"],
        "rows": sum(states.values()),
        "states": {state: states.get(state, 0) for state in ("waiting", "answered", "refused")},
        "verdicts": verdicts,
        "per_minute": rows_store.per_minute(connection, id) if found["state"] == "answering" else None,
        "interrupted": under_way and not rows_store.in_work(connection, id, TASK),
    }


_TOLD = (
    *(
        "id",
        "name",
        "sha256",
        "state",
        "made_at",
        "made_by",
        "valid_on",
        "known_at",
        "product",
        "columns",
        "left_out",
    ),
    *("began_at", "ended_at", "reason"),
)


def latest(connection: Connection, limit: int = 50, offset: int = 0) -> list[dict[str, Any]]:
    return rows_store.latest(connection, limit, offset)


@dataclass(frozen=True, slots=True)
class Lookup:
    """A batch to be looked through by somebody of a grade."""

    id: str
    grade: Grade
    shelf: Shelf

    def rows(
        self,
        connection: Connection,
        *,
        verdict: str | None = None,
        state: str | None = None,
        limit: int | None = None,
        offset: int = 0,
        shapes: bool = False,
    ) -> Iterator[dict[str, Any]]:
        """number, label, source, row, state, reason, proposal, check_id, area, and ``answer`` as ``Shelf.opened`` gives it, None where there is none;
        with ``shapes`` also ``site``. All of them where no limit is given.
        """
        # Page by page: ten thousand answers at once would fill the memory.
        for at in [offset] if limit is not None else count(offset, PAGE):
            found = rows_store.rows(
                connection,
                self.id,
                self.grade,
                verdict=verdict,
                state=state,
                limit=limit or PAGE,
                offset=at,
                shapes=shapes,
            )
            for row in found:
                seen = row.pop("seen")
                yield {**row, "answer": seen and self.shelf.opened(seen)}
            if len(found) < PAGE:
                return


def lookup(connection: Connection, id: str, sees: Grade = "secret") -> Lookup:
    """Refused ``batch_unknown``."""
    found = rows_store.one(connection, id)
    book = found["rulebook_id"] and rulebook.by_id(connection, found["rulebook_id"])
    rules = book.on(found["valid_on"]) if book else []
    return Lookup(id, sees, Shelf(rules, found["layers"]))


def full_check(connection: Connection, actor: Actor, id: str, number: int) -> str:
    """Number of the full check of a row, for the batch's own moment: made now, or the one that was made before. Refused ``batch_row_unknown``,
    ``batch_row_unanswered``.
    """
    found = rows_store.one(connection, id)
    row = rows_store.row(connection, id, number)
    made = rows_store.lock_row(connection, id, number)
    if made is not None:
        return made
    if row["state"] != "answered":
        raise Refused("batch_row_unanswered", batch=id, number=number)
    project = crs.parse(base_map.workspace(connection)["srid"])
    given = {"batch": id, "number": number, "file": found["name"], "source": row["source"], "row": row["row"]}
    answer = service.check(
        connection,
        actor,
        Site(row["site"], project, given, project, "noop", row["width_m"]),
        proposal=Proposal(**row["proposal"]),
        valid_on=found["valid_on"],
        known_at=found["known_at"],
    )
    rows_store.note_check(connection, id, number, answer["id"])
    told: str = answer["id"]
    return told


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
