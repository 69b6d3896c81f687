"""The report of a delivery as a workbook: figures one can count with, and no stranger's word obeyed."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, datetime
from typing import Any

import openpyxl
import pytest

from api.documents import intake_sheet
from api.intake import Words
from api.language import LANGUAGES, Speech
from tests import delivered

DELIVERY: dict[str, Any] = {
    "id": 7,
    "name": delivered.FORMULA,
    "sha256": "ab" * 32,
    "handed_over_by": "demo",
    "received_at": datetime(2026, 11, 24, 8, 0, tzinfo=UTC),
    "state": "checked",
    "refused": [{"path": "＝x.dwg", "code": "dwg_not_taken", "params": {}}],
    "ignored": [],
    "reason": None,
    "supplier": "+86 某局",
}


def book(language: str = "zh-CN") -> bytes:
    report = delivered.report(id=1)
    place = {"placed": True, "x": 512_500.25, "y": 2_518_500.5}
    listed = [
        (report, {"n": n, "code": code, "severity": severity, "row": row, "params": params, **place})
        for n, (code, severity, row, params, _) in enumerate(delivered.FAULTS, 1)
    ]
    told = {"delivery": DELIVERY, "layers": [report]}
    return intake_sheet.workbook(told, listed, Words(Speech(language), {}))


def cells(content: bytes) -> dict[str, list[list[Any]]]:
    opened = openpyxl.load_workbook(io.BytesIO(content))
    return {sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in opened}


def test_what_a_file_brought_is_text_whatever_sign_it_begins_with() -> None:
    content = book()
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        sheets = [parts.read(name).decode() for name in parts.namelist() if "worksheets/sheet" in name]
    assert len(sheets) == 5
    assert not any("<f>" in sheet or "<hyperlink" in sheet for sheet in sheets)
    opened = openpyxl.load_workbook(io.BytesIO(content))
    quoted = [
        cell
        for sheet in opened
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str) and cell.value.startswith(("=", "+", "-", "@", "＝", "＋"))
    ]
    assert {delivered.FORMULA, "＋1", "+86 某局", "＝x.dwg"} <= {cell.value for cell in quoted}
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in quoted)


def test_rows_set_aside_stand_apart_from_other_faults() -> None:
    told = cells(book())
    assert list(told) == ["概况", "问题", "搁置", "比较", "样例"]
    assert [row[8] for row in told["搁置"][1:]] == ["invalid_geometry", "null_geometry"]
    assert [row[8] for row in told["问题"][1:]] == ["overlap", "class_unknown", "sliver", "repaired"]
    assert told["问题"][3][4] == "宽 0.35 m · 面积 12.4 m² · 只是一部分"
    assert told["问题"][1][5:7] == [512_500.25, 2_518_500.5]
    moves = [row for row in told["比较"][1:] if row[2] == "类别变化"]
    assert moves == [["permanent_basic_farmland", 1, "类别变化", "0101", delivered.FORMULA, 2, 3333]]
    assert ["permanent_basic_farmland", 0, "TBMJ", 12.5] in told["样例"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_sheet_says_what_came_of_it(language: str) -> None:
    told = cells(book(language))
    first = next(iter(told.values()))
    assert re.search(r"12.*10.*2.*1", first[0][0])
    counts = next(row for row in first if row[0] == "permanent_basic_farmland")
    assert counts[1:6] == [12, 10, 2, 1, 87.5]


def test_the_same_report_gives_the_same_bytes() -> None:
    assert book() == book()
