"""A table as a layer: where its headings stand, which columns say where a row lies, and the rest as attributes. How a table is written (``csv_text``,
``workbook``) is not known here: lines come as numbers with cells.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from gis.reading import attributes, columns
from gis.reading.columns import Columns
from gis.reading.found import Batch, FoundLayer
from gis.reading.places import UNCALCULATED, Places, is_text, srid
from gis.shown import shown
from layers.refusal import Refused

Line = tuple[int, Sequence[Any]]
MOST_COLUMNS = 2_000
LONGEST_HEADING = 10_000
LOOKED_AT = columns.HEADER_WITHIN + 50  # lines before it is decided what the table is
CELLS_AT_ONCE = 200_000
_SYSTEM = re.compile(r"gcj[-_ ]?0?2|bd[-_ ]?0?9|火星|高德|百度|腾讯", re.I)
_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "bool"), (int, "int"), (float, "float"), (datetime.datetime, "time"), (datetime.date, "day"), (datetime.time, "time of day"), (str, "text"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Headings:
    """``line``: where they stand; ``names``: unique, one a column; ``crs``: what heading or first shape say of the system."""

    columns: Columns
    line: int
    names: tuple[str, ...]
    crs: str | None
    by_format: bool


def headings(lines: Iterable[Line]) -> Headings:
    """Refused: ``no_coordinates_found`` with the headings seen, ``table_too_wide``, ``table_columns_unclear``, ``table_unreadable``."""
    seen = list(islice(lines, LOOKED_AT))
    for at, (line, cells) in enumerate(seen[: columns.HEADER_WITHIN]):
        cells = bounded(cells, line)
        below = [row for _, row in seen[at + 1 :]]
        no_text = {index for index in range(len(cells)) if not _may_be_text(below, index)}
        found = columns.found(cells, no_text)
        if found:
            longest = max(len(cell) for cell in cells if isinstance(cell, str))
            if longest > LONGEST_HEADING:
                raise Refused("table_unreadable", line=line, reason=f"a heading of {longest} characters")
            above = bounded(seen[at - 1][1], line) if at else ()
            crs, by_format = _system(found, below)
            return Headings(found, line, _unique(cells, above), crs, by_format)
    told = next((cells for _, cells in seen if sum(bool(str(cell or "").strip()) for cell in cells) > 1), ())
    raise Refused(
        "no_coordinates_found",
        headings=shown(", ".join(str(cell) for cell in told[:30] if cell is not None), 300),
    )


def _may_be_text(rows: Sequence[Sequence[Any]], index: int) -> bool:
    """Spreadsheets out of a GIS carry a column Shape that says no more than "Polygon"."""
    cells = [row[index] for row in rows if len(row) > index and row[index] not in (None, "")]
    return not cells or any(is_text(cell) for cell in cells)


def _system(found: Columns, rows: Sequence[Sequence[Any]]) -> tuple[str | None, bool]:
    if found.how == "wkt":
        return next(
            (srid(row[found.at[0]]) for row in rows if len(row) > found.at[0] and row[found.at[0]]), None
        ), False
    if found.how != "degrees":
        return None, False
    told = " ".join(found.names)
    shifted = _SYSTEM.search(told)
    if shifted:
        return shown(shifted[0]), False
    return ("EPSG:4490", False) if "cgcs2000" in columns.plain(told) else (None, True)


def _unique(cells: Sequence[Any], above: Sequence[Any]) -> tuple[str, ...]:
    """A column without a heading takes the one above (merged cells), or its number; a name that comes twice gets a number."""
    names: dict[str, int] = {}
    for index in range(max(len(cells), len(above))):
        cell = cells[index] if index < len(cells) else None
        over = above[index] if index < len(above) else None
        name = _word(cell) or _word(over) or f"column_{index + 1}"
        unique, count = name, 2
        while unique in names:
            unique, count = f"{name}_{count}", count + 1
        names[unique] = index
    return tuple(names)


def _word(cell: Any) -> str:
    return re.sub(r"\s+", " ", shown("" if cell is None else cell, 100)).strip()


def bounded(cells: Sequence[Any], line: int) -> Sequence[Any]:
    """Without the empty cells at the end. Refused: ``table_too_wide``."""
    end = len(cells)
    while end and cells[end - 1] in (None, ""):
        end -= 1
    if end > MOST_COLUMNS:
        raise Refused("table_too_wide", line=line, columns=end, most=MOST_COLUMNS)
    return cells[:end]


def layer(
    name: str,
    told: Headings,
    lines: Iterator[Line],
    encoding: str | None,
    progress: Callable[[float], None],
    share: Callable[[], float],
    kinds: Mapping[int, type] | None = None,
) -> FoundLayer:
    """``lines``: those below the headings. ``kinds``: columns of text whose values are all numbers, and of which type; ``share``: how much is read."""
    found = FoundLayer(name, told.crs, told.by_format, encoding, [], default="point")
    if told.columns.how == "wkt":
        found.notes.append(("shapes_from_column", {"column": told.columns.names[0]}))
    found.batches = _batches(told, lines, found, progress, share, kinds or {})
    return found


def _batches(
    told: Headings,
    lines: Iterator[Line],
    layer: FoundLayer,
    progress: Callable[[float], None],
    share: Callable[[], float],
    kinds: Mapping[int, type],
) -> Iterator[Batch]:
    places = Places(told.columns, told.crs)
    rows = _Rows(told, kinds)
    at_once = max(50, min(10_000, CELLS_AT_ONCE // max(len(told.names), 1)))
    while batch := list(islice(_filled(lines), at_once)):
        cells = [rows.padded(row, line) for line, row in batch]
        shapes, reasons = places.shapes(cells, [line for line, _ in batch])
        yield Batch(shapes, [None] * len(batch), [rows.told(row) for row in cells], reasons)
        progress(min(1.0, share()))
    layer.fields.extend(rows.fields())
    if told.columns.how != "wkt":
        east, north = told.columns.names if places.east_first is not False else told.columns.names[::-1]
        layer.notes.append(("points_from_columns", {"east": east, "north": north}))
    if rows.uncalculated:
        layer.notes.append(("formulas_without_value", {"count": rows.uncalculated}))


def _filled(lines: Iterator[Line]) -> Iterator[Line]:
    """A line with nothing in it is no row."""
    return ((line, row) for line, row in lines if any(cell is not None and cell != "" for cell in row))


class _Rows:
    """Cells as attributes; what was seen in each column."""

    def __init__(self, told: Headings, kinds: Mapping[int, type]) -> None:
        self.names = list(told.names)
        self.width = max((len(self.names), *(index + 1 for index in told.columns.at)))
        self.left_out = told.columns.at[0] if told.columns.how == "wkt" else -1
        self.kinds = kinds
        self.seen: list[set[str]] = [set() for _ in self.names]
        self.uncalculated = 0

    def padded(self, row: Sequence[Any], line: int) -> list[Any]:
        """As wide as the headings at least; a wider row gives the table columns of that number."""
        cells = list(bounded(row, line))
        for index in range(len(self.names), len(cells)):
            number = index + 1
            while (name := f"column_{number}") in self.names:
                number += MOST_COLUMNS
            self.names.append(name)
            self.seen.append(set())
        return cells + [None] * (self.width - len(cells))

    def told(self, cells: Sequence[Any]) -> str:
        row: dict[str, Any] = {}
        for index, name in enumerate(self.names):
            value = self._value(cells[index], index) if index < len(cells) else None
            if index != self.left_out:
                row[name] = value
                if value is not None:
                    self.seen[index].add(_type(value))
        return attributes.text(row)

    def _value(self, cell: Any, index: int) -> Any:
        if cell is UNCALCULATED:
            self.uncalculated += 1
            return None
        if cell == "":
            return None
        kind = self.kinds.get(index)
        return kind(cell) if kind and isinstance(cell, str) else cell

    def fields(self) -> list[tuple[str, str]]:
        return [
            (name, _of_all(seen))
            for index, (name, seen) in enumerate(zip(self.names, self.seen, strict=True))
            if index != self.left_out
        ]


def _type(value: Any) -> str:
    return next((word for kind, word in _TYPES if isinstance(value, kind)), "text")


def _of_all(seen: set[str]) -> str:
    if len(seen) <= 1:
        return next(iter(seen), "text")
    return "float" if seen == {"int", "float"} else "mixed"
