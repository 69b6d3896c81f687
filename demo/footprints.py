"""Footprints of buildings: rows along the longer side of each plot, those that fit inside with some air. It knows uses, no layer."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from demo.field import Floats, Shapes
from demo.millimetre import MM
from demo.sizes import Size
from demo.uses import Words

# Depth, length and gap (m) by what stands there.
FORM = {
    "residential": (15.0, 42.0, 22.0), "village": (11.0, 13.0, 4.5), "industry": (34.0, 70.0, 18.0), "storage": (40.0, 90.0, 24.0),
    "commercial": (34.0, 52.0, 20.0), "office": (26.0, 40.0, 26.0), "school": (16.0, 58.0, 30.0), "hospital": (22.0, 60.0, 28.0),
    "government": (18.0, 48.0, 30.0), "culture": (30.0, 44.0, 36.0), "sport": (36.0, 60.0, 50.0), "welfare": (14.0, 40.0, 28.0),
    "power": (12.0, 20.0, 24.0), "water_supply": (16.0, 26.0, 30.0), "sewage": (16.0, 26.0, 30.0), "sanitation": (12.0, 18.0, 24.0),
}  # fmt: skip


def footprints(
    rng: np.random.Generator, size: Size, plots: Shapes, present: Words
) -> tuple[Shapes, NDArray[np.int64]]:
    """The buildings and the plot of each."""
    area = shapely.area(plots)
    shapes, of = [], []
    most = np.inf if size.parcel_ha > 1 else 0.72  # on small parcels houses are built to fit them
    for word, (usual_depth, usual_length, gap) in FORM.items():
        chosen = np.flatnonzero(present == word)
        if not len(chosen):
            continue
        box = shapely.get_coordinates(shapely.oriented_envelope(plots[chosen])).reshape(-1, 5, 2)
        one, two = box[:, 1] - box[:, 0], box[:, 2] - box[:, 1]
        tall = np.hypot(*one.T) >= np.hypot(*two.T)
        origin = np.where(tall[:, None], box[:, 0], box[:, 1])
        along, across = np.where(tall[:, None], one, two), np.where(tall[:, None], two, -one)
        long, wide = np.hypot(*along.T), np.hypot(*across.T)
        along, across = along / long[:, None], across / wide[:, None]
        length, depth = np.minimum(usual_length, most * long), np.minimum(usual_depth, most * wide)
        # As many as the size wants, never more than fit: the gap grows where fewer are wanted.
        wanted = np.maximum(
            area[chosen] / 1e4 * size.buildings_per_ha * (2.6 if word == "village" else 1.0), 1.0
        )
        fit = long * wide / ((depth + gap) * (length + gap))
        air = np.sqrt(np.maximum(fit / wanted, 1.0))
        step_l, step_w = (length + gap) * air, (depth + gap) * air
        rows, columns = np.maximum((wide / step_w).astype(int), 1), np.maximum((long / step_l).astype(int), 1)
        plot = np.repeat(np.arange(len(chosen)), rows * columns)
        n = np.arange(len(plot)) - np.repeat(np.cumsum(rows * columns) - rows * columns, rows * columns)
        u = ((n % columns[plot]) + 0.5) * long[plot] / columns[plot] + rng.uniform(-0.12, 0.12, len(n)) * gap
        v = ((n // columns[plot]) + 0.5) * wide[plot] / rows[plot] + rng.uniform(-0.12, 0.12, len(n)) * gap
        middle = origin[plot] + along[plot] * u[:, None] + across[plot] * v[:, None]
        half = np.stack([length, depth], axis=1)[plot] / 2 * rng.uniform(0.72, 1.0, (len(n), 2))
        shapes.append(_ells(middle, along[plot], across[plot], half, rng.random(len(n)) < 0.22))
        of.append(chosen[plot])
    found, plot = np.concatenate(shapes), np.concatenate(of)
    inside = shapely.contains_properly(plots[plot], found)
    return found[inside], plot[inside]


def _ells(middle: Floats, along: Floats, across: Floats, half: Floats, bent: NDArray[np.bool_]) -> Shapes:
    """Rectangles, and L-shapes where `bent`."""
    plain = np.array([[-1, -1], [1, -1], [1, 1], [1, 1], [1, 1], [-1, 1]], dtype=float)
    ell = np.array([[-1, -1], [1, -1], [1, 0], [0.2, 0], [0.2, 1], [-1, 1]], dtype=float)
    corner = np.where(bent[:, None, None], ell, plain) * half[:, None]
    xy = middle[:, None] + along[:, None] * corner[..., :1] + across[:, None] * corner[..., 1:]
    xy = np.round(xy / MM) * MM
    out = np.empty(len(xy), dtype=object)
    out[bent] = shapely.polygons(xy[bent])
    out[~bent] = shapely.polygons(xy[~bent][:, [0, 1, 2, 5]])
    return out
