"""What each plot is used for now and what it is planned for, in the demo's own words; `demo.classes` says them in the codes of a class system.

Knows plots, ground and towns; knows no plan document and no code.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from demo.chance import stream
from demo.fabric import GROUND, ROAD, Fabric
from demo.field import Floats, noise
from demo.terrain import Land

Words = NDArray[np.str_]

FARM = ("paddy", "dry_field", "irrigated", "orchard")
WOODS = ("forest", "shrub", "grass")
LIVING = ("residential", "village")
WORKING = ("industry", "storage")
TRADING = ("commercial", "office")
PUBLIC = ("government", "culture", "school", "sport", "hospital", "welfare")
OPEN = ("park", "green_belt", "square")
SERVING = ("parking", "power", "water_supply", "sewage", "sanitation")
BUILT = (*LIVING, *WORKING, *TRADING, *PUBLIC, *OPEN, *SERVING, "special", "vacant", "road")
WET = ("river", "reservoir", "pond")

# Per block the ruling use, per plot in it what else may stand there; shares of plots in town.
_RULING = (
    ("residential", 0.34),
    ("industry", 0.27),
    ("village", 0.15),
    ("commercial", 0.08),
    ("office", 0.05),
    ("storage", 0.05),
    ("park", 0.06),
)
_AMONG = (
    ("school", 0.16), ("park", 0.15), ("government", 0.06), ("culture", 0.05), ("sport", 0.05), ("hospital", 0.05), ("welfare", 0.04),
    ("parking", 0.08), ("power", 0.04), ("water_supply", 0.02), ("sewage", 0.02), ("sanitation", 0.04), ("square", 0.05),
    ("green_belt", 0.09), ("commercial", 0.08), ("special", 0.02),
)  # fmt: skip


def present_and_planned(seed: int, land: Land, fabric: Fabric, urban: Floats) -> tuple[Words, Words]:
    rng = stream(seed, "uses")
    plots = len(fabric.plots)
    slope, high = land.at(land.slope, fabric.plots), land.at(land.elevation, fabric.plots)
    lots = land.at(noise(land.grid, stream(seed, "ruling use"), 2600.0, 3), fabric.plots)
    blocks = int(fabric.block.max()) + 1
    mood = np.zeros(blocks)
    mood[fabric.block[fabric.block >= 0]] = lots[fabric.block >= 0]
    rank = np.argsort(np.argsort(mood + rng.normal(0, 0.35, blocks), kind="stable"), kind="stable") / blocks
    ruling = _drawn(_RULING, rank)[fabric.block]
    town = np.where(rng.random(plots) < 0.24, _drawn(_AMONG, rng.random(plots)), ruling)
    wild = _drawn((("forest", 0.8), ("shrub", 0.09), ("orchard", 0.07), ("grass", 0.04)), rng.random(plots))
    farm = _drawn(
        (("paddy", 0.2), ("irrigated", 0.26), ("dry_field", 0.24), ("orchard", 0.2), ("pond", 0.1)),
        rng.random(plots),
    )
    in_town = urban > 0.05
    steep = (slope > 7) | (high > 85)
    planned = np.where(in_town, town, np.where(steep, wild, farm))
    planned = np.where(~in_town & ~steep & (rng.random(plots) < 0.1) & (urban > -0.25), "village", planned)
    planned[fabric.kind == ROAD] = "road"
    water = fabric.kind > ROAD
    lakes = _inside(land, fabric) & water
    planned[water] = np.where(lakes, "reservoir", "river")[water]
    present = planned.copy()
    draw = rng.random(plots)
    ground = in_town & (fabric.kind == GROUND)
    present[ground & (draw < 0.1)] = "vacant"
    present[ground & (draw > 0.92)] = "village"
    present[ground & (draw > 0.86) & (draw <= 0.92)] = "industry"
    edge = ground & (urban < 0.2) & (draw > 0.1) & (draw < 0.22)
    present[edge] = _drawn(
        (("dry_field", 0.4), ("orchard", 0.4), ("grass", 0.2)), rng.random(int(edge.sum()))
    )
    return present, planned


def _drawn(table: tuple[tuple[str, float], ...], at: Floats) -> Words:
    words = np.array([word for word, _ in table])
    edges = np.cumsum([share for _, share in table])
    return np.asarray(
        words[np.minimum(np.searchsorted(edges / edges[-1], at, side="right"), len(words) - 1)]
    ).astype("U16")


def _inside(land: Land, fabric: Fabric) -> NDArray[np.bool_]:
    pools = shapely.union_all(land.reservoirs)
    shapely.prepare(pools)
    return np.asarray(shapely.contains(pools, shapely.point_on_surface(fabric.plots)))
