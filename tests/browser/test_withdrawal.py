"""Withdrawing an edition in front of a browser: from the layer's page, told first, done with a reason; on a phone and without a script, too."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import shapely
from playwright.sync_api import Browser, Page, expect

from db import session
from db.actor import Actor
from gis import edition
from gis.edition import Coverage
from tests.browser.conftest import ROOT, watch
from tests.http.conftest import square
from tests.little_district import OUTLINE, SRID, arrival, km
from workflows.base_map import store

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
FARMLAND = "permanent_basic_farmland"
EMPTY = "detailed_plan"
Publish = Callable[[str], int]


@pytest.fixture(scope="module")
def publish(module_workspace: str) -> Publish:
    def made(layer: str) -> int:
        actor = Actor("test", "检验")
        with session.transaction(session.engine(module_workspace), actor) as connection:
            delivery = store.begin_delivery(connection, actor, "a plan.zip")
            shapes: list[shapely.Geometry] = [km(512, 2518, 512.5, 2519)]
            new = arrival(layer, "polygon", shapes, ["0101"], Coverage(OUTLINE, "district"))
            edition.publish(connection, [(layer, edition.put(connection, delivery, SRID, new))])
            return int(store.editions(connection, layer)[0]["seq"])

    return made


def test_a_wrong_edition_is_withdrawn_from_the_page_of_its_layer(page: Page, publish: Publish) -> None:
    seq = publish(FARMLAND)
    page.goto(f"/layers/{FARMLAND}")
    row = page.locator("#editions ~ .table-wrap").first.locator("tbody tr").first
    expect(row).to_have_class("current")
    row.get_by_role("link", name="撤回…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"撤回 永久基本农田 第 {seq} 版")
    told = page.locator(f"tr[data-layer={FARMLAND}]")
    expect(told.locator("b")).to_have_text(f"第 {seq - 1} 版")
    page.get_by_label("撤回原因").fill("整层偏移")
    page.get_by_role("button", name="撤回").click()
    page.wait_for_url(f"**/layers/{FARMLAND}#editions")
    row = page.locator("#editions ~ .table-wrap").first.locator("tbody tr").first
    expect(row).to_contain_text("撤回：整层偏移")
    expect(row.get_by_role("link", name="撤回…")).to_have_count(0)


def test_nothing_leaves_the_page_before_a_reason_and_a_tick(page: Page, publish: Publish) -> None:
    seq = publish(EMPTY)
    where = f"/layers/{EMPTY}/editions/{seq}/withdrawal"
    page.goto(where)
    page.get_by_role("button", name="撤回").click()
    assert page.url.endswith(where)
    page.get_by_label("撤回原因").fill("不是这个区的图")
    page.get_by_role("button", name="撤回").click()
    assert page.url.endswith(where)
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="撤回").click()
    page.wait_for_url(f"**/layers/{EMPTY}#editions")
    expect(page.locator("h1")).to_contain_text("无数据")


def test_without_a_script_and_in_english(browser: Browser, address: str, publish: Publish) -> None:
    seq = publish(FARMLAND)
    context = browser.new_context(base_url=address, java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.goto(f"/layers/{FARMLAND}/editions/{seq}/withdrawal")
    page.get_by_label("Reason").fill("wrong by 120 m")
    page.get_by_role("button", name="Withdraw").click()
    assert page.url.endswith(f"/layers/{FARMLAND}#editions")
    assert "wrong by 120 m" in page.content()
    context.close()


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_on_a_phone(browser: Browser, address: str, publish: Publish, language: str) -> None:
    first, seq = publish(FARMLAND), publish(FARMLAND)
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, locale=language, base_url=address, has_touch=True
    )
    page = context.new_page()
    watched = watch(page, address)
    site = json.dumps({"site": square(512, 2518, 512.4, 2518.5)})
    asked = {"headers": {"content-type": "application/json"}}
    made = context.request.post("/api/checks", data=site, **asked).json()["id"]  # type: ignore[arg-type]
    why = {"reason": "整层偏移" * 30}
    gone = f"/api/layers/{FARMLAND}/editions/{seq}/withdrawal"
    assert context.request.post(gone, data=json.dumps(why), **asked).status == 201  # type: ignore[arg-type]
    last = publish(FARMLAND)
    for path in (
        f"/layers/{FARMLAND}/editions/{last}/withdrawal",
        f"/layers/{FARMLAND}/editions/{first}/rollback",
        f"/layers/{FARMLAND}",
        f"/checks/{made}",
        "/checks?withdrawn=1",
    ):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") == 360, path
    assert watched.outside == watched.complaints == []
    context.close()


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed: npm ci")
def test_axe_finds_nothing_serious(page: Page, publish: Publish) -> None:
    seq = publish(EMPTY)
    page.goto(f"/layers/{EMPTY}/editions/{seq}/withdrawal")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    grave = [each["id"] for each in found["violations"] if each["impact"] in ("serious", "critical")]
    assert grave == []
