"""The map one keeps: whole in one file, nothing fetched, nothing of an attribute taken for HTML."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gis import maps

WORDS = {
    "site": "地块",
    "name": "图层", "called": "名称",
    "class": "类别",
    "ident": "标识",
    "area_m2": "面积",
    "length_m": "长度",
}
SQUARE = {
    "type": "Polygon",
    "coordinates": [[[114, 22.5], [114.01, 22.5], [114.01, 22.51], [114, 22.51], [114, 22.5]]],
}


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    for file in (*maps.SCRIPTS.values(), *maps.SHEETS.values()):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(f"/* the library {file} */")
    return tmp_path


def page(assets: Path, name: str = "基本农田") -> str:
    said = {
        "code": "farmland",
        "name": name,
        "ident": "1", "called": "龙田",
        "class": "0101",
        "area_m2": 1204.3,
        "length_m": None,
    }
    hits = {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "geometry": SQUARE, "properties": said}],
    }
    return maps.check_map({"site": {"geometry": SQUARE}}, hits, assets, WORDS)


def test_no_address_outside(assets: Path) -> None:
    drawn = page(assets)
    assert re.findall(r"<(?:script|link)[^>]+(?:src|href)=\"[^\"]*\"", drawn) == []
    assert re.findall(r"https?://[^\s\"'<>]+", drawn) == []
    assert "the library leaflet/leaflet.js" in drawn


def test_hits_and_figures_are_in_it(assets: Path) -> None:
    drawn = page(assets)
    assert "基本农田 (1)" in drawn or r"\u57fa\u672c\u519c\u7530 (1)" in drawn
    assert "1,204.30" in drawn


def test_attributes_are_text(assets: Path) -> None:
    assert "<img src=x" not in page(assets, name="<img src=x onerror=alert(1)>")
