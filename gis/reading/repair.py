"""What repair would make of an invalid area, within bounds: repair is where GEOS can be made to run for minutes.

A row is never mended in silence. Where nobody asked for repair the row stays set aside and is told what repair would do to its area.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import shapely

from gis.geometry import MOST_CROSSINGS, crossings, made_valid
from gis.source_layer import SetAside

MOST_TRIED = 1_000  # rows of a layer
MOST_CROSSINGS_IN_ALL = 100_000
MOST_VERTICES = 200_000  # of one shape: to count its crossings alone takes seconds


class Repairing:
    """Over one layer. ``wanted``: a person asked for mended shapes."""

    def __init__(self, wanted: bool) -> None:
        self.wanted = wanted
        self.tried_rows = self.crossings = self.mended = self.beyond = 0

    def tried(self, shape: Any, one: SetAside) -> tuple[Any | None, SetAside]:
        """The mended shape where that is wanted and can be had; the row with its areas, before and after, in square units of the file."""
        if (self.tried_rows >= MOST_TRIED and not self.wanted) or self.crossings > MOST_CROSSINGS_IN_ALL:
            self.beyond += 1
            return None, one
        self.tried_rows += 1
        counted = (
            crossings(shape) if shapely.get_num_coordinates(shape) <= MOST_VERTICES else MOST_CROSSINGS + 1
        )
        self.crossings += counted
        told = {**one.params, "crossings": counted}
        if counted > MOST_CROSSINGS:
            self.beyond += 1
            return None, replace(one, params={**told, "too_tangled": True})
        better = made_valid(shape)
        areas = {
            "area_before": float(shapely.area(shape)),
            "area_after": 0.0 if better is None else float(shapely.area(better)),
        }
        one = replace(one, params={**told, **areas})
        if better is None or not self.wanted:
            return None, one
        self.mended += 1
        return better, one

    def notes(self) -> list[tuple[str, dict[str, Any]]]:
        found = (("repaired", self.mended), ("repair_not_tried", self.beyond))
        return [(code, {"count": count}) for code, count in found if count]
