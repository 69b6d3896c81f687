"""What an inspector sees while pieces pass by: each fault with its row and place, none where there is none, the same however the pieces are cut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from gis.geometry import Kind
from gis.inspecting.attributes import MOST_COLUMNS, Attributes
from gis.inspecting.digests import digests
from gis.inspecting.rings import opened
from gis.inspection import MOST_STORED, SEVERITY, Fault, Inspector

FIELD = box(500_000, 2_500_000, 500_100, 2_500_100)


def seen(
    shapes: list[BaseGeometry],
    rows: list[Mapping[str, Any]] | None = None,
    *,
    kind: Kind = "polygon",
    classes: list[str | None] | None = None,
    idents: list[str | None] | None = None,
    piece: int = 1_000,
    **about: Any,
) -> Inspector:
    inspector = Inspector(kind, **about)
    for start in range(0, len(shapes), piece):
        part = slice(start, start + piece)
        inspector.see(
            np.arange(len(shapes), dtype=np.int64)[part],
            np.array(shapes, dtype=object)[part],
            None if rows is None else rows[part],
            None if classes is None else classes[part],
            None if idents is None else idents[part],
        )
    return inspector


def only(inspector: Inspector, code: str) -> list[Fault]:
    return [each for each in inspector.faults() if each.code == code]


def test_plain_fields_have_no_fault() -> None:
    shapes = [shapely.transform(FIELD, lambda xy, n=n: xy + n * 200) for n in range(50)]
    inspector = seen(shapes, [{"MJ": 10_000.0, "n": n} for n in range(50)], outline=box(0, 0, 1e6, 3e6))
    assert (inspector.faults(), dict(inspector.counts), inspector.rows_seen) == ([], {}, 50)


@pytest.mark.parametrize("piece", [1, 2, 7, 100])
def test_a_shape_drawn_twice_is_a_duplicate_of_the_first(piece: int) -> None:
    ring = list(FIELD.exterior.coords)
    turned = Polygon(ring[2:-1] + ring[:3])
    other_way = Polygon(ring[::-1])
    apart = shapely.transform(FIELD, lambda xy: xy + 1e-3)
    inspector = seen([FIELD, apart, turned, other_way], piece=piece)
    assert [(each.row, each.params) for each in only(inspector, "duplicate")] == [
        (2, {"of": 0}),
        (3, {"of": 0}),
    ]
    assert inspector.counts["duplicate"] == 2


def test_the_same_corners_joined_otherwise_are_another_shape() -> None:
    a, b, c, d, e = (0, 0), (10, 0), (10, 10), (0, 10), (5, 5)
    dents = [Polygon([a, b, c, d, e]), Polygon([a, e, b, c, d]), Polygon([a, b, e, c, d])]
    assert only(seen(dents), "duplicate") == []
    lines = [LineString([a, b, c]), LineString([a, c, b]), LineString([c, b, a])]
    assert [each.row for each in only(seen(lines, kind="line"), "duplicate")] == [2]
    points = [Point(1, 2), Point(2, 1), Point(1, 2), Point(-0.0, 0), Point(0, 0)]
    assert [each.row for each in only(seen(points, kind="point"), "duplicate")] == [2, 4]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(1, 3)), min_size=1, max_size=12),
    st.data(),
)
def test_digests_are_equal_exactly_where_shapes_are(squares: list[tuple[int, int, int]], data: Any) -> None:
    whole = [
        MultiPolygon([box(x, y, x + size, y + size), box(x + 10, y, x + 11, y + 1)])
        if size == 3
        else box(x, y, x + size, y + size)
        for x, y, size in squares
    ]
    shapes = np.array(
        [shapely.reverse(each) if data.draw(st.booleans()) else each for each in whole], dtype=object
    )
    told = digests(opened("polygon", shapes))
    for at, one in enumerate(whole):
        for other_at, other in enumerate(whole):
            assert (told[at] == told[other_at]).all() == (shapely.normalize(one) == shapely.normalize(other))


def test_identifiers_that_stand_twice_and_those_that_are_missing() -> None:
    inspector = seen(
        [Point(n, n) for n in range(5)], kind="point", idents=["A", None, "B", "A", None], identified=True
    )
    assert [(each.row, each.params) for each in only(inspector, "duplicate_ident")] == [(3, {"of": 0})]
    assert inspector.without_ident == 2


def test_a_strip_thinner_than_the_tolerance_is_a_sliver_alone_or_as_a_part() -> None:
    strip = box(0, 0, 100, 0.5)
    both = MultiPolygon([box(200, 0, 300, 100), box(400, 0, 500, 0.2)])
    slivers = only(seen([FIELD, strip, both], tolerance_m=1.0), "sliver")
    assert [(each.row, each.params["part"], each.params["area_m2"]) for each in slivers] == [
        (1, False, 50.0),
        (2, True, 20.0),
    ]
    assert slivers[0].params["width_m"] == pytest.approx(0.498, abs=1e-3)
    assert slivers[1].geometry.bounds == (400, 0, 500, 0.2)
    assert only(seen([strip], tolerance_m=0.1), "sliver") == []


@pytest.mark.parametrize("turn", range(5))
def test_a_spike_is_found_wherever_the_ring_begins(turn: int) -> None:
    ring = [(0, 0), (100, 0), (100, 100), (50, 100), (50.2, 160), (50.4, 100), (0, 100)]
    turned = Polygon(ring[turn:] + ring[:turn])
    (spike,) = only(seen([FIELD, turned]), "spike")
    assert (spike.row, spike.geometry) == (1, Point(50.2, 160))
    assert spike.params["angle_degrees"] == pytest.approx(0.382, abs=1e-3)


def test_a_sharp_corner_of_a_wedge_or_with_a_short_arm_is_no_spike() -> None:
    wedge = Polygon([(0, 0), (100, 0), (100, 2)])  # 1.15 degrees
    nick = Polygon([(0, 0), (100, 0), (100, 100), (50, 100), (50.002, 100.9), (50.004, 100), (0, 100)])
    assert only(seen([wedge, nick], tolerance_m=1.0), "spike") == []
    assert len(only(seen([LineString([(0, 0), (50, 0), (0, 0.1)])], kind="line"), "spike")) == 1


def test_what_reaches_out_of_the_district_and_what_lies_outside() -> None:
    district = Point(0, 0).buffer(5_000)
    near = [box(x, y, x + 50, y + 50) for x in range(-3_500, 3_500, 250) for y in range(-3_500, 3_500, 250)]
    inside = [each for each in near if district.contains(each)]
    out, across = box(6_000, 0, 6_100, 100), box(4_900, 0, 5_100, 100)
    inspector = seen([*inside, out, across], outline=district, tolerance_m=1.0)
    wholly, partly = only(inspector, "out_of_district")
    assert (wholly.row, wholly.params, partly.row) == (len(inside), {"wholly": True}, len(inside) + 1)
    assert partly.params["outside_m2"] == pytest.approx(
        across.difference(district.buffer(1, join_style="mitre")).area, abs=0.01
    )
    assert partly.geometry.bounds[0] > 4_990


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.tuples(st.floats(-700, 700), st.floats(-700, 700), st.floats(0.5, 300)), min_size=201, max_size=260
    )
)
def test_the_grid_over_the_district_says_what_the_outline_says(
    places: list[tuple[float, float, float]],
) -> None:
    district = Polygon(
        [(-500, -500), (500, -500), (500, 500), (100, 500), (0, -300), (-100, 500), (-500, 500)]
    )
    shapes = [box(x, y, x + size, y + size) for x, y, size in places]
    margin = shapely.buffer(district, 1.0, join_style="mitre")
    inspector = seen(shapes, outline=district, tolerance_m=1.0)
    assert inspector.counts["out_of_district"] == sum(not margin.covers(each) for each in shapes)


def test_missing_and_unknown_classes_are_told_by_value() -> None:
    classes = ["01", None, "99", "", "01", "99"]
    inspector = seen(
        [Point(n, 0) for n in range(6)], kind="point", classes=classes, classified=True, codes={"01"}
    )
    assert [each.row for each in only(inspector, "class_missing")] == [1, 3]
    assert [(each.row, each.params) for each in only(inspector, "class_unknown")] == [
        (2, {"value": "99"}),
        (5, {"value": "99"}),
    ]
    assert dict(inspector.unknown_classes) == {"99": 2}


@pytest.mark.parametrize("piece", [3, 1_000])
def test_values_of_another_kind_than_their_column(piece: int) -> None:
    rows: list[dict[str, Any]] = [
        {
            "floors": "6" if n % 2 else "12.5",
            "name": f"no. {n}",
            "when": "2021-03-04",
            "code": "0101",
            "height": n,
            "empty": None,
        }
        for n in range(40)
    ]
    rows[17]["floors"] = "六层"
    rows[18]["when"] = "spring"
    rows[19]["height"] = "tall"
    rows[20]["code"] = "201A"
    rows[21]["floors"] = ""
    inspector = seen([Point(n, 0) for n in range(40)], rows, kind="point", piece=max(piece, 20))
    told = {
        (each.row, each.params["field"], each.params["expected"], each.params["got"], each.params["value"])
        for each in only(inspector, "type_differs")
    }
    assert told == {
        (17, "floors", "number_text", "text", "六层"),
        (18, "when", "day_text", "text", "spring"),
        (19, "height", "number", "text", "tall"),
    }
    fields = inspector.attributes.summary()
    assert fields["empty"] == {"filled": 0, "seen_types": {}}
    assert fields["floors"]["filled"] == 39


def test_a_code_of_digits_is_no_number() -> None:
    column = Attributes(codes=["DLBM"])
    column.see(
        np.arange(40), [{"DLBM": "11" if n else "12A", "other": "0101" if n else "0101K"} for n in range(40)]
    )
    assert column.differing() == (0, [])


@pytest.mark.parametrize(("unit", "size"), [("m2", 1.0), ("ha", 10_000.0), ("mu", 10_000 / 15)])
def test_a_declared_area_is_compared_in_the_unit_it_was_declared_in(unit: str, size: float) -> None:
    shapes = [shapely.transform(box(0, 0, 100 + n, 100), lambda xy, n=n: xy + n * 300) for n in range(20)]
    rows = [{"图斑面积": round(each.area / size, 6)} for each in shapes]
    rows[7]["图斑面积"] *= 1.01
    rows[8]["图斑面积"] = None
    inspector = seen(shapes, rows)
    (wrong,) = only(inspector, "area_differs")
    assert (wrong.row, wrong.params["unit"], wrong.params["computed_m2"]) == (7, unit, 10_700.0)
    told = inspector.area.summary()
    assert told is not None
    assert (told["declared_attribute"], told["unit"], told["compared"], told["differ"]) == (
        "图斑面积",
        unit,
        19,
        1,
    )
    assert told["declared_m2"] - told["computed_m2"] == pytest.approx(107, abs=0.1)


def test_areas_written_with_two_decimals_of_a_hectare_are_not_wrong_by_their_rounding() -> None:
    shapes = [shapely.transform(box(0, 0, 73, 50 + n), lambda xy, n=n: xy + n * 300) for n in range(20)]
    assert only(seen(shapes, [{"MJ": round(each.area / 10_000, 2)} for each in shapes]), "area_differs") == []


def test_a_web_maps_square_metres_are_told_as_such_and_blamed_on_nobody() -> None:
    shapes = [shapely.transform(box(0, 0, 73, 50 + n), lambda xy, n=n: xy + n * 300) for n in range(20)]
    stretched = 1 / np.cos(np.radians(22.5)) ** 2
    inspector = seen(shapes, [{"SHAPE_Area": each.area * stretched} for each in shapes], latitude=22.5)
    told = inspector.area.summary()
    assert told is not None
    assert (told["unit"], told["ratio"], told["differ"]) == ("mercator", pytest.approx(1.1716, abs=1e-4), 0)
    assert only(inspector, "area_differs") == []


def test_all_are_counted_and_the_first_are_kept_gravest_first() -> None:
    inspector = seen(
        [Point(0, 0)] * (MOST_STORED + 11), kind="point", classified=True, classes=[None] * (MOST_STORED + 11)
    )
    inspector.note("invalid_geometry", 99_999, {"reason": "Self-intersection"}, Point(5, 5))
    faults = inspector.faults()
    assert inspector.counts == {
        "duplicate": MOST_STORED + 10,
        "class_missing": MOST_STORED + 11,
        "invalid_geometry": 1,
    }
    assert [each.code for each in faults] == [
        "invalid_geometry",
        *["duplicate"] * MOST_STORED,
        *["class_missing"] * MOST_STORED,
    ]
    assert [SEVERITY[each.code] for each in faults[:2]] == ["error", "warning"]


def test_every_column_of_areas_is_compared_and_the_one_on_the_ground_stands_first() -> None:
    shapes = [shapely.transform(box(0, 0, 730, 500 + n), lambda xy, n=n: xy + n * 3000) for n in range(20)]
    rows = [
        {"SHAPE_Area": each.area * 1.17, "AREA": round(each.area / 1e6, 3), "MJ": "unknown"}
        for each in shapes
    ]
    told = seen(shapes, rows).area.summary()
    assert told is not None
    assert (told["declared_attribute"], told["unit"], told["differ"]) == ("AREA", "km2", 0)
    assert [(each["declared_attribute"], each["unit"]) for each in told["others"]] == [
        ("SHAPE_Area", "mercator")
    ]


def test_another_name_in_every_row_costs_neither_time_nor_memory_without_end() -> None:
    column = Attributes()
    column.see(np.arange(5_000), [{f"name {n}": n} for n in range(5_000)])
    assert len(column.columns) == MOST_COLUMNS
    inspector = seen(
        [Point(n, 0) for n in range(MOST_STORED + 50)],
        kind="point",
        classes=[f"{n}" + "x" * 500 for n in range(MOST_STORED + 50)],
        classified=True,
        codes={"01"},
    )
    assert inspector.counts["class_unknown"] == MOST_STORED + 50
    assert len(inspector.unknown_classes) == MOST_STORED
    assert max(map(len, inspector.unknown_classes)) == 80
