"""Withdrawing an edition over the web: told what comes of it, asked why, done once; and every paper about a check that used it says so."""

from __future__ import annotations

import io
import json
from typing import Any
from urllib.parse import unquote

import openpyxl
import pypdfium2
import pytest
import shapely
from docx import Document
from starlette.testclient import TestClient

from db import session
from db.actor import Actor
from gis import edition
from gis.edition import Coverage
from tests.http.conftest import square
from tests.little_district import OUTLINE, SRID, arrival, km
from workflows.base_map import store

FARMLAND = "permanent_basic_farmland"
EMPTY = "detailed_plan"
WHY = "坐标系报错，整层偏移 120 米"
SITE = square(512, 2518, 512.5, 2519)
CHINESE = {"accept-language": "zh-CN"}


@pytest.fixture(scope="module")
def publish(module_workspace: str) -> Any:
    """Publish an edition of a layer; its number."""

    def made(
        layer: str = FARMLAND, shape: shapely.Geometry | None = None, delivery: int | None = None
    ) -> int:
        with session.transaction(session.engine(module_workspace), Actor("test", "检验")) as connection:
            delivery = delivery or store.begin_delivery(connection, Actor("test", "检验"), "a plan.zip")
            new = arrival(
                layer,
                "polygon",
                [shape or km(512, 2518, 512.5, 2519)],
                ["0101"],
                Coverage(OUTLINE, "district"),
            )
            staged = edition.put(connection, delivery, SRID, new)
            edition.publish(connection, [(layer, staged)])
            told = store.editions(connection, layer)[0]
        return int(told["seq"])

    return made


@pytest.fixture
def delivery(module_workspace: str) -> int:
    with session.transaction(session.engine(module_workspace), Actor("test", "检验")) as connection:
        return store.begin_delivery(connection, Actor("test", "检验"), "两个图层.zip")


def check(client: TestClient) -> str:
    made = client.post("/api/checks", json={"site": SITE})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def withdraw(client: TestClient, layer: str, seq: int, **said: Any) -> Any:
    key = said.pop("key", None)
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(
        f"/api/layers/{layer}/editions/{seq}/withdrawal", json={"reason": WHY, **said}, headers=headers
    )


def in_force(client: TestClient, layer: str = FARMLAND) -> int | None:
    found: int | None = client.get(f"/api/layers/{layer}").json()["seq"]
    return found


def test_a_program_is_told_before_and_after(client: TestClient, publish: Any) -> None:
    before = in_force(client)
    seq = publish()
    used = check(client)
    told = client.get(f"/api/layers/{FARMLAND}/editions/{seq}/withdrawal").json()
    (layer,) = told["layers"]
    assert (layer["in_force"], layer["stands"], told["checks"]) == (seq, before, 1)
    done = withdraw(client, FARMLAND, seq, expected_seq=before)
    assert done.status_code == 201, done.text
    assert done.json()["checks"] == {"count": 1, "listed": [used]}
    assert done.json()["reason"] == WHY
    assert in_force(client) == before
    newest = client.get(f"/api/layers/{FARMLAND}/editions").json()[0]
    assert (newest["state"], newest["withdrawn_because"]) == ("withdrawn", WHY)


def test_the_same_key_withdraws_once_and_gives_the_first_answer(client: TestClient, publish: Any) -> None:
    seq = publish()
    first = withdraw(client, FARMLAND, seq, key="withdraw-once")
    again = withdraw(client, FARMLAND, seq, key="withdraw-once")
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    other = withdraw(client, FARMLAND, seq, key="withdraw-once", reason="another")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    late = withdraw(client, FARMLAND, seq)
    assert (late.status_code, late.json()["code"]) == (409, "edition_withdrawn")


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"reason": "  "}, 422, "withdrawal_reason"),
        ({"reason": "x" * 2001}, 422, "withdrawal_reason"),
        ({"reason": 7}, 422, "field_text"),
        ({"nonsense": 1}, 422, "field_unknown"),
        ({"expected_seq": -1}, 422, "field_whole"),
        ({"expected_seq": 1.5}, 422, "field_whole"),
        ({"expected_seq": True}, 422, "field_whole"),
        ({"with_built": "perhaps"}, 422, "field_choice"),
        ({"expected_seq": 99}, 409, "standing_moved"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    client: TestClient, publish: Any, said: dict[str, Any], status: int, code: str
) -> None:
    seq = in_force(client) or publish()
    if seq == 1:
        seq = publish()
    no = withdraw(client, FARMLAND, seq, **said)
    assert (no.status_code, no.json()["code"]) == (status, code), no.text
    assert in_force(client) == seq


@pytest.mark.parametrize("seq", ["99", "0", "-1", "1e3", "٣", "9" * 30, "x"])
def test_an_edition_that_is_not_there(client: TestClient, seq: str) -> None:
    for what in ("withdrawal", "rollback"):
        no = client.post(f"/api/layers/{FARMLAND}/editions/{seq}/{what}", json={"reason": WHY})
        assert (no.status_code, no.json()["code"]) == (404, "edition_unknown")
    assert client.get(f"/api/layers/{FARMLAND}/editions/{seq}/withdrawal").status_code == 404
    assert client.get(f"/layers/{FARMLAND}/editions/{seq}/withdrawal").status_code == 404


def test_no_data_is_confirmed(client: TestClient, publish: Any) -> None:
    seq = publish(EMPTY)
    no = withdraw(client, EMPTY, seq)
    assert (no.status_code, no.json()["code"]) == (409, "withdrawal_leaves_nothing")
    assert in_force(client, EMPTY) == seq
    assert withdraw(client, EMPTY, seq, leave_empty=True, expected_seq=0).status_code == 201
    assert in_force(client, EMPTY) is None


def test_a_delivery_is_withdrawn_whole(client: TestClient, publish: Any, delivery: int) -> None:
    publish(EMPTY, delivery=delivery)
    seq = publish(FARMLAND, delivery=delivery)
    asked = client.get(f"/intake/{delivery}/withdrawal", headers=CHINESE)
    assert "两个图层.zip" in asked.text
    assert asked.text.count("data-layer=") == 2
    assert (
        f"/intake/{delivery}/withdrawal" in client.get(f"/layers/{FARMLAND}/editions/{seq}/withdrawal").text
    )
    where = f"/api/imports/{delivery}/withdrawal"
    assert client.post(where, json={"reason": WHY}).json()["code"] == "withdrawal_leaves_nothing"
    done = client.post(where, json={"reason": WHY, "leave_empty": True})
    assert {each["layer"] for each in done.json()["withdrawn"]} == {EMPTY, FARMLAND}
    assert client.post(where, json={"reason": WHY}).json()["code"] == "delivery_withdrawn"
    assert client.post("/api/imports/9999999/withdrawal", json={"reason": WHY}).status_code == 404


def test_a_rollback_brings_an_older_edition_back(client: TestClient, publish: Any) -> None:
    to = publish()
    last = [publish(), publish()][-1]
    page = client.get(f"/layers/{FARMLAND}/editions/{to}/rollback", headers=CHINESE)
    assert page.status_code == 200
    assert f"/layers/{FARMLAND}/editions/{to}/rollback" in client.get(f"/layers/{FARMLAND}").text
    done = client.post(f"/api/layers/{FARMLAND}/editions/{to}/rollback", json={"reason": WHY})
    assert [each["seq"] for each in done.json()["withdrawn"]] == [last - 1, last]
    assert in_force(client) == to
    no = client.post(f"/api/layers/{FARMLAND}/editions/{to}/rollback", json={"reason": WHY})
    assert (no.status_code, no.json()["code"]) == (409, "rollback_stands")


def test_the_page_tells_first_and_does_it_then(client: TestClient, publish: Any) -> None:
    before = in_force(client)
    seq = publish()
    used = check(client)
    layer = client.get(f"/layers/{FARMLAND}", headers=CHINESE)
    where = f"/layers/{FARMLAND}/editions/{seq}/withdrawal"
    assert where in layer.text
    asked = client.get(where, headers=CHINESE).text
    assert f"撤回 永久基本农田 第 {seq} 版" in asked
    assert "1 次检查引用过" in asked
    assert f'name="expected_seq" value="{before}"' in asked
    bare = client.post(where, data={"reason": " ", "expected_seq": before}, headers=CHINESE)
    assert bare.status_code == 422
    assert "请写明撤回原因" in bare.text
    moved = client.post(where, data={"reason": "写过的原因", "expected_seq": 99}, headers=CHINESE)
    assert moved.status_code == 409
    assert "写过的原因" in moved.text
    done = client.post(where, data={"reason": WHY, "expected_seq": before}, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, f"/layers/{FARMLAND}#editions")
    after = client.get(f"/layers/{FARMLAND}", headers=CHINESE).text
    assert WHY in after
    assert where not in after
    assert client.get(where, headers=CHINESE).status_code == 409
    assert used in client.get("/checks?withdrawn=1").text


def test_a_page_of_another_house_withdraws_nothing(client: TestClient, publish: Any) -> None:
    seq = publish()
    no = client.post(
        f"/layers/{FARMLAND}/editions/{seq}/withdrawal",
        data={"reason": WHY},
        headers={"origin": "http://elsewhere.example"},
    )
    assert no.status_code == 403
    assert in_force(client) == seq


def test_a_layer_left_without_data_is_ticked_on_the_page(client: TestClient, publish: Any) -> None:
    seq = publish(EMPTY)
    where = f"/layers/{EMPTY}/editions/{seq}/withdrawal"
    assert 'name="leave_empty"' in client.get(where).text
    assert client.post(where, data={"reason": WHY, "expected_seq": 0}).status_code == 409
    said = {"reason": WHY, "expected_seq": 0, "leave_empty": "yes"}
    assert client.post(where, data=said, follow_redirects=False).status_code == 303


def test_every_answer_about_a_check_says_what_became_of_its_editions(
    client: TestClient, publish: Any
) -> None:
    before = in_force(client)
    fresh = client.get(f"/api/checks/{check(client)}").json()
    assert "marks" not in fresh
    seq = publish()
    made = check(client)
    plain = client.get(f"/api/checks/{made}").json()
    withdraw(client, FARMLAND, seq)

    told = client.get(f"/api/checks/{made}").json()
    (mark,) = told.pop("marks")
    assert told == plain  # the answer itself is what it was
    assert (mark["layer"], mark["seq"], mark["mark"], mark["stands"]) == (FARMLAND, seq, "withdrawn", before)
    assert mark["reason"] == WHY
    day = mark["at"][:10]
    assert client.get(f"/api/checks/{made}/marks").json() == [mark]

    page = client.get(f"/checks/{made}", headers=CHINESE).text
    assert f"该版本已于 {day}" in page
    assert page.count(WHY) == 2  # at the top, and beside the edition

    listed = {each["id"]: each for each in client.get("/api/checks?withdrawn=true").json()}
    assert listed[made]["withdrawn"] == [mark["edition"]]
    by_edition = client.get("/api/checks", params={"edition": mark["edition"]}).json()
    assert made in {each["id"] for each in by_edition}
    assert made in client.get(f"/checks?edition={mark['edition']}").text
    assert client.get("/checks?edition=999999999").status_code == 404
    assert "用过已撤回的版本" in client.get("/checks", headers=CHINESE).text

    book = openpyxl.load_workbook(
        io.BytesIO(client.get(f"/api/checks/{made}/report.xlsx", headers=CHINESE).content)
    )
    cells = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value]
    assert any(WHY in each and day in each for each in cells)
    word = Document(io.BytesIO(client.get(f"/api/checks/{made}/report.docx", headers=CHINESE).content))
    assert any(WHY in each.text and day in each.text for each in word.paragraphs)
    pdf = client.get(f"/api/checks/{made}/report.pdf", headers=CHINESE)
    assert unquote(pdf.headers["content-disposition"])
    pages = pypdfium2.PdfDocument(pdf.content)
    text = "".join(pages[n].get_textpage().get_text_range() for n in range(len(pages)))
    assert WHY.replace(" ", "") in "".join(text.split())


def test_somebody_of_a_lower_grade_is_not_told_the_reason(client: TestClient, publish: Any) -> None:
    seq = publish()
    made = check(client)
    withdraw(client, FARMLAND, seq)
    told = client.get(f"/api/checks/{made}", params={"for": "public"}).json()
    mark = next(each for each in told["marks"] if each["layer"] == FARMLAND)
    assert (mark["mark"], mark["reason"]) == ("withdrawn", None)
    assert WHY not in json.dumps(told, ensure_ascii=False)
