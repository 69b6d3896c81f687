"""Cells of an edition: kept as a cloud-optimised GeoTIFF of our own making, read by window under a site. The only door to rasterio.

A cell belongs to a site when its centre lies inside; under a site too small to hold a centre, the cells it touches are read and the
answer says so.
"""

from __future__ import annotations

import hashlib
import math
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import numpy as np
import rasterio
import rasterio.shutil
from numpy.typing import NDArray
from rasterio._err import CPLE_BaseError
from rasterio.features import geometry_mask
from rasterio.transform import Affine
from rasterio.windows import Window, from_bounds
from shapely.geometry.base import BaseGeometry

from db.errors import GroundError
from db.settings import folder
from gis.histogram import histogram
from gis.quarantine import check_space
from layers.refusal import Refused

NODATA = float(np.finfo(np.float32).min)
TILE = 256
WRITTEN = 2.4  # times the cells: the plain file, its copy and the overviews
AT_LEAST = 1 << 20  # bytes for what is no cell
AT_ONCE = 16 * 1024 * 1024  # cells held beside those that are kept or found
_drawing = Lock()
"""rasterio silences a warning of its own while it draws, which in Python is one setting for all threads: two that draw at once undo it."""

Rule = Literal["centre", "touched"]


@dataclass(frozen=True, slots=True, eq=False)
class Under:
    """What the cells under a site say. ``cells``: how many the site has, with a value or without; ``rule``: whether those count whose centre
    lies in the site, or for want of one those that it touches; ``values`` of the cells that hold one, in ``unit``; ``says_above``: what a
    value must exceed to say anything (None: a raster that only has values). Figures are told to a thousandth, as they are hashed.
    """

    cells: int
    rule: Rule
    values: NDArray[np.float64]
    unit: str | None = None
    says_above: float | None = None

    @property
    def held(self) -> float:
        """Share of the site's cells that hold a value; of the rest nobody knows."""
        return self.values.size / self.cells

    def share_above(self, level: float) -> float:
        """Share of all the site's cells that surely lie above ``level``: a cell without a value does not, and 1 - ``held`` might."""
        # Cells are float32: 0.1 stored as such is more than 0.1.
        return int((self.values > float(np.float32(level))).sum()) / self.cells

    @property
    def least(self) -> float | None:
        return _figure(self.values.min()) if self.values.size else None

    @property
    def mean(self) -> float | None:
        return _figure(self.values.mean()) if self.values.size else None

    @property
    def most(self) -> float | None:
        return _figure(self.values.max()) if self.values.size else None

    def histogram(self) -> list[dict[str, Any]]:
        """``from``, ``to``, ``share`` of all the site's cells (to 1e-6) by classes with round edges; the shares add up to ``held``."""
        return histogram(self.values, self.cells, self.unit, self.says_above)


def keep(
    cells: NDArray[np.float32], transform: tuple[float, ...], crs_wkt: str, facts: Mapping[str, Any]
) -> dict[str, Any]:
    """Write ``cells`` (height, width; NaN = no data; project CRS, ``transform`` as a, b, c, d, e, f) and say where.

    ``facts`` go into what is said: unit, says_above. The file is named by its content, so the same cells stand once. Refused
    ``raster_unwritten``; GroundError ``disk_full``, ``no_space``.
    """
    told = hashlib.sha256()
    for _, rows in _filled(cells):
        told.update(rows.tobytes())
    told.update(repr(tuple(map(float, transform))).encode())
    path = folder("rasters") / f"{told.hexdigest()}.tif"
    if path.exists():
        os.utime(path)  # somebody needs it again: no sweep takes it for forgotten
    else:
        _write(path, cells, transform, crs_wkt)
    return {
        "file": path.name,
        "width": int(cells.shape[1]),
        "height": int(cells.shape[0]),
        "cell_m": abs(float(transform[0])),
        **facts,
    }


def _filled(cells: NDArray[np.float32]) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """The cells by strips of whole tiles, each with its first row, and no data as it is stored."""
    rows = max(1, AT_ONCE // (cells.shape[1] * TILE)) * TILE
    for top in range(0, cells.shape[0], rows):
        strip = cells[top : top + rows]
        yield top, np.where(np.isfinite(strip), strip, np.float32(NODATA)).astype(np.float32, copy=False)


def _write(path: Path, cells: NDArray[np.float32], transform: tuple[float, ...], crs_wkt: str) -> None:
    """GDAL makes a cloud-optimised file only as a copy of a whole one, so a plain one stands beside it for a moment. Of what it could not write at the
    end it says nothing, so the copy is read again before it counts.
    """
    plain, made = (path.with_suffix(f".{os.getpid()}.{word}") for word in ("plain", "partial"))
    height, width = cells.shape
    check_space(path.parent, int(cells.nbytes * WRITTEN) + AT_LEAST, path.name)
    try:
        with rasterio.open(
            plain,
            "w",
            driver="GTiff",
            width=width,
            height=height,
            count=1,
            dtype="float32",
            crs=crs_wkt,
            transform=Affine(*transform),
            nodata=NODATA,
            tiled=True,
            blockxsize=TILE,
            blockysize=TILE,
            bigtiff="IF_SAFER",
        ) as out:
            for top, strip in _filled(cells):
                out.write(strip, 1, window=Window(0, top, width, strip.shape[0]))
        rasterio.shutil.copy(
            plain,
            made,
            driver="COG",
            blocksize=TILE,
            compress="DEFLATE",
            predictor="FLOATING_POINT",
            overview_resampling="AVERAGE",
            num_threads="ALL_CPUS",
            bigtiff="IF_SAFER",
        )
        if not _holds(made, cells):
            raise _unwritten(path)
        made.replace(path)
    except (rasterio.errors.RasterioError, CPLE_BaseError) as error:
        raise _unwritten(path) from error
    finally:
        for left in (plain, made):
            left.unlink(missing_ok=True)


def _holds(path: Path, cells: NDArray[np.float32]) -> bool:
    with rasterio.open(path) as there:
        return all(
            np.array_equal(there.read(1, window=Window(0, top, strip.shape[1], strip.shape[0])), strip)
            for top, strip in _filled(cells)
        )


def _unwritten(path: Path) -> Exception:
    """GDAL has no number for what went wrong; how much room is left tells whether it was that."""
    if shutil.disk_usage(path.parent).free < AT_LEAST:
        return GroundError("disk_full", folder=str(path.parent))
    return Refused("raster_unwritten", folder=str(path.parent))


def under(raster: Mapping[str, Any], site: BaseGeometry) -> Under:
    """The cells of ``raster`` (what ``keep`` said) under ``site`` (project CRS). Refused ``raster_missing``, ``raster_damaged``."""
    path = folder("rasters") / Path(str(raster["file"])).name
    if not path.exists():
        raise Refused("raster_missing", file=path.name)
    rule: Rule = "centre"
    try:
        with rasterio.open(path) as source:
            window = _window(source, site)
            count, values = _within(source, site, window, all_touched=False)
            if not count:
                rule = "touched"
                count, values = _within(source, site, window, all_touched=True)
    except rasterio.errors.RasterioIOError as error:
        raise Refused("raster_damaged", file=path.name) from error
    return Under(max(count, 1), rule, values, raster.get("unit"), raster.get("says_above"))


def read(raster: Mapping[str, Any], site: BaseGeometry) -> tuple[float, float, dict[str, Any]]:
    """What the cells under a site say, as ``told_of``. Refused as ``under``."""
    return told_of(under(raster, site))


def told_of(found: Under) -> tuple[float, float, dict[str, Any]]:
    """Share of the site's cells that hold a value, share that say something (above ``says_above`` where that is set), and
    min, mean, max, histogram of the values, their number and unit.
    """
    said = found.held if found.says_above is None else found.share_above(found.says_above)
    told: dict[str, Any] = {"cells": found.values.size, "unit": found.unit, "rule": found.rule}
    if found.values.size:
        told |= {"min": found.least, "mean": found.mean, "max": found.most, "histogram": found.histogram()}
    if found.says_above is not None:
        told |= {"above": found.says_above, "above_share": round(said, 6)}
    return found.held, said, told


def _window(source: Any, site: BaseGeometry) -> Window:
    """The whole cells around the site, within the file or beyond it."""
    exact = from_bounds(*site.bounds, transform=source.transform)
    left, top = math.floor(exact.col_off), math.floor(exact.row_off)
    return Window(
        left,
        top,
        math.ceil(exact.col_off + exact.width) - left or 1,
        math.ceil(exact.row_off + exact.height) - top or 1,
    )


def _within(
    source: Any, site: BaseGeometry, window: Window, *, all_touched: bool
) -> tuple[int, NDArray[np.float64]]:
    """How many cells of the window belong to the site, and the values of those that hold one. Outside the file is no data."""
    count = 0
    found: list[NDArray[np.float32]] = [np.empty(0, dtype=np.float32)]
    rows = max(1, AT_ONCE // window.width)
    for top in range(window.row_off, window.row_off + window.height, rows):
        height = min(rows, window.row_off + window.height - top)
        strip = Window(window.col_off, top, window.width, height)
        with _drawing:
            inside = ~geometry_mask(
                [site], (height, window.width), source.window_transform(strip), all_touched=all_touched
            )
        count += int(inside.sum())
        first, last = max(top, 0), min(top + height, source.height)
        left, right = max(window.col_off, 0), min(window.col_off + window.width, source.width)
        if first >= last or left >= right:
            continue
        cells = source.read(1, window=Window(left, first, right - left, last - first))
        here = inside[first - top : last - top, left - window.col_off : right - window.col_off]
        found.append(cells[here & (cells != np.float32(NODATA))])
    return count, np.concatenate(found, dtype=np.float64)


def _figure(value: Any) -> float:
    return round(float(value), 3)
