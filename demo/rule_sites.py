"""Sites for rules: for every rule one with a proposal at which it holds, and where none is at hand one at which it does not.

Places are looked for on the delivered features of the class or the attribute that a rule is about, so that a site shows what its name
says for any seed; what the rule says there is asked of `demo.judging`. A rule that the district cannot show has no site.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import Any

import numpy as np
import shapely

from demo import rasters
from demo.field import Floats, Shapes
from demo.ground import Ground, Ints
from demo.judging import BREAKS, HOLDS, HOLDS_NOT, Judge, Proposal, concerns, verdict
from demo.meeting import Layers, Meeting
from demo.planned_uses import PlannedUses
from demo.rules import Rule
from demo.sites import DEMO_SITE, Site, box

USES = (
    "0804", "070102", "090101", "100102", "0806", "110101", "0301", "0101", "1401", "1207", "1303", "1504", "1701", "1002", "0703",
)  # fmt: skip
"""What may be intended, the commonest first."""
USUAL = Proposal(height=24.0, floor_area_ratio=2.0, floor_area=8000.0, setback=10.0)
STANDARD = (
    Proposal(),
    replace(USUAL, use="0804"),
    replace(USUAL, use="070102", height=99.0, floor_area_ratio=6.5, floor_area=90_000.0, setback=3.0),
    Proposal(use="100103", height=30.0),
    replace(USUAL, use="09", height=160.0, floor_area=30_000.0),
    Proposal(use="1207"),
    USUAL,
    Proposal(use="0806", height=45.0, setback=20.0),
    Proposal(use="0101"),
)
"""What is proposed at the plain sites, in turn: nothing, everything, and some of it."""
STEPS = {"height": 1.0, "floor_area_ratio": 0.1, "floor_area": 100.0, "setback": 0.5}
"""How far beyond a limit a figure is proposed that breaks it."""
MOST = {"height": 500.0}
"""Where the ground is not known, a limit above the sea is no limit of a building's height: nobody proposes more than this."""
TRIED = 12

Candidate = tuple[shapely.Geometry, dict[str, Any]]
"""A shape, and what of the usual proposal is otherwise there; without a use, what the master plan says of the place."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A site and what is proposed there. shows: the rule for which it was chosen, and the state and effect that it has there."""

    site: Site
    proposal: Proposal
    shows: tuple[str, str, str] | None = None


def standard(sites: Sequence[Site]) -> list[Asked]:
    """The plain sites, each with a proposal; the demo site with the one of `./hetu demo`."""
    school = Proposal(use="0804", height=24.0)
    return [
        Asked(site, school if site.name == DEMO_SITE else STANDARD[number % len(STANDARD)])
        for number, site in enumerate(sites)
    ]


class RuleSites:
    def __init__(self, g: Ground, layers: Layers, planned: PlannedUses) -> None:
        self.g, self.layers, self.planned = g, layers, planned

    def as_planned(self, rules: Sequence[Rule]) -> Iterator[Asked]:
        """A few sites at which what is planned is proposed, and nothing stands against it."""
        fit = np.flatnonzero(
            np.isin(self.g.planned, ("park", "commercial", "office", "square")) & (self.g.area > 4000)
        )
        shapes = [
            box(self.g.middles[plot, 0], self.g.middles[plot, 1], 30.0, 20.0)
            for plot in _spread(fit, 6 * TRIED)
        ]
        low = replace(USUAL, height=10.0, setback=60.0)
        proposals = [replace(low, use=planned) for planned in self._planned_at(shapes)]
        judge = Judge(Meeting(shapes, self.layers), proposals, self.planned)
        every = zip(*(judge.findings(rule) for rule in rules), strict=True)
        good = [
            number
            for number, found in enumerate(every)
            if verdict(each for each in found if each) == "conforms"
        ]
        for count, number in enumerate(good[:3]):
            yield Asked(
                Site(f"as_planned_{count}", "nothing stands against what is planned", shapes[number]),
                proposals[number],
            )

    def beside_bad_rows(self, rules: Sequence[Rule]) -> Iterator[Asked]:
        """In each layer that rules are about and some of whose rows are no shapes: where such a row lies."""
        for layer in dict.fromkeys(rule.layer for rule in rules if rule.layer in self.layers.index):
            for bad in self.layers.index[layer].aside[:1]:
                if bad is not None and not bad.is_empty:
                    west, south, east, north = bad.bounds
                    shape = box((west + east) / 2, (south + north) / 2, 60.0, 50.0)
                    proposal = replace(USUAL, use=self._planned_at([shape])[0])
                    yield Asked(
                        Site(f"{layer}_set_aside", "a row that is no shape lies here", shape), proposal
                    )

    def holding(self, rule: Rule) -> Iterator[Asked]:
        """One site for each effect that the rule can have."""
        for effect in dict.fromkeys((rule.worst, rule.on_conditional or rule.worst, rule.effect)):
            yield from self._best(rule, HOLDS, effect, self._against(rule, effect))

    def not_holding(self, rule: Rule) -> Iterator[Asked]:
        yield from self._best(rule, HOLDS_NOT, rule.effect, self._clear(rule))

    def _best(self, rule: Rule, state: str, effect: str, candidates: Iterable[Candidate]) -> Iterator[Asked]:
        """Of the first dozen among which the rule says what was wanted the first; one that measures something before one that touches."""
        inside = (each for each in candidates if shapely.covers(self.g.outline, each[0]))
        while tried := list(islice(inside, TRIED)):
            shapes = [shape for shape, _ in tried]
            planned = self._planned_at(shapes)
            proposals = [_proposal(rule, use, said) for use, (_, said) in zip(planned, tried, strict=True)]
            judge = Judge(Meeting(shapes, self.layers), proposals, self.planned)
            fit = [
                ((finding.amount or 0.0) > 0, -number)
                for number, finding in enumerate(judge.findings(rule))
                if finding is not None and (finding.state, finding.effect) == (state, effect)
            ]
            if fit:
                number = -max(fit)[1]
                word = {rule.on_conflict: "conflict", rule.on_conditional: "conditional"}.get(
                    effect, "conform"
                )
                word = word if rule.measure == "use" and state == HOLDS else state
                site = Site(f"{rule.code}_{word}".replace(" ", "_"), f"{rule.code}: {word}", shapes[number])
                yield Asked(site, proposals[number], (rule.code, state, effect))
                return

    def _planned_at(self, shapes: Sequence[shapely.Geometry]) -> list[str]:
        """The use that the master plan has named at the middle of each."""
        index = self.layers.index["land_use_master_plan"]
        middle, at = index.tree.query(shapely.centroid(shapes), predicate="intersects")
        planned = self.layers.classes("land_use_master_plan")[at]
        found = dict(zip(middle.tolist(), planned.tolist(), strict=True))
        return [found.get(number, "16") for number in range(len(shapes))]

    def _against(self, rule: Rule, effect: str) -> Iterator[Candidate]:
        """Where the rule may hold."""
        if rule.measure == "use":
            wanted = {rule.on_conflict: "conflict", rule.on_conditional: "conditional"}.get(effect, "conform")
            yield from self._planned(rule, wanted)
        elif rule.measure == "share_above":
            yield from ((shape, {}) for shape in self._high(rule))
        elif rule.measure == "share" and rule.op == "under":
            yield from ((shape, {}) for shape in self._places())
        elif rule.measure in ("attribute", "comparison"):
            yield from self._by_feature(rule, breaking=True)
        else:
            said = {"setback": round(0.3 * rule.number, 3)} if rule.figure else {}
            yield from ((shape, said) for shape in self._at_features(rule))

    def _clear(self, rule: Rule) -> Iterator[Candidate]:
        """Where it may not."""
        if rule.measure == "distance" and rule.figure is not None:
            yield from ((shape, {"setback": rule.number + 1.0}) for shape in self._at_features(rule))
        elif rule.measure in ("attribute", "comparison"):
            yield from self._by_feature(rule, breaking=False)
        elif rule.measure == "share" and rule.op == "under":
            yield from ((shape, {}) for shape in self._at_features(rule))
        else:
            yield from ((shape, {}) for shape in self._places())

    def _at_features(self, rule: Rule) -> Iterator[shapely.Geometry]:
        """Boxes on features of the rule's classes, or as far beside them as half the distance that it wants kept."""
        every = np.flatnonzero(self.layers.of(rule.layer, rule.classes))
        shapes = self.layers.index[rule.layer].shapes[_spread(every)]
        if rule.measure == "distance":
            lines = np.where(shapely.get_dimensions(shapes) == 2, shapely.boundary(shapes), shapes)
            away = rule.number / 2
            for (x, y), (east, north) in product(_on(lines), ((1, 0), (0, 1), (-1, 0), (0, -1))):
                yield box(x + east * (20 + away), y + north * (15 + away), 40.0, 30.0)
        elif rule.measure == "area" and rule.number > 0:
            for (x, y), more in product(_on(shapes), (1.3, 2.2, 4.0)):
                side = np.sqrt(rule.number * more)
                yield box(x, y, side, side)
        else:
            small = 0.2 if rule.measure == "share" else 1.0
            for (x, y), side in zip(_on(shapes), _sides(shapes) * small, strict=True):
                yield box(x, y, side, side * 0.7)

    def _by_feature(self, rule: Rule, breaking: bool) -> Iterator[Candidate]:
        """On features whose own attribute is the limit or is held against it; figures just beyond the limit, or on it."""
        every = np.flatnonzero(self.layers.of(rule.layer, rule.classes))
        if rule.attribute is not None:
            values = self.layers.attribute(rule.layer, rule.attribute, every)
            every = every[[BREAKS[rule.op](value, rule.number) == breaking for value in values.tolist()]]
        at = _spread(every)
        shapes = self.layers.index[rule.layer].shapes[at]
        for number, (x, y), side in zip(at, _on(shapes), _sides(shapes), strict=True):
            shape = box(x, y, side, side * 0.7)
            if rule.figure is None:
                yield shape, {}
                continue
            figure = self._limit(rule, number)
            if BREAKS[rule.op](figure, figure) != breaking:
                figure += STEPS[rule.figure] * (1 if breaking == (rule.op in ("over", "at least")) else -1)
            if rule.plus is not None:
                figure = np.floor(figure - self._highest(rule.plus, shape)) + breaking
            if 0 < figure <= MOST.get(rule.figure, figure):
                yield shape, {rule.figure: round(float(figure), 3)}

    def _limit(self, rule: Rule, at: int) -> float:
        if isinstance(rule.limit, float):
            return rule.limit
        return float(self.layers.attribute(rule.layer, rule.limit, np.array([at]))[0])

    def _highest(self, layer: str, shape: shapely.Geometry) -> float:
        return float(Meeting([shape], self.layers).cells(layer, 0).max(initial=rasters.NODATA))

    def _planned(self, rule: Rule, wanted: str) -> Iterator[Candidate]:
        """Inside patches whose class says to some use what is wanted."""
        index, told = self.layers.index[rule.layer], self.layers.classes(rule.layer)
        system = str(index.layer.class_system)
        for use in (use for use in USES if concerns(rule, use)):
            classes = [
                code
                for code in np.unique(told).tolist()
                if self.planned.says(str(rule.table), system, code, use) == wanted
            ]
            shapes = index.shapes[_spread(np.flatnonzero(np.isin(told, classes)), 4)]
            for (x, y), side in zip(_on(shapes), _sides(shapes), strict=True):
                yield box(x, y, side * 0.4, side * 0.3), {"use": use}

    def _high(self, rule: Rule) -> Iterator[shapely.Geometry]:
        """Boxes of about five by four cells, of which all lie above the rule's level."""
        image = self.layers.images[rule.layer]
        above = image.cells > np.float32(rule.above)
        whole = np.lib.stride_tricks.sliding_window_view(above, (5, 5)).all(axis=(2, 3))
        row, column = np.nonzero(whole)
        for k in _spread(np.arange(len(row))):
            yield box(image.x[column[k] + 2] + 1, image.y[row[k] + 2] - 1, 4.6 * image.cell, 3.8 * image.cell)

    def _places(self) -> Iterator[shapely.Geometry]:
        """Inside plots all over the district."""
        fit = np.flatnonzero(self.g.open_ground & (self.g.area > 4000))
        for plot in _spread(fit, 12 * TRIED):
            x, y = self.g.middles[plot]
            yield box(x, y, 36.0, 24.0)


def _proposal(rule: Rule, planned: str, said: Mapping[str, Any]) -> Proposal:
    """The usual one, with a use that the rule concerns: what is planned there, if that is one."""
    use = next(use for use in (planned, *rule.uses, *USES) if concerns(rule, use))
    return replace(USUAL, **{"use": use, **said})


def _spread(numbers: Ints, count: int = TRIED) -> Ints:
    """So many of them from the first to the last, in even steps."""
    steps = np.unique(np.linspace(0, len(numbers) - 1, count).round().astype(np.int64))
    return numbers[steps] if len(numbers) else numbers


def _on(shapes: Shapes) -> Floats:
    """A place on each: in a polygon, midway on a line, the point itself."""
    lines = shapely.get_dimensions(shapes) == 1
    merged = shapely.line_merge(shapes)
    middles = shapely.line_interpolate_point(
        np.where(lines, shapely.get_geometry(merged, 0), None), 0.5, normalized=True
    )
    return np.asarray(shapely.get_coordinates(np.where(lines, middles, shapely.point_on_surface(shapes))))


def _sides(shapes: Shapes) -> Floats:
    """How wide a box may be so as to lie in a polygon, mostly; on lines and points it may be anything."""
    return np.asarray(
        np.where(
            shapely.get_dimensions(shapes) == 2, np.clip(0.5 * np.sqrt(shapely.area(shapes)), 4, 70), 60.0
        )
    )
