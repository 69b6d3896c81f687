"""Heights and measures of vertices: plans are measured flat, so they are dropped from the shape, but not lost: each row keeps from where to where they went
(``@z``, ``@m``), and the file itself is kept by its hash.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.geometry import Shapes


class Heights:
    """Counts over the batches of a layer."""

    def __init__(self) -> None:
        self.with_z = self.with_m = 0

    def kept_aside(self, shapes: Shapes, attributes: Sequence[str]) -> Sequence[str]:
        """The attributes with the ranges in them; the very same ones where no shape has any."""
        has_z, has_m = shapely.has_z(shapes), shapely.has_m(shapes)
        self.with_z += int(has_z.sum())
        self.with_m += int(has_m.sum())
        if not has_z.any() and not has_m.any():
            return attributes
        told = list(attributes)
        for key, has, column in (("@z", has_z, _z), ("@m", has_m, _m)):
            rows = np.flatnonzero(has)
            for row, (low, high) in zip(rows.tolist(), _ranges(shapes[rows], column), strict=True):
                if np.isfinite(low) and np.isfinite(high):
                    more = f'"{key}":[{low!r},{high!r}]'
                    told[row] = f"{told[row][:-1]}{',' if len(told[row]) > 2 else ''}{more}}}"
        return told

    def notes(self) -> list[tuple[str, dict[str, Any]]]:
        found = (("heights_dropped", self.with_z), ("measures_dropped", self.with_m))
        return [(code, {"count": count}) for code, count in found if count]


def _z(shapes: Shapes) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    numbers, owner = shapely.get_coordinates(shapes, include_z=True, return_index=True)
    return numbers[:, 2], owner


def _m(shapes: Shapes) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    numbers, owner = shapely.get_coordinates(shapes, include_m=True, return_index=True)
    return numbers[:, -1], owner


def _ranges(
    shapes: Shapes, column: Callable[[Shapes], tuple[NDArray[np.float64], NDArray[np.int64]]]
) -> list[tuple[float, float]]:
    """Lowest and highest of each shape, without those that are no number; NaN where there is none."""
    values, owner = column(shapes)
    known = np.isfinite(values)
    low, high = np.full(len(shapes), np.inf), np.full(len(shapes), -np.inf)
    np.minimum.at(low, owner[known], values[known])
    np.maximum.at(high, owner[known], values[known])
    return [(float(a), float(b)) if a <= b else (np.nan, np.nan) for a, b in zip(low, high, strict=True)]
