"""The answer key's part on rules: at every site, with its proposal, what each rule says and what that comes to.

It asks `demo.judging` and lays out JSON; it judges nothing itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import shapely

from demo import rasters, rules
from demo.ground import Ground
from demo.judging import HOLDS_NOT, LEFT_OUT, Finding, Judge, verdict
from demo.measuring import Index
from demo.meeting import Layers, Meeting
from demo.planned_uses import PlannedUses
from demo.rule_sites import Asked, RuleSites, standard
from demo.rules import Rule
from demo.sites import Site
from layers.codes import ClassSystem

Judged = list[dict[str, Finding]]


def compute(
    g: Ground,
    index: Mapping[str, Index],
    images: Sequence[rasters.Delivered],
    systems: Mapping[str, ClassSystem],
    sites: Sequence[Site],
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """What the key tells of each plain site, in their order; and the key's entries on rules."""
    every = rules.load()
    day = rules.last_change(every)
    holding = rules.holding(every, day)
    layers = Layers(index, {image.layer.code: image for image in images}, systems)
    planned = PlannedUses(systems, day)
    choose = RuleSites(g, layers, planned)
    asked = [
        *standard(sites),
        *choose.as_planned(holding),
        *choose.beside_bad_rows(holding),
        *(one for rule in holding for one in choose.holding(rule)),
    ]
    judged = _judged(holding, asked, layers, planned)
    # A limit that is kept to the letter is shown for every figure; where else nothing is at hand, one place that a rule leaves alone.
    seen = {code for findings in judged for code, finding in findings.items() if finding.state == HOLDS_NOT}
    wanting = [rule for rule in holding if rule.measure == "comparison" or rule.code not in seen]
    more = [one for rule in wanting for one in choose.not_holding(rule)]
    asked, judged = asked + more, judged + _judged(holding, more, layers, planned)
    told = [_told(one, findings) for one, findings in zip(asked, judged, strict=True)]
    pairs = [finding.state for findings in judged for finding in findings.values()]
    return told[: len(sites)], {
        "rule_sites": [
            {
                "name": one.site.name,
                "why": one.site.why,
                "shows": one.shows,
                "area_m2": one.site.shape.area,
                "geometry": json.loads(shapely.to_geojson(one.site.shape)),
                **answer,
            }
            for one, answer in zip(asked[len(sites) :], told[len(sites) :], strict=True)
        ],
        "rules": {
            "day": day.isoformat(),
            "codes": [rule.code for rule in holding],
            "judged": len(pairs) - pairs.count(LEFT_OUT),
            "left_out": pairs.count(LEFT_OUT),
            "verdicts_left_out": sum(answer["verdict"] is None for answer in told),
        },
    }


def _judged(holding: Sequence[Rule], asked: Sequence[Asked], layers: Layers, planned: PlannedUses) -> Judged:
    judge = Judge(
        Meeting([one.site.shape for one in asked], layers), [one.proposal for one in asked], planned
    )
    found: Judged = [{} for _ in asked]
    for rule in holding:
        for number, finding in enumerate(judge.findings(rule)):
            if finding is not None:
                found[number][rule.code] = finding
    return found


def _told(one: Asked, findings: Mapping[str, Finding]) -> dict[str, Any]:
    return {
        "proposal": one.proposal.told(),
        "rules": {
            code: [finding.state, finding.effect, finding.amount]
            for code, finding in findings.items()
            if finding.state != LEFT_OUT
        },
        "left_out": {code: finding.effect for code, finding in findings.items() if finding.state == LEFT_OUT},
        "verdict": verdict(findings.values()),
    }
