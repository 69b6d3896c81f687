"""A city cut into districts that lie side by side: lines due north and due east, on the millimetre, so that neighbours meet exactly however finely each
is drawn. Each has a seed, a code and a name of its own. It knows outlines and nothing of what is drawn in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely

from demo.ground import CODE, TITLE, Ground, make_ground
from demo.millimetre import on_millimetre
from demo.sizes import Size
from demo.terrain import Frame, outline_of

ROWS = 2


@dataclass(frozen=True, slots=True)
class Tile:
    """frame: None where it is the only one, which draws its outline itself."""

    number: int
    seed: int
    size: Size
    frame: Frame | None
    code: str
    title: str

    def ground(self) -> Ground:
        return make_ground(self.seed, self.size, self.frame, self.code, self.title)


def cut(seed: int, size: Size) -> list[Tile]:
    """The districts from the west to the east, of each pair the southern one first."""
    if size.tiles == 1:
        return [Tile(0, seed, size, None, CODE, TITLE)]
    outlines = _outlines(outline_of(seed, size), size.tiles)
    return [
        Tile(
            number,
            seed + number,
            size.tile(),
            Frame(outline, _shared(outline, outlines)),
            f"4403{number + 1:02d}",
            f"{TITLE[:-1]}第{number + 1}区",
        )
        for number, outline in enumerate(outlines)
    ]


def _outlines(whole: shapely.Polygon, count: int) -> list[shapely.Polygon]:
    """Columns of equal area, each cut across; of each part the largest piece, for lobes of the outline may come off."""
    columns = -(-count // ROWS)
    pieces = _sliced(whole, columns, 0)
    rows = [ROWS] * columns
    rows[-1] -= ROWS * columns - count
    return [
        _largest(part) for piece, many in zip(pieces, rows, strict=True) for part in _sliced(piece, many, 1)
    ]


def _sliced(shape: shapely.Geometry, many: int, axis: int) -> list[shapely.Geometry]:
    """Cut into so many parts of about equal area by lines across an axis (0: x, 1: y)."""
    low, high = shape.bounds[axis], shape.bounds[axis + 2]
    lines = [low - 1.0, *(_balanced(shape, share / many, axis) for share in range(1, many)), high + 1.0]
    return [
        on_millimetre(shapely.intersection(shape, _band(shape, axis, one, two)))
        for one, two in pairwise(lines)
    ]


def _balanced(shape: shapely.Geometry, share: float, axis: int) -> float:
    """The whole hectometre nearest to where so great a share of the area lies on the lower side."""
    at = np.arange(np.ceil(shape.bounds[axis] / 100.0) * 100.0, shape.bounds[axis + 2], 100.0)
    low = shape.bounds[axis] - 1.0
    below = [shapely.intersection(shape, _band(shape, axis, low, float(here))).area for here in at]
    return float(at[np.argmin(np.abs(np.array(below) / shape.area - share))])


def _band(shape: shapely.Geometry, axis: int, one: float, two: float) -> shapely.Polygon:
    west, south, east, north = shape.bounds
    if axis == 0:
        return shapely.box(one, south - 1.0, two, north + 1.0)
    return shapely.box(west - 1.0, one, east + 1.0, two)


def _largest(shape: shapely.Geometry) -> shapely.Polygon:
    return max(shapely.get_parts(shape), key=shapely.area)


def _shared(outline: shapely.Polygon, every: list[shapely.Polygon]) -> shapely.Geometry:
    return shapely.union_all(
        [shapely.intersection(outline.boundary, other.boundary) for other in every if other is not outline]
    )
