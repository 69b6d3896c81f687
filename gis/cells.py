"""Rasters of a delivery: opened in the sandbox (``gis.reading.cells``), checked again here, one grid of numbers each in the project's own
system. A grid in another system is refused: moving cells changes their values, and that is for whoever owns them to do.
"""

from __future__ import annotations

import json
import math
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gis import sandbox
from gis.crs import Crs
from gis.delivery import Source
from gis.placing import resolved
from gis.readers_room import RASTER
from gis.sandbox import Limits
from gis.source_layer import RefusedSource, SourceRaster
from layers.refusal import Refused

ALLOWED = {"GTiff"}
_LARGEST = 1e9  # m: no project system has coordinates or cells beyond


def read(
    folder: Path, sources: Sequence[Source], project_crs: Crs, source_crs: Crs | None, limits: Limits
) -> tuple[list[SourceRaster], list[RefusedSource]]:
    """The rasters among a delivery's sources, which lie in ``folder``."""
    if not sources:
        return [], []
    names = {f"{number:06d}": source for number, source in enumerate(sources)}
    out = Path(tempfile.mkdtemp(prefix="hetu-cells-"))
    told: dict[str, dict[str, Any]] = {}
    try:
        job = [[name, source.inside] for name, source in names.items()]
        (folder / "cells.json").write_text(json.dumps(job), encoding="utf-8")
        sandbox.run(
            "gis.reading.cells",
            folder,
            out,
            limits,
            env={"GDAL_SKIP": skipped()},
            on_message=lambda message: told.setdefault(str(message.get("id")), message),
        )
        found: list[SourceRaster] = []
        refused: list[RefusedSource] = []
        for name, source in names.items():
            try:
                found.append(_raster(source, told.get(name), out / f"{name}.cells", project_crs, source_crs))
            except Refused as refusal:
                refused.append(
                    RefusedSource(source.path, refusal.code, {"file": source.path, **refusal.params})
                )
        return found, refused
    finally:
        shutil.rmtree(out, ignore_errors=True)


def skipped() -> str:
    """GDAL_SKIP of the process that reads cells: every driver of either GDAL but GeoTIFF's."""
    import pyogrio

    return ",".join(sorted({*pyogrio.list_drivers(), *RASTER} - ALLOWED))


def _raster(
    source: Source, told: dict[str, Any] | None, file: Path, project_crs: Crs, source_crs: Crs | None
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
    crs_in, basis = resolved(stated, False, source_crs, source.stem)
    if not crs_in.same_as(project_crs):
        raise Refused("raster_crs", got=crs_in.label, expected=project_crs.label)
    return SourceRaster(
        source.path,
        source.stem,
        crs_in,
        basis,
        str(told.get("type"))[:20],
        nodata,
        cells.reshape(height, width),
        (a, b, c, d, e, f),
    )
