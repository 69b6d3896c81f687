"""An answer made small enough to keep ten thousand of them: verdict, counts, areas, and what holds or cannot be said, rule by rule. Pure.

Names, laws and limits stand in the rulebook that the batch pinned; a ``Shelf`` of it puts them back, so that whoever words a finding words these too.
What holds not is only counted. It keeps what it is given: an answer is coarsened for its reader before it comes here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from layers.model import GRADES, Grade
from workflows.site_check import withheld
from workflows.site_check.judging.judge import STATES, UNIT
from workflows.site_check.judging.verdict import Conclusion, conclude
from workflows.site_check.rulebook.rule import Rule

Answer = Mapping[str, Any]
FORMAT = 1
_DIGITS = {"m2": 2, "m": 2, "%": 4}


def by_grade(answer: Answer) -> tuple[dict[Grade, str], dict[Grade, dict[str, Any]]]:
    """The verdict that each grade may be told, and compact answers: a grade that sees what the next higher sees is left out."""
    verdicts: dict[Grade, str] = {}
    shown: dict[Grade, dict[str, Any]] = {}
    above: dict[str, Any] | None = None
    for grade in reversed(GRADES):
        each = of(withheld.shown_to(answer, grade))
        verdicts[grade] = each["verdict"]
        if each != above:
            shown[grade] = above = each
    return verdicts, shown


def seen(shown: Mapping[str, Any], grade: Grade) -> dict[str, Any]:
    """The compact answer that somebody of a grade may see."""
    at = GRADES.index(grade)
    found: dict[str, Any] = next(shown[each] for each in GRADES[at:] if each in shown)
    return found


def of(answer: Answer) -> dict[str, Any]:
    """From an answer as its reader may see it."""
    displayed, held = answer.get("displayed"), answer.get("withheld")
    return {
        "format": FORMAT,
        "verdict": answer["verdict"],
        "area_m2": round(answer["site"]["area_m2"], 2),
        "area_ellipsoidal_m2": round(answer["site"]["area_ellipsoidal_m2"], 2),
        "layers": answer["summary"],
        "rules": _states(answer["findings"]),
        "findings": [_finding(each) for each in answer["findings"] if each["state"] != "holds not"],
        "displayed": None
        if not displayed
        else {
            "verdict": displayed["verdict"],
            "layers": sorted(displayed["editions"]),
            "findings": [_finding(each) for each in displayed["findings"] if each["state"] != "holds not"],
        },
        "withheld": 0 if not held else len(held["layers"]),
    }


class Shelf:
    """What a batch pinned, ready to make answers of compact ones: its rules that hold on the day, and what an answer tells of its layers."""

    def __init__(self, rules: Iterable[Rule], layers: Iterable[Answer]) -> None:
        known = {layer["code"]: layer for layer in layers}
        self._told = {rule.code: _of_rule(rule, known.get(rule.layer, {})) for rule in rules}

    def opened(self, small: Answer) -> dict[str, Any]:
        """The answer again as far as it was kept: its findings are those of a check but for the features behind them."""
        displayed = small["displayed"]
        return {
            **self._together(small),
            "site": {"area_m2": small["area_m2"], "area_ellipsoidal_m2": small["area_ellipsoidal_m2"]},
            "summary": small["layers"],
            "states": small["rules"],
            "displayed": displayed and {**displayed, **self._together(displayed)},
            "withheld": small["withheld"],
        }

    def _together(self, small: Answer) -> dict[str, Any]:
        findings = [_opened(each, self._told[each["rule"]]) for each in small["findings"]]
        reached = conclude(findings) if self._told else Conclusion("no rule")
        return {
            "verdict": small["verdict"],
            "reasons": reached.reasons,
            "questions": reached.questions,
            "findings": findings,
        }


def _states(findings: Iterable[Answer]) -> dict[str, int]:
    counted = Counter(each["state"] for each in findings)
    return {state: counted[state] for state in STATES}


def _finding(finding: Answer) -> dict[str, Any]:
    """Without what its rule says of it, and without what is not told of it."""
    amount, near = finding["amount"], finding["nearest"]
    digits = _DIGITS.get(amount["unit"], 6)
    kept = {
        "rule": finding["rule"],
        "state": finding["state"],
        "effect": finding["effect"],
        "low": _round(amount["low"], digits),
        "high": _round(amount["high"], digits),
        "share": _round(finding["share"], 6),
        "limit": _round(finding["limit_applied"], 6),
        "metres": near and _round(near["metres"], 2),
        "sliver": finding["sliver"] or None,
        "why": finding["why"] or None,
        "withheld": finding.get("withheld"),
    }
    return {key: value for key, value in kept.items() if value is not None}


def _of_rule(rule: Rule, layer: Answer) -> dict[str, Any]:
    """What every finding of a rule says alike."""
    return {
        "rule": rule.code,
        "version": rule.version,
        "group": rule.group,
        "name": rule.name,
        "name_en": rule.name_en,
        "worst": rule.worst,
        "layer": rule.layer,
        "layer_name": layer.get("name") or rule.layer,
        "layer_name_en": layer.get("name_en"),
        "measure": rule.measure,
        "figure": rule.figure,
        "limit": asdict(rule.limit),
        "above": rule.above and asdict(rule.above),
        "unit": UNIT.get(rule.measure) or ("m2" if rule.figure == "floor_area" else rule.limit.unit),
        "features": [],
        "department": rule.department,
        "basis": [asdict(basis) for basis in rule.basis],
        "do": rule.do,
        "do_en": rule.do_en,
        "except_note": rule.except_note,
        "except_note_en": rule.except_note_en,
    }


def _opened(small: Answer, told: Answer) -> dict[str, Any]:
    found = {
        **told,
        "state": small["state"],
        "effect": small["effect"],
        "amount": {"low": small.get("low"), "high": small.get("high"), "unit": told["unit"]},
        "limit_applied": small.get("limit"),
        "share": small.get("share"),
        "why": small.get("why", []),
        "nearest": None if "metres" not in small else {"metres": small["metres"]},
        "sliver": small.get("sliver", False),
    }
    return {**found, "withheld": small["withheld"]} if "withheld" in small else found


def _round(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits) + 0.0
