"""Public facilities, land supply, cadastre, expropriation and projects: what belongs to whom and what is being done with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import shapely

from demo.draw import Features, Recipe, clumped, discs, lines, one_per_community, picked, plots, spots, unions
from demo.ground import Ground
from demo.millimetre import MM, on_millimetre
from demo.recipes.buildings import some
from demo.recipes.places import everywhere, hills, homes, is_planned, is_present, speaking_in, town
from demo.terrain import wander
from demo.uses import BUILT, FARM, LIVING, Words


def _parks(g: Ground) -> Features:
    mask = is_planned(g, "park")
    return replace(plots(g, mask), rank=np.select([g.area[mask] > 60_000, g.area[mask] > 25_000], [0, 1], 2))


def _catchments(g: Ground) -> Features:
    """Each community goes to the school that lies nearest to its middle, all of it."""
    schools = g.middles[is_planned(g, "school")][::3]
    middle = shapely.point_on_surface(g.communities)
    nearest = shapely.STRtree(shapely.points(schools)).nearest(middle)
    return unions(g, everywhere(g), nearest[g.community])


def _prices(g: Ground) -> Features:
    kind = np.select([is_planned(g, "industry", "storage"), g.urban > 0.45, g.urban > 0.3], [3, 0, 1], 2)
    votes = np.zeros((int(g.fabric.face.max()) + 1, 4))
    np.add.at(votes, (g.fabric.face, kind), g.area)
    return clumped(g, g.urban > -0.1, 0.5, votes.argmax(axis=1)[g.fabric.face])


def _cadastre(g: Ground) -> Features:
    rights = np.select(
        [is_present(g, "village"), is_present(g, "vacant", *FARM), is_present(g, *BUILT)], [2, 3, 0], 3
    )
    mask = g.open_ground & (g.urban > -0.2)
    return replace(plots(g, mask), rank=rights[mask])


def _boundary_points(g: Ground) -> Features:
    """The corners of registered parcels, each once."""
    mask = g.open_ground & (g.urban > 0.05) & is_present(g, *LIVING) & (g.area < 30_000)
    corners = np.unique(
        np.round(shapely.get_coordinates(shapely.simplify(g.plots[mask], 0.5)) / MM).astype(np.int64), axis=0
    )
    many = min(len(corners), round(1800 * g.size.grain))
    chosen = np.sort(g.rng("boundary points").choice(len(corners), many, replace=False))
    return Features(shapely.points(corners[chosen] * MM))


def _supplied(g: Ground) -> Features:
    return plots(
        g, picked(g, "supplied", town(g) & is_present(g, *BUILT) & ~is_present(g, "village"), 620)
    ).ranked(g, "supplied", (4, 5, 2, 1))


def _demolition(g: Ground) -> Features:
    return plots(g, picked(g, "demolition", is_present(g, "village") & town(g) & (g.area > 3000), 14))


def _households(g: Ground) -> Features:
    """The buildings of the demolition areas."""
    shapes, plot = g.footprints
    inside = picked(g, "demolition", is_present(g, "village") & town(g) & (g.area > 3000), 14)[plot]
    return Features(shapes[inside]).ranked(g, "households", (1, 1, 1, 2, 4, 2, 2, 3, 1))


def _routes(g: Ground) -> Features:
    rng = g.rng("project routes")
    towns = g.land.centres
    pairs = rng.permutation(len(towns))[:16].reshape(8, 2)
    drawn = np.array([wander(rng, towns[a], towns[b], 0.1, 8) for a, b in pairs], dtype=object)
    inside = shapely.get_parts(on_millimetre(shapely.intersection(drawn, g.outline)))
    return lines(inside[shapely.length(inside) > 400]).ranked(g, "project routes", (5, 1))


def _projects(g: Ground, name: str, count: float, shares: tuple[float, ...], *words: str) -> Features:
    return plots(g, picked(g, name, town(g) & is_planned(g, *words) & g.large(4000), count)).ranked(
        g, name, shares
    )


def _collective(g: Ground) -> Features:
    kept = is_present(g, "village", *FARM, "forest") & g.open_ground
    return unions(g, kept, g.community)


def _state(g: Ground) -> Features:
    return unions(g, ~is_present(g, "village", *FARM, "forest") & g.open_ground, g.community)


def _of(word: str) -> Recipe:
    return lambda g: plots(g, is_planned(g, word))


def _words(g: Ground, mask: np.ndarray, use: Words) -> Features:
    return plots(g, mask, use)


def _registered(g: Ground) -> Features:
    shapes, plot = g.footprints
    kept = is_present(g, "residential", "office", "commercial", "industry")[plot]
    rank = {"residential": 0, "office": 2, "commercial": 3, "industry": 4}
    return Features(shapes[kept], np.array([rank[str(use)] for use in g.present[plot[kept]]]))


PUBLIC: dict[str, Recipe] = {
    "school": lambda g: plots(g, is_planned(g, "school")).ranked(g, "schools", (5, 3, 3, 2, 1)),
    "kindergarten": lambda g: one_per_community(g, "kindergartens", homes(g)),
    "school_catchment": _catchments,
    "hospital": lambda g: plots(g, is_planned(g, "hospital")).ranked(g, "hospitals", (1, 2, 3, 3)),
    "community_health_centre": lambda g: one_per_community(g, "health centres", homes(g), 0.9),
    "elderly_care": lambda g: one_per_community(g, "elderly care", homes(g), 0.6),
    "cultural_facility": lambda g: one_per_community(g, "culture", town(g), 0.7),
    "sports_facility": _of("sport"),
    "government_office": lambda g: spots(g, "offices", is_planned(g, "government"), 60),
    "community_service_centre": lambda g: one_per_community(g, "service centres", g.open_ground),
    "police_station": lambda g: spots(g, "police", town(g), 24),
    "market": lambda g: one_per_community(g, "markets", town(g), 0.8),
    "urban_park": _parks,
    "cemetery": lambda g: discs(g, "cemeteries", hills(g) & (g.elevation < 200), 7, (90, 220)),
    "affordable_housing": lambda g: plots(g, picked(g, "affordable", is_planned(g, "residential"), 46)),
}
SUPPLY: dict[str, Recipe] = {
    "land_pre_examination": lambda g: plots(g, picked(g, "pre-examination", town(g), 90)),
    "farmland_conversion": lambda g: _words(
        g, picked(g, "conversion", is_present(g, *FARM) & (g.urban > -0.1), 70), g.present
    ),
    "land_use_planning_permit": lambda g: _words(g, picked(g, "permits", town(g), 340), g.planned),
    "annual_supply_plan": speaking_in(
        lambda g: plots(g, picked(g, "annual supply", is_present(g, "vacant"), 60)).ranked(
            g, "annual supply", (3, 4, 2)
        ),
        (),
    ),
    "supplied_land": _supplied,
    "reserve_land": lambda g: plots(g, picked(g, "land reserve", is_present(g, "vacant"), 150)),
    "idle_land": lambda g: plots(g, picked(g, "idle", is_present(g, "vacant"), 26)),
    "temporary_land": lambda g: discs(g, "temporary", g.open_ground & (abs(g.urban) < 0.25), 48, (25, 80)),
    "benchmark_price_zone": _prices,
}
CADASTRE: dict[str, Recipe] = {
    "land_use_survey": lambda g: unions(
        g, everywhere(g), np.where(g.open_ground, g.fabric.face, g.community + len(g.plots)), g.present
    ),
    "cadastral_zone": lambda g: unions(g, everywhere(g), g.subdistrict),
    "cadastral_parcel": _cadastre,
    "boundary_point": _boundary_points,
    "registered_building": _registered,
    "collective_ownership": _collective,
    "state_land": _state,
    "homestead": lambda g: some(g, "homesteads", 0.35, "village"),
    "non_agricultural_quota_land": lambda g: plots(
        g, picked(g, "quota land", is_present(g, "village", "industry"), 120)
    ),
    "expropriation_return_land": lambda g: plots(
        g, picked(g, "return land", is_present(g, "village", "vacant"), 60)
    ),
    "forest_right": lambda g: clumped(g, hills(g) & (g.at_plots(g.mood("forest right", 2500.0)) > -0.3), 3),
    "legacy_illegal_building": lambda g: some(g, "legacy", 0.16, "village", "industry"),
}
ACQUISITION: dict[str, Recipe] = {
    "expropriation_preannouncement": lambda g: discs(
        g, "preannouncement", g.open_ground & (abs(g.urban) < 0.2), 12, (90, 240)
    ),
    "expropriation_area": lambda g: plots(
        g, picked(g, "expropriation", is_present(g, *FARM, "village") & (g.urban > -0.1), 40)
    ),
    "demolition_area": _demolition,
    "household_building": _households,
    "resettlement_site": lambda g: plots(
        g, picked(g, "resettlement", is_planned(g, "residential") & is_present(g, "vacant"), 12)
    ),
    "satellite_enforcement": speaking_in(
        lambda g: discs(g, "satellite", g.open_ground & (g.urban < 0.2), 160, (12, 60)), ()
    ),
}
PROJECTS: dict[str, Recipe] = {
    "project_reserve": lambda g: discs(
        g, "reserve ideas", g.open_ground & (g.urban > 0), 66, (50, 160)
    ).ranked(g, "reserve ideas", (8, 2, 1, 1, 1)),
    "project_site": lambda g: _projects(
        g, "project sites", 44, (8, 2, 1, 1, 1), "residential", "industry", "school", "commercial", "park"
    ),
    "project_route": _routes,
    "government_project": lambda g: _projects(
        g, "government projects", 60, (2, 3, 4, 2, 1), "school", "hospital", "culture", "park", "sport"
    ),
    "social_project": lambda g: _projects(
        g, "social projects", 90, (2, 3, 4, 2, 1), "residential", "industry", "commercial", "office"
    ),
    "construction_site": lambda g: plots(g, picked(g, "building sites", is_present(g, "vacant"), 56)),
    "completed_project": lambda g: plots(g, picked(g, "completed", town(g) & is_present(g, *BUILT), 110)),
}
