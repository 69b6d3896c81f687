"""Deliveries for the crash rounds: 160 small layers in one zip, 140 GeoPackages and 20 grids, each delivery told from every other by its content."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import rasterio
import shapely
from pyogrio.raw import write
from rasterio.transform import Affine

SRID = 4547
FEATURE_LAYERS, RASTER_LAYERS = 140, 20
LAYERS = FEATURE_LAYERS + RASTER_LAYERS
ROWS = 60
SIDE = 16  # cells
WEST, SOUTH, STEP = 512_000.0, 2_512_000.0, 40.0


class Deliveries:
    """A folder that keeps what all deliveries share. Features of ``turn`` 0 and 1 differ in number, place and word; the cells differ with every
    ``number``, so that each delivery writes raster files of its own.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def make(self, number: int, turn: int) -> Path:
        features = self.folder / f"features-{turn}"
        if not features.exists():
            features.mkdir(parents=True)
            for layer in range(FEATURE_LAYERS):
                _features(features / f"area_{layer:03d}.gpkg", layer, turn)
        place = self.folder / f"delivery-{number}.zip"
        with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as into:
            for file in sorted(features.iterdir()):
                into.write(file, file.name)
            for layer in range(RASTER_LAYERS):
                file = self.folder / f"grid_{layer:03d}.tif"
                _cells(file, layer, number)
                into.write(file, file.name)
        return place


def rows_of(turn: int) -> int:
    """How many features every feature layer of that delivery has."""
    return ROWS + turn


def _features(path: Path, layer: int, turn: int) -> None:
    count = rows_of(turn)
    west = WEST + STEP * (np.arange(count) % 10) + turn * STEP / 4
    south = SOUTH + STEP * (np.arange(count) // 10) + layer
    shapes = shapely.box(west, south, west + STEP / 2, south + STEP / 2)
    fields = {"code": [f"{layer}-{row}" for row in range(count)], "edition": [f"turn {turn}"] * count}
    write(
        path,
        geometry=shapely.to_wkb(shapes),
        field_data=[np.array(values, dtype=object) for values in fields.values()],
        fields=list(fields),
        geometry_type="Polygon",
        crs=f"EPSG:{SRID}",
        layer=path.stem,
        driver="GPKG",
    )


def _cells(path: Path, layer: int, number: int) -> None:
    with rasterio.open(
        path, "w", driver="GTiff", count=1, height=SIDE, width=SIDE, dtype="float32", crs=SRID, nodata=-1.0,
        transform=Affine(10.0, 0.0, WEST, 0.0, -10.0, SOUTH),
    ) as out:  # fmt: skip
        out.write(np.full((1, SIDE, SIDE), 1000 * number + layer, dtype=np.float32))
