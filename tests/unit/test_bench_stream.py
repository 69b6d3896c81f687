"""Rows on their way to COPY: whole, in order, whatever portions the database asks for."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from gis import stage


def features(count: int) -> stage.Features:
    return stage.Features(
        ids=np.arange(count),
        idents=[None if each % 7 == 0 else f"地块 {each}" for each in range(count)],
        classes=["0101"] * count,
        attributes=['{"a": 1}'] * count,
        geometry=shapely.points(np.arange(count, dtype=float), 1.0),
    )


@pytest.mark.parametrize("size", [1, 3, 8192, 1 << 20])
def test_every_byte_arrives_once(size: int) -> None:
    rows = features(2 * stage.ROWS_AT_ONCE + 5) if size > 3 else features(9)
    whole = b"".join(stage._rows(4, 4547, rows))
    stream = stage._Stream(stage._rows(4, 4547, rows))
    got = []
    while part := stream.read(size):
        assert len(part) <= size
        got.append(part)
    assert b"".join(got) == whole
    assert stream.read(size) == b"", "the end stays the end"
