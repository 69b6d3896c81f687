"""Reading what was handed over: a file, a folder or a zip becomes layers of geometry in the project's coordinate system, with everything that was set
aside and why. The files themselves are opened only inside the sandbox (``gis.reading``); this room checks again what comes out of it. It knows no
database and no catalogue, and never holds more than a chunk of a layer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis import cells, quarantine, sandbox
from gis.crs import Crs, Transformation, transformer
from gis.delivery import Delivery, Handed, Source, taken
from gis.geometry import Rows
from gis.placing import Basis, Place, placed, settled, unanswerable
from gis.readers_room import Progress, Room
from gis.receiving import Held, Receiving
from gis.sandbox import BULK, Limits
from gis.shown import MOST_ROWS_NAMED
from gis.source_layer import (
    Note,
    Piece,
    Reading,
    RefusedSource,
    Repaired,
    SetAside,
    SourceLayer,
    SourceRaster,
)
from gis.statement import statement
from gis.unshifting import Unshifting
from layers.refusal import Refused

__all__ = [
    "Note",
    "Piece",
    "Progress",
    "Reading",
    "RefusedSource",
    "SetAside",
    "SourceLayer",
    "SourceRaster",
    "opened",
    "read",
]

SAMPLES = 5


def read(path: Path, **said: Any) -> Reading:
    """The same as ``opened``, all of it in memory: for what is known to be small."""
    with opened(path, **said) as reading:
        return replace(reading, sources=tuple(map(_in_memory, reading.sources)))


def _in_memory(layer: SourceLayer) -> SourceLayer:
    return replace(layer, pieces=tuple(layer.pieces))


@contextmanager
def opened(
    path: Path,
    *,
    project_crs: Crs,
    source_crs: Crs | None = None,
    answers: Mapping[str, Crs] | None = None,
    limits: Limits = BULK,
    grids_as_they_are: bool = False,
    nodata: cells.Nodata | None = None,
    repair: bool = False,
    outline: BaseGeometry | None = None,
    known: Sequence[Crs] = (),
    on_handed: Callable[[Handed], object] | None = None,
    on_progress: Progress | None = None,
) -> Iterator[Reading]:
    """Layers whose pieces can be walked as long as the block lasts. Raises Refused for the delivery as a whole (no such file, hostile zip, time used
    up); what concerns one source is in ``refused``.

    ``answers``: what a person says of single files that state no system, by their path in the delivery; ``source_crs``: of all others. ``outline`` (the
    district in the project's plane) and ``known`` (local systems of the workspace) are what questions about a file are tried on.
    ``grids_as_they_are``: a grid in another system than the project's is not refused but stays in its own, for whoever only asks what there is.
    ``nodata``: what a person says of grids that declare no such value. ``repair``: invalid areas are mended (by structure, within bounds) and marked.
    ``on_handed``: is shown the delivery before it is read, to keep it.
    """
    with taken(Path(path), limits.unpacked, on_handed) as delivery, quarantine.room("reading") as out:
        here = [each.path for each in delivery.sources] + [each.path for each in delivery.refused]
        unanswerable(answers or {}, here)
        yield _reading(
            delivery, out, Place(project_crs, outline, tuple(known)), source_crs, answers or {}, limits, grids_as_they_are, nodata, repair, on_progress
        )  # fmt: skip


def _reading(
    delivery: Delivery,
    out: Path,
    place: Place,
    source_crs: Crs | None,
    answers: Mapping[str, Crs],
    limits: Limits,
    grids_as_they_are: bool,
    nodata: cells.Nodata | None,
    repair: bool,
    on_progress: Progress | None,
) -> Reading:
    whole = sum(delivery.weights())
    grids = _of(delivery, lambda source: source.format == "GeoTIFF")
    features = _of(delivery, lambda source: source.format != "GeoTIFF")
    of_grids = sum(grids.weights())
    layers: list[SourceLayer] = []
    refused, ignored = list(delivery.refused), list(delivery.ignored)
    with Receiving(out) as receiving:
        inside = Room(features, out, limits, _in_all(on_progress, 0, whole), repair, receiving)
        inside.read()
        for number, source in enumerate(features.sources):
            name = f"{number:06d}"
            if name in inside.refused:
                code, params = inside.refused[name]
                if code == "no_coordinates_found" and not delivery.alone:
                    ignored.append(source.path)  # a list or a table that lies beside the data
                else:
                    refused.append(RefusedSource(source.path, code, {"file": source.path, **params}))
            else:
                declared = answers.get(source.path, source_crs)
                _brought_out(source, name, receiving, place, declared, layers, refused)
    rasters, not_rasters = cells.read(
        grids,
        None if grids_as_they_are else place,
        lambda path: answers.get(path, source_crs),
        limits,
        _in_all(on_progress, whole - of_grids, whole),
        nodata,
    )
    return Reading(
        delivery.name,
        delivery.sha256,
        tuple(layers),
        (*refused, *not_rasters),
        tuple(sorted(ignored)),
        tuple(rasters),
        sandbox.isolation(),
    )


def _of(delivery: Delivery, which: Callable[[Source], bool]) -> Delivery:
    return replace(delivery, sources=tuple(filter(which, delivery.sources)))


def _in_all(on_progress: Progress | None, before: int, whole: int) -> Progress | None:
    """The progress of one part as progress of the delivery."""
    return on_progress and (lambda name, done, _: on_progress(name, before + done, whole))


def _brought_out(
    source: Source,
    name: str,
    receiving: Receiving,
    place: Place,
    declared: Crs | None,
    layers: list[SourceLayer],
    refused: list[RefusedSource],
) -> None:
    try:
        told = statement(receiving.folder / f"{name}.json")
    except Refused as refusal:
        refused.append(RefusedSource(source.path, refusal.code, {"file": source.path, **refusal.params}))
        return
    for layer in told:
        try:
            if layer["refused"]:
                raise Refused(str(layer["refused"][0]), **dict(layer["refused"][1]))
            layers.extend(_layer(source, layer, receiving, place, declared))
        except Refused as refusal:
            params = {
                "file": source.path,
                **({"layer": str(layer["layer"])} if len(told) > 1 else {}),
                **refusal.params,
            }
            refused.append(RefusedSource(source.path, refusal.code, params))


def _layer(
    source: Source, told: dict[str, Any], receiving: Receiving, place: Place, declared: Crs | None
) -> list[SourceLayer]:
    parts = [(*receiving.part(part), part["repaired"]) for part in told["parts"]]
    samples = _samples([(held, aside) for held, aside, _ in parts])
    # Judged over all kinds together: a single stray point must not condemn the layer it came with.
    crs_in, basis, far = settled(
        told["crs"],
        bool(told["by_format"]),
        declared,
        f"{source.stem} {told['layer']}",
        np.concatenate([np.empty((0, 4)), *(held.boxes for held, _, _ in parts)]),
        np.concatenate([np.empty(0, dtype=np.int64), *(held.rows for held, _, _ in parts)]),
        place,
    )
    way = transformer(crs_in, place.project)
    found: list[SourceLayer] = []
    for number, (held, aside, repaired) in enumerate(parts):
        strays, far = held.rows[far[: len(held.rows)]], far[len(held.rows) :]
        carried = _Carried(held, list(aside), [])
        if not way.stays or len(strays):
            carried = _carried(carried, crs_in, place.project, strays)
        notes = told["notes"] if not number else ()
        found.append(_source_layer(source, told, carried, repaired, strays, way, basis, samples, notes))
    return found


def _samples(parts: list[tuple[Held, tuple[SetAside, ...]]]) -> tuple[dict[str, Any], ...]:
    """The first rows of the source, whatever kind they are: what a steward looks at to see whether the text is right."""
    rows = [
        (int(row), text)
        for held, _ in parts
        for piece in held.first()
        for row, text in zip(piece.rows[:SAMPLES].tolist(), piece.attributes, strict=False)
    ]
    rows += [(one.row, one.attributes) for _, aside in parts for one in aside[:SAMPLES]]
    return tuple(json.loads(text) for _, text in sorted(rows)[:SAMPLES])


class _Carried:
    """A part in the project's system: what could not be carried joined those set aside; ``repaired``: rows mended after projecting."""

    def __init__(self, held: Held, aside: list[SetAside], repaired: list[int]) -> None:
        self.held, self.aside, self.repaired = held, aside, repaired


def _carried(part: _Carried, source: Crs, project: Crs, strays: Rows) -> _Carried:
    """``strays``: rows far from where the project is. What lies there is a slip, and would make the district reach there."""
    held = part.held
    boxes = []
    for number, piece in enumerate(held):
        there, _ = placed(piece.geometry, source, project)
        lost = dict(there.lost)
        for index in np.flatnonzero(np.isin(piece.rows, strays)).tolist():
            lost.setdefault(index, ("outside_projection", {"project_crs": project.label}))
        for index, (code, params) in lost.items():
            shape = piece.geometry[index]
            x, y = shapely.get_coordinates(shape)[0].tolist()
            part.aside.append(
                SetAside(
                    int(piece.rows[index]), code, x, y, params, shapely.to_wkb(shape), piece.attributes[index]
                )
            )
        kept = np.array([index for index in range(len(piece.rows)) if index not in lost], dtype=np.int64)
        part.repaired.extend(piece.rows[there.repaired].tolist())
        whole = len(kept) == len(piece.rows)
        attributes = piece.attributes if whole else [piece.attributes[index] for index in kept.tolist()]
        held.replace(number, Piece(there.geometry[kept], piece.rows[kept], attributes))
        boxes.append(shapely.bounds(there.geometry[kept]))
    held.boxes = np.concatenate([np.empty((0, 4)), *boxes])
    return part


def _source_layer(
    source: Source,
    told: dict[str, Any],
    part: _Carried,
    repaired: tuple[Repaired, ...],
    strays: Rows,
    way: Transformation,
    basis: Basis,
    samples: tuple[dict[str, Any], ...],
    notes: tuple[Note, ...],
) -> SourceLayer:
    more: list[Note] = []
    for code, rows in (("projection_repaired", part.repaired), ("far_from_project", strays.tolist())):
        if rows:
            more.append(Note(code, {"count": len(rows), "rows": rows[:MOST_ROWS_NAMED]}))
    if basis == "declared":
        shifted = isinstance(way.source.step, Unshifting)
        more.append(Note("shifted_back" if shifted else "crs_answered", {"crs": way.source.label}))
    if way.ballpark:
        more.append(Note("no_datum_shift", {"operation": way.operation}))
    held, box = part.held, None
    if len(held.boxes):
        low, high = held.boxes[:, :2].min(axis=0).tolist(), held.boxes[:, 2:].max(axis=0).tolist()
        box = (low[0], low[1], high[0], high[1])
    count = sum(held.counts)
    return SourceLayer(
        path=source.path, layer=told["layer"], stem=source.stem, kind=held.kind, format=source.format,
        crs_in=way.source, crs_basis=basis, operation=way.operation, encoding=told["encoding"], fields=told["fields"], samples=samples,
        read=count + len(part.aside), count=count, pieces=held,
        set_aside=tuple(sorted(part.aside, key=lambda one: one.row)), extent=box,
        notes=(*notes, *more), repaired=repaired,
    )  # fmt: skip
