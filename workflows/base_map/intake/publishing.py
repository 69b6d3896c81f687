"""What was matched becomes editions: staged piece by piece, each piece looked at on its way in, and published together. All in the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import orjson
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection

from gis import edition, readers
from gis.crs import Crs, degrees_of, parse
from gis.edition import Arrival
from gis.geometry import Shapes
from gis.inspection import Inspector
from gis.stage import Features
from gis.wkb_box import carried
from layers.codes import ClassSystem
from workflows.base_map import catalogue, model, store
from workflows.base_map.intake import deltas
from workflows.base_map.intake.deliveries import Progress
from workflows.base_map.intake.grids import grid_arrival, slope_arrival
from workflows.base_map.intake.matching import Matched
from workflows.base_map.intake.said import Said
from workflows.base_map.intake.sources import Match

PROVED_AT_ONCE = 300_000
"""Vertices of a layer of areas that is proved free of overlaps before it is published; larger ones are by the job that follows."""


@dataclass(frozen=True, slots=True)
class Put:
    """One match staged: the number of its edition, and what was seen of its rows on their way in (of a grid nothing)."""

    match: Match
    edition: int
    inspector: Inspector | None


def stage_all(
    connection: Connection,
    delivery: int,
    found: Matched,
    said: Said,
    tell: Progress,
) -> list[Put]:
    """Every match as a staged edition, seen by nobody until ``edition.publish``. What holds changes only is the whole layer then; refused where it
    cannot be (``deltas``).
    """
    legal = said.legal
    place = store.workspace(connection)
    srid = place["srid"]
    position, project = store.last_position(connection), parse(srid)
    systems = catalogue.class_systems(connection)
    staged: list[Put] = []
    for done, match in enumerate(found.matches):
        tell("publishing", match.code, done, len(found.matches))
        if match.guess is not None:
            store.keep_layer(connection, match.code, "guessed", match.guess.stanza(), position + done + 1)
        passing, changes = None, None
        if isinstance(match.source, readers.SourceLayer):
            passing = _Passing(
                match, match.source, found.outline, place["outline_basis"] == "layer", systems, project
            )
            if said.delta:
                names = [name for name, _ in match.source.fields]
                changes = deltas.reading(connection, match.code, names, said.change_field)
                passing.removes = changes.removes
        arrival = _arrival(match, passing, project)
        arrival = replace(arrival, status=legal.status or arrival.status, valid_from=legal.valid_from)
        number = edition.put(connection, delivery, srid, arrival)
        if changes is not None and passing is not None:
            deltas.complete(connection, number, changes, identify=passing.identify)
        staged.append(Put(match, number, None if passing is None else passing.inspector))
    tell("publishing", "", len(found.matches), len(found.matches))
    return staged


def _arrival(match: Match, passing: _Passing | None, project: Crs) -> Arrival:
    source, stanza = match.source, match.stanza
    if passing is None or isinstance(source, readers.SourceRaster):
        assert isinstance(source, readers.SourceRaster)
        if match.derived and stanza is not None:
            return slope_arrival(stanza, source, match.coverage)
        return grid_arrival(match.code, source, stanza, match.coverage)
    return Arrival(
        layer=match.code,
        kind=source.kind,
        status=stanza.status if stanza else "unknown",
        source=source.path,
        source_layer=source.layer,
        format=source.format,
        crs_in=source.crs_in.label,
        crs_basis=source.crs_basis,
        operation=source.operation,
        coverage=match.coverage,
        encoding=source.encoding,
        fields=source.fields,
        samples=source.samples,
        notes=passing.notes,
        features=passing,
        set_aside=source.set_aside,
        boxes=carried(source.set_aside, source.crs_in, project) if source.set_aside else (),
        disjoint=passing.disjoint,
        extent=source.extent,
    )


class _Passing:
    """A source's rows as features of its layer, piece by piece, each seen once on the way."""

    def __init__(
        self,
        match: Match,
        source: readers.SourceLayer,
        outline: BaseGeometry | None,
        known: bool,
        systems: Mapping[str, ClassSystem],
        project: Crs,
    ) -> None:
        self.source = source
        stanza, guess = match.stanza, match.guess
        self.identify = stanza.identify if stanza else guess.identify if guess else ()
        self.called = self.identify[1:]
        if source.format == "boundary text":  # its columns are the format's, not the department's
            self.identify, self.called = (*self.identify, "number", "name"), ("name",)
        classify = stanza.classify if stanza else guess.classify if guess else None
        self.classify = (classify,) if classify else ()
        self.coding = model.Coding(
            systems.get(stanza.class_system) if stanza and stanza.class_system else None
        )
        self.notes: list[dict[str, Any]] = [
            {"code": note.code, "params": note.params} for note in source.notes
        ]
        self.inspector = Inspector(
            source.kind,
            tolerance_m=stanza.tolerance_m if stanza else model.TOLERANCE_M,
            # An outline that no layer says is the box around what was delivered: nothing can lie outside that.
            outline=outline if known else None,
            identified=bool(stanza and stanza.identify),
            classified=bool(stanza and stanza.classify),
            codes=None if self.coding.system is None else self.coding.system.classes.keys(),
            keys={*self.identify, *self.classify},
            latitude=None if outline is None else _latitude(outline, project),
        )
        self.removes: Callable[[Mapping[str, Any]], bool] | None = None  # of changes: rows not worth a look
        self.vertices = 0
        self.small: list[Shapes] = []  # kept as long as they are few enough to be proved at once

    def __iter__(self) -> Iterator[Features]:
        for piece in self.source.pieces:
            rows = [orjson.loads(text) for text in piece.attributes]
            features = Features(
                ids=piece.rows,
                idents=model.column(rows, self.identify),
                names=model.column(rows, self.called),
                classes=self.coding.coded(model.column(rows, self.classify)),
                attributes=piece.attributes,
                geometry=piece.geometry,
            )
            yield features  # the database works on it while it is looked at
            self._see(features)
            self._inspect(features, rows)
        if self.coding.unknown and self.coding.system is not None:
            params = {"system": self.coding.system.zh, "values": dict(self.coding.unknown)}
            self.notes.append({"code": "unknown_class", "params": params})
        for one in self.source.repaired:
            told = {"reason": one.reason, "before": one.before, "after": one.after}
            self.inspector.note("repaired", one.row, told)

    def _inspect(self, features: Features, rows: list[dict[str, Any]]) -> None:
        if self.removes is None:
            self.inspector.see(features.ids, features.geometry, rows, features.classes, features.idents)
            return
        at = [n for n, row in enumerate(rows) if not self.removes(row)]
        self.inspector.see(
            features.ids[at],
            features.geometry[at],
            [rows[n] for n in at],
            [features.classes[n] for n in at],
            [features.idents[n] for n in at],
        )

    def disjoint(self) -> bool | None:
        """Asked when all pieces are through: whether no two areas overlap, where that was cheap to prove."""
        if self.source.kind != "polygon" or self.vertices > PROVED_AT_ONCE:
            return None
        return edition.proved_disjoint(np.concatenate([np.empty(0, dtype=object), *self.small]))

    def _see(self, features: Features) -> None:
        self.vertices += int(shapely.get_num_coordinates(features.geometry).sum())
        if self.source.kind == "polygon" and self.vertices <= PROVED_AT_ONCE:
            self.small.append(features.geometry)
        else:
            self.small.clear()


def _latitude(outline: BaseGeometry, project: Crs) -> float:
    return float(degrees_of(project)(np.array([outline.centroid.coords[0]]))[0, 1])
