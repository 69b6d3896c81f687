"""Holes that the features of a layer of areas leave between them. Seen tile by tile; a hole that reaches over the border of its tile waits until all
tiles are through, and is put together then. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.geometry import Numbers, Shapes

Box = tuple[float, float, float, float]

MOST_GAP_M2 = 10_000.0
"""A larger hole is ground that the layer leaves empty, not a slip of the pen."""
_ROUND_M = 1.0  # ground outside the layer, all round it: what reaches it is no hole


@dataclass(frozen=True, slots=True)
class Gap:
    """``width_m``: as of a strip of its area and boundary."""

    area_m2: float
    width_m: float
    shape: Any = field(repr=False)


@dataclass(slots=True)
class Gaps:
    """``extent``: of the layer; ``coverage``: where it says anything, None where that is everywhere; ``least_m2``: smaller ones are rounding and only
    counted, as ``minor``. The first ``most`` are kept.
    """

    extent: Box
    least_m2: float
    most: int
    coverage: Any | None = field(default=None, repr=False)
    count: int = 0
    area_m2: float = 0.0
    minor: int = 0
    stored: list[Gap] = field(default_factory=list)
    _waiting: list[Any] = field(default_factory=list)

    def see(self, tile: Box, shapes: Shapes, suspect: NDArray[np.bool_]) -> None:
        """``shapes``: all that meet the tile; ``suspect``: those that have a fault along their edges."""
        frame = self._framed(tile)
        # What has no fault along its edges unites quickly; the rest is laid over it.
        sound = shapes[~suspect]
        united = [shapely.coverage_union_all(sound)] if len(sound) else []
        covered = shapely.union_all(np.array([*united, *shapes[suspect]], dtype=object))
        left = _areas(shapely.difference(shapely.box(*frame), covered))
        boxes = np.asarray(shapely.bounds(left), dtype=np.float64).reshape(-1, 4)
        whole = (boxes[:, :2] > frame[:2]).all(axis=1) & (boxes[:, 2:] < frame[2:]).all(axis=1)
        self._take(left[whole])
        self._waiting += list(left[~whole])

    def finish(self) -> None:
        """All tiles were seen: what lay across their borders is put together."""
        left = _areas(shapely.union_all(np.array(self._waiting, dtype=object)))
        self._waiting = []
        west, south, east, north = self._framed((-np.inf, -np.inf, np.inf, np.inf))
        boxes = np.asarray(shapely.bounds(left), dtype=np.float64).reshape(-1, 4)
        inside = (boxes[:, :2] > (west, south)).all(axis=1) & (boxes[:, 2:] < (east, north)).all(axis=1)
        self._take(left[inside])

    def _framed(self, tile: Box) -> Box:
        west, south, east, north = self.extent
        return (
            max(tile[0], west - _ROUND_M),
            max(tile[1], south - _ROUND_M),
            min(tile[2], east + _ROUND_M),
            min(tile[3], north + _ROUND_M),
        )

    def _take(self, holes: Shapes) -> None:
        size: Numbers = np.asarray(shapely.area(holes), dtype=np.float64)
        small = size <= MOST_GAP_M2
        holes, size = holes[small], size[small]
        if self.coverage is not None and len(holes):
            within = np.asarray(shapely.covers(self.coverage, shapely.point_on_surface(holes)), dtype=bool)
            holes, size = holes[within], size[within]
        told = size > self.least_m2
        self.minor += int((~told).sum())
        self.count += int(told.sum())
        self.area_m2 += float(size[told].sum())
        widths = 2 * size / np.maximum(np.asarray(shapely.length(holes), dtype=np.float64), 1e-12)
        for at in np.flatnonzero(told)[: self.most - len(self.stored)].tolist():
            self.stored.append(Gap(float(size[at]), float(widths[at]), holes[at]))


def _areas(shape: Any) -> Shapes:
    parts = shapely.get_parts(shape)
    return np.asarray(parts[(shapely.get_type_id(parts) == 3) & ~shapely.is_empty(parts)], dtype=object)
