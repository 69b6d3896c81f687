"""Cells of an edition: kept as a GeoTIFF of our own making, read by window under a site. The only door to rasterio.

A cell belongs to a site when its centre lies inside; under a site too small to hold a centre, the cells it touches are read and the
answer says so.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.features import geometry_mask
from rasterio.transform import Affine
from rasterio.windows import Window, from_bounds
from shapely.geometry.base import BaseGeometry

from db.settings import folder
from layers.refusal import Refused

NODATA = float(np.finfo(np.float32).min)


def keep(
    cells: NDArray[np.float32], transform: tuple[float, ...], crs_wkt: str, facts: Mapping[str, Any]
) -> dict[str, Any]:
    """Write ``cells`` (height, width; NaN = no data; project CRS, ``transform`` as a, b, c, d, e, f) and say where.

    ``facts`` go into what is said: unit, says_above. The file is named by its content, so the same cells stand once.
    """
    filled = np.where(np.isfinite(cells), cells, np.float32(NODATA)).astype(np.float32)
    told = hashlib.sha256(filled.tobytes() + repr(tuple(map(float, transform))).encode()).hexdigest()
    path = folder("rasters") / f"{told}.tif"
    if not path.exists():
        partial = path.with_suffix(f".{os.getpid()}.partial")
        with rasterio.open(
            partial,
            "w",
            driver="GTiff",
            width=cells.shape[1],
            height=cells.shape[0],
            count=1,
            dtype="float32",
            crs=crs_wkt,
            transform=Affine(*transform),
            nodata=NODATA,
            tiled=True,
            blockxsize=256,
            blockysize=256,
            compress="deflate",
            predictor=3,
        ) as out:
            out.write(filled, 1)
        partial.replace(path)
    return {
        "file": path.name,
        "width": int(cells.shape[1]),
        "height": int(cells.shape[0]),
        "cell_m": abs(float(transform[0])),
        **facts,
    }


def read(raster: Mapping[str, Any], site: BaseGeometry) -> tuple[float, float, dict[str, Any]]:
    """Share of the site's cells that hold a value, share that say something (above ``says_above`` where that is set), and
    min, mean, max of the values, their number and unit. Refused ``raster_missing``, ``raster_damaged``.
    """
    path = folder("rasters") / Path(str(raster["file"])).name
    if not path.exists():
        raise Refused("raster_missing", file=path.name)
    try:
        with rasterio.open(path) as source:
            inside, cells, touched = _under(source, site)
    except rasterio.errors.RasterioIOError as error:
        raise Refused("raster_damaged", file=path.name) from error
    values = cells[inside]
    held = values[values != np.float32(NODATA)].astype(np.float64)
    above = raster.get("says_above")
    said = held if above is None else held[held > above]
    told: dict[str, Any] = {
        "cells": int(held.size),
        "unit": raster.get("unit"),
        "rule": "touched" if touched else "centre",
    }
    if held.size:
        told |= {"min": _round(held.min()), "mean": _round(held.mean()), "max": _round(held.max())}
    whole = max(int(inside.sum()), 1)
    if above is not None:
        told |= {"above": above, "above_share": round(said.size / whole, 6)}
    return held.size / whole, said.size / whole, told


def _under(source: Any, site: BaseGeometry) -> tuple[NDArray[np.bool_], NDArray[np.float32], bool]:
    """Which cells of the window belong to the site, their values, and whether touching had to do. Outside the file is no data."""
    exact = from_bounds(*site.bounds, transform=source.transform)
    left, top = math.floor(exact.col_off), math.floor(exact.row_off)
    window = Window(
        left,
        top,
        math.ceil(exact.col_off + exact.width) - left or 1,
        math.ceil(exact.row_off + exact.height) - top or 1,
    )
    cells = source.read(1, window=window, boundless=True, fill_value=NODATA)
    around = source.window_transform(window)
    inside = ~geometry_mask([site], cells.shape, around)
    touched = not inside.any()
    if touched:
        inside = ~geometry_mask([site], cells.shape, around, all_touched=True)
    return inside, cells, touched


def _round(value: float) -> float:
    return round(float(value), 3)
