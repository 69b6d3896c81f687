"""Boundary text (国土 TXT) as offices write it: no two programs alike. A dialect is everything in which files of the same plots differ; what was read can be
written again in its own dialect to the byte, or in the one that another office's program takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from gis import boundary_text
from gis.boundary_text import COORDINATES, FEWEST_FIELDS, MOST_FIELDS, PROPERTIES, BoundaryText, Plot, Point
from gis.geometry import Kind
from gis.shown import shown
from layers.refusal import Refused

Encoding = Literal["GB18030", "UTF-8", "UTF-8 with BOM", "UTF-16"]
Closing = Literal["none", "first", "next"]
Rings = Literal["counted", "from zero", "through", "all one"]
Points = Literal["with closing", "without closing", "as declared"]
_WORDS: dict[Kind, str] = {"polygon": "面", "line": "线", "point": "点"}
_CODECS: dict[Encoding, str] = {
    "GB18030": "gb18030",
    "UTF-8": "utf-8",
    "UTF-8 with BOM": "utf-8-sig",
    "UTF-16": "utf-16",
}
_A_ZONE = 1_000_000


@dataclass(frozen=True, slots=True)
class Dialect:
    """``fields``: header fields before the @, blanks added at the end (None: as many as the plot has); ``blank``: what stands in an empty one of them.
    ``closing``: whether a ring's first point comes back, and under its own label or the next number. ``rings``: how rings are numbered. ``points``: what
    the header counts. ``decimals``, ``area_decimals``: None is as many as needed; no digit is ever lost, whatever they say. ``labels``: points keep what
    they were called, else they are counted through the plot. ``zone``: the zone stands before the easting (None: as it came).
    """

    encoding: Encoding = "GB18030"
    newline: Literal["\r\n", "\n"] = "\r\n"
    ends_with_newline: bool = True
    fields: int | None = None
    blank: str = ""
    comma_before_at: bool = True
    kind_word: bool = True
    closing: Closing = "first"
    rings: Rings = "counted"
    points: Points = "with closing"
    swapped: bool = False
    decimals: int | None = 3
    area_decimals: int | None = 4
    labels: bool = True
    zone: bool | None = None


def write(given: BoundaryText, dialect: Dialect = Dialect()) -> bytes:
    """Refused: ``boundary_text_unwritable`` for a word that the format cannot carry, or rings that this dialect could not tell apart; ``zone_unknown``."""
    zone = boundary_text.first_number(given.says("带号"))
    lines = [
        PROPERTIES,
        *(f"{_word(key, '=')}={_word(value, '')}" for key, value in given.header),
        COORDINATES,
    ]
    ring_number = 0 if dialect.rings == "from zero" else 1
    for plot in given.plots:
        lines.append(_header(plot, dialect))
        if dialect.rings != "through":
            ring_number = 0 if dialect.rings == "from zero" else 1
        count = 0
        for at, ring in enumerate(plot.rings):
            closes = plot.kind == "polygon" and dialect.closing != "none" and bool(ring)
            labels = _labels(plot, at, count, closes, dialect)
            points = [_zoned(point, dialect, zone) for point in ((*ring, ring[0]) if closes else ring)]
            count += len(labels)
            number = 1 if dialect.rings == "all one" else ring_number
            lines += [
                _row(label, number, point, dialect) for label, point in zip(labels, points, strict=True)
            ]
            ring_number += 1
    text = dialect.newline.join(lines) + (dialect.newline if dialect.ends_with_newline else "")
    return text.encode(_CODECS[dialect.encoding])


def _header(plot: Plot, dialect: Dialect) -> str:
    apart = plot.kind == "point" or len(plot.rings) <= 1 or dialect.rings != "all one"
    if not apart and (plot.kind == "line" or dialect.closing == "none"):
        raise Refused("boundary_text_unwritable", got=plot.number[:80])
    if not dialect.kind_word and plot.kind != "polygon":
        raise Refused("boundary_text_unwritable", got=plot.number[:80])
    points = sum(map(len, plot.rings))
    closing = len(plot.rings) if plot.kind == "polygon" and dialect.closing != "none" else 0
    told = {"with closing": points + closing, "without closing": points, "as declared": plot.declared_points}[
        dialect.points
    ]
    rest = [_word(field, ",@") or dialect.blank for field in plot.rest]
    fields = [
        "" if told is None else str(told),
        "" if plot.declared_ha is None else _number(plot.declared_ha, dialect.area_decimals),
        _word(plot.number, ",@"),
        _word(plot.name, ",@"),
        _WORDS[plot.kind] if dialect.kind_word else "",
        *rest,
    ]
    if dialect.fields is not None:
        fields += [dialect.blank] * (dialect.fields - len(fields))
    # The comma before the @ is all that tells an empty last field from none.
    short = not dialect.comma_before_at and not fields[-1].strip()
    if (
        short
        or not FEWEST_FIELDS <= len(fields) <= MOST_FIELDS
        or (dialect.fields or len(fields)) != len(fields)
    ):
        raise Refused("boundary_text_unwritable", got=plot.number[:80])
    return ",".join(fields) + (",@" if dialect.comma_before_at else "@")


def _labels(plot: Plot, at: int, count: int, closes: bool, dialect: Dialect) -> list[str]:
    ring = plot.rings[at]
    kept = plot.labels[at] if dialect.labels and at < len(plot.labels) else ()
    labels = (
        [_word(label, ",@") for label in kept]
        if len(kept) == len(ring)
        else [f"J{count + n}" for n in range(1, len(ring) + 1)]
    )
    if closes:
        labels.append(labels[0] if dialect.closing == "first" else _next(labels[-1]))
    return labels


def _next(label: str) -> str:
    found = re.fullmatch(r"(.*?)([0-9]{1,9})", label)
    return f"{found[1]}{int(found[2]) + 1:0{len(found[2])}d}" if found else label


def _row(label: str, ring: int, point: Point, dialect: Dialect) -> str:
    easting, northing = (_number(value, dialect.decimals) for value in point)
    first, second = (easting, northing) if dialect.swapped else (northing, easting)
    return f"{label},{ring},{first},{second}"


def _zoned(point: Point, dialect: Dialect, zone: int | None) -> Point:
    easting, northing = point
    if dialect.zone is None or abs(easting) <= 180 or dialect.zone == (easting >= _A_ZONE):
        return point
    if not dialect.zone:
        return round(easting % _A_ZONE, 6), northing
    if zone is None:
        raise Refused("zone_unknown", system="", degrees=0, zone="")
    return round(easting + zone * _A_ZONE, 6), northing


def dialect_of(data: bytes) -> Dialect:
    """The dialect these bytes are written in: as near as a dialect comes to them; ``write(read(data), dialect_of(data)) == data`` where it is one
    throughout. Refused where the bytes cannot be read.
    """
    given = boundary_text.read(data)
    text, _ = boundary_text.decoded(data)
    text = text.removeprefix("\ufeff")
    newline: Literal["\r\n", "\n"] = "\r\n" if "\r\n" in text else "\n"
    headers, rows = _raw(text)
    found = Dialect(
        encoding=_encoding(data, given.encoding),
        newline=newline,
        ends_with_newline=text.endswith(newline),
        blank=_blank(headers),
        comma_before_at=all(line.endswith(",@") for line in headers),
        kind_word=any(line.split(",")[4].strip() for line in headers if line.count(",") > 4),
        swapped=given.swapped,
        decimals=_decimals([cell for plot in rows for row in plot for cell in row[2:4]]),
        area_decimals=_decimals([line.split(",")[1].strip() for line in headers]),
        closing=_closing(given.plots, rows),
        rings=_numbered(given.plots, rows),
    )
    declared = [plot.declared_points for plot in given.plots]
    for points in ("with closing", "without closing"):
        told = replace(found, points=points)
        if [_counted(plot, told) for plot in given.plots] == declared:
            return told
    return replace(found, points="as declared")


def _counted(plot: Plot, dialect: Dialect) -> int:
    closing = len(plot.rings) if plot.kind == "polygon" and dialect.closing != "none" else 0
    return sum(map(len, plot.rings)) + (closing if dialect.points == "with closing" else 0)


def _raw(text: str) -> tuple[list[str], list[list[list[str]]]]:
    """The header lines, and the cells of the rows below each, as they stand."""
    headers: list[str] = []
    rows: list[list[list[str]]] = []
    for line in text.partition(COORDINATES)[2].splitlines():
        if line.rstrip().endswith("@"):
            headers.append(line.rstrip())
            rows.append([])
        elif line.strip() and rows:
            rows[-1].append(line.strip().split(","))
    return headers, rows


def _encoding(data: bytes, read: str) -> Encoding:
    if read == "UTF-16":
        return "UTF-16"
    if read == "GB18030":
        return "GB18030"
    return "UTF-8 with BOM" if data.startswith(b"\xef\xbb\xbf") else "UTF-8"


def _blank(headers: Sequence[str]) -> str:
    empty = {
        field for line in headers for field in line[:-1].removesuffix(",").split(",")[5:] if not field.strip()
    }
    return empty.pop() if len(empty) == 1 else ""


def _decimals(cells: Sequence[str]) -> int | None:
    told = {len(cell.partition(".")[2]) for cell in cells if cell}
    return told.pop() if len(told) == 1 else None


def _closing(plots: Sequence[Plot], rows: Sequence[Sequence[Sequence[str]]]) -> Closing:
    """By the first ring whose first point comes back."""
    for plot, raw in zip(plots, rows, strict=True):
        if plot.kind != "polygon" or len(raw) == sum(map(len, plot.rings)) or not plot.labels:
            continue
        at = len(plot.rings[0])
        back = raw[at][0].strip() if at < len(raw) else ""
        return "first" if back == plot.labels[0][0] else "next"
    return "none" if any(plot.kind == "polygon" for plot in plots) else "first"


def _numbered(plots: Sequence[Plot], rows: Sequence[Sequence[Sequence[str]]]) -> Rings:
    seen = [list(dict.fromkeys(row[1].strip() for row in raw)) for raw in rows]
    ways: tuple[tuple[Rings, int], ...] = (("counted", 1), ("from zero", 0))
    for way, first in ways:
        if all(
            names == [str(first + n) for n in range(len(plot.rings))]
            for plot, names in zip(plots, seen, strict=True)
        ):
            return way
    if list(_flat(seen)) == [str(n) for n in range(1, sum(len(plot.rings) for plot in plots) + 1)]:
        return "through"
    return "all one" if all(names == ["1"] for names in seen) else "counted"


def _flat(names: Sequence[Sequence[str]]) -> Iterator[str]:
    return (name for each in names for name in each)


def _word(text: str, forbidden: str) -> str:
    if (
        text != text.strip()
        or text.startswith(("[", "［"))
        or any(sign in forbidden or sign == "，" or not sign.isprintable() for sign in text)
    ):
        raise Refused("boundary_text_unwritable", got=shown(text, 80))
    return text


def _number(value: float, digits: int | None) -> str:
    shortest = repr(float(value)).removesuffix(".0")
    if digits is None:
        return shortest
    fixed = f"{value:.{digits}f}"
    return fixed if float(fixed) == value else shortest
