"""GCJ-02 and BD-09 as coordinate systems: what a person answers where a layer looks shifted, and the way back, approximate and called so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gis.crs import Coordinates, Crs, Transformation, parse, transformer
from gis.shifted import NAMES, SHIFTS, Shift, unshifted

ACCURACY_M = 1.0


@dataclass(frozen=True, slots=True)
class Unshifting:
    """Back to WGS 84 by the formula. ``first``: to degrees, where the file has them projected (the tiles of web maps)."""

    shift: Shift
    first: Transformation | None = None

    @property
    def name(self) -> str:
        back = f"{NAMES[self.shift]} to WGS 84 (approximate, about 1 m)"
        return back if self.first is None else f"{self.first.operation} + {back}"

    @property
    def accuracy_m(self) -> float:
        return ACCURACY_M

    def __call__(self, xy: Coordinates) -> Coordinates:
        return unshifted(xy if self.first is None else self.first(xy), self.shift)


def shifted_from(shift: Shift, stated: Crs) -> Crs:
    """The shifted system of coordinates that call themselves ``stated``; labelled ``GCJ-02`` or ``BD-09``."""
    degrees = parse(4326)
    first = None if stated.geographic else transformer(stated, degrees)
    unit = stated.unit_metre
    return Crs(
        None,
        NAMES[shift],
        degrees.wkt,
        stated.geographic,
        unit,
        stated.area,
        degrees.datum,
        Unshifting(shift, first),
    )


def could_be_shifted(crs: Crs) -> bool:
    """Whether web maps write coordinates that call themselves so: degrees of WGS 84 or CGCS2000, or the Mercator of their tiles."""
    plain = crs.step is None and not crs.sealed
    return plain and (
        crs.epsg in (3857, 4326, 4490) or (crs.geographic and "World Geodetic System 1984" in crs.datum)
    )


def shift_options(likely: Shift | None = None) -> list[dict[str, Any]]:
    """The answers there are to ``coordinates_maybe_shifted``, the likely one first."""
    named = [{"crs": shift, "label": NAMES[shift], "because": "shift_back"} for shift in SHIFTS]
    plain = {"crs": "wgs84", "label": "WGS 84", "because": "not_shifted"}
    if likely is None:
        return [plain, *named]
    return [*sorted(named, key=lambda each: each["crs"] != likely), plain]
