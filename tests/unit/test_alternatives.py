"""Checks side by side: every rule that holds or is open in any of them, and what makes a difference not the site's."""

from __future__ import annotations

from typing import Any

import pytest

from layers.refusal import Refused
from workflows.site_check.alternatives import beside


def finding(rule: str, state: str, effect: str = "forbid", share: float | None = None) -> dict[str, Any]:
    return {
        "rule": rule, "rank": 0, "version": "v", "group": "g", "name": rule, "name_en": rule, "layer": f"l_{rule}", "layer_name": rule, "layer_name_en": rule,
        "state": state, "effect": effect, "worst": effect, "measure": "area", "figure": None, "share": share, "department": "d", "above": None,
        "amount": {"low": 1.0, "high": 1.0, "unit": "m2"}, "limit_applied": 0.0, "why": [], "nearest": None, "sliver": False, "edition": 1,
        "features": [{"id": 1}], "basis": [], "do": "", "do_en": "",
    }  # fmt: skip


def answer(id: str, *findings: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": id, "verdict": "cannot be built", "checked_at": "2026-11-24T10:00:00+08:00", "valid_on": "2026-11-24", "known_at": None,
        "rules": {"digest": "a" * 64}, "proposal": None, "use_name": None, "site": {"area_m2": 100.0}, "summary": {}, "questions": [],
        "displayed": None, "findings": list(findings), "layers": [{"code": "x"}], "editions": {"x": {"id": 1}}, **more,
    }  # fmt: skip


def test_a_rule_is_listed_where_it_holds_or_is_open_anywhere() -> None:
    told = beside(
        [
            answer("a", finding("farmland", "holds"), finding("river", "holds not"), finding("noise", "holds not", "inform")),
            answer("b", finding("farmland", "holds not"), finding("river", "cannot say"), finding("noise", "holds not", "inform")),
        ]
    )  # fmt: skip
    assert [row["rule"] for row in told["rules"]] == ["farmland", "river"]
    assert [cell["state"] for cell in told["rules"][0]["cells"]] == ["holds", "holds not"]
    assert "features" not in told["rules"][0]["cells"][0]


def test_the_gravest_rule_comes_first_whatever_the_order_of_the_checks() -> None:
    mild, grave = finding("mild", "holds", "restrict", 1.0), finding("grave", "holds", "forbid", 0.1)
    open_one = finding("open", "cannot say", "forbid")
    for order in (
        [answer("a", mild), answer("b", open_one, grave)],
        [answer("b", open_one, grave), answer("a", mild)],
    ):
        assert [row["rule"] for row in beside(order)["rules"]] == ["grave", "mild", "open"]


def test_a_check_that_was_not_asked_a_rule_has_an_empty_cell() -> None:
    told = beside(
        [
            answer("a", finding("farmland", "holds")),
            answer("b"),
            answer("c", finding("farmland", "cannot say")),
        ]
    )
    assert [cell and cell["state"] for cell in told["rules"][0]["cells"]] == ["holds", None, "cannot say"]


def test_what_makes_them_hard_to_compare_is_said() -> None:
    other = answer(
        "b", valid_on="2020-01-01", rules={"digest": "b" * 64}, editions={"x": {"id": 2}}, layers=[{"code": "x"}, {"code": "y"}],
        withheld={"grade": "public", "layers": {"x": "hit"}},
    )  # fmt: skip
    told = beside([answer("a"), other])
    assert {each["code"] for each in told["differs"]} == {
        "valid_on",
        "rulebook",
        "editions",
        "layers",
        "withheld",
    }
    assert beside([answer("a"), answer("b")])["differs"] == []


def test_a_check_without_rules_stands_beside_one_with() -> None:
    """As checks were before there were rules: no day, no proposal, no findings."""
    old = {
        key: answer("old")[key]
        for key in ("id", "verdict", "checked_at", "site", "summary", "layers", "editions")
    }
    told = beside([old | {"verdict": "no rule"}, answer("b", finding("farmland", "holds"))])
    assert [check["rulebook"] for check in told["checks"]] == [None, "a" * 64]
    assert told["rules"][0]["cells"][0] is None
    assert [each["code"] for each in told["differs"]] == ["rulebook"]


@pytest.mark.parametrize("ids", [["a"], [], ["a", "a"], list("abcdefg")])
def test_two_to_six_different_checks_can_be_compared(ids: list[str]) -> None:
    with pytest.raises(Refused) as refusal:
        beside([answer(id) for id in ids])
    assert refusal.value.code == "alternatives_count"
