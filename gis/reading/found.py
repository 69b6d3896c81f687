"""Rows of a layer sorted out: by kind, and apart from those that are no usable feature. Validity is judged here, in the file's own coordinates."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from gis.geometry import KINDS, Kind, Shapes, broken_numbers, fault, kinds_of
from gis.handover import Part
from gis.shown import MOST_ROWS_NAMED
from gis.source_layer import SetAside
from layers.refusal import Refused

_WKB_NAMES = {
    7: "GeometryCollection", 8: "CircularString", 9: "CompoundCurve", 10: "CurvePolygon", 11: "MultiCurve", 12: "MultiSurface",
    15: "PolyhedralSurface", 16: "TIN", 17: "Triangle",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FoundLayer:
    """A layer of a file. ``crs``: what the file says, as it says it; ``by_format``: where it says nothing, the format means WGS 84."""

    layer: str
    crs: str | None
    by_format: bool
    encoding: str | None
    fields: list[tuple[str, str]]
    parts: list[Part]
    notes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    refused: tuple[str, dict[str, Any]] | None = None


def sorted_out(
    shapes: Shapes,
    wkb: Sequence[bytes | None],
    attributes: Sequence[str],
    *,
    empty_points_are_numbers: bool,
    reasons: dict[int, str] | None = None,
    default: Kind = "polygon",
) -> tuple[list[Part], list[tuple[str, dict[str, Any]]]]:
    """Parts by kind, the most frequent first, and notes about what was dropped.

    ``empty_points_are_numbers``: in formats without empty points, an empty point is one whose numbers were NaN. ``reasons``: why a row that has no shape
    could not be built. Refused: ``coordinates_not_finite`` with row numbers, for the whole layer.
    """
    _finite(shapes, empty_points_are_numbers)
    notes = _dropped(shapes)
    shapes = np.asarray(shapely.force_2d(shapes), dtype=object)
    kinds = kinds_of(shapes)
    unparsed = np.array([blob is not None for blob in wkb], dtype=bool) & (kinds == -2)
    told = np.where(unparsed, [_kind_told(blob) for blob in wkb], kinds)
    counts = [int((kinds == index).sum()) or int((told == index).sum()) for index in range(len(KINDS))]
    order = sorted((index for index in range(len(KINDS)) if counts[index]), key=lambda index: -counts[index])
    first = order[0] if order else KINDS.index(default)
    empty = shapely.is_empty(shapes) & (kinds != -2)
    valid = shapely.is_valid(shapes)
    belongs = np.where(told >= 0, told, first)
    parts: list[Part] = []
    for index in order or [first]:
        mine = belongs == index
        good = mine & (kinds == index) & ~empty & valid
        rows = np.flatnonzero(good)
        aside = tuple(
            _aside(row, shapes[row], wkb[row], attributes[row], bool(empty[row]), reasons or {})
            for row in np.flatnonzero(mine & ~good).tolist()
        )
        parts.append(
            Part(
                KINDS[index],
                shapes[rows],
                rows.astype(np.int64),
                [attributes[row] for row in rows.tolist()],
                aside,
            )
        )
    return parts, notes


def _finite(shapes: Shapes, empty_points_are_numbers: bool) -> None:
    rows = broken_numbers(shapes)
    if empty_points_are_numbers:
        points, owner = shapely.get_parts(shapes, return_index=True)
        lost = owner[(shapely.get_type_id(points) == 0) & shapely.is_empty(points)]
        alone = np.flatnonzero((shapely.get_type_id(shapes) == 0) & shapely.is_empty(shapes))
        rows = np.unique(np.concatenate((rows, lost, alone)))
    if len(rows):
        raise Refused("coordinates_not_finite", rows=rows[:MOST_ROWS_NAMED].tolist(), count=len(rows))


def _dropped(shapes: Shapes) -> list[tuple[str, dict[str, Any]]]:
    found = (("heights_dropped", shapely.has_z(shapes)), ("measures_dropped", shapely.has_m(shapes)))
    return [(code, {"count": int(has.sum())}) for code, has in found if has.any()]


def _aside(
    row: int, shape: Any, wkb: bytes | None, attributes: str, empty: bool, reasons: dict[int, str]
) -> SetAside:
    if shape is None and wkb is None and row not in reasons:
        return SetAside(row, "null_geometry", None, None, {}, None, attributes)
    if shape is None:
        kind = _WKB_NAMES.get(_wkb_type(wkb))
        x, y = _first_place(wkb)
        if kind:
            return SetAside(row, "not_a_layer_kind", x, y, {"type": kind}, wkb, attributes)
        return SetAside(
            row,
            "invalid_geometry",
            x,
            y,
            {"reason": reasons.get(row, "rings or lines of too few points")},
            wkb,
            attributes,
        )
    if kinds_of(np.array([shape], dtype=object))[0] < 0:
        x, y = _first_place(wkb)
        return SetAside(row, "not_a_layer_kind", x, y, {"type": str(shape.geom_type)}, wkb, attributes)
    if empty:
        return SetAside(row, "empty_geometry", None, None, {}, wkb, attributes)
    reason, x, y = fault(shape)
    return SetAside(row, "invalid_geometry", x, y, {"reason": reason}, wkb, attributes)


def _wkb_type(wkb: bytes | None) -> int:
    if wkb is None or len(wkb) < 5:
        return -1
    return int(struct.unpack_from("<I" if wkb[0] == 1 else ">I", wkb, 1)[0] & 0x0FFFFFFF) % 1000


def _kind_told(wkb: bytes | None) -> int:
    """The kind a shape claims that could not be built."""
    return {1: 2, 4: 2, 2: 1, 5: 1, 3: 0, 6: 0}.get(_wkb_type(wkb), -2)


def _first_place(wkb: bytes | None) -> tuple[float | None, float | None]:
    """The first coordinate of WKB that could not be built, by walking at most ten headers; bytes only, nothing is parsed."""
    at = 0
    for _ in range(10):
        if wkb is None or len(wkb) < at + 9:
            break
        order = "<" if wkb[at] == 1 else ">"
        kind = _wkb_type(wkb[at:])
        at += 5 if kind == 1 else 9
        if kind == 3:
            at += 4
        if kind in (1, 2, 3, 8) and len(wkb) >= at + 16:
            x, y = struct.unpack_from(order + "dd", wkb, at)
            return (x, y) if abs(x) <= 1e9 and abs(y) <= 1e9 else (None, None)
        if kind in (1, 2, 3, 8):
            break
    return None, None
