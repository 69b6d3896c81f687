"""Rasters of a delivery: opened in the sandbox (``gis.reading.cells``), checked again here, one grid of numbers each in the project's own
system. A grid in another system is refused: moving cells changes their values, and that is for whoever owns them to do. Whoever has no project yet
reads grids as they are.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np

from gis import quarantine, sandbox
from gis.crs import Crs, transformer
from gis.delivery import Delivery, Source
from gis.drivers import all_but
from gis.placing import Place, resolved
from gis.questions import asked
from gis.readers_room import Progress
from gis.sandbox import Limits
from gis.shown import shown
from gis.source_layer import Note, RefusedSource, SourceRaster
from layers.refusal import Refused

ALLOWED = ("GTiff",)
Nodata = float | Literal["none"]
"""What a person says of grids that do not say it themselves: the value that means no data, or that every cell holds one."""
_LARGEST = 1e9  # m: no project system has coordinates or cells beyond


def answered(text: str) -> Nodata:
    """A number, or "none"; Refused ``nodata_unreadable``."""
    if text.strip().lower() == "none":
        return "none"
    try:
        value = float(text)
    except ValueError:
        value = math.inf
    if math.isinf(value):  # NaN is a value that files use; an infinite one is no data anyway
        raise Refused("nodata_unreadable", got=shown(text, 40))
    return value


def read(
    delivery: Delivery,
    place: Place | None,
    declared: Callable[[str], Crs | None],
    limits: Limits,
    on_progress: Progress | None = None,
    nodata: Nodata | None = None,
) -> tuple[list[SourceRaster], list[RefusedSource]]:
    """The sources of a delivery that holds rasters alone. ``place`` None: whatever system they are in. ``declared``: what a person says of
    a file by its path."""
    sources = delivery.sources
    if not sources:
        return [], []
    names = {f"{number:06d}": source for number, source in enumerate(sources)}
    told: dict[str, dict[str, Any]] = {}
    weights = dict(zip(names, delivery.weights(), strict=True))
    done, whole = 0, sum(weights.values())

    def heard(message: dict[str, Any]) -> None:
        """Messages come from the untrusted side: only names that we gave count, each once."""
        nonlocal done
        name = str(message.get("id"))
        if name in names and name not in told:
            told[name] = message
            done += weights[name]
            if on_progress is not None:
                on_progress(names[name].path, done, whole)

    with quarantine.room("cells") as out:
        job = {
            "nodata": None if nodata is None else _word(nodata),
            "sources": [[name, source.inside] for name, source in names.items()],
        }
        (delivery.folder / "cells.json").write_text(json.dumps(job), encoding="utf-8")
        sandbox.run(
            "gis.reading.cells",
            delivery.folder,
            out,
            limits,
            env={"GDAL_SKIP": all_but(ALLOWED)},
            on_message=heard,
        )
        found: list[SourceRaster] = []
        refused: list[RefusedSource] = []
        for name, source in names.items():
            try:
                cells = out / f"{name}.cells"
                found.append(_raster(source, told.get(name), cells, place, declared(source.path), nodata))
            except Refused as refusal:
                refused.append(
                    RefusedSource(source.path, refusal.code, {"file": source.path, **refusal.params})
                )
        return found, refused


def _raster(
    source: Source,
    told: dict[str, Any] | None,
    file: Path,
    place: Place | None,
    declared: Crs | None,
    answer: Nodata | None,
) -> SourceRaster:
    if told is None:
        raise Refused("reader_untrusted", reason="answer")
    if "refused" in told:
        params = told.get("params")
        raise Refused(str(told["refused"])[:60], **(params if isinstance(params, dict) else {}))
    try:
        width, height = int(told["width"]), int(told["height"])
        a, b, c, d, e, f = (float(value) for value in told["transform"])
        stated = None if told["crs"] is None else str(told["crs"])
        nodata = None if told["nodata"] is None else float(told["nodata"])
        notes = _notes(told["answered"], answer)
        cells = np.fromfile(file, dtype=np.float32)
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise Refused("reader_untrusted", reason="cells") from error
    good = all(math.isfinite(value) and abs(value) < _LARGEST for value in (a, b, c, d, e, f))
    if (
        width < 1
        or height < 1
        or cells.size != width * height
        or not good
        or not a > 0
        or not e < 0
        or b
        or d
    ):
        raise Refused("reader_untrusted", reason="cells")
    try:
        crs_in, basis = resolved(stated, False, declared, source.stem)
    except Refused as refusal:
        if refusal.code != "no_crs" or place is None:
            raise
        middle = np.array([[c + a * width / 2, f + e * height / 2]])
        raise asked(middle, place.project, place.outline, place.known) from None
    project_crs = crs_in if place is None else place.project
    way = transformer(crs_in, project_crs)  # a datum that cannot be left is the graver reason
    if not crs_in.same_as(project_crs):
        raise Refused("raster_crs", got=crs_in.label, expected=project_crs.label)
    return SourceRaster(
        source.path,
        source.stem,
        crs_in,
        basis,
        way.operation,
        str(told.get("type"))[:20],
        nodata,
        cells.reshape(height, width),
        (a, b, c, d, e, f),
        notes,
    )


def _notes(told: Any, answer: Nodata | None) -> tuple[Note, ...]:
    """That a person said what the file does not: whoever reads the edition should know."""
    if told is None or answer is None:
        return ()
    if answer == "none":
        found = told["found"] and [shown(each, 40) for each in told["found"][:3]]
        return (Note("nodata_none", {"found": found}),)
    return (Note("nodata_answered", {"nodata": _word(answer), "missing": int(told["missing"])}),)


def _word(answer: Nodata) -> str:
    return str(answer).removesuffix(".0")
