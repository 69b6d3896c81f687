"""From the cells of a table to shapes: points out of two columns, or well-known text. A cell that says nothing is no fault; one that says something
that is no number or no shape is a reason.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.geometry import Shapes
from gis.reading import measures
from gis.reading.columns import Columns
from gis.shown import shown
from layers.refusal import Refused

MOST_WKT = 8 << 20  # characters of one shape
DEEPEST = 8  # brackets: a collection of areas of several parts needs five
AGREED = 0.95  # of the rows that tell: single typing errors do not make an order doubtful
_TEXT = re.compile(
    r"\s*(?:SRID=([0-9]{4,6});)?\s*((?:MULTI)?(?:POINT|LINESTRING|POLYGON)|GEOMETRYCOLLECTION|LINEARRING)(?:Z|M|ZM)?\b",
    re.I,
)
_OTHER = re.compile(r"\s*(?:SRID=[0-9]{4,6};)?\s*([A-Z]{3,20})\s*(?:Z|M|ZM)?\s*(?:\(|EMPTY)", re.I)
_CURVED = re.compile(r"CIRCULAR|COMPOUND|CURVE|SURFACE|TIN\b|TRIANGLE", re.I)
_NO_NUMBER = re.compile(r"\b(?:nan|inf|infinity)\b", re.I)


# Reasons are words that the languages translate, then a colon and the facts: [line] and what stands there.
_NO_TEXT = "no well-known text"
_NO_VALUE = "a formula without a value"
_NOT_TAKEN = "a kind of shape that is not taken"
_TOO_MUCH = "text too long or too deep"


class Uncalculated:
    """A cell with a formula whose value the program that wrote it left out."""

    def __repr__(self) -> str:
        return _NO_VALUE


UNCALCULATED = Uncalculated()


def is_text(cell: Any) -> bool:
    """Whether this begins like well-known text of some kind."""
    return isinstance(cell, str) and bool(
        _TEXT.match(cell) or (_OTHER.match(cell) and _CURVED.search(cell[:40]))
    )


def srid(cell: Any) -> str | None:
    """The system that extended well-known text names."""
    found = _TEXT.match(cell) if isinstance(cell, str) else None
    return f"EPSG:{int(found[1])}" if found and found[1] else None


@dataclass(slots=True)
class Places:
    """Shapes of one table, batch after batch. Of X and Y the first batch that tells decides which is the easting: ``east_first``."""

    columns: Columns
    crs: str | None = None
    east_first: bool | None = None
    in_degrees: bool = field(default=False)

    def shapes(self, rows: Sequence[Sequence[Any]], lines: Sequence[int]) -> tuple[Shapes, dict[int, str]]:
        """In step with the rows; index -> why there is none although the row says something."""
        if self.columns.how == "wkt":
            return self._written([row[self.columns.at[0]] for row in rows], lines)
        first, second = self.columns.at
        told = np.full((len(rows), 2), np.nan)
        reasons: dict[int, str] = {}
        for index, row in enumerate(rows):
            try:
                one, other = self._number(row[first], 0), self._number(row[second], 1)
            except ValueError as error:
                empty = UNCALCULATED in (row[first], row[second])
                reasons[index] = (
                    f"{_NO_VALUE if empty else 'no coordinate'}: [{lines[index]}] {shown(error, 60)}".rstrip()
                )
                continue
            if (one is None) != (other is None):
                reasons[index] = f"one coordinate of two: [{lines[index]}]"
            elif one is not None and other is not None:
                told[index] = one, other
        if self.columns.how == "unclear":
            self._ordered(told, lines, reasons)
        given = ~np.isnan(told).any(axis=1)
        shapes = np.full(len(rows), None, dtype=object)
        shapes[given] = shapely.points(told[given])
        return shapes, reasons

    def _number(self, cell: Any, which: int) -> float | None:
        if cell is UNCALCULATED:
            raise ValueError("")
        if self.columns.how == "degrees":
            return measures.degrees(cell, "EN"[which])
        if self.columns.how == "unclear" and measures.is_degrees(cell):
            try:
                return measures.degrees(cell, "E")
            except ValueError:
                return measures.degrees(cell, "N")
        return measures.number(cell)

    def _ordered(self, told: NDArray[np.float64], lines: Sequence[int], reasons: dict[int, str]) -> None:
        """X and Y are put right in place. Refused: ``table_axes_unclear``."""
        known = np.flatnonzero(np.isfinite(told).all(axis=1) & (told != 0).any(axis=1))
        votes = order(told[known, 0], told[known, 1])
        if self.east_first is None and len(known):
            north, east = int((votes == 1).sum()), int((votes == 2).sum())
            if max(north, east) < AGREED * len(known):
                doubtful = known[votes == 0] if (votes == 0).any() else known
                row = int(doubtful[0])
                raise Refused(
                    "table_axes_unclear",
                    line=lines[row], columns=", ".join(self.columns.names), first=float(told[row, 0]), second=float(told[row, 1]),
                )  # fmt: skip
            self.east_first = east > north
        against = known[votes == (1 if self.east_first else 2)]
        for row in against.tolist():
            reasons[row] = f"easting and northing the other way round: [{lines[row]}]"
        told[against] = np.nan
        if self.east_first is False:
            told[:] = told[:, ::-1]

    def _written(self, cells: Sequence[Any], lines: Sequence[int]) -> tuple[Shapes, dict[int, str]]:
        reasons: dict[int, str] = {}
        texts = np.full(len(cells), None, dtype=object)
        endless: list[int] = []
        for index, cell in enumerate(cells):
            text = "" if cell is None else str(cell).strip()
            if not text:
                continue
            why = self._why_not(text, cell)
            if why:
                reasons[index] = f"{why[0]}: [{lines[index]}] {shown(why[1], 40)}".rstrip()
            elif _NO_NUMBER.search(text):
                endless.append(index)
            else:
                texts[index] = text.partition(";")[2] if text[:5].upper() == "SRID=" else text
        with np.errstate(invalid="ignore"):
            shapes = np.asarray(shapely.from_wkt(texts, on_invalid="ignore"), dtype=object)
        for index in endless:  # found where all numbers are judged
            shapes[index] = shapely.Point(np.inf, np.inf)
        for index in np.flatnonzero(shapely.is_missing(shapes) & (texts != None)).tolist():  # noqa: E711 - by element
            reasons[index] = f"{_NO_TEXT}: [{lines[index]}] {shown(texts[index], 40)}"
        return shapes, reasons

    def _why_not(self, text: str, cell: Any) -> tuple[str, str] | None:
        """Words that are translated, and what they are about."""
        if cell is UNCALCULATED:
            return _NO_VALUE, ""
        if len(text) > MOST_WKT:
            return _TOO_MUCH, str(len(text))
        if not _TEXT.match(text):
            other = _OTHER.match(text)
            return (_NOT_TAKEN, other[1].upper()) if other else (_NO_TEXT, text)
        if _CURVED.search(text):
            return _NOT_TAKEN, text
        if (stated := srid(text)) is not None and stated != self.crs:
            return "another system than the rows before", stated
        depth = 0
        for sign in re.finditer(r"[()]", text):
            depth += 1 if sign[0] == "(" else -1
            if depth > DEEPEST:
                return _TOO_MUCH, "()"
        return None


def order(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.int64]:
    """By size alone: 1 where the first number is the northing (or latitude), 2 where the second is, 0 where that cannot be told.

    North of 9 degrees no northing is as small as an easting, nor as large as one with its zone; in this country no latitude is as large as a longitude.
    """

    def northing(value: NDArray[np.float64]) -> NDArray[np.bool_]:
        return (value >= 1e6) & (value < 6.5e6)

    def easting(value: NDArray[np.float64]) -> NDArray[np.bool_]:
        return ((value >= 1e5) & (value < 1e6)) | ((value >= 13e6) & (value < 46e6))

    def latitude(value: NDArray[np.float64]) -> NDArray[np.bool_]:
        return (value > 0) & (value < 60)

    def longitude(value: NDArray[np.float64]) -> NDArray[np.bool_]:
        return (value > 60) & (value <= 180)

    one = (northing(first) & easting(second)) | (latitude(first) & longitude(second))
    other = (northing(second) & easting(first)) | (latitude(second) & longitude(first))
    return np.where(one & ~other, 1, np.where(other & ~one, 2, 0)).astype(np.int64)
