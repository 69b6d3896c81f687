"""Which columns of a table say where a row lies, by their headings alone. Pure.

Land surveyors call the northing X and the easting Y, everybody else the other way round: of a pair that is called no more than X and Y nothing is
decided here; its numbers decide (``gis.reading.places``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from gis.shown import shown
from layers.refusal import Refused

How = Literal["wkt", "degrees", "plane", "unclear"]
HEADER_WITHIN = 20  # rows: titles and remarks stand above the headings

_WKT = re.compile(
    r"(?:wkt|ewkt|geom|geometry|thegeom|shape|几何|图形|空间)(?:wkt|text|字段|数据|信息|图形|对象|坐标)*|wktgeom(?:etry)?|geometrywkt"
)
_SYSTEM = r"(?:wgs84|cgcs2000|gcj02|bd09|gps|poi|map|geo|高德|百度|腾讯|火星|大地)"
_WHOSE = r"(?:center|centre|centroid|point|start|end|中心点?|起点|终点|拐点|站点|位置|项目|地块)"
_TAIL = r"(?:wgs84|cgcs2000|gcj02|bd09|dd|deg|degrees?|坐标|值|度|[ew])*"
_LON = re.compile(rf"{_WHOSE}?{_SYSTEM}?(?:x?lon|lng|long|longitude|经度|东经|l经度|经度l){_TAIL}")
_LAT = re.compile(rf"{_WHOSE}?{_SYSTEM}?(?:y?lat|latitude|纬度|北纬|b纬度|纬度b){_TAIL.replace('ew', 'ns')}")
_WORDS_EAST = r"(?:e|east|easting|东|横)"
_WORDS_NORTH = r"(?:n|north|northing|北|纵)"
_AROUND = r"(?:cgcs2000|wgs84|2000|1980|1954|坐标|向|方向|轴|距|值|coord(?:inate)?s?|米|m|[xy])*"
_EAST = re.compile(rf"{_WHOSE}?{_AROUND}{_WORDS_EAST}{_AROUND}")
_NORTH = re.compile(rf"{_WHOSE}?{_AROUND}{_WORDS_NORTH}{_AROUND}")
_LETTER = r"(?:cgcs2000|wgs84|gcj02|bd09|2000|80|54|坐标|轴|值|coord(?:inate)?s?|pos|米|m|界址点|平面)*"
_X = re.compile(rf"{_WHOSE}?{_LETTER}x{_LETTER}")
_Y = re.compile(rf"{_WHOSE}?{_LETTER}y{_LETTER}")


@dataclass(frozen=True, slots=True)
class Columns:
    """``at``: of wkt one index; else easting (or longitude) and northing, of "unclear" X and Y. ``names``: as the table calls them."""

    how: How
    at: tuple[int, ...]
    names: tuple[str, ...]


def plain(heading: object) -> str:
    """A heading without blanks, signs, case and width."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", str(heading or "")[:100]).lower())


def found(row: Sequence[object], no_text: Collection[int] = ()) -> Columns | None:
    """None where these are no headings of a table with coordinates. ``no_text``: columns whose values are no well-known text, whatever they are called.

    Refused: ``table_columns_unclear`` where two pairs would do.
    """
    words = [plain(cell) if isinstance(cell, str) else "" for cell in row]
    shapes = [index for index, word in enumerate(words) if _WKT.fullmatch(word) and index not in no_text]
    if shapes:
        exact = [index for index in shapes if "wkt" in words[index]]
        return _named("wkt", row, tuple((exact or shapes)[:1]))
    pairs: tuple[tuple[How, re.Pattern[str], re.Pattern[str]], ...] = (
        ("degrees", _LON, _LAT), ("plane", _EAST, _NORTH), ("unclear", _X, _Y),
    )  # fmt: skip
    for how, first, second in pairs:
        ones = [index for index, word in enumerate(words) if first.fullmatch(word)]
        others = [index for index, word in enumerate(words) if second.fullmatch(word)]
        if ones and others:
            one, other = _single(words, ones), _single(words, others)
            if one is None or other is None:
                names = ", ".join(str(row[index]) for index in sorted({*ones, *others}))
                raise Refused("table_columns_unclear", columns=shown(names, 200))
            return _named(how, row, (one, other))
    return None


def _single(words: list[str], candidates: list[int]) -> int | None:
    """The one candidate, or the one that is called by the shortest word alone."""
    shortest = min(len(words[index]) for index in candidates)
    short = [index for index in candidates if len(words[index]) == shortest]
    return short[0] if len(short) == 1 else None


def _named(how: How, row: Sequence[object], at: tuple[int, ...]) -> Columns:
    return Columns(how, at, tuple(str(row[index])[:80] for index in at))


def in_head(head: bytes) -> bool:
    """Whether the first bytes of a file are the head of a table with coordinates: headings that say so, and a number or a shape below them."""
    lines = [line for line in _decoded(head).splitlines()[: HEADER_WITHIN + 5] if line.strip()]
    for sign in (",", "\t", ";", "|", "，"):
        for at, line in enumerate(lines[:-1]):
            try:
                told = found(_cells(line, sign))
            except Refused:
                return True
            if told and any(_says(_cells(below, sign), told) for below in lines[at + 1 : at + 4]):
                return True
    return False


def _decoded(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head[: len(head) & ~1].decode("utf-16", "ignore")
    try:
        return head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        cut = len(head) - error.start < 4
        return head.decode("utf-8-sig" if cut else "gb18030", "ignore")


def _cells(line: str, sign: str) -> list[str]:
    return [cell.strip().strip('"').strip() for cell in line[:20_000].split(sign)]


def _says(cells: list[str], told: Columns) -> bool:
    if told.how == "wkt":
        return any(re.match(r"(?:SRID=\d+;)?\s*[A-Za-z]{3,20}[A-Za-z ]{0,4}\(", cell) for cell in cells)
    return any(
        index < len(cells) and re.match(r"[-+]?[0-9]|[NSEW东西南北]", cells[index]) for index in told.at
    )
