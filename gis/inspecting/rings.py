"""Shapes of one kind as coordinates, and where each shape and each ring or line of it begins: what vectorised looks at corners need. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gis.geometry import Kind, Numbers, Rows, Shapes


@dataclass(frozen=True, slots=True)
class Rings:
    """``xy`` (n, 2); ``paths`` where each ring or line begins, and the end; ``shapes`` where each shape begins; ``owners`` the shape of each path.
    A ring ends with the point it began with.
    """

    kind: Kind
    xy: Numbers
    paths: Rows
    shapes: Rows
    owners: Rows


def opened(kind: Kind, shapes: Shapes) -> Rings:
    """``shapes``: of one kind, none empty, single and multiple mixed as they come."""
    _, xy, offsets = shapely.to_ragged_array(shapes, include_z=False)
    xy = np.ascontiguousarray(xy, dtype=np.float64) + 0.0  # so that -0.0 is 0.0
    levels = [np.asarray(level, dtype=np.int64) for level in offsets]
    if kind == "point":
        paths = np.arange(len(xy) + 1, dtype=np.int64)
        starts = levels[0] if levels else paths
    elif kind == "line":
        paths = levels[0]
        starts = levels[1] if len(levels) > 1 else np.arange(len(paths), dtype=np.int64)
    else:
        paths = levels[0]
        starts = levels[1][levels[2]] if len(levels) > 2 else levels[1]
    owners = np.repeat(np.arange(len(starts) - 1, dtype=np.int64), np.diff(starts))
    return Rings(kind, xy, paths, paths[starts[:-1]], owners)
