"""How large a demo is: the same recipes, finer or wider. One row per size; nothing else in the demo asks what a size is called."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Size:
    """Areas in hectares are what the recursive subdivision aims at; `grain` multiplies how many points and lines a recipe draws.

    `tiles`: into how many districts the ground is cut, each drawn on its own, so that no process holds the whole. `streamed`: layers go to their
    files and are let go; the answer key then speaks of layers and plain sites, and a layer's file is always a GeoPackage.
    """

    name: str
    area_km2: float
    subdistricts: int
    communities: int
    block_ha: float
    parcel_ha: float
    hill_ha: float
    buildings_per_ha: float
    grain: float
    raster_m: float
    tiles: int = 1
    streamed: bool = False

    def tile(self) -> Size:
        """Of one of its districts."""
        return replace(
            self,
            area_km2=self.area_km2 / self.tiles,
            subdistricts=self.subdistricts // self.tiles,
            communities=self.communities // self.tiles,
            tiles=1,
        )


SIZES = {
    size.name: size
    for size in (
        Size("small", 388.0, 8, 111, 12.0, 3.0, 70.0, 0.75, 1.0, 30.0),
        Size("district", 388.0, 8, 111, 3.0, 0.08, 8.0, 40.0, 38.0, 10.0, streamed=True),
        Size("city", 3880.0, 80, 1110, 3.0, 0.08, 8.0, 40.0, 38.0, 30.0, tiles=10, streamed=True),
    )
}
