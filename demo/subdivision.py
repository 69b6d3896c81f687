"""Cutting land: pieces are halved across their longer side until they are as small as wanted. It knows areas, nothing of use or law."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from demo.field import Floats, Shapes
from demo.millimetre import MM

_STATIONS = np.linspace(-0.05, 1.05, 7)


@dataclass(frozen=True, slots=True)
class Pieces:
    """cuts: the lines that were drawn, with the area (m2) of what each cut in two; boundaries of pieces are not noded yet."""

    shapes: Shapes
    cuts: Shapes
    cut_areas: Floats


def divide(
    shapes: Shapes,
    rng: np.random.Generator,
    aim: Callable[[Shapes], Floats],
    bend: Callable[[Shapes], Floats],
) -> Pieces:
    """aim: wanted area (m2) where a piece lies; bend: how far a cut strays, as a share of its length."""
    done: list[Shapes] = []
    cuts: list[Shapes] = []
    cut_areas: list[Floats] = []
    while len(shapes):
        area = shapely.area(shapes)
        wide = area > aim(shapes) * rng.uniform(1.15, 2.1, len(shapes))
        done.append(shapes[~wide])
        shapes, area = shapes[wide], area[wide]
        if not len(shapes):
            break
        line, half = _cut(shapes, rng, bend(shapes))
        drawn = shapely.intersection(line, shapes)
        cuts.append(drawn)
        cut_areas.append(area)
        shapes = _polygons(
            np.concatenate([shapely.intersection(shapes, half), shapely.difference(shapes, half)])
        )
    if not cuts:
        return Pieces(np.concatenate(done), np.empty(0, dtype=object), np.empty(0))
    return Pieces(np.concatenate(done), np.concatenate(cuts), np.concatenate(cut_areas))


def _cut(shapes: Shapes, rng: np.random.Generator, bend: Floats) -> tuple[Shapes, Shapes]:
    n = len(shapes)
    corner = shapely.get_coordinates(shapely.oriented_envelope(shapes)).reshape(n, 5, 2)
    one, two = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 1]
    upright = np.hypot(*one.T) >= np.hypot(*two.T)
    origin = np.where(upright[:, None], corner[:, 0], corner[:, 1])
    along = np.where(upright[:, None], one, two)
    across = np.where(upright[:, None], two, -one)
    ratio = np.hypot(*across.T) / np.maximum(np.hypot(*along.T), MM)
    stray = np.cumsum(rng.normal(size=(n, len(_STATIONS))), axis=1) * (bend * ratio)[:, None] * 0.5
    share = rng.uniform(0.42, 0.58, n)[:, None] + stray - stray.mean(axis=1, keepdims=True)
    share += rng.uniform(-0.05, 0.05, n)[:, None] * ratio[:, None] * (_STATIONS - 0.5)
    share = np.clip(share, 0.15, 0.85)
    path = origin[:, None] + along[:, None] * share[..., None] + across[:, None] * _STATIONS[None, :, None]
    path = np.round(path / MM) * MM
    back = origin[:, None] + along[:, None] * -0.05 + across[:, None] * np.array([1.05, -0.05])[None, :, None]
    return shapely.linestrings(path), shapely.polygons(np.concatenate([path, back], axis=1))


def _polygons(shapes: Shapes) -> Shapes:
    parts = shapely.get_parts(shapes)
    parts = shapely.get_parts(parts)
    return np.asarray(parts[(shapely.get_type_id(parts) == 3) & (shapely.area(parts) > 1.0)])


def faces(lines: list[Shapes]) -> Shapes:
    """Linework noded on the millimetre and closed to polygons: neighbours share every vertex."""
    noded = shapely.unary_union(np.concatenate(lines), grid_size=MM)
    return np.asarray(shapely.get_parts(shapely.polygonize(shapely.get_parts(noded))))


def owner(shapes: Shapes, owners: Shapes) -> NDArray[np.int64]:
    """For each shape the owner that holds its inner point, -1 for none."""
    points = shapely.point_on_surface(shapes)
    point, index = shapely.STRtree(owners).query(points, predicate="intersects")
    found = np.full(len(shapes), -1, dtype=np.int64)
    found[point[::-1]] = index[::-1]
    return found
