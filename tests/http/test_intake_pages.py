"""Deliveries for people and programs: the list, the form, the report with its faults, what is asked and answered, tasks, suppliers."""

from __future__ import annotations

import html
import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from api.language import LANGUAGES, Speech
from db import session
from db.actor import Actor
from tests import delivered
from tests.http.conftest import square
from workflows.base_map import store
from workflows.base_map.intake import jobs, originals

UNTRANSLATED = re.compile(r"\b(?:intake|refusal|layer|layers|check|batch|state|status|kind)\.[a-z_]+\b(?!\.)")
FAR = (date.today() + timedelta(days=30)).isoformat()  # noqa: DTZ011 - any day to come
FIELDS = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"name": "甲"}, "geometry": square(512, 2518, 512.2, 2518.2)}
        ],
    }
).encode()


@pytest.fixture(scope="module")
def made(module_workspace: str, actor: Actor) -> tuple[int, int]:
    with session.transaction(session.engine(module_workspace), actor) as connection:
        return delivered.make(connection, actor)


def page(client: TestClient, path: str, language: str = "zh-CN", status: int = 200) -> str:
    got = client.get(path, headers={"accept-language": language})
    assert got.status_code == status, got.text[:800]
    return html.unescape(got.text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", ["/intake", "/intake/{delivery}", "/intake/tasks", "/intake/suppliers", "/intake/{delivery}?code=overlap"])  # fmt: skip
def test_page_stands_whole_in_its_language(
    client: TestClient, made: tuple[int, int], path: str, language: str
) -> None:
    told = page(client, path.format(delivery=made[0]), language)
    assert f'<html lang="{language}">' in told
    assert told.count("<h1") == 1
    visible = re.sub(
        r"<script.*?</script>|<[^>]*>", " ", told.replace(delivered.HOSTILE, ""), flags=re.DOTALL
    )
    assert not UNTRANSLATED.findall(visible)
    assert "None" not in visible


def test_the_report_says_one_sentence_first_and_then_everything(
    client: TestClient, made: tuple[int, int]
) -> None:
    told = page(client, f"/intake/{made[0]}")
    assert "已检查 1 个图层，未发布：读入 12 行，可发布 10 行，需搁置 2 行，修复 1 行。" in told
    assert "最需关注：错误“图形无效”1 处（永久基本农田）。" in told
    for shown in (
        "EPSG:4490 · 文件自带", "GB18030", "2：图形无效 1、没有图形 1", "与第 1 版相比", "新增 <b>3</b>", "3,333.0 m²", "1,999,000.0 m²",
        "+0.0500 %", "1 / 9", "重叠 <b>1</b> · 800.0 m²", "图形有效", "75.0 %", "number × 8, text × 1", "3 个要素带高程", "readme.txt",
    ):  # fmt: skip
        assert shown in told, shown


def test_no_word_of_a_file_is_markup(client: TestClient, made: tuple[int, int]) -> None:
    told = client.get(f"/intake/{made[0]}").text
    assert delivered.HOSTILE not in told
    assert told.count(html.escape(delivered.HOSTILE)) >= 3  # sample, unknown class, fault


def test_faults_stand_with_row_reason_and_place_and_are_filtered_by_the_address(
    client: TestClient, made: tuple[int, int]
) -> None:
    told = page(client, f"/intake/{made[0]}")
    rows = re.findall(r'<tr id="fault-(\d+)".*?</tr>', told, flags=re.DOTALL)
    assert len(rows) == len(delivered.FAULTS)
    assert "原因 自相交" in told
    assert "宽 0.35 m · 面积 12.4 m² · 只是一部分" in told
    assert told.count("data-fly=") == sum(each[4] is not None for each in delivered.FAULTS)
    some = page(client, f"/intake/{made[0]}?code=sliver")
    assert len(re.findall(r'<tr id="fault-', some)) == 1
    house = json.loads(
        re.search(
            r'<script type="application/json" id="house">(.*?)</script>',
            client.get(f"/intake/{made[0]}").text,
        )[1]
    )  # type: ignore[index]
    assert house["outline"]
    assert house["layers"]["subdistrict"]["edition"]


def test_a_layer_that_is_not_of_the_delivery_is_not_shown(client: TestClient, made: tuple[int, int]) -> None:
    for path in (f"/intake/{made[0]}?layer=999999", "/intake/999999", "/intake/none"):
        assert client.get(path).status_code == 404
    for path in ("layers/999999/faults", "layers/x/faults", "layers/999999/faults.geojson"):
        told = client.get(f"/api/imports/{made[0]}/{path}")
        assert (told.status_code, told.json()["code"]) == (404, "intake_layer_unknown")
    assert client.get(f"/intake/{made[0]}?layer=nothing").status_code == 422


def test_programs_get_report_faults_and_places(client: TestClient, made: tuple[int, int]) -> None:
    delivery, layer = made
    told = client.get(f"/api/imports/{delivery}/report").json()
    assert told["delivery"]["state"] == "checked"
    assert [each["id"] for each in told["layers"]] == [layer]
    faults = client.get(f"/api/imports/{delivery}/layers/{layer}/faults").json()
    assert [each["code"] for each in faults] == [each[0] for each in delivered.FAULTS]
    later = client.get(f"/api/imports/{delivery}/layers/{layer}/faults?after={faults[2]['n']}&limit=1").json()
    assert later == [faults[3]]
    assert [(each["placed"], each["x"], each["y"]) for each in faults[:3]] == [
        (True, 512_500, 2_518_500),
        (False, None, None),
        (True, 512_120, 2_518_110),
    ]
    drawn = client.get(f"/api/imports/{delivery}/layers/{layer}/faults.geojson?code=overlap")
    assert drawn.headers["content-type"] == "application/geo+json"
    (feature,) = drawn.json()["features"]
    assert feature["geometry"]["type"] == "Polygon"
    assert feature["properties"]["params"] == {"other": 2, "area_m2": 800.0}
    assert 114 < feature["geometry"]["coordinates"][0][0][0] < 115


def test_a_grade_too_low_sees_numbers_and_kinds_and_nothing_else(
    client: TestClient, made: tuple[int, int]
) -> None:
    delivery, layer = made
    (told,) = client.get(f"/api/imports/{delivery}/report?for=public").json()["layers"]
    assert (told["withheld"], told["samples"], told["area"]) == (True, [], None)
    assert [each["count"] for each in told["faults"]] == [1] * len(delivered.FAULTS)
    where = f"/api/imports/{delivery}/layers/{layer}"
    assert client.get(f"{where}/faults.geojson?for=public").json()["features"] == []
    assert all(each["params"] == {} for each in client.get(f"{where}/faults?for=public").json())
    whole, public = (
        client.get(f"/api/imports/{delivery}/report.xlsx{asked}") for asked in ("", "?for=public")
    )
    assert (whole.status_code, public.status_code) == (200, 200)
    assert len(public.content) < len(whole.content)


def test_the_list_is_filtered_and_paged_by_the_address(
    client: TestClient, module_workspace: str, actor: Actor
) -> None:
    with session.transaction(session.engine(module_workspace), actor) as connection:
        for number in range(52):
            delivery = store.begin_delivery(connection, actor, f"many-{number}.zip")
            store.end_delivery(connection, delivery, "abandoned")
    told = page(client, "/intake?state=abandoned")
    assert told.count("many-") == 50
    older = re.search(r"/intake\?state=abandoned&(before=\d+)#list", told)
    assert older
    assert page(client, f"/intake?state=abandoned&{older[1]}").count("many-") == 2
    assert "没有符合条件的" in page(client, "/intake?state=reading")
    listed = client.get("/api/imports?state=abandoned&limit=3").json()
    assert [each["name"] for each in listed] == ["many-51.zip", "many-50.zip", "many-49.zip"]
    assert client.get("/api/imports?limit=0").status_code == 422


def test_the_form_works_without_scripts_and_keeps_what_was_typed(client: TestClient) -> None:
    typed = {
        "supplier": "<b>某局</b>",
        "source_crs": "EPSG:99",
        "purpose": "check",
        "repair": "yes",
        "valid_from": "2026-01-01",
    }
    refused = client.post("/intake", files={"file": ("a.geojson", FIELDS)}, data=typed)
    assert refused.status_code == 422
    told = html.unescape(refused.text)
    assert "不认识坐标系「EPSG:99」" in told
    assert html.escape(typed["supplier"]) in refused.text
    assert re.search(r'id="valid_from"[^>]*value="2026-01-01"', told)
    assert re.search(r'value="check" checked', told)
    assert re.search(r'name="repair" value="yes" checked', told)
    taken = client.post("/intake", files={"file": ("a.geojson", FIELDS)}, data={**typed, "source_crs": ""}, follow_redirects=False)  # fmt: skip
    assert taken.status_code == 303
    waiting = page(client, taken.headers["location"])
    assert "等待读取" in waiting
    assert 'data-over="no"' in page(client, f"{taken.headers['location']}/progress")


def test_what_is_said_is_kept_with_the_delivery(client: TestClient, module_workspace: str) -> None:
    fields = {
        "supplier": "某局",
        "vouched_by": "李",
        "as_layer": "",
        "purpose": "check",
        "answers": '{"a.geojson": "EPSG:4326"}',
    }
    made = client.post("/api/imports", files={"file": ("a.geojson", FIELDS)}, data=fields)
    assert made.status_code == 202, made.text
    with session.read(session.engine(module_workspace)) as connection:
        asked = connection.execute(
            text("SELECT args FROM jobs.procrastinate_jobs WHERE CAST(args ->> 'delivery' AS bigint) = :id"),
            made.json(),
        ).scalar_one()
    assert asked["said"] == {"supplier": "某局", "vouched_by": "李", "only_check": True, "answers": {"a.geojson": "EPSG:4326"}}  # fmt: skip
    for wrong, code in (({"purpose": "maybe"}, "purpose_unknown"), ({"suplier": "x"}, "field_unknown"), ({"answers": "{"}, "json_syntax")):  # fmt: skip
        told = client.post("/api/imports", files={"file": ("a.geojson", FIELDS)}, data=wrong)
        assert told.json()["code"] == code


@pytest.fixture
def asking(module_workspace: str, actor: Actor, tmp_path: Path) -> int:
    """A refused delivery that asks two things, with its original kept."""
    options = [
        {"crs": "EPSG:4547", "label": "CGCS2000 / CM 114E", "because": "plain_easting", "centre_degrees": [114.12, 22.77], "inside": 1.0},
        {"crs": "EPSG:4549", "label": "CGCS2000 / CM 120E", "because": "plain_easting", "centre_degrees": [120.12, 22.77], "inside": 0.0},
    ]  # fmt: skip
    sources = [
        {"path": "<i>a</i>.shp", "code": "crs_question", "params": {"options": options, "crs": ["EPSG:4547", "EPSG:4549"], "project_crs": "EPSG:4547"}},
        {"path": "b.csv", "code": "no_crs", "params": {}},
    ]  # fmt: skip
    file = tmp_path / "asks.zip"
    file.write_bytes(b"PK")
    with session.transaction(session.engine(module_workspace), actor) as connection:
        number = jobs.submit_import(
            connection, Actor("demo", "demo", kind="demo"), file, name="asks.zip", vouched_by="李"
        )
        kept = originals.keep(file, "asks.zip")
        store.keep_original(connection, number, f"{kept.parent.name}/{kept.name}")
        reason = {"code": "delivery_refused", "params": {"count": 2, "first": "a.shp", "sources": sources}}
        store.end_delivery(connection, number, "refused", reason=reason)
    return number


def said_of(workspace: str, delivery: int) -> dict[str, Any]:
    with session.read(session.engine(workspace)) as connection:
        found: dict[str, Any] = connection.execute(
            text(
                "SELECT args -> 'said' FROM jobs.procrastinate_jobs WHERE CAST(args ->> 'delivery' AS bigint) = :id"
            ),
            {"id": delivery},
        ).scalar_one()
    return found


def test_a_question_is_put_with_its_options_and_answered_from_the_kept_original(
    client: TestClient, module_workspace: str, asking: int
) -> None:
    told = client.get(f"/intake/{asking}").text
    assert "有 2 个文件需要您回答" in told
    assert "<i>a</i>" not in told
    assert re.search(
        r'name="answer-0" value="EPSG:4547".*?100 % 落在区内 · 中心 114.1200°, 22.7700°',
        told,
        flags=re.DOTALL,
    )
    answers = {
        "path-0": "<i>a</i>.shp", "about-0": "source_crs", "answer-0": "EPSG:4547", "other-0": "",
        "path-1": "b.csv", "about-1": "source_crs", "other-1": "EPSG:99", "purpose": "publish",
    }  # fmt: skip
    wrong = client.post(f"/intake/{asking}/publication", data=answers)
    assert wrong.status_code == 422
    assert "不认识坐标系「EPSG:99」" in html.unescape(wrong.text)
    assert re.search(r'name="other-1"[^>]*value="EPSG:99"', wrong.text)
    assert re.search(r'name="answer-0" value="EPSG:4547" checked', wrong.text)
    right = client.post(
        f"/intake/{asking}/publication", data={**answers, "other-1": "EPSG:4326"}, follow_redirects=False
    )
    assert right.status_code == 303
    said = said_of(module_workspace, int(right.headers["location"].rpartition("/")[2]))
    assert said["answers"] == {"<i>a</i>.shp": "EPSG:4547", "b.csv": "EPSG:4326"}
    assert said["vouched_by"] == "李"  # what was said before is said again


def test_a_program_publishes_a_checked_delivery_without_its_file(
    client: TestClient, module_workspace: str, asking: int
) -> None:
    made = client.post(f"/api/imports/{asking}/publication", json={"answers": {"b.csv": "EPSG:4547"}})
    assert made.status_code == 202, made.text
    said = said_of(module_workspace, made.json()["id"])
    assert said["answers"] == {"b.csv": "EPSG:4547"}
    assert not said.get("only_check")
    again = client.post(f"/api/imports/{made.json()['id']}/publication")
    assert (again.status_code, again.json()["code"]) == (409, "delivery_under_way")
    assert client.post("/api/imports/999999/publication").status_code == 404
    assert (
        client.post(f"/api/imports/{asking}/publication", json={"suplier": "x"}).json()["code"]
        == "field_unknown"
    )


def test_where_the_original_is_gone_nothing_is_offered(client: TestClient, made: tuple[int, int]) -> None:
    assert "/publication" not in client.get(f"/intake/{made[0]}").text
    told = client.post(f"/api/imports/{made[0]}/publication")
    assert (told.status_code, told.json()["code"]) == (404, "original_missing")


def test_a_task_goes_back_and_is_answered_and_closed(client: TestClient, made: tuple[int, int]) -> None:
    delivery, layer = made
    told = page(client, f"/intake/{delivery}")
    assert "贵单位交来的「永久基本农田」（fields.shp）有以下问题：\n错误：图形无效 1 处" in told
    where = f"/intake/{delivery}/layers/{layer}/tasks"
    empty = client.post(where, data={"words": " ", "due": FAR})
    assert empty.status_code == 422
    sent = client.post(
        where, data={"words": f"请改正 {delivered.HOSTILE}", "due": FAR}, follow_redirects=False
    )
    assert sent.status_code == 303, sent.text[:500]
    (task,) = client.get("/api/intake/tasks?state=open").json()
    assert (task["layer"], task["supplier"], task["due"]) == ("permanent_basic_farmland", "农业农村局", FAR)
    listed = client.get("/intake/tasks").text
    assert delivered.HOSTILE not in listed
    assert f'id="task-{task["id"]}"' in listed
    assert f"/intake/tasks#task-{task['id']}" in client.get(f"/intake/{delivery}").text
    assert client.post(f"/api/intake/tasks/{task['id']}/answer", json={"words": "已改"}).status_code == 200
    assert "已改" in page(client, "/intake/tasks?state=answered")
    assert client.post(f"/intake/tasks/{task['id']}/closing", follow_redirects=False).status_code == 303
    assert [each["state"] for each in client.get("/api/intake/tasks").json()] == ["closed"]
    assert client.post("/api/intake/tasks/999999/closing").status_code == 404
    other = client.post(f"/api/imports/{delivery}/layers/{layer}/tasks", json={"words": "又一个", "due": FAR})
    assert other.status_code == 201
    assert client.post(f"/api/imports/{delivery}/layers/{layer}/tasks", json={"words": 3, "due": FAR}).status_code == 422  # fmt: skip


def test_a_suppliers_quality_is_drawn_and_stands_in_a_table(
    client: TestClient, made: tuple[int, int]
) -> None:
    told = page(client, "/intake/suppliers")
    assert "农业农村局" in told
    assert '<svg class="score-chart"' in told
    assert re.search(rf'<a href="/intake/{made[0]}">{made[0]}</a></th>.*?87\.5', told, flags=re.DOTALL)
    (one,) = [each for each in client.get("/api/intake/suppliers").json() if each["supplier"] == "农业农村局"]
    assert [each["score"] for each in one["scores"]] == [87.5]


def test_every_fault_and_part_has_its_word_in_both_languages() -> None:
    from gis.inspection import SEVERITY
    from workflows.base_map.reports.quality import WEIGHTS

    for spoken in LANGUAGES:
        speech = Speech(spoken)
        assert [code for code in SEVERITY if not speech.has(f"intake.fault.{code}")] == []
        assert [code for code in WEIGHTS if not speech.has(f"intake.quality.{code}")] == []
