"""Deliveries that come through the web: stored under their content hash, read by a worker, followed by number."""

from __future__ import annotations

import hashlib
import re
import shutil
import uuid
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from db import jobs
from db.actor import Actor
from db.errors import GroundError
from db.settings import folder, folder_error
from gis import edition
from gis.sandbox import UPLOAD
from layers.refusal import Refused
from workflows.base_map import deliveries, intake, store
from workflows.base_map.said import WORDS, understood

IMPORT = deliveries.TASK


def submit_import(connection: Connection, actor: Actor, path: Path, *, name: str, **words: Any) -> int:
    """Number of the delivery. The file is kept first; the job exists only if the transaction commits. ``words``: what is said of it
    (``said.WORDS``), as people write it; refused now, while somebody listens.
    """
    said = understood(words)
    if said.status == "in_force":
        edition.refuse_future(connection, said.valid_from)
    kept = keep_original(path, name)
    delivery = store.begin_delivery(connection, actor, kept.name, state="waiting")
    jobs.enqueue(
        connection,
        IMPORT,
        delivery=delivery,
        path=str(kept),
        said={name: value for name, value in words.items() if name in WORDS and value},
        actor={"id": actor.id, "name": actor.name, "kind": actor.kind, "on_behalf_of": actor.on_behalf_of},
    )
    return delivery


def import_progress(connection: Connection, delivery: int) -> dict[str, Any]:
    """Where a delivery stands, and once it is published its layers; Refused ``import_unknown``."""
    found = store.delivery(connection, delivery)
    if found is None:
        raise Refused("import_unknown", id=delivery)
    return found


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
        intake.import_delivery(
            engine,
            Actor(**actor),
            Path(path),
            understood({**before, **(said or {})}),
            limits=UPLOAD,
            delivery=delivery,
        )
    except (Refused, GroundError):
        return


def keep_original(path: Path, name: str) -> Path:
    """The original under its content hash, with the name it came by: a file's stem is how its layer is known."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    safe = re.sub(r"[^\w.\-()（）]+", "_", Path(name.replace("\\", "/")).name).strip(".") or "delivery"
    kept = folder("originals") / digest / safe[-120:]
    try:
        kept.parent.mkdir(exist_ok=True)
        if not kept.exists():
            partial = kept.with_name(f"{kept.name}.{uuid.uuid4().hex[:8]}.partial")
            shutil.copyfile(path, partial)
            partial.replace(kept)
    except OSError as refusal:
        raise folder_error(refusal, kept.parent) from refusal
    return kept
