"""Rows of a layer sorted out, batch by batch: by kind, and apart from those that are no usable feature. Validity is judged here, in the file's own
coordinates. Nothing of a layer stays in memory but the batch in hand and what was set aside.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from gis.geometry import KINDS, Kind, Rows, Shapes, broken_numbers, fault, kinds_of
from gis.handover import LARGEST_TEXT, Hand
from gis.reading import heights, repair
from gis.shown import MOST_ROWS_NAMED
from gis.source_layer import Repaired, SetAside
from layers.refusal import Refused

_WKB_NAMES = {
    7: "GeometryCollection", 8: "CircularString", 9: "CompoundCurve", 10: "CurvePolygon", 11: "MultiCurve", 12: "MultiSurface",
    15: "PolyhedralSurface", 16: "TIN", 17: "Triangle",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Batch:
    """So many rows as fit into memory, columns in step. ``shapes``: None where a row has none or it could not be built; ``wkb``: the geometry as it
    came, where it came as WKB; ``reasons``: index in the batch -> why a row with a geometry has no shape.
    """

    shapes: Shapes
    wkb: Sequence[bytes | None]
    attributes: Sequence[str]
    reasons: Mapping[int, str] = field(default_factory=dict)


@dataclass(slots=True)
class FoundLayer:
    """A layer of a file. ``crs``: what the file says, as it says it; ``by_format``: where it says nothing, the format means WGS 84.

    ``batches`` are walked once, before the next layer is asked for; a refusal on the way refuses this layer alone. ``notes`` may grow meanwhile.
    ``default``: what a layer is in which no row has a shape. ``empty_points_are_numbers``: in formats without empty points, an empty point is one
    whose numbers were NaN. ``unshaped``: the code of rows for which there is a reason and nothing else.
    """

    layer: str
    crs: str | None
    by_format: bool
    encoding: str | None
    fields: list[tuple[str, str]]
    batches: Iterable[Batch] = ()
    default: Kind = "polygon"
    empty_points_are_numbers: bool = False
    notes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    unshaped: str = "row_unreadable"


class Sorting:
    """One layer on its way out of the room: a part for every kind of geometry in it, the most frequent first."""

    def __init__(self, layer: FoundLayer, hand: Callable[[Kind], Hand], repairs: bool) -> None:
        self.layer, self.hand = layer, hand
        self.repairing = repair.Repairing(repairs)
        self.heights = heights.Heights()
        self.hands: dict[int, Hand] = {}
        self.counts = [0] * len(KINDS)
        self.told = [0] * len(KINDS)
        self.aside: dict[int, list[SetAside]] = {}
        self.unplaced: list[SetAside] = []  # rows without a kind of their own go with the most frequent one
        self.repaired: dict[int, list[Repaired]] = {}
        self.broken: list[int] = []
        self.read = 0

    def run(self) -> tuple[list[dict[str, Any]], list[tuple[str, dict[str, Any]]]]:
        """What the answer says of the parts, and notes about what was dropped. Refused: ``coordinates_not_finite`` with row numbers, for the whole layer."""
        for batch in self.layer.batches:
            self._sort(batch)
            self.read += len(batch.attributes)
        if self.broken:
            raise Refused(
                "coordinates_not_finite", rows=self.broken[:MOST_ROWS_NAMED], count=len(self.broken)
            )
        counts = [own or told for own, told in zip(self.counts, self.told, strict=True)]
        order = sorted(
            (index for index in range(len(KINDS)) if counts[index]), key=lambda index: -counts[index]
        )
        order = order or [KINDS.index(self.layer.default)]
        self.aside.setdefault(order[0], []).extend(self.unplaced)
        parts = []
        for index in order:
            hand = self.hands.get(index) or self.hand(KINDS[index])
            part = hand.close(sorted(self.aside.get(index, []), key=lambda one: one.row))
            repaired = [
                [one.row, one.reason, one.x, one.y, one.before, one.after]
                for one in self.repaired.get(index, [])
            ]
            parts.append({**part, "repaired": repaired})
        return parts, [*self.heights.notes(), *self.repairing.notes()]

    def _sort(self, batch: Batch) -> None:
        long = next((at for at, text in enumerate(batch.attributes) if len(text) > LARGEST_TEXT), None)
        if long is not None:
            raise Refused("attributes_too_large", row=self.read + long, most=LARGEST_TEXT)
        self._finite(batch.shapes)
        if self.broken:  # the layer is refused: what comes after is only looked through for more of them
            return
        attributes = self.heights.kept_aside(batch.shapes, batch.attributes)
        deep = shapely.has_z(batch.shapes).any() or shapely.has_m(batch.shapes).any()
        flat = np.array(shapely.force_2d(batch.shapes) if deep else batch.shapes, dtype=object)
        kinds = kinds_of(flat)
        unparsed = np.array([blob is not None for blob in batch.wkb], dtype=bool) & (kinds == -2)
        told = (
            np.where(unparsed, [_kind_told(blob) for blob in batch.wkb], kinds) if unparsed.any() else kinds
        )
        empty = shapely.is_empty(flat) & (kinds != -2)
        good = (kinds >= 0) & ~empty & shapely.is_valid(flat)
        for at in np.flatnonzero(~good).tolist():
            row = self.read + at
            why = batch.reasons.get(at)
            if why and flat[at] is None and batch.wkb[at] is None:
                one = SetAside(row, self.layer.unshaped, None, None, {"reason": why}, None, attributes[at])
            else:
                one = _aside(row, flat[at], batch.wkb[at], attributes[at], bool(empty[at]), why)
            if one.code == "invalid_geometry" and kinds[at] == 0:
                mended, one = self.repairing.tried(flat[at], one)
                if mended is not None:
                    flat[at], good[at] = mended, True
                    before, after = one.params["area_before"], one.params["area_after"]
                    self.repaired.setdefault(0, []).append(
                        Repaired(row, one.params["reason"], one.x, one.y, before, after)
                    )
                    continue
            (self.unplaced if told[at] < 0 else self.aside.setdefault(int(told[at]), [])).append(one)
        for index in range(len(KINDS)):
            self.counts[index] += int((kinds == index).sum())
            self.told[index] += int((told == index).sum())
            mine = np.flatnonzero(good & (kinds == index))
            if len(mine) and not self.broken:
                if index not in self.hands:
                    self.hands[index] = self.hand(KINDS[index])
                whole = len(mine) == len(flat)
                self.hands[index].add(
                    flat if whole else flat[mine],
                    (mine + self.read).astype(np.int64),
                    attributes if whole else [attributes[at] for at in mine.tolist()],
                )

    def _finite(self, shapes: Shapes) -> None:
        rows: Rows = broken_numbers(shapes)
        if self.layer.empty_points_are_numbers:
            points, owner = shapely.get_parts(shapes, return_index=True)
            lost = owner[(shapely.get_type_id(points) == 0) & shapely.is_empty(points)]
            alone = np.flatnonzero((shapely.get_type_id(shapes) == 0) & shapely.is_empty(shapes))
            rows = np.unique(np.concatenate((rows, lost, alone)))
        self.broken.extend((rows + self.read).tolist())


def _aside(
    row: int, shape: Any, wkb: bytes | None, attributes: str, empty: bool, why: str | None
) -> SetAside:
    if shape is None and wkb is None and why is None:
        return SetAside(row, "null_geometry", None, None, {}, None, attributes)
    if shape is None:
        kind = None if why else _WKB_NAMES.get(_wkb_type(wkb))
        x, y = _first_place(wkb)
        if kind:
            return SetAside(row, "not_a_layer_kind", x, y, {"type": kind}, wkb, attributes)
        return SetAside(
            row,
            "invalid_geometry",
            x,
            y,
            {"reason": why or "rings or lines of too few points"},
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
    return {1: 2, 4: 2, 2: 1, 5: 1, 3: 0, 6: 0, 8: 1, 9: 1, 10: 0, 11: 1, 12: 0}.get(_wkb_type(wkb), -2)


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
