"""The two plans that disagree in known places: the land-use master plan and the statutory plan, drawn from the same plots.

Both follow the planned use; where the statutory plan departs from it stands in `demo.discord`.
"""

from __future__ import annotations

import numpy as np
import shapely

from demo.discord import discord, statutory_extent
from demo.draw import Features, unions
from demo.field import Floats, Shapes
from demo.ground import Ground, Ints
from demo.millimetre import MM


def by_block(g: Ground) -> Ints:
    """Ground goes by its block, streets and water by their community."""
    return np.where(g.open_ground, g.fabric.block, int(g.fabric.block.max()) + 1 + g.community)


def master_plan(g: Ground) -> Features:
    return unions(g, np.ones(len(g.plots), dtype=bool), by_block(g), g.planned)


def statutory_plan(g: Ground) -> Features:
    mask = statutory_extent(g)
    seeded = discord(g)
    use = g.planned.copy()
    use[seeded.plots] = seeded.statutory
    alone = np.where(g.open_ground, np.arange(len(g.plots)), len(g.plots) + g.community)
    drawn = unions(g, mask, alone, use)
    return Features(
        _shove(drawn.shapes, seeded.moved), use=drawn.use, coverage=shapely.coverage_union_all(g.plots[mask])
    )


def _shove(shapes: Shapes, moved: Floats) -> Shapes:
    xy = shapely.get_coordinates(shapes)
    key = np.round(xy / MM).astype(np.int64)
    for x, y, dx, dy in moved:
        at = (key[:, 0] == round(x / MM)) & (key[:, 1] == round(y / MM))
        xy[at] = np.round((xy[at] + [dx, dy]) / MM) * MM
    return np.asarray(shapely.set_coordinates(shapes.copy(), xy))
