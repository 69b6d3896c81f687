"""A planner at the map: draws, uploads, pastes, reads the answer, goes to what is hit, and sends the address to a colleague."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import answered, ready, until
from tests.http.conftest import square, to_degrees

FARMLAND = '[data-rule="farmland_occupied"]'
FARM = [(512.2, 2518.2), (512.8, 2518.2), (512.8, 2518.8), (512.2, 2518.8)]


def pixels(page: Page, corners: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Where on the screen points of the grid (km) lie now."""
    frame = page.locator("#map").bounding_box()
    assert frame is not None
    placed = page.evaluate(
        "(all) => all.map((each) => { const p = hetuMap.project(each); return [p.x, p.y]; })",
        to_degrees(*corners),
    )
    return [(frame["x"] + x, frame["y"] + y) for x, y in placed]


def look_at(page: Page, corners: list[tuple[float, float]]) -> None:
    (west, south), *_, (east, north) = to_degrees(
        (min(x for x, _ in corners), min(y for _, y in corners)),
        (max(x for x, _ in corners), max(y for _, y in corners)),
    )
    page.evaluate(
        "(box) => hetuMap.fitBounds(box, { padding: 120, animate: false })", [[west, south], [east, north]]
    )
    until(page, "hetuMap.loaded()")


def click_along(page: Page, points: list[tuple[float, float]]) -> None:
    for x, y in points:
        page.mouse.move(x - 3, y - 3)
        page.mouse.move(x, y, steps=3)
        page.mouse.click(x, y)
        page.wait_for_timeout(350)  # two quick clicks are a double click to a map


def draw_polygon(page: Page, corners: list[tuple[float, float]]) -> None:
    look_at(page, corners)
    page.click("[data-tool=polygon]")
    points = pixels(page, corners)
    click_along(page, [*points, points[0]])


def test_draw_a_site_and_read_the_answer(page: Page) -> None:
    ready(page)
    draw_polygon(page, FARM)
    expect(page.locator("#drawn")).to_have_text("4 个顶点")
    page.click("#check")
    answered(page)
    expect(page.locator("#answer .verdict")).to_contain_text("不能建：占用永久基本农田")
    expect(page.locator("#answer .lead")).to_contain_text(re.compile(r"\d+ 层中 \d+ 层命中"))
    farmland = page.locator(FARMLAND)
    expect(farmland).to_contain_text("永久基本农田")
    # 600 m x 600 m, drawn by hand: to a few pixels
    size = float((farmland.locator(".area b").text_content() or "").replace(",", "").split()[0])
    assert size == pytest.approx(360_000, rel=0.05)
    expect(farmland).to_contain_text("100 %")


def test_a_hit_is_flown_to_and_marked(page: Page) -> None:
    ready(page)
    draw_polygon(page, [(512.8, 2518.2), (513.2, 2518.2), (513.2, 2518.8), (512.8, 2518.8)])
    page.click("#check")
    answered(page)
    until(page, "hetuMap.getSource('hits').serialize().data.features?.length > 0")
    before = page.evaluate("hetuMap.getCenter().lng")
    page.locator(f'{FARMLAND} [data-feature="1"]').click()
    until(page, f"hetuMap.getCenter().lng > {before} + 0.0005")
    assert page.evaluate("hetuMap.getFilter('hits:chosen')")[2] == "permanent_basic_farmland/1"
    until(page, "hetuMap.queryRenderedFeatures({layers: ['hits:chosen']}).length > 0")


def test_a_box(page: Page) -> None:
    ready(page)
    look_at(page, FARM)
    page.click("[data-tool=box]")
    points = pixels(page, FARM)
    click_along(page, [points[0], points[2]])
    expect(page.locator("#drawn")).to_have_text("4 个顶点")
    page.click("#check")
    answered(page)
    expect(page.locator(FARMLAND)).to_be_visible()


def test_a_line_wants_a_width_and_keeps_what_was_drawn(page: Page) -> None:
    ready(page)
    axis = [(512.2, 2518.5), (513.6, 2518.6)]
    look_at(page, axis)
    expect(page.locator("#width")).to_be_hidden()
    page.click("[data-tool=line]")
    points = pixels(page, axis)
    click_along(page, [*points, points[-1]])
    expect(page.locator("#drawn")).to_have_text("2 个顶点")
    page.click("#check")
    expect(page.locator("#width-error")).to_contain_text("请填写 0 至 1000 之间的宽度")
    expect(page.locator("#width")).to_be_focused()
    expect(page.locator("#drawn")).to_have_text("2 个顶点")
    page.fill("#width", "24")
    page.click("#check")
    answered(page)
    expect(page.locator("#answer")).to_contain_text("24.0 m")
    expect(page.locator("#width-error")).to_be_hidden()


def test_nothing_drawn_is_said_where_it_belongs(page: Page) -> None:
    ready(page)
    page.click("#check")
    expect(page.locator("#site-error")).to_contain_text("请先在地图上绘制地块")


def test_drawing_can_be_left_and_cleared(page: Page) -> None:
    ready(page)
    page.click("[data-tool=polygon]")
    expect(page.locator("[data-tool=polygon]")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    expect(page.locator("[data-tool=polygon]")).to_have_attribute("aria-pressed", "false")
    draw_polygon(page, FARM)
    page.click("#clear")
    expect(page.locator("#drawn")).to_have_text("尚未绘制")


def paste(page: Page, text: str) -> None:
    page.locator("label", has_text="坐标").first.click()
    page.fill("#text", text)
    page.click("#check")


def test_paste_a_box_and_a_geometry(page: Page) -> None:
    ready(page)
    (west, south), (east, north) = to_degrees(FARM[0], FARM[2])
    paste(page, f"{west}，{south}，{east}，{north}")
    answered(page)
    expect(page.locator(FARMLAND)).to_be_visible()
    page.fill("#text", json.dumps(square(515, 2514, 515.2, 2514.2)))
    page.click("#check")
    expect(page.locator('[data-rule="red_line_occupied"]')).to_be_visible(timeout=30_000)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"type": "Polygon", "coordinates": [[[114.1, 22.7]', "不是完整的 JSON"),
        ("10.0,50.0,10.1,50.1", ""),
        ("胡言乱语", ""),
        (
            '{"type":"Polygon","coordinates":[[[114.12,22.7],[114.13,22.71],[114.13,22.7],[114.12,22.71],[114.12,22.7]]]}',
            "",
        ),
    ],
)
def test_what_cannot_be_taken_is_said_beside_it_and_kept(page: Page, text: str, said: str) -> None:
    ready(page)
    paste(page, text)
    expect(page.locator("#text-error")).to_be_visible()
    expect(page.locator("#text-error")).to_contain_text(said)
    expect(page.locator("#text")).to_have_value(text)
    expect(page.locator("#text")).to_be_focused()
    expect(page.locator("#answer .skeleton")).to_have_count(0)
    if not said:  # the service said it, and the browser notes every 4xx
        page.watched.expect("422")  # type: ignore[attr-defined]


def test_upload_a_file(page: Page, tmp_path: Path) -> None:
    ready(page)
    page.locator("label", has_text="上传").first.click()
    page.click("#check")
    expect(page.locator("#file-error")).to_contain_text("请先选择文件")
    file = tmp_path / "地块.geojson"
    file.write_text(json.dumps(square(512.2, 2518.2, 512.8, 2518.8)))
    page.set_input_files("#file", file)
    page.click("#check")
    answered(page)
    expect(page.locator(FARMLAND)).to_contain_text("360,0")


def test_the_address_is_the_state(page: Page) -> None:
    ready(page)
    page.locator(".tree-theme[data-theme=control_lines] > summary").click()
    page.locator("[data-layer][value=permanent_basic_farmland]").check()
    paste(page, json.dumps(square(512.2, 2518.2, 512.8, 2518.8)))
    answered(page)
    until(page, "location.search.includes('view=') && location.search.includes('check=')")
    page.wait_for_timeout(500)
    sent = page.url
    view = page.evaluate("[hetuMap.getZoom(), hetuMap.getCenter().lng, hetuMap.getCenter().lat]")
    ready(page, sent)
    answered(page)
    assert page.evaluate(
        "[hetuMap.getZoom(), hetuMap.getCenter().lng, hetuMap.getCenter().lat]"
    ) == pytest.approx(view, abs=0.01)
    expect(page.locator("[data-layer][value=permanent_basic_farmland]")).to_be_checked()
    expect(page.locator(FARMLAND)).to_be_visible()
    page.click("[data-language]")
    page.wait_for_selector("html[lang=en]")
    answered(page)
    expect(page.locator("#answer .verdict")).to_contain_text(
        "Cannot be built: Site on permanent basic farmland"
    )
    assert "check=" in page.url


def test_layers_are_drawn_hidden_and_found(page: Page) -> None:
    ready(page)
    expect(page.locator("#shown")).to_contain_text("已显示 2 层")
    until(page, "hetuMap.queryRenderedFeatures({layers: ['subdistrict:line']}).length > 0")
    page.fill("#filter", "permanent_basic")
    expect(page.locator(".tree-layer:visible")).to_have_count(1)
    page.locator("[data-layer][value=permanent_basic_farmland]").check()
    until(page, "hetuMap.queryRenderedFeatures({layers: ['permanent_basic_farmland:fill']}).length === 2")
    page.fill("#filter", "没有这种图层")
    expect(page.locator("#filter-none")).to_be_visible()
    page.fill("#filter", "")
    page.click("#hide-all")
    assert (
        page.evaluate("hetuMap.getStyle().layers.filter((each) => each.id.startsWith('permanent')).length")
        == 0
    )
    assert "layers=" in page.url


def test_a_lost_connection_loses_nothing_and_makes_one_check(page: Page) -> None:
    ready(page)
    draw_polygon(page, FARM)
    sent: list[Any] = []

    def lose(route: Route) -> None:
        sent.append(route.request.headers["idempotency-key"])
        route.fetch()  # the service did its work, and its answer is lost on the way
        route.abort()

    page.route("**/api/checks", lose)
    page.click("#check")
    expect(page.locator("#site-error")).to_contain_text("没有连上服务", timeout=30_000)
    expect(page.locator("#drawn")).to_have_text("4 个顶点")
    page.watched.expect("ERR_FAILED")  # type: ignore[attr-defined]
    page.unroute("**/api/checks")
    with page.expect_request("**/api/checks") as again:
        page.click("#check")
    answered(page)
    assert again.value.headers["idempotency-key"] == sent[0]


def test_without_webgl_it_is_said_and_pasting_still_works(page: Page) -> None:
    page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null;")
    page.goto("/")
    expect(page.locator("#map-note")).to_contain_text("没有 WebGL2")
    page.fill("#text", json.dumps(square(512.2, 2518.2, 512.8, 2518.8)))
    page.click("#check")
    answered(page)
    expect(page.locator(FARMLAND)).to_be_visible()


def test_a_check_that_is_gone_is_said(page: Page) -> None:
    ready(page, "/?check=nothing")
    expect(page.locator("#site-error")).to_contain_text("没有编号为「nothing」的检查")
    page.watched.expect("404")  # type: ignore[attr-defined]
    assert "check=" not in page.url
