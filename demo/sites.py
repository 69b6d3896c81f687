"""The test sites of the answer key: plain ones of many sizes, and one for each trap a check can fall into.

Sites are chosen on the delivered layers, so that each is what its name says for any seed; one that would share less than a hair with some
feature is moved or left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import shapely

from demo.discord import discord
from demo.ground import Ground
from demo.measuring import Index
from demo.millimetre import MM, on_millimetre

DEMO_SITE = "demo_site"
"""The site that `./hetu demo` checks: about 6 ha where farmland, an ecological line, both plans and a corridor meet."""

CONTROL_LINES = (
    "permanent_basic_farmland", "ecological_red_line", "town_development_boundary", "industrial_block_line", "basic_ecological_control_line",
    "forest_red_line", "water_source_protection", "city_green_line", "city_blue_line", "city_purple_line", "city_yellow_line",
    "city_orange_line", "heritage_protection_scope", "heritage_construction_control", "road_red_line", "rail_protection",
    "railway_protection", "power_corridor", "gas_protection", "oil_gas_pipeline_protection", "microwave_corridor", "active_fault_avoidance",
    "dangerous_goods_safety", "geological_hazard_zone", "nature_reserve", "prohibited_construction_boundary",
)  # fmt: skip


MEETING = (
    "permanent_basic_farmland", "basic_ecological_control_line", "ecological_red_line", "forest_red_line", "statutory_plan", "power_corridor",
    "gas_protection", "town_development_boundary", "flood_risk_zone", "road_red_line", "water_source_protection", "building", "city_blue_line",
)  # fmt: skip
"""What is wanted at the demo site, the first six before the others."""
WHERE_MUCH_MEETS = "farmland, ecology, two plans and a corridor meet"


@dataclass(frozen=True, slots=True)
class Site:
    """axis and width_m where the site is a line with a width; `shape` is then its buffer with round ends, eight segments a quarter."""

    name: str
    why: str
    shape: shapely.Geometry
    axis: shapely.LineString | None = None
    width_m: float | None = None


def box(x: float, y: float, wide: float, high: float) -> shapely.Polygon:
    return on_millimetre(shapely.box(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2))


def blob(rng: np.random.Generator, x: float, y: float, hectares: float, corners: int) -> shapely.Polygon:
    turn = (np.arange(corners) + rng.uniform(-0.3, 0.3, corners)) / corners * 2 * np.pi
    ring = np.stack([np.cos(turn), np.sin(turn)], axis=1) * rng.uniform(0.75, 1.25, corners)[:, None]
    ring *= np.sqrt(hectares * 1e4 / shapely.Polygon(ring).area)
    return on_millimetre(shapely.Polygon(ring + np.array([x, y])))


def choose(g: Ground, index: dict[str, Index]) -> list[Site]:
    sites = [*_special(g, index), *plain(g)]
    return [site for site in sites if _fit(index, site.shape)]


def _first(index: dict[str, Index], shapes: Iterable[shapely.Geometry]) -> shapely.Geometry:
    return next(shape for shape in shapes if _fit(index, shape))


def _fit(index: dict[str, Index], shape: shapely.Geometry) -> bool:
    return all(one.answer(shape).fit for one in index.values())


def plain(g: Ground) -> Iterator[Site]:
    rng = g.rng("sites")
    towns = np.flatnonzero(g.open_ground & (g.urban > 0.15))
    fields = np.flatnonzero(g.open_ground & (abs(g.urban) < 0.15))
    hills = np.flatnonzero(g.open_ground & (g.urban < -0.4))
    for where, plots in (("town", towns), ("fields", fields), ("hills", hills)):
        for hectares in (0.02, 0.2, 0.8, 3.0, 9.0, 40.0):
            x, y = g.middles[rng.choice(plots)]
            side = np.sqrt(hectares * 1e4)
            yield Site(f"box_{where}_{hectares:g}ha", "a plain box", box(x, y, side * 1.3, side / 1.3))
            x, y = g.middles[rng.choice(plots)]
            yield Site(
                f"shape_{where}_{hectares:g}ha",
                "an irregular shape",
                blob(rng, x, y, hectares, int(rng.integers(5, 30))),
            )


def _special(g: Ground, index: dict[str, Index]) -> Iterator[Site]:
    rng = g.rng("special sites")
    yield Site(DEMO_SITE, WHERE_MUCH_MEETS, demo_site(g, index))
    town = np.flatnonzero(g.open_ground & (g.urban > 0.2) & (g.area > 8000))
    x, y = g.middles[town[0]]
    yield Site(
        "multi_part",
        "three parts far from one another",
        shapely.MultiPolygon([box(x + d, y, 90, 60) for d in (0, 650, 1500)]),
    )
    x, y = g.middles[town[len(town) // 3]]
    yield Site(
        "with_hole",
        "a square with a hole",
        shapely.difference(box(x, y, 400, 300), box(x + 20, y - 10, 160, 120)),
    )
    x, y = g.middles[town[len(town) // 2]]
    for name, width in (("pipe_6m", 6.0), ("road_24m", 24.0)):
        axis = on_millimetre(shapely.LineString([(x, y), (x + 380, y + 120), (x + 900, y - 60)]))
        yield Site(name, "a line with a width", shapely.buffer(axis, width / 2, quad_segs=8), axis, width)
    yield Site("plot", "exactly a plot: every boundary is shared", _first(index, g.plots[town]))
    blocks = (
        shapely.coverage_union_all(g.plots[g.fabric.block == g.fabric.block[plot]]) for plot in town[20:]
    )
    yield Site("block", "exactly a block of plots", _first(index, blocks))
    yield Site("community", "a whole community", _first(index, g.communities[5:]))
    yield from _edges(g, index)
    yield from _disputes(g, index)
    yield Site("clear_of_control_lines", "no control line at all", _clear(g, index))
    parts = [_inside(index[code].shapes[0]) for code in CONTROL_LINES]
    yield Site(
        "on_every_control_line", f"a part on each of {len(parts)} control lines", shapely.union_all(parts)
    )
    thin = box(g.middles[town[40], 0], g.middles[town[40], 1], 0.5, 240.0)
    yield Site("half_metre_strip", "240 m long and half a metre wide", thin)
    x, y = g.middles[rng.choice(town)]
    yield Site("square_metre", "one square metre", box(x, y, 1.0, 1.0))


def _edges(g: Ground, index: dict[str, Index]) -> Iterator[Site]:
    plan = index["statutory_plan"].speaks
    edge = shapely.get_coordinates(shapely.intersection(plan.boundary, shapely.buffer(g.outline, -800.0)))
    x, y = edge[len(edge) // 2]
    yield Site(
        "across_plan_edge", "partly outside the statutory plan's coverage", box(x + 11, y - 7, 320, 260)
    )
    outside = np.flatnonzero((g.urban < -0.5) & (g.area > 60_000) & ~shapely.intersects(plan, g.plots))
    yield Site(
        "outside_every_statutory_plan",
        "no data in the statutory plan",
        blob(g.rng("edge sites"), g.middles[outside[0], 0], g.middles[outside[0], 1], 2.0, 12),
    )
    flood = index["flood_risk_zone"].speaks
    ring = shapely.get_coordinates(shapely.intersection(flood.boundary, shapely.buffer(g.outline, -500.0)))
    x, y = ring[len(ring) // 3]
    yield Site("across_flood_survey_edge", "partly outside the flood survey", box(x + 23, y + 17, 260, 200))
    corner = g.outline.exterior.interpolate(0.3, normalized=True)
    yield Site("across_district_edge", "partly outside the district", box(corner.x, corner.y, 420, 380))
    yield Site(
        "outside_district",
        "wholly outside the district",
        box(g.outline.bounds[0] - 900, g.outline.bounds[1] - 900, 200, 200),
    )


def _disputes(g: Ground, index: dict[str, Index]) -> Iterator[Site]:
    seeded = discord(g)
    for k in (0, 20, 40):
        plot = g.plots[seeded.plots[k]]
        inner = on_millimetre(shapely.buffer(plot, -4.0))
        yield Site(
            f"conflict_{k}",
            f"inside a seeded conflict: {seeded.statutory[k]} over {seeded.master[k]}",
            _largest(inner),
        )
    x, y = g.middles[seeded.plots[10]]
    yield Site(
        "across_conflict",
        "over a seeded conflict and its neighbours",
        blob(g.rng("edge sites"), x, y, 5.0, 14),
    )
    yield Site("sliver_only", "nothing but a seeded sliver between the two plans", _sliver(g, index))
    farms = shapely.union_all(index["permanent_basic_farmland"].shapes)
    shapely.prepare(farms)
    beside = np.flatnonzero(g.open_ground & shapely.touches(farms, g.plots) & (g.area < 60_000))
    shared = shapely.length(shapely.intersection(shapely.boundary(farms), g.plots[beside]))
    fit = (plot for plot in beside[np.argsort(-shared, kind="stable")] if _fit(index, g.plots[plot]))
    for n, plot in zip(range(3), fit, strict=False):
        why = "shares a boundary with basic farmland and no area"
        yield Site(f"touches_farmland_{n}", why, g.plots[plot])
    houses = index["building"].shapes
    x, y = shapely.get_coordinates(shapely.centroid(houses[len(houses) // 2]))[0]
    yield Site("among_buildings", "over a few buildings", box(x, y, 130, 90))


def _sliver(g: Ground, index: dict[str, Index]) -> shapely.Polygon:
    """The area between a vertex of the master plan and where the statutory plan has it."""
    shapes = index["land_use_master_plan"].shapes
    for x, y, dx, dy in discord(g).moved:
        near = shapes[index["land_use_master_plan"].tree.query(shapely.Point(x, y), predicate="intersects")]
        ring = shapely.get_coordinates(
            near[0].exterior if near[0].geom_type == "Polygon" else near[0].geoms[0].exterior
        )[:-1]
        at = np.flatnonzero((abs(ring - [x, y]) < MM / 2).all(axis=1))
        if len(at) == 1:
            before, after = ring[at[0] - 1], ring[(at[0] + 1) % len(ring)]
            found = shapely.Polygon([before, (x, y), after, (x + dx, y + dy)])
            if found.is_valid and found.area > 2:
                return on_millimetre(found)
    raise AssertionError("no seeded sliver can be told from its master plan patch")


def demo_site(g: Ground, index: dict[str, Index], tried: int | None = None) -> shapely.Polygon:
    """Of the places where a power line crosses farmland, the one at which most kinds of layer meet. tried: on so many farms at most."""
    rng = g.rng(DEMO_SITE)
    crossing = shapely.union_all(index["power_line"].shapes)
    farms = index["permanent_basic_farmland"].shapes
    wanted = [index[code] for code in MEETING]
    best, most = None, (-1, -1)
    crossed = farms[shapely.intersects(farms, crossing)]
    for farm in crossed[:: 1 if tried is None else max(1, len(crossed) // tried)]:
        part = shapely.get_parts(shapely.intersection(crossing, farm))
        for share in (0.05, 0.5, 0.95):
            middle = max(part, key=shapely.length).interpolate(share, normalized=True)
            shape = blob(rng, middle.x + rng.uniform(-60, 60), middle.y + rng.uniform(-60, 60), 6.0, 9)
            if not shapely.covers(g.outline, shape):
                continue
            found = [one.answer(shape).state == "hit" for one in wanted]
            score = (sum(found[:6]), sum(found))
            if score > most and _fit(index, shape):
                best, most = shape, score
    if best is None:
        raise AssertionError("no power line crosses basic farmland in this district")
    return best


def _clear(g: Ground, index: dict[str, Index]) -> shapely.Polygon:
    """A plot in the open, somewhat inside its own boundary, on no control line."""
    for plot in np.flatnonzero(g.open_ground & (g.area > 8000) & (abs(g.urban) < 0.2)):
        shape = _largest(on_millimetre(shapely.buffer(g.plots[plot], -12.0, join_style="mitre")))
        if shape.area > 2000 and all(index[code].answer(shape).state == "clear" for code in CONTROL_LINES):
            return shape
    raise AssertionError("every plot of this district lies on a control line")


def _inside(shape: shapely.Geometry) -> shapely.Polygon:
    inner = shapely.point_on_surface(shape)
    return box(round(inner.x, 1), round(inner.y, 1), 12.0, 12.0)


def _largest(shape: shapely.Geometry) -> shapely.Polygon:
    return max(shapely.get_parts(shape), key=shapely.area)
