"""What the features of a layer of areas do to each other: where two overlap, and where a hole is left between them that is too small to be meant.

Seen tile by tile, so that memory stays bounded however large the layer is: every overlap belongs to exactly one tile, the one that holds its lower left corner; how
gaps are put together stands in ``gaps``. Pure: shapes come in, in the project's coordinates, valid; nothing is mended.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import GEOSException

from gis.gaps import Box, Gaps
from gis.geometry import LARGEST, Numbers, Rows, Shapes
from gis.inspection import MOST_STORED

LEAST_M2 = 1.0
"""An overlap or a gap up to this (or up to a square of the layer's tolerance) is rounding; it is counted apart and shown nowhere."""
TILE = 1_000_000
"""Vertices in a tile: about 20,000 parcels, some 100 MB."""
MOST_OVERLAPS = 1_000_000
_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two features, the lower id first."""

    one: int
    other: int
    area_m2: float
    shape: Any = field(repr=False)


@dataclass(slots=True)
class Topology:
    """Added up over the tiles. Counts are exact, the first MOST_STORED of each are kept. ``gaps``: where holes are looked for too. ``proof_only``: the
    first overlap ends it. ``minor``: overlaps too small to be told. ``stopped``: counting ended early; the counts are the least there are.
    """

    tolerance_m: float = 1.0
    gaps: Gaps | None = None
    proof_only: bool = False
    overlaps: int = 0
    overlap_m2: float = 0.0
    minor: int = 0
    disjoint: bool = True
    stopped: bool = False
    stored: list[Overlap] = field(default_factory=list)

    @property
    def least_m2(self) -> float:
        return least_m2(self.tolerance_m)

    def see(self, tile: Box, ids: Rows, shapes: Shapes) -> None:
        """``shapes``: all that meet the tile."""
        if self.stopped:
            return
        suspect = np.asarray(~shapely.is_empty(shapely.coverage_invalid_edges(shapes)), dtype=bool)
        self._overlaps(tile, ids, shapes, suspect)
        if self.gaps is not None and not self.stopped:
            self.gaps.see(tile, shapes, suspect)

    def _overlaps(self, tile: Box, ids: Rows, shapes: Shapes, suspect: NDArray[np.bool_]) -> None:
        boxes = np.asarray(shapely.bounds(shapes), dtype=np.float64).reshape(-1, 4)
        for one, other in _pairs(shapes, suspect):
            corner = np.maximum(boxes[one, :2], boxes[other, :2])
            mine = _holds(tile, corner)
            one, other = one[mine], other[mine]
            common = _common(shapes[one], shapes[other])
            areas = np.asarray(shapely.area(common), dtype=np.float64)
            if (areas > 0).any():
                self.disjoint = False
            told = areas > self.least_m2
            self.minor += int(((areas > 0) & ~told).sum())
            self.overlaps += int(told.sum())
            self.overlap_m2 += float(areas[told].sum())
            for at in np.flatnonzero(told)[: MOST_STORED - len(self.stored)].tolist():
                low, high = sorted((int(ids[one[at]]), int(ids[other[at]])))
                self.stored.append(Overlap(low, high, float(areas[at]), _area_of(common[at])))
            if self.overlaps > MOST_OVERLAPS or (self.proof_only and not self.disjoint):
                self.stopped = True
                return


def least_m2(tolerance_m: float) -> float:
    return max(LEAST_M2, tolerance_m**2)


def tiles(centres: Numbers, weights: Numbers, most: float = TILE) -> list[Box]:
    """Boxes that together are the whole plane, in none of which the ``weights`` (n) of the ``centres`` (n, 2) add up to more than ``most``, as far as
    they can be told apart.
    """
    whole = (-LARGEST, -LARGEST, LARGEST, LARGEST)
    return list(
        _split(np.asarray(centres, dtype=np.float64), np.asarray(weights, dtype=np.float64), whole, most)
    )


def _split(centres: Numbers, weights: Numbers, box: Box, most: float) -> Iterator[Box]:
    spread = np.ptp(centres, axis=0) if len(centres) else np.zeros(2)
    if len(centres) < 2 or float(weights.sum()) <= most or not spread.any():
        yield box
        return
    axis = int(spread[1] > spread[0])
    along = centres[:, axis]
    cut = float(np.median(along))
    if not (along < cut).any():  # half of them or more have the smallest number there is
        cut = float(along[along > cut].min())
    low = along < cut
    west, south, east, north = box
    first, second = (
        ((west, south, cut, north), (cut, south, east, north))
        if axis == 0
        else ((west, south, east, cut), (west, cut, east, north))
    )
    yield from _split(centres[low], weights[low], first, most)
    yield from _split(centres[~low], weights[~low], second, most)


def _holds(tile: Box, points: Numbers) -> NDArray[np.bool_]:
    """Half open: a point on the border of two tiles lies in one of them."""
    west, south, east, north = tile
    return (points[:, 0] >= west) & (points[:, 0] < east) & (points[:, 1] >= south) & (points[:, 1] < north)


def _pairs(shapes: Shapes, suspect: NDArray[np.bool_]) -> Iterator[tuple[Rows, Rows]]:
    """Pairs whose boxes meet and of which one has a fault along its edges; two without one share no area."""
    tree = shapely.STRtree(shapes)
    at = np.flatnonzero(suspect)
    for start in range(0, len(at), _AT_ONCE):
        part = at[start : start + _AT_ONCE]
        found, other = tree.query(shapes[part])
        one = part[found]
        # A pair of two suspects is met twice.
        once = (one != other) & (~suspect[other] | (one < other))
        one, other = one[once], other[once]
        for first in range(0, len(one), _AT_ONCE):
            yield one[first : first + _AT_ONCE], other[first : first + _AT_ONCE]


def _common(one: Shapes, other: Shapes) -> Shapes:
    try:
        return np.asarray(shapely.intersection(one, other), dtype=object)
    except GEOSException:
        # One pair in very many defeats the exact way; on a grid of a thousandth of a millimetre there is always an answer.
        return np.asarray(shapely.intersection(one, other, grid_size=1e-6), dtype=object)


def _area_of(shape: Any) -> Any:
    """Without the lines and points along which the two only touch."""
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return shape
    parts: Sequence[Any] = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(list(parts))
