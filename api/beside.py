"""Alternatives in words: what makes them hard to compare, and what a rule says of one of them. The same on the page and in the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from api.findings import Wording, key

Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Beside:
    """``names``: of layers, by code."""

    of: Wording
    names: Mapping[str, str] = field(default_factory=dict)

    def differs(self, each: Told) -> str:
        params = dict(each["params"])
        if "layers" in params:
            params["layers"] = [self.names.get(code, code) for code in params["layers"]]
        return self.of.speech.say(f"alternatives.differs.{each['code']}", **params)

    def cell(self, cell: Told | None) -> str:
        """What the rule says there, with the amount; why nobody can say; or that it does not hold or is not asked."""
        say = self.of.speech.say
        if cell is None:
            return say("alternatives.not_asked")
        if cell["state"] == "holds not":
            return say("alternatives.holds_not")
        if cell["state"] == "cannot say":
            return f"{say('answered.cannot_say')} · {self.of.whys(cell)}"
        amount = self.of.amount(cell)
        effect = say(f"effect.{cell['effect']}")
        share = (
            f" · {self.of.figures.share(cell['share'])}"
            if cell["share"] is not None and cell["measure"] == "area"
            else ""
        )
        return effect if amount == "—" else f"{effect} · {amount}{share}"

    def alike(self, row: Told) -> bool:
        """Whether the rule says the same of every alternative: such a row tells none of them from the others."""
        return len({self.cell(cell) for cell in row["cells"]}) == 1

    def proposal(self, check: Told) -> list[str]:
        told, found = check["proposal"] or {}, []
        if told.get("use"):
            name = check.get("use_name") or {}
            called = (name.get("en") if self.of.speech.language == "en" else name.get("zh")) or ""
            found.append(f"{told['use']} {called}".strip())
        units = {"height": "m", "floor_area_ratio": "ratio", "floor_area": "m2", "setback": "m"}
        for figure, unit in units.items():
            if told.get(figure) is not None:
                found.append(
                    f"{self.of.speech.say(f'figure.{figure}')} {self.of.quantity(told[figure], unit)}"
                )
        return found

    def questions(self, check: Told) -> list[str]:
        return [
            self.of.speech.say(f"figure.{each['params']['figure']}")
            for each in check["questions"]
            if each["code"] == "figure_missing"
        ]

    def verdict(self, word: str | None) -> str:
        return "" if word is None else self.of.speech.say(f"verdict.{key(word)}")
