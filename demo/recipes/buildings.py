"""Building layers: all footprints, or a share of those on plots of some uses."""

from __future__ import annotations

import numpy as np
import shapely

from demo.draw import Features
from demo.ground import Ground, Ints

# Place in the class system of building uses, by the use of the plot.
_USE = {
    "residential": 0, "village": 0, "welfare": 1, "office": 2, "commercial": 3, "industry": 4, "storage": 5, "school": 6, "hospital": 6,
    "government": 6, "culture": 6, "sport": 6, "power": 7, "water_supply": 7, "sewage": 7, "sanitation": 7,
}  # fmt: skip


def buildings(g: Ground) -> Features:
    shapes, plot = g.footprints
    rank = np.array([_USE[str(word)] for word in g.present[plot]])
    floors = _floors(g, shapes, plot)
    return Features(shapes, rank, facts={"CS": floors, "JZMJ": np.round(shapely.area(shapes) * floors, 2)})


def _floors(g: Ground, shapes: np.ndarray, plot: Ints) -> np.ndarray:
    tall = np.array(
        [
            {"residential": 18.0, "office": 22.0, "commercial": 7.0, "village": 5.0}.get(str(w), 5.0)
            for w in g.present[plot]
        ]
    )
    return np.maximum(1, np.round(tall * g.rng("floors").uniform(0.4, 1.3, len(shapes)))).astype(np.int64)


def some(g: Ground, name: str, share: float, *words: str) -> Features:
    """A share of the buildings on plots of these present uses."""
    shapes, plot = g.footprints
    fit = np.isin(g.present[plot], words) & (g.rng(f"some {name}").random(len(shapes)) < share)
    return Features(shapes[fit], facts={"CS": _floors(g, shapes, plot)[fit]})
