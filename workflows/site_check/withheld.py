"""An answer as somebody of a grade may see it: the shape of a layer above it is not told, only what the layer's stanza allows. Pure.

Stored answers are whole. What is withheld is said to be withheld, and the verdict is drawn anew from what is left, so that it tells nothing
the findings do not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from layers.model import GRADES, Grade, coarse_of, may_see
from workflows.site_check import model
from workflows.site_check.judging.judge import order
from workflows.site_check.judging.verdict import conclude

Answer = Mapping[str, Any]

_OF_HITS = ("area_m2", "share", "length_m", "values")
_NOTHING: dict[str, Any] = {
    "amount": {"low": None, "high": None, "unit": ""}, "share": None, "features": [], "nearest": None, "use": None, "limit_applied": None,
}  # fmt: skip


def shown_to(answer: Answer, grade: Grade) -> dict[str, Any]:
    """The answer itself where nothing is above ``grade``; else with ``withheld``: grade, and layers by what is told of them."""
    told = {
        code: how for layer in answer["layers"] if (how := _how(layer, grade)) for code in [layer["code"]]
    }
    if not told:
        return dict(answer)
    layers = [_layer(layer, told.get(layer["code"])) for layer in answer["layers"]]
    shown = {**answer, "layers": layers, "summary": model.summary(layers)}
    if answer.get("rules"):
        shown |= _concluded(answer["findings"], told)
    if answer.get("displayed"):
        displayed = answer["displayed"]
        layers = [_layer(layer, told.get(layer["code"])) for layer in displayed["layers"]]
        codes = {layer["code"] for layer in layers}
        in_force = [each for each in shown.get("findings", []) if each["layer"] not in codes]
        shown["displayed"] = {
            **displayed,
            "layers": layers,
            **(_concluded(displayed["findings"], told, in_force) if answer.get("rules") else {}),
        }
    return {**shown, "withheld": {"grade": grade, "layers": told}}


def by_grade(answer: Answer) -> dict[str, dict[str, Any]]:
    """Verdict and summary as each grade may see them."""
    shown = {grade: shown_to(answer, grade) for grade in GRADES}
    return {grade: {"verdict": each["verdict"], "summary": each["summary"]} for grade, each in shown.items()}


def hidden(layer: Answer, grade: Grade) -> bool:
    return _how(layer, grade) is not None


def _how(layer: Answer, grade: Grade) -> str | None:
    """None: the layer may be seen; "hit": whether it is hit may be told; "ask": nothing may, the office is to be asked."""
    if may_see(grade, layer["grade"]):
        return None
    return str(layer.get("coarse") or coarse_of(layer["grade"]))


def _layer(layer: Answer, how: str | None) -> dict[str, Any]:
    if how is None:
        return dict(layer)
    bare = {**layer, **dict.fromkeys(_OF_HITS), "count": 0, "hits": [], "class_names": {}, "withheld": how}
    if how == "hit":
        return bare
    reason = {"code": "withheld", "params": {"department": layer["department"]}}
    silent = {"set_aside": {"here": 0, "unplaced": 0}, "covered_share": None}
    return {**bare, **silent, "state": "no data", "reason": reason}


def _concluded(
    findings: list[Answer], told: Mapping[str, str], beside: Sequence[Answer] = ()
) -> dict[str, Any]:
    """``beside``: findings that are shown elsewhere and count for the verdict all the same."""
    shown = sorted((_finding(each, told.get(each["layer"])) for each in findings), key=order)
    reached = conclude(sorted([*shown, *beside], key=order))
    mine = {each["rule"] for each in shown}
    return {
        "findings": shown,
        "verdict": reached.verdict,
        "reasons": [each for each in reached.reasons if not beside or each["params"].get("rule") in mine],
        "questions": reached.questions,
    }


def _finding(finding: Answer, how: str | None) -> dict[str, Any]:
    if how is None:
        return dict(finding)
    bare = {**finding, **_NOTHING, "withheld": how}
    if how == "hit":
        return bare
    why = [{"code": "withheld", "params": {"department": finding["department"]}}]
    return {**bare, "state": "cannot say", "effect": finding["worst"], "why": why, "sliver": False}
