"""Documents over HTTP: what a browser saves, for whom it was made, and what becomes of it when the ground changes."""

from __future__ import annotations

import io
import json
import re
from typing import Any
from urllib.parse import quote

import openpyxl
import pypdfium2
import pytest
from docx import Document
from sqlalchemy import text
from starlette.testclient import TestClient

from api import app
from api.documents import pdf, word
from db import session
from db.actor import Actor
from gis import boundary_text
from gis.geometry import assembled
from tests.http.conftest import square

SCHOOL = {"site": square(512, 2518, 512.5, 2519), "proposal": {"use": "0804", "height": 24}}
KINDS = ("report.pdf", "report.docx", "report.xlsx", "hits.gpkg", "site.txt")


@pytest.fixture(scope="module")
def school(client: TestClient) -> dict[str, Any]:
    """A school on farmland."""
    made = client.post("/api/checks", json=SCHOOL)
    assert made.status_code == 201, made.text
    told: dict[str, Any] = made.json()
    return told


def words(document: bytes) -> str:
    opened = pypdfium2.PdfDocument(document)
    pages = []
    for page in opened:
        held = page.get_textpage()
        pages.append(held.get_text_range())
        held.close()
        page.close()
    opened.close()
    return re.sub(r"\s+", " ", "\f".join(pages).replace("\u00a0", " "))


def got(client: TestClient, id: str, what: str, **asked: str) -> bytes:
    answer = client.get(f"/api/checks/{id}/{what}", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.content


@pytest.mark.parametrize("what", KINDS)
def test_a_document_is_saved_under_a_chinese_name_and_is_the_same_again(
    client: TestClient, school: dict[str, Any], what: str
) -> None:
    first, second = (client.get(f"/api/checks/{school['id']}/{what}") for _ in range(2))
    assert first.status_code == 200, first.text
    assert first.content == second.content
    ending = what.rpartition(".")[2]
    named = first.headers["content-disposition"]
    assert named.startswith(f'attachment; filename="hetu-{school["id"]}.{ending}"; ')
    called = {"gpkg": "命中图斑", "txt": "地块界址点"}.get(ending, "选址检查报告")
    assert named.endswith(f"filename*=UTF-8''{quote(called)}-{school['id']}.{ending}")
    named.encode("ascii")
    assert first.headers["x-content-type-options"] == "nosniff"


def test_the_report_says_what_the_answer_says(client: TestClient, school: dict[str, Any]) -> None:
    told = words(got(client, school["id"], "report.pdf"))
    forbidden = [
        each for each in school["findings"] if (each["state"], each["effect"]) == ("holds", "forbid")
    ]
    assert forbidden
    for each in forbidden:
        assert each["name"] in told
    assert "小区域" in told
    assert school["sha256"] in told
    assert "0804 教育用地" in told
    assert "依据待核" in told
    assert re.search(r"\b1 / (\d+)", told)
    for each in school["rules"]["versions"].values():
        assert each in told


def test_word_and_excel_hold_the_same_findings(client: TestClient, school: dict[str, Any]) -> None:
    holding = [each["name"] for each in school["findings"] if each["state"] == "holds"]
    document = Document(io.BytesIO(got(client, school["id"], "report.docx")))
    titles = [each.text for each in document.paragraphs if each.style.name == "Heading 2"]
    assert [title.split(" · ")[0].split(" ", 2)[2] for title in titles] == holding
    assert len(document.inline_shapes) == 2  # the code and the map
    book = openpyxl.load_workbook(io.BytesIO(got(client, school["id"], "report.xlsx")))
    rows = list(book["规则"].iter_rows(min_row=2, values_only=True))
    assert len(rows) == len(school["findings"])
    assert [row[1] for row in rows if row[2] == "触发"] == holding


def test_hits_come_in_the_project_system_with_their_rule(
    client: TestClient, school: dict[str, Any], tmp_path: Any
) -> None:
    import pyogrio

    (tmp_path / "hits.gpkg").write_bytes(got(client, school["id"], "hits.gpkg"))
    hits = pyogrio.read_dataframe(tmp_path / "hits.gpkg", layer="hits")
    farmland = hits[hits["layer"] == "permanent_basic_farmland"].iloc[0]
    assert hits.crs.to_epsg() == 4547
    assert farmland["effect"] == "forbid"
    assert farmland["rule"] == "farmland_occupied"
    assert farmland.geometry.area == pytest.approx(500_000, rel=1e-5)
    assert farmland.geometry.area == pytest.approx(farmland["area_m2"], abs=0.01)
    site = pyogrio.read_dataframe(tmp_path / "hits.gpkg", layer="site").iloc[0]
    assert (site["check_id"], site["verdict"]) == (school["id"], "cannot be built")


def test_in_english_it_is_another_document(client: TestClient, school: dict[str, Any]) -> None:
    answer = client.get(f"/api/checks/{school['id']}/report.pdf", params={"lang": "en"})
    assert answer.headers["content-language"] == "en"
    assert f"site-check-report-{school['id']}.pdf" in answer.headers["content-disposition"]
    told = words(answer.content)
    assert "Cannot be built: Site on permanent basic farmland" in told
    assert "1 / " in told


def test_for_the_public_it_withholds_and_says_so(client: TestClient, school: dict[str, Any]) -> None:
    public = client.get(f"/api/checks/{school['id']}", params={"for": "public"}).json()
    assert "permanent_basic_farmland" in public["withheld"]["layers"]
    told = words(got(client, school["id"], "report.pdf", **{"for": "public"}))
    assert "可阅「公开」及以下" in told
    assert "只说明是否命中" in told
    ident = next(
        hit["ident"] for layer in school["layers"] if layer["code"] == "permanent_basic_farmland" for hit in layer["hits"]
    )  # fmt: skip
    assert ident in words(got(client, school["id"], "report.pdf"))
    for what in ("report.pdf", "report.docx", "report.xlsx", "hits.gpkg"):
        given = got(client, school["id"], what, **{"for": "public"})
        shown = words(given) if what.endswith("pdf") else _everything(given, what)
        assert ident not in shown, what


def test_the_site_as_boundary_text_is_the_site(client: TestClient, school: dict[str, Any]) -> None:
    text = boundary_text.read(got(client, school["id"], "site.txt"))
    (plot,) = text.plots
    assert (plot.number, boundary_text.crs_code(text)) == (school["id"], 4547)
    assert assembled(plot.rings).area == pytest.approx(school["site"]["area_m2"], rel=1e-5)
    assert plot.declared_ha == pytest.approx(school["site"]["area_m2"] / 10_000, abs=1e-4)


def _everything(given: bytes, what: str) -> str:
    if what.endswith("gpkg"):
        return given.decode("utf-8", "replace")
    import zipfile

    with zipfile.ZipFile(io.BytesIO(given)) as package:
        return " ".join(package.read(part).decode("utf-8", "replace") for part in package.namelist())


def test_nobody_issues_for_more_than_they_see(client: TestClient, school: dict[str, Any]) -> None:
    own, asked = (
        words(got(client, school["id"], "report.pdf", **given)) for given in ({}, {"for": "secret"})
    )
    assert own == asked
    assert "可阅「受限」及以下" in asked
    wrong = client.get(f"/api/checks/{school['id']}/report.pdf", params={"for": "everyone"})
    assert wrong.status_code == 422


@pytest.mark.parametrize("what", KINDS)
def test_a_check_that_is_not_there_has_no_documents(client: TestClient, what: str) -> None:
    for id in ("nothing", "..", "%00", "x" * 200):
        answer = client.get(f"/api/checks/{quote(id)}/{what}")
        assert 400 <= answer.status_code < 500


def test_a_word_said_beside_a_finding_changes_the_document_and_only_by_itself(
    client: TestClient, workspace: str
) -> None:
    mine = TestClient(app.make(workspace), base_url="http://127.0.0.1")
    id = mine.post("/api/checks", json=SCHOOL).json()["id"]
    before = got(mine, id, "report.pdf")
    said = {
        "rule": "farmland_occupied",
        "says": "permitted",
        "reason": "=HYPERLINK() 已补划",
        "person": "李建国",
    }
    assert mine.post(f"/api/checks/{id}/overrides", json=said).status_code == 201
    after = got(mine, id, "report.pdf")
    assert before != after
    assert after == got(mine, id, "report.pdf")
    assert "李建国" in words(after)
    assert "人工意见（不改变检查结论）" in words(after)
    assert "不能建" in words(after)
    assert "李建国" not in words(got(mine, id, "report.pdf", **{"for": "public"}))


def test_a_report_on_a_withdrawn_edition_is_issued_with_the_mark(workspace: str, actor: Actor) -> None:
    mine = TestClient(app.make(workspace), base_url="http://127.0.0.1")
    id = mine.post("/api/checks", json=SCHOOL).json()["id"]
    before = words(got(mine, id, "report.pdf"))
    with session.transaction(session.engine(workspace), actor) as connection:
        connection.execute(
            text(
                "UPDATE hetu.edition SET state = 'withdrawn', status = 'withdrawn' WHERE layer = 'permanent_basic_farmland'"
            )
        )
    after = words(got(mine, id, "report.pdf"))
    assert "已撤回：永久基本农田" not in before
    assert "已撤回：永久基本农田" in after
    assert after.count("该版本已于") >= 2
    book = openpyxl.load_workbook(io.BytesIO(got(mine, id, "report.xlsx")))
    rows = {row[0]: row for row in book["版本"].iter_rows(min_row=2, values_only=True)}
    assert any(str(each).startswith("该版本已于") for each in rows["永久基本农田"])


def test_an_answer_from_before_rules_still_has_its_report(workspace: str, actor: Actor) -> None:
    mine = TestClient(app.make(workspace), base_url="http://127.0.0.1")
    told = mine.post("/api/checks", json=SCHOOL).json()
    old = {key: value for key, value in told.items() if key not in ("format", "valid_on", "known_at", "calendar", "proposal", "use_name", "questions", "rules", "findings", "displayed", "only", "catalogue")}  # fmt: skip
    old |= {
        "id": "250101-before00",
        "verdict": "no rule",
        "reasons": [{"code": "no_rule_loaded", "params": {}}],
    }
    for layer in old["layers"]:
        for key in ("coarse", "status", "valid_from", "class_system", "tolerance_m"):
            layer.pop(key, None)
    for edition in old["editions"].values():
        for key in ("status", "valid_from"):
            edition.pop(key, None)
    with session.transaction(session.engine(workspace), actor) as connection:
        connection.execute(
            text(
                "INSERT INTO hetu.site_check (id, made_at, made_by, site, verdict, summary, answer, sha256, editions, product) "
                "SELECT :old, made_at, made_by, site, 'no rule', summary, :answer, sha256, editions, product FROM hetu.site_check WHERE id = :id"
            ),
            {"old": old["id"], "answer": json.dumps(old, ensure_ascii=False), "id": told["id"]},
        )
    for what in KINDS:
        assert got(mine, old["id"], what) == got(mine, old["id"], what)
    said = words(got(mine, old["id"], "report.pdf"))
    assert "未加载规则" in said
    assert "永久基本农田" in said


def test_without_the_systems_libraries_it_says_what_to_install(
    client: TestClient, school: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf.fonts, "chinese", lambda: False)
    refused = client.get(f"/api/checks/{school['id']}/report.pdf")
    assert (refused.status_code, refused.json()["code"]) == (503, "pdf_unavailable")
    assert "fonts-noto-cjk" in refused.json()["detail"]
    assert client.get(f"/api/checks/{school['id']}/report.xlsx").status_code == 200


def test_a_broken_template_of_the_office_is_told(
    client: TestClient, school: dict[str, Any], tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word, "home", lambda: tmp_path)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "report.docx").write_bytes(b"not a document")
    refused = client.get(f"/api/checks/{school['id']}/report.docx")
    assert (refused.status_code, refused.json()["code"]) == (503, "template_unreadable")
    assert "report.docx" in refused.json()["detail"]
    assert client.get(f"/api/checks/{school['id']}/report.docx", params={"lang": "en"}).status_code == 200
