"""In which unit a drawing is drawn. It says so in its header, and mostly says what its template said: the size of its numbers is asked too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import shapely

from gis.geometry import Shapes
from gis.reading.cad_shapes import said

TOLERANCE_M = 0.001
_NAMED: dict[int, tuple[str, float]] = {
    1: ("in", 0.0254), 2: ("ft", 0.3048), 3: ("mi", 1609.344), 4: ("mm", 0.001), 5: ("cm", 0.01), 6: ("m", 1.0), 7: ("km", 1000.0),
    10: ("yd", 0.9144), 14: ("dm", 0.1), 15: ("dam", 10.0), 16: ("hm", 100.0), 21: ("US survey ft", 1200 / 3937),
}  # fmt: skip
_METRIC = {"mm", "cm", "dm", "dam", "hm", "km"}
_PLANE = (1e5, 5e7)  # what the larger of two plane coordinates is in metres, with or without its zone
_ENOUGH = 2_000


@dataclass(frozen=True, slots=True)
class Unit:
    """``tolerance``: a millimetre in the drawing's numbers; ``factor``: what they are multiplied by."""

    tolerance: float
    factor: float
    notes: tuple[tuple[str, dict[str, Any]], ...]

    def scaled(self, shapes: Shapes) -> Shapes:
        if self.factor == 1.0:
            return shapes
        return np.asarray(
            shapely.transform(shapes, lambda numbers: numbers * self.factor, include_z=True), dtype=object
        )


def of(document: Any) -> Unit:
    """Metres where nothing is said. Feet stay feet: systems in feet exist. Millimetres become metres, unless the numbers are metres already."""
    said = document.header.get("$INSUNITS", 0)
    name, metres = _NAMED.get(said, ("", 1.0))
    if not name:
        return Unit(TOLERANCE_M, 1.0, (("cad_units_assumed", {"unit": "m"}),))
    if name == "m":
        return Unit(TOLERANCE_M, 1.0, ())
    if name not in _METRIC:
        return Unit(TOLERANCE_M / metres, 1.0, (("cad_units_kept", {"unit": name}),))
    largest = [max(abs(x), abs(y)) for x, y in islice(_anchors(document), _ENOUGH)]
    middle = float(np.median(largest)) if largest else 0.0
    if _PLANE[0] <= middle < _PLANE[1] and not _PLANE[0] <= middle * metres < _PLANE[1]:
        return Unit(TOLERANCE_M, 1.0, (("cad_units_overruled", {"stated": name}),))
    return Unit(TOLERANCE_M / metres, metres, (("cad_units_scaled", {"stated": name}),))


def _anchors(document: Any) -> Iterator[tuple[float, float]]:
    for entity in document.modelspace():
        for key in ("start", "insert", "center", "location"):
            place = said(entity, key)
            if place is not None:
                yield float(place[0]), float(place[1])
                break
        else:
            if entity.dxftype() == "LWPOLYLINE" and len(entity):
                x, y, *_ = entity[0]
                yield float(x), float(y)
            elif entity.dxftype() == "POLYLINE" and len(entity.vertices):
                place = entity.vertices[0].dxf.location
                yield float(place[0]), float(place[1])
