"""Deliveries in a terminal: one line per source, with what became of it and why."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from api.cli import intake_table
from api.intake import Words
from api.language import LANGUAGES, Speech
from tests import delivered

NAMES = {"permanent_basic_farmland": {"name": "永久基本农田", "name_en": "Permanent basic farmland"}}
CLEAN = {"faults": [], "counts": {"read": 3, "published": 3, "set_aside": 0, "repaired": 0}}
REFUSED = [
    {"path": "a/[b].dwg", "code": "dwg_not_taken", "params": {}},
    {"path": "c.csv", "code": "no_crs", "params": {}},
]


def told(state: str = "published") -> dict[str, Any]:
    delivery = {"id": 7, "state": state, "refused": REFUSED, "reason": None, "ignored": []}
    clean = delivered.report(id=2, layer="roads", source="[roads].gpkg", source_layer="lines", **CLEAN)
    return {"delivery": delivery, "layers": [delivered.report(id=1), clean]}


def printed(show: Any, *given: Any, language: str = "zh-CN") -> list[str]:
    console = Console(file=io.StringIO(), width=200)
    show(console, *given, Words(Speech(language), NAMES))
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return text.splitlines()


def test_one_line_per_source_says_read_set_aside_or_refused_and_why() -> None:
    head, fields, roads, dwg, csv, lead = printed(intake_table.sources, told())
    assert head.split()[:3] == ["结果", "数据源", "图层"]
    assert fields.startswith("◆ 部分搁置  fields.shp")
    assert "图形无效 1、没有图形 1 · ▲ 重叠 1" in fields
    assert fields.split()[4:7] == ["12", "10", "2"]
    assert roads.startswith("● 已读入    [roads].gpkg:lines")
    assert dwg.startswith("✕ 未读入  a/[b].dwg: DWG")
    assert csv.startswith("✕ 未读入  c.csv: 文件没有说明坐标系")
    assert "已发布 2 个图层" in lead


def test_what_was_only_checked_says_so() -> None:
    lines = printed(intake_table.sources, told("checked"))
    assert lines[1].startswith("◇ 已检查")
    assert "未发布" in lines[-1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_tells_systems_faults_changes_and_quality(language: str) -> None:
    text = "\n".join(printed(intake_table.report, told(), language=language))
    for shown in ("EPSG:4490 → EPSG:4547", "GB18030", "1,999,000.0 m² / 2,000,000.0 m²", "#1", "88"):
        assert shown in text, shown


def test_single_faults_stand_with_row_and_reason() -> None:
    report = delivered.report(id=1)
    found = [
        (report, {"n": n, "code": code, "severity": severity, "row": row, "params": params})
        for n, (code, severity, row, params, _) in enumerate(delivered.FAULTS)
    ]
    lines = printed(intake_table.faults, found)
    assert len(lines) == 1 + len(found)
    assert "原因 自相交" in lines[1]
    assert f"值 {delivered.HOSTILE}" in lines[4]


def test_the_list_counts_faults_by_severity() -> None:
    row = {
        "id": 12, "name": "[x].zip", "state": "published", "supplier": None, "layers": 2, "score": 83.9,
        "faults": {"error": 3, "warning": 0, "note": 1200}, "received_at": "2026-11-24T08:00:00+08:00",
    }  # fmt: skip
    (_, line) = printed(intake_table.deliveries, [row])
    assert "[x].zip" in line
    assert "▲ 3 ○ 1,200" in line
    assert printed(intake_table.deliveries, []) == ["还没有交付。用 ./hetu import 交付文件。"]
