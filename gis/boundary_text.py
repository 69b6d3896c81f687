"""The boundary text format (国土 TXT): how land offices hand plots to one another. Reading; it is written by ``gis.boundary_dialect``.

The format has no standard that anyone follows to the letter, so this room decides only what the numbers themselves decide: which column is the
northing, where a ring ends, which zone the easting names. Which ring is a hole is left to containment (``gis.geometry``), what a plot is worth to others.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from gis.geometry import Kind
from gis.shown import shown
from gis.zones import gauss_kruger, zone_of
from layers.refusal import Refused

Point = tuple[float, float]  # easting, northing (or longitude, latitude)

MOST_BYTES = 64 << 20
FEWEST_FIELDS, MOST_FIELDS = 8, 13  # before the @
COORDINATES = "[地块坐标]"
PROPERTIES = "[属性描述]"
_KINDS: dict[str, Kind] = {"": "polygon", "面": "polygon", "线": "line", "点": "point"}


@dataclass(frozen=True, slots=True)
class Plot:
    """One plot. ``rings`` are open (the first point is not repeated); of a line they are its parts, of points one list of points.

    ``declared_points`` and ``declared_ha`` are what the file claims, never trusted. ``rest`` are the header fields after the name and kind.
    ``labels``: what the points are called (J1), ring by ring in step with ``rings``; deeds refer to them.
    """

    number: str
    name: str
    kind: Kind
    rings: tuple[tuple[Point, ...], ...]
    declared_points: int | None = None
    declared_ha: float | None = None
    rest: tuple[str, ...] = ("", "", "")
    line: int = 0
    labels: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class BoundaryText:
    """``header``: the key=value lines in order. ``swapped``: the file wrote easting before northing; ``rings`` are put right already."""

    header: tuple[tuple[str, str], ...]
    plots: tuple[Plot, ...]
    encoding: str = "UTF-8"
    swapped: bool = False

    def says(self, key: str) -> str:
        return next((value for name, value in self.header if name == key), "")


@dataclass(slots=True)
class _Row:
    line: int
    label: str
    ring: str
    first: float
    second: float


def looks_like(head: bytes) -> bool:
    """Whether these first bytes carry the section that every such file has, in any encoding it comes in."""
    return any(
        mark.encode(encoding) in head
        for mark in (COORDINATES, "［地块坐标］")
        for encoding in ("utf-8", "gb18030", "utf-16-le", "utf-16-be")
    )


def read(data: bytes) -> BoundaryText:
    """Refused with the number of the line: ``boundary_text_row``, ``_header``, ``_columns``, ``_empty``, ``_encoding``, ``_too_large``."""
    if len(data) > MOST_BYTES:
        raise Refused("boundary_text_too_large", bytes=len(data), most=MOST_BYTES)
    text, encoding = decoded(data)
    header: list[tuple[str, str]] = []
    found: list[tuple[list[str], int, list[_Row]]] = []
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        line = line.replace("，", ",").strip().strip("\ufeff\x00\x1a")
        if line.startswith(("[", "［")):
            section = "[" + line.strip("[]［］") + "]"
        elif not line:
            continue
        elif section == PROPERTIES:
            key, _, value = line.partition("=")
            header.append((key.strip(), value.strip()))
        elif section == COORDINATES:
            if line.endswith("@"):
                found.append((_fields(line, number), number, []))
            elif not found:
                raise Refused("boundary_text_header", line=number, got=shown(line, 80))
            else:
                found[-1][2].append(_row(line, number))
    if not any(rows for _, _, rows in found):
        raise Refused("boundary_text_empty", plots=len(found))
    swapped = _swapped(row for _, _, rows in found for row in rows)
    plots = tuple(_plot(fields, number, rows, swapped) for fields, number, rows in found)
    return BoundaryText(tuple(header), plots, encoding, swapped)


def decoded(data: bytes) -> tuple[str, str]:
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, "replace"), "UTF-16"
    for encoding, name in (("utf-8-sig", "UTF-8"), ("gb18030", "GB18030")):
        try:
            return data.decode(encoding), name
        except UnicodeDecodeError:
            continue
    raise Refused("boundary_text_encoding")


def _fields(line: str, number: int) -> list[str]:
    fields = [field.strip() for field in line[:-1].split(",")]
    if fields and not fields[-1]:
        fields.pop()  # the comma before the @
    if not FEWEST_FIELDS <= len(fields) <= MOST_FIELDS or fields[4] not in _KINDS:
        raise Refused("boundary_text_header", line=number, got=shown(line, 80))
    return fields


def _row(line: str, number: int) -> _Row:
    fields = [field.strip() for field in line.split(",")]
    try:
        row = _Row(number, fields[0], fields[1], float(fields[2]), float(fields[3]))
    except (IndexError, ValueError) as error:
        raise Refused("boundary_text_row", line=number, got=shown(line, 80)) from error
    if not (math.isfinite(row.first) and math.isfinite(row.second)):
        raise Refused("coordinates_not_finite", rows=[number], count=1)
    return row


def _order(first: float, second: float) -> Literal["plain", "swapped", "degrees", "degrees swapped"] | None:
    """Which column is which, by size alone: north of 9 degrees no northing is as small as an easting, nor as large as one with its zone."""
    if abs(first) <= 180 and abs(second) <= 180:
        return "degrees" if first < 60 < second else "degrees swapped" if second < 60 < first else None
    if _northing(first) and _easting(second):
        return "plain"
    return "swapped" if _northing(second) and _easting(first) else None


def _northing(value: float) -> bool:
    return 1e6 <= value < 6.5e6


def _easting(value: float) -> bool:
    return 1e5 <= value < 1e6 or 13e6 <= value < 46e6


def _swapped(rows: Iterator[_Row]) -> bool:
    seen: str | None = None
    for row in rows:
        order = _order(row.first, row.second)
        if order is None or (seen is not None and order != seen):
            raise Refused("boundary_text_columns", line=row.line, first=row.first, second=row.second)
        seen = order
    return seen in ("swapped", "degrees swapped")


def _plot(fields: list[str], number: int, rows: list[_Row], swapped: bool) -> Plot:
    kind = _KINDS[fields[4]]
    if kind == "polygon":
        rings = _rings(rows)
    elif kind == "line":
        parts: dict[str, list[_Row]] = {}
        for row in rows:
            parts.setdefault(row.ring, []).append(row)
        rings = list(parts.values())
    else:
        rings = [rows]
    return Plot(
        number=fields[2],
        name=fields[3],
        kind=kind,
        rings=tuple(
            tuple((row.first, row.second) if swapped else (row.second, row.first) for row in ring)
            for ring in rings
        ),
        declared_points=int(fields[0]) if re.fullmatch(r"[0-9]{1,9}", fields[0]) else None,
        declared_ha=float(fields[1]) if re.fullmatch(r"[0-9]{0,12}\.?[0-9]{1,12}", fields[1]) else None,
        rest=tuple(fields[5:]),
        line=number,
        labels=tuple(tuple(row.label for row in ring) for ring in rings),
    )


def _rings(rows: list[_Row]) -> list[list[_Row]]:
    """A ring ends where its first point comes back (whatever number that repeat carries) or where the ring number changes."""
    rings: list[list[_Row]] = []
    number, closed = "", True
    for index, row in enumerate(rows):
        alone = index + 1 == len(rows) or rows[index + 1].ring != row.ring
        back = bool(rings) and (row.first, row.second) == (rings[-1][0].first, rings[-1][0].second)
        if back and (alone or (row.ring == number and not closed)) and len(rings[-1]) >= 3:
            closed = True
        elif closed or row.ring != number:
            rings.append([row])
            number, closed = row.ring, False
        else:
            rings[-1].append(row)
    return rings


def crs_code(given: BoundaryText) -> int | None:
    """The EPSG code that system, degrees and zone name together; None where the file does not say enough.

    Refused: ``zones_mixed``, ``zone_contradicts`` (the eastings carry another zone than the header), ``zone_unknown``, ``unit_unknown``.
    """
    eastings = [point[0] for plot in given.plots for ring in plot.rings for point in ring]
    unit, system = given.says("计量单位"), _system(given.says("坐标系"))
    if unit not in ("", "米", "m", "M", "meter", "metre", "度"):
        raise Refused("unit_unknown", got=shown(unit, 40))
    if max(eastings, default=0.0) <= 180:
        return {"cgcs2000": 4490, "xian80": 4610, "beijing54": 4214, "wgs84": 4326}.get(system)
    seen = {zone_of(easting) if easting >= 1e6 else None for easting in eastings}
    if len(seen) > 1:
        raise Refused("zones_mixed", zones=sorted(zone or 0 for zone in seen))
    prefix, declared = seen.pop(), first_number(given.says("带号"))
    if prefix is not None and declared is not None and prefix != declared:
        raise Refused("zone_contradicts", declared=declared, seen=prefix)
    zone = prefix if prefix is not None else declared
    if zone is None or system not in ("cgcs2000", "xian80", "beijing54"):
        return None
    degrees = first_number(given.says("几度分带")) or (6 if zone <= 23 else 3)
    return gauss_kruger(system, degrees, zone, prefix is not None)


def _system(words: str) -> str:
    plain = re.sub(r"[\s_()-]", "", words).lower()
    if "2000国家大地" in plain or "cgcs2000" in plain or "国家2000" in plain or plain == "2000":
        return "cgcs2000"
    if "西安" in plain or "xian" in plain or plain.startswith(("80", "1980")):
        return "xian80"
    if "北京" in plain or "beijing" in plain or plain.startswith(("54", "1954")):
        return "beijing54"
    return "wgs84" if "wgs84" in plain else ""


def first_number(words: str) -> int | None:
    found = re.search(r"[0-9]{1,3}", words)
    return int(found[0]) if found else None
