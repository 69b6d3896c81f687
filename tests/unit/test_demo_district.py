"""The demo's delivery: every layer of the catalogue, one file each, looking like a district, the same every time."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import rasterio
import shapely

from demo import files
from demo.fabric import neighbours
from demo.field import Grid, above, horn
from demo.names import places
from demo.recipes import RASTERS, RECIPES
from demo.topology import topojson
from tests.demo_once import STEPS, catalogue, key, made, shapes_in

VECTORS = sorted(code for code, layer in catalogue().layers.items() if layer.kind != "raster")


def test_the_recipes_are_the_catalogue() -> None:
    assert sorted(RECIPES) == VECTORS
    assert set(RASTERS) == set(catalogue().layers) - set(VECTORS)


def test_it_is_small_and_says_how_far_it_is() -> None:
    assert 45_000 < made().features < 65_000
    assert {step for step, _, _ in STEPS} == {"ground", "layers", "key"}
    assert len([1 for step, _, _ in STEPS if step == "layers"]) == len(catalogue().layers)


def test_the_outline_is_a_district_and_no_rectangle() -> None:
    outline = made().outline
    assert outline.geom_type == "Polygon"
    assert outline.area / 1e6 == pytest.approx(388, abs=0.5)
    assert outline.area < 0.75 * shapely.oriented_envelope(outline).area
    assert outline.equals(shapes_in("district")[0])


@pytest.mark.parametrize(("code", "count"), [("subdistrict", 8), ("community", 111), ("cadastral_zone", 8)])
def test_divisions_cover_the_district_exactly(code: str, count: int) -> None:
    shapes = shapes_in(code)
    assert len(shapes) == count
    assert shapely.coverage_is_valid(shapes)
    assert shapely.coverage_union_all(shapes).equals(made().outline)


@pytest.mark.parametrize(
    "code", ["land_use_master_plan", "land_use_survey", "spatial_plan_use", "drainage_catchment"]
)
def test_plans_of_the_whole_district_leave_no_gap_and_no_overlap(code: str) -> None:
    shapes = shapes_in(code)
    assert shapely.coverage_is_valid(shapes)
    assert shapely.area(shapes).sum() == pytest.approx(made().outline.area, rel=1e-12)


def test_communities_make_up_their_subdistricts() -> None:
    subdistricts = shapes_in("subdistrict")
    inner = shapely.point_on_surface(shapes_in("community"))
    community, _ = shapely.STRtree(subdistricts).query(inner, predicate="intersects")
    assert sorted(community.tolist()) == list(range(111))


def test_buildings_stand_inside_parcels() -> None:
    houses = shapes_in("building")
    houses = houses[shapely.is_valid(houses)]
    house, _ = shapely.STRtree(shapes_in("land_parcel")).query(houses, predicate="within")
    assert len(np.unique(house)) == len(houses)


def test_coordinates_stand_on_the_millimetre() -> None:
    for code in (
        "statutory_plan",
        "power_corridor",
        "sewer",
        "ecological_red_line",
        "rail_protection",
        "address",
    ):
        xy = shapely.get_coordinates(shapes_in(code))
        assert np.abs(xy * 1000 - np.round(xy * 1000)).max() < 1e-5, code


@pytest.mark.parametrize("code", VECTORS)
def test_every_layer_has_features_of_its_kind_in_a_file_that_says_whose_it_is(code: str) -> None:
    layer = catalogue().layers[code]
    path = made().delivery / files.file_name(layer)
    found = catalogue().find(path.stem)
    assert found is not None
    assert found.code == code
    if path.suffix != ".gpkg":
        return
    about = pyogrio.read_info(path)
    assert about["crs"] == "EPSG:4547"
    assert about["features"] == key()["layers"][code]["read"] > 0
    kinds = {"polygon": ("Polygon", "MultiPolygon"), "line": ("LineString",), "point": ("Point",)}
    assert about["geometry_type"] in kinds[layer.kind]
    wanted = {*layer.identify, layer.classify} - {None}
    assert wanted <= set(about["fields"])
    meta, _, _, columns = pyogrio.raw.read(path, read_geometry=False, columns=sorted(wanted))
    table = dict(zip(meta["fields"], columns, strict=True))
    assert len(set(table[layer.identify[0]])) == about["features"]
    if layer.class_system is not None:
        system = catalogue().classes[layer.class_system]
        assert all(system.find(value) is not None for value in set(table[layer.classify]))


def test_coverages_lie_beside_exactly_the_layers_whose_stanza_wants_them() -> None:
    told = {
        path.name.removesuffix(".coverage.geojson") for path in made().delivery.glob("*.coverage.geojson")
    }
    assert told == {files.stem(layer) for layer in catalogue().layers.values() if layer.coverage == "file"}
    one = json.loads((made().delivery / "statutory_plan.coverage.geojson").read_text(encoding="utf-8"))
    assert one["crs"]["properties"]["name"] == "urn:ogc:def:crs:EPSG::4547"
    shape = shapely.from_geojson(json.dumps(one["features"][0]["geometry"]))
    assert 0.2 < shape.area / made().outline.area < 0.95
    assert shapely.area(shapes_in("statutory_plan")).sum() == pytest.approx(shape.area, rel=1e-9)


def test_one_shapefile_is_in_gb18030_and_says_so_nowhere() -> None:
    with zipfile.ZipFile(made().delivery / files.file_name(catalogue().layers["urban_village"])) as archive:
        assert sorted(Path(name).suffix for name in archive.namelist()) == [".dbf", ".prj", ".shp", ".shx"]
        table = archive.read("urban_village.dbf")
    assert "城中村".encode("gb18030") in table
    with pytest.raises(UnicodeDecodeError):
        table[table.index("城中村".encode("gb18030")) :][:6].decode("utf-8")


def test_geojson_and_topojson_are_in_degrees_and_boundary_text_in_zone_38() -> None:
    for name in ("DM.geojson", "school_catchment.topojson"):
        _, _, wkb, _ = pyogrio.raw.read(made().delivery / name)
        west, south, east, north = shapely.total_bounds(shapely.from_wkb(wkb))
        assert 113.9 < west < east < 114.7, name
        assert 22.4 < south < north < 23.0, name
    text = (made().delivery / "reserve_land.txt").read_bytes().decode("gbk")
    assert "带号=38" in text
    eastings = [line.split(",")[3] for line in text.split("\r\n") if line.startswith("J")]
    assert {easting[:2] for easting in eastings} == {"38"}


def test_topojson_keeps_every_polygon_and_writes_shared_boundaries_once() -> None:
    path = made().delivery / "school_catchment.topojson"
    arcs = json.loads(path.read_text(encoding="utf-8"))["arcs"]
    seen = {tuple(sorted((tuple(a), tuple(b)))) for arc in arcs for a, b in pairwise(arc)}
    assert len(seen) == sum(len(arc) - 1 for arc in arcs)
    assert len(pyogrio.raw.read(path)[2]) == key()["layers"]["school_catchment"]["read"]


def test_two_squares_make_a_topology_of_three_arcs() -> None:
    squares = [[(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)], [(1, 0), (2, 0), (2, 1), (1, 1), (1, 0)]]
    features = [
        {"geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": {}} for ring in squares
    ]
    made_of = topojson("squares", {"features": features})
    shared = [
        arc for arc in made_of["arcs"] if sorted(arc) == [[1, 0], [1, 1]] or sorted(arc) == [(1, 0), (1, 1)]
    ]
    assert len(shared) == 1
    assert sum(len(arc) - 1 for arc in made_of["arcs"]) == 7


def test_rasters_say_where_they_say_nothing_and_slope_is_horns() -> None:
    with rasterio.open(made().delivery / "elevation.tif") as image:
        assert image.crs.to_epsg() == 4547
        assert image.nodata == -9999
        height = image.read(1)
        outside = height == image.nodata
        assert 0.3 < outside.mean() < 0.7
        cell = image.res[0]
    with rasterio.open(made().delivery / "slope.tif") as image:
        slope = image.read(1)
    assert ((slope == -9999) == outside).all()
    whole = ~outside
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            whole &= ~np.roll(outside, (down, right), axis=(0, 1))
    expected = horn(height.astype(np.float64), cell)
    assert np.abs(slope - expected)[whole].max() < 0.0051
    assert height[whole].max() - height[whole].min() > 300
    with rasterio.open(made().delivery / "flood_depth.tif") as image:
        assert (image.read(1) == -9999).sum() > outside.sum()


def test_the_same_seed_gives_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    program = "import sys, pathlib, demo; demo.make(pathlib.Path(sys.argv[1]))"
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, env=environment, timeout=240)

    def digests(folder: Path) -> dict[str, str]:
        every = sorted(path for path in folder.rglob("*") if path.is_file())
        return {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in every
        }

    assert digests(tmp_path) == digests(made().delivery.parent)


def test_contours_close_round_what_lies_above() -> None:
    grid = Grid(0.0, 0.0, 10.0, 40, 40)
    x, y = grid.centres()
    cone = 150.0 - np.hypot(x - 200, y - 200)
    (disc,) = above(grid, cone, 50.0)
    assert disc.area == pytest.approx(np.pi * 100**2, rel=0.02)
    (ring,) = above(grid, -np.abs(cone - 50.0), -20.0)
    assert len(ring.interiors) == 1
    assert len(above(grid, cone, 500.0)) == 0


def test_horn_on_a_plane_is_the_planes_slope() -> None:
    x, y = Grid(0.0, 0.0, 30.0, 20, 10).centres()
    assert horn(0.1 * x + 0.2 * y, 30.0)[1:-1, 1:-1] == pytest.approx(
        np.degrees(np.arctan(np.hypot(0.1, 0.2)))
    )


def test_neighbours_share_exactly_their_common_edges() -> None:
    squares = np.array(
        [
            shapely.box(0, 0, 10, 10),
            shapely.Polygon([(10, 0), (20, 0), (20, 10), (10, 10)]),
            shapely.box(20, 10, 30, 20),
        ]
    )
    pairs, shared = neighbours(squares)
    assert pairs.tolist() == [[0, 1]]
    assert shared.tolist() == [10.0]


def test_names_are_distinct_and_the_same_for_a_seed() -> None:
    found = places(3, "streets", 2000)
    assert len(set(found)) == 2000
    assert found == places(3, "streets", 2000)
    assert found != places(4, "streets", 2000)
