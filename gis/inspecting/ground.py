"""What lies outside the district: a grid over its outline answers for most shapes by their box alone, and only those near the border are looked at.

Pure; the outline is handed in.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.geometry import Numbers, Rows, Shapes

CELLS = 64
_FEW = 200  # shapes; below that the grid would cost more than it spares


@dataclass(frozen=True, slots=True)
class Outside:
    """Index of each shape that is not wholly within, and whether it is wholly outside."""

    at: Rows
    wholly: NDArray[np.bool_]


class Ground:
    """The district with a margin of ``tolerance_m``: plans share its border, and rounding is no fault."""

    def __init__(self, outline: Any, tolerance_m: float) -> None:
        self.outline = outline
        self.around = shapely.buffer(outline, tolerance_m, join_style="mitre")
        shapely.prepare(self.around)
        self._grid: tuple[Numbers, NDArray[np.int64]] | None = None

    def outside(self, shapes: Shapes) -> Outside:
        boxes = np.asarray(shapely.bounds(shapes), dtype=np.float64)
        doubtful = np.arange(len(shapes), dtype=np.int64)
        if len(shapes) > _FEW or self._grid is not None:
            doubtful = self._doubtful(boxes)
        doubtful = doubtful[~shapely.covers(self.around, shapes[doubtful])]
        return Outside(doubtful, np.asarray(~shapely.intersects(self.around, shapes[doubtful]), dtype=bool))

    def beyond(self, shape: Any) -> Any:
        """What of a shape lies outside."""
        return shapely.difference(shape, self.around)

    def _doubtful(self, boxes: Numbers) -> Rows:
        """Those whose box is not covered by cells that lie wholly within."""
        if self._grid is None:
            self._grid = self._laid()
        frame, open_cells = self._grid
        west, south, wide, high = frame
        low = np.floor((boxes[:, :2] - (west, south)) / (wide, high)).astype(np.int64)
        top = np.floor((boxes[:, 2:] - (west, south)) / (wide, high)).astype(np.int64)
        beyond = (low < 0).any(axis=1) | (top >= CELLS).any(axis=1)
        (x0, y0), (x1, y1) = np.clip(low, 0, CELLS - 1).T, np.clip(top, 0, CELLS - 1).T + 1
        open_in_box = open_cells[y1, x1] - open_cells[y0, x1] - open_cells[y1, x0] + open_cells[y0, x0]
        return np.flatnonzero(beyond | (open_in_box > 0)).astype(np.int64)

    def _laid(self) -> tuple[Numbers, NDArray[np.int64]]:
        """The frame (west, south, width and height of a cell), and for every corner of the grid how many cells below and left of it are not wholly within."""
        west, south, east, north = shapely.bounds(self.around)
        wide, high = max(east - west, 1e-6) / CELLS, max(north - south, 1e-6) / CELLS
        x, y = np.meshgrid(west + wide * np.arange(CELLS), south + high * np.arange(CELLS))
        # A hair larger than the cell, so that rounding leaves no shape between two of them.
        hair = 1e-6
        cells = shapely.box(x - hair, y - hair, x + wide + hair, y + high + hair)
        outside = ~shapely.contains_properly(self.around, cells)
        sums = np.zeros((CELLS + 1, CELLS + 1), dtype=np.int64)
        sums[1:, 1:] = outside.astype(np.int64).cumsum(axis=0).cumsum(axis=1)
        return np.array((west, south, wide, high)), sums


@lru_cache(maxsize=4)
def ground(outline: Any, tolerance_m: float) -> Ground:
    """One for all layers of a delivery: shapes are equal, and hash alike, by what they are."""
    return Ground(outline, tolerance_m)
