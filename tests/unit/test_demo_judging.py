"""The key's own judge on places small enough to be reckoned by hand: it must not be right only because the product says the same."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pytest
import shapely

from demo import rules
from demo.delivery import Delivered
from demo.judging import CANNOT_SAY, HOLDS, HOLDS_NOT, LEFT_OUT, Finding, Judge, Proposal, verdict
from demo.measuring import Index
from demo.meeting import Layers, Meeting
from demo.planned_uses import PlannedUses, lies_under
from layers import catalogue as catalogues
from layers.model import Catalogue

SITE = shapely.box(0, 0, 10, 10)
WIDE = shapely.box(-1000, -1000, 1000, 1000)
DAY = date(2026, 6, 1)


@cache
def catalogue() -> Catalogue:
    return catalogues.load()


def says(
    layer: str,
    shapes: list[shapely.Geometry],
    rule: dict[str, Any],
    *,
    classes: list[str] | None = None,
    facts: dict[str, list[float]] | None = None,
    speaks: shapely.Geometry = WIDE,
    **proposed: Any,
) -> tuple[str, str, float | None]:
    columns = {name: np.array(values) for name, values in (facts or {}).items()}
    codes = None if classes is None else np.array(classes, dtype=object)
    found = Delivered(catalogue().layers[layer], np.array(shapes, dtype=object), columns, codes, (), speaks)
    layers = Layers({layer: Index(found, speaks)}, {}, catalogue().classes)
    said = {"layer": layer, "effect": "restrict", "since": "2020-01-01", **rule}
    judge = Judge(Meeting([SITE], layers), [Proposal(**proposed)], PlannedUses(catalogue().classes, DAY))
    (finding,) = judge.findings(rules._rule("it", said))
    assert finding is not None
    return (finding.state, finding.effect, finding.amount)


AREA = {"measure": "area", "limit": "over 0 m2"}
HALF = shapely.box(-20, 0, 5, 10)
TOUCH = shapely.box(10, 0, 30, 10)
EDGE = shapely.box(-1000, -1000, 5, 1000)


@pytest.mark.parametrize(
    ("shapes", "rule", "speaks", "wanted"),
    [
        ([HALF], AREA, WIDE, (HOLDS, "restrict", 50.0)),
        ([HALF, shapely.box(0, 0, 8, 10)], AREA, WIDE, (HOLDS, "restrict", 80.0)),
        ([TOUCH], AREA, WIDE, (HOLDS_NOT, "restrict", None)),
        ([shapely.box(9.6, -5, 30, 15)], AREA, WIDE, (CANNOT_SAY, "restrict", None)),
        ([shapely.box(10 - 1e-5, 0, 30, 10)], AREA, WIDE, (LEFT_OUT, "restrict", None)),
        ([TOUCH], AREA, EDGE, (CANNOT_SAY, "restrict", None)),
        ([HALF], {"measure": "area", "limit": "over 60 m2"}, EDGE, (CANNOT_SAY, "restrict", None)),
        ([HALF], {"measure": "area", "limit": "over 60 m2"}, WIDE, (HOLDS_NOT, "restrict", None)),
        ([HALF], {"measure": "share", "limit": "under 100 %"}, WIDE, (HOLDS, "restrict", 50.0)),
        ([HALF], {"measure": "share", "limit": "under 100 %"}, EDGE, (CANNOT_SAY, "restrict", None)),
        ([WIDE], {"measure": "share", "limit": "under 100 %"}, WIDE, (HOLDS_NOT, "restrict", None)),
        ([HALF], {"measure": "count", "limit": "over 0 features"}, WIDE, (HOLDS, "restrict", 1.0)),
    ],
)
def test_what_a_site_shares(
    shapes: list[shapely.Geometry],
    rule: dict[str, Any],
    speaks: shapely.Geometry,
    wanted: tuple[str, str, float | None],
) -> None:
    assert says("prohibited_construction_boundary", shapes, rule, speaks=speaks) == wanted


NEAR = {"measure": "distance", "limit": "under 15 m"}
KEPT = {**NEAR, "figure": "setback"}


@pytest.mark.parametrize(
    ("x", "rule", "setback", "speaks", "wanted"),
    [
        (18, NEAR, None, WIDE, (HOLDS, "restrict", 8.0)),
        (30, NEAR, None, WIDE, (HOLDS_NOT, "restrict", None)),
        (30, NEAR, None, shapely.box(-1000, -5, 1000, 1000), (CANNOT_SAY, "restrict", None)),
        (18, NEAR, None, shapely.box(-1000, -5, 1000, 1000), (HOLDS, "restrict", 8.0)),
        (18, KEPT, 5.0, WIDE, (HOLDS, "restrict", 13.0)),
        (18, KEPT, 7.5, WIDE, (HOLDS_NOT, "restrict", None)),
        (18, KEPT, None, WIDE, (CANNOT_SAY, "restrict", None)),
        (30, KEPT, None, WIDE, (HOLDS_NOT, "restrict", None)),
        (5, KEPT, 100.0, WIDE, (HOLDS, "restrict", 0.0)),
        (25, NEAR, None, WIDE, (LEFT_OUT, "restrict", None)),
    ],
)
def test_how_far_a_line_stands(
    x: float,
    rule: dict[str, Any],
    setback: float | None,
    speaks: shapely.Geometry,
    wanted: tuple[str, str, float | None],
) -> None:
    line = shapely.LineString([(x, -500), (x, 500)])
    assert says("railway", [line], rule, speaks=speaks, setback=setback) == wanted


def test_the_strictest_of_the_features_own_limits_counts() -> None:
    zones = [shapely.box(-50, -50, 5, 50), shapely.box(5, -50, 50, 50)]
    rule = {"measure": "comparison", "figure": "height", "limit": "over XG m"}
    facts = {"XG": [100.0, 24.0]}
    assert says("height_control_zone", zones, rule, facts=facts, height=24.0)[0] == HOLDS_NOT
    assert says("height_control_zone", zones, rule, facts=facts, height=25.0) == (HOLDS, "restrict", 25.0)
    assert says("height_control_zone", zones, rule, facts=facts)[0] == CANNOT_SAY
    sliver = [shapely.box(-50, -50, 9.5, 50), shapely.box(9.5, -50, 50, 50)]
    assert says("height_control_zone", sliver, rule, facts=facts, height=25.0)[0] == CANNOT_SAY
    assert says("height_control_zone", sliver, rule, facts=facts, height=101.0)[0] == HOLDS


USE = {
    "measure": "use",
    "effect": "conform",
    "table": "planned_use",
    "on_conflict": "forbid",
    "on_conditional": "inform",
}


@pytest.mark.parametrize(
    ("planned", "use", "wanted"),
    [
        (["070102", "0804"], "0701", (HOLDS, "forbid", 40.0)),
        (["0804", "0804"], "080403", (HOLDS, "conform", 100.0)),
        (["0804", "0805"], "0804", (HOLDS, "inform", 40.0)),
        (["0804", "0805"], None, (CANNOT_SAY, "forbid", None)),
    ],
)
def test_the_gravest_patch_counts(
    planned: list[str], use: str | None, wanted: tuple[str, str, float | None]
) -> None:
    patches = [shapely.box(-50, -50, 6, 50), shapely.box(6, -50, 50, 50)]
    assert says("spatial_plan_use", patches, USE, classes=planned, use=use) == wanted


@pytest.mark.parametrize(
    ("table", "system", "planned", "use", "wanted"),
    [
        ("planned_use", "gb50137", "R2", "070102", "conform"),
        ("planned_use", "gb50137", "R2", "080404", "conditional"),
        ("planned_use", "gb50137", "R2", "1001", "conflict"),
        ("planned_use", "gb50137", "R2", "07", "conditional"),
        ("planned_use", "sz_letters", "M0", "1001", "no rule"),
        ("land_use_zone", "land_use_zone", "990", "0101", "no rule"),
        ("function_area", "function_area", "manufacturing", "080403", "conflict"),
        ("function_area", "function_area", "manufacturing", "080401", "conditional"),
        ("no_table", "gb50137", "R2", "070102", "no rule"),
    ],
)
def test_what_the_files_say_of_a_use(table: str, system: str, planned: str, use: str, wanted: str) -> None:
    assert PlannedUses(catalogue().classes, DAY).says(table, system, planned, use) == wanted


def test_a_word_of_letters_is_one_sign() -> None:
    assert lies_under("GIC1", "GIC")
    assert not lies_under("GIC1", "G")
    assert lies_under("0101", "01")
    assert not lies_under("01", "0101")


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ([(HOLDS, "forbid"), (CANNOT_SAY, "forbid")], "cannot be built"),
        ([(HOLDS, "restrict"), (CANNOT_SAY, "forbid")], "cannot say"),
        ([(HOLDS, "needs_opinion"), (HOLDS_NOT, "forbid")], "only under conditions"),
        ([(CANNOT_SAY, "restrict"), (HOLDS, "conform")], "only under conditions"),
        ([(HOLDS, "inform"), (HOLDS, "conform"), (CANNOT_SAY, "inform")], "conforms"),
        ([(LEFT_OUT, "forbid"), (HOLDS, "restrict")], None),
        ([(LEFT_OUT, "restrict"), (HOLDS, "restrict")], "only under conditions"),
    ],
)
def test_what_all_comes_to(told: list[tuple[str, str]], wanted: str | None) -> None:
    assert verdict(Finding(state, effect) for state, effect in told) == wanted


def test_of_a_rule_that_changed_the_version_of_the_day_holds() -> None:
    every = [rule for rule in rules.load() if rule.code == "railway_dangerous_goods"]
    assert [rule.number for rule in rules.holding(every, date(2013, 12, 31))] == [200.0]
    assert [rule.number for rule in rules.holding(every, date(2014, 1, 1))] == [40.0]
    assert rules.holding(every, date(2005, 3, 31)) == []
