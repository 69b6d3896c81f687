"""Documents from an answer: arranged once, laid out as paper, Word and sheets; the same bytes again, and no stranger's word obeyed."""

from __future__ import annotations

import ctypes
import io
import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from docx import Document
from markupsafe import Markup

from api.documents import pdf, sheet, word, word_template
from api.documents.opening import withheld
from api.documents.picture import view
from api.documents.printable import fit
from api.documents.report import Record, Report, arranged
from api.findings import Wording
from api.language import LANGUAGES, Speech
from api.legend import Legend
from gis import hits_file, labels
from layers.refusal import Refused

CHINESE, ENGLISH = Speech("zh-CN"), Speech("en")
BOOK = Legend(
    {
        "departments": {"natural_resources": {"zh": "规划和自然资源局", "en": "Planning Bureau"}},
        "laws": {"law": {"zh": "土地管理法", "en": "Land Administration Law"}},
    },
    {},
)
MOMENT = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
SQUARE = {
    "type": "Polygon",
    "coordinates": [
        [[512000.0, 2518000.0], [512100.0, 2518000.0], [512100.0, 2518060.0], [512000.0, 2518060.0], [512000.0, 2518000.0]]
    ],
}  # fmt: skip
PICTURE = Markup('<svg viewBox="0 0 10 10"><path d="M0 0H10V10Z"/></svg>')


def basis(article: str, standing: str = "memory") -> dict[str, Any]:
    return {"law": "law", "title": "土地管理法", "article": article, "standing": standing, "source": None}


def finding(rule: str, state: str, effect: str, layer: str = "farmland", **more: Any) -> dict[str, Any]:
    return {
        "rule": rule, "version": "0123456789ab", "group": "g", "name": f"占用{rule}", "name_en": f"Site on {rule}", "state": state, "effect": effect,
        "worst": effect, "layer": layer, "layer_name": "永久基本农田", "layer_name_en": "Permanent basic farmland", "grade": "internal", "edition": 7,
        "measure": "area", "figure": None, "classes": [], "limit": {"op": "over", "value": 0.0, "attribute": None, "unit": "m2"}, "limit_applied": 0.0,
        "above": None, "amount": {"low": 1204.3, "high": 1204.3, "unit": "m2"}, "share": 0.2007, "why": [],
        "features": [{"id": 1, "ident": "YJ-1", "name": None, "class": "0101", "value": None}], "nearest": None, "sliver": False, "use": None,
        "department": "natural_resources", "basis": [basis("第三十五条")], "do": "调整选址。", "do_en": "Move the site.", "except_note": None,
        "except_note_en": None, "since": "2020-01-01", "until": None, **more,
    }  # fmt: skip


def layer(code: str = "farmland", state: str = "hit", **more: Any) -> dict[str, Any]:
    hit = {"id": 1, "ident": "YJ-1", "name": None, "class": "0101", "area_m2": 1204.3, "share": 0.2007, "length_m": None, "count": 1, "edition": 7, "sliver": False}  # fmt: skip
    return {
        "code": code, "name": "永久基本农田", "name_en": "Permanent basic farmland", "theme": "control", "kind": "polygon", "department": "natural_resources",
        "origin": "catalogue", "grade": "internal", "coarse": None, "edition": 7, "status": "in_force", "valid_from": "2026-01-01", "class_system": None,
        "tolerance_m": 1.0, "state": state, "reason": None, "area_m2": 1204.3, "share": 0.2007, "covered_share": 1.0,
        "set_aside": {"here": 0, "unplaced": 0}, "length_m": None, "count": 1, "values": None, "class_names": {"0101": {"zh": "水田", "en": "paddy"}},
        "hits": [hit], **more,
    }  # fmt: skip


def answer(*findings: dict[str, Any], verdict: str = "cannot be built", **more: Any) -> dict[str, Any]:
    layers = more.pop("layers", [layer()])
    told = {each["rule"]: each for each in findings}
    code = {
        "cannot be built": "forbidden",
        "conforms": "nothing_stands_against",
        "only under conditions": "restricted",
    }
    rule = next(iter(told.values()), None)
    params = (
        {"rules": len(told)}
        if rule is None
        else {"rule": rule["rule"], "name": rule["name"], "name_en": rule["name_en"], "worst": "forbid"}
    )
    return {
        "id": "260305-abcdefgh", "format": 2, "verdict": verdict, "reasons": [{"code": code.get(verdict, "unanswered"), "params": params}],
        "questions": [], "summary": {"hit": 1, "clear": 0, "no data": 0, "failed": 0}, "valid_on": "2026-03-05", "known_at": "2026-03-05T17:30:00+08:00",
        "checked_at": "2026-03-05T17:30:00+08:00", "checked_by": "demo", "product": "hetu 0.1.0", "sha256": "ab" * 32, "catalogue": None,
        "proposal": {"use": "0804", "height": 60.0, "floor_area_ratio": None, "floor_area": None, "setback": None},
        "use_name": {"zh": "教育用地", "en": "Education land"},
        "site": {"area_m2": 6000.0, "area_ellipsoidal_m2": 5999.1, "crs": "EPSG:4547", "geometry": SQUARE, "project_geometry": SQUARE, "given": {"box": [1, 2, 3, 4]}},
        "rules": {"rulebook": 3, "digest": "cd" * 32, "count": 9, "applied": len(told), "versions": dict.fromkeys(told, "0123456789ab")},
        "findings": list(findings), "displayed": None, "layers": layers,
        "editions": {"farmland": {"id": 7, "seq": 3, "status": "in_force", "valid_from": "2026-01-01", "published_at": "2026-01-02T08:00:00+08:00", "sha256": "ef" * 32, "source": "YJJBNTBHTB.gpkg", "crs_in": "EPSG:4547", "crs_basis": "file", "coverage_basis": "district"}},
        **more,
    }  # fmt: skip


FOUND = answer(finding("farmland", "holds", "forbid"))


def report(told: dict[str, Any] = FOUND, speech: Speech = CHINESE, **more: Any) -> Report:
    plain: dict[str, Any] = {"overrides": (), "marks": (), "rules": {"farmland": {"name": "占用永久基本农田", "name_en": "Site on farmland"}}}  # fmt: skip
    record = Record(answer=fit(told), district="龙岗区", grade="internal", address="https://plans.example/checks/260305-abcdefgh", **(plain | more))  # fmt: skip
    return arranged(record, BOOK, speech)


def printed(told: Report, speech: Speech = CHINESE) -> bytes:
    return pdf.report(told, PICTURE, speech, "2026-03-05T17:30:00+08:00", "hetu 0.1.0")


def words(document: bytes) -> str:
    opened = pypdfium2.PdfDocument(document)
    try:
        pages = []
        for page in opened:
            text = page.get_textpage()
            pages.append(text.get_text_range())
            text.close()
            page.close()
    finally:
        opened.close()
    return re.sub(r"\s+", " ", "\f".join(pages).replace("\u00a0", " "))


def test_the_lead_the_law_and_what_nobody_has_verified_are_on_paper() -> None:
    text = words(printed(report()))
    assert "不能建：占用farmland 1,204.3 m²（1.81 亩，占地块 20.1 %）" in text
    assert "《土地管理法》第三十五条 依据待核" in text
    assert "规划和自然资源局" in text
    assert "1 / " in text
    assert "2026-03-05（周四）" in text


def test_an_article_that_was_seen_has_no_tag() -> None:
    seen = finding(
        "farmland", "holds", "forbid", basis=[basis("第三十五条", "seen"), basis("第四十四条", "seen")]
    )
    told = report(answer(seen))
    assert [(each.text, each.tag) for each in told.findings[0].bases] == [
        ("《土地管理法》第三十五条、第四十四条", None)
    ]
    assert told.law_note is None
    assert "依据待核" not in words(printed(told))


def test_every_font_is_inside() -> None:
    opened = pypdfium2.PdfDocument(printed(report()))
    fonts: dict[str, bool] = {}
    for page in opened:
        for each in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT]):
            font = pdfium.FPDFTextObj_GetFont(each.raw)
            name = ctypes.create_string_buffer(200)
            pdfium.FPDFFont_GetBaseFontName(font, name, 200)
            fonts[name.value.decode()] = pdfium.FPDFFont_GetIsEmbedded(font) == 1
        page.close()
    opened.close()
    assert any("CJK" in name for name in fonts)
    assert all(fonts.values()), fonts


@pytest.mark.parametrize("kind", ["pdf", "docx", "xlsx"])
def test_the_same_check_gives_the_same_bytes(kind: str) -> None:
    def made() -> bytes:
        if kind == "pdf":
            return printed(report())
        if kind == "docx":
            return word.document(report(), PICTURE, CHINESE, MOMENT)
        return sheet.workbook(report(), FOUND, CHINESE, MOMENT)

    first, second = made(), made()
    assert first == second
    said = {"rule": "farmland", "says": "permitted", "reason": "已补划", "person": "李", "made_at": "2026-03-06T10:00:00+08:00"}  # fmt: skip
    later = report(overrides=[said])
    assert later != report()
    assert words(printed(later)).count("李，2026-03-06（周五） 10:00：准予。理由：已补划") == 1


def test_dates_are_those_of_the_check() -> None:
    opened = pypdfium2.PdfDocument(printed(report()))
    assert opened.get_metadata_dict()["CreationDate"].startswith("D:20260305173000")
    opened.close()
    properties = Document(io.BytesIO(word.document(report(), PICTURE, CHINESE, MOMENT))).core_properties
    assert properties.created == properties.modified == MOMENT
    book = openpyxl.load_workbook(io.BytesIO(sheet.workbook(report(), FOUND, CHINESE, MOMENT)))
    assert book.properties.created == datetime(2026, 3, 5, 17, 30)  # noqa: DTZ001 - as a sheet keeps it


EVIL = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "＝1+1", "＠SUM(A1)", "\t=1+1"]


@pytest.mark.parametrize("name", EVIL)
def test_a_name_is_never_a_formula(name: str) -> None:
    hit = layer()["hits"][0] | {"name": name, "ident": name}
    told = answer(finding("farmland", "holds", "forbid"), layers=[layer(hits=[hit], name=name)])
    made = sheet.workbook(report(told), told, CHINESE, MOMENT)
    book = openpyxl.load_workbook(io.BytesIO(made))
    cells = [cell for each in book for row in each.iter_rows() for cell in row]
    mine = [cell for cell in cells if cell.value == name]
    assert len(mine) >= 3
    assert {cell.data_type for cell in mine} == {"s"}
    assert all(cell.quotePrefix for cell in mine)
    with zipfile.ZipFile(io.BytesIO(made)) as package:
        assert not [part for part in package.namelist() if b"<f>" in package.read(part)]


def test_sheets_hold_figures_not_words() -> None:
    book = openpyxl.load_workbook(io.BytesIO(sheet.workbook(report(), FOUND, CHINESE, MOMENT)))
    assert book.sheetnames == ["结论", "规则", "图层", "图斑", "版本"]
    titles = [cell.value for cell in book["规则"][1]]
    row = dict(zip(titles, book["规则"][2], strict=True))
    assert (row["量（下限）"].value, row["量（下限）"].number_format) == (1204.3, "#,##0.00")
    assert (row["占地块"].value, row["占地块"].number_format) == (0.2007, "0.0%")
    assert row["依据状态"].value == "依据待核"
    edition = dict(zip([cell.value for cell in book["版本"][1]], book["版本"][2], strict=True))
    assert edition["来源文件 SHA-256"].value == "ef" * 32
    assert edition["生效日期"].is_date


def test_what_no_xml_takes_is_left_out() -> None:
    name = "<b>\x07龙\u202e田\ud800 & 岗</b>"
    told = answer(finding("farmland", "holds", "forbid", layer_name=name), layers=[layer(name=name)])
    made = report(told)
    assert made.findings[0].layer == "<b>龙田 & 岗</b>"
    document = Document(io.BytesIO(word.document(made, PICTURE, CHINESE, MOMENT)))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    assert any("<b>龙田 & 岗</b>" in text for text in cells)
    assert "<b>龙田 & 岗</b>" in words(printed(made))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_template_is_the_one_that_is_made(language: str) -> None:
    name = "report.en.docx" if language == "en" else "report.docx"
    assert (word.SHIPPED / name).read_bytes() == word_template.template(language)


def test_word_finds_every_table_whole_and_apart() -> None:
    """A table without rows is damage to Word, and two that touch become one."""
    bare = answer(verdict="conforms", proposal=None)
    silent = finding("farmland", "cannot say", "forbid", why=[{"code": "no_edition", "params": {}}])
    for told in (report(), report(bare), report(answer(silent, verdict="cannot say"))):
        body = Document(io.BytesIO(word.document(told, PICTURE, CHINESE, MOMENT))).element.body
        kinds = [each.tag.rpartition("}")[2] for each in body]
        assert "tbl tbl" not in " ".join(kinds)
        assert kinds[-2:] == ["p", "sectPr"]
        assert all(table.xpath("./w:tr") for table in body.xpath(".//w:tbl"))
        assert not re.search(r"\{[{%]|[%}]\}", "".join(body.itertext()))


def office_template(folder: Path, text: str) -> None:
    (folder / "templates").mkdir()
    made = Document()
    made.add_paragraph(text)
    made.save(str(folder / "templates" / "report.docx"))


def test_an_offices_own_template_takes_the_place_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word, "home", lambda: tmp_path)
    office_template(tmp_path, "某某局选址意见：{{ report.lead }}")
    made = Document(io.BytesIO(word.document(report(), PICTURE, CHINESE, MOMENT)))
    assert [each.text for each in made.paragraphs] == [
        "某某局选址意见：不能建：占用farmland 1,204.3 m²（1.81 亩，占地块 20.1 %）"
    ]
    english = Document(io.BytesIO(word.document(report(speech=ENGLISH), PICTURE, ENGLISH, MOMENT)))
    assert any(each.text.startswith("▲ Cannot be built") for each in english.paragraphs)


@pytest.mark.parametrize(
    "text",
    [
        "{{ report.nonsense }}",
        "{% for each in report.findings %}",
        "{{ report.lead",
        "{{ ''.__class__.__mro__ }}",
        "{% include 'secrets' %}",
        "{{ 1 / 0 }}",
    ],
)
def test_a_broken_template_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(word, "home", lambda: tmp_path)
    office_template(tmp_path, text)
    with pytest.raises(Refused) as refusal:
        word.document(report(), PICTURE, CHINESE, MOMENT)
    assert (refusal.value.code, refusal.value.params["file"]) == ("template_unreadable", "report.docx")


def test_a_template_that_is_no_word_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word, "home", lambda: tmp_path)
    (tmp_path / "templates").mkdir()
    for content in (b"", b"not a document", b"PK\x03\x04 broken"):
        (tmp_path / "templates" / "report.docx").write_bytes(content)
        with pytest.raises(Refused) as refusal:
            word.document(report(), PICTURE, CHINESE, MOMENT)
        assert refusal.value.code == "template_unreadable"


def test_without_the_systems_libraries_the_refusal_names_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf.fonts, "chinese", lambda: False)
    with pytest.raises(Refused) as refusal:
        printed(report())
    assert refusal.value.code == "pdf_unavailable"
    assert "libpangoft2-1.0-0" in CHINESE.reason("pdf_unavailable", refusal.value.params)


VERDICTS = {
    "cannot be built": ("holds", "forbid", "▲"),
    "only under conditions": ("holds", "restrict", "◆"),
    "cannot say": ("cannot say", "forbid", "?"),
    "conforms": ("holds not", "forbid", "●"),
}


@pytest.mark.parametrize("speech", [CHINESE, ENGLISH], ids=LANGUAGES)
@pytest.mark.parametrize("verdict", VERDICTS)
def test_every_verdict_leads_with_its_mark(verdict: str, speech: Speech) -> None:
    state, effect, mark = VERDICTS[verdict]
    why = [{"code": "no_edition", "params": {}}] if state == "cannot say" else []
    question = {"code": "layer_silent", "params": {"layer": "farmland", "layer_name": "农田", "layer_name_en": "Farmland", "department": None, "why": {"code": "no_edition", "params": {}}, "rules": ["farmland"]}}  # fmt: skip
    one = finding("farmland", state, effect, why=why)
    told = answer(
        *([one] if verdict != "conforms" else []), verdict=verdict, questions=[question] if why else []
    )
    if verdict == "conforms":
        told["findings"] = [one]
    made = report(told, speech)
    assert made.mark == mark
    text = words(printed(made, speech))
    assert Wording(speech, str).verdict(told) in text
    assert made.reasons[0].mark in "▲◆●?"


def test_english_speaks_english() -> None:
    text = words(printed(report(speech=ENGLISH), ENGLISH))
    assert "Site check report" in text
    assert "Cannot be built: Site on farmland: 1,204.3 m² (1.81 mu, 20.1 % of the site)" in text
    assert "Land Administration Law 第三十五条 Basis to be verified" in text
    assert "触发" not in text


def test_an_answer_from_before_rules_is_told_as_it_was() -> None:
    old = {key: value for key, value in FOUND.items() if key not in ("format", "valid_on", "known_at", "proposal", "use_name", "questions", "rules", "findings", "displayed", "catalogue")}  # fmt: skip
    old |= {"verdict": "no rule", "reasons": [{"code": "no_rule_loaded", "params": {}}]}
    old["layers"] = [{key: value for key, value in layer().items() if key not in ("coarse", "status", "valid_from", "class_system", "tolerance_m")}]  # fmt: skip
    old["editions"] = {"farmland": {key: value for key, value in FOUND["editions"]["farmland"].items() if key not in ("status", "valid_from")}}  # fmt: skip
    made = report(old)
    assert (made.judged, made.findings, [row.name for row in made.unruled]) == (False, (), ["永久基本农田"])
    assert "未加载规则" in words(printed(made))
    assert sheet.workbook(made, old, CHINESE, MOMENT)


def test_editions_that_were_taken_back_are_marked_on_top_and_beside() -> None:
    marks = [{"layer": "farmland", "edition": 7, "seq": 3, "mark": "withdrawn"}]
    made = report(marks=marks)
    assert [each.kind for each in made.warnings] == ["withdrawn"]
    text = words(printed(made))
    assert "已撤回：永久基本农田" in text
    assert text.count("该版本已撤回") == 2  # beside the finding, and in the list of editions


def test_what_is_withheld_is_said_first_and_in_full_at_the_end() -> None:
    layers = [layer(f"layer{n}", name=f"图层{n}", withheld="hit", area_m2=None, share=None, hits=[]) for n in range(12)]  # fmt: skip
    told = answer(finding("farmland", "holds", "forbid", withheld="hit", features=[], amount={"low": None, "high": None, "unit": ""}, share=None), layers=[layer(), *layers])  # fmt: skip
    told["withheld"] = {"grade": "public", "layers": {f"layer{n}": "hit" for n in range(12)}}
    made = report(told)
    assert "图层11" not in made.withheld[0]
    assert "图层11" in made.withheld_in_full[0]
    text = words(printed(made))
    assert "12 个图层只说明是否命中" in text
    assert "图层11" in text
    assert withheld(FOUND, Wording(CHINESE, str)) == ()


def test_plans_on_display_stand_apart() -> None:
    shown = {
        "verdict": "cannot be built",
        "reasons": [],
        "findings": [finding("displayed_rule", "holds", "forbid")],
        "layers": [layer()],
        "editions": FOUND["editions"],
    }
    made = report(answer(verdict="conforms", displayed=shown))
    assert made.findings == ()
    assert made.displayed is not None
    assert [each.rule for each in made.displayed.findings] == ["displayed_rule"]
    assert "如按公示内容批准，结论为：不能建" in words(printed(made))


def test_planned_patches_are_listed_with_how_they_were_read() -> None:
    patches = [
        {"class": "E2", "class_name": {"zh": "农林用地", "en": "farm land"}, "area_m2": 500.0, "result": "conflict", "why": None, "via": ["01", "02"], "crosswalk": "gb50137@2023", "sliver": False},
        {"class": "X9", "class_name": None, "area_m2": 100.0, "result": "no rule", "why": "class_unmapped", "via": [], "crosswalk": None, "sliver": True},
    ]  # fmt: skip
    made = report(answer(finding("plan_use", "holds", "forbid", measure="use", use=patches)))
    assert [(each.planned, each.result, each.via) for each in made.patches] == [
        ("E2 农林用地", "冲突", "01、02（gb50137@2023）"),
        ("X9", "无规则", "—"),
    ]
    assert "X9" in (made.patches[1].why or "")
    assert [each.sliver for each in made.patches] == [False, True]


@pytest.mark.parametrize(
    ("n", "told"), [(1, "一、"), (9, "九、"), (10, "十、"), (12, "十二、"), (20, "二十、")]
)
def test_sections_are_counted_as_officials_count(n: int, told: str) -> None:
    assert pdf.numeral(n, CHINESE) == told
    assert pdf.numeral(n, ENGLISH) == f"{n}."


def test_the_map_is_drawn_to_a_round_scale_with_ground_around_the_site() -> None:
    on = view(SQUARE)
    assert on.scale == 1500
    west, south, east, north = on.window
    assert west < 512000 < 512100 < east
    assert south < 2518000 < 2518060 < north
    frame = on.frame
    (left, _), (right, _) = frame.place((512000, 2518000)), frame.place((512100, 2518000))
    assert (right - left) / 4.0 == pytest.approx(100 / 1500 * 1000)  # mm of paper


def test_numbers_keep_clear_of_one_another_and_inside_their_shapes() -> None:
    def box(west: float, south: float, east: float, north: float) -> dict[str, Any]:
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        return {"type": "Polygon", "coordinates": [ring]}

    shapes = [box(0, 0, 100, 100)] * 3 + [box(0, 0, 1, 1)] * 2
    found = labels.places(shapes, 20.0)
    placed = [each for each in found if each is not None]
    assert len(placed) == 4  # the second of the small ones has no room beside the first
    gaps = [
        ((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5 for i, a in enumerate(placed) for b in placed[:i]
    ]
    assert min(gaps) >= 0.7 * 20.0
    assert labels.places(shapes, 20.0) == found


def test_hits_as_a_file_keep_what_is_absent_absent(tmp_path: Path) -> None:
    import pyogrio

    columns = {"layer": ["a", "b"], "area_m2": [1.5, None], "sliver": [True, False], "rule": [None, None]}
    point = {"type": "Point", "coordinates": [512000.0, 2518000.0]}
    made = [
        hits_file.geopackage(SQUARE, {"check_id": "1"}, [SQUARE, point], columns, "EPSG:4547", MOMENT)
        for _ in range(2)
    ]
    assert made[0] == made[1]
    (tmp_path / "hits.gpkg").write_bytes(made[0])
    read = pyogrio.read_dataframe(tmp_path / "hits.gpkg", layer="hits")
    assert read.crs.to_epsg() == 4547
    assert read["area_m2"].isna().tolist() == [False, True]
    assert read["sliver"].tolist() == [True, False]
    assert read.area.tolist() == pytest.approx([6000.0, 0.0])
