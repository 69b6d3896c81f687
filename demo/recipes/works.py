"""Colour lines and heritage, transport, utilities and corridors."""

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
    picked,
    plots,
    spots,
    within_district,
)  # fmt: skip
from demo.fabric import WIDTHS
from demo.field import Shapes
from demo.ground import Ground
from demo.millimetre import MM, on_millimetre
from demo.names import roads
from demo.recipes.places import is_planned, is_present, old_villages, speaking_in, town


def _green(g: Ground) -> Features:
    kinds = {"park": 0, "green_belt": 1, "square": 2}
    mask = is_planned(g, *kinds)
    drawn = plots(g, mask)
    return replace(drawn, rank=np.array([kinds[str(use)] for use in g.planned[mask]]))


def _yellow(g: Ground) -> Features:
    kinds = {"power": 5, "water_supply": 6, "sewage": 6, "sanitation": 9, "parking": 4}
    mask = is_planned(g, *kinds)
    return replace(plots(g, mask), rank=np.array([kinds[str(use)] for use in g.planned[mask]]))


def _orange(g: Ground) -> Features:
    """Round places that must keep away from people: slopes that slide and stores that burn."""
    steep = discs(g, "orange slopes", g.open_ground & (g.slope > 14), 16, (60, 160)).shapes
    stores = shapely.buffer(
        g.plots[picked(g, "dangerous goods", is_present(g, "storage"), 14)], 60.0, quad_segs=4
    )
    return within_district(g, np.concatenate([steep, stores]))


def _monuments(g: Ground) -> Features:
    """In each old village a hall or a walled house."""
    mask = old_villages(g)
    rng = g.rng("monuments")
    middle = g.middles[mask]
    half = rng.uniform(12, 32, (len(middle), 2))
    turn = rng.uniform(0, np.pi, len(middle))
    corner = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])[None] * half[:, None]
    c, s = np.cos(turn)[:, None], np.sin(turn)[:, None]
    xy = (
        np.stack([corner[..., 0] * c - corner[..., 1] * s, corner[..., 0] * s + corner[..., 1] * c], axis=-1)
        + middle[:, None]
    )
    return within_district(g, shapely.polygons(np.round(xy / MM) * MM)).ranked(
        g, "monuments", (0, 1, 3, 6, 4)
    )


def _controls(g: Ground) -> Features:
    cores = _monuments(g)
    belt = shapely.difference(shapely.buffer(cores.shapes, 50.0, quad_segs=4), cores.shapes)
    return within_district(g, np.asarray(belt), 10.0, cores.rank)


def _heritage_points(g: Ground) -> Features:
    cores = _monuments(g)
    return Features(on_millimetre(shapely.centroid(cores.shapes)), cores.rank)


def _historic_districts(g: Ground) -> Features:
    cores = g.plots[old_villages(g)][:4]
    belt = shapely.difference(shapely.buffer(cores, 70.0, quad_segs=4), cores)
    return within_district(g, np.concatenate([cores, belt]), 10.0, np.repeat([0, 1], len(cores)))


def _historic_buildings(g: Ground) -> Features:
    shapes, plot = g.footprints
    inside = old_villages(g)[plot] & (g.rng("historic buildings").random(len(shapes)) < 0.2)
    return Features(shapes[inside])


def _road_names(g: Ground) -> np.ndarray:
    return np.array(roads(g.seed, g.fabric.grade))


def _red_lines(g: Ground) -> Features:
    grade = g.fabric.grade
    half = WIDTHS[grade] / 2 + np.array([6.0, 4.0, 2.0, 1.0, 0.5])[grade]
    shapes = shapely.buffer(g.fabric.roads, half, quad_segs=2, cap_style="flat")
    part = shapely.intersection(on_millimetre(shapes), g.outline)
    kept = shapely.get_type_id(part) == 3
    return Features(
        np.asarray(part)[kept], np.array([0, 2, 3, 4, 4])[grade][kept], facts={"DLMC": _road_names(g)[kept]}
    )


def _planned_roads(g: Ground) -> Features:
    """Streets that stand in the plan and not yet on the ground: across large blocks."""
    chosen = picked(g, "planned roads", town(g) & g.large(20_000), 190)
    box = shapely.get_coordinates(shapely.oriented_envelope(g.plots[chosen])).reshape(-1, 5, 2)
    line = shapely.linestrings(np.stack([box[:, 0], box[:, 2]], axis=1))
    inside = on_millimetre(shapely.intersection(line, g.plots[chosen]))
    return lines(inside[shapely.get_type_id(inside) == 1]).ranked(g, "planned roads", (0, 0, 1, 3, 6))


def _highway_control(g: Ground) -> Features:
    main = g.fabric.grade <= 1
    metres = np.where(g.fabric.grade[main] == 0, WIDTHS[0] / 2 + 30.0, WIDTHS[1] / 2 + 20.0)
    return belts(g, g.fabric.roads[main], metres, np.where(g.fabric.grade[main] == 0, 0, 1), ends="flat")


def _crossings(g: Ground) -> Shapes:
    """Where expressways meet arterials."""
    fast = shapely.union_all(g.fabric.roads[g.fabric.grade == 0])
    met = shapely.get_parts(
        shapely.intersection(fast, shapely.union_all(g.fabric.roads[g.fabric.grade == 1]))
    )
    points = met[shapely.get_type_id(met) == 0]
    kept: list[shapely.Point] = []
    for point in points:
        if all(shapely.distance(point, other) > 900 for other in kept):
            kept.append(point)
    return np.array(kept, dtype=object)


def _bridges(g: Ground) -> Features:
    water = shapely.buffer(
        g.land.rivers, g.land.river_widths[: len(g.land.rivers)] / 2 + 12, cap_style="flat"
    )
    tree = shapely.STRtree(g.fabric.roads)
    river, road = tree.query(water, predicate="intersects")
    over = shapely.get_parts(on_millimetre(shapely.intersection(g.fabric.roads[road], water[river])))
    over = shapely.get_parts(over)
    return lines(
        over[(shapely.get_type_id(over) == 1) & (shapely.length(over) > 12) & (shapely.length(over) < 260)]
    )


def _tunnels(g: Ground) -> Features:
    """Where expressways and rails go under high ground."""
    hill = shapely.union_all(areas(g, g.wild, 1.5, 5).shapes)
    under = shapely.intersection(
        np.concatenate([g.fabric.roads[g.fabric.grade == 0], g.lines.railways]), hill
    )
    parts = shapely.get_parts(shapely.get_parts(on_millimetre(under)))
    return lines(parts[(shapely.get_type_id(parts) == 1) & (shapely.length(parts) > 250)])


def _stations(g: Ground) -> Features:
    out, ranks = [], []
    for k, line in enumerate(g.lines.transit):
        count = max(4, int(line.length / 1400))
        for n in range(count):
            out.append(line.interpolate((n + 0.5) / count, normalized=True))
            ranks.append((2, 2, 1, 0)[k])
    return Features(on_millimetre(np.array(out, dtype=object)), np.array(ranks))


def _rail_protection(g: Ground) -> Features:
    """30 m beside the tunnels and 10 m round stations, then the control area out to 50 m."""
    control = belts(g, g.lines.transit, 50.0, np.zeros(len(g.lines.transit), np.int64), ends="flat")
    special = belts(g, _stations(g).shapes, 30.0, np.ones(len(_stations(g).shapes), np.int64))
    assert control.rank is not None
    assert special.rank is not None
    return Features(
        np.concatenate([control.shapes, special.shapes]), np.concatenate([control.rank, special.rank])
    )


def _corridor(g: Ground) -> Features:
    half = np.array([37.5, 22.5, 15.0])[g.lines.power_rank]
    return belts(g, g.lines.power, half, np.array(g.lines.power_rank), ends="flat")


def _under_streets(g: Ground, name: str, grades: tuple[int, ...], share: float, aside: float) -> Shapes:
    """Pipes beside the middle of a share of the streets of these grades."""
    chosen = g.fabric.roads[np.isin(g.fabric.grade, grades)]
    chosen = chosen[g.rng(f"under {name}").random(len(chosen)) < share]
    beside = shapely.get_parts(shapely.intersection(shapely.offset_curve(chosen, aside), g.outline))
    beside = on_millimetre(beside)
    return np.asarray(beside[(shapely.get_type_id(beside) == 1) & (shapely.length(beside) > 20)])


def _gas(g: Ground) -> tuple[Shapes, np.ndarray]:
    medium = _under_streets(g, "gas", (1, 2), 0.7, 6.0)
    rank = np.concatenate([np.array([0, 0, 1, 1]), np.full(len(medium), 2)])
    return np.concatenate([g.lines.gas, medium]), rank


def _gas_belts(g: Ground) -> Features:
    shapes, rank = _gas(g)
    strong = rank < 2
    return belts(g, shapes[strong], np.array([50.0, 25.0])[rank[strong]], rank[strong])


def _microwave(g: Ground) -> Features:
    """Between masts on summits, as straight strips."""
    high = g.middles[np.argsort(-g.elevation, kind="stable")[:60:10]]
    town_masts = g.land.centres[:5]
    pairs = [shapely.LineString([a, b]) for a, b in zip(high, town_masts, strict=False)]
    return belts(g, np.array(pairs, dtype=object), 25.0, ends="flat")


COLOURS: dict[str, Recipe] = {
    "city_green_line": _green,
    "city_blue_line": lambda g: within_district(
        g,
        np.concatenate(
            [
                shapely.buffer(g.land.rivers, g.land.river_widths[: len(g.land.rivers)] / 2 + 8),
                shapely.buffer(g.land.reservoirs, 20.0),
            ]
        ),
    ),
    "city_purple_line": lambda g: within_district(g, shapely.buffer(_monuments(g).shapes, 30.0, quad_segs=4)),
    "city_yellow_line": _yellow,
    "city_orange_line": _orange,
    "heritage_protection_scope": _monuments,
    "heritage_construction_control": _controls,
    "heritage_site": _heritage_points,
    "underground_heritage": speaking_in(
        lambda g: discs(g, "underground heritage", g.open_ground & (abs(g.urban) < 0.3), 12, (80, 240)), (6,)
    ),
    "historic_district": _historic_districts,
    "historic_building": _historic_buildings,
    "historic_character_area": lambda g: plots(g, old_villages(g) & (np.cumsum(old_villages(g)) % 2 == 0)),
    "traditional_village": lambda g: within_district(
        g, shapely.buffer(g.plots[old_villages(g)][4:12], 25.0, quad_segs=2)
    ).ranked(g, "traditional village", (1, 2, 3)),
    "ancient_tree": lambda g: spots(
        g, "ancient trees", is_present(g, "village", "forest", "park") & (g.urban > -0.5), 320
    ).ranked(g, "ancient trees", (1, 3, 12, 1)),
}
TRANSPORT: dict[str, Recipe] = {
    "road_red_line": _red_lines,
    "planned_road": _planned_roads,
    "highway_building_control": _highway_control,
    "interchange_control": lambda g: belts(g, _crossings(g), 260.0),
    "bridge": _bridges,
    "tunnel": _tunnels,
    "rail_transit_line": lambda g: lines(g.lines.transit, [2, 2, 1, 0]),
    "rail_transit_station": _stations,
    "rail_protection": _rail_protection,
    "railway_protection": lambda g: belts(g, g.lines.railways, 20.0, ends="flat"),
    "transport_hub": lambda g: plots(g, picked(g, "hubs", town(g) & (g.urban > 0.3) & g.large(15_000), 9)),
    "bus_depot": lambda g: plots(g, picked(g, "depots", is_planned(g, "parking"), 36)).ranked(
        g, "depots", (1, 1, 4)
    ),
    "public_parking": lambda g: plots(
        g, is_planned(g, "parking") & ~picked(g, "depots", is_planned(g, "parking"), 36)
    ),
    "cycle_route": lambda g: lines(_under_streets(g, "cycle", (1, 2), 0.45, 12.0)),
}
UTILITIES: dict[str, Recipe] = {
    "power_corridor": _corridor,
    "power_line": lambda g: lines(g.lines.power, g.lines.power_rank),
    "power_cable_duct": lambda g: lines(_under_streets(g, "cables", (1, 2, 3), 0.35, -5.0)).ranked(
        g, "cables", (0, 1, 3, 9)
    ),
    "substation": lambda g: spots(g, "substations", is_planned(g, "power"), 34).ranked(
        g, "substations", (1, 4, 10)
    ),
    "gas_pipeline": lambda g: lines(*_gas(g)),
    "gas_protection": _gas_belts,
    "oil_gas_pipeline": lambda g: lines(g.lines.oil),
    "oil_gas_pipeline_protection": lambda g: belts(g, g.lines.oil, 50.0),
    "water_main": lambda g: lines(_under_streets(g, "water", (1, 2, 3), 0.6, -7.0)),
    "raw_water_aqueduct": lambda g: lines(g.lines.aqueducts),
    "waterworks": lambda g: plots(g, picked(g, "waterworks", is_planned(g, "water_supply"), 9)),
    "sewer": lambda g: lines(_under_streets(g, "sewer", (1, 2, 3), 0.6, 3.0)),
    "storm_drain": lambda g: lines(_under_streets(g, "storm", (1, 2, 3), 0.6, -3.0)),
    "sewage_plant": lambda g: plots(g, picked(g, "sewage", is_planned(g, "sewage"), 8)),
    "pumping_station": lambda g: spots(
        g, "pumping", g.open_ground & (g.land.at(g.land.flood, g.plots) > 0), 60
    ),
    "telecom_duct": lambda g: lines(_under_streets(g, "telecom", (1, 2), 0.5, 9.0)),
    "telecom_base_station": lambda g: spots(g, "base stations", town(g), 820),
    "microwave_corridor": _microwave,
    "utility_tunnel": lambda g: lines(_under_streets(g, "utility tunnel", (1,), 0.16, 0.5)),
    "sanitation_facility": lambda g: plots(g, is_planned(g, "sanitation")).ranked(
        g, "sanitation", (8, 1, 1, 4)
    ),
}
