"""Scalar fields on a square grid: smooth noise, Horn's slope, sampling, and the areas where a field is above a level.

Hills, valleys, how urban a place is: everything soft in the demo is a field first and becomes polygons by its contours. This room knows
no plan and no road. Fields are float64 arrays ``[row, column]`` with row 0 in the south.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from demo.millimetre import on_millimetre

Floats = NDArray[np.float64]
Shapes = NDArray[np.object_]

# The edges of a grid cell (0 south, 1 east, 2 north, 3 west) that a contour joins, for each of the 16 ways in which the corners
# (bit 1 south-west, 2 south-east, 4 north-east, 8 north-west) lie above the level.
_CASES = {
    1: ((3, 0),), 2: ((0, 1),), 3: ((3, 1),), 4: ((1, 2),), 5: ((3, 0), (1, 2)), 6: ((0, 2),), 7: ((3, 2),),
    8: ((2, 3),), 9: ((2, 0),), 10: ((0, 1), (2, 3)), 11: ((2, 1),), 12: ((1, 3),), 13: ((1, 0),), 14: ((0, 3),),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Grid:
    """Square cells of `cell` metres; x0, y0 is the outer south-west corner."""

    x0: float
    y0: float
    cell: float
    columns: int
    rows: int

    @classmethod
    def over(cls, bounds: tuple[float, float, float, float], cell: float, margin: float) -> Grid:
        x0 = np.floor((bounds[0] - margin) / cell) * cell
        y0 = np.floor((bounds[1] - margin) / cell) * cell
        columns = int(np.ceil((bounds[2] + margin - x0) / cell))
        rows = int(np.ceil((bounds[3] + margin - y0) / cell))
        return cls(float(x0), float(y0), float(cell), columns, rows)

    def axes(self) -> tuple[Floats, Floats]:
        x = self.x0 + (np.arange(self.columns) + 0.5) * self.cell
        y = self.y0 + (np.arange(self.rows) + 0.5) * self.cell
        return np.asarray(x, np.float64), np.asarray(y, np.float64)

    def centres(self) -> tuple[Floats, Floats]:
        x, y = np.meshgrid(*self.axes())
        return x, y

    def sample(self, field: Floats, xy: Floats) -> Floats:
        """The field at places (n, 2), bilinear between cell centres and held constant outside them."""
        u = np.clip((xy[:, 0] - self.x0) / self.cell - 0.5, 0, self.columns - 1.001)
        v = np.clip((xy[:, 1] - self.y0) / self.cell - 0.5, 0, self.rows - 1.001)
        i, j = u.astype(np.int64), v.astype(np.int64)
        s, t = u - i, v - j
        south = field[j, i] * (1 - s) + field[j, i + 1] * s
        north = field[j + 1, i] * (1 - s) + field[j + 1, i + 1] * s
        return np.asarray(south * (1 - t) + north * t)

    def spread(self, field: Floats, onto: Grid) -> Floats:
        """The field taken over to the cells of another grid."""
        x, y = onto.centres()
        return self.sample(field, np.stack([x.ravel(), y.ravel()], axis=1)).reshape(x.shape)


def noise(grid: Grid, rng: np.random.Generator, wavelength: float, octaves: int, gain: float = 0.5) -> Floats:
    """Sum of cubic-spline noises, each octave of half the wavelength and `gain` times the strength; about -1 to 1."""
    total = np.zeros((grid.rows, grid.columns))
    strength = 1.0
    for _ in range(octaves):
        across = int(grid.columns * grid.cell / wavelength) + 4
        along = int(grid.rows * grid.cell / wavelength) + 4
        lattice = rng.normal(size=(along, across))
        shift = rng.random(2)
        rows = _spline(lattice, _steps(grid.rows, grid.cell / wavelength), shift[0])
        total += strength * _spline(rows.T, _steps(grid.columns, grid.cell / wavelength), shift[1]).T
        strength *= gain
        wavelength /= 2
    return np.round(total / np.sqrt((1 - gain ** (2 * octaves)) / (1 - gain**2)), 9)


def _steps(count: int, step: float) -> Floats:
    return np.asarray(np.arange(count) * step, np.float64)


def _spline(lattice: Floats, at: Floats, shift: float) -> Floats:
    at = at + shift
    i = at.astype(np.int64)
    t = (at - i)[:, None]
    weights = ((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3)
    out = np.zeros((len(at), lattice.shape[1]))
    for k, weight in enumerate(weights):
        out += weight / 6 * lattice[np.minimum(i + k, len(lattice) - 1)]
    return out


def horn(field: Floats, cell: float) -> Floats:
    """Slope in degrees by Horn (1981), from the eight neighbours; the outermost cells take the value beside them."""
    f = np.pad(field, 1, mode="edge")
    east = f[2:, 2:] + 2 * f[1:-1, 2:] + f[:-2, 2:]
    west = f[2:, :-2] + 2 * f[1:-1, :-2] + f[:-2, :-2]
    north = f[2:, 2:] + 2 * f[2:, 1:-1] + f[2:, :-2]
    south = f[:-2, 2:] + 2 * f[:-2, 1:-1] + f[:-2, :-2]
    return np.asarray(
        np.degrees(np.arctan(np.hypot((east - west) / (8 * cell), (north - south) / (8 * cell))))
    )


def above(grid: Grid, field: Floats, level: float, smooth: int = 1) -> Shapes:
    """The polygons in which the field is above the level, corners cut `smooth` times, coordinates on the millimetre."""
    low = min(float(field.min()), level) - 1.0
    f = np.pad(field, 1, constant_values=low)
    padded = Grid(grid.x0 - grid.cell, grid.y0 - grid.cell, grid.cell, grid.columns + 2, grid.rows + 2)
    x, y = padded.axes()
    inside = f > level
    if not inside.any():
        return np.empty(0, dtype=object)
    lines = _segments(f, level, inside, x, y, grid.cell)
    rings = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(shapely.linestrings(lines))))
    faces = shapely.get_parts(shapely.polygonize([_cut_corners(ring, smooth) for ring in rings]))
    middle = shapely.get_coordinates(shapely.point_on_surface(faces))
    kept = faces[padded.sample(f, middle) > level]
    return np.asarray(on_millimetre(kept))


def _segments(
    f: Floats, level: float, inside: NDArray[np.bool_], x: Floats, y: Floats, cell: float
) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        along_x = np.clip((level - f[:, :-1]) / (f[:, 1:] - f[:, :-1]), 0.02, 0.98)
        along_y = np.clip((level - f[:-1]) / (f[1:] - f[:-1]), 0.02, 0.98)
    flat = np.stack([x[None, :-1] + cell * along_x, np.broadcast_to(y[:, None], along_x.shape)], axis=-1)
    upright = np.stack([np.broadcast_to(x[None, :], along_y.shape), y[:-1, None] + cell * along_y], axis=-1)
    edges = (flat[:-1], upright[:, 1:], flat[1:], upright[:, :-1])
    case = inside[:-1, :-1] + 2 * inside[:-1, 1:] + 4 * inside[1:, 1:] + 8 * inside[1:, :-1]
    found = []
    for number, pairs in _CASES.items():
        row, column = np.nonzero(case == number)
        found += [np.stack([edges[a][row, column], edges[b][row, column]], axis=1) for a, b in pairs]
    return np.concatenate(found)


def _cut_corners(ring: shapely.LineString, times: int) -> shapely.LineString:
    """Chaikin's corner cutting of a closed line."""
    p = shapely.get_coordinates(ring)[:-1]
    for _ in range(times):
        q = np.roll(p, -1, axis=0)
        p = np.stack([0.75 * p + 0.25 * q, 0.25 * p + 0.75 * q], axis=1).reshape(-1, 2)
    return shapely.LineString(np.vstack([p, p[:1]]))
