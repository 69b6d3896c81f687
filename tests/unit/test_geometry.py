"""Rings into areas, faults with their place, repair within bounds."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gis import geometry

SQUARE = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)]


def ring(x: float, y: float, side: float) -> list[tuple[float, float]]:
    return [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]


def test_containment_tells_holes_from_parts_in_any_order() -> None:
    rings = [ring(4, 4, 2), ring(20, 0, 5), ring(1, 1, 8), ring(0, 0, 10), ring(21, 1, 1)]
    for order in ([0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 0, 4, 1, 3]):
        area = geometry.assembled([rings[index] for index in order])
        assert shapely.is_valid(area)
        assert area.area == pytest.approx(100 - 64 + 4 + 25 - 1)  # an island in a hole is a part again


def test_a_ring_given_twice_leaves_nothing_but_is_no_crash() -> None:
    assert geometry.assembled([ring(0, 0, 10), ring(0, 0, 10)]).area == 0


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(1, 5)), min_size=1, max_size=5))
def test_the_area_is_what_the_even_odd_rule_says_wherever_rings_do_not_cross(
    given_rings: list[tuple[int, int, int]],
) -> None:
    rings = [ring(x, y, side) for x, y, side in given_rings]
    area = geometry.assembled(rings)
    if not shapely.is_valid(area):
        return
    polygons = [shapely.Polygon(one) for one in rings]
    wanted = polygons[0]
    for one in polygons[1:]:
        wanted = shapely.symmetric_difference(wanted, one)
    nested = all(
        a.within(b) or b.within(a) or a.disjoint(b) for i, a in enumerate(polygons) for b in polygons[:i]
    )
    if nested:
        assert area.area == pytest.approx(wanted.area)


def test_numbers_no_planet_has_are_found_by_row() -> None:
    lines = shapely.linestrings([[[0, 0], [1, 1]], [[0, 0], [1e308, 1]], [[0, np.inf], [1, 1]]])
    points = np.array([*lines, shapely.Point(0, 0), None], dtype=object)
    assert geometry.broken_numbers(points).tolist() == [1, 2]


def test_a_fault_has_a_place() -> None:
    assert geometry.fault(shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])) == (
        "Self-intersection",
        1.0,
        1.0,
    )


def test_crossings_are_counted_up_to_a_bound_in_polygons_of_any_kind() -> None:
    bow = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    assert geometry.crossings(bow) == 1
    assert (
        geometry.crossings(shapely.MultiPolygon([bow, shapely.Polygon([(5, 5), (7, 7), (7, 5), (5, 7)])]))
        == 2
    )
    star = shapely.Polygon(np.random.default_rng(7).random((2000, 2)))
    assert geometry.crossings(star, at_most=100) > 100


def test_mending_keeps_the_area_and_gives_up_when_it_would_cost_too_much() -> None:
    bow = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    better = geometry.mended(bow)
    assert shapely.is_valid(better)
    assert better.area == pytest.approx(2.0)
    star = shapely.Polygon(np.random.default_rng(7).random((2000, 2)))
    assert geometry.mended(star, at_most=100) is None
    assert geometry.mended(shapely.LineString([(0, 0), (0, 0)])) is None


def test_kinds() -> None:
    shapes = np.array(
        [shapely.box(0, 0, 1, 1), shapely.LineString([(0, 0), (1, 1)]), shapely.MultiPoint([(0, 0)]), None],
        dtype=object,
    )
    assert geometry.kinds_of(shapes).tolist() == [0, 1, 2, -2]
    assert geometry.kinds_of(np.array([shapely.GeometryCollection()], dtype=object)).tolist() == [-1]
