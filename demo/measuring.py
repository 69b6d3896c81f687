"""What a site shares with each delivered layer, by GEOS on whole features: the other way of computing that the answer key rests on.

Unclipped intersections in the order of the file's rows. It shares no code with the product's overlay and must not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from demo import rasters
from demo.delivery import Delivered
from demo.field import Shapes

MARGIN = 1e-3
"""m2 or m. A site that shares less than this, yet more than nothing, with any feature is not fit for a key: two honest ways may differ."""


@dataclass(frozen=True, slots=True)
class Answer:
    """amounts: m2, m or 1 for each hit row; share: of the site's area, by the union of the hits; covered: share of the site in which the
    layer speaks, None where nobody says where it does; fit: no amount is marginal."""

    state: str
    rows: np.ndarray
    amounts: np.ndarray
    share: float | None
    covered: float | None
    fit: bool


class Index:
    """One layer's kept features, with a tree over them; aside: what a reader must set aside, None where it has no geometry. A site is
    measured once."""

    def __init__(self, delivered: Delivered, outline: shapely.Geometry) -> None:
        self.layer = delivered.layer
        self.columns = delivered.columns
        self.rows = delivered.good
        self.class_codes = None if delivered.class_codes is None else delivered.class_codes[self.rows]
        self.shapes: Shapes = delivered.shapes[self.rows]
        self.aside = [delivered.shapes[fault.row] for fault in delivered.set_aside]
        self.tree = shapely.STRtree(self.shapes)
        self.speaks = {"district": outline, "file": delivered.coverage, "none": None}[
            delivered.layer.coverage
        ]
        shapely.prepare(self.speaks)
        self._known: dict[bytes, Answer] = {}

    def answer(self, site: shapely.Geometry) -> Answer:
        key = shapely.to_wkb(site)
        if key not in self._known:
            self._known[key] = self._measured(site)
        return self._known[key]

    def _measured(self, site: shapely.Geometry) -> Answer:
        near = np.sort(self.tree.query(site, predicate="intersects"))
        share: float | None = None
        if self.layer.kind == "point":
            amounts = shapely.covers(site, self.shapes[near]).astype(float)
        else:
            parts = shapely.intersection(self.shapes[near], site)
            amounts = shapely.area(parts) if self.layer.kind == "polygon" else shapely.length(parts)
        hit = amounts > 0
        if self.layer.kind == "polygon":
            united = (
                shapely.area(parts[hit][0] if hit.sum() == 1 else shapely.union_all(parts[hit]))
                if hit.any()
                else 0.0
            )
            share = float(united / site.area)
        covered = None if self.speaks is None else share_of(site, self.speaks)
        whole = covered is not None and covered > 1 - 1e-9
        state = "hit" if hit.any() else "clear" if whole else "no data"
        fit = not ((amounts > 0) & (amounts < MARGIN)).any()
        return Answer(state, self.rows[near[hit]], amounts[hit], share, covered, fit)


def share_of(site: shapely.Geometry, speaks: shapely.Geometry) -> float:
    if shapely.covers(speaks, site):
        return 1.0
    return float(shapely.intersection(site, speaks).area / site.area)


def cells_below(raster: rasters.Delivered, site: shapely.Geometry) -> np.ndarray:
    """The cells whose centre lies in the site, as they are delivered."""
    west, south, east, north = site.bounds
    column = np.flatnonzero((raster.x >= west) & (raster.x <= east))
    row = np.flatnonzero((raster.y >= south) & (raster.y <= north))
    x, y = np.meshgrid(raster.x[column], raster.y[row])
    inside = shapely.contains_xy(site, x, y) if x.size else np.zeros(x.shape, dtype=bool)
    return np.asarray(raster.cells[np.ix_(row, column)][inside])


def cells_in(raster: rasters.Delivered, site: shapely.Geometry) -> dict[str, float | int | str | None]:
    """Cells whose centre lies in the site: how many, how many hold a value, their mean, lowest and highest."""
    cells = cells_below(raster, site)
    values = cells[cells != rasters.NODATA].astype(np.float64)
    told: dict[str, float | int | str | None] = {
        "cells": len(cells),
        "with_value": len(values),
        "mean": None,
        "min": None,
        "max": None,
    }
    if len(values):
        told |= {"mean": float(values.mean()), "min": float(values.min()), "max": float(values.max())}
    above = raster.layer.raster.says_above if raster.layer.raster is not None else None
    saying = len(values) if above is None else int((values > above).sum())
    complete = len(values) == len(cells) and len(values) > 0
    told["saying"] = saying
    told["state"] = "hit" if saying else "clear" if complete else "no data"
    return told
