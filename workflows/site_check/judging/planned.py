"""The intended use against every planned class under the site. Pure.

A patch is all that lies of one class under the site. One that shares no more than a sliver with it may not lie there at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workflows.site_check.judging.case import Amount, Case, Hit, Layer, features_of, sliver_of
from workflows.site_check.judging.silence import Silence
from workflows.site_check.rulebook.rule import Rule

_GRAVEST = ("conflict", "conditional", "no rule", "conform")


def planned(rule: Rule, case: Case, layer: Layer, silence: Silence) -> Amount:
    """The amount is the area of the gravest result there is; ``use`` tells every patch."""
    why = [*silence.why]
    if not layer["hits"]:
        return Amount(0.0, None if why else 0.0, why, use=[])
    if case.proposal.use is None:
        return Amount(None, None, [*why, {"code": "figure_missing", "params": {"figure": "use"}}], use=[])
    of_class: dict[str | None, list[Hit]] = {}
    for hit in layer["hits"]:
        of_class.setdefault(hit["class"], []).append(hit)
    patches = [_patch(rule, case, cls, hits) for cls, hits in of_class.items()]
    patches.sort(key=lambda patch: (-patch["area_m2"], str(patch["class"])))
    for patch in patches:
        if patch["result"] == "no rule":
            unread = patch["why"] or "use_unruled"
            why.append({"code": unread, "params": {"classes": [patch["class"] or "—"]}})
        elif patch["sliver"] and patch["result"] != "conform":
            why.append(sliver_of(layer))
    solid = [patch for patch in patches if not patch["sliver"]] or patches
    # A conflict that the limit lets pass is not what the finding is about.
    passed = not rule.limit.broken(solid_areas(solid).get("conflict", 0.0), rule.limit.value or 0.0)
    counted = [patch for patch in solid if not (passed and patch["result"] == "conflict")] or solid
    worst = gravest(counted)
    mine = [patch for patch in counted if patch["result"] == worst]
    area = min(sum(patch["area_m2"] for patch in mine), case.site_area)
    hits = [hit for patch in mine for hit in of_class[patch["class"]]]
    sliver = all(patch["sliver"] for patch in mine)
    return Amount(area, None if why else area, why, features_of(hits), sliver=sliver, use=patches)


def gravest(patches: Sequence[Mapping[str, Any]]) -> str | None:
    found = {patch["result"] for patch in patches}
    return next((result for result in _GRAVEST if result in found), None)


def solid_areas(patches: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """m2 by result, of the patches that are more than slivers."""
    areas: dict[str, float] = {}
    for patch in patches:
        if not patch["sliver"]:
            areas[patch["result"]] = areas.get(patch["result"], 0.0) + patch["area_m2"]
    return areas


def _patch(rule: Rule, case: Case, cls: str | None, hits: Sequence[Hit]) -> dict[str, Any]:
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
        "area_m2": sum(hit["area_m2"] or 0.0 for hit in hits),
        "sliver": all(hit["sliver"] for hit in hits),
        "result": "no rule" if judged is None else judged.result,
        "why": "class_unmapped" if judged is None else judged.why,
        "via": [] if judged is None else list(judged.via),
        "crosswalk": None if judged is None else judged.crosswalk,
    }
