"""The lie of the land: the district's outline, its rivers and reservoirs, the hills between them, and how urban each place is.

Nature comes first; roads, plans and people are laid on it in other rooms. Coordinates are EPSG:4547 metres.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from demo.chance import stream
from demo.field import Floats, Grid, Shapes, above, horn, noise
from demo.millimetre import on_millimetre
from demo.sizes import Size

MIDDLE = (532_000.0, 2_511_000.0)
LEVEL = 24.0
"""m above the sea along a border between two districts of a city: each surveys its own ground, and there they meet."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A district of a city. shared: the lines along which others border on it."""

    outline: shapely.Polygon
    shared: shapely.Geometry


@dataclass(frozen=True, slots=True)
class Land:
    """Fields lie on `grid`, the raster's cells, and cover the outline with a margin; `urban` is about -2 (wild) to 1.5 (centre).

    centres: (n, 2), the first `size.subdistricts` of them are the towns that give subdistricts their names.
    """

    outline: shapely.Polygon
    grid: Grid
    elevation: Floats
    slope: Floats
    flood: Floats
    urban: Floats
    rivers: Shapes
    river_widths: Floats
    reservoirs: Shapes
    centres: Floats

    def at(self, field: Floats, shapes: Shapes) -> Floats:
        return self.grid.sample(field, shapely.get_coordinates(shapely.point_on_surface(shapes)))


def lay(seed: int, size: Size, frame: Frame | None = None) -> Land:
    outline = outline_of(seed, size) if frame is None else frame.outline
    grid = Grid.over(outline.bounds, size.raster_m, 600.0)
    coarse = Grid.over(outline.bounds, 120.0, 900.0)
    courses, widths = _courses(seed, outline)
    to_main = coarse.spread(_distance(coarse, courses[:1]), grid)
    to_stream = coarse.spread(_distance(coarse, courses), grid)
    elevation = _elevation(seed, grid, to_main, to_stream)
    if frame is not None:
        to_border = coarse.spread(_distance(coarse, np.array([frame.shared], dtype=object)), grid)
        elevation = np.round(LEVEL + (elevation - LEVEL) * _ease(to_border / 1500.0), 1)
    slope = np.round(horn(elevation, grid.cell), 2)
    reservoirs = _reservoirs(seed, outline, grid, elevation, courses)
    dry = shapely.difference(outline, shapely.buffer(shapely.union_all(reservoirs), 1.0))
    rivers = np.array([_longest(course) for course in shapely.intersection(courses, dry)], dtype=object)
    flat = noise(grid, stream(seed, "flood"), 900.0, 3)
    flood = np.clip(1.5 - to_stream / 260 + 0.9 * flat - slope * 0.12, 0, 4)
    flood = np.where(flood < 0.05, 0.0, np.round(flood, 2))
    middle = MIDDLE if frame is None else shapely.get_coordinates(outline.centroid)[0]
    centres = _centres(seed, outline, grid, elevation, slope, size, middle)
    urban = _urban(seed, outline, grid, elevation, slope, centres)
    rivers = np.asarray(on_millimetre(rivers))
    return Land(outline, grid, elevation, slope, flood, urban, rivers, widths, reservoirs, centres)


def outline_of(seed: int, size: Size) -> shapely.Polygon:
    """Drawn round a middle with lobes and bays, then scaled to the area."""
    rng = stream(seed, "outline")
    turn = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    wave = np.arange(2, 150)
    strength = 0.42 * wave**-1.2 * rng.uniform(0.4, 1.0, len(wave))
    phase = rng.random(len(wave)) * 2 * np.pi
    radius = np.exp((strength[:, None] * np.cos(wave[:, None] * turn + phase[:, None])).sum(axis=0))
    ring = np.stack([radius * np.cos(turn) * 1.75, radius * np.sin(turn)], axis=1)
    lean = np.radians(12)
    ring = ring @ np.array([[np.cos(lean), np.sin(lean)], [-np.sin(lean), np.cos(lean)]])
    scale = np.sqrt(size.area_km2 * 1e6 / shapely.Polygon(ring).area)
    return on_millimetre(shapely.Polygon(ring * scale + MIDDLE))


def wander(
    rng: np.random.Generator, start: Floats, end: Floats, bend: float, knots: int
) -> shapely.LineString:
    """A smooth line from start to end that strays by about `bend` of its length."""
    t = np.linspace(0, 1, knots)[:, None]
    across = np.array([-(end - start)[1], (end - start)[0]])
    stray = np.cumsum(rng.normal(size=(knots, 1)), axis=0) / np.sqrt(knots)
    line = start + (end - start) * t + across * bend * (stray - stray[-1] * t - stray[0] * (1 - t))
    for _ in range(3):
        cut = np.stack([0.75 * line[:-1] + 0.25 * line[1:], 0.25 * line[:-1] + 0.75 * line[1:]], axis=1)
        line = np.vstack([line[:1], cut.reshape(-1, 2), line[-1:]])
    return shapely.simplify(shapely.LineString(line), 1.0)


def _courses(seed: int, outline: shapely.Polygon) -> tuple[Shapes, Floats]:
    """The main river along the district, two lesser ones, and brooks that come down to them from both sides."""
    rng = stream(seed, "rivers")
    west, south, east, north = outline.bounds
    wide, high = east - west, north - south

    def place(u: float, v: float) -> Floats:
        return np.array([west + wide * u, south + high * v])

    courses = [
        wander(rng, place(0.06, 0.38), place(1.02, 0.66), 0.22, 22),
        wander(rng, place(0.20, 0.95), place(0.36, 0.47), 0.2, 14),
        wander(rng, place(0.72, 0.08), place(0.64, 0.56), 0.2, 14),
    ]
    widths = [46.0, 24.0, 22.0]
    for k in range(20):
        main = courses[k % 3 if k % 2 else 0]
        start = main.interpolate((k * 0.618 + 0.07) % 1.0, normalized=True)
        heading = rng.uniform(0.25, 0.75) * np.pi * (1 if k % 4 < 2 else -1)
        reach = rng.uniform(2600, 6500)
        source = np.array([start.x + np.cos(heading) * reach, start.y + np.sin(heading) * reach])
        courses.append(wander(rng, source, np.array([start.x, start.y]), 0.25, 12))
        widths.append(float(rng.uniform(7, 14)))
    shapes = np.array(courses, dtype=object)
    inside = shapely.length(shapely.intersection(shapes, outline)) > 900
    return shapes[inside], np.array(widths)[inside]


def _distance(grid: Grid, shapes: Shapes) -> Floats:
    x, y = grid.centres()
    points = shapely.points(x.ravel(), y.ravel())
    target = shapely.union_all(shapely.simplify(shapes, 15.0))
    shapely.prepare(target)
    return np.asarray(shapely.distance(target, points)).reshape(x.shape)


def _elevation(seed: int, grid: Grid, to_main: Floats, to_stream: Floats) -> Floats:
    rng = stream(seed, "hills")
    ridge = noise(grid, rng, 4800.0, 5, 0.5)
    low, high = np.quantile(ridge, (0.3, 0.97))
    ridge = np.clip((ridge - low) / (high - low), 0.0, None)
    rough = noise(grid, rng, 1300.0, 5, 0.55)
    rise = _ease(to_main / 2300.0) * (0.3 + 0.7 * _ease(to_stream / 1100.0))
    plain = 24 + 0.002 * np.minimum(to_main, 6000) + 2.5 * rough
    return np.round(np.maximum(plain + rise * ridge**1.25 * (480 + 150 * rough), 3.0), 1)


def _ease(t: Floats) -> Floats:
    t = np.clip(t, 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def _reservoirs(
    seed: int, outline: shapely.Polygon, grid: Grid, elevation: Floats, courses: Shapes
) -> Shapes:
    """Where a brook high up is dammed: the ground below the water level, within reach of the dam."""
    rng = stream(seed, "reservoirs")
    inner = shapely.buffer(outline, -500.0)
    found: list[shapely.Polygon] = []
    for course in courses[1:]:
        for along in (0.1, 0.22, 0.34, 0.5):
            dam = course.interpolate(along, normalized=True)
            radius = float(rng.uniform(420, 1000))
            if not shapely.contains(inner, dam) or any(
                shapely.distance(dam, other) < 1500 for other in found
            ):
                continue
            column, row = int((dam.x - grid.x0) / grid.cell), int((dam.y - grid.y0) / grid.cell)
            half = int(radius / grid.cell) + 2
            window = Grid(
                grid.x0 + (column - half) * grid.cell,
                grid.y0 + (row - half) * grid.cell,
                grid.cell,
                2 * half,
                2 * half,
            )
            ground = elevation[row - half : row + half, column - half : column + half]
            if ground.shape != (2 * half, 2 * half):
                continue
            x, y = window.centres()
            away = np.hypot(x - dam.x, y - dam.y) / radius
            if np.percentile(ground[away < 1], 60) < ground[half, half] + 9:
                continue  # no valley here to dam
            below = course.interpolate(along + 0.01, normalized=True)
            down = np.array([below.x - dam.x, below.y - dam.y]) / shapely.distance(below, dam)
            past_dam = (x - dam.x) * down[0] + (y - dam.y) * down[1] > 0.12 * radius
            bowl = np.where(past_dam, ground + 999, ground + 400 * np.clip(away - 0.85, 0, None))
            level = ground[half, half] + rng.uniform(5, 11)
            pools = above(window, -bowl, -level)
            pools = pools[(shapely.area(pools) > 60_000) & shapely.contains(inner, pools)]
            if len(pools):
                pool = max(pools, key=shapely.area)
                found.append(
                    shapely.Polygon(
                        pool.exterior, [r for r in pool.interiors if shapely.Polygon(r).area > 2500]
                    )
                )
    return np.array(found[:14], dtype=object)


def _longest(shape: shapely.Geometry) -> shapely.Geometry:
    return max(shapely.get_parts(shape), key=shapely.length)


def _centres(
    seed: int,
    outline: shapely.Polygon,
    grid: Grid,
    elevation: Floats,
    slope: Floats,
    size: Size,
    middle: Floats | tuple[float, float],
) -> Floats:
    """Low, flat places far from one another, farthest first."""
    rng = stream(seed, "centres")
    west, south, east, north = outline.bounds
    xy = rng.random((4000, 2)) * [east - west, north - south] + [west, south]
    inner = shapely.buffer(outline, -900.0)
    shapely.prepare(inner)
    fit = (grid.sample(elevation, xy) < 62) & (grid.sample(slope, xy) < 6) & shapely.contains_xy(inner, xy)
    xy = xy[fit]
    chosen = [int(np.argmin(np.hypot(*(xy - middle).T)))]
    gap = np.hypot(*(xy - xy[chosen[0]]).T)
    while len(chosen) < size.subdistricts * 4:
        chosen.append(int(np.argmax(gap)))
        gap = np.minimum(gap, np.hypot(*(xy - xy[chosen[-1]]).T))
    return np.asarray(xy[chosen])


def _urban(
    seed: int, outline: shapely.Polygon, grid: Grid, elevation: Floats, slope: Floats, centres: Floats
) -> Floats:
    """Above 0 on the 45 % of the district that is nearest to towns, low and flat."""
    rng = stream(seed, "urban")
    x, y = grid.centres()
    pull = np.zeros_like(x)
    for k, (cx, cy) in enumerate(centres):
        reach = 2200.0 if k < len(centres) // 4 else float(rng.uniform(900, 1600))
        pull = np.maximum(pull, np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * reach**2)))
    wild = np.clip((elevation - 66) / 50, 0, 2) + np.clip((slope - 8) / 12, 0, 1)
    urban = 1.2 * pull - wild + 0.3 * noise(grid, rng, 1700.0, 3)
    inside = shapely.contains_xy(outline, x, y)
    return np.round(urban - np.quantile(urban[inside], 0.55), 6)
