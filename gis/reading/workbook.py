"""Spreadsheets (XLSX) as tables: the values that were calculated when the book was last saved, sheet by sheet, row by row. Nothing in a book is run: no
formula, no macro, no link to elsewhere; a document type in any of its parts is refused.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree

from gis.reading import sheet_parts, tables
from gis.reading.found import Batch, FoundLayer
from gis.reading.places import UNCALCULATED
from gis.reading.sheet_parts import Merged, Part, Styles, local
from gis.reading.tables import Headings, Line
from gis.shown import shown
from layers.refusal import Refused

MOST_SHEETS = 200
MOST_IN_A_ROW = 16_384
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    ElementTree.ParseError,
    NotImplementedError,
    RuntimeError,
)
_AT = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_WHOLE = re.compile(r"-?[0-9]{1,15}")


def read(path: Path, stem: str, scratch: Path, progress: Callable[[float], None]) -> Iterator[FoundLayer]:
    """Every sheet with coordinates is a layer. Refused: ``no_coordinates_found``, ``xml_doctype``, ``workbook_too_large``, ``table_unreadable``."""
    try:
        with zipfile.ZipFile(path) as opened:
            book = Book(opened)
            told = book.headed()
            alone = len(told) == 1
            for number, (sheet, headings) in enumerate(told):
                yield book.layer(sheet, headings, stem if alone else sheet.name, number, len(told), progress)
    except _BROKEN as error:
        raise Refused("table_unreadable", line=0, reason=f"{type(error).__name__}: {error}"[:120]) from error


class Book:
    """A book that is open."""

    def __init__(self, opened: zipfile.ZipFile) -> None:
        self.opened = opened
        self.merged = sheet_parts.looked_through(opened)
        self.sheets, self.from_1904 = sheet_parts.sheets(opened)
        self.texts = sheet_parts.texts(opened)
        self.styles = Styles.read(opened, self.from_1904)

    def headed(self) -> list[tuple[Part, Headings | Refused]]:
        """The sheets with coordinates; a sheet that has some but cannot be read stays in the list with its refusal."""
        found: list[tuple[Part, Headings | Refused]] = []
        seen = ""
        for sheet in self.sheets[:MOST_SHEETS]:
            try:
                found.append((sheet, tables.headings(self.lines(sheet, sheet_parts.Counted()))))
            except Refused as refusal:
                if refusal.code != "no_coordinates_found":
                    found.append((sheet, refusal))
                seen = seen or str(refusal.params.get("headings", ""))
        if not found:
            raise Refused("no_coordinates_found", headings=seen)
        return found

    def layer(
        self, sheet: Part, told: Headings | Refused, name: str, number: int, of: int, progress: Callable[[float], None]
    ) -> FoundLayer:  # fmt: skip
        if isinstance(told, Refused):
            return FoundLayer(name, None, False, "UTF-8", [], _refusing(told), default="point")
        counted = sheet_parts.Counted()
        lines = (one for one in self.lines(sheet, counted) if one[0] > told.line)
        size = max(1, self.opened.getinfo(sheet.path).file_size)
        made = tables.layer(
            shown(name, 200), told, lines, "UTF-8", progress, lambda: (number + counted.bytes / size) / of
        )
        if sheet.hidden:
            made.notes.append(("sheet_hidden", {"sheet": shown(sheet.name)}))
        return made

    def lines(self, sheet: Part, counted: sheet_parts.Counted) -> Iterator[Line]:
        """Rows of a sheet with their number in it."""
        merged = Merged(self.merged.get(sheet.path, ()))
        with self.opened.open(sheet.path) as raw:
            for number, cells in self._rows(counted.over(raw)):
                yield number, merged.filled(number, cells)

    def _rows(self, file: IO[bytes]) -> Iterator[tuple[int, list[Any]]]:
        number = 0
        cells: list[Any] = []
        rows: ElementTree.Element | None = None
        for event, element in ElementTree.iterparse(file, events=("start", "end")):  # noqa: S314 - looked through before
            tag = local(element.tag)
            if event == "start":
                if tag == "sheetData":
                    rows = element
                elif tag == "row":
                    said = element.get("r", "")
                    number = int(said) if re.fullmatch(r"[1-9][0-9]{0,6}", said) else number + 1
                    cells = []
                continue
            if tag == "c":
                self._put(cells, element)
                element.clear()
            elif tag == "row":
                yield number, cells
                if rows is not None:
                    rows.clear()
            elif tag == "sheetData":
                return

    def _put(self, cells: list[Any], element: ElementTree.Element) -> None:
        at = _AT.fullmatch(element.get("r", ""))
        column = sheet_parts.column(at[1]) if at else len(cells)
        if column >= MOST_IN_A_ROW:
            raise Refused(
                "table_too_wide", line=int(at[2]) if at else 0, columns=column + 1, most=tables.MOST_COLUMNS
            )
        cells.extend([None] * (column + 1 - len(cells)))
        cells[column] = self._value(element)

    def _value(self, element: ElementTree.Element) -> Any:
        kind = element.get("t", "n")
        value, formula = None, False
        for child in element:
            tag = local(child.tag)
            if tag == "v":
                value = child.text
            elif tag == "f":
                formula = True
            elif tag == "is":
                return sheet_parts.plain(child)
        if value is None or value == "":
            return UNCALCULATED if formula and kind != "str" else None
        if kind == "s":
            at = int(value) if value.isdecimal() and len(value) < 10 else -1
            return self.texts[at] if 0 <= at < len(self.texts) else None
        if kind == "b":
            return value.strip() == "1"
        if kind in ("n", "d"):
            return self._number(value.strip(), element.get("s", ""))
        return sheet_parts.unescaped(value)

    def _number(self, value: str, style: str) -> Any:
        try:
            number: int | float = int(value) if _WHOLE.fullmatch(value) else float(value)
        except ValueError:
            return value  # a day as text (ISO 8601), or what should not be there
        return self.styles.told(number, style)


def _refusing(refusal: Refused) -> Iterator[Batch]:
    """Refused when the rows are asked for: the sheet alone is refused, not the book."""
    yield from _none(refusal)


def _none(refusal: Refused) -> Iterator[Batch]:
    raise refusal
