"""A delivery becomes editions: read in the sandbox, matched with the catalogue or guessed, staged and published in one transaction.

Whatever interrupts it, kill -9 of this process or of the database included, every layer is wholly as it was or wholly new.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from db import session
from db.actor import Actor
from db.errors import GroundError
from gis import edition, readers
from gis.cells import Nodata
from gis.crs import Crs, parse
from gis.sandbox import BULK, Limits
from layers.refusal import Refused
from workflows.base_map import catalogue, model, publishing, store
from workflows.base_map.deliveries import Progress, held, teller
from workflows.base_map.matching import matched


@dataclass(slots=True)
class Imported:
    """What became of a delivery. ``layers``: code, edition, seq, kind, source, rows_read, rows_published, rows_set_aside, origin."""

    delivery: int
    name: str
    sha256: str
    layers: list[dict[str, Any]]
    refused: list[dict[str, Any]]
    ignored: list[str]
    isolation: str = ""


def import_delivery(
    engine: Engine,
    actor: Actor,
    path: Path,
    *,
    source_crs: Crs | None = None,
    coverage_word: str | None = None,
    nodata: Nodata | None = None,
    as_layer: str | None = None,
    status: str | None = None,
    valid_from: date | None = None,
    skip_refused: bool = False,
    limits: Limits = BULK,
    delivery: int | None = None,
    on_progress: Progress | None = None,
) -> Imported:
    """Publish what ``path`` (file, folder, zip) holds. Refused ``delivery_refused`` where a source cannot be read: nothing is published then,
    unless ``skip_refused``. ``coverage_word``: the person who vouches that unknown layers speak for the whole district.
    ``nodata``: what a person says of grids that declare no such value; ``as_layer``: the layer of the catalogue that the delivery's one source is.
    ``status`` (draft, on_display, in_force; default: as the stanza says) and ``valid_from``, the first day on which it holds (default: today),
    are said of all its layers. Refused ``status_unknown``, ``valid_from_future``.
    """
    legal = model.legal(status, valid_from)
    with held(engine, actor, path.name, delivery) as number:
        tell = teller(engine, actor, number, on_progress)
        try:
            with session.read(engine) as connection:
                srid = store.workspace(connection)["srid"]
                known = catalogue.catalogue_layers(connection)
                systems = catalogue.class_systems(connection)
                if status == "in_force":
                    edition.refuse_future(connection, valid_from)
            meant = None if as_layer is None else model.named(as_layer, known)
            with readers.opened(
                path,
                project_crs=parse(srid),
                source_crs=source_crs,
                limits=limits,
                nodata=nodata,
                on_progress=lambda name, done, total: tell("reading", name, done, total),
            ) as reading:
                refused = [
                    {"path": each.path, "code": each.code, "params": each.params} for each in reading.refused
                ]
                if refused and not skip_refused:
                    raise Refused(
                        "delivery_refused", count=len(refused), first=refused[0]["path"], sources=refused
                    )
                with session.transaction(engine, actor, patient=True) as connection:
                    matches = matched(
                        connection, reading, known, meant, legal, coverage_word, refused, skip_refused
                    )
                    if not matches:
                        raise Refused("nothing_to_publish", name=reading.name)
                    publishing.put_all(connection, number, srid, matches, legal, systems, tell)
                    store.end_delivery(
                        connection,
                        number,
                        "published",
                        sha256=reading.sha256,
                        refused=refused,
                        ignored=reading.ignored,
                    )
                    published = store.delivery(connection, number)
        except (Refused, GroundError) as no:
            with session.transaction(engine, actor) as connection:
                store.end_delivery(
                    connection, number, "refused", reason={"code": no.code, "params": no.params}
                )
            raise
    assert published is not None
    return Imported(
        number,
        reading.name,
        reading.sha256,
        published["layers"],
        refused,
        list(reading.ignored),
        reading.isolation,
    )
