"""The area a department declared beside a shape, against the area of the shape. In which unit it was declared is decided from the ratio of the two.

Declared areas are never trusted, they are compared; a column in square metres of a web map, or in square degrees, is told as such. Pure.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gis.geometry import Numbers, Rows

# In the order in which they are believed: what a surveyor fills in before what a program did.
NAMES = (
    *(
        "tbmj",
        "tbdlmj",
        "zdmj",
        "dkmj",
        "ydmj",
        "jbntmj",
        "mj",
        "zmj",
        "图斑面积",
        "宗地面积",
        "地块面积",
        "用地面积",
        "面积",
    ),
    *(
        "aream2",
        "areaha",
        "areamu",
        "areasqm",
        "面积m2",
        "面积公顷",
        "面积亩",
        "面积平方米",
        "area",
        "shapearea",
        "starea",
    ),
)
_M2 = {"m2": 1.0, "ha": 10_000.0, "mu": 10_000.0 / 15, "km2": 1_000_000.0}
_SHARE, _M2_ALWAYS = 0.001, 1.0
_NEAR = 0.2  # of a unit; a column further off is no area of these shapes
_ALIKE = 0.01  # ratios that agree that well follow a rule, not the drawing
_MERCATOR = (1.01, 12.0)
_MOST_COLUMNS = 4


@dataclass(frozen=True, slots=True)
class AreaDiffers:
    row: int
    at: int  # in the piece
    field: str
    unit: str
    declared: float
    declared_m2: float
    computed_m2: float


class DeclaredAreas:
    """Every attribute of one layer that declares areas. What its unit is, is decided from the first piece in which it holds numbers."""

    def __init__(self, latitude: float | None = None) -> None:
        self._latitude = latitude
        self._columns: dict[str, DeclaredArea] = {}

    def see(self, rows: Rows, attributes: Sequence[Mapping[str, Any]], areas: Numbers) -> list[AreaDiffers]:
        """Those of this piece that differ by more than 0.1 % and 1 m2 and the rounding of the column."""
        named = {_plain(name): name for row in attributes[:50] for name in row}
        for field in (named[each] for each in NAMES if each in named):
            if field not in self._columns and len(self._columns) < _MOST_COLUMNS:
                self._columns[field] = DeclaredArea(field, self._latitude)
        found = [one for column in self._columns.values() for one in column.see(rows, attributes, areas)]
        return sorted(found, key=lambda one: one.row)

    def summary(self) -> dict[str, Any] | None:
        """declared_attribute, unit, ratio (of one shape in the middle), declared_m2, computed_m2, compared, differ, others (the same of further
        attributes). Where the unit is "mercator" or "degrees", ``declared_m2`` is the sum as it was declared, and no single shape is said to differ.
        """
        told = [column.summary() for column in self._columns.values() if column.unit is not None]
        if not told:
            return None
        order = sorted(
            told, key=lambda one: (one["unit"] not in _M2, NAMES.index(_plain(one["declared_attribute"])))
        )
        return {**order[0], "others": order[1:]}


class DeclaredArea:
    """One attribute."""

    def __init__(self, field: str, latitude: float | None) -> None:
        self.field = field
        self.unit: str | None = None
        self.ratio: float | None = None
        self.compared = self.differ = 0
        self.declared_m2 = self.computed_m2 = 0.0
        self._round = 0.0
        self._refused = False
        self._latitude = latitude

    def see(self, rows: Rows, attributes: Sequence[Mapping[str, Any]], areas: Numbers) -> list[AreaDiffers]:
        if self._refused:
            return []
        declared = _numbers([row.get(self.field) for row in attributes])
        there = np.flatnonzero(np.isfinite(declared) & (declared > 0) & (areas > 0))
        if not len(there) or (self.unit is None and not self._decide(declared[there], areas[there])):
            return []
        m2 = declared[there] * _M2.get(str(self.unit), 1.0)
        own = areas[there]
        self.compared += len(there)
        self.declared_m2 += float(m2.sum())
        self.computed_m2 += float(own.sum())
        if self.unit not in _M2:  # not on this ground: every single one would differ
            return []
        far = np.abs(m2 - own) > _SHARE * own + _M2_ALWAYS + self._round * _M2[self.unit]
        self.differ += int(far.sum())
        return [
            AreaDiffers(
                row=int(rows[there[at]]),
                at=int(there[at]),
                field=self.field,
                unit=self.unit,
                declared=float(declared[there[at]]),
                declared_m2=float(m2[at]),
                computed_m2=float(own[at]),
            )
            for at in np.flatnonzero(far)
        ]

    def summary(self) -> dict[str, Any]:
        return {
            "declared_attribute": self.field,
            "unit": self.unit,
            "ratio": self.ratio,
            "declared_m2": round(self.declared_m2, 2),
            "computed_m2": round(self.computed_m2, 2),
            "compared": self.compared,
            "differ": self.differ,
        }

    def _decide(self, declared: Numbers, areas: Numbers) -> bool:
        ratios = declared / areas
        self.unit = self._unit(ratios)
        self._refused = self.unit is None
        self.ratio = float(np.median(ratios))
        self._round = _rounding(declared)
        return not self._refused

    def _unit(self, ratios: Numbers) -> str | None:
        middle = float(np.median(ratios))
        low, high = np.quantile(ratios, (0.25, 0.75))
        alike = len(ratios) >= 3 and (high - low) < _ALIKE * middle
        unit, off = min(
            ((unit, abs(math.log(middle * size))) for unit, size in _M2.items()), key=lambda one: one[1]
        )
        stretched = alike and _MERCATOR[0] < middle < _MERCATOR[1]
        if stretched and self._latitude is not None:
            stretched = abs(middle * math.cos(math.radians(self._latitude)) ** 2 - 1) < 0.02
        if stretched:
            return "mercator"
        if off < (_NEAR if len(ratios) >= 3 else 0.02):
            return unit
        return "degrees" if middle < 1e-9 else None


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold().replace("²", "2")


def _numbers(values: Sequence[Any]) -> Numbers:
    if all(type(value) is float for value in values):
        return np.array(values, dtype=np.float64)
    return np.array([_number(value) for value in values], dtype=np.float64)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return math.nan
    try:
        told = float(value.strip().replace(",", "") if isinstance(value, str) else value)
    except (ValueError, OverflowError):
        return math.nan
    return told if abs(told) < 1e15 else math.nan


def _rounding(declared: Numbers) -> float:
    """Half a unit of the last decimal in which a column is written, from 0 to 4 decimals: 0.53 ha may mean 50 m2 more or less."""
    for decimals in range(5):
        if (np.abs(declared - np.round(declared, decimals)) < 1e-9 * np.maximum(np.abs(declared), 1)).all():
            return float(0.5 * 10.0**-decimals)
    return 0.0
