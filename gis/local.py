"""Systems of a place of its own (a city grid, a national datum with local parameters), made from a definition that is sealed at rest.

A definition is JSON: ``wkt`` (a map or a bound system), ``helmert7`` (seven parameters from a datum) or ``similarity4`` (four parameters from a plane).
Whoever opens it gets a system that computes and is called ``local:NAME``; no refusal of this room repeats what it was given.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field

import numpy as np

from gis import crs
from gis.crs import Coordinates, Crs
from layers.refusal import Refused

PREFIX = "local:"
NAME = re.compile(r"[^\W_][\w.-]{0,39}")
MOST_BYTES = 64 * 1024
CGCS2000 = "EPSG:4490"
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_ARC_SECOND = math.pi / 648_000
# Names and EPSG codes of the seven parameters, and of the two ways to turn.
_SEVEN = (
    ("X-axis translation", 8605), ("Y-axis translation", 8606), ("Z-axis translation", 8607),
    ("X-axis rotation", 8608), ("Y-axis rotation", 8609), ("Z-axis rotation", 8610), ("Scale difference", 8611),
)  # fmt: skip
_TURNS = {"position_vector": 9606, "coordinate_frame": 9607}


@dataclass(frozen=True, slots=True)
class Similarity:
    """Four parameters between two planes, as surveyors write them: x counts to the north, y to the east,
    ``X = dx + m (x cos a - y sin a)``, ``Y = dy + m (x sin a + y cos a)``.
    """

    name: str
    dx: float = field(repr=False)
    dy: float = field(repr=False)
    angle: float = field(repr=False)
    scale: float = field(repr=False)
    accuracy_m: float | None = None

    def __call__(self, xy: Coordinates) -> Coordinates:
        east, north = xy[:, 0], xy[:, 1]
        cos, sin = self.scale * math.cos(self.angle), self.scale * math.sin(self.angle)
        return np.column_stack((self.dy + north * sin + east * cos, self.dx + north * cos - east * sin))


def named(name: str) -> str:
    """The name without its prefix; Refused ``local_system_name``."""
    plain = name.removeprefix(PREFIX)
    if not NAME.fullmatch(plain):
        raise Refused("local_system_name", got=plain[:60])
    return plain


def of_wkt(text: str) -> str:
    return json.dumps({"wkt": text.strip().removeprefix("\ufeff")})


def of_seven(text: str, base: str, *, turn: str = "position_vector", to: str = CGCS2000) -> str:
    """dx, dy, dz in metres, rx, ry, rz in arc-seconds, scale in ppm, in this order. Refused: ``local_parameters_unreadable``, ``local_turn_unknown``."""
    if turn not in _TURNS:
        raise Refused("local_turn_unknown", known=list(_TURNS))
    numbers = _numbers(text, 7)
    crs.parse(base), crs.parse(to)  # said now, while somebody listens
    return json.dumps({"helmert7": numbers, "base": base, "to": to, "turn": turn})


def of_four(text: str, base: str) -> str:
    """dx (north), dy (east) in metres, rotation in arc-seconds, scale in ppm, to the plane ``base``."""
    numbers = _numbers(text, 4)
    found = crs.parse(base)
    if found.geographic:
        raise Refused("local_base_not_flat", base=found.label)
    return json.dumps({"similarity4": numbers, "base": base})


def opened(name: str, definition: str) -> Crs:
    """The system ``local:NAME``. Refused: ``local_system_unreadable``, ``local_system_not_flat``."""
    label = PREFIX + named(name)
    told = json.loads(definition)
    if "wkt" in told:
        return crs.sealed(label, told["wkt"])
    base = crs.parse(told["base"])
    if "helmert7" in told:
        return crs.sealed(label, _bound(base, crs.parse(told["to"]), told["helmert7"], told["turn"]))
    dx, dy, seconds, ppm = told["similarity4"]
    step = Similarity(label, dx, dy, seconds * _ARC_SECOND, 1.0 + ppm * 1e-6)
    return Crs(None, label, base.wkt, False, base.unit_metre, None, base.datum, step, sealed=True)


def _bound(base: Crs, to: Crs, numbers: list[float], turn: str) -> str:
    values = [*numbers[:6], 1.0 + numbers[6] * 1e-6]
    given = ",".join(
        f'PARAMETER["{word}",{value!r},ID["EPSG",{code}]]'
        for (word, code), value in zip(_SEVEN, values, strict=True)
    )
    method = "Position Vector transformation" if turn == "position_vector" else "Coordinate Frame rotation"
    return (
        f"BOUNDCRS[SOURCECRS[{base.wkt}],TARGETCRS[{to.wkt}],ABRIDGEDTRANSFORMATION["
        f'"local",METHOD["{method} (geog2D domain)",ID["EPSG",{_TURNS[turn]}]],{given}]]'
    )


def _numbers(text: str, wanted: int) -> list[float]:
    """Numbers in order, each alone or behind a name (``dx = -12.3``), apart by commas, blanks or lines; # begins a remark."""
    found: list[float] = []
    for line in text.removeprefix("\ufeff").splitlines():
        for word in re.split(r"[\s,;，；]+", re.sub(r"[A-Za-z][\w ]*[=:]\s*", " ", line.partition("#")[0])):
            if word:
                number = float(word) if _NUMBER.fullmatch(word) else math.nan
                found.append(number if abs(number) < 1e9 else math.nan)
    if len(found) != wanted or not all(map(math.isfinite, found)):
        good = sum(map(math.isfinite, found))
        raise Refused("local_parameters_unreadable", expected=wanted, numbers=good, words=len(found))
    return found
