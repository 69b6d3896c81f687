"""How large a demo is: the same recipes, finer or wider. One row per size; nothing else in the demo asks what a size is called."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Areas in hectares are what the recursive subdivision aims at; `grain` multiplies how many points and lines a recipe draws."""

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


SIZES = {
    size.name: size
    for size in (
        Size("small", 388.0, 8, 111, 12.0, 3.0, 70.0, 0.75, 1.0, 30.0),
        Size("district", 388.0, 8, 111, 3.0, 0.12, 8.0, 22.0, 12.0, 10.0),
        Size("city", 1990.0, 60, 640, 3.0, 0.08, 6.0, 40.0, 70.0, 30.0),
    )
}
