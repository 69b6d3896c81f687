"""Reading what was handed over: a file, a folder or a zip becomes layers of geometry in the project's coordinate system, with everything that was set
aside and why. The files themselves are opened only inside the sandbox (``gis.reading``); this room checks again what comes out of it. It knows no
database and no catalogue, and never holds more than a chunk of a layer.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from gis import cells, sandbox
from gis.crs import Crs, Transformation, transformer
from gis.delivery import Delivery, Source, taken
from gis.geometry import Rows
from gis.placing import Basis, placed, resolved, whereabouts
from gis.readers_room import Progress, Room
from gis.receiving import Held, Receiving, plain_bytes
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
    on_progress: Progress | None = None,
) -> Iterator[Reading]:
    """Layers whose pieces can be walked as long as the block lasts. Raises Refused for the delivery as a whole (no such file, hostile zip, time used
    up); what concerns one source is in ``refused``.

    ``answers``: what a person says of single files that state no system, by their path in the delivery; ``source_crs``: of all others.
    ``grids_as_they_are``: a grid in another system than the project's is not refused but stays in its own, for whoever only asks what there is.
    ``nodata``: what a person says of grids that declare no such value. ``repair``: invalid areas are mended (by structure, within bounds) and marked.
    """
    with taken(Path(path), limits.unpacked) as delivery:
        out = Path(tempfile.mkdtemp(prefix="hetu-reading-"))
        try:
            yield _reading(
                delivery, out, project_crs, source_crs, answers or {}, limits, grids_as_they_are, nodata, repair, on_progress
            )  # fmt: skip
        finally:
            shutil.rmtree(out, ignore_errors=True)


def _reading(
    delivery: Delivery,
    out: Path,
    project_crs: Crs,
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
    refused = list(delivery.refused)
    with Receiving(out) as receiving:
        inside = Room(features, out, limits, _in_all(on_progress, 0, whole), repair, receiving)
        inside.read()
        for number, source in enumerate(features.sources):
            name = f"{number:06d}"
            if name in inside.refused:
                code, params = inside.refused[name]
                refused.append(RefusedSource(source.path, code, {"file": source.path, **params}))
            else:
                declared = answers.get(source.path, source_crs)
                _brought_out(source, name, receiving, project_crs, declared, layers, refused)
    rasters, not_rasters = cells.read(
        grids,
        None if grids_as_they_are else project_crs,
        source_crs,
        limits,
        _in_all(on_progress, whole - of_grids, whole),
        nodata,
    )
    return Reading(
        delivery.name,
        delivery.sha256,
        tuple(layers),
        (*refused, *not_rasters),
        delivery.ignored,
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
    project_crs: Crs,
    source_crs: Crs | None,
    layers: list[SourceLayer],
    refused: list[RefusedSource],
) -> None:
    try:
        told = _told(receiving.folder / f"{name}.json")
    except Refused as refusal:
        refused.append(RefusedSource(source.path, refusal.code, {"file": source.path, **refusal.params}))
        return
    for layer in told:
        try:
            if layer["refused"]:
                raise Refused(str(layer["refused"][0]), **dict(layer["refused"][1]))
            layers.extend(_layer(source, layer, receiving, project_crs, source_crs))
        except Refused as refusal:
            params = {
                "file": source.path,
                **({"layer": str(layer["layer"])} if len(told) > 1 else {}),
                **refusal.params,
            }
            refused.append(RefusedSource(source.path, refusal.code, params))


def _told(path: Path) -> list[dict[str, Any]]:
    """What the sandbox says about a source: JSON of a shape that is checked as far as it is used."""
    try:
        told = json.loads(plain_bytes(path))
        for layer in told:
            layer["fields"] = tuple((str(name)[:200], str(kind)[:40]) for name, kind in layer["fields"])
            layer["notes"] = tuple(Note(str(code)[:60], dict(params)) for code, params in layer["notes"])
            layer["parts"] = [_part(one) for one in layer["parts"]]
            layer["layer"] = str(layer["layer"])[:300]
            layer["encoding"] = None if layer["encoding"] is None else str(layer["encoding"])[:40]
            layer["crs"] = None if layer["crs"] is None else str(layer["crs"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Refused("reader_untrusted", reason="answer") from error
    return list(told)


def _part(told: dict[str, Any]) -> dict[str, Any]:
    name = str(told["name"])
    if not name.replace("-", "").isalnum():
        raise ValueError("name")
    repaired = tuple(
        Repaired(int(row), str(why)[:300], _number(x), _number(y), float(before), float(after))
        for row, why, x, y, before, after in told["repaired"]
    )
    chunks = [int(count) for count in told["chunks"]]
    return {
        "kind": told["kind"],
        "name": name,
        "read": int(told["read"]),
        "chunks": chunks,
        "repaired": repaired,
    }


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _layer(
    source: Source, told: dict[str, Any], receiving: Receiving, project_crs: Crs, source_crs: Crs | None
) -> list[SourceLayer]:
    crs_in, basis = resolved(
        told["crs"], bool(told["by_format"]), source_crs, f"{source.stem} {told['layer']}"
    )
    parts = [(*receiving.part(part), part["repaired"]) for part in told["parts"]]
    samples = _samples([(held, aside) for held, aside, _ in parts])
    # Judged over all kinds together: a single stray point must not condemn the layer it came with.
    far = whereabouts(
        np.concatenate([held.boxes for held, _, _ in parts]),
        np.concatenate([held.rows for held, _, _ in parts]),
        crs_in,
        project_crs,
    )
    way = transformer(crs_in, project_crs)
    found: list[SourceLayer] = []
    for number, (held, aside, repaired) in enumerate(parts):
        strays, far = held.rows[far[: len(held.rows)]], far[len(held.rows) :]
        carried = _Carried(held, list(aside), [])
        if not way.stays:
            carried = _carried(carried, crs_in, project_crs)
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


def _carried(part: _Carried, source: Crs, project: Crs) -> _Carried:
    held = part.held
    boxes = []
    for number, piece in enumerate(held):
        there, _ = placed(piece.geometry, source, project)
        for index, (code, params) in there.lost.items():
            shape = piece.geometry[index]
            x, y = shapely.get_coordinates(shape)[0].tolist()
            part.aside.append(
                SetAside(
                    int(piece.rows[index]), code, x, y, params, shapely.to_wkb(shape), piece.attributes[index]
                )
            )
        kept = np.array(
            [index for index in range(len(piece.rows)) if index not in there.lost], dtype=np.int64
        )
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
