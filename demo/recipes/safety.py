"""Hazards and what must keep its distance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import shapely

from demo.draw import (
    Features,
    Recipe,
    areas,
    belts,
    discs,
    lines,
    one_per_community,
    picked,
    plots,
    rings,
    spots,
    unions,
)
from demo.field import Shapes
from demo.ground import Ground
from demo.millimetre import on_millimetre
from demo.recipes.nature import airport
from demo.recipes.places import everywhere, is_present, town


def _by_rank(g: Ground, values: np.ndarray, levels: tuple[float, ...], least_ha: float) -> Features:
    """Nested areas, the highest level first."""
    drawn = [areas(g, values, level, least_ha) for level in levels]
    ranks = [np.full(len(part.shapes), k) for k, part in enumerate(drawn)]
    return Features(np.concatenate([part.shapes for part in drawn]), np.concatenate(ranks))


def _danger(g: Ground) -> np.ndarray:
    return np.asarray(
        g.field(g.land.slope) / 14
        + 0.35 * g.mood("hazard", 1300.0)
        + 0.35 * np.clip(g.field(g.land.urban), -0.6, 0.2)
    )


def _slopes(g: Ground) -> Features:
    cut = discs(g, "dangerous slopes", g.open_ground & (g.slope > 9) & (g.urban > -0.35), 90, (25, 70))
    return cut.ranked(g, "dangerous slopes", (1, 3, 4))


def _karst(g: Ground) -> Features:
    """Only the two subdistricts on limestone were surveyed."""
    surveyed = shapely.coverage_union_all(g.subdistricts[[3, 7]])
    low = g.mood("karst", 3000.0) - 0.4 * np.clip(g.wild, 0, 3)
    found = _by_rank(g, low, (0.7, 0.45, 0.2), 3)
    inside = on_millimetre(shapely.intersection(found.shapes, surveyed))
    part, index = shapely.get_parts(inside, return_index=True)
    kept = (shapely.get_type_id(part) == 3) & (shapely.area(part) > 5000)
    assert found.rank is not None
    return Features(part[kept], found.rank[index[kept]], coverage=surveyed)


def _stores(g: Ground) -> Shapes:
    return g.plots[picked(g, "dangerous goods", is_present(g, "storage"), 14)]


def _store_points(g: Ground) -> Features:
    return Features(on_millimetre(shapely.point_on_surface(_stores(g)))).ranked(g, "stores", (0, 1, 2, 4, 6))


def _height_limits(g: Ground) -> Features:
    """Surfaces round the runway, one outside the other; the lower the nearer."""
    runway = airport(g)
    far = (2000.0, 4000.0, 6000.0, 10_000.0, 15_000.0)
    core = np.array([shapely.buffer(runway, far[0], quad_segs=16)], dtype=object)
    drawn = rings(g, core, [metres - far[0] for metres in far[1:]])
    limit = np.array([45.0, 60.0, 90.0, 120.0, 150.0])[drawn.rank]
    return replace(drawn, rank=None, facts={"XGBG": limit})


def _seismic(g: Ground) -> Features:
    """The west shakes more than the east, and most the ground along the longest fault."""
    west = g.middles[:, 0] < (g.outline.bounds[0] + g.outline.bounds[2]) / 2
    zone = np.where(west[np.searchsorted(np.arange(len(west)), g.fabric.face)], 0, 1)
    fault = max(g.lines.faults, key=shapely.length)
    zone[shapely.dwithin(fault, shapely.points(g.middles), 600.0)] = 2
    drawn = unions(g, everywhere(g), zone)
    return replace(drawn, facts={"JSD": np.array([0.10, 0.05, 0.20])[np.unique(zone)]})


def _nuclear(g: Ground) -> Features:
    """The outer circle of a plant on the coast to the east reaches into the district."""
    _, south, east, _ = g.outline.bounds
    plant = shapely.Point(east + 9000.0, south - 4000.0)
    return belts(g, np.array([plant], dtype=object), 17_500.0)


RECIPES: dict[str, Recipe] = {
    "geological_hazard": lambda g: spots(g, "hazards", g.open_ground & (g.slope > 8), 180).ranked(
        g, "hazards", (6, 5, 1, 1, 0.3, 0.5)
    ),
    "geological_hazard_zone": lambda g: _by_rank(g, _danger(g), (1.5, 1.2, 0.95), 2),
    "dangerous_slope": _slopes,
    "karst_collapse_zone": _karst,
    "active_fault": lambda g: lines(g.lines.faults),
    "active_fault_avoidance": lambda g: belts(g, g.lines.faults, 100.0, ends="flat"),
    "seismic_zone": _seismic,
    "dangerous_goods_site": _store_points,
    "dangerous_goods_safety": lambda g: belts(g, _stores(g), 200.0),
    "airport_height_limit": _height_limits,
    "military_protection": lambda g: plots(g, picked(g, "military", is_present(g, "special"), 7)),
    "nuclear_restriction": _nuclear,
    "construction_waste_site": lambda g: discs(
        g, "waste sites", g.open_ground & (g.urban < -0.2) & (g.elevation < 160), 9, (110, 260)
    ),
    "emergency_shelter": lambda g: one_per_community(
        g, "shelters", is_present(g, "park", "school", "sport", "square") & town(g)
    ),
    "fire_station": lambda g: spots(g, "fire stations", town(g) & (g.area < 20_000), 26),
}
