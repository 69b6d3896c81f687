"""Where a number stands on a drawing: inside its shape, clear of the edge and of the numbers placed before it. Pure; the same every time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

ACROSS = 15
"""Places tried along each side of a shape's box."""
CROWDED = 0.7
"""Nearer than that share of ``apart`` two numbers cannot be read."""

Place = tuple[float, float]


def places(shapes: Sequence[Mapping[str, Any]], apart: float) -> list[Place | None]:
    """A place for each GeoJSON geometry, in its own coordinates; numbers nearer to one another than ``apart`` would lie over one another.

    None for a shape that has no place, or none that those before it have left.
    """
    taken: list[Place] = []
    found: list[Place | None] = []
    for each in shapes:
        geometry = shape(each)
        place = None
        if not geometry.is_empty:
            place = _best(geometry, np.asarray(taken, dtype=np.float64).reshape(-1, 2), apart)
        if place is not None:
            taken.append(place)
        found.append(place)
    return found


def _best(geometry: BaseGeometry, taken: NDArray[np.float64], apart: float) -> Place | None:
    candidates = _candidates(geometry)
    points = shapely.points(candidates)
    edge = (
        shapely.distance(shapely.boundary(geometry), points)
        if geometry.area > 0
        else np.full(len(points), apart)
    )
    room = np.minimum(edge, apart)
    if len(taken):
        away = np.linalg.norm(candidates[:, None, :] - taken[None, :, :], axis=2).min(axis=1)
        if away.max() < CROWDED * apart:
            return None
        # First clear of the others, then clear of the edge.
        room = np.minimum(away, apart) + room / 4.0
    x, y = candidates[int(np.argmax(room))]
    return float(x), float(y)


def _candidates(geometry: BaseGeometry) -> NDArray[np.float64]:
    """Places on the shape, the plainest first: it wins where others are no better."""
    first = geometry.representative_point()
    plain = np.array([[first.x, first.y]])
    if geometry.area > 0:
        west, south, east, north = geometry.bounds
        xs, ys = (np.linspace(low, high, ACROSS + 2)[1:-1] for low, high in ((west, east), (south, north)))
        grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
        shapely.prepare(geometry)
        inside = grid[shapely.contains_xy(geometry, grid[:, 0], grid[:, 1])]
        return np.vstack([plain, inside])
    if geometry.length > 0:
        along = shapely.line_interpolate_point(
            _longest(geometry), np.linspace(0.1, 0.9, ACROSS), normalized=True
        )
        return np.vstack([plain, shapely.get_coordinates(along)])
    return plain


def _longest(geometry: BaseGeometry) -> BaseGeometry:
    return max(shapely.get_parts(geometry), key=lambda part: part.length)
