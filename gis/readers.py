"""Reading what was handed over: a file, a folder or a zip becomes layers of geometry in the project's coordinate system, with everything that was set
aside and why. The files themselves are opened only inside the sandbox (``gis.reading``); this room checks again what comes out of it. It knows no
database and no catalogue.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from gis import cells, sandbox
from gis.crs import Crs, Transformation
from gis.delivery import Delivery, Source, taken
from gis.geometry import Rows
from gis.handover import Part, fetched, plain_bytes
from gis.placing import Basis, Placed, placed, resolved, whereabouts
from gis.readers_room import Progress, Room
from gis.sandbox import BULK, Limits
from gis.shown import MOST_ROWS_NAMED
from gis.source_layer import Note, Reading, RefusedSource, SetAside, SourceLayer, SourceRaster
from layers.refusal import Refused

__all__ = ["Note", "Progress", "Reading", "RefusedSource", "SetAside", "SourceLayer", "SourceRaster", "read"]

SAMPLES = 5


def read(
    path: Path,
    *,
    project_crs: Crs,
    source_crs: Crs | None = None,
    limits: Limits = BULK,
    grids_as_they_are: bool = False,
    nodata: cells.Nodata | None = None,
    on_progress: Progress | None = None,
) -> Reading:
    """Raises Refused for the delivery as a whole (no such file, hostile zip, time used up); what concerns one source is in ``refused``.

    ``grids_as_they_are``: a grid in another system than the project's is not refused but stays in its own, for whoever only asks what there is.
    ``nodata``: what a person says of grids that declare no such value.
    """
    with taken(Path(path), limits.unpacked) as delivery:
        out = Path(tempfile.mkdtemp(prefix="hetu-reading-"))
        try:
            whole = sum(delivery.weights())
            grids = _of(delivery, lambda source: source.format == "GeoTIFF")
            delivery = _of(delivery, lambda source: source.format != "GeoTIFF")
            of_grids = sum(grids.weights())
            inside = Room(delivery, out, limits, _in_all(on_progress, 0, whole))
            inside.read()
            layers: list[SourceLayer] = []
            refused = list(delivery.refused)
            for number, source in enumerate(delivery.sources):
                name = f"{number:06d}"
                if name in inside.refused:
                    code, params = inside.refused[name]
                    refused.append(RefusedSource(source.path, code, {"file": source.path, **params}))
                else:
                    _brought_out(source, name, out, project_crs, source_crs, layers, refused)
            rasters, not_rasters = cells.read(
                grids,
                None if grids_as_they_are else project_crs,
                source_crs,
                limits,
                _in_all(on_progress, whole - of_grids, whole),
                nodata,
            )
        finally:
            shutil.rmtree(out, ignore_errors=True)
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
    out: Path,
    project_crs: Crs,
    source_crs: Crs | None,
    layers: list[SourceLayer],
    refused: list[RefusedSource],
) -> None:
    try:
        told = _told(out / f"{name}.json")
    except Refused as refusal:
        refused.append(RefusedSource(source.path, refusal.code, {"file": source.path, **refusal.params}))
        return
    for layer in told:
        try:
            if layer["refused"]:
                raise Refused(str(layer["refused"][0]), **dict(layer["refused"][1]))
            layers.extend(_layer(source, layer, out, project_crs, source_crs))
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
            layer["parts"] = [(one["kind"], str(one["name"]), int(one["read"])) for one in layer["parts"]]
            if any(not part_name.replace("-", "").isalnum() for _, part_name, _ in layer["parts"]):
                raise ValueError("name")
            layer["layer"] = str(layer["layer"])[:300]
            layer["encoding"] = None if layer["encoding"] is None else str(layer["encoding"])[:40]
            layer["crs"] = None if layer["crs"] is None else str(layer["crs"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Refused("reader_untrusted", reason="answer") from error
    return list(told)


def _layer(
    source: Source, told: dict[str, Any], out: Path, project_crs: Crs, source_crs: Crs | None
) -> list[SourceLayer]:
    crs_in, basis = resolved(
        told["crs"], bool(told["by_format"]), source_crs, f"{source.stem} {told['layer']}"
    )
    parts = [fetched(out, part_name, kind, count) for kind, part_name, count in told["parts"]]
    samples = _samples(parts)
    # Judged over all kinds together: a single stray point must not condemn the layer it came with.
    far = whereabouts(
        np.concatenate([part.geometry for part in parts]),
        np.concatenate([part.rows for part in parts]),
        crs_in,
        project_crs,
    )
    found: list[SourceLayer] = []
    for number, part in enumerate(parts):
        carried, way = placed(part.geometry, crs_in, project_crs)
        strays, far = np.flatnonzero(far[: len(part.rows)]), far[len(part.rows) :]
        found.append(
            _source_layer(
                source, told, part, carried, strays, way, basis, samples, told["notes"] if not number else ()
            )
        )
    return found


def _samples(parts: list[Part]) -> tuple[dict[str, Any], ...]:
    """The first rows of the source, whatever kind they are: what a steward looks at to see whether the text is right."""
    rows = [
        (int(row), part.attributes[index])
        for part in parts
        for index, row in enumerate(part.rows[:SAMPLES].tolist())
    ]
    rows += [(one.row, one.attributes) for part in parts for one in part.aside[:SAMPLES]]
    return tuple(json.loads(text) for _, text in sorted(rows)[:SAMPLES])


def _source_layer(
    source: Source,
    told: dict[str, Any],
    part: Part,
    carried: Placed,
    strays: Rows,
    way: Transformation,
    basis: Basis,
    samples: tuple[dict[str, Any], ...],
    notes: tuple[Note, ...],
) -> SourceLayer:
    aside = list(part.aside)
    for index, (code, params) in carried.lost.items():
        shape = part.geometry[index]
        x, y = shapely.get_coordinates(shape)[0].tolist()
        aside.append(
            SetAside(int(part.rows[index]), code, x, y, params, shapely.to_wkb(shape), part.attributes[index])
        )
    kept = np.array([index for index in range(len(part.rows)) if index not in carried.lost], dtype=np.int64)
    more: list[Note] = []
    for code, indexes in (("projection_repaired", carried.repaired), ("far_from_project", strays)):
        if len(indexes):
            more.append(
                Note(code, {"count": len(indexes), "rows": part.rows[indexes[:MOST_ROWS_NAMED]].tolist()})
            )
    if way.ballpark:
        more.append(Note("no_datum_shift", {"operation": way.operation}))
    geometry = carried.geometry[kept]
    box = shapely.total_bounds(geometry).tolist() if len(geometry) else None
    return SourceLayer(
        path=source.path, layer=told["layer"], stem=source.stem, kind=part.kind, format=source.format,
        crs_in=way.source, crs_basis=basis, operation=way.operation, encoding=told["encoding"], fields=told["fields"], samples=samples,
        read=len(part.rows) + len(part.aside), geometry=geometry, rows=part.rows[kept], attributes=[part.attributes[index] for index in kept.tolist()],
        set_aside=tuple(sorted(aside, key=lambda one: one.row)), extent=(box[0], box[1], box[2], box[3]) if box else None,
        notes=(*notes, *more),
    )  # fmt: skip
