"""The main roads and other long lines: routes that follow the ground from town to town, joined into one network.

It knows the land and nothing of blocks or plans. A route is the cheapest way over a coarse grid; routes that share cells share road.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely

from demo.chance import stream
from demo.field import Floats, Grid, Shapes
from demo.millimetre import on_millimetre
from demo.terrain import Land

_AROUND = [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)]
Cell = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Surface:
    """What a metre costs in each cell, and where in the cell a line passes (a little off the middle, always at the same place)."""

    grid: Grid
    cost: Floats
    place: Floats

    def cell(self, xy: Sequence[float] | Floats) -> Cell:
        row = int(np.clip((xy[1] - self.grid.y0) // self.grid.cell, 0, self.grid.rows - 1))
        column = int(np.clip((xy[0] - self.grid.x0) // self.grid.cell, 0, self.grid.columns - 1))
        return row, column


def surface(seed: int, name: str, land: Land, steep: float, wild: float) -> Surface:
    """steep: how much a slope of 6 degrees adds; wild: how much being far from (negative: near to) towns adds."""
    grid = Grid.over(land.outline.bounds, 300.0, 0.0)
    x, y = grid.centres()
    flat = np.stack([x.ravel(), y.ravel()], axis=1)
    rng = stream(seed, f"surface {name}")
    slope = land.grid.sample(land.slope, flat).reshape(x.shape)
    urban = land.grid.sample(land.urban, flat).reshape(x.shape)
    cost = (
        1 + steep * (slope / 6) ** 2 + np.clip(wild * (0.6 - urban), 0, None) + rng.uniform(0, 0.35, x.shape)
    )
    cost = np.where(shapely.contains_xy(land.outline, x, y), cost, cost + 6)
    wet = shapely.buffer(shapely.union_all(land.reservoirs), 160.0)
    cost = np.where(shapely.contains_xy(wet, x, y), cost + 60, cost)
    place = np.stack([x, y], axis=-1) + rng.uniform(-0.28, 0.28, (*x.shape, 2)) * grid.cell
    return Surface(grid, cost, place)


def towards(on: Surface, goal: Cell) -> Floats:
    """The cost of the cheapest way to the goal from every cell, by repeated relaxation over the eight neighbours."""
    far = np.full(on.cost.shape, np.inf)
    far[goal] = 0.0
    steps = []
    for down, right in _AROUND:
        to, back = _shift(down, right, far.shape)
        steps.append((far[to], far[back], (on.cost[to] + on.cost[back]) / 2 * np.hypot(down, right)))
    while True:
        before = far.copy()
        for near, beyond, cost in steps:  # views of `far`: what one direction mends the next one uses
            np.minimum(near, beyond + cost, out=near)
        if np.array_equal(before, far):
            return far


def _shift(down: int, right: int, shape: tuple[int, ...]) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    def pair(d: int, n: int) -> tuple[slice, slice]:
        return slice(max(0, -d), n - max(0, d)), slice(max(0, d), n + min(0, d))

    rows, columns = pair(down, shape[0]), pair(right, shape[1])
    return (rows[0], columns[0]), (rows[1], columns[1])


def way(on: Surface, far: Floats, start: Cell) -> list[Cell]:
    """Downhill on the cost from start to the goal."""
    path = [start]
    while far[path[-1]] > 0:
        row, column = path[-1]
        near = [
            (row + d, column + r)
            for d, r in _AROUND
            if 0 <= row + d < far.shape[0] and 0 <= column + r < far.shape[1]
        ]
        path.append(
            min(near, key=lambda c: (far[c] + on.cost[c] * np.hypot(c[0] - row, c[1] - column) * 0.5, c))
        )
        if len(path) > far.size:
            raise AssertionError("a way over the cost surface must end")
    return path


def smooth(on: Surface, path: list[Cell]) -> shapely.LineString:
    return _soften(np.array([on.place[cell] for cell in path]))


def _soften(line: Floats) -> shapely.LineString:
    for _ in range(3):
        cut = np.stack([0.75 * line[:-1] + 0.25 * line[1:], 0.25 * line[:-1] + 0.75 * line[1:]], axis=1)
        line = np.vstack([line[:1], cut.reshape(-1, 2), line[-1:]])
    return shapely.simplify(shapely.LineString(line), 2.0)


def joined(on: Surface, paths: list[list[Cell]], taken: set[tuple[Cell, Cell]]) -> Shapes:
    """Paths as one network: each step once, none that is `taken` (it is added to), smoothed between junctions."""
    steps = []
    for path in paths:
        for a, b in pairwise(path):
            step = (a, b) if a < b else (b, a)
            if step not in taken:
                taken.add(step)
                steps.append(step)
    if not steps:
        return np.empty(0, dtype=object)
    ends = np.array([[on.place[a], on.place[b]] for a, b in steps])
    chains = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(shapely.linestrings(ends))))
    soft = [_soften(shapely.get_coordinates(chain)) for chain in chains]
    return np.asarray(on_millimetre(np.array(soft, dtype=object)))


@dataclass(frozen=True, slots=True)
class MainRoads:
    expressways: Shapes
    arterials: Shapes


def main_roads(seed: int, land: Land) -> MainRoads:
    west, south, east, north = land.outline.bounds
    wide, high = east - west, north - south
    taken: set[tuple[Cell, Cell]] = set()
    fast = surface(seed, "expressway", land, 0.8, -0.9)
    gates = [((0, 0.35), (1, 0.5)), ((0.3, 1), (1, 0.7)), ((0.22, 0), (0.6, 1)), ((0.85, 0), (0.8, 1))]
    paths = []
    for (u, v), (p, q) in gates:
        goal = fast.cell((west + wide * p, south + high * q))
        paths.append(way(fast, towards(fast, goal), fast.cell((west + wide * u, south + high * v))))
    expressways = joined(fast, paths, taken)
    town = surface(seed, "arterial", land, 1.6, 0.5)
    taken = set()
    paths = []
    for k, centre in enumerate(land.centres):
        gaps = np.hypot(*(land.centres - centre).T)
        far = towards(town, town.cell(centre))
        paths += [way(town, far, town.cell(land.centres[n])) for n in np.argsort(gaps, kind="stable")[1:4]]
        if k < len(land.centres) // 4:
            edge = shapely.get_coordinates(land.outline.exterior.interpolate((k + 0.5) / 8, normalized=True))[
                0
            ]
            paths.append(way(town, far, town.cell(edge)))
    return MainRoads(expressways, joined(town, paths, taken))


def long_line(
    seed: int,
    name: str,
    land: Land,
    stops: list[tuple[float, float]],
    steep: float,
    wild: float,
    loose: float,
) -> shapely.LineString:
    """One line through stops given as shares of the outline's box, for rails, mains and masts; ends lie inside the district or at its edge.

    loose: how far (m) the line may leave the cheapest way to run straight.
    """
    west, south, east, north = land.outline.bounds
    on = surface(seed, name, land, steep, wild)
    cells = [on.cell((west + (east - west) * u, south + (north - south) * v)) for u, v in stops]
    path: list[Cell] = []
    for a, b in pairwise(cells):
        path += way(on, towards(on, b), a)[1 if path else 0 :]
    inside = shapely.intersection(shapely.simplify(smooth(on, path), loose), land.outline)
    return on_millimetre(max(shapely.get_parts(inside), key=shapely.length))
