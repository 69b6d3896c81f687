"""What a rule is: a measure of one layer, a limit with its unit, an effect, and what the law says about it. Pure.

The set of measures is closed. This room refuses to know where rules were written (``reader``), what was measured and what follows
from it (``judge``).
"""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Literal, get_args

from layers.canonical import canonical
from layers.codes import lineage
from layers.model import Basis, plain

Effect = Literal["forbid", "restrict", "needs_opinion", "inform", "conform"]
Measure = Literal[
    "area", "share", "length", "count", "distance", "share_above", "attribute", "comparison", "use"
]
Figure = Literal["height", "floor_area_ratio", "floor_area", "setback"]
Op = Literal["over", "at least", "under", "at most"]

EFFECTS: tuple[Effect, ...] = get_args(Effect)
"""The gravest first."""
MEASURES: tuple[Measure, ...] = get_args(Measure)
FIGURES: tuple[Figure, ...] = get_args(Figure)
OPS: Mapping[Op, Callable[[float, float], bool]] = {
    "over": operator.gt,
    "at least": operator.ge,
    "under": operator.lt,
    "at most": operator.le,
}
MU = 2000 / 3

UNITS: Mapping[Measure, Mapping[str, float]] = {
    "area": {"m2": 1.0, "ha": 10_000.0, "mu": MU},
    "share": {"%": 1.0},
    "length": {"m": 1.0, "km": 1000.0},
    "count": {"features": 1.0},
    "distance": {"m": 1.0, "km": 1000.0},
    "share_above": {"%": 1.0},
    "use": {"m2": 1.0, "ha": 10_000.0, "mu": MU},
}
"""What a limit may be written in, and how much of the measure's own unit (the first) that is. An attribute may have any unit."""
FIGURE_UNITS: Mapping[Figure, Mapping[str, float]] = {
    "height": {"m": 1.0},
    "floor_area_ratio": {"ratio": 1.0},
    "floor_area": {"m2": 1.0, "ha": 10_000.0},
    "setback": {"m": 1.0},
}


def severity(effect: Effect) -> int:
    return EFFECTS.index(effect)


@dataclass(frozen=True, slots=True)
class Limit:
    """``value`` in the measure's own unit, or the name of the ``attribute`` of a feature that holds it."""

    op: Op
    value: float | None
    attribute: str | None
    unit: str

    @property
    def upward(self) -> bool:
        """Whether more of the amount breaks it."""
        return self.op in ("over", "at least")

    def broken(self, amount: float, value: float) -> bool:
        return OPS[self.op](amount, value)


@dataclass(frozen=True, slots=True)
class Above:
    """The value that a raster's cell must exceed to count, in the raster's unit."""

    value: float
    unit: str


@dataclass(frozen=True)
class Rule:
    """One version of one rule: what it says from ``since`` until, where set, the day ``until`` on which it says it no longer."""

    code: str
    group: str
    name: str
    name_en: str
    layer: str
    classes: tuple[str, ...]
    measure: Measure
    limit: Limit
    effect: Effect
    uses: tuple[str, ...]
    excepted: tuple[str, ...]
    except_note: str | None
    except_note_en: str | None
    figure: Figure | None
    attribute: str | None
    above: Above | None
    plus: str | None
    table: str | None
    on_conflict: Effect | None
    on_conditional: Effect | None
    department: str | None
    basis: tuple[Basis, ...]
    since: date
    until: date | None
    do: str
    do_en: str
    note: str | None

    @cached_property
    def body(self) -> dict[str, Any]:
        """The version as JSON values, the same for the same rule however its file is laid out."""
        said = {name: plain(value) for name, value in vars(self).items() if name in self.__dataclass_fields__}
        return {**said, "since": self.since.isoformat(), "until": self.until and self.until.isoformat()}

    @cached_property
    def version(self) -> str:
        """Twelve hex digits that name this version."""
        return hashlib.sha256(canonical(self.body).encode()).hexdigest()[:12]

    @property
    def worst(self) -> Effect:
        """The gravest effect it can have."""
        effects = [self.effect, *(each for each in (self.on_conflict, self.on_conditional) if each)]
        return min(effects, key=severity)

    def holds_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)

    def concerns(self, use: str | None) -> bool:
        """Whether a proposal with this use falls under it; a use that nobody told may."""
        if use is None:
            return True
        return (not self.uses or under(use, self.uses)) and not under(use, self.excepted)

    @property
    def asks_for_use(self) -> bool:
        """Whether it may hold or not by the use alone. An exception is no such question: it is for whoever wants it to claim it."""
        return self.measure == "use" or bool(self.uses)


def under(code: str, above: tuple[str, ...]) -> bool:
    """Whether a class is one of ``above`` or lies under one, in a system where the longer code is the narrower class."""
    return not set(above).isdisjoint(lineage(code))


def from_body(body: Mapping[str, Any]) -> Rule:
    """``from_body(rule.body) == rule``."""
    lists = {key: tuple(body[key]) for key in ("classes", "uses", "excepted")}
    return Rule(
        **{
            **body,
            **lists,
            "limit": Limit(**body["limit"]),
            "above": None if body["above"] is None else Above(**body["above"]),
            "basis": tuple(Basis(**each) for each in body["basis"]),
            "since": date.fromisoformat(body["since"]),
            "until": None if body["until"] is None else date.fromisoformat(body["until"]),
        }
    )
