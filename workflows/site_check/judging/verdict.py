"""Findings into one sentence: can it be built, and because of what. Pure.

A forbidding rule that holds ends it. Else a rule that could forbid and cannot be answered leaves it open. Else what restricts, what asks for
an opinion, and what of these cannot be answered are conditions. Only when nothing of the kind is left does a proposal conform.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Verdict = Literal["cannot be built", "cannot say", "only under conditions", "conforms", "no rule"]
VERDICTS: tuple[Verdict, ...] = (
    "cannot be built",
    "cannot say",
    "only under conditions",
    "conforms",
    "no rule",
)
Finding = Mapping[str, Any]

_REASON = {
    "forbid": "forbidden",
    "restrict": "restricted",
    "needs_opinion": "opinion_needed",
    "conform": "conforming",
}
_BINDING = ("forbid", "restrict", "needs_opinion")


@dataclass(slots=True)
class Conclusion:
    """``reasons``: the chain, strongest first; ``questions``: what would have to be known or told, with the rules that ask."""

    verdict: Verdict
    reasons: list[dict[str, Any]] = field(default_factory=list)
    questions: list[dict[str, Any]] = field(default_factory=list)


def conclude(findings: Sequence[Finding]) -> Conclusion:
    """From findings in the order of ``judge.judge``. Where no rule was asked, nothing is concluded: silence is no clearance."""
    if not findings:
        return Conclusion("no rule", [{"code": "no_rule_applies", "params": {}}])
    holding = [each for each in findings if each["state"] == "holds"]
    open_ones = [each for each in findings if each["state"] == "cannot say"]
    verdict = _verdict(holding, open_ones)
    reasons = [_reason(each) for each in holding if each["effect"] in _REASON]
    reasons += [_unanswered(each) for each in open_ones if each["worst"] in _BINDING]
    if verdict == "conforms" and not reasons:
        reasons = [{"code": "nothing_stands_against", "params": {"rules": len(findings)}}]
    return Conclusion(verdict, reasons, questions_of(open_ones))


def _verdict(holding: Iterable[Finding], open_ones: Iterable[Finding]) -> Verdict:
    effects = {each["effect"] for each in holding}
    unsure = {each["worst"] for each in open_ones}
    if "forbid" in effects:
        return "cannot be built"
    if "forbid" in unsure:
        return "cannot say"
    return "only under conditions" if (effects | unsure) & set(_BINDING) else "conforms"


def _reason(finding: Finding) -> dict[str, Any]:
    told = (
        "rule",
        "name",
        "name_en",
        "layer",
        "layer_name",
        "layer_name_en",
        "share",
        "sliver",
        "measure",
        "figure",
    )
    amount = finding["amount"]
    return {
        "code": _REASON[finding["effect"]],
        "params": {
            **{key: finding[key] for key in told},
            "amount": amount["low"],
            "unit": amount["unit"],
            "limit": finding["limit_applied"],
        },
    }


def _unanswered(finding: Finding) -> dict[str, Any]:
    told = ("rule", "name", "name_en", "layer", "layer_name", "layer_name_en", "worst", "why")
    return {"code": "unanswered", "params": {key: finding[key] for key in told}}


def questions_of(open_ones: Iterable[Finding]) -> list[dict[str, Any]]:
    """What is missing, each once: figures of the proposal first, then layers that are silent."""
    figures: dict[str, list[str]] = {}
    layers: dict[str, dict[str, Any]] = {}
    for finding in open_ones:
        for why in finding["why"]:
            if why["code"] == "figure_missing":
                figures.setdefault(why["params"]["figure"], []).append(finding["rule"])
                continue
            asked = layers.setdefault(
                f"{finding['layer']} {why['code']}",
                {
                    "layer": finding["layer"],
                    "layer_name": finding["layer_name"],
                    "layer_name_en": finding["layer_name_en"],
                    "department": finding["department"],
                    "why": why,
                    "rules": [],
                },
            )
            asked["rules"].append(finding["rule"])
    return [
        *(
            {"code": "figure_missing", "params": {"figure": name, "rules": rules}}
            for name, rules in figures.items()
        ),
        *({"code": "layer_silent", "params": params} for params in layers.values()),
    ]
