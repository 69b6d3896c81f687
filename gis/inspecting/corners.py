"""Spikes and slivers: corners so sharp and areas so thin that a draughtsman did not mean them. Pure."""

from __future__ import annotations

import math

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.geometry import Numbers, Rows, Shapes
from gis.inspecting.rings import Rings

SHARPEST_DEGREES = 1.0
_SHARP = math.tan(math.radians(SHARPEST_DEGREES))


def spikes(rings: Rings, arm_m: float) -> tuple[Rows, Numbers, Numbers]:
    """Shape, place (n, 2) and angle in degrees of every corner below SHARPEST_DEGREES both of whose arms are longer than ``arm_m``."""
    xy, last = rings.xy, rings.paths[1:] - 1
    if rings.kind == "point" or len(xy) < 3:
        return np.empty(0, dtype=np.int64), np.empty((0, 2)), np.empty(0)
    edges = np.diff(xy, axis=0)
    ahead = edges[:-1, 0] * edges[1:, 0]
    ahead += edges[:-1, 1] * edges[1:, 1]
    at = np.flatnonzero(ahead < 0) + 1  # the path turns back by more than a right angle
    ends = np.zeros(len(xy), dtype=bool)
    ends[last] = True
    ends[rings.paths[:-1]] = True
    at = at[~ends[at]]
    before, after = edges[at - 1], edges[at]
    if rings.kind == "polygon":  # the corner where a ring closes
        first = rings.paths[:-1]
        at = np.concatenate((at, first))
        before, after = np.concatenate((before, edges[last - 1])), np.concatenate((after, edges[first]))
    along = -(before * after).sum(axis=1)
    across = np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0])
    sharp = (along > 0) & (across < _SHARP * along)
    sharp &= np.minimum(np.hypot(*before.T), np.hypot(*after.T)) > arm_m
    at, angle = at[sharp], np.degrees(np.arctan2(across[sharp], along[sharp]))
    owner = rings.owners[np.searchsorted(rings.paths, at, side="right") - 1]
    order = np.argsort(owner, kind="stable")
    return owner[order], xy[at[order]], angle[order]


def thin(shapes: Shapes, width_m: float) -> tuple[Rows, Shapes, Numbers, NDArray[np.bool_]]:
    """Shape, the thin area, its width in metres, and whether it is only a part: twice the area over the boundary is the width of a strip."""
    width = _width(shapes)
    whole = np.flatnonzero(width < width_m)
    several = np.flatnonzero((shapely.get_num_geometries(shapes) > 1) & (width >= width_m))
    parts, owner = shapely.get_parts(shapes[several], return_index=True)
    own = _width(parts)
    narrow = np.flatnonzero(own < width_m)
    rows = np.concatenate((whole, several[owner[narrow]]))
    order = np.argsort(rows, kind="stable")
    found = np.concatenate((shapes[whole], parts[narrow]))
    partly = np.arange(len(rows)) >= len(whole)
    return rows[order], found[order], np.concatenate((width[whole], own[narrow]))[order], partly[order]


def _width(areas: Shapes) -> Numbers:
    return np.asarray(2 * shapely.area(areas) / np.maximum(shapely.length(areas), 1e-12), dtype=np.float64)
