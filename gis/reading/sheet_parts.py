"""The parts of a spreadsheet beside its rows: which sheets there are, its table of texts, which numbers are days, which cells are merged."""

from __future__ import annotations

import datetime
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any, cast
from xml.etree import ElementTree

from layers.refusal import Refused

MOST_PARTS = 10_000
LARGEST_PART = 2 << 30  # bytes, unpacked
LARGEST_INDEX = 64 << 20  # of the parts that are held whole
LARGEST_TEXTS = 512 << 20
MOST_TEXTS = 5_000_000
MOST_MERGED = 100_000
BOOK = "xl/workbook.xml"
_BLOCK, _OVERLAP = 1 << 20, 256
_DECLARED = re.compile(
    rb"<!(?:DOCTYPE|ENTITY)|" + re.escape("<!DOCTYPE".encode("utf-16-le")) + rb"|" + re.escape("<!DOCTYPE".encode("utf-16-be")), re.I
)  # fmt: skip
_MERGED = re.compile(
    rb"<(?:\w+:)?mergeCell\s[^>]{0,80}?ref=[\"']([A-Z]{1,3})([0-9]{1,7}):[A-Z]{1,3}([0-9]{1,7})[\"']"
)
# In any other a document type could be written with other bytes.
_ENCODED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([^\"']{0,40})")
_READABLE = {b"utf-8", b"utf-16", b"us-ascii", b"ascii", b"iso-8859-1"}
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_DAYS = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    path: str
    hidden: bool


class Counted:
    """How much of a part was read."""

    def __init__(self) -> None:
        self.bytes = 0

    def over(self, raw: IO[bytes]) -> IO[bytes]:
        counted = self

        class Counting:
            def read(self, size: int = -1) -> bytes:
                block = raw.read(size)
                counted.bytes += len(block)
                return block

        return cast("IO[bytes]", Counting())


def looked_through(opened: zipfile.ZipFile) -> dict[str, list[tuple[int, int, int]]]:
    """Every part once, before any is parsed: the merged cells of each (column, first row, last row). Refused: ``xml_doctype``, ``workbook_too_large``."""
    found: dict[str, list[tuple[int, int, int]]] = {}
    parts = opened.infolist()
    if len(parts) > MOST_PARTS or any(one.file_size > LARGEST_PART for one in parts):
        raise Refused("workbook_too_large", parts=len(parts), most=MOST_PARTS, bytes=LARGEST_PART)
    for part in parts:
        if not part.filename.lower().endswith((".xml", ".rels", ".vml")):
            continue
        merged: set[tuple[int, int, int]] = set()
        with opened.open(part) as file:
            before = b""
            while block := file.read(_BLOCK):
                encoded = None if before else _ENCODED.search(block)
                strange = encoded is not None and encoded[1].lower() not in _READABLE
                if strange or _DECLARED.search(before + block):
                    raise Refused("xml_doctype", part=part.filename[:80])
                if len(merged) < MOST_MERGED:
                    merged.update(
                        (column(one[1].decode()), int(one[2]), int(one[3]))
                        for one in _MERGED.finditer(before + block)
                    )
                before = (before + block)[-_OVERLAP:]
        if merged:
            found[part.filename] = sorted(one for one in merged if one[1] < one[2])
    return found


def sheets(opened: zipfile.ZipFile) -> tuple[list[Part], bool]:
    """The sheets of cells in their order, and whether days count from 1904."""
    book = _whole(opened, BOOK)
    targets = {
        one.get("Id", ""): one.get("Target", "")
        for one in _whole(opened, "xl/_rels/workbook.xml.rels")
        if one.get("Type", "").endswith("/worksheet")
    }
    names = set(opened.namelist())
    found: list[Part] = []
    from_1904 = False
    for element in book.iter():
        if local(element.tag) == "workbookPr":
            from_1904 = element.get("date1904", "0") in ("1", "true")
        if local(element.tag) != "sheet":
            continue
        id = next((value for key, value in element.attrib.items() if local(key) == "id"), "")
        target = targets.get(id, "")
        path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if target and path in names:
            found.append(Part(element.get("name", ""), path, element.get("state", "visible") != "visible"))
    return found, from_1904


def texts(opened: zipfile.ZipFile) -> list[str]:
    """The table of texts that cells point into."""
    path = "xl/sharedStrings.xml"
    if path not in opened.namelist():
        return []
    if opened.getinfo(path).file_size > LARGEST_TEXTS:
        raise Refused("workbook_too_large", parts=1, most=MOST_PARTS, bytes=LARGEST_TEXTS)
    found: list[str] = []
    with opened.open(path) as file:
        depth, table = 0, None
        for event, element in ElementTree.iterparse(file, events=("start", "end")):  # noqa: S314 - looked through before
            depth += 1 if event == "start" else -1
            table = element if table is None else table
            if event == "end" and depth == 1 and local(element.tag) == "si":
                found.append(plain(element))
                table.clear()
                if len(found) > MOST_TEXTS:
                    raise Refused(
                        "workbook_too_large", parts=len(found), most=MOST_TEXTS, bytes=LARGEST_TEXTS
                    )
    return found


def plain(element: ElementTree.Element) -> str:
    """The text of a cell, without how it is set and how it is pronounced."""
    found: list[str] = []
    for child in element:
        tag = local(child.tag)
        if tag == "t":
            found.append(child.text or "")
        elif tag == "r":
            found.extend(one.text or "" for one in child if local(one.tag) == "t")
    return unescaped("".join(found))


def unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda code: chr(int(code[1], 16)), text) if "_x" in text else text


@dataclass(frozen=True, slots=True)
class Styles:
    """Which styles show a number as a day."""

    days: frozenset[int]
    first_day: datetime.datetime

    @classmethod
    def read(cls, opened: zipfile.ZipFile, from_1904: bool) -> Styles:
        first = datetime.datetime(1904, 1, 1) if from_1904 else datetime.datetime(1899, 12, 30)  # noqa: DTZ001 - a day of a calendar
        if "xl/styles.xml" not in opened.namelist():
            return cls(frozenset(), first)
        root = _whole(opened, "xl/styles.xml")
        formats = {
            one.get("numFmtId", ""): one.get("formatCode", "")
            for one in root.iter()
            if local(one.tag) == "numFmt"
        }
        cells = next((one for one in root if local(one.tag) == "cellXfs"), ())
        days = [index for index, one in enumerate(cells) if _is_day(one.get("numFmtId", "0"), formats)]
        return cls(frozenset(days), first)

    def told(self, number: int | float, style: str) -> Any:
        """The number, or the day it stands for."""
        if not self.days or not style.isdecimal() or len(style) > 6 or int(style) not in self.days:
            return number
        try:
            moment = self.first_day + datetime.timedelta(days=number)
        except (OverflowError, ValueError):
            return number
        moment = (moment + datetime.timedelta(microseconds=500)).replace(microsecond=0)
        if 0 <= number < 1:
            return moment.time()
        return moment.date() if moment.time() == datetime.time() else moment


def _is_day(id: str, formats: dict[str, str]) -> bool:
    code = formats.get(id)
    if code is None:
        return id.isdecimal() and len(id) < 6 and int(id) in _DAYS
    bare = re.sub(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.', "", code.lower())
    return "general" not in bare and bool(re.search(r"[ydhms]", bare))


class Merged:
    """Cells that are one cell over several rows: what stands in the first of them holds for all."""

    def __init__(self, given: Sequence[tuple[int, int, int]]) -> None:
        self.starting: dict[int, list[tuple[int, int]]] = {}
        for at, first, last in given:
            self.starting.setdefault(first, []).append((at, last))
        self.open: dict[int, tuple[int, Any]] = {}

    def filled(self, row: int, cells: list[Any]) -> list[Any]:
        for at, (last, value) in list(self.open.items()):
            if row > last:
                del self.open[at]
            elif at >= len(cells) or cells[at] is None:
                cells.extend([None] * (at + 1 - len(cells)))
                cells[at] = value
        for at, last in self.starting.get(row, ()):
            if at < len(cells) and cells[at] is not None:
                self.open[at] = (last, cells[at])
        return cells


def column(letters: str) -> int:
    """``A`` is 0."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _whole(opened: zipfile.ZipFile, path: str) -> ElementTree.Element:
    if path not in opened.namelist() or opened.getinfo(path).file_size > LARGEST_INDEX:
        raise Refused("table_unreadable", line=0, reason=f"no {path}")
    with opened.open(path) as file:
        return ElementTree.parse(file).getroot()  # noqa: S314 - looked through before
