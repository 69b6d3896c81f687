"""What many sites at once meet of a layer: the parts they share, how far its features stand, the ground it speaks for, the cells below.

Whole features by GEOS, all sites in one call for each layer. The other way of computing beneath `demo.judging`; it shares no code with
the product's overlay and must not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from demo import files, rasters
from demo.field import Floats, Shapes
from demo.measuring import MARGIN, Index, cells_below
from demo.planned_uses import in_any
from layers.codes import ClassSystem

STIR = 0.002
"""m by which formats in degrees may move a boundary, and a little more."""
WHOLE = 1 - 1e-9
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Met:
    """One row per site and feature that share something, by site and then as in the file. at: place among the layer's kept features;
    amount: m2, m or 1; solid: more than the layer's own tolerance may be wrong. One entry per site: covered, the share in which the layer
    speaks, 0 where nobody says where it does; hair: two honest ways may tell differently what is shared; first: its first row."""

    at: NDArray[np.int64]
    amount: Floats
    parts: Shapes
    solid: Mask
    covered: Floats
    hair: Mask
    first: list[int]


class Hits(NamedTuple):
    """As `Met`, of one site."""

    at: NDArray[np.int64]
    amount: Floats
    parts: Shapes
    solid: Mask


NOTHING = Hits(np.empty(0, np.int64), np.empty(0), np.empty(0, object), np.empty(0, bool))


class Layers:
    """The district's layers as they were delivered: features by layer code, and cells."""

    def __init__(
        self,
        index: Mapping[str, Index],
        images: Mapping[str, rasters.Delivered],
        systems: Mapping[str, ClassSystem],
    ) -> None:
        self.index, self.images, self.systems = index, images, systems
        self._meant: dict[tuple[str, tuple[str, ...]], Mask] = {}
        self._classes: dict[str, NDArray[np.str_]] = {}

    def classes(self, layer: str) -> NDArray[np.str_]:
        """The class of each of a layer's kept features."""
        if layer not in self._classes:
            codes = self.index[layer].class_codes
            assert codes is not None
            self._classes[layer] = codes.astype(str)
        return self._classes[layer]

    def of(self, layer: str, classes: tuple[str, ...]) -> Mask:
        """Which of a layer's kept features are of these classes; of any, where none is named."""
        if (layer, classes) not in self._meant:
            index = self.index[layer]
            meant = np.ones(len(index.rows), dtype=bool)
            if classes:
                told = self.classes(layer)
                nested = self.systems[index.layer.class_system or ""].hierarchy is not None
                known = np.unique(told).tolist()
                meant = np.isin(told, [c for c in known if c in classes or (nested and in_any(c, classes))])
            self._meant[layer, classes] = meant
        return self._meant[layer, classes]

    def attribute(self, layer: str, name: str, at: NDArray[np.int64]) -> Floats:
        """What the department wrote of these features."""
        index = self.index[layer]
        return np.asarray(index.columns[name][index.rows[at]], dtype=np.float64)


class Meeting:
    """Some sites laid on the layers. What is asked twice is worked out once."""

    def __init__(self, sites: Iterable[shapely.Geometry], layers: Layers) -> None:
        self.sites: Shapes = np.array(list(sites), dtype=object)
        self.areas: Floats = np.asarray(shapely.area(self.sites))
        self.layers = layers
        self._met: dict[str, Met] = {}
        self._spoken: dict[int, tuple[Floats, Floats]] = {}
        self._nearest: dict[tuple[str, tuple[str, ...], float], Floats] = {}
        self._cells: dict[tuple[str, int], Floats] = {}

    def met(self, layer: str) -> Met:
        if layer not in self._met:
            self._met[layer] = self._measured(self.layers.index[layer], self.spoken(layer)[0])
        return self._met[layer]

    def _measured(self, index: Index, covered: Floats) -> Met:
        moved = files.format_of(index.layer) in ("geojson", "topojson")
        near = {"predicate": "dwithin", "distance": STIR} if moved else {"predicate": "intersects"}
        site, at = index.tree.query(self.sites, **near)
        order = np.lexsort((at, site))
        site, at = site[order], at[order]
        shapes, own = index.shapes[at], self.sites[site]
        parts = shapes
        if index.layer.kind == "point":
            amount = shapely.covers(own, shapes).astype(float)
        else:
            parts = shapely.intersection(shapes, own)
            amount = shapely.area(parts) if index.layer.kind == "polygon" else shapely.length(parts)
        least = 0.001 * shapely.length(own) + 0.01 if moved else np.full(len(site), MARGIN)
        doubtful = (amount < least) & ((amount > 0) | moved)
        hair = ((covered > 0) & (covered < 1e-6)) | ((covered > 1 - 1e-6) & (covered < WHOLE))
        solid = np.ones(len(site), dtype=bool)
        if index.layer.kind == "polygon":
            width = 2 * amount / np.maximum(shapely.length(parts), 1e-9)
            solid = (width >= index.layer.tolerance_m) | (amount >= WHOLE * self.areas[site])
            doubtful |= np.abs(width - index.layer.tolerance_m) < MARGIN
        hair[site[doubtful]] = True
        hit = amount > 0
        covered = np.where(covered < WHOLE, covered, 1.0)
        first = np.searchsorted(site[hit], np.arange(len(self.sites) + 1)).tolist()
        return Met(at[hit], amount[hit], parts[hit], solid[hit], covered, hair, first)

    def spoken(self, layer: str) -> tuple[Floats, Floats]:
        """Of each site the share in which the layer speaks, and how many m from the site it ceases to, 0 where it does within the site.
        Where nobody says in which area it speaks, both are 0."""
        speaks = self.layers.index[layer].speaks
        if id(speaks) not in self._spoken:
            share, edge = np.zeros(len(self.sites)), np.zeros(len(self.sites))
            if speaks is not None:
                inside = shapely.covers(speaks, self.sites)
                share[inside] = 1.0
                beyond = self.sites[~inside]
                share[~inside] = shapely.area(shapely.intersection(speaks, beyond)) / self.areas[~inside]
                border = speaks.boundary
                shapely.prepare(border)
                edge[inside] = shapely.distance(border, self.sites[inside])
            self._spoken[id(speaks)] = share, edge
        return self._spoken[id(speaks)]

    def hits(self, layer: str, classes: tuple[str, ...], number: int) -> Hits:
        """Of one site: what it shares with features of these classes."""
        met = self.met(layer)
        rows = slice(met.first[number], met.first[number + 1])
        if rows.start == rows.stop:
            return NOTHING
        mine = self.layers.of(layer, classes)[met.at[rows]]
        return Hits(met.at[rows][mine], met.amount[rows][mine], met.parts[rows][mine], met.solid[rows][mine])

    def nearest(self, layer: str, classes: tuple[str, ...], reach: float) -> Floats:
        """m from each site to the nearest feature of these classes, infinite where none stands within reach."""
        if (layer, classes, reach) not in self._nearest:
            index = self.layers.index[layer]
            site, at = index.tree.query(self.sites, predicate="dwithin", distance=reach)
            mine = self.layers.of(layer, classes)[at]
            site, at = site[mine], at[mine]
            found = np.full(len(self.sites), np.inf)
            np.minimum.at(found, site, shapely.distance(self.sites[site], index.shapes[at]))
            self._nearest[layer, classes, reach] = found
        return self._nearest[layer, classes, reach]

    def cells(self, layer: str, number: int) -> Floats:
        """Values of the cells whose centre lies in one site, NODATA where they hold none."""
        if (layer, number) not in self._cells:
            self._cells[layer, number] = cells_below(self.layers.images[layer], self.sites[number])
        return self._cells[layer, number]
