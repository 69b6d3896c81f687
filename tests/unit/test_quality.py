"""A score is the sum of its parts, of 100 whatever could be judged, and worse for every fault."""

from __future__ import annotations

from typing import Any

import pytest

from workflows.base_map.reports.quality import WEIGHTS, scored


def report(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "polygon",
        "counts": {"read": 100, "published": 100, "set_aside": 0, "repaired": 0},
        "faults": [],
        "area": {"unit": "ha", "compared": 50},
        "judged": {
            "topology": "no_overlaps",
            "identified": True,
            "classified": True,
            "placed": True,
            "without_ident": 0,
            "values": 1_000,
        },
        "follow_up": {"state": "done"},
        **changes,
    }


def fault(code: str, count: int) -> dict[str, Any]:
    return {"code": code, "count": count}


def share(told: dict[str, Any], code: str) -> float:
    found: float = next(part["share"] for part in told["parts"] if part["code"] == code)
    return found


def test_a_layer_without_a_fault_has_a_hundred_points() -> None:
    told = scored(report())
    assert told is not None
    assert told["score"] == 100.0
    assert {part["code"]: part["weight"] for part in told["parts"]} == WEIGHTS
    assert sum(WEIGHTS.values()) == 100


@pytest.mark.parametrize(
    ("code", "part"),
    [("duplicate_ident", "idents"), ("class_missing", "classes"), ("class_unknown", "classes"), ("overlap", "topology"), ("gap", "topology"), ("duplicate", "drawing"), ("sliver", "drawing"), ("spike", "drawing"), ("out_of_district", "placement")],
)  # fmt: skip
def test_a_fault_in_a_tenth_costs_a_tenth_of_its_part(code: str, part: str) -> None:
    told = scored(report(faults=[fault(code, 10)]))
    assert told is not None
    assert share(told, part) == pytest.approx(0.9)
    assert told["score"] == pytest.approx(100 - WEIGHTS[part] / 10)
    assert told["score"] == pytest.approx(sum(each["points"] for each in told["parts"]), abs=0.05)


def test_rows_set_aside_and_mended_are_not_as_they_should_have_come() -> None:
    counts = {"read": 100, "published": 80, "set_aside": 20, "repaired": 10}
    told = scored(report(counts=counts))
    assert told is not None
    assert share(told, "validity") == pytest.approx(0.7)


def test_types_are_counted_by_value_and_areas_by_what_was_declared() -> None:
    told = scored(report(faults=[fault("type_differs", 10), fault("area_differs", 5)]))
    assert told is not None
    assert (share(told, "types"), share(told, "area")) == (pytest.approx(0.99), pytest.approx(0.9))


def test_what_cannot_be_judged_is_left_out_and_the_rest_weighs_more() -> None:
    judged = {
        "topology": "none",
        "identified": False,
        "classified": False,
        "placed": False,
        "without_ident": 0,
        "values": 0,
    }
    told = scored(report(judged=judged, area=None, faults=[fault("sliver", 50)]))
    assert told is not None
    assert {part["code"]: part["weight"] for part in told["parts"]} == {"validity": 75.0, "drawing": 25.0}
    assert told["score"] == 87.5
    waiting = scored(report(follow_up={"state": "waiting"}))
    assert waiting is not None
    assert "topology" not in {part["code"] for part in waiting["parts"]}
    web_map = scored(report(area={"unit": "mercator", "compared": 50}))
    assert web_map is not None
    assert "area" not in {part["code"] for part in web_map["parts"]}


def test_more_faults_than_features_cost_no_more_than_all_points() -> None:
    told = scored(report(faults=[fault("overlap", 5_000)]))
    assert told is not None
    assert (share(told, "topology"), told["score"]) == (0.0, 80.0)


def test_nothing_read_and_grids_have_no_score() -> None:
    assert scored(report(counts={"read": 0, "published": 0, "set_aside": 0, "repaired": 0})) is None
    assert scored(report(kind="raster")) is None
    lost = scored(report(counts={"read": 4, "published": 0, "set_aside": 4, "repaired": 0}))
    assert lost is not None
    assert lost["score"] == 0.0
