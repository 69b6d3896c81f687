"""Columns count by their names; what could mean two things is refused, never chosen."""

from __future__ import annotations

from typing import Any

import pytest

from layers.refusal import Refused
from workflows.site_check.batches.columns import columns, label, said, width


@pytest.mark.parametrize(
    ("fields", "format", "told"),
    [
        (["用途", "建筑高度", "容积率", "建筑面积", "退线"], "GeoPackage", {"use": "用途", "height": "建筑高度", "floor_area_ratio": "容积率", "floor_area": "建筑面积", "setback": "退线"}),
        (["USE", "Height", "floor area ratio", "FLOOR_AREA", "setback"], "GeoJSON", {"use": "USE", "height": "Height", "floor_area_ratio": "floor area ratio", "floor_area": "FLOOR_AREA", "setback": "setback"}),
        (["far", "ｈｅｉｇｈｔ"], "GeoJSON", {"floor_area_ratio": "far", "height": "ｈｅｉｇｈｔ"}),
        (["建筑高", "建筑面"], "Shapefile", {"height": "建筑高", "floor_area": "建筑面"}),
        (["建筑高"], "GeoJSON", {}),
        (["FAR", "intended_u"], "Shapefile", {"floor_area_ratio": "FAR", "use": "intended_u"}),
        (["name", "编号", "width"], "GeoJSON", {"label": "name", "width_m": "width"}),
        (["shape_area", "owner"], "GeoJSON", {}),
        ([], "GeoJSON", {}),
    ],
)  # fmt: skip
def test_columns_by_name(fields: list[str], format: str, told: dict[str, str]) -> None:
    assert columns(fields, format) == told


def test_a_ratio_cut_to_ten_bytes_is_no_floor_area() -> None:
    """floor_area_ratio in a shapefile is floor_area: 2.5 would become 2.5 square metres."""
    with pytest.raises(Refused) as refusal:
        columns(["NAME", "floor_area"], "Shapefile")
    assert refusal.value.code == "column_cut"
    assert columns(["floor_area"], "GeoPackage") == {"floor_area": "floor_area"}


def test_two_columns_for_one_figure_are_refused() -> None:
    with pytest.raises(Refused) as refusal:
        columns(["height", "建筑高度"], "GeoJSON")
    assert (refusal.value.code, refusal.value.params["figure"]) == ("column_twice", "height")
    assert columns(["编号", "name"], "GeoJSON")["label"] == "name"


@pytest.mark.parametrize(
    ("cells", "meant"),
    [
        ({"用途": "0804", "h": 60}, {"use": "0804", "height": 60, "setback": 5.0}),
        ({"用途": None, "h": ""}, {"use": "0701", "height": 24.0, "setback": 5.0}),
        ({"用途": "0804"}, {"use": "0804", "height": 24.0, "setback": 5.0}),
        ({"h": 0}, {"use": "0701", "height": 0, "setback": 5.0}),
    ],
)
def test_a_row_says_its_own_and_for_the_rest_what_was_said_for_all(
    cells: dict[str, Any], meant: dict[str, Any]
) -> None:
    told_by = {"use": "用途", "height": "h", "label": "用途"}
    assert said(cells, told_by, {"use": "0701", "height": 24.0, "setback": 5.0}) == meant


def test_a_width_may_stand_in_a_column() -> None:
    assert width({"w": "12.5"}, {"width_m": "w"}, 3.0) == 12.5
    assert width({"w": None}, {"width_m": "w"}, 3.0) == 3.0
    assert width({"w": "wide"}, {"width_m": "w"}, 3.0) == "wide"
    assert width({}, {}, None) is None


@pytest.mark.parametrize(
    ("cell", "told"),
    [("甲地块", "甲地块"), (7, "7"), (None, None), (True, None), ([1], None), (" \n", None), ("a\x1b[31mb", "a [31mb"), ("x" * 500, "x" * 120)],
)  # fmt: skip
def test_a_label_is_short_and_obeyed_by_no_terminal(cell: Any, told: str | None) -> None:
    assert label({"name": cell}, {"label": "name"}) == told
