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
from gis import cells, crs, edition
from gis.sandbox import UPLOAD
from layers.days import day
from layers.refusal import Refused
from workflows.base_map import deliveries, intake, model, store

IMPORT = deliveries.TASK


def submit_import(
    connection: Connection,
    actor: Actor,
    path: Path,
    *,
    name: str,
    source_crs: str | None = None,
    nodata: str | None = None,
    status: str | None = None,
    valid_from: str | None = None,
) -> int:
    """Number of the delivery. The file is kept first; the job exists only if the transaction commits. ``valid_from`` as people write a day."""
    if source_crs is not None:
        crs.parse(source_crs)  # said now, while somebody listens
    if nodata is not None:
        cells.answered(nodata)
    legal = model.legal(status, day(valid_from) if valid_from else None)
    if legal.status == "in_force":
        edition.refuse_future(connection, legal.valid_from)
    kept = keep_original(path, name)
    delivery = store.begin_delivery(connection, actor, kept.name, state="waiting")
    jobs.enqueue(
        connection,
        IMPORT,
        delivery=delivery,
        path=str(kept),
        source_crs=source_crs,
        nodata=nodata,
        status=legal.status,
        valid_from=legal.valid_from and legal.valid_from.isoformat(),
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
    source_crs: str | None,
    actor: dict[str, Any],
    nodata: str | None = None,  # a job enqueued by an earlier landing does not say it, nor what follows
    status: str | None = None,
    valid_from: str | None = None,
) -> None:
    """The worker's part. What is wrong with the delivery stands in its row; it is no failure of the job."""
    try:
        intake.import_delivery(
            engine,
            Actor(**actor),
            Path(path),
            source_crs=crs.parse(source_crs) if source_crs else None,
            nodata=cells.answered(nodata) if nodata else None,
            status=status,
            valid_from=day(valid_from) if valid_from else None,
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
