"""Rules over amounts: what holds, what does not, and what nobody can say. Pure.

A rule holds where its limit is broken on the whole interval of its amount and does not hold where it is broken nowhere on it; in between
nobody can say, and the finding says why. So silence never clears, and never condemns.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Literal

from workflows.site_check.judging.amount import amount_of
from workflows.site_check.judging.case import Amount, Case
from workflows.site_check.judging.planned import solid_areas
from workflows.site_check.rulebook.rule import Effect, Rule, severity

State = Literal["holds", "holds not", "cannot say"]
STATES: tuple[State, ...] = ("holds", "cannot say", "holds not")
"""In the order in which they are read."""

UNIT = {
    "area": "m2", "share": "%", "length": "m", "count": "features", "distance": "m", "share_above": "%", "use": "m2",
}  # fmt: skip
"""What an amount is given in; of an attribute and a comparison, the unit of the limit."""


def judge(rules: Iterable[Rule], case: Case) -> list[dict[str, Any]]:
    """A finding for every rule that concerns the proposal and whose layer was asked about: the gravest first, then as the book has them."""
    found = [
        _finding(rule, case)
        for rule in rules
        if rule.layer in case.layers and rule.concerns(case.proposal.use)
    ]
    return sorted(found, key=order)


def order(finding: Mapping[str, Any]) -> tuple[int, int, int]:
    """By what is found and the place of the rule in its book alone: the same for whoever may see less of it."""
    effect: Effect = finding["effect"] if finding["state"] == "holds" else finding["worst"]
    return STATES.index(finding["state"]), severity(effect), finding["rank"]


def _finding(rule: Rule, case: Case) -> dict[str, Any]:
    layer, amount = case.layers[rule.layer], amount_of(rule, case)
    state, effect = _of_use(rule, amount) if rule.measure == "use" else (_state(rule, amount), rule.effect)
    if state == "holds" and rule.asks_for_use and case.proposal.use is None:
        state = "cannot say"
        amount.why.append({"code": "figure_missing", "params": {"figure": "use"}})
    unit = UNIT.get(rule.measure) or ("m2" if rule.figure == "floor_area" else rule.limit.unit)
    return {
        "rule": rule.code,
        "version": rule.version,
        "group": rule.group,
        "rank": case.ranks.get(rule.code, 0),
        "name": rule.name,
        "name_en": rule.name_en,
        "state": state,
        "effect": effect,
        "worst": rule.worst,
        "layer": rule.layer,
        "layer_name": layer["name"],
        "layer_name_en": layer["name_en"],
        "grade": layer["grade"],
        "edition": layer["edition"],
        "measure": rule.measure,
        "figure": rule.figure,
        "classes": list(rule.classes),
        "limit": asdict(rule.limit),
        "limit_applied": rule.limit.value if rule.limit.value is not None else amount.limit,
        "plus": _ground(rule, case),
        "above": None if rule.above is None else asdict(rule.above),
        "amount": {"low": _bounded(amount.low), "high": _bounded(amount.high), "unit": unit},
        "share": _share(rule, amount, case.site_area),
        "why": _once(amount.why) if state == "cannot say" else [],
        "features": amount.features,
        "nearest": None if amount.nearest is None else amount.nearest.told(),
        "sliver": amount.sliver,
        "use": amount.use,
        "department": rule.department,
        "basis": [asdict(basis) for basis in rule.basis],
        "do": rule.do,
        "do_en": rule.do_en,
        "except_note": rule.except_note,
        "except_note_en": rule.except_note_en,
        "since": rule.since.isoformat(),
        "until": rule.until and rule.until.isoformat(),
    }


def _ground(rule: Rule, case: Case) -> dict[str, Any] | None:
    """The highest ground that a height stands on, in m, where the limit is one above the sea."""
    if rule.plus is None:
        return None
    ground = case.measures.rasters.get(rule.plus)
    return {"layer": rule.plus, "metres": None if ground is None else ground.most}


def _state(rule: Rule, amount: Amount) -> State:
    limit = rule.limit.value if rule.limit.value is not None else amount.limit
    if amount.low is None:
        return "cannot say"
    if limit is None:  # no feature is hit whose own figure could be the limit
        return "holds not"
    high = math.inf if amount.high is None else amount.high
    broken = {rule.limit.broken(amount.low, limit), rule.limit.broken(high, limit)}
    if len(broken) == 2:
        return "cannot say"
    return "holds" if broken == {True} else "holds not"


def _of_use(rule: Rule, amount: Amount) -> tuple[State, Effect]:
    """Conflict before condition before conformity; a patch that nobody can read leaves open whether it is one of conflict."""
    assert rule.on_conflict is not None
    assert rule.on_conditional is not None
    assert rule.limit.value is not None
    areas = solid_areas(amount.use or [])
    if rule.limit.broken(areas.get("conflict", 0.0), rule.limit.value):
        return "holds", rule.on_conflict
    if amount.why:
        return "cannot say", rule.on_conflict
    if areas.get("conditional"):
        return "holds", rule.on_conditional
    return ("holds", "conform") if areas.get("conform") else ("holds not", "conform")


def _share(rule: Rule, amount: Amount, site_area: float) -> float | None:
    """The amount as share of the site, where it is an area."""
    if amount.low is None:
        return None
    if rule.measure in ("area", "use"):
        return min(1.0, amount.low / site_area)
    return amount.low / 100.0 if rule.measure in ("share", "share_above") else None


def _bounded(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value


def _once(reasons: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = []
    for each in reasons:
        if each not in seen:
            seen.append(each)
    return seen
