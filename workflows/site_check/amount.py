"""The amount that a rule's limit is held against, as an interval, one way for each measure of the closed set. Pure.

The low end was measured. The high end is what it could be, given where there is no data, what was set aside, what failed and which figure
the proposal lacks; ``why`` tells which of these parted the two. Whether a limit is broken is ``judge``'s business.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from layers.codes import ClassSystem, lineage
from workflows.site_check.case import Amount, Case, Layer, Nearest, Surroundings
from workflows.site_check.rule import Rule
from workflows.site_check.silence import WHOLE, Silence, Why, silence_of

MOST_FEATURES = 20
Hit = Mapping[str, Any]


def amount_of(rule: Rule, case: Case) -> Amount:
    layer = case.layers[rule.layer]
    silence = silence_of(layer)
    if rule.measure == "distance" or rule.figure == "setback":
        return _distance(rule, case, silence)
    if rule.measure == "share_above":
        return _share_above(rule, case, silence)
    if rule.measure == "use":
        return _use(rule, case, layer, silence)
    hits, doubtful = _of_class(rule, case, layer)
    why = [*silence.why]
    if doubtful:
        why.append(_unmapped(hit["class"] for hit in doubtful))
    if rule.measure == "attribute":
        return _attribute(rule, case, hits, why)
    if rule.measure == "comparison":
        return _comparison(rule, case, hits, why)
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
        if rule.measure == "share":
            low, high = _per_cent(low, case), _per_cent(high, case)
    else:
        low = sum(hit["length_m"] or 0.0 for hit in hits) if rule.measure == "length" else float(len(hits))
        high = None if silent > 0 or doubtful else low
    return Amount(low, high, why, _features(hits), sliver=sliver)


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
    if rule.figure == "setback" and rule.limit.broken(near, reach):
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


def _attribute(rule: Rule, case: Case, hits: Sequence[Hit], why: list[Why]) -> Amount:
    """The strongest value among the features hit; one that does not tell it, or ground nobody speaks for, could be stronger."""
    assert rule.attribute is not None
    values = {hit["id"]: _number(case, rule.layer, hit["id"], rule.attribute) for hit in hits}
    features = _features(hits, values)
    known = [value for value in values.values() if value is not None]
    if len(known) < len(values):
        why = [*why, {"code": "attribute_missing", "params": {"attribute": rule.attribute}}]
    upward = rule.limit.upward
    weakest = -math.inf if upward else math.inf
    strongest = (max(known) if upward else min(known)) if known else weakest
    if not why:
        return Amount(strongest, strongest, why, features)
    return (
        Amount(strongest, math.inf, why, features) if upward else Amount(-math.inf, strongest, why, features)
    )


def _comparison(rule: Rule, case: Case, hits: Sequence[Hit], why: list[Why]) -> Amount:
    """A figure of the proposal where the layer is hit, against one limit or against the strictest of the features' own."""
    assert rule.figure is not None
    upward = rule.limit.upward
    harmless = -math.inf if upward else math.inf
    limits = {hit["id"]: _limit_of(rule, case, hit["id"]) for hit in hits}
    features = _features(hits, limits)
    if not hits and not why:
        return Amount(harmless, harmless, why, features)
    known = [value for value in limits.values() if value is not None]
    if len(known) < len(limits):
        why = [*why, {"code": "attribute_missing", "params": {"attribute": rule.limit.attribute}}]
    figure = case.proposal.figure(rule.figure)
    if figure is None:
        return Amount(
            None, None, [*why, {"code": "figure_missing", "params": {"figure": rule.figure}}], features
        )
    if rule.plus is not None:
        ground = case.measures.rasters.get(rule.plus)
        if ground is None or ground.most is None:
            return Amount(
                None, None, [*why, {"code": "ground_unknown", "params": {"layer": rule.plus}}], features
            )
        figure += ground.most
        if ground.held < WHOLE:  # higher ground may lie where no cell says
            why = [*why, {"code": "ground_unknown", "params": {"layer": rule.plus}}]
    if rule.limit.value is not None:
        surely = bool(hits) or not rule.limit.broken(figure, rule.limit.value)
        return Amount(figure, figure, [], features) if surely else Amount(None, None, why, features)
    strictest = (min(known) if upward else max(known)) if known else None
    if strictest is not None and (not why or rule.limit.broken(figure, strictest)):
        return Amount(figure, figure, [], features, limit=strictest)
    return Amount(None, None, why, features, limit=strictest)


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


def _use(rule: Rule, case: Case, layer: Layer, silence: Silence) -> Amount:
    """Every planned class under the site against the intended use; the amount is that of the worst result there is."""
    why = [*silence.why]
    if not layer["hits"]:
        return Amount(0.0, 0.0, why, use=[])
    if case.proposal.use is None:
        return Amount(None, None, [*why, {"code": "figure_missing", "params": {"figure": "use"}}], use=[])
    areas: dict[str | None, float] = {}
    for hit in layer["hits"]:
        areas[hit["class"]] = areas.get(hit["class"], 0.0) + (hit["area_m2"] or 0.0)
    heaviest = sorted(areas.items(), key=lambda each: (-each[1], str(each[0])))
    patches = [_patch(rule, case, cls, area) for cls, area in heaviest]
    unread = [patch for patch in patches if patch["result"] == "no rule"]
    why += [
        {"code": patch["why"] or "use_unruled", "params": {"classes": [patch["class"] or "—"]}}
        for patch in unread
    ]
    worst = worst_of(patches)
    of_worst = {patch["class"] for patch in patches if patch["result"] == worst}
    hits = [hit for hit in layer["hits"] if hit["class"] in of_worst]
    area = min(sum(patch["area_m2"] for patch in patches if patch["result"] == worst), case.site_area)
    sliver = all(hit["sliver"] for hit in hits)
    return Amount(area, area if not why else None, why, _features(hits), sliver=sliver, use=patches)


def worst_of(patches: Sequence[Mapping[str, Any]]) -> str | None:
    found = {patch["result"] for patch in patches}
    return next(
        (result for result in ("conflict", "conditional", "no rule", "conform") if result in found), None
    )


def _patch(rule: Rule, case: Case, cls: str | None, area: float) -> dict[str, Any]:
    assert rule.table is not None
    assert case.proposal.use is not None
    system = case.system_of(rule.layer)
    entry = None if system is None or cls is None else system.classes.get(cls)
    judged = None
    if system is not None and entry is not None:
        judged = case.judge_use(rule.table, system.code, entry.code, case.proposal.use)
    return {
        "class": cls,
        "class_name": None if entry is None else {"zh": entry.zh, "en": entry.en},
        "area_m2": area,
        "result": "no rule" if judged is None else judged.result,
        "why": "class_unmapped" if judged is None else judged.why,
        "via": [] if judged is None else list(judged.via),
        "crosswalk": None if judged is None else judged.crosswalk,
    }


def _features(hits: Sequence[Hit], values: Mapping[int, float | None] | None = None) -> list[dict[str, Any]]:
    return [
        {
            **{key: hit[key] for key in ("id", "ident", "name", "class")},
            "value": None if values is None else values.get(hit["id"]),
        }
        for hit in hits[:MOST_FEATURES]
    ]
