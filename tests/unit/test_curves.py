"""Arcs become lines: within the tolerance everywhere, the same from either end, and bounded whatever the bytes say."""

import math
import struct
from collections.abc import Sequence

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.reading import curves

Point = Sequence[float]


def wkb(kind: int, points: Sequence[Point], more: int = 0) -> bytes:
    numbers = np.array(points, dtype=float)
    return struct.pack("<BII", 1, kind + 1000 * more, len(numbers)) + numbers.tobytes()


def holding(kind: int, *parts: bytes, more: int = 0) -> bytes:
    return struct.pack("<BII", 1, kind + 1000 * more, len(parts)) + b"".join(parts)


def shape(blob: bytes, within: float | None = 1e-3) -> shapely.Geometry:
    return shapely.from_wkb(curves.linearised(blob, within))


def on_circle(centre: Point, radius: float, *degrees: float) -> list[list[float]]:
    angles = np.radians(degrees)
    return np.stack(
        (centre[0] + radius * np.cos(angles), centre[1] + radius * np.sin(angles)), axis=1
    ).tolist()


@settings(max_examples=150, deadline=None)
@given(
    radius=st.floats(0.01, 5_000),
    first=st.floats(0, 360),
    sweep=st.floats(2, 357),
    middle=st.floats(0.1, 0.9),
    clockwise=st.booleans(),
)
def test_every_point_of_an_arc_lies_within_a_millimetre_of_its_line(
    radius: float, first: float, sweep: float, middle: float, clockwise: bool
) -> None:
    way = -1 if clockwise else 1
    centre = (500_000.0, 2_500_000.0)
    line = shape(wkb(8, on_circle(centre, radius, first, first + way * sweep * middle, first + way * sweep)))
    arc = shapely.points(on_circle(centre, radius, *np.linspace(first, first + way * sweep, 777)))
    assert shapely.distance(line, arc).max() <= 1e-3 + 1e-8
    spread = np.hypot(*(shapely.get_coordinates(line) - centre).T)
    assert np.abs(spread - radius).max() <= 1e-6  # its vertices lie on the arc
    assert line.length == pytest.approx(radius * math.radians(sweep), abs=2e-3 + radius * 1e-3)


@settings(max_examples=100, deadline=None)
@given(points=st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)), min_size=3, max_size=3))
def test_neighbours_that_share_an_arc_share_its_vertices(points: list[tuple[float, float]]) -> None:
    try:
        there = curves.circular(np.array(points), 1e-3)
        back = curves.circular(np.array(points[::-1]), 1e-3)
    except curves.Unbendable:
        return
    if points[0] != points[2]:
        assert (there == back[::-1]).all()


def test_its_own_points_stay_where_they_are() -> None:
    given_points = [(0.1, 0.2), (3.3, 4.4), (7.7, 0.9), (9.1, -3.0), (12.3, 0.4)]
    line = shape(wkb(8, given_points))
    vertices = set(map(tuple, shapely.get_coordinates(line).tolist()))
    assert set(given_points) <= vertices


def test_a_circle_is_an_area_and_three_points_in_a_row_are_a_line() -> None:
    ring = wkb(8, [(0, 0), (200, 0), (0, 0)])
    disc = shape(holding(10, ring))
    assert disc.geom_type == "Polygon"
    assert shapely.is_valid(disc)
    assert disc.area == pytest.approx(math.pi * 100**2, abs=1e-3 * 2 * math.pi * 100)
    straight = shape(wkb(8, [(0, 0), (1, 1), (2, 2)]))
    assert shapely.get_coordinates(straight).tolist() == [[0, 0], [1, 1], [2, 2]]


def test_compounds_areas_and_collections_of_curves() -> None:
    half = wkb(8, [(0, 0), (1, 1), (2, 0)])
    closing = wkb(2, [(2, 0), (0, 0)])
    ring = holding(9, half, closing)
    area = shape(holding(10, ring, wkb(2, [(0.9, 0.2), (1.1, 0.2), (1, 0.4), (0.9, 0.2)])))
    assert area.geom_type == "Polygon"
    assert len(area.interiors) == 1
    assert area.area == pytest.approx(math.pi / 2 - 0.02, abs=4e-3)
    plain = (
        struct.pack("<BII", 1, 3, 1)
        + struct.pack("<I", 4)
        + np.array([[5, 5], [6, 5], [6, 6], [5, 5.0]]).tobytes()
    )
    both = shape(holding(12, holding(10, ring), plain))
    assert (both.geom_type, len(both.geoms)) == ("MultiPolygon", 2)
    lines = shape(holding(11, half, ring, closing))
    assert (lines.geom_type, len(lines.geoms)) == ("MultiLineString", 3)
    assert shape(wkb(8, [])).is_empty


def test_heights_and_measures_go_along_the_arc() -> None:
    line = shape(wkb(8, [(0, 0, 0, 5), (1, 1, 10, 6), (2, 0, 30, 7)], more=3))
    numbers = shapely.get_coordinates(line, include_z=True, include_m=True)
    assert numbers[0].tolist() == [0, 0, 0, 5]
    assert numbers[-1].tolist() == [2, 0, 30, 7]
    assert (np.diff(numbers[:, 2]) > 0).all()
    assert (np.diff(numbers[:, 3]) > 0).all()


@pytest.mark.parametrize(
    ("blob", "why"),
    [
        (wkb(8, [(0, 0), (1, 1)]), "three points"),
        (holding(9, wkb(2, [(0, 0), (1, 0)]), wkb(2, [(2, 0), (3, 0)])), "do not meet"),
        (struct.pack("<BII", 1, 8, 4_000_000_000), "ends too early"),
        (struct.pack("<BII", 1, 12, 400_000_000) + b"\x01", "ends too early"),
        (wkb(8, [(0, 0), (1, 1), (2, 0)])[:-3], "ends too early"),
        (holding(9, holding(9, wkb(2, [(0, 0), (1, 0)]))), "do not belong together"),
        (holding(10, wkb(8, [(0, 0, 1), (1, 1, 1), (2, 0, 1)], more=1)), "do not belong together"),
        (wkb(8, [(0, 0), (4e8, 0), (0, 0)]), "too many points"),
        (holding(11, *[wkb(8, [(0, 0), (4e6, 0), (0, 0)])] * 12), "too many points"),
        (b"\x01\x08\x00\x00\x00", "ends too early"),
    ],
)
def test_what_is_no_curve_says_why_and_costs_nothing(blob: bytes, why: str) -> None:
    with pytest.raises(curves.Unbendable, match=why):
        curves.linearised(blob, 1e-3)


@settings(max_examples=300, deadline=None)
@given(at=st.integers(0, 200), value=st.integers(0, 255))
def test_bytes_that_were_changed_are_bent_or_refused(at: int, value: int) -> None:
    half = wkb(8, [(0, 0), (1, 1), (2, 0)])
    blob = bytearray(holding(12, holding(10, holding(9, half, wkb(2, [(2, 0), (0, 0)])))))
    blob[at % len(blob)] = value
    shapes, reasons, bent = curves.built([bytes(blob), None, shapely.to_wkb(shapely.Point(1, 1))], None)
    assert len(shapes) == 3
    assert shapes[1] is None
    assert shapes[2] is not None
    assert bent <= 1
    assert set(reasons) <= {0}


def test_the_tolerance_is_a_millimetre_in_the_unit_of_the_file() -> None:
    assert curves.tolerance("EPSG:4547", False) == 1e-3
    assert curves.tolerance("EPSG:2249", False) == pytest.approx(1e-3 / 0.3048006, rel=1e-6)  # US feet
    assert curves.tolerance("EPSG:4490", False) == curves.DEGREE_OF_A_MILLIMETRE
    assert curves.tolerance(None, True) == curves.DEGREE_OF_A_MILLIMETRE
    assert curves.tolerance(None, False) is None
    in_degrees = curves.linearised(wkb(8, [(114.1, 22.6), (114.101, 22.601), (114.102, 22.6)]), None)
    in_metres = curves.linearised(wkb(8, [(5e5, 2.5e6), (5e5 + 1, 2.5e6 + 1), (5e5 + 2, 2.5e6)]), None)
    assert len(in_degrees) > 10 * len(in_metres)


def test_a_collection_with_curves_in_it_has_no_shape() -> None:
    blob = holding(7, wkb(8, [(0, 0), (1, 1), (2, 0)]))
    shapes, reasons, bent = curves.built([blob, wkb(8, [(0, 0), (1, 1), (2, 0)])], 1e-3)
    assert shapes[0] is None
    assert (reasons, bent) == ({}, 1)
