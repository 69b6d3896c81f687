"""The shipped rules read a second time, as data: what each says, and which of them hold on a day.

The product's own reader refuses what is wrong in these files; this one takes them as they stand and shares no code with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from layers.strict_yaml import read

FOLDER = Path(__file__).parents[1] / "workflows" / "site_check" / "rules"
UNITS = {
    "m2": 1.0, "ha": 10_000.0, "mu": 2000 / 3, "m": 1.0, "km": 1000.0, "%": 1.0, "features": 1.0, "ratio": 1.0,
}  # fmt: skip
"""How many m2, m or per cent one of each is. What an attribute is written in stays as it is."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One version. limit: a number in m2, m, % or pieces, or the name of the attribute that holds it; until: the first day no longer."""

    code: str
    layer: str
    classes: tuple[str, ...]
    measure: str
    op: str
    limit: float | str
    effect: str
    on_conflict: str | None
    on_conditional: str | None
    uses: tuple[str, ...]
    excepted: tuple[str, ...]
    figure: str | None
    attribute: str | None
    above: float
    plus: str | None
    table: str | None
    since: date
    until: date | None

    @property
    def number(self) -> float:
        assert isinstance(self.limit, float)
        return self.limit

    @property
    def worst(self) -> str:
        return self.on_conflict or self.effect


def load(folder: Path = FOLDER) -> list[Rule]:
    """Every version of every rule."""
    found: list[Rule] = []
    for path in sorted(folder.glob("*.yaml")):
        file: Mapping[str, Any] = read(path.read_bytes(), path.name)
        for code, said in file["rules"].items():
            shared = {**file.get("defaults", {}), **said}
            found += [_rule(code, {**shared, **version}) for version in said.get("versions", [{}])]
    return found


def _rule(code: str, said: Mapping[str, Any]) -> Rule:
    measure = said["measure"]
    *op, than, unit = said.get("limit", "over 0 m2").split()
    named = than[0].isalpha()
    return Rule(
        code=code,
        layer=said["layer"],
        classes=tuple(said.get("classes", ())),
        measure=measure,
        op=" ".join(op),
        limit=than if named else float(than) * (1.0 if measure == "attribute" else UNITS[unit]),
        effect=said["effect"],
        on_conflict=said.get("on_conflict") if measure == "use" else None,
        on_conditional=said.get("on_conditional") if measure == "use" else None,
        uses=tuple(said.get("uses", ())),
        excepted=tuple(said.get("except", ())),
        figure=said.get("figure"),
        attribute=said.get("attribute"),
        above=float(said.get("above", "0").split()[0]),
        plus=said.get("plus"),
        table=said.get("table") if measure == "use" else None,
        since=date.fromisoformat(said["since"]),
        until=date.fromisoformat(said["until"]) if "until" in said else None,
    )


def holding(rules: Iterable[Rule], day: date) -> list[Rule]:
    """The one version of each rule that holds on the day."""
    return [rule for rule in rules if rule.since <= day and (rule.until is None or day < rule.until)]


def last_change(rules: Iterable[Rule]) -> date:
    """The last day on which a version begins or ends: from then on every day is the same."""
    return max(_days(rules))


def _days(rules: Iterable[Rule]) -> Iterator[date]:
    for rule in rules:
        yield rule.since
        if rule.until is not None:
            yield rule.until
