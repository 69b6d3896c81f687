"""Every page as it is seen: at 360 px, by a screen reader, by keyboard, on paper, without a script."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import ROOT, answered, ready, watch
from tests.http.conftest import square

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
PATHS = [
    "/",
    "/?check={check}",
    "/checks",
    "/checks/{check}",
    "/layers",
    "/layers/permanent_basic_farmland",
    "/layers/elevation",
    "/batches",
    "/alternatives",
    "/rules",
    "/rules/farmland_occupied",
    "/rules/airport_height_exceeded",
    "/parts",
    "/nothing",
]


@pytest.fixture(scope="module")
def check(browser: Browser, address: str) -> str:
    """A check that hits something, and of which one rule waits for a figure."""
    context = browser.new_context(base_url=address)
    made = context.request.post(
        "/api/checks",
        data=json.dumps({"site": square(512.5, 2517.5, 516, 2519), "proposal": {"use": "0804"}}),
        headers={"content-type": "application/json"},
    )
    assert made.status == 201, made.text()
    told: dict[str, str] = made.json()
    context.close()
    return told["id"]


def visit(page: Page, path: str) -> None:
    if path.startswith("/?") or path == "/":
        ready(page, path)
        if "check=" in path:
            answered(page)
    else:
        page.goto(path)
    if path == "/nothing":
        page.watched.expect("404")  # type: ignore[attr-defined]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_wider_than_a_small_phone(
    browser: Browser, address: str, check: str, path: str, language: str
) -> None:
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, locale=language, base_url=address, has_touch=True
    )
    page = context.new_page()
    page.watched = watch(page, address)  # type: ignore[attr-defined]
    visit(page, path.format(check=check))
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.watched.outside == page.watched.complaints == []  # type: ignore[attr-defined]
    context.close()


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed: npm ci")
@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_nothing_serious(page: Page, check: str, path: str) -> None:
    visit(page, path.format(check=check))
    if "check=" in path:
        page.locator(".finding summary").first.click()
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    serious = [
        (each["id"], each["impact"], [node["html"][:120] for node in each["nodes"][:3]])
        for each in found["violations"]
        if each["impact"] in {"serious", "critical"}
    ]
    assert serious == []
    assert len(found["passes"]) > 10


@pytest.mark.parametrize("path", ["/", "/checks/{check}", "/layers", "/rules"])
def test_by_keyboard_alone(page: Page, check: str, path: str) -> None:
    visit(page, path.format(check=check))
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    for _ in range(6):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "(() => { const s = getComputedStyle(document.activeElement); return [document.activeElement.tagName, s.outlineStyle, parseFloat(s.outlineWidth)]; })()"
        )
        assert focused[0] != "BODY"
        assert focused[1:] == ["solid", 3], focused


def test_the_site_by_keyboard_alone(page: Page) -> None:
    ready(page)
    page.locator("input[name=way][value=draw]").focus()
    page.keyboard.press("ArrowLeft")  # round to the last of the three
    expect(page.locator("input[name=way][value=paste]")).to_be_checked()
    page.keyboard.press("Tab")
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.insert_text(json.dumps(square(512.2, 2518.2, 512.8, 2518.8)))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    answered(page)
    farmland = page.locator('[data-rule="farmland_occupied"]')
    farmland.locator("summary").first.focus()
    page.keyboard.press("Enter")  # the gravest stands open: it closes, and opens again
    expect(farmland.locator("[data-fly]").first).to_be_hidden()
    page.keyboard.press("Enter")
    expect(farmland.locator("[data-fly]").first).to_be_visible()


def test_measured_again_from_the_page(page: Page, check: str) -> None:
    page.goto(f"/checks/{check}")
    page.get_by_role("button", name="用同样的版本再测一次").click()
    expect(page.locator(".again")).to_contain_text("再次测量的结果与存档完全一致")


def test_filters_stand_in_the_address(page: Page) -> None:
    page.goto("/layers")
    page.fill("#q", "红线")
    page.select_option("#state", "filled")
    page.keyboard.press("Tab")
    page.locator(".filters button").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    assert "state=filled" in page.url
    page.go_back()
    expect(page.locator("tbody tr")).not_to_have_count(1)


def test_the_offline_map_opens_and_draws(page: Page, check: str) -> None:
    page.goto(f"/api/checks/{check}/map")
    expect(page.locator("path.leaflet-interactive").first).to_be_visible()


def test_lists_need_no_script(browser: Browser, address: str, check: str) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=address, locale="zh-CN")
    page = context.new_page()
    page.goto("/layers?q=农田")
    expect(page.locator("tbody tr").first).to_be_visible()
    page.goto(f"/checks/{check}")
    expect(page.locator(".verdict")).to_contain_text("不能建")
    expect(page.locator(".sketch svg")).to_be_visible()
    page.goto("/")
    assert "<noscript>" in page.content()
    context.close()


def test_paper_shows_the_answer_and_no_buttons(page: Page, check: str) -> None:
    page.goto(f"/checks/{check}")
    page.emulate_media(media="print")
    expect(page.locator(".verdict")).to_be_visible()
    expect(page.locator(".override-form").first).to_be_hidden()
    expect(page.locator(".actions").first).to_be_hidden()
    expect(page.locator(".frame nav")).to_be_hidden()
    assert page.evaluate(
        "document.querySelector('.table-wrap').scrollWidth <= document.querySelector('.table-wrap').clientWidth + 1"
    )
