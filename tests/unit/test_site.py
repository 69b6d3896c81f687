"""A site from what people give: one valid area, or a refusal that says what and where; and never anything else."""

import contextlib
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis import crs, site
from layers.refusal import Refused

HERE = crs.parse(4547)
FEET = crs.parse(2249)  # Massachusetts in US survey feet
LON, LAT = 114.1, 22.6
SQUARE = [[LON, LAT], [LON + 0.01, LAT], [LON + 0.01, LAT + 0.01], [LON, LAT + 0.01], [LON, LAT]]


def shape(kind: str, coordinates: Any) -> dict[str, Any]:
    return {"type": kind, "coordinates": coordinates}


def star(points: int) -> list[list[float]]:
    ring = (np.random.default_rng(3).random((points, 2)) * 0.01 + [LON, LAT]).tolist()
    return [*ring, ring[0]]


def circle(points: int) -> list[list[float]]:
    ring = [
        [LON + 0.01 * math.cos(a), LAT + 0.01 * math.sin(a)]
        for a in np.linspace(0, 2 * math.pi, points, endpoint=False)
    ]
    return [*ring, ring[0]]


def code_of(given: Any, **how: Any) -> Refused:
    with pytest.raises(Refused) as refusal:
        site.parse(given, HERE, **how)
    return refusal.value


def test_a_box_in_degrees() -> None:
    found = site.parse("114.10, 22.60, 114.11, 22.61", HERE)
    assert shapely.is_valid(found.geometry)
    assert found.geometry.area == pytest.approx(
        1028.4 * 1107.5, rel=1e-3
    )  # a hundredth of a degree each way, at this latitude
    assert found.given == {"box": [114.10, 22.60, 114.11, 22.61]}
    assert found.source_crs.epsg == 4326
    assert "Ballpark" in found.operation


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("114.2,22.5,114.1,22.6", "box_order"),
        ("114.1,22.6,114.2,22.5", "box_order"),
        ("22.5,114.1,22.6,114.2", "box_order"),
        ("114.1,22.5,190,22.6", "box_outside_degrees"),
        ("510000,2500000,510100,2500100", "box_outside_degrees"),
        ("114.1,22.5,114.1,22.6", "zero_area"),
        ("-71.12,42.365,-71.11,42.372", "outside_project_area"),
        ("114.1,22.5,114.2", "site_not_understood"),
        ("a,b,c,d", "site_not_understood"),
        ("nan,22,114,23", "site_not_understood"),
        ("", "site_not_understood"),
        ("/no/such/file.geojson", "site_not_understood"),
        ("x\x00y", "site_not_understood"),
    ],
)
def test_boxes_and_words_that_are_no_site(given: str, code: str) -> None:
    assert code_of(given).code == code


def test_a_box_asked_for_as_one_says_what_it_lacks() -> None:
    with pytest.raises(Refused, match="box_unreadable"):
        site.from_box("1,2,x,4", HERE)


def test_shapes_features_and_collections_are_one_area() -> None:
    parts = [shape("Polygon", [SQUARE]), shape("Polygon", [[[x + 0.005, y] for x, y in SQUARE]])]
    feature = {"type": "Feature", "properties": {"name": "甲", "n": float("nan")}, "geometry": parts[0]}
    whole = {
        "type": "FeatureCollection",
        "features": [feature, {"type": "Feature", "properties": None, "geometry": parts[1]}],
    }
    one, both = site.parse(feature, HERE), site.parse(whole, HERE)
    assert both.geometry.area == pytest.approx(1.5 * one.geometry.area, rel=1e-4)  # what overlaps counts once
    assert one.given == {"geojson": parts[0]}
    json.dumps(both.given, allow_nan=False)
    apart = site.parse(shape("MultiPolygon", [[SQUARE], [[[x + 0.05, y] for x, y in SQUARE]]]), HERE)
    assert len(apart.geometry.geoms) == 2
    hole = [
        [LON + 0.002, LAT + 0.002],
        [LON + 0.004, LAT + 0.002],
        [LON + 0.004, LAT + 0.004],
        [LON + 0.002, LAT + 0.002],
    ]
    assert site.parse(shape("Polygon", [SQUARE, hole]), HERE).geometry.area == pytest.approx(
        one.geometry.area * 0.98, rel=1e-3
    )
    assert site.parse(json.dumps(parts[0]), HERE).geometry.equals(one.geometry)


def test_a_line_with_a_width_is_an_area_with_flat_ends() -> None:
    found = site.parse(shape("LineString", [[LON, LAT], [LON + 0.01, LAT]]), HERE, width_m=12)
    assert found.axis_length_m == pytest.approx(1028.4, rel=1e-3)
    assert found.geometry.area == pytest.approx(12 * (found.axis_length_m or 0), rel=1e-6)
    assert found.width_m == 12
    assert found.given["width"] == {"width_m": 12.0, "cap": "flat", "join": "round", "quarter_segments": 16}


def test_a_point_with_a_width_is_a_disc_and_a_width_is_always_metres() -> None:
    found = site.from_geojson(shape("Point", [LON, LAT]), HERE, 20)
    assert found.geometry.area == pytest.approx(math.pi * 100, rel=2e-3)
    assert found.axis_length_m is None
    in_feet = site.from_geojson(shape("LineString", [[-71.11, 42.37], [-71.10, 42.37]]), FEET, 10)
    assert in_feet.axis_length_m == pytest.approx(823.8, rel=2e-3)
    assert in_feet.geometry.area * FEET.unit_metre**2 == pytest.approx(
        10 * (in_feet.axis_length_m or 0), rel=1e-6
    )


@pytest.mark.parametrize(
    ("given", "width", "code"),
    [
        (shape("LineString", SQUARE), None, "line_without_width"),
        (shape("Point", [LON, LAT]), None, "point_without_width"),
        (shape("Polygon", [SQUARE]), 5, "width_without_line"),
        (shape("LineString", SQUARE), 0, "width_out_of_range"),
        (shape("LineString", SQUARE), -3, "width_out_of_range"),
        (shape("LineString", SQUARE), 1000.5, "width_out_of_range"),
        (shape("LineString", SQUARE), float("nan"), "width_out_of_range"),
        (shape("LineString", SQUARE), float("inf"), "width_out_of_range"),
        (shape("LineString", SQUARE), True, "width_out_of_range"),
        (shape("LineString", SQUARE), "12", "width_out_of_range"),
        (shape("LineString", [[LON, LAT], [LON, LAT]]), 5, "zero_area"),
        (shape("Polygon", [[[LON, LAT], [LON + 0.01, LAT], [LON, LAT], [LON, LAT]]]), None, "zero_area"),
        (shape("Polygon", [[[LON, LAT]] * 4]), None, "zero_area"),
        (shape("Polygon", []), None, "site_empty"),
        (shape("MultiPolygon", []), None, "site_empty"),
        ({"type": "FeatureCollection", "features": []}, None, "site_empty"),
        ({"type": "Feature", "geometry": None}, None, "site_empty"),
        (shape("Polygon", [SQUARE[:3]]), None, "site_ring_open"),
        (shape("Polygon", [SQUARE[:2]]), None, "site_ring_open"),
        (shape("Polygon", [SQUARE[:-1]]), None, "site_ring_open"),
        (shape("Polygon", SQUARE), None, "coordinates_unreadable"),
        (shape("Point", [SQUARE]), 5, "coordinates_unreadable"),
        (shape("Point", [LON]), 5, "coordinates_unreadable"),
        (shape("Point", ["114", "22"]), 5, "coordinates_unreadable"),
        (shape("Point", [True, False]), 5, "coordinates_unreadable"),
        (shape("Polygon", None), None, "coordinates_unreadable"),
        (shape("Point", [float("nan"), LAT]), 5, "coordinates_not_finite"),
        (shape("Point", [float("inf"), LAT]), 5, "coordinates_not_finite"),
        (shape("Point", [1e308, LAT]), 5, "coordinates_not_finite"),
        (shape("Point", [10**400, LAT]), 5, "coordinates_not_finite"),
        (shape("Circle", [LON, LAT]), None, "geometry_type_unknown"),
        ({"type": ["Polygon"]}, None, "geometry_type_unknown"),
        ({}, None, "geometry_type_unknown"),
        (shape("Polygon", [[[y, x] for x, y in SQUARE]]), None, "axes_swapped"),
        (shape("Polygon", [[[x - 180, y + 20] for x, y in SQUARE]]), None, "outside_project_area"),
        (
            {**shape("Polygon", [SQUARE]), "crs": {"properties": {"name": "GCJ02"}}},
            None,
            "coordinates_maybe_shifted",
        ),
        (
            {**shape("Point", [510_000, 2_500_000]), "crs": {"properties": {"name": "EPSG:2383"}}},
            5,
            "datum_needs_parameters",
        ),
        ("{" * 5, None, "site_not_understood"),
        ('{"a":' * 100_000, None, "site_not_understood"),
        ([1, 2], None, "site_not_understood"),
        (None, None, "site_not_understood"),
    ],
)
def test_what_is_no_site_is_refused_by_name(given: Any, width: Any, code: str) -> None:
    assert code_of(given, width_m=width).code == code


def test_depth_and_number_are_bounded() -> None:
    wrapped: dict[str, Any] = shape("Polygon", [SQUARE])
    for _ in range(900):
        wrapped = {"type": "GeometryCollection", "geometries": [wrapped]}
    assert code_of(wrapped).code == "geometry_type_unknown"
    nested: Any = [LON, LAT]
    for _ in range(900):
        nested = [nested]
    assert code_of(shape("Polygon", nested)).code == "coordinates_unreadable"
    many = {"type": "GeometryCollection", "geometries": [shape("Point", [LON, LAT])] * 10_001}
    assert code_of(many, width_m=5).code == "too_many_parts"
    assert code_of(shape("LineString", [[LON, LAT]] * 100_001), width_m=5).code == "too_many_vertices"


@pytest.mark.parametrize("points", [1_000, 2_000, 20_000])
def test_a_self_crossing_ring_is_refused_with_the_place_of_its_first_crossing(points: int) -> None:
    """Below 2,000 vertices judged here, above in the sandbox: the same answer."""
    refusal = code_of(shape("Polygon", [star(points)]))
    assert refusal.code == "site_self_crossing"
    assert LON < refusal.params["x"] < LON + 0.01
    assert LAT < refusal.params["y"] < LAT + 0.01


def test_a_large_honest_shape_goes_through_the_sandbox() -> None:
    small, large = (
        site.parse(shape("Polygon", [circle(1_900)]), HERE),
        site.parse(shape("Polygon", [circle(50_000)]), HERE),
    )
    assert large.geometry.area == pytest.approx(small.geometry.area, rel=1e-5)
    assert large.given["vertices"] == 50_001
    assert "geojson" not in large.given


def test_widening_a_scribble_is_ended_by_the_clock() -> None:
    """2,000 random vertices, 30 KB: GEOS would widen it for 47 seconds."""
    refusal = code_of(shape("LineString", star(1_990)), width_m=100)
    assert (refusal.code, refusal.params["seconds"]) == ("site_too_tangled", 2)


def test_widening_a_real_road_is_not() -> None:
    axis = [[LON + index * 1e-5, LAT + 0.001 * math.sin(index / 150)] for index in range(1_500)]
    found = site.parse(shape("LineString", axis), HERE, width_m=30)
    assert found.geometry.area == pytest.approx(30 * (found.axis_length_m or 0), rel=1e-3)


BOUNDARY = (
    "[属性描述]\n坐标系=2000国家大地坐标系\n几度分带=3\n带号=38\n[地块坐标]\n4,1.0,D1,甲,面,,,,@\n"
    "J1,1,2500000,38500000\nJ2,1,2500000,38500100\nJ3,1,2500100,38500100\nJ4,1,2500100,38500000\n"
)


def test_pasted_boundary_text_and_the_same_as_a_file(tmp_path: Path) -> None:
    pasted = site.parse(BOUNDARY, HERE)
    assert pasted.geometry.area == pytest.approx(10_000)
    assert pasted.source_crs.epsg == 4526
    assert pasted.given["plots"] == ["D1"]
    path = tmp_path / "site.txt"
    path.write_bytes(BOUNDARY.encode("gb18030"))
    assert site.parse(path, HERE).geometry.equals_exact(pasted.geometry, 1e-9)
    assert site.parse(str(path), HERE).given["file"] == "site.txt"
    assert site.from_boundary_text(BOUNDARY.encode("utf-16"), HERE).geometry.equals_exact(
        pasted.geometry, 1e-9
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("2000国家大地坐标系", "深圳独立坐标系"), "local_grid"),
        (("2000国家大地坐标系", "1980西安坐标系"), "datum_needs_parameters"),
        (("坐标系=2000国家大地坐标系\n", ""), "no_crs"),
        (("J4,1,2500100,38500000\n", "J4,1,2500050,38500200\n"), "site_self_crossing"),
        (("J3,1,2500100,38500100\nJ4,1,2500100,38500000\n", ""), "site_ring_too_short"),
        (("[地块坐标]", "[地块]"), "site_not_understood"),
    ],
)
def test_boundary_text_that_is_no_site(change: tuple[str, str], code: str) -> None:
    text = BOUNDARY.replace(*change)
    if code == "site_self_crossing":
        text = text.replace("J2,1,2500000,38500100", "J2,1,2500100,38500100").replace(
            "J3,1,2500100,38500100", "J3,1,2500000,38500100"
        )
    assert code_of(text).code == code


def test_a_declared_system_helps_a_text_that_names_a_local_one() -> None:
    text = BOUNDARY.replace("2000国家大地坐标系", "")
    assert site.parse(text, HERE, source_crs=crs.parse(4526)).geometry.area == pytest.approx(10_000)


def test_a_file_with_a_bad_feature_is_no_site_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    bow = [[LON, LAT], [LON + 0.01, LAT + 0.01], [LON + 0.01, LAT], [LON, LAT + 0.01], [LON, LAT]]
    features = [
        {"type": "Feature", "properties": {}, "geometry": shape("Polygon", [ring])} for ring in (SQUARE, bow)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    refusal = code_of(path)
    assert (refusal.code, refusal.params["row"]) == ("site_self_crossing", 1)
    path.write_text(
        json.dumps(
            {"type": "FeatureCollection", "features": [features[0], {"type": "Feature", "geometry": None}]}
        )
    )
    assert code_of(path).code == "site_bad_feature"
    table = tmp_path / "a.csv"
    table.write_text(f"lon,lat\n{LON},{LAT}\neast,{LAT}\n")
    unread = code_of(table)
    assert (unread.code, unread.params["row"], unread.params["why"]) == (
        "site_bad_feature",
        1,
        "row_unreadable",
    )
    assert "east" in unread.params["reason"]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": []}))
    assert code_of(path).code == "site_empty"
    path.write_text('{"type": "gdal_streamed_alg"}')
    assert code_of(path).code == "gdal_command"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["Point", "LineString", "Polygon", "MultiPolygon", "Feature", "FeatureCollection", "GeometryCollection"]),
    lambda inner: st.lists(inner, max_size=5)
    | st.dictionaries(st.sampled_from(["type", "coordinates", "geometry", "features", "geometries", "crs", "properties", "name"]), inner, max_size=4),
    max_leaves=25,
)  # fmt: skip
near = st.lists(st.floats(22, 23) | st.floats(114, 115) | st.integers(-200, 200), min_size=2, max_size=3)
shapes = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"]),
        "coordinates": near | st.lists(near, max_size=6) | st.lists(st.lists(near, max_size=6), max_size=3) | st.lists(st.lists(st.lists(near, max_size=5), max_size=2), max_size=2),
    }
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(json_values | shapes | st.text(max_size=40), st.none() | st.floats() | st.integers())
def test_whatever_comes_the_answer_is_a_site_or_a_refusal(given_thing: Any, width: Any) -> None:
    with contextlib.suppress(Refused):
        found = site.parse(given_thing, HERE, width_m=width)
        assert shapely.is_valid(found.geometry)
        assert found.geometry.area > 0
        json.dumps(found.given, allow_nan=False).encode()


def test_words_of_strangers_in_a_refusal_can_always_be_written() -> None:
    for given_thing in (
        {"type": "\ud800"},
        "\ud800",
        {**shape("Point", [LON, LAT]), "crs": {"properties": {"name": "\udfff\x00"}}},
    ):
        json.dumps(code_of(given_thing).params, ensure_ascii=False).encode()
