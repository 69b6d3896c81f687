"""Classes people would choose: round edges, each value in one class, shares that add up."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.histogram import MOST_CLASSES, SLOPE_CLASSES, histogram


def classes(values: Any, whole: int | None = None, **said: Any) -> list[tuple[float, float, float]]:
    cells = np.array(values, dtype=np.float32).astype(np.float64)
    return [
        (each["from"], each["to"], each["share"]) for each in histogram(cells, whole or cells.size, **said)
    ]


def test_slope_falls_into_the_classes_of_a_land_survey() -> None:
    told = classes([0, 2, 2.1, 6, 15, 25, 25.1, 30, 36, 36], unit="degree")
    assert told == [
        (0.0, 2.0, 0.2),  # an edge belongs to the class below it, and the lowest to its own
        (2.0, 6.0, 0.2),
        (6.0, 15.0, 0.1),
        (15.0, 25.0, 0.1),
        (25.0, 35.0, 0.2),
        (35.0, 45.0, 0.2),
    ]


def test_degrees_that_are_no_slope_have_round_edges() -> None:
    assert {high - low for low, high, _ in classes([0, 90, 180, 270, 359], unit="degree")} == {50.0}


@pytest.mark.parametrize(
    ("values", "edges"),
    [
        ([2438, 3046], [2400, 2500, 2600, 2700, 2800, 2900, 3000, 3100]),
        ([0, 0.3], [0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3]),
        ([0, 0.28], [0.0, 0.025, 0.05, 0.075, 0.1, 0.125, 0.15, 0.175, 0.2, 0.225, 0.25, 0.275, 0.3]),
        ([-7.5, 3], [-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3]),
        ([10.0001, 10.0008], [10.0, 10.001]),
    ],
)
def test_edges_are_round(values: list[float], edges: list[float]) -> None:
    told = classes(values)
    assert [low for low, _, _ in told] + [told[-1][1]] == edges


def test_one_value_is_one_class_and_none_is_no_class() -> None:
    assert classes([24, 24, 24], whole=6) == [(24.0, 24.0, 0.5)]
    assert classes([], whole=6) == []


def test_dry_ground_is_told_apart_from_the_shallowest_water() -> None:
    told = classes([0, 0, 0, 0.1, 0.6, 1.9], unit="m", above=0.0)
    assert told[0] == (0.0, 0.0, 0.5)
    assert told[1] == (0.0, 0.2, pytest.approx(1 / 6, abs=1e-6))
    assert classes([0.1, 0.6, 1.9], above=0.0)[0] == (0.0, 0.2, pytest.approx(1 / 3, abs=1e-6))


def test_a_level_that_says_something_is_an_edge() -> None:
    told = classes([0.0, 0.27, 0.3, 1.0], above=0.27)
    assert sum(share for low, _, share in told if low >= 0.27) == 0.5
    assert 0.27 in [high for _, high, _ in told]
    assert classes([5.0, 6.0], above=0.0) == classes([5.0, 6.0])


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=60), st.sampled_from(["m", "degree"]))
def test_every_value_is_in_one_class_and_the_classes_are_few(values: list[float], unit: str) -> None:
    told = classes(values, whole=len(values) + 3, unit=unit)
    assert 1 <= len(told) <= MOST_CLASSES
    assert sum(share for _, _, share in told) == pytest.approx(len(values) / (len(values) + 3), abs=1e-5)
    assert all(before[1] == after[0] for before, after in pairwise(told))
    cells = np.array(values, dtype=np.float32)
    for low, _, _ in told[1:]:
        above = float((cells > np.float32(low)).sum()) / (len(values) + 3)
        assert sum(share for edge, _, share in told if edge >= low) == pytest.approx(above, abs=1e-5)


def test_the_classes_of_slope_hold_every_slope() -> None:
    assert (SLOPE_CLASSES[0], SLOPE_CLASSES[-1]) == (0.0, 90.0)
    assert list(SLOPE_CLASSES) == sorted(set(SLOPE_CLASSES))
