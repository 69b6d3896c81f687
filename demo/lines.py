"""The long lines that several layers share: rails, power, gas, oil, water. A corridor layer and its line layer read the same line here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from demo.field import Shapes
from demo.millimetre import on_millimetre
from demo.network import long_line
from demo.terrain import Land

Stops = list[tuple[float, float]]

# Stops are shares of the district's box; (steep, wild) say what the route avoids (see network.surface).
_RAILWAYS: list[Stops] = [
    [(0.0, 0.42), (0.3, 0.5), (0.55, 0.3), (1.0, 0.52)],
    [(0.38, 0.0), (0.52, 0.45), (0.7, 1.0)],
]
_TRANSIT: list[Stops] = [
    [(0.03, 0.52), (0.28, 0.44), (0.5, 0.38), (0.75, 0.3), (0.86, 0.45)],
    [(0.42, 0.12), (0.5, 0.4), (0.62, 0.75), (0.75, 0.8)],
    [(0.66, 0.05), (0.72, 0.3), (0.7, 0.55), (0.8, 0.8)],
    [(0.3, 0.2), (0.45, 0.25), (0.62, 0.15), (0.85, 0.4), (0.95, 0.6)],
]
_POWER: list[tuple[Stops, int]] = [
    ([(0.0, 0.6), (0.4, 0.6), (0.72, 0.42), (1.0, 0.62)], 0),
    ([(0.45, 0.95), (0.35, 0.45), (0.3, 0.1)], 0),
    ([(0.05, 0.4), (0.3, 0.38), (0.6, 0.5), (0.9, 0.55)], 1),
    ([(0.62, 0.0), (0.68, 0.4), (0.66, 0.95)], 1),
    ([(0.5, 0.05), (0.42, 0.3), (0.5, 0.7)], 2),
    ([(0.8, 0.85), (0.85, 0.5), (0.8, 0.1)], 2),
    ([(0.18, 0.3), (0.3, 0.5), (0.25, 0.7)], 2),
]
_GAS: list[tuple[Stops, int]] = [
    ([(0.0, 0.5), (0.25, 0.35), (0.5, 0.2), (0.8, 0.35), (1.0, 0.58)], 0),
    ([(0.5, 0.2), (0.55, 0.5), (0.65, 0.9)], 1),
    ([(0.3, 0.4), (0.35, 0.2), (0.5, 0.1)], 2),
    ([(0.72, 0.2), (0.78, 0.5), (0.7, 0.75)], 2),
]
_OIL: list[Stops] = [[(0.1, 0.3), (0.35, 0.3), (0.55, 0.6), (0.85, 0.7), (0.9, 0.4)]]
_AQUEDUCT: list[Stops] = [
    [(1.0, 0.6), (0.7, 0.62), (0.4, 0.55), (0.05, 0.45)],
    [(0.68, 0.12), (0.6, 0.4), (0.45, 0.4)],
]
_FAULTS: list[Stops] = [
    [(0.1, 0.2), (0.5, 0.48), (0.9, 0.85)],
    [(0.05, 0.6), (0.4, 0.75), (0.62, 0.95)],
    [(0.55, 0.05), (0.95, 0.35)],
]


@dataclass(frozen=True, slots=True)
class LongLines:
    """Each ordered as drawn; the ranks beside power and gas run from the strongest."""

    railways: Shapes
    transit: Shapes
    power: Shapes
    power_rank: list[int]
    gas: Shapes
    gas_rank: list[int]
    oil: Shapes
    aqueducts: Shapes
    faults: Shapes


def lay_lines(seed: int, land: Land) -> LongLines:
    def drawn(name: str, courses: list[Stops], steep: float, wild: float, loose: float = 2.0) -> Shapes:
        found = [
            long_line(seed, f"{name} {k}", land, stops, steep, wild, loose) for k, stops in enumerate(courses)
        ]
        return np.array(found, dtype=object)

    return LongLines(
        railways=drawn("railway", _RAILWAYS, 4.0, 0.0),
        transit=drawn("transit", _TRANSIT, 1.5, 1.5),
        power=drawn("power", [stops for stops, _ in _POWER], 0.1, -2.0, 160.0),
        power_rank=[rank for _, rank in _POWER],
        gas=drawn("gas", [stops for stops, _ in _GAS], 0.8, -0.6, 40.0),
        gas_rank=[rank for _, rank in _GAS],
        oil=drawn("oil", _OIL, 0.6, -1.2, 60.0),
        aqueducts=drawn("aqueduct", _AQUEDUCT, 0.6, -0.8, 40.0),
        faults=np.array([_straight(land, stops) for stops in _FAULTS], dtype=object),
    )


def _straight(land: Land, stops: Stops) -> shapely.LineString:
    west, south, east, north = land.outline.bounds
    line = shapely.LineString([(west + (east - west) * u, south + (north - south) * v) for u, v in stops])
    inside = shapely.intersection(shapely.segmentize(line, 400.0), land.outline)
    return on_millimetre(max(shapely.get_parts(inside), key=shapely.length))
