"""The bench's judgement of an answer: what counts as right, and that nothing wrong passes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.reference import compare, gathered, read

RIGHT = {0: [(12, 100.0), (72_000_001, 50.0)], 1: [(122_000_000, 1.0)]}


def test_the_same_answer_agrees() -> None:
    found = compare(gathered(RIGHT), gathered(RIGHT))
    assert (found.pairs, found.off, found.agree) == (3, 0, True)


@pytest.mark.parametrize(
    ("said", "off"),
    [
        ({0: [(12, 100.0001), (72_000_001, 50.0)], 1: [(122_000_000, 1.0)]}, 0),  # 1e-6 of 100, and 1e-6
        ({0: [(12, 100.0002), (72_000_001, 50.0)], 1: [(122_000_000, 1.0)]}, 1),
        ({0: [(12, 100.0), (72_000_001, 50.0)], 1: []}, 1),  # a point that nobody saw
        ({0: [(12, 100.0)], 1: [(122_000_000, 1.0)]}, 1),  # a line left out
        ({0: [(12, 100.0), (72_000_001, 50.0), (13, 5e-7)], 1: [(122_000_000, 1.0)]}, 0),  # touching
        ({0: [(12, 100.0), (72_000_001, 50.0), (13, 1e-5)], 1: [(122_000_000, 1.0)]}, 1),  # not there
        ({0: [(12, 100.0), (12, 100.0), (72_000_001, 50.0)], 1: [(122_000_000, 1.0)]}, 1),  # told twice
        ({0: [(12, float("nan")), (72_000_001, 50.0)], 1: [(122_000_000, 1.0)]}, 1),
        ({1: [(12, 100.0), (72_000_001, 50.0)], 0: [(122_000_000, 1.0)]}, 6),  # sites mixed up
    ],
)
def test_what_is_off_is_counted(said: dict[int, list[tuple[int, float]]], off: int) -> None:
    found = compare(gathered(said), gathered(RIGHT))
    assert found.off == off
    assert found.agree is (off == 0)
    assert found.pairs == 3


def test_the_worst_pair_is_named() -> None:
    said = {0: [(12, 100.0), (72_000_001, 49.0)], 1: [(122_000_000, 1.0)]}
    worst = compare(gathered(said), gathered(RIGHT)).worst
    assert worst is not None
    assert (worst["site"], worst["gid"], worst["reference"], worst["answer"]) == (0, 72_000_001, 50.0, 49.0)
    assert worst["of_tolerance"] > 1e4


def test_the_reference_is_area_length_or_presence_by_the_kind_of_the_layer(tmp_path: Path) -> None:
    table = pa.table(
        {
            "site": np.array([0, 0, 1], dtype="int32"),
            "gid": np.array([5, 1_000_007, 2_000_009]),
            "area_m2": [12.5, 0.0, 0.0],
            "length_m": [0.0, 3.5, 0.0],
        }
    )
    pq.write_table(table, tmp_path / "reference.parquet")
    found = read(tmp_path / "reference.parquet", {0: "polygon", 1: "line", 2: "point"})
    assert found.size.tolist() == [12.5, 3.5, 1.0]
    assert found.of([1]).gid.tolist() == [2_000_009]
