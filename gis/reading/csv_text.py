"""Tables as text, one row a line: which encoding, which sign between the cells, which columns are numbers throughout. Nothing is believed of a name."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from gis.reading import decoding, tables
from gis.reading.columns import HEADER_WITHIN
from gis.reading.found import FoundLayer
from gis.reading.tables import Line
from layers.refusal import Refused

LONGEST_LINE = 32 << 20  # characters
LARGEST_CELL = 8 << 20
SIGNS = (",", "\t", ";", "|", "，")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
# 0701 is a code and 1e5 a name; a number is written the one way in which it would be written back.
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,14})")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,14})\.[0-9]{1,15}")


def read(path: Path, stem: str, scratch: Path, progress: Callable[[float], None]) -> Iterator[FoundLayer]:
    """Refused: ``no_coordinates_found``, ``table_line_too_long``, ``table_unreadable`` with the line, ``encoding_unknown`` and what ``tables`` refuses."""
    text = _Text(path)
    told = tables.headings(text.lines())
    numbers = _numbers(text.lines(), told.line, len(told.names))
    below = text.lines()
    for line, _ in below:
        if line >= told.line:
            break
    yield tables.layer(stem, told, below, text.name, progress, text.share, numbers)


class _Text:
    """The file as lines of cells, as often as it is asked for them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = max(1, path.stat().st_size)
        self.encoding, self.name = _encoding(path)
        self.sign = _sign(self._texts())
        self.done = 0

    def share(self) -> float:
        return self.done / self.size

    def lines(self) -> Iterator[Line]:
        csv.field_size_limit(LARGEST_CELL)
        rows = csv.reader(self._texts(), delimiter=self.sign, skipinitialspace=True)
        while True:
            try:
                cells = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                raise Refused("table_unreadable", line=rows.line_num, reason=str(error)[:120]) from error
            yield rows.line_num, cells

    def _texts(self) -> Iterator[str]:
        with self.path.open("r", encoding=self.encoding, newline="") as file:
            self.done = number = 0
            while line := file.readline(LONGEST_LINE):
                number += 1
                if len(line) >= LONGEST_LINE:
                    raise Refused("table_line_too_long", line=number, most=LONGEST_LINE)
                self.done += len(line)
                yield line


def _encoding(path: Path) -> tuple[str, str]:
    with path.open("rb") as file:
        head = file.read(4096)
    for mark, encoding, name in _MARKS:
        if head.startswith(mark):
            return _strict(path, encoding, name)
    if len(head) >= 4 and head[1::2].count(0) > len(head) // 4:
        return _strict(path, "utf-16-le", "UTF-16")
    for encoding, name in (("utf-8", "UTF-8"), ("gb18030", "GB18030")):
        if decoding.decodes(path, encoding):
            return encoding, name
    raise Refused("encoding_unknown", tried="UTF-8, GB18030")


def _strict(path: Path, encoding: str, name: str) -> tuple[str, str]:
    if not decoding.decodes(path, encoding):
        raise Refused("encoding_unknown", tried=name)
    return encoding, name


def _sign(texts: Iterator[str]) -> str:
    """The sign that parts most of the first lines into the same number of cells, outside quotes."""
    first = [line for line in islice(texts, HEADER_WITHIN + 50) if line.strip()]
    best, most = ",", 0.0
    for sign in SIGNS:
        counts = [re.sub(r'"[^"]*"', "", line[:100_000]).count(sign) for line in first]
        told = [count for count in counts if count]
        if told:
            commonest = max(set(told), key=told.count)
            weight = told.count(commonest) + commonest / 10_000
            best, most = (sign, weight) if weight > most else (best, most)
    return best


def _numbers(lines: Iterator[Line], header: int, width: int) -> dict[int, type]:
    """Columns in which every cell that says something is a number written plainly."""
    open_: dict[int, type] = dict.fromkeys(range(width), int)
    filled: set[int] = set()
    for line, cells in lines:
        if line <= header or not open_:
            continue
        for index in list(open_):
            cell = cells[index] if index < len(cells) else ""
            if not cell:
                continue
            if _WHOLE.fullmatch(cell):
                filled.add(index)
            elif _DECIMAL.fullmatch(cell):
                filled.add(index)
                open_[index] = float
            else:
                del open_[index]
    return {index: kind for index, kind in open_.items() if index in filled}
