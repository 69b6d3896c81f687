"""What a program and a person get of the rules: a proposal goes in, a verdict comes out, with its law, its questions and what is withheld."""

from __future__ import annotations

import dataclasses
import html
import json
import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.language import LANGUAGES, Speech
from db import session
from db.actor import Actor
from gis import edition
from gis.edition import Coverage
from tests import little_district
from tests.http.conftest import square, to_degrees
from workflows import people
from workflows.base_map import store
from workflows.site_check.rulebook import manual
from workflows.site_check.rulebook import store as rule_store

FARM = square(512, 2518, 512.5, 2519)
OPEN_LAND = square(516.2, 2511.2, 516.4, 2511.4)


def asked(client: TestClient, **said: Any) -> dict[str, Any]:
    made = client.post("/api/checks", json={"site": FARM, **said})
    assert made.status_code == 201, made.text
    told: dict[str, Any] = made.json()
    return told


def refused(client: TestClient, **said: Any) -> tuple[int, str, str]:
    got = client.post("/api/checks", json={"site": FARM, **said})
    problem = got.json()
    return got.status_code, problem["code"], problem["detail"]


def page(client: TestClient, path: str, language: str = "zh-CN") -> str:
    got = client.get(path, headers={"accept-language": language})
    assert got.status_code == 200, got.text[:500]
    return html.unescape(got.text)


def finding(answer: dict[str, Any], rule: str) -> dict[str, Any]:
    return next(each for each in answer["findings"] if each["rule"] == rule)


@pytest.fixture(scope="module")
def school(client: TestClient) -> dict[str, Any]:
    return asked(client, proposal={"use": "0804", "height": "60 m"})


# ---- asking ----


def test_a_proposal_is_read_as_people_write_it(school: dict[str, Any]) -> None:
    assert school["proposal"] == {
        "use": "0804", "height": 60.0, "floor_area_ratio": None, "floor_area": None, "setback": None,
    }  # fmt: skip
    assert school["use_name"] == {"zh": "教育用地", "en": "Education land"}
    assert school["verdict"] == "cannot be built"
    assert school["reasons"][0]["params"]["rule"] == "farmland_occupied"


@pytest.mark.parametrize(
    ("said", "status", "code", "named"),
    [
        ({"proposal": {"height": "60 feet"}}, 422, "proposal_unit", "建筑高度"),
        ({"proposal": {"height": "sixty"}}, 422, "proposal_figure", "建筑高度"),
        ({"proposal": {"floor_area_ratio": -2}}, 422, "proposal_range", "容积率"),
        ({"proposal": {"floor_area": True}}, 422, "proposal_figure", "建筑面积"),
        ({"proposal": {"setback": [3]}}, 422, "proposal_figure", "建筑退让"),
        ({"proposal": {"use": "R2"}}, 422, "use_of_another_system", "R2"),
        ({"proposal": {"use": "9999"}}, 422, "use_unknown", "9999"),
        ({"proposal": {"use": 804}}, 422, "use_unknown", "804"),
        ({"proposal": {"colour": "red"}}, 422, "proposal_unknown", "colour"),
        ({"proposal": "a school"}, 422, "field_object", "proposal"),
        ({"valid_on": "2026-13-01"}, 422, "date_unreadable", "2026-13-01"),
        ({"valid_on": "today"}, 422, "date_unreadable", "today"),
        ({"valid_on": 20260101}, 422, "date_unreadable", "20260101"),
        ({"known_at": "2026-03-05"}, 422, "moment_unreadable", "2026-03-05"),
        ({"known_at": "yesterday 10:00"}, 422, "moment_unreadable", "yesterday"),
        ({"known_at": 7}, 422, "moment_unreadable", "7"),
        ({"known_at": "0001-01-01T00:00:00+23:59"}, 422, "moment_unreadable", "0001"),
        ({"known_at": "9999-12-31T23:59:59-23:59"}, 422, "moment_unreadable", "9999"),
        ({"known_at": "8999-01-01T00:00Z"}, 422, "known_at_future", "8999"),
        ({"proposals": {}}, 422, "field_unknown", "proposals"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(
    client: TestClient, said: dict[str, Any], status: int, code: str, named: str
) -> None:
    got = refused(client, **said)
    assert got[:2] == (status, code)
    assert named in got[2]


def test_a_file_takes_the_same_as_fields_and_refuses_others(client: TestClient) -> None:
    file = {"file": ("地块.geojson", json.dumps(FARM))}
    made = client.post(
        "/api/checks/file", files=file, data={"use": "0804", "height": "60", "valid_on": "2021-06-01"}
    )
    assert made.status_code == 201, made.text
    assert (made.json()["proposal"]["height"], made.json()["valid_on"]) == (60.0, "2021-06-01")
    wrong = client.post("/api/checks/file", files=file, data={"heigth": "60"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "field_unknown")
    when = client.post("/api/checks/file", files=file, data={"known_at": "soon"})
    assert when.json()["code"] == "moment_unreadable"


def test_the_site_of_an_earlier_check_is_asked_about_again(
    client: TestClient, school: dict[str, Any]
) -> None:
    made = client.post("/api/checks", json={"check": school["id"], "proposal": {"use": "0101"}})
    assert made.status_code == 201, made.text
    told = made.json()
    assert told["site"]["project_geometry"] == school["site"]["project_geometry"]
    assert told["site"]["given"] == {"check": school["id"]}
    assert told["verdict"] != "cannot be built"  # farming goes on
    for said in ({"check": "nothing"}, {"check": school["id"], "box": "1,2,3,4"}, {"check": 7}):
        assert 400 <= client.post("/api/checks", json=said).status_code < 500


def test_a_day_before_anything_held_says_so(client: TestClient) -> None:
    told = asked(client, valid_on="1995-01-01")
    farmland = next(each for each in told["layers"] if each["code"] == "permanent_basic_farmland")
    assert (farmland["state"], farmland["reason"]["code"]) == ("no data", "no_edition_on_day")
    assert "该日尚无版本" in page(client, f"/checks/{told['id']}/panel")


def test_the_interface_is_described(client: TestClient) -> None:
    paths = client.get("/api/openapi.json").json()["paths"]
    said = paths["/api/checks"]["post"]["requestBody"]["content"]["application/json"]["schema"]["properties"]
    assert set(said["proposal"]["properties"]) == {
        "use",
        "height",
        "floor_area_ratio",
        "floor_area",
        "setback",
    }
    form = paths["/api/checks/file"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert {"use", "setback", "valid_on", "known_at"} <= form["properties"].keys()
    assert {
        "/api/checks/{id}/today",
        "/api/checks/{id}/overrides",
        "/api/rules",
        "/api/rules/{code}",
    } <= paths.keys()
    assert any(each["name"] == "for" for each in paths["/api/checks/{id}"]["get"]["parameters"])


# ---- as somebody may see it ----


def test_looked_at_as_the_public_would_see_it(client: TestClient, school: dict[str, Any]) -> None:
    whole = client.get(f"/api/checks/{school['id']}").json()
    public = client.get(f"/api/checks/{school['id']}", params={"for": "public"}).json()
    assert finding(whole, "farmland_occupied")["amount"]["low"] == pytest.approx(500_000, rel=1e-6)
    assert finding(public, "farmland_occupied")["amount"]["low"] is None
    assert public["withheld"]["layers"]["permanent_basic_farmland"] == "hit"
    hits = client.get(f"/api/checks/{school['id']}/hits", params={"for": "public"}).json()["features"]
    assert not any(each["properties"]["code"] == "permanent_basic_farmland" for each in hits)
    made = client.post("/api/checks?for=public", json={"site": FARM}).json()
    assert "withheld" in made
    assert client.get(f"/api/checks/{school['id']}?for=everybody").status_code == 422
    told = page(client, f"/checks/{school['id']}?for=public")
    card = told[told.index('id="rule-farmland_occupied"') :].split("override-form", 1)[0]
    assert "按密级不予显示" in card
    assert "500,000.0 m²" not in card
    assert f'href="/api/checks/{school["id"]}/report.pdf?for=public"' in told


def test_nobody_sees_more_by_asking_for_it(
    client: TestClient, school: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(people.model._SEES, "demo", "public")
    for params in ({}, {"for": "secret"}):
        told = client.get(f"/api/checks/{school['id']}", params=params).json()
        assert told["withheld"]["grade"] == "public"
        again = client.post(f"/api/checks/{school['id']}/again", params=params).json()
        assert again["answer"]["withheld"]["grade"] == "public"
        assert "500,000.0 m²" not in client.get(f"/api/checks/{school['id']}/map", params=params).text


# ---- later ----


def test_today_instead_says_then_now_and_what_changed(client: TestClient) -> None:
    then = asked(client, proposal={"use": "0804"}, valid_on="2017-06-01")
    made = client.post(f"/api/checks/{then['id']}/today")
    assert made.status_code == 201, made.text
    told = made.json()
    assert told["then"]["id"] == then["id"]
    assert made.headers["location"] == f"/api/checks/{told['now']['id']}"
    assert told["now"]["proposal"] == then["proposal"]
    assert client.get(made.headers["location"]).json()["id"] == told["now"]["id"]
    causes = {cause["code"] for each in told["changes"] for cause in each["because"]}
    assert causes & {"rule_new", "rule_changed", "edition"}
    assert client.post("/api/checks/nothing/today").status_code == 404
    shown = page(client, f"/checks/{told['now']['id']}?since={then['id']}")
    assert "与上次检查比较" in shown
    assert "规则自" in shown or "由第" in shown or "新增第" in shown


def test_today_from_the_page_is_an_address_that_makes_no_second_check(
    client: TestClient, school: dict[str, Any]
) -> None:
    went = client.post(f"/checks/{school['id']}/today", follow_redirects=False)
    assert went.status_code == 303
    before = client.get("/api/checks", params={"limit": 500}).json()
    told = page(client, went.headers["location"])
    assert "结论和各项量算都没有变化" in told
    assert client.get("/api/checks", params={"limit": 500}).json() == before
    elsewhere = asked(client, site=OPEN_LAND)
    unlike = client.get(f"/checks/{school['id']}?since={elsewhere['id']}")
    assert unlike.status_code == 422
    assert "不是同一地块" in unlike.text


def test_a_key_asks_for_today_once(client: TestClient, school: dict[str, Any]) -> None:
    key = {"Idempotency-Key": "today-once"}
    first, second = (client.post(f"/api/checks/{school['id']}/today", headers=key) for _ in range(2))
    assert first.json()["now"]["id"] == second.json()["now"]["id"]


# ---- a person's word ----


def test_a_persons_word_stands_beside_the_finding(client: TestClient, school: dict[str, Any]) -> None:
    where = f"/api/checks/{school['id']}/overrides"
    said = {
        "rule": "farmland_occupied",
        "says": "permitted",
        "reason": "国务院已批准转用",
        "person": "王主任",
    }
    made = client.post(where, json=said)
    assert made.status_code == 201, made.text
    (kept,) = client.get(where).json()
    assert {key: kept[key] for key in said} == said
    assert client.get(f"/api/checks/{school['id']}").json() == school  # it changed nothing of the answer
    told = page(client, f"/checks/{school['id']}")
    card = told[told.index('id="rule-farmland_occupied"') :]
    assert card.index("占用永久基本农田") < card.index("国务院已批准转用")
    assert "准予 · 王主任" in card
    assert "王主任" in page(client, f"/checks/{school['id']}/panel")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"rule": "nothing"}, "override_rule"),
        ({"says": "maybe"}, "override_says"),
        ({"reason": " "}, "override_reason"),
        ({"reason": "x" * 2001}, "override_reason"),
        ({"person": ""}, "override_person"),
        ({"person": 7}, "field_text"),
        ({"effect": "none"}, "field_unknown"),
        ({"reason": None}, "field_text"),
    ],
)
def test_a_word_that_is_none_is_refused(
    client: TestClient, school: dict[str, Any], said: dict[str, Any], code: str
) -> None:
    whole = {"rule": "farmland_occupied", "says": "permitted", "reason": "r", "person": "p"}
    got = client.post(f"/api/checks/{school['id']}/overrides", json={**whole, **said})
    assert (got.status_code, got.json()["code"]) == (422, code)


def test_a_word_beside_what_is_withheld_is_neither_taken_nor_shown(
    client: TestClient, school: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    where = f"/api/checks/{school['id']}/overrides"
    said = {"rule": "farmland_occupied", "says": "conditional", "reason": "见密件", "person": "李科长"}
    assert client.post(where, json=said).status_code == 201
    assert client.get(where, params={"for": "public"}).json() == []
    assert "见密件" not in page(client, f"/checks/{school['id']}?for=public")
    monkeypatch.setitem(people.model._SEES, "demo", "public")
    got = client.post(where, json=said)
    assert (got.status_code, got.json()["code"]) == (403, "override_withheld")


def test_a_word_from_the_page_and_one_that_is_refused_comes_back(client: TestClient) -> None:
    answer = asked(client, proposal={"use": "0804"})
    where = f"/checks/{answer['id']}/overrides"
    said = {"rule": "farmland_occupied", "says": "forbidden", "reason": "现场核实", "person": "赵工"}
    went = client.post(where, data=said, follow_redirects=False)
    assert (went.status_code, went.headers["location"]) == (
        303,
        f"/checks/{answer['id']}#rule-farmland_occupied",
    )
    back = client.post(where, data={**said, "reason": "  "}, headers={"accept-language": "zh-CN"})
    assert back.status_code == 422
    assert "请写明理由" in back.text
    assert 'value="赵工"' in back.text
    assert '<option value="forbidden" selected>' in back.text
    assert f'href="/checks/{answer["id"]}?lang=en"' in back.text
    assert client.post(where, json=said).status_code == 400
    foreign = client.post(where, data=said, headers={"origin": "https://elsewhere.example"})
    assert foreign.status_code == 403


def test_a_word_is_only_a_word(client: TestClient) -> None:
    answer = asked(client, proposal={"use": "0804"})
    said = {
        "rule": "farmland_occupied",
        "says": "permitted",
        "reason": "<script>alert(1)</script>",
        "person": "<b>x",
    }
    assert client.post(f"/api/checks/{answer['id']}/overrides", json=said).status_code == 201
    shown = client.get(f"/checks/{answer['id']}").text
    assert "<script>alert" not in shown
    assert "<b>x" not in shown


# ---- the page ----


def test_the_answer_comes_first_then_findings_by_severity(client: TestClient, school: dict[str, Any]) -> None:
    told = page(client, f"/checks/{school['id']}")
    assert "不能建：占用永久基本农田 500,000.0 m²（750.00 亩，占地块 100 %）" in told
    at = [
        told.index(each)
        for each in ('class="verdict ', 'class="questions"', 'id="rule-farmland_occupied"', 'id="editions"')
    ]
    assert at == sorted(at)
    card = told[told.index('id="rule-farmland_occupied"') :].split("</li>\n", 1)[0]
    for shown in ("第三十五条", "规划和自然资源局", "第 1 版", "占用面积大于 0 m²", "调整选址", "▲"):
        assert shown in card


def test_a_law_nobody_has_seen_is_marked(client: TestClient, school: dict[str, Any]) -> None:
    told = page(client, f"/checks/{school['id']}")
    for each in (each for each in school["findings"] if each["state"] != "holds not"):
        card = told[told.index(f'id="rule-{each["rule"]}"') :].split("override-form", 1)[0]
        assert ("依据待核" in card) == any(
            basis["standing"] != "seen" for basis in each["basis"]
        ) or not each["basis"]


def test_what_is_missing_can_be_told_at_once(client: TestClient, school: dict[str, Any]) -> None:
    bare = asked(client, site=square(511.2, 2513.2, 511.4, 2513.4))
    figures = {each["params"]["figure"] for each in bare["questions"] if each["code"] == "figure_missing"}
    assert figures
    whole, beside = (page(client, f"/checks/{bare['id']}{end}") for end in ("", "/panel"))
    for figure in figures:
        assert f'href="/?check={bare["id"]}&ask={figure}"' in whole
        assert f'data-ask="{figure}"' in beside
        assert f'name="{figure}"' in page(client, "/")


def test_cannot_say_is_never_green(client: TestClient) -> None:
    told = asked(client, site=OPEN_LAND, proposal={"use": "0804"})
    assert told["verdict"] == "cannot say"
    shown = page(client, f"/checks/{told['id']}/panel")
    verdict = re.search(
        r'<div class="verdict (\S+)">\s*<span class="verdict-mark" aria-hidden="true">(.)</span>', shown
    )
    assert verdict
    assert verdict.groups() == ("verdict-cannot_say", "?")


def test_use_is_told_patch_by_patch(client: TestClient) -> None:
    told = asked(client, site=square(511.2, 2513.2, 511.4, 2513.4), proposal={"use": "0701"})
    patched = [each for each in told["findings"] if each["use"]]
    assert patched
    shown = page(client, f"/checks/{told['id']}")
    assert "用途逐块对照" in shown
    assert patched[0]["use"][0]["crosswalk"] in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_answer_of_before_there_were_rules_still_opens(
    client: TestClient, module_workspace: str, actor: Actor, school: dict[str, Any], language: str
) -> None:
    new = {
        "format",
        "valid_on",
        "known_at",
        "calendar",
        "proposal",
        "use_name",
        "questions",
        "rules",
        "findings",
        "displayed",
    }
    id = f"200101-first{language[:2].lower()}"
    first = {key: value for key, value in school.items() if key not in new}
    first |= {"id": id, "verdict": "no rule", "reasons": [{"code": "no_rule_loaded", "params": {}}]}
    kept = {"coarse", "valid_from", "class_system", "tolerance_m", "status", "withheld"}
    first["layers"] = [{key: layer[key] for key in layer if key not in kept} for layer in first["layers"]]
    first.pop("withheld", None)
    with session.transaction(session.engine(module_workspace), actor) as connection:
        connection.exec_driver_sql(
            "INSERT INTO hetu.site_check (id, made_at, made_by, site, verdict, summary, answer, sha256, editions, product) "
            "SELECT %(id)s, made_at, made_by, site, 'no rule', summary, %(answer)s, sha256, editions, product "
            "FROM hetu.site_check WHERE id = %(like)s",
            {"id": id, "answer": json.dumps(first, ensure_ascii=False), "like": school["id"]},
        )
    told = page(client, f"/checks/{id}", language)
    assert Speech(language).say("lead.no_rule") in told
    assert "500,000.0 m²" in page(client, f"/checks/{id}/panel", language)
    assert "None" not in re.sub(r"<[^>]*>", "", told)
    assert client.get(f"/api/checks/{id}").json()["id"] == id


# ---- the rules ----


def test_the_rules_are_listed_with_effects_and_standing(client: TestClient) -> None:
    told = client.get("/api/rules").json()
    assert told["counts"]["rules"] >= 60
    assert sum(told["counts"]["by_effect"].values()) == told["counts"]["rules"]
    assert told["counts"]["by_standing"]["seen"] > 0
    assert {each["group"] for each in told["rules"]} == {each["code"] for each in told["groups"]}
    shown = page(client, "/rules")
    for each in told["rules"]:
        assert f'href="/rules/{each["code"]}"' in shown


def test_rules_are_filtered_by_what_stands_in_the_address(client: TestClient) -> None:
    told = client.get("/api/rules").json()["rules"]
    layer = "permanent_basic_farmland"
    shown = page(client, f"/rules?layer={layer}")
    assert set(re.findall(r'<th scope="row"><a href="/rules/(\w+)"', shown)) == {
        each["code"] for each in told if each["layer"] == layer
    }
    forbidding = set(
        re.findall(r'<th scope="row"><a href="/rules/(\w+)"', page(client, "/rules?effect=forbid"))
    )
    assert "farmland_occupied" in forbidding
    assert len(forbidding) < len(told)
    assert "没有符合条件的规则" in page(client, f"/rules?layer={layer}&effect=conform")
    assert client.get("/rules?effect=sometimes").status_code == 422
    assert 'href="/rules/farmland_occupied"' in page(client, f"/layers/{layer}")


def test_a_rule_with_its_versions_and_manual(client: TestClient) -> None:
    told = client.get("/api/rules/farmland_occupied").json()
    assert [each["since"] for each in told["versions"]] == ["2020-01-01", "1999-01-01"]
    assert told["holds"] is True
    assert len(told["manual"]["drawings"]) >= 2
    for path in ("/api/rules/nothing", "/api/rules/%00", "/api/rules/" + "x" * 3000):
        assert 400 <= client.get(path).status_code < 500
    assert client.get("/rules/nothing").status_code == 404


def test_every_rule_has_its_page_with_every_drawing_drawn(client: TestClient) -> None:
    for number, rule in enumerate(client.get("/api/rules").json()["rules"]):
        language = LANGUAGES[number % len(LANGUAGES)]
        told = page(client, f"/rules/{rule['code']}", language)
        entry = manual.entries().get(rule["code"])
        assert told.count('<svg class="plate"') == len(entry.drawings if entry else ()), rule["code"]
        assert "<pre>" not in told
        assert "None" not in re.sub(r"<script.*?</script>|<[^>]*>", " ", told, flags=re.DOTALL)
        assert Speech(language).say("rules.versions") in told


def test_without_a_rulebook_the_page_says_so(workspace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from api import app

    monkeypatch.setattr(rule_store, "in_use", lambda *_: None)
    client = TestClient(app.make(workspace), base_url="http://127.0.0.1")
    assert "还没有载入规则" in page(client, "/rules")
    assert client.get("/api/rules").json()["rulebook"] is None
    made = client.post("/api/checks", json={"site": FARM})
    assert "未加载规则" in page(client, f"/checks/{made.json()['id']}/panel")
    page(client, "/parts")


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_parts_stand_in_every_state(client: TestClient, language: str) -> None:
    told = page(client, "/parts", language)
    for verdict in ("cannot_be_built", "cannot_say", "only_under_conditions", "conforms", "no_rule"):
        assert f"verdict-{verdict}" in told
    assert 'href="/parts"' not in told.split("</header>")[0]


def test_a_box_needs_no_proposal(client: TestClient) -> None:
    (west, south), (east, north) = to_degrees((512.1, 2518.1), (512.4, 2518.9))
    made = client.post("/api/checks", json={"box": f"{west},{south},{east},{north}"})
    assert made.json()["proposal"]["use"] is None


def test_a_plan_on_display_stands_apart_and_is_no_milder_for_who_sees_less(
    workspace: str, actor: Actor
) -> None:
    from api import app

    shown = little_district.arrival(
        "statutory_plan",
        "polygon",
        little_district.PLAN,
        ["G1"],
        Coverage(little_district.OUTLINE, "district"),
    )
    with session.transaction(session.engine(workspace), actor) as connection:
        delivery = store.begin_delivery(connection, actor, "a plan on display")
        arrival = dataclasses.replace(shown, status="on_display")
        staged = edition.put(connection, delivery, little_district.SRID, arrival)
        edition.publish(connection, [("statutory_plan", staged)])
        store.end_delivery(connection, delivery, "published", sha256="4" * 64)
    client = TestClient(app.make(workspace), base_url="http://127.0.0.1")
    across = square(512, 2515.9, 512.2, 2518.2)  # the plan in the south, farmland in the north
    told = asked(client, site=across, proposal={"use": "0804"})
    assert told["verdict"] == told["displayed"]["verdict"] == "cannot be built"
    whole = page(client, f"/checks/{told['id']}")
    apart = whole[whole.index('id="displayed"') :].split("</section>", 1)[0]
    assert "公示中的规划，尚未生效" in apart
    assert "如按公示方案批准，结论为：不能建" in apart
    assert "第 2 版" in apart
    assert "data-fly" not in apart
    assert "override-form" not in apart
    assert "公示中的规划" in page(client, f"/checks/{told['id']}/panel")
    for grade in ("public", "internal"):
        less = client.get(f"/api/checks/{told['id']}", params={"for": grade}).json()
        assert less["displayed"]["verdict"] == less["verdict"] == "cannot be built"


def test_an_edition_that_was_withdrawn_since_is_marked_on_top(workspace: str, actor: Actor) -> None:
    from api import app

    client = TestClient(app.make(workspace), base_url="http://127.0.0.1")
    told = asked(client)
    pinned = told["editions"]["permanent_basic_farmland"]["id"]
    assert "edition-marks" not in page(client, f"/checks/{told['id']}")
    with session.transaction(session.engine(workspace), actor) as connection:
        edition.withdraw(connection, pinned)
    shown = page(client, f"/checks/{told['id']}")
    assert shown.index("有 1 个版本在检查之后已撤回或被替代") < shown.index('class="verdict ')
    assert shown.count("该版本已于") == 2  # on top, and in the list of editions
    now = client.post(f"/api/checks/{told['id']}/today").json()
    changed = [each for each in now["changes"] if each.get("layer") == "permanent_basic_farmland"]
    assert {cause["code"] for each in changed for cause in each["because"]} == {"edition"}
    assert "永久基本农田已无现行版本" in page(client, f"/checks/{now['now']['id']}?since={told['id']}")
