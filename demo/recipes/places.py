"""Masks and groupings of plots that several themes speak of: towns, villages, farmland, hills, old quarters."""

from __future__ import annotations

import numpy as np
import shapely

from demo.draw import Features, Recipe, picked
from demo.ground import Ground, Mask
from demo.uses import BUILT, FARM, LIVING, WET, WOODS


def everywhere(g: Ground) -> Mask:
    return np.ones(len(g.plots), dtype=bool)


def is_planned(g: Ground, *words: str) -> Mask:
    return np.asarray(np.isin(g.planned, words))


def is_present(g: Ground, *words: str) -> Mask:
    return np.asarray(np.isin(g.present, words))


def town(g: Ground) -> Mask:
    return np.asarray(g.open_ground & (g.urban > 0.05))


def farmland(g: Ground) -> Mask:
    return np.asarray(is_planned(g, *FARM) & is_present(g, *FARM) & (g.slope < 9))


def hills(g: Ground) -> Mask:
    return np.asarray(is_planned(g, *WOODS) & (g.urban < -0.05))


def built(g: Ground) -> Mask:
    return is_present(g, *BUILT)


def homes(g: Ground) -> Mask:
    return is_present(g, *LIVING)


def water(g: Ground) -> Mask:
    return is_present(g, *WET)


def old_villages(g: Ground) -> Mask:
    """The villages where heritage stands: the same ones for every heritage layer."""
    return picked(g, "old villages", is_present(g, "village") & (g.area > 6000) & (g.area < 90_000), 26)


def covering(g: Ground, kept: tuple[int, ...]) -> shapely.Geometry:
    """The subdistricts with these numbers, as the area in which a layer speaks."""
    return shapely.coverage_union_all(g.subdistricts[list(kept)])


def speaking_in(recipe: Recipe, left_out: tuple[int, ...]) -> Recipe:
    """The layer covers the district without the subdistricts left out; there it says nothing, not that there is nothing."""

    def draw(g: Ground) -> Features:
        kept = tuple(k for k in range(len(g.subdistricts)) if k not in left_out)
        return recipe(g).within(covering(g, kept))

    return draw


def speaking_everywhere(recipe: Recipe) -> Recipe:
    def draw(g: Ground) -> Features:
        return recipe(g).within(g.outline)

    return draw
