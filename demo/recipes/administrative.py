"""Divisions and base data: what is there."""

from __future__ import annotations

import numpy as np
import shapely

from demo.draw import Features, Recipe, lines, plots, spots, unions
from demo.fabric import WIDTHS
from demo.field import above
from demo.ground import Ground
from demo.millimetre import on_millimetre
from demo.names import places, roads
from demo.recipes.buildings import buildings
from demo.recipes.places import built, everywhere, is_present, speaking_in, town, water
from demo.subdivision import owner


def subdistrict_codes(g: Ground) -> np.ndarray:
    return np.array([f"{g.code}{k + 1:03d}" for k in range(len(g.subdistricts))])


def community_codes(g: Ground) -> np.ndarray:
    of = g.community_of
    order = [int((of[:k] == of[k]).sum()) + 1 for k in range(len(of))]
    return np.array([f"{g.code}{of[k] + 1:03d}{n:03d}" for k, n in enumerate(order)])


def _district(g: Ground) -> Features:
    return Features(
        np.array([g.outline], dtype=object),
        facts={"XZQDM": np.array([g.code]), "XZQMC": np.array([g.title])},
    )


def _subdistricts(g: Ground) -> Features:
    names = np.array([name + "街道" for name in g.subdistrict_names])
    return Features(g.subdistricts, facts={"XZQDM": subdistrict_codes(g), "XZQMC": names})


def _communities(g: Ground) -> Features:
    names = np.array([name + "社区" for name in g.community_names])
    return Features(g.communities, facts={"XZQDM": community_codes(g), "XZQMC": names})


def _grid_cells(g: Ground) -> Features:
    """Faces of the street net, those under 3 hectares with a neighbour's community kept apart all the same."""
    return unions(g, everywhere(g), g.fabric.face)


def _roads(g: Ground) -> Features:
    grade = g.fabric.grade
    names = np.array(roads(g.seed, grade))
    return Features(
        g.fabric.roads, np.array([0, 2, 3, 4, 4])[grade], facts={"DLMC": names, "KD": WIDTHS[grade]}
    )


def _water_bodies(g: Ground) -> Features:
    drawn = unions(
        g,
        water(g),
        np.where(is_present(g, "pond"), np.arange(len(g.plots)), len(g.plots) + g.community),
        g.present,
    )
    kinds = {"river": 0, "reservoir": 2, "pond": 3}
    assert drawn.use is not None
    return Features(drawn.shapes, np.array([kinds[str(use)] for use in drawn.use]))


def _place_names(g: Ground) -> Features:
    drawn = spots(g, "place names", g.open_ground & (g.area > 4000), 620)
    inside = owner(drawn.shapes, g.plots)
    rank = np.select([g.urban[inside] > 0.05, g.urban[inside] < -0.3], [0, 2], 4)
    return Features(drawn.shapes, rank, facts={"DMMC": np.array(places(g.seed, "place names", len(rank)))})


def _contours(g: Ground) -> Features:
    """Every 20 m, cut at the edge of the sheets."""
    elevation = g.field(g.land.elevation)
    out, height = [], []
    for level in range(40, int(elevation.max()), 20):
        curves = shapely.intersection(shapely.boundary(above(g.coarse, elevation, level)), g.outline)
        for curve in shapely.get_parts(shapely.line_merge(shapely.multilinestrings(_strings(curves)))):
            if curve.length > 300:
                out.append(on_millimetre(curve))
                height.append(level)
    return Features(np.array(out, dtype=object), facts={"GC": np.array(height, dtype=float)})


def _strings(curves: np.ndarray) -> np.ndarray:
    parts = shapely.get_parts(shapely.get_parts(curves))
    return parts[shapely.get_type_id(parts) == 1]


def _control_points(g: Ground) -> Features:
    return spots(g, "control points", g.open_ground, 140).ranked(g, "control points", (1, 4, 12))


def _addresses(g: Ground) -> Features:
    drawn = spots(g, "addresses", town(g) & built(g), 2200)
    street = shapely.STRtree(g.fabric.roads).nearest(drawn.shapes)
    names = np.array(roads(g.seed, g.fabric.grade))[street]
    number = g.rng("door numbers").integers(1, 400, len(names))
    return Features(
        drawn.shapes,
        facts={"DZMC": np.array([f"{name}{n}号" for name, n in zip(names, number, strict=True)])},
    )


RECIPES: dict[str, Recipe] = {
    "district": _district,
    "subdistrict": _subdistricts,
    "community": _communities,
    "grid_cell": _grid_cells,
    "building": buildings,
    "road_centreline": _roads,
    "railway": lambda g: lines(g.lines.railways),
    "water_body": _water_bodies,
    "place_name": _place_names,
    "address": _addresses,
    "land_parcel": lambda g: plots(g, g.open_ground, g.present),
    "block": lambda g: unions(g, g.open_ground & (g.urban > -0.25), g.fabric.block),
    "contour": speaking_in(_contours, (5,)),
    "survey_control_point": _control_points,
}
