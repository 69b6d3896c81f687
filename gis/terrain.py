"""What follows from the lie of the land: slope from elevation. Pure; it knows no file, no layer and no place."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

AT_ONCE = 1_000_000  # cells worked on at a time: beside them stand a dozen float64 arrays of their size


def slope(cells: NDArray[Any], cell_x: float, cell_y: float) -> NDArray[np.float32]:
    """Slope in degrees by Horn (1981), Hill shading and the reflectance map: the 3 x 3 neighbourhood, its middle lines counted twice.

    ``cells``: elevations (height, width), north up, in the unit of ``cell_x`` and ``cell_y`` (metres between the centres of neighbours).
    A cell has a value, and not NaN, where its whole neighbourhood has finite ones: not at the edge, not beside a missing cell.
    """
    if not (cell_x > 0 and cell_y > 0):
        raise ValueError(f"a cell measures {cell_x} x {cell_y}")
    height, width = cells.shape
    steep = np.full((height, width), np.nan, dtype=np.float32)
    rows = max(1, AT_ONCE // max(width, 1))
    for top in range(1, height - 1, rows):
        end = min(top + rows, height - 1)
        steep[top:end, 1:-1] = _horn(cells[top - 1 : end + 1].astype(np.float64), cell_x, cell_y)
    return steep


def _horn(z: NDArray[np.float64], cell_x: float, cell_y: float) -> NDArray[np.float64]:
    """Of the inner cells of ``z``."""
    z[~np.isfinite(z)] = np.nan
    eastward = (z[:, 2:] - z[:, :-2]) / (8.0 * cell_x)
    southward = (z[2:] - z[:-2]) / (8.0 * cell_y)
    rise_x = eastward[:-2] + 2.0 * eastward[1:-1] + eastward[2:]
    rise_y = southward[:, :-2] + 2.0 * southward[:, 1:-1] + southward[:, 2:]
    steep = np.degrees(np.arctan(np.hypot(rise_x, rise_y)))
    steep[np.isnan(z[1:-1, 1:-1])] = np.nan  # Horn does not look at the cell itself
    return steep
