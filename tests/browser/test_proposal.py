"""A planner says what is to be built, gets the verdict, tells what was asked for, adds a word, and asks for today."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import answered, ready, until
from tests.http.conftest import square

FARM = json.dumps(square(512.2, 2518.2, 512.8, 2518.8))
TOWN = json.dumps(square(511.2, 2513.2, 511.4, 2513.4))
"""On the statutory plan: a rule about heights or setbacks waits for a figure here."""


def paste(page: Page, text: str) -> None:
    page.locator("label", has_text="坐标").first.click()
    page.fill("#text", text)


def test_use_and_height_in_a_verdict_out(page: Page) -> None:
    ready(page)
    paste(page, FARM)
    page.fill("#use", "0804 教育用地")
    page.fill("#height", "60 m")
    with page.expect_request("**/api/checks") as sent:
        page.click("#check")
    answered(page)
    assert json.loads(sent.value.post_data or "")["proposal"] == {"use": "0804", "height": "60 m"}
    verdict = page.locator("#answer .verdict")
    expect(verdict).to_have_class("verdict verdict-cannot_be_built")
    expect(verdict).to_contain_text("▲")
    expect(verdict).to_contain_text("不能建：占用永久基本农田")
    expect(page.locator("#answer .proposed")).to_contain_text("教育用地 0804")
    expect(page.locator("#height")).to_have_value("60 m")
    expect(page.locator("#map-legend")).to_be_visible()
    until(page, "hetuMap.queryRenderedFeatures({layers: ['hits:forbid']}).length > 0")
    assert (
        page.evaluate("getComputedStyle(document.querySelector('#answer .verdict')).color")
        == "rgb(179, 38, 30)"
    )


def test_the_list_offers_every_use_by_code_and_name(page: Page) -> None:
    ready(page)
    offered = page.locator("#uses option").evaluate_all("(all) => all.map((each) => each.value)")
    assert "0804 教育用地" in offered
    assert len(offered) > 100


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("height", "很高", "建筑高度"),
        ("height", "200 feet", "建筑高度"),
        ("floor_area_ratio", "-2", "容积率"),
        ("use", "没有这种用途", "没有这种用途"),
        ("use", "R2", "用地用海分类"),
    ],
)
def test_what_cannot_be_read_is_said_at_its_field_and_kept(
    page: Page, field: str, typed: str, said: str
) -> None:
    ready(page)
    paste(page, FARM)
    page.fill("#setback", "5")
    page.fill(f"#{field}", typed)
    page.click("#check")
    expect(page.locator(f"#{field}-error")).to_contain_text(said)
    expect(page.locator(f"#{field}")).to_be_focused()
    expect(page.locator(f"#{field}")).to_have_value(typed)
    expect(page.locator("#setback")).to_have_value("5")
    expect(page.locator("#text")).to_have_value(FARM)
    page.watched.expect("422")  # type: ignore[attr-defined]


def test_a_file_takes_the_proposal_along(page: Page, tmp_path: Path) -> None:
    ready(page)
    page.locator("label", has_text="上传").first.click()
    file = tmp_path / "地块.geojson"
    file.write_text(FARM)
    page.set_input_files("#file", file)
    page.fill("#use", "教育用地")
    page.fill("#floor_area", "1.2 ha")
    page.click("#check")
    answered(page)
    expect(page.locator("#answer .proposed")).to_contain_text("教育用地 0804")
    expect(page.locator("#answer .proposed")).to_contain_text("12,000.0 m²")


def test_another_day_is_folded_away_and_goes_along(page: Page) -> None:
    ready(page)
    paste(page, FARM)
    expect(page.locator("#valid_on")).to_be_hidden()
    page.locator("#more-asked summary").click()
    page.fill("#valid_on", "1995-06-01")
    page.click("#check")
    answered(page)
    check = page.locator("#answer .answer").get_attribute("data-check")
    page.goto(f"/checks/{check}")
    expect(page.locator("main")).to_contain_text("按 1995-06-01（周四） 有效的规划与规则")
    page.click("text=在地图上打开")
    answered(page)
    expect(page.locator("#valid_on")).to_have_value("1995-06-01")


def test_what_was_asked_for_is_told_on_the_spot(page: Page) -> None:
    ready(page)
    paste(page, TOWN)
    page.click("#check")
    answered(page)
    wanted = page.locator("#answer [data-ask]").first
    figure = wanted.get_attribute("data-ask")
    wanted.click()
    expect(page.locator(f"#{figure}")).to_be_focused()


def test_from_the_page_to_the_field_with_the_same_site(page: Page) -> None:
    ready(page)
    paste(page, TOWN)
    page.fill("#height", "12")
    page.click("#check")
    answered(page)
    check = page.locator("#answer .answer").get_attribute("data-check")
    page.goto(f"/checks/{check}")
    page.locator(".to-tell a").first.click()
    answered(page)
    until(page, "document.activeElement.closest('[data-row]') !== null")
    assert "ask=" not in page.url
    expect(page.locator("#drawn")).to_contain_text(f"检查 {check} 的地块")
    expect(page.locator("#height")).to_have_value("12")
    page.fill("#use", "0701")
    with page.expect_request("**/api/checks") as sent:
        page.click("#check")
    answered(page)
    said = json.loads(sent.value.post_data or "")
    assert said == {"check": check, "proposal": {"use": "0701", "height": "12"}}
    page.click("#clear")
    expect(page.locator("#drawn")).to_have_text("尚未绘制")
    page.click("#check")
    expect(page.locator("#site-error")).to_contain_text("请先在地图上绘制地块")


def test_a_hit_stands_in_the_address(page: Page) -> None:
    ready(page)
    paste(page, FARM)
    page.click("#check")
    answered(page)
    until(page, "hetuMap.getSource('hits').serialize().data.features?.length > 0")
    page.locator('[data-rule="farmland_occupied"] [data-fly]').first.click()
    until(page, "location.search.includes('hit=permanent_basic_farmland/')")
    ready(page, page.url)
    answered(page)
    until(page, "hetuMap.getFilter('hits:chosen')[2].startsWith('permanent_basic_farmland/')")


def test_a_word_beside_the_finding_then_today(page: Page) -> None:
    ready(page)
    paste(page, FARM)
    page.fill("#use", "0804")
    page.click("#check")
    answered(page)
    page.click("text=完整结果")
    card = page.locator("#rule-farmland_occupied")
    card.locator("summary", has_text="添加人工意见").click()
    card.locator("[name=says]").select_option("conditional")
    card.locator("[name=person]").fill("王主任")
    card.locator("[name=reason]").fill("已取得转用批准")
    card.get_by_role("button", name="保存意见").click()
    expect(card.locator(".override")).to_contain_text("附条件准予 · 王主任")
    expect(card.locator(".override")).to_contain_text("已取得转用批准")
    expect(page.locator(".verdict")).to_contain_text("不能建")  # the word stands beside it, never over it
    assert page.url.endswith("#rule-farmland_occupied")
    page.get_by_role("button", name="按今天的版本再查").click()
    expect(page.locator(".since")).to_contain_text("与上次检查比较")
    expect(page.locator(".since")).to_contain_text("没有变化")
    assert re.search(r"/checks/[\w-]+\?since=[\w-]+$", page.url)


def test_what_is_withheld_is_said_and_hatched(page: Page) -> None:
    ready(page)
    paste(page, FARM)
    page.click("#check")
    answered(page)
    check = page.locator("#answer .answer").get_attribute("data-check")
    page.goto(f"/checks/{check}?for=public")
    told = page.locator(".withheld")
    expect(told).to_contain_text("按密级不予显示")
    assert "repeating-linear-gradient" in told.evaluate("(each) => getComputedStyle(each).backgroundImage")
    expect(page.locator("#rule-farmland_occupied .finding-measure")).to_contain_text("按密级不予显示")


def test_the_rules_lead_to_their_drawings(page: Page) -> None:
    page.goto("/")
    page.click("nav >> text=规则")
    page.select_option("#layer", "permanent_basic_farmland")
    page.locator(".filters button").click()
    page.click("text=占用永久基本农田")
    expect(page.locator("svg.plate").first).to_be_visible()
    expect(page.locator(".outcome").first).to_contain_text("触发 200.0 m²")
