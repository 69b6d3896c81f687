"""Forest and ecology, water, environment, and farmland work: what follows the ground more than the street."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import shapely
from shapely.ops import substring

from demo.draw import (
    Features,
    Recipe,
    areas,
    belts,
    clumped,
    cut_long,
    discs,
    lines,
    picked,
    plots,
    rings,
    spots,
    unions,
    within_district,
)  # fmt: skip
from demo.fabric import ROAD
from demo.ground import Ground
from demo.millimetre import on_millimetre
from demo.recipes.places import everywhere, farmland, hills, is_planned, is_present, speaking_in
from demo.uses import FARM, WOODS


def _by_height(g: Ground, drawn: Features, shares: tuple[float, ...]) -> Features:
    """Ranked from the top: as high as so many shares of the highest."""
    high = g.coarse.sample(
        g.field(g.land.elevation), shapely.get_coordinates(shapely.point_on_surface(drawn.shapes))
    )
    return replace(drawn, rank=np.digitize(-high, [-share * high.max() for share in shares]))


def _stands(g: Ground) -> Features:
    return unions(g, is_present(g, *WOODS, "orchard"), g.fabric.face, g.present)


def _reserve(g: Ground) -> Features:
    """Two mountains: core, buffer and experimental zone one round the other."""
    cores = areas(g, g.wild, 3.2, 15).shapes
    cores = cores[np.argsort(-shapely.area(cores), kind="stable")[:2]]
    return rings(g, cores, (350.0, 900.0))


def _parks(g: Ground, name: str, level: float, count: int) -> Features:
    drawn = areas(g, g.wild + 0.5 * g.mood(name, 2600.0), level, 25)
    order = np.argsort(-shapely.area(drawn.shapes), kind="stable")[:count]
    return drawn.only(np.sort(order)).ranked(g, name, (1, 2, 3, 4))


def _wetlands(g: Ground) -> Features:
    shore = shapely.difference(
        shapely.buffer(g.land.reservoirs, 45.0, quad_segs=4), shapely.buffer(g.land.reservoirs, -30.0)
    )
    ponds = g.plots[picked(g, "wetlands", is_present(g, "pond"), 30)]
    rank = np.concatenate([[0], np.full(len(shore), 3), np.full(len(ponds), 2)])
    return within_district(g, np.concatenate([[_mangroves(g)], shore, ponds]), 500.0, rank)


def _mangroves(g: Ground) -> shapely.Geometry:
    """On both banks where the main river leaves for the sea."""
    river, width = g.land.rivers[0], g.land.river_widths[0]
    mouth = substring(river, river.length - 420.0, river.length)
    return shapely.difference(
        shapely.buffer(mouth, width / 2 + 40.0, quad_segs=4), shapely.buffer(river, width / 2)
    )


def _greenways(g: Ground) -> Features:
    pieces, _ = cut_long(g.land.rivers, 1800.0)
    beside = shapely.offset_curve(pieces, 32.0)
    inside = shapely.get_parts(on_millimetre(shapely.intersection(beside, g.outline)))
    return lines(inside[(shapely.get_type_id(inside) == 1) & (shapely.length(inside) > 200)])


def _source_protection(g: Ground) -> Features:
    return rings(g, g.land.reservoirs[:6], (120.0, 700.0))


def _river_grades(g: Ground) -> np.ndarray:
    return np.select(
        [np.arange(len(g.land.rivers)) < 1, g.land.river_widths[: len(g.land.rivers)] > 15], [0, 1], 2
    )


def _river_belt(g: Ground, metres: float) -> Features:
    half = g.land.river_widths[: len(g.land.rivers)] / 2
    return belts(g, g.land.rivers, half + metres)


def _embankments(g: Ground) -> Features:
    out = []
    for line, width in zip(g.land.rivers[:8], g.land.river_widths[:8], strict=True):
        out += [shapely.offset_curve(line, side * (width / 2 + 8)) for side in (1, -1)]
    inside = shapely.intersection(np.array(out, dtype=object), g.outline)
    pieces = shapely.get_parts(on_millimetre(inside))
    pieces = pieces[(shapely.get_type_id(pieces) == 1) & (shapely.length(pieces) > 100)]
    return lines(pieces).ranked(g, "embankments", (0, 1, 2, 2, 1))


def _flood(g: Ground) -> Features:
    deep = g.field(g.land.flood)
    out, ranks = [], []
    for rank, level in enumerate((1.4, 0.8, 0.25)):
        drawn = areas(g, deep, level, 0.8)
        out.append(drawn.shapes)
        ranks.append(np.full(len(drawn.shapes), rank))
    return Features(np.concatenate(out), np.concatenate(ranks))


def _waterlogging(g: Ground) -> Features:
    return spots(g, "waterlogging", (g.land.at(g.land.flood, g.plots) > 0.1) & (g.urban > 0.05), 70).ranked(
        g, "waterlogging", (1, 3, 4)
    )


def _water_function(g: Ground) -> Features:
    rivers = belts(g, g.land.rivers, g.land.river_widths[: len(g.land.rivers)] / 2 + 4)
    lakes = within_district(g, g.land.reservoirs)
    rank = np.concatenate(
        [np.where(np.arange(len(rivers.shapes)) % 3 == 0, 4, 6), np.full(len(lakes.shapes), 3)]
    )
    return Features(np.concatenate([rivers.shapes, lakes.shapes]), rank)


def _catchments(g: Ground) -> Features:
    nearest = shapely.STRtree(g.land.rivers).nearest(shapely.points(g.middles))
    return unions(g, everywhere(g), nearest)


def _control_units(g: Ground) -> Features:
    kind = np.select([g.at_plots(g.wild) > 1.0, is_planned(g, "industry", "storage")], [0, 1], 2)
    votes = np.zeros((len(g.communities), 3))
    np.add.at(votes, (g.community, kind), g.area * np.array([1.0, 3.0, 1.0])[kind])
    return unions_ranked(g, votes.argmax(axis=1)[g.community])


def unions_ranked(g: Ground, rank: np.ndarray) -> Features:
    """Communities as they are, each with the class that rules in it."""
    drawn = unions(g, everywhere(g), g.community)
    first = np.array([int(rank[np.flatnonzero(g.community == k)[0]]) for k in range(len(g.communities))])
    return replace(drawn, rank=first)


def _air(g: Ground) -> Features:
    return clumped(g, everywhere(g), 0.0, np.where(g.at_plots(g.wild) > 1.0, 0, 1))


def _noise(g: Ground) -> Features:
    """Classes by use, blocks by the ruling one; a strip along arterials and rails is class 4."""
    kind = np.select(
        [is_planned(g, "industry", "storage"), is_planned(g, "hospital", "school", "welfare"), g.urban > 0.3],
        [3, 1, 2],
        1,
    )
    kind = np.where(g.open_ground, kind, np.where(g.fabric.kind == ROAD, 4, 2))
    apart = kind * 1000 + np.where(
        kind == 4, g.community, 0
    )  # the streets of a community are one feature, not those of the district
    drawn = clumped(g, g.urban > -0.2, 0.0, apart)
    assert drawn.rank is not None
    return replace(drawn, rank=drawn.rank // 1000)


def airport(g: Ground) -> shapely.LineString:
    """The runway of a field in the neighbouring district, whose surfaces and noise reach in from the west."""
    west, south, _, north = g.outline.bounds
    y = south + (north - south) * 0.55
    return shapely.LineString([(west - 3200.0, y - 300.0), (west + 300.0, y + 250.0)])


def _airport_noise(g: Ground) -> Features:
    """Speaks where the airport's study looked: within 9 km of the runway."""
    runway = airport(g)
    looked = on_millimetre(shapely.intersection(shapely.buffer(runway, 9000.0), g.outline))
    zones = rings(g, np.array([shapely.buffer(runway, 900.0)], dtype=object), (900.0, 2200.0))
    return replace(
        zones, coverage=looked, rank=None, facts={"JZXJ": np.array([75.0, 70.0, 65.0])[zones.rank]}
    )


def _sections(g: Ground) -> Features:
    at = [line.interpolate(share, normalized=True) for line in g.land.rivers[:7] for share in (0.3, 0.85)]
    points = on_millimetre(np.array(at, dtype=object))
    return Features(points).ranked(g, "sections", (0, 1, 3, 3, 2, 1))


FOREST: dict[str, Recipe] = {
    "forest_red_line": lambda g: _by_height(g, areas(g, g.wild, 0.75, 6), (0.9, 0.65, 0.4)),
    "basic_ecological_control_line": lambda g: areas(g, g.wild, 0.1, 10),
    "forest_stand": _stands,
    "public_welfare_forest": lambda g: unions(
        g, hills(g) & (g.at_plots(g.mood("welfare", 2500.0)) > -0.1), g.fabric.face
    ).ranked(g, "welfare forest", (1, 3, 4)),
    "natural_forest": lambda g: areas(g, g.wild + 0.4 * g.mood("natural forest", 1500.0), 2.4, 4),
    "nature_reserve": _reserve,
    "forest_park": lambda g: _parks(g, "forest park", 1.1, 9),
    "wetland_park": lambda g: within_district(g, shapely.buffer(g.land.reservoirs[1:6], 140.0), 1e4).ranked(
        g, "wetland park", (0, 1, 2, 2)
    ),
    "geopark": lambda g: _parks(g, "geopark", 2.2, 2),
    "scenic_area": lambda g: _parks(g, "scenic area", 1.6, 4),
    "country_park": lambda g: areas(g, g.wild + 0.8 * g.mood("country park", 2000.0), 1.3, 30),
    "wetland": _wetlands,
    "wildlife_habitat": lambda g: discs(g, "habitat", hills(g), 26, (220, 600)),
    "ecological_corridor": lambda g: belts(g, g.lines.power[:2], 180.0),
    "greenway": _greenways,
}
WATER: dict[str, Recipe] = {
    "water_source_protection": _source_protection,
    "river_management": lambda g: _river_belt(g, 15.0),
    "river_centreline": lambda g: lines(g.land.rivers, _river_grades(g)),
    "reservoir_management": lambda g: within_district(
        g, shapely.buffer(g.land.reservoirs, 50.0, quad_segs=6)
    ),
    "reservoir_protection": lambda g: within_district(
        g, shapely.buffer(g.land.reservoirs, 150.0, quad_segs=6)
    ),
    "waterworks_protection": lambda g: belts(g, g.lines.aqueducts, 30.0, ends="flat"),
    "embankment": _embankments,
    "flood_detention_area": lambda g: areas(
        g, g.field(g.land.flood) + np.clip(-0.6 - g.field(g.land.urban), -2, 0.4), 1.5, 2
    ),
    "flood_risk_zone": speaking_in(_flood, (1,)),
    "waterlogging_point": _waterlogging,
    "water_function_zone": _water_function,
    "drainage_catchment": _catchments,
    "sponge_city_unit": speaking_in(lambda g: unions(g, everywhere(g), g.community), (7,)),
    "soil_erosion_control_area": lambda g: areas(
        g, g.field(g.land.slope) / 10 + 0.3 * g.mood("erosion", 1600.0), 1.35, 4
    ).ranked(g, "erosion", (3, 1)),
    "groundwater_restriction": lambda g: discs(g, "groundwater", g.urban > 0, 16, (500, 1100)).ranked(
        g, "groundwater", (1, 3)
    ),
}
ENVIRONMENT: dict[str, Recipe] = {
    "environmental_control_unit": _control_units,
    "air_function_zone": _air,
    "noise_function_zone": _noise,
    "fuel_ban_zone": lambda g: clumped(g, g.urban > 0.08, 20),
    "livestock_ban_zone": lambda g: areas(
        g, 1.2 * g.field(g.land.urban) + np.clip(g.wild - 1.2, 0, 3), 0.05, 15
    ),
    "contaminated_land": lambda g: plots(
        g, picked(g, "contaminated", is_present(g, "industry", "vacant"), 34)
    ),
    "airport_noise_zone": _airport_noise,
    "pollution_source": lambda g: spots(g, "pollution", is_present(g, "industry", "sewage", "storage"), 260),
    "air_monitoring_station": lambda g: spots(g, "air stations", g.open_ground & (g.urban > 0.1), 12),
    "water_quality_section": _sections,
}
FIELDWORK: dict[str, Recipe] = {
    "land_consolidation": lambda g: clumped(
        g, farmland(g) & (g.at_plots(g.mood("consolidation", 2600.0)) > 0.2), 3
    ),
    "high_standard_farmland": lambda g: clumped(g, farmland(g) & is_present(g, "paddy", "irrigated"), 4),
    "supplementary_arable": lambda g: plots(
        g, picked(g, "supplementary", is_planned(g, *FARM) & ~is_planned(g, "orchard"), 46), g.planned
    ),
    "ecological_restoration": lambda g: discs(g, "restoration", hills(g), 24, (120, 380)),
    "land_reclamation": lambda g: discs(g, "reclamation", g.open_ground & (g.urban < 0), 18, (60, 180)),
}
