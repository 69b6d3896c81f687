"""The amount that a rule's limit is held against, as an interval, one way for each measure of the closed set. Pure.

The low end was measured. The high end is what it could be, given where there is no data, what was set aside, what failed and which figure
the proposal lacks; ``why`` tells which of these parted the two. Whether a limit is broken is ``judge``'s business.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from layers.codes import ClassSystem, lineage
from workflows.site_check.judging.case import (
    Amount,
    Case,
    Hit,
    Layer,
    Nearest,
    Surroundings,
    features_of,
    sliver_of,
)
from workflows.site_check.judging.figures import attribute, comparison
from workflows.site_check.judging.planned import planned
from workflows.site_check.judging.silence import WHOLE, Silence, Why, silence_of
from workflows.site_check.rulebook.rule import Rule


def amount_of(rule: Rule, case: Case) -> Amount:
    layer = case.layers[rule.layer]
    silence = silence_of(layer)
    if rule.measure == "distance":
        return _distance(rule, case, silence)
    if rule.measure == "share_above":
        return _share_above(rule, case, silence)
    if rule.measure == "use":
        return planned(rule, case, layer, silence)
    hits, doubtful = _of_class(rule, case, layer)
    why = [*silence.why]
    if doubtful:
        why.append(_unmapped(hit["class"] for hit in doubtful))
    if rule.measure == "attribute":
        return attribute(rule, case, hits, why)
    if rule.measure == "comparison":
        return comparison(rule, case, hits, why)
    return _sum(rule, case, layer, hits, doubtful, silence.share, why)


def classes_meant(rule: Rule, system: ClassSystem | None) -> tuple[str, ...]:
    """The rule's classes with, in a system of prefixes, everything under them; empty means every class."""
    if system is None or system.hierarchy is None:
        return rule.classes
    return tuple(code for code in system.classes if not set(rule.classes).isdisjoint(lineage(code)))


def _of_class(rule: Rule, case: Case, layer: Layer) -> tuple[list[Hit], list[Hit]]:
    """Hits of the rule's classes; and those whose class nobody can read, which may be of them."""
    if not rule.classes:
        return list(layer["hits"]), []
    system = case.system_of(rule.layer)
    wanted = classes_meant(rule, system)
    known = set(wanted) if system is None else system.classes.keys()
    mine = [hit for hit in layer["hits"] if hit["class"] in wanted]
    return mine, [hit for hit in layer["hits"] if hit["class"] not in known]


def _unmapped(classes: Any) -> Why:
    return {
        "code": "class_unmapped",
        "params": {"classes": sorted({str(each or "—") for each in classes})[:10]},
    }


def _sum(
    rule: Rule,
    case: Case,
    layer: Layer,
    hits: Sequence[Hit],
    doubtful: Sequence[Hit],
    silent: float,
    why: list[Why],
) -> Amount:
    """Area, share, length and count: what was found, and what the silent part of the site could add."""
    sliver = bool(hits) and all(hit["sliver"] for hit in hits)
    low: float
    high: float | None
    if rule.measure in ("area", "share"):
        low = _covered(rule, case, layer, hits)
        unsure = silent * case.site_area + sum(hit["area_m2"] or 0.0 for hit in doubtful)
        high = min(case.site_area, low + unsure)
        if sliver:  # two boundaries that differ by less than either was drawn to: it may be nothing
            low, why = 0.0, [*why, sliver_of(layer)]
        if rule.measure == "share":
            low, high = _per_cent(low, case), _per_cent(high, case)
    elif rule.measure == "length":
        low = sum(hit["length_m"] or 0.0 for hit in hits)
        high = None if silent > 0 or doubtful else low
    else:
        low, met = float(sum(not hit["sliver"] for hit in hits)), float(len(hits))
        high = None if silent > 0 or doubtful else met
        if low < met:
            why = [*why, sliver_of(layer)]
    return Amount(low, high, why, features_of(hits), sliver=sliver)


def _covered(rule: Rule, case: Case, layer: Layer, hits: Sequence[Hit]) -> float:
    """m2 of the site under the rule's classes, by union."""
    if len(hits) == len(layer["hits"]):
        return min(float(layer["area_m2"] or 0.0), case.site_area)
    united = case.measures.united.get(rule.code)
    return min(sum(hit["area_m2"] or 0.0 for hit in hits) if united is None else united, case.site_area)


def _per_cent(area: float, case: Case) -> float:
    share = area / case.site_area
    return 100.0 if share >= WHOLE else 100.0 * share


def _distance(rule: Rule, case: Case, silence: Silence) -> Amount:
    """m from the site to the nearest feature; with a setback, from the buildings. Ground nobody speaks for could hold one nearer."""
    reach = rule.limit.value
    assert reach is not None
    around = case.measures.around.get(rule.code)
    why = _silent_around(around, silence, reach)
    nearest = None if around is None else around.nearest
    doubtful = None if around is None else around.doubtful
    # What was not found within reach lies beyond it: the least number that no longer breaks the limit.
    far = math.nextafter(reach, math.inf) if nearest is None else nearest.metres
    near = 0.0 if why else far
    if doubtful is not None and doubtful.metres < near:
        why.append(_unmapped([doubtful.cls]))
        near = doubtful.metres
    features = [] if nearest is None else [_near(nearest)]
    back = 0.0
    # What runs through the site is not held off by keeping from its boundary.
    if rule.figure == "setback" and far > 0 and rule.limit.broken(near, reach):
        setback = case.proposal.setback
        if setback is None:
            missing = {"code": "figure_missing", "params": {"figure": "setback"}}
            return Amount(None, None, [*why, missing], features, nearest=nearest)
        back = setback
    return Amount(near + back, None if nearest is None else far + back, why, features, nearest=nearest)


def _silent_around(around: Surroundings | None, silence: Silence, reach: float) -> list[Why]:
    if silence.whole or around is None or around.covered is None:
        return [*silence.why] or [{"code": "nobody_vouches", "params": {}}]
    if around.set_aside:
        return [{"code": "set_aside_here", "params": {"count": around.set_aside}}]
    if around.covered < WHOLE:
        return [
            {"code": "surroundings_partly_covered", "params": {"covered": around.covered, "within_m": reach}}
        ]
    return []


def _near(nearest: Nearest) -> dict[str, Any]:
    told = nearest.told()
    return {**told, "value": told.pop("metres")}


def _share_above(rule: Rule, case: Case, silence: Silence) -> Amount:
    assert rule.above is not None
    ground = case.measures.rasters.get(rule.layer)
    if ground is None:
        return Amount(0.0, 100.0, [*silence.why])
    sure = 100.0 * ground.share_above(rule.above.value)
    return Amount(sure, min(100.0, sure + 100.0 * (1.0 - ground.held)), [*silence.why])
