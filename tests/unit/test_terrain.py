"""Slope by Horn: exact on a plane, silent where a neighbour is, and the same as the demo's own that owes it nothing."""

from __future__ import annotations

import numpy as np
import pytest

from demo.field import horn
from gis import terrain
from gis.terrain import slope


def plane(east: float, south: float, cell_x: float = 10.0, cell_y: float = 10.0) -> np.ndarray:
    """Ground that rises by ``east`` and ``south`` metres per metre, 5 rows of 7 cells."""
    y, x = np.mgrid[:5, :7]
    return 100.0 + east * cell_x * x + south * cell_y * y


@pytest.mark.parametrize(("east", "south"), [(0, 0), (1, 0), (0, -1), (0.3, 0.4), (-0.05, 0.02)])
def test_a_plane_has_one_slope(east: float, south: float) -> None:
    steep = slope(plane(east, south), 10.0, 10.0)
    assert np.allclose(steep[1:-1, 1:-1], np.degrees(np.arctan(np.hypot(east, south))), atol=1e-5)


def test_cells_need_not_be_square() -> None:
    steep = slope(plane(0.3, 0.4, 10.0, 25.0), 10.0, 25.0)
    assert np.allclose(steep[1:-1, 1:-1], np.degrees(np.arctan(0.5)), atol=1e-5)


def test_the_middle_lines_count_twice() -> None:
    step = np.array([[0, 0, 8], [0, 0, 0], [0, 0, 0]])
    assert slope(step, 1.0, 1.0)[1, 1] == pytest.approx(np.degrees(np.arctan(np.sqrt(2))))
    beside = np.array([[0, 0, 0], [0, 0, 8], [0, 0, 0]])
    assert slope(beside, 1.0, 1.0)[1, 1] == pytest.approx(np.degrees(np.arctan(2)))


def test_a_cell_without_its_whole_neighbourhood_has_no_value() -> None:
    steep = slope(plane(0.1, 0.1), 10.0, 10.0)
    assert np.isnan(steep).tolist() == [[not (0 < y < 4 and 0 < x < 6) for x in range(7)] for y in range(5)]
    for missing in (np.nan, np.inf, -np.inf):
        cells = plane(0.1, 0.1)
        cells[2, 2] = missing  # Horn's formula would not notice it under the cell itself
        told = np.isnan(slope(cells, 10.0, 10.0))[1:-1, 1:-1]
        assert told.tolist() == [[True, True, True, False, False]] * 3
    for small in ((2, 9), (9, 2), (1, 1), (0, 0), (0, 5)):
        assert np.isnan(slope(np.zeros(small), 1.0, 1.0)).all()


def test_no_cell_is_without_length() -> None:
    for cell_x, cell_y in ((0.0, 1.0), (1.0, -1.0), (float("nan"), 1.0)):
        with pytest.raises(ValueError, match="a cell measures"):
            slope(np.zeros((3, 3)), cell_x, cell_y)


def hills() -> np.ndarray:
    rng = np.random.default_rng(7)
    y, x = np.mgrid[:90, :130]
    return np.round(80 * np.sin(x / 9) + 60 * np.cos(y / 7) + rng.random((90, 130)), 1)


def test_it_is_the_slope_of_the_demo_in_the_interior() -> None:
    cells = hills()
    theirs = horn(cells[::-1], 20.0)[::-1]  # the demo counts its rows from the south
    ours = slope(cells.astype(np.float32), 20.0, 20.0)
    assert np.abs(ours - theirs)[1:-1, 1:-1].max() < 1e-4
    assert theirs.max() > 30


def test_strips_of_rows_meet_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = slope(hills(), 20.0, 20.0)
    for rows in (1, 7, 88, 89):
        monkeypatch.setattr(terrain, "AT_ONCE", rows * 130)
        assert np.array_equal(slope(hills(), 20.0, 20.0), whole, equal_nan=True)
