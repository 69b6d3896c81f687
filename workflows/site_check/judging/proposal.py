"""What somebody wants to build: the intended use and the figures of the building, all optional, each read strictly. Pure.

A figure is a number in its unit or nothing; what cannot be read is refused by name, never taken for something near.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from layers.codes import ClassSystem
from layers.refusal import Refused
from workflows.site_check.rulebook.rule import Figure

KEYS = ("use", "height", "floor_area_ratio", "floor_area", "setback")

_NUMBER = re.compile(r"(?P<number>[-+]?\d{1,12}(?:\.\d{1,6})?)\s*(?P<unit>[^\d\s.,+-][^\d]{0,11})?")
_WORDS: Mapping[Figure, Mapping[str, float]] = {
    "height": {"m": 1.0, "米": 1.0, "metres": 1.0, "meters": 1.0},
    "floor_area_ratio": {"ratio": 1.0},
    "floor_area": {
        "m2": 1.0,
        "m²": 1.0,
        "㎡": 1.0,
        "平方米": 1.0,
        "ha": 10_000.0,
        "公顷": 10_000.0,
        "万平方米": 10_000.0,
    },
    "setback": {"m": 1.0, "米": 1.0, "metres": 1.0, "meters": 1.0},
}
_MOST: Mapping[Figure, float] = {
    "height": 1500.0,
    "floor_area_ratio": 50.0,
    "floor_area": 50_000_000.0,
    "setback": 1000.0,
}
UNIT: Mapping[Figure, str] = {"height": "m", "floor_area_ratio": "ratio", "floor_area": "m2", "setback": "m"}


@dataclass(frozen=True, slots=True)
class Proposal:
    """``use``: a land and sea use code; height and setback in m, floor area in m2. None: not told."""

    use: str | None = None
    height: float | None = None
    floor_area_ratio: float | None = None
    floor_area: float | None = None
    setback: float | None = None

    def figure(self, name: Figure) -> float | None:
        value: float | None = getattr(self, name)
        return value

    def body(self) -> dict[str, Any]:
        return asdict(self)


NOTHING = Proposal()


def parse(said: Mapping[str, Any], systems: Mapping[str, ClassSystem], system: str) -> Proposal:
    """Numbers, or text such as "60" and "60 m". Refused ``proposal_unknown``, ``proposal_figure``, ``proposal_unit``, ``proposal_range``,
    ``use_unknown``, ``use_of_another_system``.
    """
    unknown = sorted(set(said) - set(KEYS))
    if unknown:
        raise Refused("proposal_unknown", field=unknown[0], known=list(KEYS))
    return Proposal(
        use=_use(said.get("use"), systems, system),
        height=_figure("height", said.get("height")),
        floor_area_ratio=_figure("floor_area_ratio", said.get("floor_area_ratio")),
        floor_area=_figure("floor_area", said.get("floor_area")),
        setback=_figure("setback", said.get("setback")),
    )


def _figure(name: Figure, given: Any) -> float | None:
    if given is None or (isinstance(given, str) and not given.strip()):
        return None
    shown = str(given)[:40]
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        raise Refused("proposal_figure", field=name, got=shown, unit=UNIT[name])
    times = 1.0
    if isinstance(given, str):
        found = _NUMBER.fullmatch(given.strip())
        if found is None:
            raise Refused("proposal_figure", field=name, got=shown, unit=UNIT[name])
        unit = (found["unit"] or UNIT[name]).strip()
        if unit not in _WORDS[name]:
            raise Refused("proposal_unit", field=name, got=unit, unit=UNIT[name])
        times, given = _WORDS[name][unit], found["number"]
    value = float(given) * times
    # A building has a height; a setback of nothing is one that was told.
    if not math.isfinite(value) or value > _MOST[name] or value < 0 or (value == 0 and name != "setback"):
        raise Refused(
            "proposal_range",
            field=name,
            got=shown,
            most=_MOST[name],
            unit="" if UNIT[name] == "ratio" else f" {UNIT[name]}",
        )
    return value


def _use(given: Any, systems: Mapping[str, ClassSystem], system: str) -> str | None:
    if given is None or (isinstance(given, str) and not given.strip()):
        return None
    if not isinstance(given, str):
        raise Refused("use_unknown", got=str(given)[:40])
    if system not in systems:
        raise Refused("use_without_system")
    code = given.strip()
    entry = systems[system].find(code)
    if entry is not None:
        return entry.code
    for other in systems.values():
        found = other.find(code) if other.hierarchy else None
        if found is not None:
            raise Refused("use_of_another_system", got=code[:40], system=other.zh, meaning=found.zh)
    raise Refused("use_unknown", got=code[:40])
