"""The demo's answer key, read as a planner would: what each test site is, and that the key was worked out right.

Areas are recomputed here from the files by another formula, |A| + |B| - |A or B|, so that neither the key's own way nor the product's is trusted.
"""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pyogrio
import pytest
import rasterio
import shapely
from rasterio import Affine

from demo import classes, files
from demo.sites import CONTROL_LINES, DEMO_SITE
from demo.uses import BUILT, FARM, WET, WOODS
from tests.demo_once import catalogue, key, made, shape_of, shapes_in, site

POLYGONS_IN_GPKG = sorted(
    code
    for code, layer in catalogue().layers.items()
    if layer.kind == "polygon" and files.format_of(layer) == "geopackage"
)


def state(name: str, code: str) -> str:
    return str(site(name)["layers"][code]["state"])


def test_there_are_sites_enough_and_each_answers_for_every_layer() -> None:
    assert len(key()["sites"]) >= 40
    vectors = {code for code, layer in catalogue().layers.items() if layer.kind != "raster"}
    for one in key()["sites"]:
        assert set(one["layers"]) == vectors
        assert set(one["rasters"]) == set(catalogue().layers) - vectors
        assert shape_of(one).is_valid


def test_every_trap_has_its_site() -> None:
    wanted = {
        *(
            DEMO_SITE,
            "multi_part",
            "with_hole",
            "pipe_6m",
            "road_24m",
            "plot",
            "block",
            "community",
            "across_plan_edge",
        ),
        *(
            "outside_every_statutory_plan",
            "across_flood_survey_edge",
            "across_district_edge",
            "outside_district",
            "across_conflict",
        ),
        *(
            "sliver_only",
            "clear_of_control_lines",
            "on_every_control_line",
            "half_metre_strip",
            "square_metre",
            "among_buildings",
        ),
        *(f"touches_farmland_{n}" for n in range(3)),
    }
    assert wanted <= {one["name"] for one in key()["sites"]}
    assert any(one["name"].startswith("conflict_") for one in key()["sites"])


def test_the_demo_site_is_where_farmland_plans_and_a_corridor_meet() -> None:
    one = site(DEMO_SITE)
    assert one["area_m2"] == pytest.approx(60_000, rel=1e-3)
    assert shape_of(one).equals(made().sites[DEMO_SITE])
    for code in (
        "permanent_basic_farmland",
        "land_use_master_plan",
        "statutory_plan",
        "power_corridor",
        "basic_ecological_control_line",
    ):
        assert state(DEMO_SITE, code) == "hit", code


@pytest.mark.parametrize("n", [0, 1, 2])
def test_touching_farmland_is_not_a_hit(n: int) -> None:
    farms = shapes_in("permanent_basic_farmland")
    farms = farms[shapely.is_valid(farms)]
    shape = shape_of(site(f"touches_farmland_{n}"))
    touching = farms[shapely.touches(farms, shape)]
    assert shapely.length(shapely.intersection(shapely.boundary(touching), shape)).sum() > 1
    assert state(f"touches_farmland_{n}", "permanent_basic_farmland") == "clear"


def test_one_site_is_clear_of_all_control_lines_and_one_lies_on_each() -> None:
    assert key()["control_lines"] == list(CONTROL_LINES)
    assert {state("clear_of_control_lines", code) for code in CONTROL_LINES} == {"clear"}
    assert {state("on_every_control_line", code) for code in CONTROL_LINES} == {"hit"}


def test_silence_outside_a_coverage_is_no_data() -> None:
    answer = site("outside_every_statutory_plan")["layers"]["statutory_plan"]
    assert answer == {"state": "no data", "covered_share": 0.0}
    for name, code in (
        ("across_plan_edge", "statutory_plan"),
        ("across_flood_survey_edge", "flood_risk_zone"),
        ("across_district_edge", "district"),
    ):
        assert 0 < site(name)["layers"][code]["covered_share"] < 1, name
    assert {answer["state"] for answer in site("outside_district")["layers"].values()} == {"no data"}
    unvouched = [code for code, layer in catalogue().layers.items() if layer.coverage == "none"]
    assert {one["layers"][code]["covered_share"] for one in key()["sites"] for code in unvouched} == {None}
    assert {one["layers"][code]["state"] for one in key()["sites"] for code in unvouched} <= {
        "hit",
        "no data",
    }


def test_the_sliver_site_holds_nothing_but_the_sliver() -> None:
    for code in ("statutory_plan", "land_use_master_plan"):
        answer = site("sliver_only")["layers"][code]
        assert len(answer["hits"]) == 1
        assert answer["share"] == pytest.approx(1.0)
    assert site("sliver_only")["area_m2"] < 400


def test_shapes_are_what_their_names_say() -> None:
    assert shape_of(site("multi_part")).geom_type == "MultiPolygon"
    assert len(shape_of(site("with_hole")).interiors) == 1
    road = site("road_24m")
    axis = shapely.from_geojson(json.dumps(road["axis"]))
    assert shape_of(road).equals(shapely.buffer(axis, road["width_m"] / 2, quad_segs=8))


@pytest.mark.parametrize(
    "name", [DEMO_SITE, "multi_part", "with_hole", "across_plan_edge", "block", "box_fields_40ha"]
)
def test_areas_are_those_of_the_files(name: str) -> None:
    one = site(name)
    shape = shape_of(one)
    for code in POLYGONS_IN_GPKG:
        shapes = shapes_in(code)
        good = np.flatnonzero(shapely.is_valid(shapes) & ~shapely.is_empty(shapes))
        near = good[shapely.STRtree(shapes[good]).query(shape)]
        shared = {
            int(row): shapes[row].area + shape.area - shapely.union(shapes[row], shape).area for row in near
        }
        told = {row: amount for row, _, _, amount in one["layers"][code].get("hits", [])}
        assert {row for row, area in shared.items() if area > 1e-4 * (1 + shapes[row].area * 1e-6)} == set(
            told
        ), code
        for row, amount in told.items():
            assert shared[row] == pytest.approx(amount, rel=1e-6, abs=1e-6 + 1e-12 * shapes[row].area), code


def test_no_hit_is_so_small_that_two_honest_ways_could_differ() -> None:
    amounts = [
        hit[3]
        for one in key()["sites"]
        for answer in one["layers"].values()
        for hit in answer.get("hits", [])
    ]
    assert min(amounts) >= 1e-3


def test_shares_never_exceed_the_whole_even_where_a_layer_overlaps_itself() -> None:
    shares = [
        (code, a["share"])
        for one in key()["sites"]
        for code, a in one["layers"].items()
        if a.get("share") is not None
    ]
    assert max(share for _, share in shares) <= 1 + 1e-9
    overlapping = {code for code, told in key()["layers"].items() if told.get("self_overlap")}
    assert "flood_risk_zone" in overlapping
    assert not overlapping & {"statutory_plan", "land_use_master_plan", "community", "cadastral_parcel"}


def test_what_is_read_is_kept_or_set_aside_with_its_reason() -> None:
    for code, told in key()["layers"].items():
        if told["kind"] == "raster":
            continue
        rows = [row for found in told["set_aside"].values() for row in found]
        assert told["read"] == told["kept"] + len(set(rows)), code
        if told["format"] != "geopackage":
            continue
        shapes = shapes_in(code)
        assert len(shapes) == told["read"]
        null = shapely.is_missing(shapes)
        empty = shapely.is_empty(shapes) & ~null
        wrong = ~shapely.is_valid(shapes) & ~null
        found = {"null_geometry": null, "empty_geometry": empty, "invalid_geometry": wrong}
        assert {
            reason: np.flatnonzero(mask).tolist() for reason, mask in found.items() if mask.any()
        } == told["set_aside"], code
    reasons = {reason for told in key()["layers"].values() for reason in told.get("set_aside", {})}
    assert reasons == {"null_geometry", "empty_geometry", "invalid_geometry"}


def test_class_totals_add_up_to_the_layer() -> None:
    for code, told in key()["layers"].items():
        if told.get("classes"):
            assert sum(told["classes"].values()) == pytest.approx(told["total"], rel=1e-9), code
            system = catalogue().classes[catalogue().layers[code].class_system or ""]
            assert set(told["classes"]) <= set(system.classes), code


def test_sixty_conflicts_are_seeded_and_forty_slivers() -> None:
    assert len(key()["conflicts"]) == 60
    assert len(key()["slivers"]) == 40
    farmland = [
        patch
        for patch in key()["conflicts"]
        if patch["statutory_class"] == "R2" and patch["master_class"][:2] in ("01", "02")
    ]
    assert len(farmland) == 18
    assert min(patch["area_m2"] for patch in key()["conflicts"]) > 400
    assert max(sliver["area_m2"] for sliver in key()["slivers"]) < 400


def test_the_two_plans_disagree_nowhere_else() -> None:
    words = {*FARM, *WOODS, *WET, *BUILT, "pond"}
    agree = {f"{classes.code(word, 'gb50137')}|{classes.code(word, 'land_sea_use_2023')}" for word in words}
    apart = sum(area for pair, area in key()["plan_pairs_m2"].items() if pair not in agree)
    conflicts = sum(patch["area_m2"] for patch in key()["conflicts"])
    slivers = sum(
        one["area_m2"]
        for one in key()["slivers"]
        if f"{one['statutory_class']}|{one['master_class']}" not in agree
    )
    assert apart == pytest.approx(conflicts + slivers, abs=1.0)
    assert sum(key()["plan_pairs_m2"].values()) == pytest.approx(
        key()["layers"]["statutory_plan"]["total"], rel=1e-9
    )


def crossings_say_inside(shape: shapely.Geometry, place: Affine, size: tuple[int, int]) -> np.ndarray:
    """Cells whose centre has an odd number of boundary edges to its east: no GEOS, no rasteriser."""
    x = place.c + (np.arange(size[1]) + 0.5) * place.a
    y = place.f + (np.arange(size[0]) + 0.5) * place.e
    inside = np.zeros(size, dtype=bool)
    for ring in shapely.get_rings(shape):
        for (x1, y1), (x2, y2) in pairwise(ring.coords):
            rows = np.flatnonzero((y1 > y) != (y2 > y))
            if len(rows):
                at = x1 + (y[rows] - y1) / (y2 - y1) * (x2 - x1)
                inside[rows] ^= x[None, :] < at[:, None]
    return inside


def test_raster_figures_are_those_of_the_cells_whose_centre_lies_inside() -> None:
    for name in (DEMO_SITE, "with_hole", "across_district_edge", "box_hills_9ha", "community"):
        one = site(name)
        for code in ("elevation", "slope", "flood_depth"):
            told = one["rasters"][code]
            with rasterio.open(made().delivery / f"{code}.tif") as image:
                inside = crossings_say_inside(shape_of(one), image.transform, image.shape)
                cells = image.read(1)[inside].astype(np.float64)
            values = cells[cells != -9999]
            assert (len(cells), len(values)) == (told["cells"], told["with_value"]), (name, code)
            if len(values):
                assert told["mean"] == pytest.approx(values.mean(), rel=1e-9), (name, code)
                assert (told["min"], told["max"]) == (values.min(), values.max()), (name, code)


def test_points_and_lines_are_counted_and_measured() -> None:
    one = site("community")
    shape = shape_of(one)
    told = one["layers"]["address"]["hits"]
    assert len(told) == int(shapely.covers(shape, shapes_in("address")).sum()) > 0
    streets = shapes_in("sewer")
    streets = streets[shapely.is_valid(streets)]
    inside = shapely.length(streets).sum() - shapely.length(shapely.difference(streets, shape)).sum()
    assert sum(hit[3] for hit in one["layers"]["sewer"]["hits"]) == pytest.approx(inside, rel=1e-6)


def test_files_in_degrees_keep_their_places_to_the_millimetre() -> None:
    told = key()["layers"]["wildlife_habitat"]
    assert told["exact"] is False
    assert len(pyogrio.raw.read(made().delivery / told["file"])[2]) == told["read"]
