"""The land's fields as GeoTIFF: cells outside the district hold the declared nodata value, north is up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
import shapely
from rasterio import Affine

from demo.field import Floats
from demo.ground import Ground
from layers.model import Layer

NODATA = -9999.0


@dataclass(frozen=True, slots=True)
class Delivered:
    """cells: [row, column] with row 0 in the north, NODATA outside the area in which the raster speaks."""

    layer: Layer
    cells: Floats
    x: Floats
    y: Floats
    cell: float
    coverage: shapely.Geometry | None


def deliver(g: Ground, layer: Layer, field: Floats) -> Delivered:
    grid = g.land.grid
    x, y = grid.axes()
    speaks = g.outline
    if layer.coverage == "file":
        speaks = shapely.coverage_union_all(
            g.subdistricts[:-2]
        )  # the flood model was not run for the last two subdistricts
    shapely.prepare(speaks)
    inside = shapely.contains_xy(speaks, *grid.centres())
    cells = np.where(inside, np.round(field, 2).astype(np.float32), np.float32(NODATA))
    return Delivered(layer, cells[::-1], x, y[::-1], grid.cell, speaks if layer.coverage == "file" else None)


def write(path: Path, delivered: Delivered) -> None:
    rows, columns = delivered.cells.shape
    half = delivered.cell / 2
    place = Affine(delivered.cell, 0.0, delivered.x[0] - half, 0.0, -delivered.cell, delivered.y[0] + half)
    with rasterio.open(
        path, "w", driver="GTiff", width=columns, height=rows, count=1, dtype="float32", crs="EPSG:4547", transform=place,
        nodata=NODATA, compress="deflate", predictor=3, tiled=True, blockxsize=256, blockysize=256,
    ) as out:  # fmt: skip
        out.write(delivered.cells.astype(np.float32), 1)
