"""Control lines, the comprehensive plan, and the land-use and territorial plans."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import shapely

from demo.draw import Features, Recipe, areas, clumped, discs, lines, picked, plots, unions, within_district
from demo.field import above
from demo.ground import Ground
from demo.millimetre import on_millimetre
from demo.plans import master_plan
from demo.recipes.places import (
    everywhere,
    farmland,
    is_planned,
    is_present,
    speaking_everywhere,
    speaking_in,
    town,
    water,
)
from demo.terrain import wander
from demo.uses import BUILT, FARM, WET, WOODS


def _basic_farmland(g: Ground) -> Features:
    kept = (
        farmland(g)
        & is_present(g, "paddy", "irrigated", "dry_field")
        & (g.at_plots(g.mood("farmland", 3000.0)) > -0.7)
    )
    return unions(g, kept, g.fabric.face, g.present)


def _ecological_red_line(g: Ground) -> Features:
    drawn = areas(g, g.wild, 1.35, 12)
    high = g.coarse.sample(
        g.field(g.land.elevation), shapely.get_coordinates(shapely.point_on_surface(drawn.shapes))
    )
    return replace(drawn, rank=np.select([high > 260, high > 190], [1, 2], 0))


def _development_boundary(g: Ground) -> Features:
    kind = np.where(g.urban > 0.12, 0, 1)
    kind = np.where(is_planned(g, "special"), 2, kind)
    return clumped(g, (g.urban > 0.05) & ~is_planned(g, "reservoir"), 1.0, kind)


def _function_areas(g: Ground) -> Features:
    kind = np.select(
        [g.urban > 0.42, is_planned(g, "industry", "storage"), g.urban < -0.05, g.urban > 0.25],
        [0, 2, 4, 3],
        1,
    )
    count = len(g.communities)
    votes = np.zeros((count, 5))
    np.add.at(votes, (g.community, kind), g.area)
    ruling = votes.argmax(axis=1)[g.community]
    return clumped(g, everywhere(g), 0.0, ruling)


def _axes(g: Ground) -> Features:
    rng = g.rng("axes")
    towns = g.land.centres
    pairs = [(0, 1), (0, 2), (1, 3), (2, 4), (0, 5), (3, 6), (4, 7)]
    drawn = np.array([wander(rng, towns[a], towns[b], 0.08, 8) for a, b in pairs], dtype=object)
    inside = on_millimetre(shapely.intersection(drawn, g.outline))
    return lines(
        np.array([max(shapely.get_parts(line), key=shapely.length) for line in inside], dtype=object),
        [0, 0, 1, 1, 1, 2, 2],
    )


def _centres(g: Ground) -> Features:
    count = len(g.subdistricts)
    spots = np.round(g.land.centres[: count * 3], 3)
    return Features(
        shapely.points(spots),
        np.select([np.arange(len(spots)) < 1, np.arange(len(spots)) < count], [0, 1], 2),
    )


def _land_use_zone(g: Ground) -> Features:
    zone = np.select(
        [farmland(g), is_planned(g, *FARM, "pond"), is_planned(g, "village"), is_planned(g, "industry", "storage") & (g.urban < 0.15),
         is_planned(g, *WOODS) & (g.at_plots(g.wild) > 1.35), is_planned(g, *WOODS), is_planned(g, *WET)],
        [0, 1, 3, 4, 6, 8, 6], 2,
    )  # fmt: skip
    return clumped(g, everywhere(g), 0.0, zone)


def _control_zone(g: Ground) -> Features:
    zone = np.select([g.at_plots(g.wild) > 1.35, g.urban > 0.05, g.urban > -0.06], [3, 0, 1], 2)
    return clumped(g, everywhere(g), 0.0, zone)


def _plan_zone(g: Ground) -> Features:
    zone = np.select(
        [g.at_plots(g.wild) > 1.35, g.urban > 0.05, farmland(g), g.at_plots(g.wild) > 0.2], [0, 3, 2, 1], 4
    )
    return clumped(g, everywhere(g), 0.0, zone)


def _prohibited(g: Ground) -> Features:
    wet = shapely.buffer(g.land.reservoirs, 80.0, quad_segs=6)
    high = above(g.coarse, g.wild, 1.2)
    return within_district(g, shapely.get_parts(shapely.union_all([*wet, *high])), 20_000)


RECIPES: dict[str, Recipe] = {
    "permanent_basic_farmland": _basic_farmland,
    "ecological_red_line": _ecological_red_line,
    "town_development_boundary": _development_boundary,
    "comprehensive_plan": speaking_everywhere(_function_areas),
    "development_axis": speaking_everywhere(_axes),
    "development_centre": speaking_everywhere(_centres),
    "key_development_area": lambda g: discs(g, "key areas", g.urban > 0.3, 18, (350, 800)),
    "industrial_park": lambda g: clumped(g, is_planned(g, "industry", "storage") & (g.urban > 0.05), 8),
    "industrial_block_line": lambda g: clumped(
        g, is_planned(g, "industry"), 5, np.where(g.at_plots(g.mood("industry", 4000.0)) > 0, 0, 1)
    ),
    "strategic_reserve": speaking_in(
        lambda g: clumped(g, picked(g, "reserve", g.open_ground & (abs(g.urban) < 0.1), 40), 1), (6, 7)
    ),
    "near_term_construction": speaking_in(lambda g: discs(g, "near term", town(g), 36, (180, 420)), (2,)),
    "land_use_master_plan": master_plan,
    "land_use_zone": _land_use_zone,
    "construction_control_zone": _control_zone,
    "construction_scale_boundary": lambda g: clumped(g, is_planned(g, *BUILT) & (g.urban > -0.2), 0.5),
    "construction_expansion_boundary": lambda g: clumped(g, (g.urban > -0.06) & ~water(g), 3),
    "prohibited_construction_boundary": _prohibited,
    "spatial_plan_use": lambda g: unions(g, everywhere(g), g.community, g.planned),
    "spatial_plan_zone": _plan_zone,
    "arable_protection_target": lambda g: unions(
        g, is_planned(g, "paddy", "irrigated", "dry_field"), g.community, g.planned
    ),
    "key_construction_land": lambda g: plots(g, picked(g, "key construction", town(g) & g.large(8000), 60)),
}
