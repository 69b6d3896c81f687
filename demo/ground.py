"""The demo's ground: land, streets, plots, uses and divisions in one piece, which every recipe reads and none changes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from demo import names
from demo.chance import stream
from demo.divisions import grow, spread_seeds
from demo.fabric import GROUND, Fabric, dissolve, weave
from demo.field import Floats, Grid, Shapes, noise
from demo.footprints import footprints
from demo.lines import LongLines, lay_lines
from demo.network import main_roads
from demo.sizes import Size
from demo.terrain import Frame, Land, lay
from demo.uses import Words, present_and_planned

CODE, TITLE = "440307", "示范区"
"""The district's division code and name."""

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)  # one ground is itself: arrays are not compared
class Ground:
    """Arrays named for plots have one entry per plot; `community` and `subdistrict` number the shapes of the same name in the plural."""

    seed: int
    size: Size
    land: Land
    fabric: Fabric
    urban: Floats
    slope: Floats
    elevation: Floats
    present: Words
    planned: Words
    community: Ints
    subdistrict: Ints
    communities: Shapes
    subdistricts: Shapes
    community_names: list[str]
    subdistrict_names: list[str]
    community_of: Ints
    outline: shapely.Polygon
    code: str = CODE
    title: str = TITLE

    @property
    def plots(self) -> Shapes:
        return self.fabric.plots

    def rng(self, name: str) -> np.random.Generator:
        return stream(self.seed, name)

    @cached_property
    def area(self) -> Floats:
        return np.asarray(shapely.area(self.plots))

    def large(self, m2: float) -> Mask:
        """Plots above so many m2 where parcels aim at three hectares; where they aim at less, above as much less."""
        return np.asarray(self.area > m2 * min(1.0, self.size.parcel_ha / 3.0))

    @cached_property
    def middles(self) -> Floats:
        return np.asarray(shapely.get_coordinates(shapely.point_on_surface(self.plots)))

    @cached_property
    def open_ground(self) -> Mask:
        return self.fabric.kind == GROUND

    @cached_property
    def coarse(self) -> Grid:
        return Grid.over(self.land.outline.bounds, 90.0, 500.0)

    def field(self, field: Floats) -> Floats:
        """A field of the land on the coarse grid, from which areas are drawn."""
        return self.land.grid.spread(field, self.coarse)

    @cached_property
    def lines(self) -> LongLines:
        return lay_lines(self.seed, self.land)

    @cached_property
    def footprints(self) -> tuple[Shapes, Ints]:
        """The buildings, and the plot of each."""
        return footprints(self.rng("buildings"), self.size, self.plots, self.present)

    @cached_property
    def wild(self) -> Floats:
        """On the coarse grid: how much a place belongs to the hills; about -1.5 in towns, 0 at their foot, 2 and more on top."""
        soft = noise(self.coarse, self.rng("wild"), 1800.0, 3)
        land = self.land
        return np.asarray(
            (self.field(land.elevation) - 80) / 90
            + (self.field(land.slope) - 7) / 10
            - 0.8 * self.field(land.urban)
            + 0.2 * soft
        )

    def mood(self, name: str, wavelength: float) -> Floats:
        """A field of its own for a recipe, on the coarse grid, about -1 to 1."""
        return noise(self.coarse, self.rng(f"mood {name}"), wavelength, 3)

    def at_plots(self, values: Floats) -> Floats:
        return self.coarse.sample(values, self.middles)

    def among(self, uses: Words, *words: str) -> Mask:
        return np.isin(uses, words)

    def whose(self, points: Floats) -> Ints:
        """The community that holds each place (n, 2); places outside go to the nearest."""
        tree = shapely.STRtree(self.communities)
        return np.asarray(tree.nearest(shapely.points(points)))


def make_ground(
    seed: int, size: Size, frame: Frame | None = None, code: str = CODE, title: str = TITLE
) -> Ground:
    land = lay(seed, size, frame)
    fabric = weave(seed, size, land, main_roads(seed, land))
    urban = land.at(land.urban, fabric.plots)
    present, planned = present_and_planned(seed, land, fabric, urban)
    face_community, community_of = _divide(seed, size, land, fabric, urban)
    community = face_community[fabric.face]
    communities, _ = dissolve(fabric.plots, community)
    subdistricts, _ = dissolve(fabric.plots, community_of[community])
    outline = shapely.coverage_union_all(subdistricts)
    found = names.places(seed, "divisions", size.communities + size.subdistricts)
    return Ground(
        seed=seed, size=size, land=land, fabric=fabric, urban=urban,
        slope=land.at(land.slope, fabric.plots), elevation=land.at(land.elevation, fabric.plots),
        present=present, planned=planned, community=community, subdistrict=community_of[community],
        communities=communities, subdistricts=subdistricts,
        community_names=found[: size.communities], subdistrict_names=found[size.communities :],
        community_of=community_of, outline=outline, code=code, title=title,
    )  # fmt: skip


def _divide(seed: int, size: Size, land: Land, fabric: Fabric, urban: Floats) -> tuple[Ints, Ints]:
    """For each face its community, for each community its subdistrict."""
    count = len(fabric.faces)
    area = np.asarray(shapely.area(fabric.plots))
    weight = np.bincount(fabric.face, area * (0.12 + np.clip(urban + 0.1, 0, 0.8)), count) / 1e6 + 1e-6
    middles = shapely.get_coordinates(shapely.point_on_surface(fabric.faces))
    pairs = np.unique(np.sort(fabric.face[fabric.pairs], axis=1), axis=0)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    seeds = spread_seeds(middles, weight, size.communities, stream(seed, "communities"))
    community = grow(middles, weight, pairs, seeds)
    lost = community < 0  # faces that hold no plot of their own: all of them street or water of a neighbour
    community[lost] = community[
        seeds[shapely.STRtree(shapely.points(middles[seeds])).nearest(shapely.points(middles[lost]))]
    ]
    load = np.asarray(np.bincount(community, weight, size.communities), np.float64)
    beside = np.unique(np.sort(community[pairs], axis=1), axis=0)
    beside = beside[beside[:, 0] != beside[:, 1]]
    towns = land.centres[: size.subdistricts]
    first: list[int] = []
    for town in towns:
        gaps = np.hypot(*(middles[seeds] - town).T)
        gaps[first] = np.inf
        first.append(int(np.argmin(gaps)))
    return community, grow(middles[seeds], load, beside, np.array(first))
