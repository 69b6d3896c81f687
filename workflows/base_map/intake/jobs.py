"""Deliveries that come through the web: stored under their content hash, read by a worker, followed by number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from db import jobs, session
from db.actor import Actor
from db.errors import GroundError
from gis import edition
from gis.sandbox import UPLOAD
from layers.model import Grade
from layers.refusal import Refused
from workflows.base_map import catalogue, model, store, systems
from workflows.base_map.intake import deliveries, originals
from workflows.base_map.intake import service as intake
from workflows.base_map.intake.said import WORDS, understood

IMPORT = deliveries.TASK


def submit_import(connection: Connection, actor: Actor, path: Path, *, name: str, **words: Any) -> int:
    """Number of the delivery. The file is kept first; the job exists only if the transaction commits. ``words``: what is said of it
    (``said.WORDS``), as people write it; refused now, while somebody listens.
    """
    said = understood(words, systems.reader(connection))
    if said.as_layer is not None:
        model.named(said.as_layer, catalogue.catalogue_layers(connection))
    if said.status == "in_force":
        edition.refuse_future(connection, said.valid_from)
    kept = originals.keep(path, name)
    delivery = store.begin_delivery(connection, actor, kept.name, "waiting", originals.told(kept))
    store.say_of_delivery(connection, delivery, said.supplier, said.only_check)
    jobs.enqueue(
        connection,
        IMPORT,
        delivery=delivery,
        path=str(kept),
        said={name: value for name, value in words.items() if name in WORDS and value},
        actor={"id": actor.id, "name": actor.name, "kind": actor.kind, "on_behalf_of": actor.on_behalf_of},
    )
    return delivery


def import_progress(
    connection: Connection, delivery: int, sees: Grade = "secret", viewer: str = ""
) -> dict[str, Any]:
    """Where a delivery stands, and once it is published its layers, for the actor ``viewer``; Refused ``import_unknown``."""
    found = store.delivery(connection, delivery)
    if found is None:
        raise Refused("import_unknown", id=delivery)
    return deliveries.shown_to(found, sees, viewer)


def run_import(
    engine: Engine,
    delivery: int,
    path: str,
    actor: dict[str, Any],
    said: dict[str, Any] | None = None,
    **before: Any,  # a job enqueued by an earlier landing says some of it by itself
) -> None:
    """The worker's part. What is wrong with the delivery stands in its row; it is no failure of the job."""
    try:
        with session.read(engine) as connection:
            heard = understood({**before, **(said or {})}, systems.reader(connection))
    except (Refused, GroundError) as no:  # a local system was dropped since
        with session.transaction(engine, Actor(**actor)) as connection:
            reason = {"code": no.code, "params": no.params}
            store.end_delivery(connection, delivery, "refused", reason=reason)
        return
    try:
        intake.import_delivery(
            engine,
            Actor(**actor),
            Path(path),
            heard,
            limits=UPLOAD,
            delivery=delivery,
        )
    except (Refused, GroundError):
        return
