"""Statutory plans with what belongs to them, detailed plans and renewal."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import shapely

from demo.discord import discord, statutory_extent
from demo.draw import (
    Features,
    Recipe,
    clumped,
    cut_long,
    discs,
    lines,
    picked,
    plots,
    spots,
    unions,
    within_district,
)
from demo.ground import Ground, Mask
from demo.millimetre import MM, on_millimetre
from demo.plans import statutory_plan
from demo.recipes.places import covering, is_planned, is_present, town
from demo.uses import LIVING


def _in_plans(g: Ground) -> Mask:
    return statutory_extent(g)


@lru_cache(maxsize=1)
def _covered(g: Ground) -> shapely.Geometry:
    return shapely.coverage_union_all(g.plots[statutory_extent(g)])


def as_planned(draw: Recipe) -> Recipe:
    """Speaks where the statutory plans speak."""
    return lambda g: draw(g).within(_covered(g))


def _extents(g: Ground) -> Features:
    """Within a subdistrict what hangs together, one plan each."""
    return clumped(g, _in_plans(g), 0.0, g.subdistrict)


def _facilities(g: Ground) -> Features:
    table = (
        ("school", 0),
        ("hospital", 1),
        ("culture", 2),
        ("sport", 2),
        ("welfare", 3),
        ("parking", 4),
        ("power", 5),
        ("sewage", 6),
        ("sanitation", 9),
    )
    out, ranks = [], []
    for word, rank in table:
        drawn = spots(g, f"plan facility {word}", _in_plans(g) & is_planned(g, word), 70)
        out.append(drawn.shapes)
        ranks.append(np.full(len(drawn.shapes), rank))
    return Features(np.concatenate(out), np.concatenate(ranks))


def _plan_roads(g: Ground) -> Features:
    grade = np.array([0, 2, 3, 4, 4])[g.fabric.grade]
    return lines(g.fabric.roads, grade)


def _amendments(g: Ground) -> Features:
    chosen = discord(g).plots[::4]
    return Features(g.plots[chosen], use=discord(g).statutory[::4])


def _density(g: Ground) -> Features:
    zone = np.clip(np.digitize(-g.urban, (-0.5, -0.35, -0.2, -0.05)), 0, 4)
    mean = np.zeros(int(g.fabric.face.max()) + 1)
    weight = np.bincount(g.fabric.face, g.area)
    mean[: len(weight)] = np.bincount(g.fabric.face, g.area * zone) / np.maximum(weight, MM)
    return clumped(g, g.urban > -0.12, 0.0, np.round(mean[g.fabric.face]).astype(np.int64))


def _height(g: Ground) -> Features:
    zone = np.clip(np.digitize(-g.urban, (-0.45, -0.25, -0.1)), 0, 3)
    drawn = clumped(g, _in_plans(g) & g.open_ground, 0.0, zone)
    assert drawn.rank is not None
    return Features(drawn.shapes, facts={"XG": np.array([150.0, 100.0, 60.0, 24.0])[drawn.rank]})


def _setbacks(g: Ground) -> Features:
    """A line 6 m inside the larger plots in town."""
    chosen = picked(g, "setbacks", town(g) & _in_plans(g) & g.large(6000), 700)
    inner = on_millimetre(shapely.buffer(g.plots[chosen], -6.0, join_style="mitre"))
    edge = shapely.boundary(
        inner[(shapely.get_type_id(inner) == 3) & (shapely.get_num_interior_rings(inner) == 0)]
    )
    return lines(edge)


def _road_pieces(g: Ground, name: str, grades: tuple[int, ...], metres: float, share: float) -> Features:
    pieces, _ = cut_long(g.fabric.roads[np.isin(g.fabric.grade, grades)], metres)
    return lines(pieces[g.rng(name).random(len(pieces)) < share])


def _passages(g: Ground) -> Features:
    """From side to side through the middle of large plots."""
    chosen = picked(
        g, "passages", town(g) & _in_plans(g) & is_planned(g, "commercial", "residential", "office"), 160
    )
    box = shapely.get_coordinates(shapely.oriented_envelope(g.plots[chosen])).reshape(-1, 5, 2)
    line = shapely.linestrings(np.stack([(box[:, 0] + box[:, 1]) / 2, (box[:, 2] + box[:, 3]) / 2], axis=1))
    inside = on_millimetre(shapely.intersection(line, g.plots[chosen]))
    return lines(inside[shapely.get_type_id(inside) == 1])


def _detailed(g: Ground) -> Features:
    return plots(g, picked(g, "detailed", town(g) & _in_plans(g), 520), g.planned)


def _village_plans(g: Ground) -> Features:
    return plots(g, is_planned(g, "village") & (g.urban < 0.05), g.planned)


def _renewal_units(g: Ground) -> Features:
    kept = is_present(g, "village", "industry") & town(g) & (g.at_plots(g.mood("renewal", 2200.0)) > 0.1)
    drawn = clumped(g, kept, 1.0)
    return drawn.ranked(g, "renewal", (3, 1))


def _renewal_parcels(g: Ground) -> Features:
    kept = is_present(g, "village", "industry") & town(g) & (g.at_plots(g.mood("renewal", 2200.0)) > 0.1)
    return plots(g, kept & (g.area > 2000), g.planned)


def _views(g: Ground) -> Features:
    """From a town's centre to a summit, as a widening strip."""
    rng = g.rng("views")
    high = g.middles[g.elevation > np.quantile(g.elevation, 0.97)]
    out = []
    for town_centre in g.land.centres[:14]:
        summit = high[int(np.argmin(np.hypot(*(high - town_centre).T) + rng.uniform(0, 800)))]
        way = (summit - town_centre) / np.hypot(*(summit - town_centre))
        side = np.array([-way[1], way[0]])
        out.append(
            shapely.Polygon(
                [town_centre - side * 25, town_centre + side * 25, summit + side * 160, summit - side * 160]
            )
        )
    return within_district(g, np.array(out, dtype=object), 1000.0)


RECIPES: dict[str, Recipe] = {
    "statutory_plan": statutory_plan,
    "statutory_plan_extent": _extents,
    "statutory_plan_unit": as_planned(lambda g: unions(g, _in_plans(g), g.community)),
    "statutory_plan_facility": as_planned(_facilities),
    "statutory_plan_road": as_planned(_plan_roads),
    "statutory_plan_amendment": as_planned(_amendments),
    "development_density_zone": _density,
    "height_control_zone": as_planned(_height),
    "building_setback_line": as_planned(_setbacks),
    "underground_space": as_planned(
        lambda g: discs(g, "underground", town(g) & (g.urban > 0.3), 22, (120, 300))
    ),
    "no_vehicle_access": as_planned(lambda g: _road_pieces(g, "no access", (1, 2), 220.0, 0.28)),
    "public_passage": as_planned(_passages),
    "detailed_plan": as_planned(_detailed),
    "urban_design_area": lambda g: discs(g, "urban design", g.urban > 0.35, 14, (400, 900)),
    "village_plan": lambda g: replace(_village_plans(g), coverage=None).within(covering(g, (0, 2, 3, 5, 7))),
    "renewal_unit": _renewal_units,
    "renewal_parcel": lambda g: _renewal_parcels(g).within(g.outline),
    "urban_village": lambda g: clumped(g, is_present(g, "village") & town(g), 0.5),
    "urban_village_improvement_zone": lambda g: clumped(
        g, is_present(g, "village") & town(g) & (g.at_plots(g.mood("renewal", 2200.0)) < 0.1), 0.8
    ),
    "land_readjustment_area": lambda g: discs(
        g, "readjustment", g.open_ground & (g.urban > 0), 24, (160, 460)
    ).within(g.outline),
    "shanty_redevelopment": lambda g: plots(
        g, picked(g, "shanty", is_present(g, *LIVING) & town(g), 16)
    ).within(g.outline),
    "view_corridor": lambda g: _views(g).within(covering(g, (0, 1, 2, 3, 4, 5))),
}
