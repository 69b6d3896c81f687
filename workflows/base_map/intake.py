"""A delivery becomes editions: read in the sandbox, matched with the catalogue or guessed, staged and published in one transaction.

Whatever interrupts it, kill -9 of this process or of the database included, every layer is wholly as it was or wholly new.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, Engine

from db import session
from db.actor import Actor
from db.errors import GroundError
from gis import edition, readers
from gis.crs import Crs, parse
from gis.edition import Arrival, Coverage
from gis.sandbox import BULK, Limits
from gis.stage import Features
from gis.wkb_box import carried
from layers.codes import ClassSystem
from layers.model import Layer, by_word
from layers.refusal import Refused
from workflows.base_map import catalogue, model, store
from workflows.base_map.deliveries import Progress, held, teller
from workflows.base_map.grids import grid_arrival
from workflows.base_map.sources import Delivered, declared_coverages, guessed, named


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


@dataclass(slots=True)
class _Plan:
    """One source that will be an edition of one layer."""

    code: str
    source: Delivered
    stanza: Layer | None
    guess: model.Guess | None
    coverage: Coverage = field(default=edition.NOBODY)


def import_delivery(
    engine: Engine,
    actor: Actor,
    path: Path,
    *,
    source_crs: Crs | None = None,
    coverage_word: str | None = None,
    skip_refused: bool = False,
    limits: Limits = BULK,
    delivery: int | None = None,
    on_progress: Progress | None = None,
) -> Imported:
    """Publish what ``path`` (file, folder, zip) holds. Refused ``delivery_refused`` where a source cannot be read: nothing is published then,
    unless ``skip_refused``. ``coverage_word``: the person who vouches that unknown layers speak for the whole district.
    """
    with held(engine, actor, path.name, delivery) as number:
        tell = teller(engine, actor, number, on_progress)
        try:
            with session.read(engine) as connection:
                srid = store.workspace(connection)["srid"]
                known = catalogue.catalogue_layers(connection)
                systems = catalogue.class_systems(connection)
            reading = readers.read(
                path,
                project_crs=parse(srid),
                source_crs=source_crs,
                limits=limits,
                on_progress=lambda name, done, total: tell("reading", name, done, total),
            )
            refused = [
                {"path": each.path, "code": each.code, "params": each.params} for each in reading.refused
            ]
            if refused and not skip_refused:
                raise Refused(
                    "delivery_refused", count=len(refused), first=refused[0]["path"], sources=refused
                )
            with session.transaction(engine, actor, patient=True) as connection:
                plans = _plan(connection, reading, known, coverage_word, refused, skip_refused)
                if not plans:
                    raise Refused("nothing_to_publish", name=reading.name)
                _put_all(connection, number, srid, plans, systems, tell)
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


def _plan(
    connection: Connection,
    reading: readers.Reading,
    known: Mapping[str, Layer],
    coverage_word: str | None,
    refused: list[dict[str, Any]],
    skip_refused: bool,
) -> list[_Plan]:
    declared = declared_coverages(reading)
    meant = by_word(known.values())
    filled = store.filled(connection)
    plans: list[_Plan] = []
    for source, told, code in named(reading):
        layer = model.known(told, meant)
        # A guess never takes the place of a layer that the catalogue knows under that code.
        free = code if code not in known else f"{code}_unlisted"
        plan = (
            _Plan(free, source, None, guessed(source, told, free))
            if layer is None
            else _Plan(layer.code, source, layer, None)
        )
        no = _fault(plan, told.kind, filled)
        if no is None:
            plans.append(plan)
            continue
        fault = {"path": source.path, **no}
        if not skip_refused:
            raise Refused("delivery_refused", count=1, first=source.path, sources=[fault])
        refused.append(fault)
    _refuse_doubles(plans)
    outline = _outline(connection, plans)
    for plan in plans:
        plan.coverage = _coverage(plan, declared, outline, coverage_word)
    return plans


def _fault(plan: _Plan, kind: str, filled: set[str]) -> dict[str, Any] | None:
    """Why a source cannot be an edition of the layer it is meant for. Nothing at all where something stood would read as clear."""
    if plan.stanza is not None and plan.stanza.kind != kind:
        params = {"layer": plan.code, "expected": plan.stanza.kind, "got": kind}
        return {"code": "kind_differs", "params": params}
    if isinstance(plan.source, readers.SourceRaster) or len(plan.source.geometry):
        return None
    if plan.stanza is None and plan.code not in filled:
        return None
    return {"code": "no_features", "params": {"layer": plan.code, "read": plan.source.read}}


def _refuse_doubles(plans: list[_Plan]) -> None:
    """Two files for one layer of the catalogue: which of them is meant is not ours to choose."""
    first: dict[str, str] = {}
    for plan in plans:
        if plan.code in first:
            raise Refused(
                "two_sources_for_layer", layer=plan.code, first=first[plan.code], second=plan.source.path
            )
        first[plan.code] = plan.source.path


def _outline(connection: Connection, plans: list[_Plan]) -> BaseGeometry | None:
    """The district's outline: its own layer where there is one, else the box around everything known so far."""
    srid = store.workspace(connection)["srid"]
    layers = [(plan, plan.source) for plan in plans if isinstance(plan.source, readers.SourceLayer)]
    for plan, source in layers:
        if plan.code == "district" and plan.stanza is not None:
            outline = shapely.union_all(source.geometry)
            store.keep_outline(connection, outline, srid, "layer")
            return outline
    before, basis = store.outline(connection), store.workspace(connection)["outline_basis"]
    if basis == "layer":
        return before
    boxes = [shapely.box(*source.extent) for _, source in layers if source.extent is not None]
    around = shapely.union_all([*boxes, *([] if before is None else [before])])
    if around.is_empty:
        return before
    outline = shapely.box(*around.bounds)
    store.keep_outline(connection, outline, srid, "extent")
    return outline


def _coverage(
    plan: _Plan, declared: Mapping[str, BaseGeometry], outline: BaseGeometry | None, word: str | None
) -> Coverage:
    if isinstance(plan.source, readers.SourceRaster):  # where it says anything is told cell by cell
        return Coverage(shapely.box(*plan.source.extent), "cells")
    if plan.source.stem in declared:
        return Coverage(declared[plan.source.stem], "file")
    if outline is not None and plan.stanza is not None and plan.stanza.coverage == "district":
        return Coverage(outline, "district")
    if outline is not None and plan.stanza is None and word:
        return Coverage(outline, "word", word)
    return edition.NOBODY


def _put_all(
    connection: Connection,
    delivery: int,
    srid: int,
    plans: list[_Plan],
    systems: Mapping[str, ClassSystem],
    tell: Progress,
) -> None:
    position, project = store.last_position(connection), parse(srid)
    staged: list[tuple[str, int]] = []
    for done, plan in enumerate(plans):
        tell("publishing", plan.code, done, len(plans))
        if plan.guess is not None:
            store.keep_layer(connection, plan.code, "guessed", plan.guess.stanza(), position + done + 1)
        staged.append((plan.code, edition.put(connection, delivery, srid, _arrival(plan, systems, project))))
    edition.publish(connection, staged)
    tell("publishing", "", len(plans), len(plans))


def _arrival(plan: _Plan, systems: Mapping[str, ClassSystem], project: Crs) -> Arrival:
    source, stanza, guess = plan.source, plan.stanza, plan.guess
    if isinstance(source, readers.SourceRaster):
        return grid_arrival(plan.code, source, stanza, plan.coverage)
    identify = stanza.identify if stanza else guess.identify if guess else ()
    called = identify[1:]
    if source.format == "boundary text":  # its columns are the format's, not the department's
        identify, called = (*identify, "number", "name"), ("name",)
    classify = stanza.classify if stanza else guess.classify if guess else None
    system = systems.get(stanza.class_system) if stanza and stanza.class_system else None
    classes, unknown = model.coded(model.column(source.attributes, (classify,) if classify else ()), system)
    notes = [{"code": note.code, "params": note.params} for note in source.notes]
    if unknown and system is not None:
        notes.append({"code": "unknown_class", "params": {"system": system.zh, "values": unknown}})
    return Arrival(
        layer=plan.code,
        kind=source.kind,
        status=stanza.status if stanza else "unknown",
        source=source.path,
        source_layer=source.layer,
        format=source.format,
        crs_in=source.crs_in.label,
        crs_basis=source.crs_basis,
        operation=source.operation,
        coverage=plan.coverage,
        encoding=source.encoding,
        fields=source.fields,
        samples=source.samples,
        notes=notes,
        features=Features(
            ids=source.rows,
            idents=model.column(source.attributes, identify),
            names=model.column(source.attributes, called),
            classes=classes,
            attributes=source.attributes,
            geometry=source.geometry,
        ),
        set_aside=source.set_aside,
        boxes=carried(source.set_aside, source.crs_in, project) if source.set_aside else (),
        disjoint=edition.proved_disjoint(source.geometry) if source.kind == "polygon" else None,
        extent=source.extent,
    )
