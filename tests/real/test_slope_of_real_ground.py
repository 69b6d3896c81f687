"""A real mountain: the slope derived from its elevations has the figures that others worked out, from the file to the answer of a check."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from pyproj import Transformer

from db import session
from db import workspace as workspaces
from db.actor import Actor
from db.cluster import Cluster
from db.settings import CHECKOUT
from demo.field import horn
from gis import crs, raster, terrain
from gis.site import from_box
from layers import catalogue
from workflows.base_map import places, service
from workflows.base_map.intake import service as intake
from workflows.base_map.intake.said import Said

FILE = CHECKOUT.parent / "shared" / "data" / "dem" / "storml_elev.tif"
NAME = f"mountain_{os.getpid()}"
UTM = crs.parse("EPSG:26912")
FIGURES = {25.0: 0.4746, 15.0: 0.6729, 6.0: 0.8980}  # shares of interior cells at least so steep

pytestmark = pytest.mark.skipif(
    not FILE.is_file(), reason="the mountain (shared/data/dem) is not beside the checkout"
)


def test_horn_gives_the_published_figures() -> None:
    with rasterio.open(FILE) as file:
        cells = file.read(1)
        steep = terrain.slope(cells, *file.res)
    inside = steep[1:-1, 1:-1].astype(np.float64)
    assert (np.isnan(steep).sum(), inside.size) == (cells.size - inside.size, 14_805)
    assert round(float(inside.mean()), 2) == 22.97
    assert {level: round(float((inside >= level).mean()), 4) for level in FIGURES} == FIGURES
    theirs = horn(cells[::-1].astype(np.float64), 30.0)[::-1][1:-1, 1:-1]
    assert np.abs(inside - theirs).max() < 1e-5


@pytest.fixture(scope="module")
def mountain(cluster: Cluster, actor: Actor) -> Iterator[intake.Imported]:
    places.make(NAME, title="Storm Lake", project=UTM, actor=actor)
    engine = session.engine(NAME)
    with session.transaction(engine, actor) as connection:
        service.load_catalogue(connection, catalogue.load())
    yield intake.import_delivery(engine, actor, FILE, Said(as_layer="高程"))
    workspaces.drop(NAME)


def test_the_mountain_is_delivered_as_elevation_and_its_slope_follows(mountain: intake.Imported) -> None:
    assert [(layer["code"], layer["kind"], layer["rows_read"]) for layer in mountain.layers] == [
        ("elevation", "raster", 143 * 107),
        ("slope", "raster", 14_805),
    ]
    with session.read(session.engine(NAME)) as connection:
        layers = {layer["code"]: layer for layer in service.layers(connection)}
        interior = shapely.box(*_interior(FILE))
        under = raster.under(layers["slope"]["raster"], interior)
        ground = raster.under(layers["elevation"]["raster"], interior)
    assert (under.cells, under.held, under.rule) == (14_805, 1.0, "centre")
    assert under.mean == 22.975  # to a thousandth; 22.97461
    # "Above" and "at least" differ by the cells that lie on the level itself.
    assert {level: round(under.share_above(level - 1e-5), 4) for level in FIGURES} == FIGURES
    assert sum(each["share"] for each in under.histogram() if each["from"] >= 25) == pytest.approx(
        under.share_above(25.0), abs=1e-5
    )
    assert (ground.least, ground.most) == (2438.0, 3046.0)


def _interior(path: Path) -> tuple[float, float, float, float]:
    with rasterio.open(path) as file:
        west, south, east, north = file.bounds
        return west + 30, south + 30, east - 30, north - 30


def test_a_box_on_the_mountain_is_as_steep_as_the_file_says(mountain: intake.Imported) -> None:
    west, south, east, north = _interior(FILE)
    middle = shapely.Point((west + east) / 2, (south + north) / 2).buffer(900, cap_style="square")
    degrees = Transformer.from_crs(26912, 4326, always_xy=True)
    box = degrees.transform_bounds(*middle.bounds)
    site = from_box(",".join(f"{side:.6f}" for side in box), UTM).geometry
    with session.read(session.engine(NAME)) as connection:
        slope = service.layer(connection, "slope")["raster"]
    found = raster.under(slope, site)
    with rasterio.open(FILE) as file:
        theirs = horn(file.read(1)[::-1].astype(np.float64), 30.0)[::-1]
        x = file.bounds.left + 30 * (np.arange(file.width) + 0.5)
        y = file.bounds.top - 30 * (np.arange(file.height) + 0.5)
    inside = shapely.contains_xy(site, *np.meshgrid(x, y))
    assert found.cells == inside.sum() > 3_000
    assert found.mean == pytest.approx(theirs[inside].mean(), abs=0.001)
    assert found.share_above(25.0) == pytest.approx((theirs[inside] > 25.0).mean(), abs=1e-9)
