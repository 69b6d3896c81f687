"""Overlaps and gaps, worked out by hand and against the long way round; the same however the layer is cut into tiles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, box
from shapely.geometry.base import BaseGeometry

from gis import topology
from gis.gaps import Gaps
from gis.topology import Topology, tiles


def looked(
    shapes: list[BaseGeometry],
    *,
    most: float = topology.TILE,
    gapless: bool = False,
    coverage: BaseGeometry | None = None,
    **about: Any,
) -> Topology:
    areas = np.array(shapes, dtype=object)
    bounds = shapely.bounds(areas)
    centres = (bounds[:, :2] + bounds[:, 2:]) / 2
    found = Topology(**about)
    if gapless:
        west, south, east, north = shapely.total_bounds(areas).tolist()
        found.gaps = Gaps((west, south, east, north), found.least_m2, 2_000, coverage)
    for west, south, east, north in tiles(centres, shapely.get_num_coordinates(areas), most):
        meets = (bounds[:, 2] >= west) & (bounds[:, 3] >= south)
        meets &= (bounds[:, 0] <= east) & (bounds[:, 1] <= north)
        found.see((west, south, east, north), np.flatnonzero(meets).astype(np.int64), areas[meets])
    if found.gaps is not None:
        found.gaps.finish()
    return found


def holes(found: Topology) -> Gaps:
    assert found.gaps is not None
    return found.gaps


def chequer(n: int, size: float = 100.0) -> list[BaseGeometry]:
    return [box(x * size, y * size, (x + 1) * size, (y + 1) * size) for y in range(n) for x in range(n)]


@pytest.mark.parametrize("most", [topology.TILE, 40])
def test_a_chequer_board_has_neither_overlap_nor_gap(most: float) -> None:
    found = looked(chequer(8), most=most, gapless=True)
    assert (found.overlaps, holes(found).count, holes(found).minor, found.disjoint) == (0, 0, 0, True)


@pytest.mark.parametrize("most", [topology.TILE, 40, 11])
def test_each_overlap_is_told_once_with_its_area_and_shape(most: float) -> None:
    board = chequer(6)
    board[14] = box(200, 200, 303, 300)  # 3 m into its neighbour
    board.append(box(500, 500, 590, 590))  # wholly within another
    board.append(box(0, 0, 100, 100))  # the same as the first
    found = looked(board, most=most)
    told = {(one.one, one.other): round(one.area_m2, 6) for one in found.stored}
    assert told == {(14, 15): 300.0, (35, 36): 8_100.0, (0, 37): 10_000.0}
    assert (found.overlaps, found.overlap_m2, found.disjoint) == (3, pytest.approx(18_400), False)
    assert {one.shape.bounds for one in found.stored if one.one == 14} == {(300, 200, 303, 300)}


def test_what_is_smaller_than_rounding_is_no_fault_and_no_proof() -> None:
    found = looked([box(0, 0, 100, 100), box(99.995, 0, 200, 100)], tolerance_m=0.1)
    assert (found.overlaps, found.minor, found.disjoint) == (0, 1, False)
    coarse = looked([box(0, 0, 100, 100), box(98, 0, 200, 1)], tolerance_m=2.0)
    assert (coarse.overlaps, coarse.minor) == (0, 1)


def test_areas_that_meet_in_points_and_unmatched_corners_do_not_overlap() -> None:
    found = looked(
        [box(0, 0, 100, 100), box(100, 30, 200, 60), box(100, 60, 150, 100), box(150, 60, 160, 70)]
    )
    assert (found.overlaps, found.minor, found.disjoint) == (0, 0, True)


@pytest.mark.parametrize("most", [topology.TILE, 40, 11])
def test_a_hole_between_areas_is_a_gap_unless_it_is_large_or_beyond_the_coverage(most: float) -> None:
    board = chequer(6)
    board[14] = box(200, 200, 298, 300)  # leaves 2 m x 100 m
    whole = looked(board, most=most, gapless=True)
    assert [(one.area_m2, one.shape.bounds) for one in holes(whole).stored] == [(200.0, (298, 200, 300, 300))]
    assert holes(whole).stored[0].width_m == pytest.approx(1.96, abs=0.01)
    assert (holes(whole).count, holes(whole).area_m2) == (1, 200.0)
    assert holes(looked(board, most=most, gapless=True, coverage=box(0, 0, 200, 600))).count == 0
    without = [each for n, each in enumerate(board) if n not in (14, 15)]
    assert holes(looked(without, most=most, gapless=True)).count == 0, (
        "a hole of two squares is meant to be empty"
    )
    assert looked(board, most=most).gaps is None, "nobody asked for gaps"


def test_a_hole_at_the_border_of_the_layer_is_no_gap() -> None:
    board = chequer(4)
    del board[3]
    assert holes(looked(board, gapless=True)).count == 0


def test_a_proof_ends_with_the_first_overlap() -> None:
    found = looked([*chequer(3), *chequer(3)], proof_only=True)
    assert (found.disjoint, found.stopped) == (False, True)
    assert looked(chequer(3), proof_only=True).disjoint is True


place = st.tuples(
    st.integers(0, 40), st.integers(0, 40), st.integers(1, 12), st.integers(1, 12), st.integers(-2, 2)
)


@settings(deadline=None, max_examples=80)
@given(st.lists(place, min_size=1, max_size=25), st.sampled_from([topology.TILE, 30.0]))
def test_overlaps_are_those_of_every_pair_intersected(
    places: list[tuple[int, int, int, int, int]], most: float
) -> None:
    shapes: list[BaseGeometry] = [
        Polygon([(x, y), (x + w, y + lean), (x + w, y + h + lean), (x, y + h)]) for x, y, w, h, lean in places
    ]
    found = looked(shapes, most=most)
    expected = {
        (one, other): area
        for one in range(len(shapes))
        for other in range(one + 1, len(shapes))
        if (area := shapes[one].intersection(shapes[other]).area) > 0
    }
    assert found.disjoint == (not expected)
    assert found.minor + found.overlaps == len(expected)
    large = {pair for pair, area in expected.items() if area > 1.0}
    assert {(one.one, one.other) for one in found.stored} == large
    assert found.overlap_m2 == pytest.approx(sum(expected[pair] for pair in large))


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.floats(0.5, 50)), min_size=0, max_size=80),
    st.floats(1, 500),
)
def test_tiles_are_the_whole_plane_and_no_fuller_than_asked(
    points: list[tuple[int, int, float]], most: float
) -> None:
    told = np.array(points, dtype=np.float64).reshape(-1, 3)
    boxes = tiles(told[:, :2], told[:, 2], most)
    held = [
        (told[:, 0] >= west) & (told[:, 0] < east) & (told[:, 1] >= south) & (told[:, 1] < north)
        for west, south, east, north in boxes
    ]
    assert (np.sum(held, axis=0) == 1).all() or not len(told)
    for inside in held:
        one_place = len(np.unique(told[inside, :2], axis=0)) <= 1
        assert told[inside, 2].sum() <= most or one_place


@pytest.mark.parametrize("most", [topology.TILE, 60, 11])
def test_a_long_gap_is_one_however_many_tiles_it_runs_through(most: float) -> None:
    upper = [box(x * 100, 100.02, (x + 1) * 100, 200) for x in range(40)]
    lower = [box(x * 100, 0, (x + 1) * 100, 100) for x in range(40)]
    ends = [box(-100, 0, 0, 200), box(4_000, 0, 4_100, 200)]
    found = holes(looked([*upper, *lower, *ends], most=most, gapless=True))
    assert (found.count, found.area_m2) == (1, pytest.approx(80.0))
    assert found.stored[0].shape.bounds == pytest.approx((0, 100, 4_000, 100.02))


@settings(deadline=None, max_examples=60)
@given(st.lists(place, min_size=1, max_size=30), st.sampled_from([topology.TILE, 30.0]))
def test_gaps_are_the_holes_of_the_union(places: list[tuple[int, int, int, int, int]], most: float) -> None:
    shapes: list[BaseGeometry] = [box(x, y, x + w, y + h) for x, y, w, h, _ in places]
    found = holes(looked(shapes, most=most, gapless=True))
    union = shapely.union_all(shapes)
    around = shapely.box(*shapely.total_bounds([union])).buffer(1, join_style="mitre")
    left = [
        part.area
        for part in shapely.get_parts(shapely.difference(around, union))
        if not part.intersects(around.exterior)
    ]
    assert found.count == sum(area > 1 for area in left)
    assert found.area_m2 == pytest.approx(sum(area for area in left if area > 1))
