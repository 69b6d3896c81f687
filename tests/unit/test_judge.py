"""What rules make of measures: intervals, silence, and the one sentence at the end."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.codes import ClassEntry, ClassSystem
from layers.model import Basis
from workflows.site_check.judging.case import Case, Ground, Measures, Nearest, Surroundings
from workflows.site_check.judging.judge import judge
from workflows.site_check.judging.proposal import NOTHING, Proposal
from workflows.site_check.judging.verdict import conclude
from workflows.site_check.rulebook.rule import Above, Limit, Rule

LETTERS = ClassSystem(
    "letters", "字母", "letters", None, "demo", None, "prefix", {code: ClassEntry(code, code, code) for code in ("R", "R1", "R2", "G", "G1")}
)  # fmt: skip


def rule(**changes: Any) -> Rule:
    plain = Rule(
        code="a_rule", group="g", name="规则", name_en="a rule", layer="plan", classes=(), measure="area", limit=Limit("over", 0.0, None, "m2"),
        effect="forbid", uses=(), excepted=(), except_note=None, except_note_en=None, figure=None, attribute=None, above=None, plus=None,
        table=None, on_conflict=None, on_conditional=None, department=None, basis=(Basis("law", "法", None, "demo", None),),
        since=date(2000, 1, 1), until=None, do="改", do_en="change", note=None,
    )  # fmt: skip
    return replace(plain, **changes)


def hit(
    id: int,
    area: float | None = None,
    cls: str | None = None,
    length: float | None = None,
    sliver: bool = False,
) -> dict[str, Any]:
    return {
        "id": id,
        "ident": str(id),
        "name": None,
        "class": cls,
        "area_m2": area,
        "length_m": length,
        "sliver": sliver,
    }


def layer(
    *hits: dict[str, Any], covered: float | None = 1.0, aside: int = 0, edition: int | None = 7, **more: Any
) -> dict[str, Any]:
    area = sum(each["area_m2"] or 0.0 for each in hits)
    return {
        "code": "plan", "name": "图则", "name_en": "plan", "grade": "internal", "edition": edition, "state": "hit" if hits else "clear",
        "reason": None, "covered_share": covered, "set_aside": {"here": aside, "unplaced": 0}, "hits": list(hits), "area_m2": area if hits else None,
        **more,
    }  # fmt: skip


def case(
    answer: dict[str, Any], proposal: Proposal = NOTHING, judge_use: Any = None, **measures: Any
) -> Case:
    return Case(
        1000.0,
        {"plan": answer},
        proposal,
        Measures(**measures),
        {"letters": LETTERS},
        {"plan": "letters"},
        judge_use,
    )


def one(of: Rule, among: Case) -> dict[str, Any]:
    (found,) = judge([of], among)
    return found


def whys(finding: dict[str, Any]) -> list[str]:
    return [why["code"] for why in finding["why"]]


@pytest.mark.parametrize(
    ("limit", "answer", "state"),
    [
        ("over 0", layer(hit(1, 5.0)), "holds"),
        ("over 0", layer(), "holds not"),
        ("over 10", layer(hit(1, 5.0)), "holds not"),
        ("over 10", layer(hit(1, 5.0), covered=0.9), "cannot say"),
        (
            "over 10",
            layer(hit(1, 5.0), covered=0.996),
            "holds not",
        ),  # 4 m2 of silence cannot make ten of five
        ("over 10", layer(hit(1, 50.0), covered=0.1), "holds"),  # what is measured is enough
        ("over 10", layer(hit(1, 5.0), aside=1), "cannot say"),
        ("over 10", layer(covered=None), "cannot say"),
        ("over 10", layer(edition=None, reason={"code": "no_edition", "params": {}}), "cannot say"),
        ("under 10", layer(hit(1, 5.0), covered=0.9), "cannot say"),
        ("under 10", layer(hit(1, 50.0), covered=0.5), "holds not"),
    ],
)
def test_an_area_is_what_it_is_and_what_silence_could_add(
    limit: str, answer: dict[str, Any], state: str
) -> None:
    op, value = limit.split()
    assert one(rule(limit=Limit(op, float(value), None, "m2")), case(answer))["state"] == state


def test_why_nobody_can_say_is_said() -> None:
    assert whys(one(rule(), case(layer(covered=0.4)))) == ["partly_covered"]
    assert whys(one(rule(), case(layer(covered=0.0)))) == ["outside_coverage"]
    assert whys(one(rule(), case(layer(covered=None)))) == ["nobody_vouches"]
    failed = {"code": "geometry_failed", "params": {"detail": "TopologyException"}}
    assert whys(one(rule(), case(layer(state="failed", reason=failed)))) == ["geometry_failed"]


def test_a_share_of_the_whole_is_the_whole_though_the_last_digit_lacks() -> None:
    inside = rule(measure="share", limit=Limit("under", 100.0, None, "%"))
    assert one(inside, case(layer(hit(1, 1000.0 - 1e-7))))["state"] == "holds not"
    assert one(inside, case(layer(hit(1, 999.0))))["state"] == "holds"


def test_only_the_classes_meant_count_and_what_lies_under_them() -> None:
    homes = rule(classes=("R",))
    assert one(homes, case(layer(hit(1, 5.0, "R2"), hit(2, 7.0, "G1"))))["amount"]["low"] == 5.0
    assert one(homes, case(layer(hit(2, 7.0, "G1"))))["state"] == "holds not"


def test_a_class_nobody_can_read_may_be_the_one() -> None:
    finding = one(rule(classes=("R",)), case(layer(hit(1, 5.0, "??"))))
    assert (finding["state"], whys(finding)) == ("cannot say", ["class_unmapped"])
    assert finding["amount"] == {"low": 0.0, "high": 5.0, "unit": "m2"}


def near(
    metres: float | None, covered: float | None = 1.0, doubtful: float | None = None, aside: int = 0
) -> dict[str, Any]:
    def at(distance: float | None) -> Nearest | None:
        return None if distance is None else Nearest(1, "1", None, None, distance)

    return {"around": {"a_rule": Surroundings(at(metres), at(doubtful), covered, aside)}}


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (near(0.0), "holds"),
        (near(49.9), "holds"),
        (near(50.0), "holds not"),
        (near(None), "holds not"),
        (near(None, covered=0.9), "cannot say"),
        (near(30.0, covered=0.9), "holds"),  # one is near enough, whatever else there is
        (near(None, covered=None), "cannot say"),
        (near(None, aside=1), "cannot say"),
        (near(None, doubtful=20.0), "cannot say"),
        ({}, "cannot say"),
    ],
)
def test_a_distance_asks_the_ground_around(found: dict[str, Any], state: str) -> None:
    close = rule(measure="distance", limit=Limit("under", 50.0, None, "m"))
    assert one(close, case(layer(), **found))["state"] == state


@pytest.mark.parametrize(
    ("setback", "found", "state"),
    [
        (None, near(None), "holds not"),  # nothing within reach: nobody needs the figure
        (None, near(10.0), "cannot say"),
        (None, near(0.0), "holds"),  # it runs through the site
        (20.0, near(0.0), "holds"),
        (2.0, near(10.0), "holds"),
        (6.0, near(10.0), "holds not"),
    ],
)
def test_a_setback_adds_to_the_distance(setback: float | None, found: dict[str, Any], state: str) -> None:
    back = rule(measure="distance", figure="setback", limit=Limit("under", 15.0, None, "m"))
    assert one(back, case(layer(), Proposal(setback=setback), **found))["state"] == state


def heights(*limits: float | None) -> dict[str, Any]:
    return {"attributes": {("plan", number): {"XG": value} for number, value in enumerate(limits)}}


@pytest.mark.parametrize(
    ("height", "limits", "covered", "state", "why"),
    [
        (60.0, (45.0, 90.0), 1.0, "holds", []),
        (60.0, (90.0,), 1.0, "holds not", []),
        (None, (90.0,), 1.0, "cannot say", ["figure_missing"]),
        (None, (), 1.0, "holds not", []),
        (60.0, (90.0, None), 1.0, "cannot say", ["attribute_missing"]),
        (60.0, (45.0, None), 1.0, "holds", []),
        (60.0, (90.0,), 0.5, "cannot say", ["partly_covered"]),
    ],
)
def test_a_height_is_held_against_each_feature(
    height: float | None, limits: tuple[float | None, ...], covered: float, state: str, why: list[str]
) -> None:
    tall = rule(measure="comparison", figure="height", limit=Limit("over", None, "XG", "m"))
    hits = [hit(number, 10.0) for number in range(len(limits))]
    finding = one(tall, case(layer(*hits, covered=covered), Proposal(height=height), **heights(*limits)))
    assert (finding["state"], whys(finding)) == (state, why)


def test_a_height_over_the_sea_stands_on_the_highest_ground() -> None:
    flight = rule(
        measure="comparison", figure="height", limit=Limit("over", None, "XG", "m"), plus="elevation"
    )

    def ground(most: float | None, held: float = 1.0) -> dict[str, Any]:
        return {"rasters": {"elevation": Ground(held, most, lambda level: 0.0)}, **heights(100.0)}

    def state(**measured: Any) -> tuple[str, list[str]]:
        finding = one(flight, case(layer(hit(0, 10.0)), Proposal(height=60.0), **measured))
        return finding["state"], whys(finding)

    assert state(**ground(35.0)) == ("holds not", [])
    assert state(**ground(45.0)) == ("holds", [])
    assert state(**ground(35.0, held=0.8)) == ("cannot say", ["ground_unknown"])
    assert state(**ground(45.0, held=0.8)) == ("holds", [])
    assert state(**heights(100.0)) == ("cannot say", ["ground_unknown"])


def test_a_fixed_limit_that_is_kept_needs_no_map() -> None:
    dense = rule(measure="comparison", figure="floor_area_ratio", limit=Limit("over", 6.0, None, "ratio"))
    assert one(dense, case(layer(covered=0.2), Proposal(floor_area_ratio=3.0)))["state"] == "holds not"
    assert one(dense, case(layer(covered=0.2), Proposal(floor_area_ratio=8.0)))["state"] == "cannot say"


def test_cells_without_a_value_may_be_above() -> None:
    steep = rule(measure="share_above", above=Above(25.0, "degree"), limit=Limit("over", 10.0, None, "%"))

    def state(above: float, held: float) -> str:
        ground = Ground(held, 40.0, lambda level: above)
        return str(one(steep, case(layer(covered=held), rasters={"plan": ground}))["state"])

    assert [state(0.2, 1.0), state(0.05, 1.0), state(0.05, 0.9), state(0.2, 0.5), state(0.05, 0.97)] == [
        "holds", "holds not", "cannot say", "holds", "holds not",
    ]  # fmt: skip


def test_the_strongest_attribute_counts() -> None:
    shaken = rule(
        measure="attribute", attribute="XG", limit=Limit("at least", 0.15, None, "g"), effect="inform"
    )
    assert one(shaken, case(layer(hit(0, 1.0), hit(1, 1.0)), **heights(0.05, 0.2)))["state"] == "holds"
    assert one(shaken, case(layer(hit(0, 1.0)), **heights(0.05)))["state"] == "holds not"
    assert one(shaken, case(layer()))["state"] == "holds not"
    assert whys(one(shaken, case(layer(hit(0, 1.0)), **heights(None)))) == ["attribute_missing"]


def test_a_rule_for_some_uses_asks_for_the_use_only_where_it_would_hold() -> None:
    homes = rule(uses=("07",))
    assert one(homes, case(layer()))["state"] == "holds not"
    assert whys(one(homes, case(layer(hit(1, 5.0))))) == ["figure_missing"]
    assert judge([homes], case(layer(hit(1, 5.0)), Proposal(use="1001"))) == []
    assert one(homes, case(layer(hit(1, 5.0)), Proposal(use="0701")))["state"] == "holds"


def test_an_exception_has_to_be_claimed() -> None:
    but_roads = rule(excepted=("12",))
    assert judge([but_roads], case(layer(hit(1, 5.0)), Proposal(use="1207"))) == []
    assert one(but_roads, case(layer(hit(1, 5.0))))["state"] == "holds"


def plan_rule() -> Rule:
    return rule(
        measure="use", effect="conform", table="t", on_conflict="forbid", on_conditional="needs_opinion"
    )


def says(**results: str) -> Any:
    def judged(table: str, system: str, planned: str, use: str) -> Any:
        return SimpleNamespace(result=results[planned], via=(planned,), crosswalk="c@1", why=None)

    return judged


@pytest.mark.parametrize(
    ("hits", "state", "effect", "amount"),
    [
        ([hit(1, 600.0, "R1"), hit(2, 400.0, "R2")], "holds", "needs_opinion", 400.0),
        ([hit(1, 600.0, "R1"), hit(2, 400.0, "G1")], "holds", "forbid", 400.0),
        ([hit(1, 1000.0, "R1")], "holds", "conform", 1000.0),
        ([hit(1, 600.0, "R1"), hit(2, 400.0, "G")], "cannot say", "forbid", 400.0),
        ([], "holds not", "conform", 0.0),
    ],
)
def test_a_use_is_held_against_every_patch(
    hits: list[dict[str, Any]], state: str, effect: str, amount: float
) -> None:
    table = says(R1="conform", R2="conditional", G1="conflict", G="no rule")
    finding = one(plan_rule(), case(layer(*hits), Proposal(use="0701"), judge_use=table))
    assert (finding["state"], finding["effect"], finding["amount"]["low"]) == (state, effect, amount)


def test_a_sliver_neither_condemns_nor_clears() -> None:
    """Where two boundaries differ by less than either was drawn to, what they share may be nothing."""
    thin = layer(hit(1, 3.0, sliver=True), tolerance_m=1.0)
    finding = one(rule(), case(thin))
    assert (finding["state"], finding["sliver"], whys(finding)) == ("cannot say", True, ["sliver"])
    assert finding["amount"] == {"low": 0.0, "high": 3.0, "unit": "m2"}
    assert one(rule(limit=Limit("over", 5.0, None, "m2")), case(thin))["state"] == "holds not"
    assert (
        one(rule(), case(layer(hit(1, 3.0, sliver=True), hit(2, 50.0), tolerance_m=1.0)))["state"] == "holds"
    )


def test_a_sliver_is_not_counted_for_sure() -> None:
    counted = rule(measure="count", limit=Limit("over", 0.0, None, "features"))
    finding = one(counted, case(layer(hit(1, 0.1, sliver=True), tolerance_m=1.0)))
    assert (finding["state"], finding["amount"]["low"], finding["amount"]["high"]) == ("cannot say", 0.0, 1.0)
    assert (
        one(counted, case(layer(hit(1, 0.1, sliver=True), hit(2, 9.0), tolerance_m=1.0)))["state"] == "holds"
    )


def test_a_height_over_ground_that_is_not_fully_known_may_be_higher() -> None:
    fixed = rule(
        measure="comparison", figure="height", limit=Limit("over", 100.0, None, "m"), plus="elevation"
    )

    def state(held: float) -> str:
        ground = {"elevation": Ground(held, 30.0, lambda level: 0.0)}
        return str(one(fixed, case(layer(hit(0, 10.0)), Proposal(height=60.0), rasters=ground))["state"])

    assert [state(1.0), state(0.9)] == ["holds not", "cannot say"]


def test_a_sliver_of_conflict_leaves_the_question_open() -> None:
    table = says(R1="conform", G1="conflict")
    thin = layer(hit(1, 990.0, "R1"), hit(2, 10.0, "G1", sliver=True), tolerance_m=1.0)
    finding = one(plan_rule(), case(thin, Proposal(use="0701"), judge_use=table))
    assert (finding["state"], finding["effect"], whys(finding)) == ("cannot say", "forbid", ["sliver"])


def test_a_sliver_of_a_lower_limit_leaves_the_question_open() -> None:
    tall = rule(measure="comparison", figure="height", limit=Limit("over", None, "XG", "m"))
    hits = layer(hit(0, 900.0), hit(1, 2.0, sliver=True), tolerance_m=1.0)

    def state(height: float) -> str:
        return str(one(tall, case(hits, Proposal(height=height), **heights(60.0, 24.0)))["state"])

    assert [state(20.0), state(50.0), state(70.0)] == ["holds not", "cannot say", "holds"]


def test_without_a_use_a_plan_says_nothing() -> None:
    finding = one(plan_rule(), case(layer(hit(1, 10.0, "R1")), judge_use=says(R1="conform")))
    assert (finding["state"], whys(finding)) == ("cannot say", ["figure_missing"])


def findings(*pairs: tuple[str, str]) -> list[dict[str, Any]]:
    plain = one(rule(), case(layer(hit(1, 5.0))))
    return [
        {**plain, "state": state, "effect": effect, "worst": effect, "rule": f"r{n}"}
        for n, (state, effect) in enumerate(pairs)
    ]


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ([("holds", "forbid"), ("cannot say", "forbid")], "cannot be built"),
        ([("cannot say", "forbid"), ("holds", "restrict")], "cannot say"),
        ([("holds", "restrict"), ("holds", "conform")], "only under conditions"),
        ([("cannot say", "needs_opinion"), ("holds", "conform")], "only under conditions"),
        ([("holds", "conform"), ("holds", "inform"), ("holds not", "forbid")], "conforms"),
        ([("cannot say", "inform"), ("holds not", "forbid")], "conforms"),
    ],
)
def test_the_verdict(found: list[tuple[str, str]], verdict: str) -> None:
    assert conclude(findings(*found)).verdict == verdict


def test_where_no_rule_was_asked_nothing_is_concluded() -> None:
    assert conclude([]).verdict == "no rule"


def test_what_conforms_says_why() -> None:
    assert [each["code"] for each in conclude(findings(("holds not", "forbid"))).reasons] == [
        "nothing_stands_against"
    ]


@given(
    area=st.floats(0, 1000), covered=st.floats(0, 1), less=st.floats(0, 1), limit=st.floats(0, 1000), op=st.sampled_from(["over", "at least", "under", "at most"])
)  # fmt: skip
def test_more_silence_never_turns_an_answer_over(
    area: float, covered: float, less: float, limit: float, op: Any
) -> None:
    """With less data an answer may be lost, never reversed."""
    of = rule(limit=Limit(op, limit, None, "m2"))
    hits = [hit(1, area * covered)] if area else []
    fuller = one(of, case(layer(*hits, covered=covered)))["state"]
    poorer = one(of, case(layer(*hits, covered=covered * less)))["state"]
    assert poorer in (fuller, "cannot say")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["holds", "cannot say", "holds not"]),
            st.sampled_from(["forbid", "restrict", "needs_opinion", "inform"]),
        ),
        max_size=6,
    )
)
def test_nothing_conforms_while_a_binding_rule_holds_or_is_open(found: list[tuple[str, str]]) -> None:
    verdict = conclude(findings(*found)).verdict
    binding = [state for state, effect in found if effect != "inform" and state != "holds not"]
    assert (verdict == "conforms") == (bool(found) and not binding)


def test_findings_come_gravest_first() -> None:
    rules = [
        rule(code=f"r{number}", effect=effect, classes=classes)
        for number, (effect, classes) in enumerate(
            itertools.product(("inform", "restrict", "forbid"), ((), ("G",)))
        )
    ]
    found = judge(rules, case(layer(hit(1, 5.0, "R1"))))
    assert [(each["state"], each["effect"]) for each in found] == [
        ("holds", "forbid"), ("holds", "restrict"), ("holds", "inform"), ("holds not", "forbid"), ("holds not", "restrict"), ("holds not", "inform"),
    ]  # fmt: skip
