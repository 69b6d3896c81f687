"""A file of sites through the form, its progress as it comes, and its rows; alternatives side by side."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page

from db import session
from db.actor import Actor
from tests.http.conftest import square
from workflows.site_check.batches import work as batch_work

SITES = {
    "type": "FeatureCollection",
    "features": [
        {"type": "Feature", "properties": {"name": name, "use": "0804"}, "geometry": shape}
        for name, shape in (("<b>甲</b>", square(512, 2518, 512.2, 2518.2)), ("乙", square(517, 2517, 517.1, 2517.1)), ("丙", None))
    ],
}  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "地块.geojson"
    path.write_text(json.dumps(SITES, ensure_ascii=False), encoding="utf-8")
    return path


def test_a_file_is_handed_over_followed_and_looked_through(
    page: Page, module_workspace: str, file: Path
) -> None:
    page.goto("/batches")
    page.click("#submit")
    assert page.locator("#file-error").is_visible()
    page.set_input_files("#file", file)
    page.fill("#height", "六十")
    page.click("#submit")
    page.wait_for_selector("#height-error:not([hidden])")
    assert page.input_value("#height") == "六十"  # what was typed stays
    page.watched.expect("422")  # type: ignore[attr-defined]
    page.fill("#height", "60")
    page.click("#submit")
    page.wait_for_url("**/batches/b*")
    id = page.url.rpartition("/")[2]
    assert "等待后台处理" in page.inner_text("#progress")
    batch_work.run(session.engine(module_workspace), Actor("demo", "demo", kind="demo"), id)
    page.wait_for_selector("#row-3", timeout=60_000)  # it looked again by itself
    rows = page.locator("tbody tr")
    assert "<b>甲</b>" in rows.nth(0).inner_text()
    assert "不能建：占用永久基本农田 40,000" in rows.nth(0).inner_text()
    assert "没有图形" in rows.nth(2).inner_text()
    page.click(".batch-counts a:has-text('不能检查')")
    page.wait_for_url("**state=refused")
    assert page.locator("tbody tr").count() == 1
    page.go_back()
    page.click("#row-1 button")
    page.wait_for_url("**/checks/*")
    assert "不能建" in page.inner_text(".verdict-said")
    page.go_back()
    page.reload()
    assert page.get_attribute("#row-1 a", "href") is not None
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    with page.expect_download() as kept:
        page.click("text=Excel")
    assert kept.value.suggested_filename == f"hetu-{id}.xlsx"


def test_alternatives_stand_side_by_side(page: Page, address: str) -> None:
    ids = []
    for use in ("0804", "0101"):
        asked = {"site": square(512, 2518, 512.2, 2518.2), "proposal": {"use": use, "height": 24}}
        made = page.request.post(f"{address}/api/checks", data=asked)
        ids.append(made.json()["id"])
    page.goto("/alternatives")
    page.fill("#checks", ", ".join(ids))
    page.click("button:has-text('比较')")
    page.wait_for_selector(".beside table")
    assert page.locator(".beside thead th").count() == 3
    farmland = page.locator("tr:has(a[href='/rules/farmland_occupied']) td")
    assert [farmland.nth(0).inner_text()[:3], farmland.nth(1).inner_text()] == ["▲禁止", "不涉及"]


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wider_than_the_window(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for path in ("/batches", "/alternatives"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
