"""The ground cut up: blocks bounded by streets, parcels in blocks, streets and water between them, all with shared boundaries.

The result is one coverage of *plots*; every district-wide plan of the demo is a union of plots, so that boundaries agree where plans agree.
It knows no plan yet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from demo.chance import stream
from demo.field import Floats, Shapes
from demo.millimetre import MM, on_millimetre
from demo.network import MainRoads
from demo.sizes import Size
from demo.subdivision import divide, faces, owner
from demo.terrain import Land

GROUND, ROAD, WATER = 0, 1, 2
# Carriageway with pavements (m) by grade: expressway, arterial, secondary, collector, local.
WIDTHS = np.array([52.0, 36.0, 26.0, 17.0, 10.0])


@dataclass(frozen=True, slots=True)
class Fabric:
    """plots: an exact coverage of the outline; kind: GROUND, ROAD or WATER; face: the street-bounded face that holds each plot;
    block: the piece of a face between street margins (-1 for streets and water); pairs: (n, 2) plots that share an edge, with its length."""

    plots: Shapes
    kind: NDArray[np.int64]
    face: NDArray[np.int64]
    block: NDArray[np.int64]
    faces: Shapes
    roads: Shapes
    grade: NDArray[np.int64]
    road_area: shapely.Geometry
    pairs: NDArray[np.int64]
    shared: Floats


def weave(seed: int, size: Size, land: Land, main: MainRoads) -> Fabric:
    rng = stream(seed, "blocks")
    field = np.concatenate([main.expressways, main.arterials])
    first = faces(
        [
            np.array([land.outline.boundary], dtype=object),
            np.asarray(shapely.intersection(field, land.outline)),
        ]
    )
    first = first[shapely.contains(land.outline, shapely.point_on_surface(first))]

    def aim(shapes: Shapes) -> Floats:
        town = np.clip(land.at(land.urban, shapes) / 0.5, -1, 1)
        rural = 2.2 * size.block_ha + (size.hill_ha - 2.2 * size.block_ha) * np.clip(-town, 0, 1)
        return np.asarray(np.where(town > 0, size.block_ha * (2.2 - 1.2 * town), rural) * 1e4)

    def bend(shapes: Shapes) -> Floats:
        return np.where(land.at(land.urban, shapes) > 0.05, 0.035, 0.2)

    pieces = divide(first, rng, aim, bend)
    roads, grade = _streets(land, main, pieces.cuts, pieces.cut_areas)
    margins = shapely.buffer(roads, WIDTHS[grade] / 2, cap_style="flat", join_style="mitre", mitre_limit=2.0)
    road_area = shapely.unary_union(margins, grid_size=MM)
    road_area = shapely.intersection(road_area, land.outline)
    river = shapely.buffer(land.rivers, land.river_widths / 2, quad_segs=2, cap_style="flat")
    water = shapely.intersection(shapely.unary_union([*river, *land.reservoirs], grid_size=MM), land.outline)
    edges = [shapely.boundary(pieces.shapes), np.array([road_area.boundary, water.boundary], dtype=object)]
    rough = faces(edges)
    rough = rough[shapely.contains(land.outline, shapely.point_on_surface(rough))]
    rough_kind = _kinds(rough, road_area, water)
    block = np.flatnonzero(rough_kind == GROUND)

    def plot_aim(shapes: Shapes) -> Floats:
        town = np.clip(land.at(land.urban, shapes) / 0.5, 0, 1)
        wild = land.at(land.urban, shapes) < -0.1
        return np.asarray(np.where(wild, size.hill_ha, size.parcel_ha * (3.2 - 2.2 * town)) * 1e4)

    parcels = divide(rough[block], stream(seed, "plots"), plot_aim, lambda shapes: bend(shapes) * 0.3)
    plots = faces([shapely.boundary(rough), parcels.cuts])
    plots = plots[shapely.contains(land.outline, shapely.point_on_surface(plots))]
    of = owner(plots, rough)
    plots, of = _without_scraps(plots, of)
    kind = rough_kind[of]
    pairs, shared = neighbours(plots)
    return Fabric(
        plots,
        kind,
        owner(plots, pieces.shapes),
        np.where(kind == GROUND, of, -1),
        pieces.shapes,
        roads,
        grade,
        road_area,
        pairs,
        shared,
    )


def _streets(
    land: Land, main: MainRoads, cuts: Shapes, cut_areas: Floats
) -> tuple[Shapes, NDArray[np.int64]]:
    """Which cuts are streets: those in town, and long ones in farmland; hills are bounded by no street."""
    urban = land.at(land.urban, cuts)
    grade = np.select([cut_areas > 2.2e6, cut_areas > 5e5], [2, 3], 4)
    street = (urban > 0.05) | ((urban > -0.25) & (grade <= 3))
    lines = [main.expressways, main.arterials, cuts[street]]
    grades = [
        np.zeros(len(lines[0]), np.int64),
        np.ones(len(lines[1]), np.int64),
        grade[street].astype(np.int64),
    ]
    dry = shapely.difference(land.outline, shapely.union_all(land.reservoirs))
    inside = shapely.intersection(np.concatenate(lines), dry)
    part, index = shapely.get_parts(inside, return_index=True)
    part = on_millimetre(part)
    long_enough = (shapely.get_type_id(part) == 1) & (shapely.length(part) > 25)
    return np.asarray(part[long_enough]), np.concatenate(grades)[index[long_enough]]


def _kinds(shapes: Shapes, road_area: shapely.Geometry, water: shapely.Geometry) -> NDArray[np.int64]:
    """Water lies under bridges; scraps between streets count as street."""
    inner = shapely.point_on_surface(shapes)
    shapely.prepare([road_area, water])
    road = shapely.contains(road_area, inner) | (shapely.area(shapes) < 300)
    return np.where(shapely.contains(water, inner), WATER, np.where(road, ROAD, GROUND))


def _without_scraps(plots: Shapes, of: NDArray[np.int64]) -> tuple[Shapes, NDArray[np.int64]]:
    """Plots under 60 m2 join the neighbour with which they share most boundary."""
    for _ in range(6):
        pairs, shared = neighbours(plots)
        small = shapely.area(plots) < 60.0
        both = np.concatenate([np.column_stack([pairs, shared]), np.column_stack([pairs[:, ::-1], shared])])
        both = both[small[both[:, 0].astype(np.int64)]]
        if not len(both):
            break
        both = both[np.lexsort((-both[:, 2], both[:, 0]))]
        scrap, first = np.unique(both[:, 0].astype(np.int64), return_index=True)
        into = np.arange(len(plots))
        into[scrap] = both[first, 1].astype(np.int64)
        into[scrap] = np.where(np.isin(into[scrap], scrap), np.minimum(scrap, into[scrap]), into[scrap])
        plots, kept = dissolve(plots, into)
        of = of[kept]
    return plots, of


def dissolve(shapes: Shapes, group: NDArray[np.int64]) -> tuple[Shapes, NDArray[np.int64]]:
    """Shapes of one coverage united by group; returns them by rising group with the groups."""
    order = np.argsort(group, kind="stable")
    groups, first, many = np.unique(group[order], return_index=True, return_counts=True)
    united = shapes[order[first]]
    for k in np.flatnonzero(many > 1):
        united[k] = shapely.coverage_union_all(shapes[order[first[k] : first[k] + many[k]]])
    return united, groups


def neighbours(plots: Shapes) -> tuple[NDArray[np.int64], Floats]:
    """Pairs of plots that share edges, and the length they share (m): exact, because the coverage is noded on the millimetre."""
    rings, plot = shapely.get_rings(plots, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    key = np.round(xy / MM).astype(np.int64)
    same = ring[1:] == ring[:-1]
    a, b, of = key[:-1][same], key[1:][same], plot[ring[:-1][same]]
    turn = (a[:, 0] > b[:, 0]) | ((a[:, 0] == b[:, 0]) & (a[:, 1] > b[:, 1]))
    edge = np.where(turn[:, None], np.hstack([b, a]), np.hstack([a, b]))
    order = np.lexsort((of, edge[:, 3], edge[:, 2], edge[:, 1], edge[:, 0]))
    edge, of = edge[order], of[order]
    twin = (edge[1:] == edge[:-1]).all(axis=1)
    pair = np.stack([of[:-1][twin], of[1:][twin]], axis=1)
    length = np.hypot(*(edge[:-1][twin][:, 2:] - edge[:-1][twin][:, :2]).T) * MM
    pairs, where = np.unique(np.sort(pair, axis=1), axis=0, return_inverse=True)
    return pairs.astype(np.int64), np.asarray(np.bincount(where.ravel(), length, len(pairs)), np.float64)
