"""Amounts that are figures: an attribute of the features hit, and a figure of the proposal held against a limit. Pure.

A feature that shares no more than a sliver with the site may not lie there at all, so it alone decides nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from workflows.site_check.judging.case import Amount, Case, Hit, features_of, sliver_of
from workflows.site_check.judging.silence import WHOLE, Why
from workflows.site_check.rulebook.rule import Rule


def attribute(rule: Rule, case: Case, hits: Sequence[Hit], why: list[Why]) -> Amount:
    """The strongest value among the features hit; one that does not tell it, or ground nobody speaks for, could be stronger."""
    assert rule.attribute is not None
    values = {hit["id"]: _number(case, rule.layer, hit["id"], rule.attribute) for hit in hits}
    if None in values.values():
        why = [*why, {"code": "attribute_missing", "params": {"attribute": rule.attribute}}]
    sure = _extreme(rule, [values[hit["id"]] for hit in hits if not hit["sliver"]], strongest=True)
    could = _extreme(rule, list(values.values()), strongest=True)
    if why:
        could = math.inf if rule.limit.upward else -math.inf
    elif could != sure:
        why = [sliver_of(case.layers[rule.layer])]
    return Amount(min(sure, could), max(sure, could), why, features_of(hits, values))


def comparison(rule: Rule, case: Case, hits: Sequence[Hit], why: list[Why]) -> Amount:
    """A figure of the proposal where the layer is hit, against one limit or against the strictest of the features' own."""
    assert rule.figure is not None
    limits = {hit["id"]: _limit_of(rule, case, hit["id"]) for hit in hits}
    features = features_of(hits, limits)
    if not hits and not why:
        harmless = -math.inf if rule.limit.upward else math.inf
        return Amount(harmless, harmless, why, features)
    if None in limits.values():
        why = [*why, {"code": "attribute_missing", "params": {"attribute": rule.limit.attribute}}]
    figure = case.proposal.figure(rule.figure)
    if figure is None:
        missing = {"code": "figure_missing", "params": {"figure": rule.figure}}
        return Amount(None, None, [*why, missing], features)
    if rule.plus is not None:
        ground = case.measures.rasters.get(rule.plus)
        unknown = {"code": "ground_unknown", "params": {"layer": rule.plus}}
        if ground is None or ground.most is None:
            return Amount(None, None, [*why, unknown], features)
        figure += ground.most
        if ground.held < WHOLE:  # higher ground may lie where no cell says
            return _held_against(rule, case, hits, limits, figure, math.inf, [*why, unknown], features)
    return _held_against(rule, case, hits, limits, figure, figure, why, features)


def _held_against(
    rule: Rule,
    case: Case,
    hits: Sequence[Hit],
    limits: dict[int, float | None],
    figure: float,
    highest: float,
    why: list[Why],
    features: list[dict[str, Any]],
) -> Amount:
    if rule.limit.value is not None and not rule.limit.broken(highest, rule.limit.value):
        return Amount(figure, figure, [], features)  # kept, wherever the layer lies
    sure = _extreme(rule, [limits[hit["id"]] for hit in hits if not hit["sliver"]], strongest=False)
    if math.isfinite(sure) and rule.limit.broken(figure, sure):
        return Amount(figure, figure, [], features, limit=sure)
    could = _extreme(rule, list(limits.values()), strongest=False)
    if math.isfinite(could) and rule.limit.broken(figure, could):
        why = [*why, sliver_of(case.layers[rule.layer])]
    limit = could if math.isfinite(could) else None
    if why:
        return Amount(None, None, why, features, limit=limit)
    return Amount(figure, figure, why, features, limit=limit)


def _extreme(rule: Rule, values: Sequence[float | None], *, strongest: bool) -> float:
    """The value that breaks the limit first: as an attribute the strongest, as a limit the strictest. Infinite where none is known."""
    known = [value for value in values if value is not None]
    if rule.limit.upward == strongest:
        return max(known, default=-math.inf)
    return min(known, default=math.inf)


def _limit_of(rule: Rule, case: Case, feature: int) -> float | None:
    if rule.limit.attribute is None:
        return rule.limit.value
    return _number(case, rule.layer, feature, rule.limit.attribute)


def _number(case: Case, layer: str, feature: int, attribute: str) -> float | None:
    value = case.measures.attributes.get((layer, feature), {}).get(attribute)
    if value is None or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
