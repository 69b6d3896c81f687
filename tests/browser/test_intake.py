"""A steward hands a delivery over, follows it, reads its report, goes to a fault on the map, answers what is asked and publishes what was checked."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import pytest
import shapely
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text

from db import session
from tests.browser.conftest import until
from tests.http.conftest import square
from workflows.base_map.intake import jobs


def collection(*shapes: dict[str, Any]) -> str:
    features = [
        {"type": "Feature", "properties": {"name": f"<b>{n}</b>"}, "geometry": shape}
        for n, shape in enumerate(shapes)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


BOW = {
    "type": "Polygon",
    "coordinates": [[square(512, 2518, 513, 2519)["coordinates"][0][n] for n in (0, 2, 1, 3, 0)]],
}
OVERLAPPING = (
    square(512, 2518, 512.4, 2518.4),
    square(512.3, 2518, 512.6, 2518.4),
    square(514, 2512, 514.2, 2512.2),
    BOW,
)


@pytest.fixture
def zones(tmp_path: Path) -> Path:
    path = tmp_path / "交通小区.geojson"
    path.write_text(collection(*OVERLAPPING), encoding="utf-8")
    return path


@pytest.fixture
def nowhere(tmp_path: Path) -> Path:
    """A shapefile that does not say in which system it is."""
    plain = tmp_path / "plain"
    plain.mkdir()
    shape = np.array([shapely.to_wkb(shapely.box(512_000, 2_518_000, 512_300, 2_518_300))], dtype=object)
    with pytest.warns(UserWarning, match="crs"):
        pyogrio.raw.write(plain / "fields.shp", shape, [np.array(["甲"], dtype=object)], ["name"], geometry_type="Polygon", driver="ESRI Shapefile", encoding="UTF-8")  # fmt: skip
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        for file in sorted(plain.iterdir()):
            made.write(file, file.name)
    path = tmp_path / "农田.zip"
    path.write_bytes(packed.getvalue())
    return path


def worked(workspace: str, delivery: int) -> None:
    """What a worker would do with the delivery's job."""
    engine = session.engine(workspace)
    with session.read(engine) as connection:
        asked = connection.execute(
            text("SELECT args FROM jobs.procrastinate_jobs WHERE CAST(args ->> 'delivery' AS bigint) = :id"),
            {"id": delivery},
        ).scalar_one()
    jobs.run_import(engine, **asked)


def number(page: Page) -> int:
    page.wait_for_url("**/intake/*")
    return int(page.url.split("/intake/")[1].split("?")[0].split("#")[0])


def test_handed_over_followed_read_and_flown_to(
    page: Page, address: str, module_workspace: str, zones: Path
) -> None:
    page.goto("/intake")
    page.click("#submit")
    expect(page.locator("#file-error")).to_be_visible()
    page.set_input_files("#file", zones)
    expect(page.locator("#file-name")).to_have_text("交通小区.geojson")
    page.fill("#supplier", "市交通局")
    page.fill("#source_crs", "EPSG:99")
    page.click("text=只检查")
    page.click("#submit")
    expect(page.locator("#source_crs-error")).to_contain_text("不认识坐标系")
    assert page.input_value("#supplier") == "市交通局"  # nothing typed is lost
    page.watched.expect("422")  # type: ignore[attr-defined]
    page.fill("#source_crs", "")
    page.click("#submit")
    delivery = number(page)
    expect(page.locator("#progress")).to_contain_text("等待读取")
    worked(module_workspace, delivery)
    page.wait_for_selector(".came-checked", timeout=60_000)  # it looked again by itself
    expect(page.locator(".verdict-said")).to_contain_text(
        "已检查 1 个图层，未发布：读入 4 行，可发布 3 行，需搁置 1 行"
    )
    until(page, "Number(document.querySelector('[data-places]').dataset.drawn) > 0")
    until(page, "hetuMap.loaded()")
    overlap = page.locator("tr[data-fault]", has_text="重叠").first
    before = page.evaluate("hetuMap.getZoom()")
    overlap.locator("[data-fly]").click()
    until(page, f"hetuMap.getZoom() > {before}")
    expect(page.locator("#map-note")).to_contain_text("重叠")
    expect(overlap).to_have_class("current")
    until(page, "hetuMap.queryRenderedFeatures({ layers: ['faults:chosen'] }).length > 0")
    west, east = square(512.3, 2518, 512.4, 2518.4)["coordinates"][0][0][0], square(512.3, 2518, 512.4, 2518.4)["coordinates"][0][1][0]  # fmt: skip
    assert west - 0.001 < page.evaluate("hetuMap.getCenter().lng") < east + 0.001
    assert "fault=" in page.url
    page.reload()  # the address is the state
    until(page, "globalThis.hetuMap?.getLayer('faults:chosen') && hetuMap.getFilter('faults:chosen')[2] > 0")
    page.click(".codes a:has-text('重叠')")
    page.wait_for_url("**code=overlap**")
    assert page.locator("tr[data-fault]").count() == 1
    with page.expect_download() as kept:
        page.click("text=Excel")
    assert kept.value.suggested_filename.endswith(".xlsx")
    page.click(".again-form .button")  # publish what was checked, from the kept original
    page.wait_for_selector("#progress")
    published = number(page)
    assert published > delivery
    worked(module_workspace, published)
    page.wait_for_selector(".came-published", timeout=60_000)
    told = page.request.get(f"{address}/api/imports/{published}/report").json()
    assert told["layers"][0]["edition"] is not None
    assert told["delivery"]["supplier"] == "市交通局"


def test_a_question_is_answered_and_the_original_published(
    page: Page, module_workspace: str, nowhere: Path
) -> None:
    page.goto("/intake")
    page.set_input_files("#file", nowhere)
    page.click("#submit")
    asking = number(page)
    worked(module_workspace, asking)
    page.wait_for_selector(".asks", timeout=60_000)
    expect(page.locator(".asks h2")).to_contain_text("有 1 个文件需要您回答")
    expect(page.locator(".ask")).to_contain_text("fields.shp")
    page.locator(".option", has_text="EPSG:4547").click()
    page.click(".asks .button")
    page.wait_for_selector("#progress")
    published = number(page)
    assert published > asking
    worked(module_workspace, published)
    page.wait_for_selector(".came-published", timeout=60_000)
    expect(page.locator(".verdict-said")).to_contain_text("已发布 1 个图层：读入 1 行")


def test_the_form_and_the_report_need_no_script(
    browser: Browser, address: str, module_workspace: str, zones: Path
) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en", base_url=address)
    page = context.new_page()
    page.goto("/intake")
    page.set_input_files("#file", zones)
    page.click("#submit")
    delivery = number(page)
    worked(module_workspace, delivery)
    page.click("text=Look again")
    expect(page.locator(".verdict-said")).to_contain_text("1 layer published: 4 rows read")
    assert page.locator("tr[data-fault]").count() >= 1
    page.click("text=Open a task for the supplier")
    page.click("text=Send back")
    expect(page.locator(".task-list")).to_contain_text("Task")
    context.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wider_than_the_window(page: Page, module_workspace: str, zones: Path, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/intake")
    page.set_input_files("#file", zones)
    page.click("#submit")
    delivery = number(page)
    worked(module_workspace, delivery)
    for path in ("/intake", f"/intake/{delivery}", "/intake/tasks", "/intake/suppliers"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
