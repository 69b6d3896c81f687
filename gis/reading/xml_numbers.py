"""Coordinates in the text of GML and GPX that are no usable numbers. GDAL takes ``nan`` and ``inf`` there for nought and says nothing, so they are noticed
while the text is looked at; a feature is told by its layer and its row, as GDAL will name and count them.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import Protocol

Broken = dict[str, list[int]]
"""Layer -> rows, counted from 0."""

_ODD = re.compile(r"[^\W\d_eE]|[eE]\+?\d{3}|\d{300}")
_MORE_THAN_DIGITS = re.compile(r"[^0-9\s.,+-]")
_RUN = 150  # three hundred digits in a row hold a run of these that begins at a multiple of it
_TOKEN = re.compile(r"[\w.+-]+")
_LAST = re.compile(r"[\w.+-]*\Z")
_LONGEST = 1_000  # characters of one number


class Watching(Protocol):
    """Told of every element, with its name without prefix and how many it lies in, and of the text where ``listens`` said so."""

    broken: Broken

    def opens(self, local: str, depth: int, told: dict[str, str]) -> bool: ...
    def says(self, text: str) -> None: ...
    def closes(self, depth: int) -> None: ...


def usable(text: str) -> bool:
    """Whether every number of a text is one; what has no letters and no huge exponent is not looked at further."""
    plain = not _MORE_THAN_DIGITS.search(text) and not any(
        text[at : at + _RUN].isdigit() for at in range(0, len(text), _RUN) if len(text) > _RUN
    )
    return plain or not _ODD.search(text) or all(map(_number, _TOKEN.findall(text)))


def _number(token: str) -> bool:
    try:
        return not _ODD.search(token) or math.isfinite(float(token))
    except ValueError:
        return False


class OfGml:
    """A feature is what lies in a member of the document; its own words may be called as they like."""

    def __init__(self) -> None:
        self.broken: Broken = {}
        self.path: list[str] = []
        self.rows: Counter[str] = Counter()
        self.listening = False
        self.rest = ""

    def opens(self, local: str, depth: int, told: dict[str, str]) -> bool:
        del self.path[depth:]
        self._heard(self.rest)
        self.path.append(local)
        if depth == 2:
            self.rows[local] += 1
        above = self.path[-2] if depth else ""
        self.listening = depth > 3 and (
            local in ("pos", "posList", "coordinates") or (local in ("X", "Y", "Z") and above == "coord")
        )
        return self.listening

    def says(self, text: str) -> None:
        """A number may be cut in two between two calls."""
        text = self.rest + text
        last = _LAST.search(text[-_LONGEST:])
        at = len(text) - (len(last[0]) if last else 0)
        self._heard(text[:at])
        self.rest = text[at:]

    def closes(self, depth: int) -> None:
        if self.listening:
            self._heard(self.rest)
        self.listening = False

    def _heard(self, text: str) -> None:
        self.rest = ""
        if text and not usable(text) and "boundedBy" not in self.path:
            _add(self.broken, self.path[2], self.rows[self.path[2]] - 1)


_OF_GPX = {
    "wpt": ("waypoints",),
    "rtept": ("route_points", "routes"),
    "trkpt": ("track_points", "tracks"),
}
_COUNTED = {"wpt": "waypoints", "rte": "routes", "rtept": "route_points", "trk": "tracks", "trkpt": "track_points"}  # fmt: skip


class OfGpx:
    """Places are attributes here."""

    def __init__(self) -> None:
        self.broken: Broken = {}
        self.rows: Counter[str] = Counter()

    def opens(self, local: str, depth: int, told: dict[str, str]) -> bool:
        if local in _COUNTED:
            self.rows[_COUNTED[local]] += 1
        if local in _OF_GPX and not all(_place(told.get(name, "")) for name in ("lat", "lon")):
            for layer in _OF_GPX[local]:
                _add(self.broken, layer, self.rows[layer] - 1)
        return False

    def says(self, text: str) -> None:
        pass

    def closes(self, depth: int) -> None:
        pass


def _place(text: str) -> bool:
    try:
        return not text.strip() or math.isfinite(float(text))
    except ValueError:
        return False


def _add(broken: Broken, layer: str, row: int) -> None:
    rows = broken.setdefault(layer, [])
    if not rows or rows[-1] != row:
        rows.append(row)
