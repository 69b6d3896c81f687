"""A file of sites handed over by a program or a form: taken whole or refused with a sentence, followed, looked through, taken away."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pyogrio
import pytest
from starlette.testclient import TestClient

from api.documents import batch_sheet
from db import session
from db.actor import Actor
from tests.http.conftest import square
from workflows.site_check.batches import work as batch_work

FIELD, CLEAR = square(512, 2518, 512.2, 2518.2), square(517, 2517, 517.1, 2517.1)
NAMES = ("=HYPERLINK(1)", "＋1", "空地", "没有图形")


def collection(*features: tuple[Any, dict[str, Any]]) -> bytes:
    told = [{"type": "Feature", "properties": said, "geometry": shape} for shape, said in features]
    return json.dumps({"type": "FeatureCollection", "features": told}, ensure_ascii=False).encode()


SITES = collection(
    (FIELD, {"name": NAMES[0], "use": "0804"}),
    (FIELD, {"name": NAMES[1], "use": "0804", "height": 100}),
    (CLEAR, {"name": NAMES[2]}),
    (None, {"name": NAMES[3]}),
)


def sent(client: TestClient, body: bytes = SITES, name: str = "sites.geojson", **fields: str) -> Any:
    return client.post("/api/batches", files={"file": (name, body)}, data=fields)


def answered(client: TestClient, workspace: str, body: bytes = SITES, **fields: str) -> str:
    """Handed over, and answered as a worker would."""
    told = sent(client, body, **fields)
    assert told.status_code == 202, told.text
    id: str = told.json()["id"]
    batch_work.run(session.engine(workspace), Actor("demo", "demo", kind="demo"), id)
    return id


@pytest.fixture(scope="module")
def done(client: TestClient, module_workspace: str) -> str:
    return answered(client, module_workspace)


def test_it_waits_for_a_worker_and_says_so(client: TestClient) -> None:
    told = sent(client, height="24")
    assert (told.status_code, told.headers["location"]) == (202, f"/api/batches/{told.json()['id']}")
    progress = client.get(told.headers["location"]).json()
    assert (progress["state"], progress["rows"], progress["interrupted"]) == ("waiting", 0, False)
    assert progress["proposal"]["height"] == 24.0
    assert client.get(f"/batches/{told.json()['id']}").status_code == 200


def test_a_repeat_gives_the_first_answer(client: TestClient) -> None:
    keyed = {"idempotency-key": "the-same-form"}
    first, again = (
        client.post("/api/batches", files={"file": ("a.geojson", SITES)}, headers=keyed) for _ in range(2)
    )
    assert first.json() == again.json()
    other = client.post("/api/batches", files={"file": ("b.geojson", SITES)}, headers=keyed)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


def test_rows_by_state_and_verdict(client: TestClient, done: str) -> None:
    told = client.get(f"/api/batches/{done}").json()
    assert (told["state"], told["rows"]) == ("done", 4)
    assert told["states"] == {"waiting": 0, "answered": 3, "refused": 1}
    assert told["columns"] == {"sites.geojson": {"use": "use", "height": "height", "label": "name"}}
    assert sum(told["verdicts"].values()) == 3
    assert any(each["id"] == done and each["rows"] == 4 for each in client.get("/api/batches").json())


def test_rows_page_by_page_and_by_verdict(client: TestClient, done: str) -> None:
    every = client.get(f"/api/batches/{done}/sites").json()
    assert [row["number"] for row in every] == [1, 2, 3, 4]
    assert [row["label"] for row in every] == list(NAMES)
    paged = [client.get(f"/api/batches/{done}/sites?offset={at}&limit=1").json() for at in range(5)]
    assert [row for page in paged for row in page] == every
    verdict = every[0]["answer"]["verdict"]
    some = client.get(f"/api/batches/{done}/sites", params={"verdict": verdict}).json()
    assert some == [row for row in every if row["answer"] and row["answer"]["verdict"] == verdict]
    refused = client.get(f"/api/batches/{done}/sites?state=refused").json()
    assert [(row["label"], row["reason"]["code"], row["answer"]) for row in refused] == [
        (NAMES[3], "null_geometry", None)
    ]
    told = every[0]["answer"]
    farmland = next(each for each in told["findings"] if each["rule"] == "farmland_occupied")
    assert (farmland["state"], farmland["effect"], farmland["amount"]["low"]) == (
        "holds",
        "forbid",
        pytest.approx(40_000, abs=1),
    )
    assert told["reasons"][0] == {"code": "forbidden", "rule": "farmland_occupied"}


def test_a_lower_grade_is_told_less_everywhere(client: TestClient, done: str) -> None:
    for path in ("sites", "table.csv", "table.xlsx", "sites.gpkg"):
        whole, public = (client.get(f"/api/batches/{done}/{path}{asked}") for asked in ("", "?for=public"))
        assert (whole.status_code, public.status_code) == (200, 200)
        assert whole.content != public.content
    row = client.get(f"/api/batches/{done}/sites?for=public").json()[0]["answer"]
    farmland = next(each for each in row["findings"] if each["rule"] == "farmland_occupied")
    assert (farmland["amount"]["low"], farmland["share"], farmland["withheld"]) == (None, None, "hit")
    secret = client.get(f"/api/batches/{done}/sites?for=secret").json()
    assert secret == client.get(f"/api/batches/{done}/sites").json()  # never more than the actor sees


def test_the_full_check_of_a_row_is_of_the_same_moment_and_made_once(client: TestClient, done: str) -> None:
    made = client.post(f"/api/batches/{done}/sites/3/check")
    assert made.status_code == 201
    full = client.get(made.headers["location"]).json()
    told = client.get(f"/api/batches/{done}").json()
    assert (full["valid_on"], full["known_at"]) == (told["valid_on"], told["known_at"])
    assert full["site"]["given"] | {"batch": done, "number": 3} == full["site"]["given"]
    assert client.post(f"/api/batches/{done}/sites/3/check").json() == made.json()
    assert client.get(f"/api/batches/{done}/sites?offset=2&limit=1").json()[0]["check"] == made.json()["id"]
    followed = client.post(f"/batches/{done}/sites/3/check", follow_redirects=False)
    assert (followed.status_code, followed.headers["location"]) == (303, f"/checks/{made.json()['id']}")


def test_the_workbook_holds_text_where_a_formula_was_meant(client: TestClient, done: str) -> None:
    told = client.get(f"/api/batches/{done}/table.xlsx")
    assert re.fullmatch(r'attachment; filename="hetu-b[\w-]+\.xlsx"', told.headers["content-disposition"])
    with zipfile.ZipFile(io.BytesIO(told.content)) as book:
        sheets = {name: book.read(name).decode() for name in book.namelist() if "worksheets/" in name}
        shared = book.read("xl/sharedStrings.xml").decode()
    assert len(sheets) == 3
    assert all("<f>" not in sheet for sheet in sheets.values())
    assert NAMES[0] in shared
    assert sheets["xl/worksheets/sheet1.xml"].count("<row ") == 5
    assert sheets["xl/worksheets/sheet2.xml"].count("<row ") > 2


def test_a_sheet_that_does_not_hold_every_rule_says_so(
    client: TestClient, done: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_sheet, "_MOST_LINES", 2)
    told = client.get(f"/api/batches/{done}/table.xlsx", headers={"accept-language": "en"})
    with zipfile.ZipFile(io.BytesIO(told.content)) as book:
        assert book.read("xl/worksheets/sheet2.xml").decode().count("<row ") == 2
        assert "One sheet does not hold them all" in book.read("xl/sharedStrings.xml").decode()


def test_the_table_as_text_defuses_what_begins_with_arithmetic(client: TestClient, done: str) -> None:
    told = client.get(f"/api/batches/{done}/table.csv", headers={"accept-language": "en"})
    assert told.content.startswith(b"\xef\xbb\xbf")
    head, *rows = list(csv.reader(io.StringIO(told.content.decode("utf-8-sig"))))
    name, verdict, reason = (head.index(word) for word in ("Name", "Verdict", "Why it cannot be checked"))
    assert [row[name] for row in rows] == [f"'{NAMES[0]}", f"'{NAMES[1]}", NAMES[2], NAMES[3]]
    assert rows[0][verdict] == "▲ Cannot be built"
    assert [bool(row[reason]) for row in rows] == [False, False, False, True]
    assert all("\n" not in cell for row in rows for cell in row)


def test_the_package_holds_every_site_with_its_verdict(client: TestClient, done: str, tmp_path: Path) -> None:
    path = tmp_path / "sites.gpkg"
    path.write_bytes(client.get(f"/api/batches/{done}/sites.gpkg").content)
    info = pyogrio.read_info(path, layer="sites")
    assert (info["features"], info["crs"]) == (3, "EPSG:4547")
    meta, _, geometry, columns = pyogrio.raw.read(path, columns=["number", "label", "verdict_code"])
    told = dict(zip(meta["fields"], columns, strict=True))
    assert told["number"].tolist() == [1, 2, 3]
    assert told["label"].tolist() == list(NAMES[:3])
    assert told["verdict_code"].tolist()[0] == "cannot be built"
    assert len(geometry) == 3


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_pages_in_both_languages(client: TestClient, done: str, language: str) -> None:
    said = {"accept-language": language}
    for path in ("/batches", f"/batches/{done}", f"/batches/{done}?state=refused", f"/batches/{done}?verdict=cannot+be+built", f"/batches/{done}/progress", f"/batches/{done}?offset=10000", f"/batches/{done}?for=public"):  # fmt: skip
        told = client.get(path, headers=said)
        assert told.status_code == 200, path
        assert "{" not in re.sub(r"<script.*?</script>", "", told.text, flags=re.DOTALL)
    page = client.get(f"/batches/{done}", headers=said).text
    assert "=HYPERLINK" in page
    assert f"/api/batches/{done}/table.xlsx" in page


def test_a_batch_that_was_interrupted_can_be_gone_on_with(client: TestClient, done: str) -> None:
    waiting = sent(client).json()["id"]
    queued = client.post(f"/api/batches/{waiting}/continue")
    assert (queued.status_code, queued.json()["code"]) == (409, "batch_in_work")
    over = client.post(f"/api/batches/{done}/continue")
    assert (over.status_code, over.json()["code"]) == (409, "batch_over")


FORMS: dict[str, tuple[dict[str, str], int, str]] = {
    "height in words": ({"height": "sixty"}, 422, "proposal_figure"),
    "height in feet": ({"height": "60 feet"}, 422, "proposal_unit"),
    "height without end": ({"height": "1e999"}, 422, "proposal_figure"),
    "ratio below nothing": ({"floor_area_ratio": "-2"}, 422, "proposal_range"),
    "use of another system": ({"use": "R2"}, 422, "use_of_another_system"),
    "width of NaN": ({"width_m": "nan"}, 422, "field_range"),
    "width of a kilometre and more": ({"width_m": "1000.5"}, 422, "field_range"),
    "day that is none": ({"valid_on": "2024-02-30"}, 422, "date_unreadable"),
    "day in words": ({"valid_on": "yesterday"}, 422, "date_unreadable"),
    "moment to come": ({"known_at": "2999-01-01T00:00"}, 422, "known_at_future"),
    "moment without a time": ({"known_at": "2024-01-01"}, 422, "moment_unreadable"),
    "system that is none": ({"source_crs": "EPSG:999999"}, 422, "crs_unknown"),
    "unknown field": ({"colour": "red"}, 422, "field_unknown"),
    "NUL": ({"use": "08\x0004"}, 400, "text_invalid"),
}


@pytest.mark.parametrize("case", FORMS)
def test_forms_that_mean_nothing_are_refused_and_nothing_is_kept(client: TestClient, case: str) -> None:
    fields, status, code = FORMS[case]
    before = len(client.get("/api/batches?limit=500").json())
    told = sent(client, **fields)
    assert (told.status_code, told.json()["code"]) == (status, code)
    assert len(told.json()["detail"]) > 8
    assert len(client.get("/api/batches?limit=500").json()) == before


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (collection(*[(CLEAR, {})] * 10_001), "too_many_sites"),
        (b"{", None),
        (b"\x00" * 500, None),
        (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', None),
        (collection(), "site_empty"),
        (collection((CLEAR, {"height": 1, "建筑高度": 2})), "column_twice"),
        (json.dumps({"type": "gdal_streamed_alg", "command_line": "gdal vector read x"}).encode(), None),
    ],
)  # fmt: skip
def test_files_that_hold_no_sites_end_the_batch_with_a_reason(
    client: TestClient, module_workspace: str, body: bytes, code: str | None
) -> None:
    told = sent(client, body)
    assert told.status_code == 202
    id = told.json()["id"]
    batch_work.run_job(session.engine(module_workspace), id, {"id": "demo", "name": "demo", "kind": "demo"})
    found = client.get(f"/api/batches/{id}").json()
    assert found["state"] == "refused"
    assert code in (None, found["reason"]["code"])
    assert 'class="error"' in client.get(f"/batches/{id}").text
    for path in ("table.xlsx", "table.csv", "sites.gpkg", "sites"):
        assert client.get(f"/api/batches/{id}/{path}").status_code == 200


PATHS = {
    "/api/batches/nope": 404,
    "/api/batches/%00": 400,
    "/api/batches/../../etc/passwd": 404,
    "/api/batches/" + "x" * 300: 404,
    "/api/batches/甲/sites": 404,
    "/api/batches/nope/table.xlsx": 404,
    "/api/batches/nope/sites.gpkg": 404,
    "/batches/nope": 404,
    "/batches/nope/progress": 404,
    "/api/batches?limit=0": 422,
    "/api/batches?offset=99999999999999999999": 422,
    "/api/alternatives": 422,
    "/api/alternatives?checks=": 422,
    "/api/alternatives?checks=a": 422,
    "/api/alternatives?checks=a,b": 404,
    "/api/alternatives?checks=a,%27%3B--": 404,
    "/api/alternatives?checks=" + ",".join("abcdefg"): 422,
    "/api/alternatives?checks=" + "a" * 2000: 422,
    "/alternatives": 200,
    "/alternatives?checks=a": 422,
    "/alternatives?checks=a,b": 404,
}


@pytest.mark.parametrize("path", PATHS)
def test_addresses_that_lead_nowhere(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == PATHS[path]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("sites?verdict=maybe", 422), ("sites?state=lost", 422), ("sites?limit=201", 422), ("sites?offset=-1", 422), ("sites?for=everything", 422),
        ("sites?offset=10000000", 200), ("sites?verdict=conforms", 200),
    ],
)  # fmt: skip
def test_questions_about_rows_that_mean_nothing(
    client: TestClient, done: str, asked: str, status: int
) -> None:
    assert client.get(f"/api/batches/{done}/{asked}").status_code == status


@pytest.mark.parametrize(
    ("number", "status", "code"),
    [("0", 404, "batch_row_unknown"), ("5", 404, "batch_row_unknown"), ("99999999999999999999", 404, "batch_row_unknown"), ("x", 404, "batch_row_unknown"), ("-1", 404, "batch_row_unknown"), ("4", 409, "batch_row_unanswered")],
)  # fmt: skip
def test_rows_that_have_no_full_check(
    client: TestClient, done: str, number: str, status: int, code: str
) -> None:
    told = client.post(f"/api/batches/{done}/sites/{number}/check")
    assert (told.status_code, told.json()["code"]) == (status, code)


def test_alternatives_side_by_side(client: TestClient, answer: dict[str, Any]) -> None:
    other = client.post("/api/checks", json={"site": CLEAR, "proposal": {"use": "0804", "height": 24}}).json()
    told = client.get(f"/api/alternatives?checks={answer['id']},{other['id']}").json()
    assert [check["id"] for check in told["checks"]] == [answer["id"], other["id"]]
    farmland = next(row for row in told["rules"] if row["rule"] == "farmland_occupied")
    assert [cell["state"] == "holds not" for cell in farmland["cells"]] == [False, True]
    assert "editions" not in [each["code"] for each in told["differs"]]
    public = client.get(f"/api/alternatives?checks={answer['id']},{other['id']}&for=public").json()
    assert "withheld" in [each["code"] for each in public["differs"]]
    for language in ("zh-CN", "en"):
        page = client.get(
            f"/alternatives?checks={answer['id']},{other['id']}", headers={"accept-language": language}
        )
        assert page.status_code == 200
        assert answer["id"] in page.text
