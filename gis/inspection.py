"""A layer looked at while its pieces pass by: what is wrong with which row, and where. Judged in the project's coordinates, nothing is mended.

Pure and streaming: of a feature only a digest stays behind (28 bytes), of the faults the first of each kind; the counts are exact. What two features
do to each other along their borders is ``topology``'s business.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.geometry import Kind, Rows, Shapes
from gis.inspecting import corners, digests
from gis.inspecting.attributes import Attributes
from gis.inspecting.declared_area import DeclaredAreas
from gis.inspecting.ground import Ground, ground
from gis.inspecting.rings import opened

Severity = Literal["error", "warning", "note"]

SEVERITY: Mapping[str, Severity] = {
    "invalid_geometry": "error",
    "not_a_layer_kind": "error",
    "outside_projection": "error",
    "row_unreadable": "error",
    "overlap": "error",
    "gap": "error",
    "duplicate_ident": "error",
    "class_unknown": "error",
    "empty_geometry": "warning",
    "null_geometry": "warning",
    "duplicate": "warning",
    "spike": "warning",
    "sliver": "warning",
    "out_of_district": "warning",
    "class_missing": "warning",
    "type_differs": "warning",
    "area_differs": "warning",
    "repaired": "note",
}
"""Every code of a fault, the gravest first."""

WIDEST_SLIVER_M = 5.0
"""However coarse a layer: what is wider than this was drawn on purpose."""
MOST_STORED = 2_000
_MOST_CUT = 200
"""Shapes whose part outside the district is worked out; of the others only that they reach out is told."""
_LONGEST = 80  # characters of a value that is told
_MOST_CORNERS = 500
"""A thin area of more corners is shown by a point in it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """``row``: of the source, from 0; ``geometry``: where, in the project CRS. A duplicate has none of its own: it lies where its feature lies."""

    code: str
    severity: Severity
    row: int | None
    params: Mapping[str, Any]
    geometry: Any | None = None


class Inspector:
    """One layer. ``tolerance_m``: what is thinner or shorter is no area and no arm; ``outline``: of the district, project CRS; ``identified`` and
    ``classified``: whether its stanza says by which attributes; ``codes``: the classes there are, None where nobody says; ``keys``: the attributes
    that identify and classify; ``latitude`` of the district, to know a web map's square metres by.
    """

    def __init__(
        self,
        kind: Kind,
        *,
        tolerance_m: float = 1.0,
        outline: Any | None = None,
        identified: bool = False,
        classified: bool = False,
        codes: Collection[str] | None = None,
        keys: Collection[str] = (),
        latitude: float | None = None,
    ) -> None:
        self.kind: Kind = kind
        self.tolerance_m = tolerance_m
        self.identified, self.classified = identified, classified
        self.codes = None if codes is None else frozenset(codes)
        self.counts: Counter[str] = Counter()
        self.rows_seen = 0
        self.without_ident = 0
        self.unknown_classes: Counter[str] = Counter()
        self.area = DeclaredAreas(latitude)
        self.attributes = Attributes(keys)
        self._ground: Ground | None = (
            None if outline is None or outline.is_empty else ground(outline, tolerance_m)
        )
        self._faults: dict[str, list[Fault]] = {}
        self._rows: list[Rows] = []
        self._digests: list[digests.Hashes] = []
        self._idents: list[NDArray[np.int64]] = []
        self._told: list[Fault] | None = None

    @property
    def placed(self) -> bool:
        """Whether anybody knows where the district ends."""
        return self._ground is not None

    def see(
        self,
        rows: Rows,
        geometry: Shapes,
        attributes: Sequence[Mapping[str, Any]] | None = None,
        classes: Sequence[str | None] | None = None,
        idents: Sequence[str | None] | None = None,
    ) -> None:
        """One piece: ``rows`` int64, ``geometry`` valid and none empty, columns in step. ``classes`` as codes, an unknown one as it was written."""
        if not len(rows):
            return
        self._told = None
        self.rows_seen += len(rows)
        rings = opened(self.kind, geometry)
        self._rows.append(_narrow(rows))
        self._digests.append(digests.digests(rings))
        if self.kind != "point":
            at, places, angles = corners.spikes(rings, self.tolerance_m)
            self._note_spikes(rows[at], places, angles)
        if self.kind == "polygon":
            self._note_thin(rows, geometry)
        if self._ground is not None:
            self._note_outside(self._ground, rows, geometry)
        if idents is not None and self.identified:
            hashes, there = digests.text_hashes(idents)
            hashes[~there] = 0
            self._idents.append(hashes)
            self.without_ident += int(len(there) - there.sum())
        if classes is not None and self.classified:
            self._note_classes(rows, classes)
        if attributes:
            self.attributes.see(rows, attributes)
            if self.kind == "polygon":
                self._note_areas(rows, geometry, attributes)

    def note(
        self, code: str, row: int | None, params: Mapping[str, Any], geometry: Any | None = None
    ) -> None:
        """A fault somebody else found: a row set aside, a repaired shape, an overlap."""
        self._told = None
        self._count(code, 1)
        if self._room(code):
            self._add(code, row, params, geometry)

    def faults(self) -> list[Fault]:
        """The first MOST_STORED of each code, gravest code first; what is only known at the end is worked out now."""
        if self._told is None:
            self._finish()
            self._told = [one for code in SEVERITY for one in self._faults.get(code, [])]
        return self._told

    def _finish(self) -> None:
        for code in ("duplicate", "duplicate_ident", "type_differs"):
            self._faults.pop(code, None)
            self.counts.pop(code, None)
        if not self._rows:
            return
        rows = np.concatenate(self._rows)
        self._note_repeated("duplicate", np.concatenate(self._digests), rows)
        if self._idents:
            idents = np.concatenate(self._idents)
            there = idents != 0
            self._note_repeated("duplicate_ident", idents[there][:, None], rows[there])
        count, differing = self.attributes.differing()
        self._count("type_differs", count)
        for one in differing[:MOST_STORED]:
            told = {"field": one.field, "expected": one.expected, "got": one.got, "value": one.value}
            self._add("type_differs", one.row, told)

    def _note_repeated(self, code: str, words: NDArray[Any], rows: Rows) -> None:
        again, of = digests.repeated(words, rows)
        self._count(code, len(again))
        for row, first in zip(again[:MOST_STORED].tolist(), of[:MOST_STORED].tolist(), strict=True):
            self._add(code, row, {"of": first})

    def _note_spikes(self, rows: Rows, places: NDArray[np.float64], angles: NDArray[np.float64]) -> None:
        self._count("spike", len(rows))
        for at in range(min(len(rows), self._room("spike"))):
            params = {"angle_degrees": round(float(angles[at]), 3)}
            self._add("spike", int(rows[at]), params, shapely.Point(places[at]))

    def _note_thin(self, rows: Rows, geometry: Shapes) -> None:
        at, areas, widths, partly = corners.thin(geometry, min(self.tolerance_m, WIDEST_SLIVER_M))
        self._count("sliver", len(at))
        for n in range(min(len(at), self._room("sliver"))):
            shape = areas[n]
            params = {
                "width_m": round(float(widths[n]), 3),
                "area_m2": round(float(shapely.area(shape)), 2),
                "part": bool(partly[n]),
            }
            small = shapely.get_num_coordinates(shape) <= _MOST_CORNERS
            self._add("sliver", int(rows[at[n]]), params, shape if small else shapely.point_on_surface(shape))

    def _note_outside(self, district: Ground, rows: Rows, geometry: Shapes) -> None:
        found = district.outside(geometry)
        self._count("out_of_district", len(found.at))
        for n in range(min(len(found.at), self._room("out_of_district"))):
            shape, wholly = geometry[found.at[n]], bool(found.wholly[n])
            params: dict[str, Any] = {"wholly": wholly}
            place = shapely.point_on_surface(shape)
            if not wholly and len(self._faults.get("out_of_district", ())) < _MOST_CUT:
                beyond = district.beyond(shape)
                if self.kind == "polygon":
                    params["outside_m2"] = round(float(beyond.area), 2)
                elif self.kind == "line":
                    params["outside_m"] = round(float(beyond.length), 2)
                place = (
                    beyond
                    if shapely.get_num_coordinates(beyond) <= _MOST_CORNERS
                    else shapely.point_on_surface(beyond)
                )
            self._add("out_of_district", int(rows[found.at[n]]), params, place)

    def _note_classes(self, rows: Rows, classes: Sequence[str | None]) -> None:
        missing = [at for at, value in enumerate(classes) if value is None or value == ""]
        self._count("class_missing", len(missing))
        for at in missing[: self._room("class_missing")]:
            self._add("class_missing", int(rows[at]), {})
        if self.codes is None:
            return
        strange = set(classes) - self.codes - {None, ""}
        if not strange:
            return
        unknown = [at for at, value in enumerate(classes) if value in strange]
        for at in unknown:
            value = str(classes[at])[:_LONGEST]
            if value in self.unknown_classes or len(self.unknown_classes) < MOST_STORED:
                self.unknown_classes[value] += 1
        self._count("class_unknown", len(unknown))
        for at in unknown[: self._room("class_unknown")]:
            self._add("class_unknown", int(rows[at]), {"value": str(classes[at])[:_LONGEST]})

    def _note_areas(self, rows: Rows, geometry: Shapes, attributes: Sequence[Mapping[str, Any]]) -> None:
        differ = self.area.see(rows, attributes, shapely.area(geometry))
        self._count("area_differs", len(differ))
        for one in differ[: self._room("area_differs")]:
            params = {
                "field": one.field,
                "unit": one.unit,
                "declared": one.declared,
                "declared_m2": round(one.declared_m2, 2),
                "computed_m2": round(one.computed_m2, 2),
            }
            self._add("area_differs", one.row, params, shapely.point_on_surface(geometry[one.at]))

    def _count(self, code: str, n: int) -> None:
        if n:
            self.counts[code] += n

    def _room(self, code: str) -> int:
        return MOST_STORED - len(self._faults.get(code, ()))

    def _add(
        self, code: str, row: int | None, params: Mapping[str, Any], geometry: Any | None = None
    ) -> None:
        self._faults.setdefault(code, []).append(Fault(code, SEVERITY[code], row, params, geometry))


def _narrow(rows: Rows) -> Rows:
    """Half the memory, as long as the numbers are small enough."""
    return rows.astype(np.int32) if rows.max() < 2**31 else rows
