"""Inside the sandbox: a GeoTIFF becomes bare numbers. ``python -m gis.reading.cells IN OUT LIMITS``, a process of its own, for rasterio brings a
GDAL of its own and its allow-list is another (GTiff alone).
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

from gis.sandbox import out_of_memory, shut

MOST_CELLS = 120_000_000


def main() -> None:
    folder_in, folder_out, limits = sys.argv[1:]
    shut(limits)
    try:
        job = json.loads((Path(folder_in) / "cells.json").read_text(encoding="utf-8"))
        for name, inside in job:
            _say({"id": name, **_read(Path(folder_in) / inside, Path(folder_out) / f"{name}.cells")})
    except MemoryError:
        out_of_memory()


def _read(path: Path, to: Path) -> dict[str, Any]:
    """What the file says of itself, its cells in ``to`` as float32 by rows (NaN: no data); or the code of a refusal."""
    import numpy as np
    import rasterio

    try:
        with rasterio.open(path, driver="GTiff", sharing=False) as source:
            if source.width * source.height > MOST_CELLS:
                return {
                    "refused": "raster_too_large",
                    "params": {"cells": source.width * source.height, "most": MOST_CELLS},
                }
            if (
                source.count != 1
                or not np.issubdtype(np.dtype(source.dtypes[0]), np.number)
                or "complex" in source.dtypes[0]
            ):
                return {
                    "refused": "raster_bands",
                    "params": {"bands": source.count, "type": source.dtypes[0]},
                }
            turn = tuple(float(value) for value in source.transform[:6])
            if turn[1] or turn[3] or not turn[0] > 0 or not turn[4] < 0 or not all(map(math.isfinite, turn)):
                return {"refused": "raster_turned", "params": {}}
            if source.nodata is None and source.mask_flag_enums[0] == [rasterio.enums.MaskFlags.all_valid]:
                return {"refused": "raster_nodata", "params": {}}
            cells = source.read(1).astype(np.float32)
            cells[source.read_masks(1) == 0] = np.nan
            cells[~np.isfinite(cells)] = np.nan
            cells.tofile(to)
            return {
                "width": source.width,
                "height": source.height,
                "transform": turn,
                "crs": source.crs.to_wkt() if source.crs else None,
                "type": source.dtypes[0],
                "nodata": None
                if source.nodata is None or not math.isfinite(source.nodata)
                else float(source.nodata),
            }
    except (rasterio.errors.RasterioError, ValueError) as error:
        return {"refused": "unreadable", "params": {"reason": f"{type(error).__name__}: {error}"[:300]}}


def _say(message: dict[str, Any]) -> None:
    print(json.dumps(message, allow_nan=False), flush=True)  # noqa: T201 - the sandbox's voice


if __name__ == "__main__":
    main()
