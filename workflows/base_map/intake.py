"""A delivery becomes editions: read in the sandbox, matched with the catalogue or guessed, staged and published in one transaction.

Whatever interrupts it, kill -9 of this process or of the database included, every layer is wholly as it was or wholly new.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from db import session
from db.actor import Actor
from db.errors import GroundError
from gis import edition, readers
from gis.crs import parse
from gis.sandbox import BULK, Limits
from layers.refusal import Refused
from workflows.base_map import catalogue, model, publishing, store
from workflows.base_map.deliveries import Progress, held, teller
from workflows.base_map.matching import matched
from workflows.base_map.said import Said

NOTHING = Said()


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
    said: Said = NOTHING,
    *,
    limits: Limits = BULK,
    delivery: int | None = None,
    on_progress: Progress | None = None,
) -> Imported:
    """Publish what ``path`` (file, folder, zip) holds. Refused ``delivery_refused`` where a source cannot be read: nothing is published then,
    unless ``said.skip_refused``. Refused ``status_unknown``, ``valid_from_future``. ``delivery``: its number, where one waits already.
    """
    legal = said.legal
    with held(engine, actor, path.name, delivery) as number:
        tell = teller(engine, actor, number, on_progress)
        try:
            with session.read(engine) as connection:
                srid = store.workspace(connection)["srid"]
                known = catalogue.catalogue_layers(connection)
                systems = catalogue.class_systems(connection)
                if legal.status == "in_force":
                    edition.refuse_future(connection, legal.valid_from)
            meant = None if said.as_layer is None else model.named(said.as_layer, known)
            with readers.opened(
                path,
                project_crs=parse(srid),
                source_crs=said.source_crs,
                answers=said.answers,
                limits=limits,
                nodata=said.nodata,
                repair=said.repair,
                on_progress=lambda name, done, total: tell("reading", name, done, total),
            ) as reading:
                refused = [
                    {"path": each.path, "code": each.code, "params": each.params} for each in reading.refused
                ]
                if refused and not said.skip_refused:
                    raise Refused(
                        "delivery_refused", count=len(refused), first=refused[0]["path"], sources=refused
                    )
                with session.transaction(engine, actor, patient=True) as connection:
                    found = matched(connection, reading, known, meant, said, refused)
                    if not found.matches:
                        raise Refused("nothing_to_publish", name=reading.name)
                    staged = publishing.stage_all(connection, number, srid, found, legal, systems, tell)
                    edition.publish(connection, [(each.match.code, each.edition) for each in staged])
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
