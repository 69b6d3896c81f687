"""Where the statutory plan departs from the master plan on purpose, so that nobody has to find it out.

On some plots it says another use (conflicts); some of its vertices stand a few decimetres off the common boundary (slivers).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely

from demo.ground import Ground, Ints, Mask
from demo.millimetre import MM
from demo.uses import FARM, Words

# What the statutory plan says, over what the master plan says, on how many plots.
SEEDS: tuple[tuple[str, tuple[str, ...], int], ...] = (
    ("residential", FARM, 18),
    ("industry", FARM, 10),
    ("commercial", ("forest", "shrub"), 6),
    ("industry", ("forest", "shrub", "orchard"), 6),
    ("residential", ("park", "green_belt"), 10),
    ("residential", ("industry",), 6),
    ("storage", ("school", "hospital", "government"), 4),
)
SLIVERS = 40


@dataclass(frozen=True, slots=True)
class Discord:
    """plots: where the statutory plan says `statutory` though the master plan says `master`; moved: (n, 4) x, y and how far (dx, dy)."""

    plots: Ints
    statutory: Words
    master: Words
    moved: np.ndarray


def statutory_extent(g: Ground) -> Mask:
    """Plots in faces near towns; the rest of the district has no statutory plan, which is no data and not clearance."""
    count = int(g.fabric.face.max()) + 1
    weight = np.bincount(g.fabric.face, g.area, count)
    mean = np.bincount(g.fabric.face, g.area * g.urban, count) / np.maximum(weight, MM)
    return np.asarray(mean[g.fabric.face] > -0.12)


@lru_cache(maxsize=1)
def discord(g: Ground) -> Discord:
    inside = statutory_extent(g) & g.open_ground & (g.area > 1500)
    a, b = g.fabric.pairs.T
    taken = np.zeros(len(g.plots), dtype=bool)
    found: list[int] = []
    said: list[str] = []
    for k, (word, over, count) in enumerate(SEEDS):
        rng = g.rng(f"conflict {k}")
        for plot in rng.permutation(np.flatnonzero(inside & np.isin(g.planned, over))).tolist():
            if taken[plot]:
                continue
            found.append(plot)
            said.append(word)
            taken[plot] = True
            taken[a[b == plot]] = taken[b[a == plot]] = True  # patches do not touch one another
            count -= 1
            if count == 0:
                break
    order = np.argsort(found)
    chosen = np.array(found)[order]
    return Discord(chosen, np.array(said, dtype="U16")[order], g.planned[chosen], _moves(g, inside, taken))


def _moves(g: Ground, inside: Mask, taken: Mask) -> np.ndarray:
    """Corners where exactly two plots of different use meet in a long edge, each with a shove of 0.3 to 0.9 m across it."""
    a, b = g.fabric.pairs.T
    fit = (
        inside[a]
        & inside[b]
        & (g.planned[a] != g.planned[b])
        & (g.fabric.shared > 60)
        & ~taken[a]
        & ~taken[b]
    )
    rng = g.rng("slivers")
    moves: list[tuple[float, float, float, float]] = []
    used: set[int] = set()
    for pair in rng.permutation(np.flatnonzero(fit)).tolist():
        one, two = int(a[pair]), int(b[pair])
        if used & {one, two}:
            continue
        border = shapely.line_merge(
            shapely.intersection(shapely.boundary(g.plots[one]), shapely.boundary(g.plots[two]))
        )
        if border.geom_type != "LineString" or len(border.coords) < 3:
            continue
        xy = shapely.get_coordinates(border)
        gaps = np.hypot(*np.diff(xy, axis=0).T)
        inner = [k for k in range(1, len(xy) - 1) if gaps[k - 1] > 12 and gaps[k] > 12]
        if not inner:
            continue
        k = inner[len(inner) // 2]
        way = (xy[k + 1] - xy[k - 1]) / np.hypot(*(xy[k + 1] - xy[k - 1]))
        far = float(rng.uniform(0.3, 0.9)) * (1 if rng.random() < 0.5 else -1)
        shove = np.round(np.array([-way[1], way[0]]) * far / MM) * MM
        moves.append((xy[k, 0], xy[k, 1], float(shove[0]), float(shove[1])))
        used |= {one, two}
        if len(moves) == SLIVERS:
            break
    return np.array(moves)
