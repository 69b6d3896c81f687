"""What every rule says to a proposal on a site, worked out from the district as it was drawn: the other way of judging.

Of everything that could be true where a layer is silent, or shares no more than its boundaries may be wrong, the mildest and the harshest
are asked: a rule holds where both break its limit, holds not where neither does, and else nobody can say. It shares no code with the
product's judge and must not. What stands so near a limit that two honest ways may differ is left out.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import shapely

from demo import rasters
from demo.meeting import STIR, WHOLE, Mask, Meeting
from demo.planned_uses import PlannedUses, in_any
from demo.rules import Rule

HOLDS, HOLDS_NOT, CANNOT_SAY, LEFT_OUT = "holds", "holds not", "cannot say", "left out"
BREAKS: Mapping[str, Callable[[float, float], bool]] = {
    "over": operator.gt,
    "at least": operator.ge,
    "under": operator.lt,
    "at most": operator.le,
}
NEAR_EDGE = 0.985
"""Ground within a distance ends in arcs, which are drawn with more corners or fewer: they differ by less than this share of the distance."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Intended use (a land and sea use code), m, ratio, m2, m; None: not told."""

    use: str | None = None
    height: float | None = None
    floor_area_ratio: float | None = None
    floor_area: float | None = None
    setback: float | None = None

    def told(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True)
class Finding:
    """effect: what it has where it holds, else the gravest it could have; amount: what was measured, where it holds."""

    state: str
    effect: str
    amount: float | None = None


class Judge:
    def __init__(self, meeting: Meeting, proposals: Sequence[Proposal], planned: PlannedUses) -> None:
        self.meeting, self.proposals, self.planned = meeting, proposals, planned

    def findings(self, rule: Rule) -> list[Finding | None]:
        """One for each site, None where the rule does not concern the proposal."""
        concerned = {use: concerns(rule, use) for use in {proposal.use for proposal in self.proposals}}
        return [
            self._finding(rule, number, proposal) if concerned[proposal.use] else None
            for number, proposal in enumerate(self.proposals)
        ]

    def _finding(self, rule: Rule, number: int, proposal: Proposal) -> Finding:
        if rule.measure == "share_above":
            found = self._cells(rule, number)
        elif self.meeting.met(rule.layer).hair[number]:
            found = Finding(LEFT_OUT, rule.worst)
        elif rule.measure == "use":
            found = self._use(rule, number, proposal)
        elif rule.measure == "distance":
            found = self._distance(rule, number, proposal)
        elif rule.measure in ("attribute", "comparison"):
            found = self._by_feature(rule, number, proposal)
        else:
            found = self._sum(rule, number)
        if found.state == HOLDS and rule.uses and proposal.use is None:
            return Finding(CANNOT_SAY, rule.effect)
        return found

    def _silent(self, rule: Rule, number: int) -> float:
        """Share of the site on which nobody says what there is."""
        return float(1.0 - self.meeting.met(rule.layer).covered[number])

    def _sum(self, rule: Rule, number: int) -> Finding:
        hits = self.meeting.hits(rule.layer, rule.classes, number)
        silent, site = self._silent(rule, number), float(self.meeting.areas[number])
        if not len(hits.at) and not silent:
            return _between(rule, 0.0, 0.0)
        if rule.measure == "count":
            return _between(rule, hits.solid.sum(), np.inf if silent else len(hits.at))
        if rule.measure == "length":
            length = float(hits.amount.sum())
            return _between(rule, length, np.inf if silent else length, 1e-3)
        area = float(hits.amount.sum() if len(hits.at) < 2 else shapely.union_all(hits.parts).area)
        most = min(site, area + silent * site)
        least = area if hits.solid.any() else 0.0
        if rule.measure == "area":
            return _between(rule, least, most, 1e-6 * site)
        return _between(rule, _per_cent(least / site), _per_cent(most / site), 1e-4)

    def _distance(self, rule: Rule, number: int, proposal: Proposal) -> Finding:
        """From the site to the nearest; where that stands outside, from the buildings, which keep back from the boundary."""
        reach = rule.number
        far = float(self.meeting.nearest(rule.layer, rule.classes, reach)[number])
        edge = float(self.meeting.spoken(rule.layer)[1][number])
        if NEAR_EDGE * reach < edge < reach + STIR or abs(far - reach) < 2 * STIR or 0 < far < STIR:
            return Finding(LEFT_OUT, rule.effect)
        near, back = far if edge >= reach else 0.0, 0.0
        if rule.figure is not None and far > 0 and near <= reach:
            if proposal.setback is None:
                return Finding(CANNOT_SAY, rule.effect)
            back = proposal.setback
        return _between(rule, near + back, far + back, STIR, measured=far + back)

    def _cells(self, rule: Rule, number: int) -> Finding:
        cells = self.meeting.cells(rule.layer, number)
        if not len(cells):
            return Finding(LEFT_OUT, rule.effect)
        sure = int((cells > np.float32(rule.above)).sum())
        unknown = int((cells == rasters.NODATA).sum())
        return _between(rule, 100 * sure / len(cells), 100 * (sure + unknown) / len(cells), 1e-6)

    def _by_feature(self, rule: Rule, number: int, proposal: Proposal) -> Finding:
        """Each feature met breaks the limit or does not; one that nobody knows of might."""
        hits = self.meeting.hits(rule.layer, rule.classes, number)
        silent = self._silent(rule, number) > 0
        if rule.attribute is not None:
            values = self.meeting.layers.attribute(rule.layer, rule.attribute, hits.at)
            broken = np.array([BREAKS[rule.op](value, rule.number) for value in values.tolist()], dtype=bool)
            strongest = max if rule.op in ("over", "at least") else min
            return _any(
                rule, broken, hits.solid, silent, strongest(values[broken & hits.solid], default=None)
            )
        if not len(hits.at) and not silent:
            return Finding(HOLDS_NOT, rule.effect)
        figure: float | None = getattr(proposal, rule.figure or "")
        if figure is None:
            return Finding(CANNOT_SAY, rule.effect)
        near = 0.0
        if rule.plus is not None:
            ground = self.meeting.cells(rule.plus, number)
            known = ground[ground != rasters.NODATA]
            if not len(ground):
                return Finding(LEFT_OUT, rule.effect)
            if not len(known):
                return Finding(CANNOT_SAY, rule.effect)
            figure, near = figure + float(known.max()), 0.01
            silent |= len(known) < len(ground)
        if isinstance(rule.limit, str):
            limits = self.meeting.layers.attribute(rule.layer, rule.limit, hits.at)
        else:
            limits = np.full(len(hits.at), rule.limit)
            silent &= BREAKS[rule.op](figure, rule.limit)
        if (np.abs(limits - figure) < near).any():
            return Finding(LEFT_OUT, rule.effect)
        broken = np.array([BREAKS[rule.op](figure, limit) for limit in limits.tolist()], dtype=bool)
        return _any(rule, broken, hits.solid, silent, figure)

    def _use(self, rule: Rule, number: int, proposal: Proposal) -> Finding:
        """Every planned class under the site against the intended use; the gravest that there is counts, with all its area."""
        hits = self.meeting.hits(rule.layer, (), number)
        open_ended = self._silent(rule, number) > 0
        site = float(self.meeting.areas[number])
        if not len(hits.at):
            return Finding(CANNOT_SAY, rule.worst) if open_ended else Finding(HOLDS_NOT, rule.effect)
        if proposal.use is None:
            return Finding(CANNOT_SAY, rule.worst)
        system = str(self.meeting.layers.index[rule.layer].layer.class_system)
        classes = self.meeting.layers.classes(rule.layer)[hits.at]
        area = {"conflict": 0.0, "conditional": 0.0, "conform": 0.0}
        for planned in np.unique(classes).tolist():
            mine = classes == planned
            says = self.planned.says(str(rule.table), system, planned, proposal.use)
            if hits.solid[mine].any() and says != "no rule":
                area[says] += float(hits.amount[mine].sum())
            elif says != "conform":
                open_ended = True
        if 0 < abs(area["conflict"] - rule.number) < 1e-6 * site:
            return Finding(LEFT_OUT, rule.worst)
        if BREAKS[rule.op](area["conflict"], rule.number):
            return Finding(HOLDS, rule.worst, min(site, area["conflict"]))
        if open_ended:
            return Finding(CANNOT_SAY, rule.worst)
        if area["conditional"]:
            return Finding(HOLDS, str(rule.on_conditional), min(site, area["conditional"]))
        return Finding(
            HOLDS if area["conform"] else HOLDS_NOT, rule.effect, min(site, area["conform"]) or None
        )


def concerns(rule: Rule, use: str | None) -> bool:
    if use is None:
        return True
    return (not rule.uses or in_any(use, rule.uses)) and not in_any(use, rule.excepted)


def _per_cent(share: float) -> float:
    return 100.0 if share >= WHOLE else 100.0 * share


def _between(
    rule: Rule, least: float, most: float, near: float = 0.0, measured: float | None = None
) -> Finding:
    """From the least and the most that the amount can be; ``near``: how far from the limit two honest ways may still differ."""
    if any(0 < abs(end - rule.number) <= near for end in (least, most)):
        return Finding(LEFT_OUT, rule.effect)
    mild, harsh = (BREAKS[rule.op](end, rule.number) for end in (least, most))
    if mild != harsh:
        return Finding(CANNOT_SAY, rule.effect)
    if not mild:
        return Finding(HOLDS_NOT, rule.effect)
    return Finding(HOLDS, rule.effect, float(least if measured is None else measured))


def _any(rule: Rule, broken: Mask, solid: Mask, silent: bool, amount: float | None) -> Finding:
    if (broken & solid).any():
        return Finding(HOLDS, rule.effect, amount)
    return Finding(CANNOT_SAY if silent or broken.any() else HOLDS_NOT, rule.effect)


def verdict(findings: Iterable[Finding]) -> str | None:
    """What all together come to; None where what was left out could decide it."""
    found = list(findings)
    ways = {
        _verdict([Finding(state, each.effect) if each.state == LEFT_OUT else each for each in found])
        for state in (HOLDS, HOLDS_NOT, CANNOT_SAY)
    }
    return ways.pop() if len(ways) == 1 else None


def _verdict(findings: Sequence[Finding]) -> str:
    holding = {each.effect for each in findings if each.state == HOLDS}
    unsure = {each.effect for each in findings if each.state == CANNOT_SAY}
    if "forbid" in holding:
        return "cannot be built"
    if "forbid" in unsure:
        return "cannot say"
    return "conforms" if (holding | unsure) <= {"inform", "conform"} else "only under conditions"
