"""A delivery becomes editions: read in the sandbox, matched with the catalogue or guessed, staged and published in one transaction.

Whatever interrupts it, kill -9 of this process or of the database included, every layer is wholly as it was or wholly new.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from db import session
from db.actor import Actor
from db.errors import GroundError
from gis import delta, edition, readers
from gis.crs import parse
from gis.sandbox import BULK, Limits
from layers.model import Layer
from layers.refusal import Refused
from workflows.base_map import catalogue, district, model, store
from workflows.base_map import systems as registry
from workflows.base_map.intake import janitor, originals, publishing
from workflows.base_map.intake.deliveries import Progress, held, teller
from workflows.base_map.intake.matching import matched
from workflows.base_map.intake.said import Said
from workflows.base_map.reports import follow_up
from workflows.base_map.reports import service as reports
from workflows.base_map.reports.drawn_up import Drawn

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
    reports: list[Reported] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reported:
    """The report of a layer; ``waits``: a job is to look at its borders."""

    number: int
    layer: str
    report: Mapping[str, Any]
    waits: bool


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
    """Publish what ``path`` (file, folder, zip) holds, or only check it (``said.only_check``). Refused ``delivery_refused`` where a source cannot be read: nothing is published then,
    unless ``said.skip_refused``. Refused ``status_unknown``, ``valid_from_future``. ``delivery``: its number, where one waits already.
    """
    legal = said.legal
    janitor.sweep(engine, actor, rasters=False)
    with held(engine, actor, path.name, delivery) as number:
        tell = teller(engine, actor, number, on_progress)
        with session.transaction(engine, actor) as connection:
            store.say_of_delivery(connection, number, said.supplier, said.only_check)
        try:
            with session.read(engine) as connection:
                srid = store.workspace(connection)["srid"]
                outline, local = store.outline(connection), registry.known(connection)
                known = catalogue.catalogue_layers(connection)
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
                outline=outline,
                known=local,
                on_handed=originals.keeper(engine, actor, number),
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
                    reported = _settled(connection, actor, number, reading, known, meant, said, refused, tell)
                    done = "checked" if said.only_check else "published"
                    store.end_delivery(
                        connection,
                        number,
                        done,
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
        reported,
    )


def _settled(
    connection: Connection,
    actor: Actor,
    delivery: int,
    reading: readers.Reading,
    known: Mapping[str, Layer],
    meant: Layer | None,
    said: Said,
    refused: list[dict[str, Any]],
    tell: Progress,
) -> list[Reported]:
    """Staged, looked at, and published with its reports; or, where only that was asked, taken back, and the reports are what stays."""
    trying = connection.begin_nested()
    found = matched(connection, reading, known, meant, said, refused)
    if not found.matches:
        raise Refused("nothing_to_publish", name=reading.name)
    staged = publishing.stage_all(connection, delivery, found, said, tell)
    drawn = [_drawn(connection, each, said, tell) for each in staged]
    if said.only_check:
        trying.rollback()
    else:
        trying.commit()
        edition.publish(connection, [(each.match.code, each.edition) for each in staged])
        if said.delta:
            district.follow(connection, {each.match.code for each in staged})
    reported = []
    for each, report in zip(staged, drawn, strict=True):
        number = reports.keep(connection, delivery, report, None if said.only_check else each.edition)
        waits = report.follow_up == "waiting" and not said.only_check
        if waits:
            follow_up.enqueue(connection, actor, number)
        reported.append(Reported(number, each.match.code, report.report, waits))
    return reported


def _drawn(connection: Connection, put: publishing.Put, said: Said, tell: Progress) -> Drawn:
    """The report of a staged edition. What blocks it, and all there is where nothing is to be published, is looked at now."""
    stanza = put.match.stanza
    numbers = delta.numbers(connection, put.edition) if said.delta else None
    report = reports.draw_up(
        connection, put.edition, put.inspector, stanza=stanza, supplier=said.supplier, numbers=numbers
    )
    if said.only_check or (stanza is not None and stanza.topology_when == "before"):
        follow_up.at_once(connection, report, put.edition, stanza, tell)
    if not said.only_check:
        follow_up.refuse(report, stanza)
    return report
