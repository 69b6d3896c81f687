"""A proposal read strictly: numbers in their units, uses of the right system, everything else refused by name."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from layers import catalogue
from layers.model import Catalogue
from layers.refusal import Refused
from workflows.site_check.judging.proposal import NOTHING, Proposal, parse
from workflows.site_check.rulebook.uses import USES


@cache
def known() -> Catalogue:
    return catalogue.load()


def read(**said: Any) -> Proposal:
    return parse(said, known().classes, USES)


@pytest.mark.parametrize("given", [60, 60.0, "60", " 60 ", "60 m", "60m", "60 米", "60.0"])
def test_a_height_in_metres(given: Any) -> None:
    assert read(height=given).height == 60.0


@pytest.mark.parametrize(
    ("given", "square_metres"), [("2 ha", 20_000.0), ("1.5 公顷", 15_000.0), ("800 m²", 800.0), (800, 800.0)]
)
def test_a_floor_area_in_its_units(given: Any, square_metres: float) -> None:
    assert read(floor_area=given).floor_area == square_metres


@pytest.mark.parametrize("given", ["0804", "教育用地", "Education land", " 0804 "])
def test_a_use_by_code_or_name(given: str) -> None:
    assert read(use=given).use == "0804"


def test_nothing_told_is_nothing() -> None:
    assert read() == read(use="", height=None, setback=" ") == NOTHING


def test_a_setback_may_be_none_at_all_and_a_height_may_not() -> None:
    assert read(setback=0).setback == 0.0
    with pytest.raises(Refused, match="proposal_range"):
        read(height=0)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"height": "200 feet"}, "proposal_unit"),
        ({"height": "200ft"}, "proposal_unit"),
        ({"height": "tall"}, "proposal_figure"),
        ({"height": "六十米"}, "proposal_figure"),
        ({"height": "1e3"}, "proposal_figure"),
        ({"height": "60 70"}, "proposal_figure"),
        ({"height": True}, "proposal_figure"),
        ({"height": [60]}, "proposal_figure"),
        ({"height": float("nan")}, "proposal_range"),
        ({"height": float("inf")}, "proposal_range"),
        ({"height": -3}, "proposal_range"),
        ({"height": 2000}, "proposal_range"),
        ({"floor_area_ratio": -0.5}, "proposal_range"),
        ({"floor_area_ratio": "3 m"}, "proposal_unit"),
        ({"floor_area": 1e12}, "proposal_range"),
        ({"setback": -1}, "proposal_range"),
        ({"use": "R2"}, "use_of_another_system"),
        ({"use": "0999"}, "use_unknown"),
        ({"use": 804}, "use_unknown"),
        ({"storeys": 20}, "proposal_unknown"),
    ],
)
def test_what_cannot_be_read_is_refused(said: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refusal:
        read(**said)
    assert refusal.value.code == code


def test_a_use_of_another_system_says_of_which() -> None:
    with pytest.raises(Refused) as refusal:
        read(use="R2")
    assert refusal.value.params["meaning"] == "二类居住用地"
