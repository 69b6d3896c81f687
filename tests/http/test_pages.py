"""Every page, in both languages, as a person gets it."""

from __future__ import annotations

import dataclasses
import html
import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.language import LANGUAGES, Speech
from db import session
from db.actor import Actor
from gis import edition
from gis.readers import SetAside
from tests import little_district
from tests.http.conftest import square
from workflows.base_map import store

UNTRANSLATED = re.compile(
    r"\b(?:refusal|answer|layer|layers|check|checks|state|status|kind|frame|map|site)\.[a-z_]+\b(?!\.)"
)


def page(client: TestClient, path: str, language: str = "zh-CN") -> str:
    got = client.get(path, headers={"accept-language": language})
    assert got.status_code == 200, got.text[:500]
    assert got.headers["content-language"] == language
    return html.unescape(got.text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/checks",
        "/checks/{id}",
        "/layers",
        "/layers/permanent_basic_farmland",
        "/layers/elevation",
        "/layers/hydrants",
        "/rules",
        "/rules/farmland_occupied",
        "/rules/airport_height_exceeded",
        "/parts",
    ],
)
def test_page_stands_whole_in_its_language(
    client: TestClient, answer: dict[str, Any], path: str, language: str
) -> None:
    told = page(client, path.format(id=answer["id"]), language)
    say = Speech(language).say
    assert f'<html lang="{language}">' in told
    assert say("frame.notice", actor=say("frame.demo_actor")) in told
    assert told.count("<h1") == 1
    assert "None" not in re.sub(r"<[^>]*>", "", told)
    visible = re.sub(r"<script.*?</script>|<[^>]*>", " ", told, flags=re.DOTALL)
    assert not UNTRANSLATED.findall(visible)
    if language == "en":  # what is left in Chinese is a name (of the product, the district, a law), or says that it is Chinese
        told = re.sub(r'<(dd|td|p)[^>]* lang="zh-CN">.*?</\1>', "", told, flags=re.DOTALL)
        visible = re.sub(r"<script.*?</script>|<[^>]*>", " ", told, flags=re.DOTALL)
        assert not re.search("[一-鿿]{12,}", re.sub("国土 TXT", "", visible))


def test_the_first_page_holds_every_layer(client: TestClient) -> None:
    told = page(client, "/")
    for layer in client.get("/api/layers").json():
        assert f'href="/layers/{layer["code"]}"' in told
    assert told.count("data-layer>") == 8  # those that can be drawn; the rest says that it has no data


def test_the_panel_says_one_sentence_first(client: TestClient, answer: dict[str, Any]) -> None:
    told = page(client, f"/checks/{answer['id']}/panel")
    counted = answer["summary"]
    assert "不能建：占用永久基本农田 500,000.0 m²" in told
    assert (
        f"{len(answer['layers'])} 层中 {counted['hit']} 层命中、{counted['clear']} 层无冲突、{counted['no data']} 层无数据、0 层失败。"
        in told
    )
    assert told.index("不能建") < told.index('data-rule="farmland_occupied"') < told.index('class="others"')
    assert "没有已发布的版本" in told
    assert "50.00 公顷" in told
    assert "750.00 亩" in told
    assert "0101 水田" in told
    assert 'data-fly="permanent_basic_farmland" data-feature="0"' in told
    assert "<html" not in told


def test_partly_without_data_is_said_with_both_shares(client: TestClient) -> None:
    # The statutory plan speaks only for the western half; this square lies across the line, clear of its patch.
    made = client.post("/api/checks", json={"site": square(514.75, 2511, 515.25, 2511.5)}).json()
    told = page(client, f"/checks/{made['id']}/panel")
    assert re.search(
        r"50\.0 % 范围内无冲突，50\.0 % 范围无数据 <span class=\"n\">1</span></dt>\s*<dd><a href=\"/layers/statutory_plan\"",
        told,
    )


def test_measured_again_from_the_page(client: TestClient, answer: dict[str, Any]) -> None:
    again = client.post(f"/checks/{answer['id']}/again", headers={"accept-language": "zh-CN"})
    assert again.status_code == 200
    assert "再次测量的结果与存档完全一致" in again.text


def test_a_difference_is_shown_figure_by_figure(
    client: TestClient, answer: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    was = {"code": "subdistrict", "state": "hit", "area_m2": 500000.0}
    now = {**was, "area_m2": 499999.9}
    said = {
        "same": False,
        "answer": answer,
        "differences": [{"what": "layer", "code": "subdistrict", "was": was, "now": now}],
    }
    monkeypatch.setattr("workflows.site_check.later.again", lambda *_: said)
    told = html.unescape(client.post(f"/checks/{answer['id']}/again").text)
    assert '{"area_m2": 500000.0}' in told
    assert '{"area_m2": 499999.9}' in told
    assert "再次测量与存档有 1 处不同" in told


def test_the_check_draws_its_site(client: TestClient, answer: dict[str, Any]) -> None:
    told = page(client, f"/checks/{answer['id']}")
    assert '<path class="site"' in told
    assert '<path class="hit"' in told
    assert answer["sha256"] in told


def test_filters_stand_in_the_address(client: TestClient) -> None:
    told = page(client, "/layers?q=farmland&state=filled&kind=polygon")
    assert 'value="farmland"' in told
    assert "permanent_basic_farmland" in told
    assert ">符合条件 1 个<" in told
    assert ">符合条件 1 个<" in page(client, "/layers?state=guessed")
    assert "没有符合条件的图层" in page(client, "/layers?q=没有这个词")


def test_basis_says_how_far_it_is_known(client: TestClient) -> None:
    told = page(client, "/layers/permanent_basic_farmland")
    assert "中华人民共和国土地管理法" in told
    assert "依据待核" in told
    assert "Land Administration Law" in page(client, "/layers/permanent_basic_farmland", "en")


def test_a_layer_without_an_edition_says_no_data(client: TestClient) -> None:
    told = page(client, "/layers/elevation")
    assert "无数据" in told
    assert "还没有版本" in told


def test_a_guessed_layer_is_marked(client: TestClient) -> None:
    for path in ("/layers/hydrants", "/layers?q=hydrants"):
        assert "推测" in page(client, path)


def test_set_aside_features_are_listed_with_their_reason_and_place(workspace: str, actor: Actor) -> None:
    from api import app

    arrival = little_district.arrival(
        "block", "polygon", [little_district.km(511, 2511, 512, 2512)], [None], edition.NOBODY
    )
    aside = SetAside(7, "invalid_geometry", 511234.5, 2511234.5, {"reason": "Self-intersection"}, None, "{}")
    hostile = SetAside(8, "<b>unheard_of</b>", None, None, {"why": "<script>"}, None, "{}")
    with session.transaction(session.engine(workspace), actor) as connection:
        delivery = store.begin_delivery(connection, actor, "blocks")
        told_of = {name: getattr(arrival, name) for name in arrival.__dataclass_fields__} | {
            "set_aside": (aside, hostile)
        }
        staged = edition.put(connection, delivery, little_district.SRID, edition.Arrival(**told_of))
        edition.publish(connection, [("block", staged)])
        store.end_delivery(connection, delivery, "published", sha256="1" * 64)
    client = TestClient(app.make(workspace), base_url="http://127.0.0.1")
    got = client.get("/layers/block", headers={"accept-language": "zh-CN"}).text
    assert re.search(r'<td class="number">3</td><td class="number">1</td><td class="number">2</td>', got)
    assert "511234.5000, 2511234.5000" in got
    assert "现行版本搁置了 2 个要素" in got
    assert "<b>unheard_of" not in got
    assert "<script>" not in got


def published(workspace: str, actor: Actor, arrival: edition.Arrival, **other: Any) -> None:
    with session.transaction(session.engine(workspace), actor) as connection:
        delivery = store.begin_delivery(connection, actor, arrival.layer)
        staged = edition.put(
            connection, delivery, little_district.SRID, dataclasses.replace(arrival, **other)
        )
        edition.publish(connection, [(arrival.layer, staged)])
        store.end_delivery(connection, delivery, "published", sha256="2" * 64)


def test_cells_of_a_raster_are_not_features(workspace: str, actor: Actor) -> None:
    from api import app

    client = TestClient(app.make(workspace), base_url="http://127.0.0.1")
    before = re.search(r"共 ([0-9,]+) 个要素", page(client, "/layers"))
    square = little_district.arrival(
        "elevation", "raster", [little_district.km(511, 2511, 512, 2512)], [None], edition.NOBODY
    )
    grid = {"file": "0.tif", "unit": "metre"}
    published(workspace, actor, square, features=None, disjoint=None, cells=360_000, raster=grid)
    told = page(client, "/layers")
    after = re.search(r"共 ([0-9,]+) 个要素", told)
    assert before
    assert after
    assert after[1] == before[1]
    assert '<td class="number">360000 个栅格单元</td>' in told
    assert '<td class="number">360000 cells</td>' in page(client, "/layers", "en")


def test_the_first_rows_of_the_source_are_shown_with_its_encoding(workspace: str, actor: Actor) -> None:
    from api import app

    block = little_district.arrival(
        "block", "polygon", [little_district.km(511, 2511, 512, 2512)], [None], edition.NOBODY
    )
    samples = (
        {"街坊": "向阳里", "NAME": "<b>Sunny</b>", "n": 3, "none": None, "long": "字" * 200},
        {"街坊": "临江里", **{f"f{n}": n for n in range(20)}},
    )
    published(workspace, actor, block, encoding="GB18030", samples=samples)
    client = TestClient(app.make(workspace), base_url="http://127.0.0.1")
    told = page(client, "/layers/block")
    for shown in (
        "<h2>样例",
        "编码 GB18030",
        '<th scope="col">街坊</th>',
        "<td>向阳里</td>",
        "<td>临江里</td>",
    ):
        assert shown in told
    assert "<td>&lt;b&gt;Sunny&lt;/b&gt;</td>" in client.get("/layers/block").text
    assert "<td>3</td>" in told
    assert "字" * 81 not in told
    assert "另有 13 个字段未列出" in told
    assert "13 more fields are not listed" in page(client, "/layers/block", "en")
    assert "<h2>样例" not in page(client, "/layers/permanent_basic_farmland")


def test_the_english_page_names_a_layer_in_both_languages(client: TestClient) -> None:
    told = page(client, "/layers/permanent_basic_farmland", "en")
    assert "<dt>English name</dt><dd>Permanent basic farmland</dd>" in told
    assert "<dt>Chinese name</dt><dd>永久基本农田</dd>" in told


def test_an_empty_list_says_what_to_do(workspace: str) -> None:
    from api import app

    client = TestClient(app.make(workspace), base_url="http://127.0.0.1")
    assert "还没有检查记录" in client.get("/checks", headers={"accept-language": "zh"}).text


def test_the_language_is_the_addresss_then_the_cookies_then_the_browsers(workspace: str) -> None:
    from api import app

    client = TestClient(app.make(workspace), base_url="http://127.0.0.1")
    assert 'lang="zh-CN">' in client.get("/checks").text
    assert 'lang="en">' in client.get("/checks", headers={"accept-language": "en-GB,en;q=0.9"}).text
    assert 'lang="zh-CN">' in client.get("/checks", headers={"accept-language": "en;q=0.3,zh;q=0.8"}).text
    assert 'lang="zh-CN">' in client.get("/checks", headers={"accept-language": "fr"}).text
    assert 'lang="en">' in client.get("/checks?lang=en").text
    assert (
        'lang="en">' in client.get("/checks", headers={"accept-language": "zh"}).text
    )  # the cookie remembers
    assert client.get("/api/nothing").json()["title"] == "Not found"
    assert 'href="/layers?q=a%26b&amp;lang=zh-CN"' in client.get("/layers?q=a%26b").text


def test_openapi_describes_every_address_for_programs(client: TestClient) -> None:
    described = client.get("/api/openapi.json").json()
    assert "/api/checks" in described["paths"]
    assert "/checks" not in described["paths"]
    assert described["paths"]["/api/checks"]["post"]["requestBody"]["content"]["application/json"]["schema"][
        "examples"
    ]
