"""Tables with coordinates: which columns say where, how numbers may be written, what is set aside with its line, and what is refused."""

import contextlib
import datetime
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
import shapely
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from api import language
from gis import crs, formats, readers
from gis.reading import columns, csv_text, measures, places, workbook
from gis.reading.found import FoundLayer
from layers.refusal import Refused

HERE = crs.parse(4547)
GOOD = "id,name,lon,lat\n1,甲,114.1,22.6\n2,乙,114.2,22.7\n"


def table(text: str | bytes, folder: Path) -> FoundLayer:
    path = folder / "table.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    (layer,) = csv_text.read(path, "table", folder, lambda share: None)
    return layer


def rows(layer: FoundLayer) -> tuple[list[Any], list[dict[str, Any]], dict[int, str]]:
    shapes: list[Any] = []
    told: list[dict[str, Any]] = []
    reasons: dict[int, str] = {}
    for batch in layer.batches:
        reasons |= {len(shapes) + at: why for at, why in batch.reasons.items()}
        shapes += list(batch.shapes)
        told += [json.loads(text) for text in batch.attributes]
    return shapes, told, reasons


def points(layer: FoundLayer) -> list[tuple[float, float] | None]:
    return [None if shape is None else (shape.x, shape.y) for shape in rows(layer)[0]]


@pytest.mark.parametrize(
    ("headings", "how", "at"),
    [
        ("id,X,Y", "unclear", (1, 2)),
        ("点号,X坐标,Y坐标", "unclear", (1, 2)),
        ("CGCS2000_X,CGCS2000_Y", "unclear", (0, 1)),
        ("POINT_X,POINT_Y", "unclear", (0, 1)),
        ("纵坐标X,横坐标Y", "plane", (1, 0)),
        ("纵坐标（X）,横坐标（Y）", "plane", (1, 0)),
        ("北坐标,东坐标", "plane", (1, 0)),
        ("E,N", "plane", (0, 1)),
        ("Easting (m),Northing (m)", "plane", (0, 1)),
        ("lat,lng", "degrees", (1, 0)),
        ("x,y,经度,纬度", "degrees", (2, 3)),
        ("经度(°),纬度(°)", "degrees", (0, 1)),
        ("a,WKT", "wkt", (1,)),
        ("几何,X,Y", "wkt", (0,)),
        ("name,type", None, ()),
        ("shape_area,shape_length", None, ()),
        ("x,z", None, ()),
    ],
)
def test_headings_say_where_a_row_lies(headings: str, how: str | None, at: tuple[int, ...]) -> None:
    found = columns.found(headings.split(","))
    assert (found and found.how, found.at if found else ()) == (how, at)


def test_two_pairs_that_would_do_are_asked_about() -> None:
    with pytest.raises(Refused, match="table_columns_unclear"):
        columns.found(["起点经度", "起点纬度", "终点经度", "终点纬度"])


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("114°03'25.4\"E", 114.05705555555556),
        ("东经114度3分25.4秒", 114.05705555555556),
        ("114:03:25.4", 114.05705555555556),
        ("114 03 25.4", 114.05705555555556),
        ("E114°3.5′", 114.05833333333334),
        ("114.5", 114.5),
        ("１１４．５", 114.5),
        ("71°6'W", -71.1),
        ("-71°6'", -71.1),
        ("", None),
        (" 无 ", None),
        (114.5, 114.5),
    ],
)
def test_degrees_as_people_write_them(cell: Any, value: float | None) -> None:
    assert measures.degrees(cell, "E") == (None if value is None else pytest.approx(value))


@pytest.mark.parametrize(
    "cell", ["114°63'", "114°03'N", "约114度", "1" * 100, True, "114,5", datetime.date(2026, 1, 1)]
)
def test_half_an_angle_is_no_angle(cell: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        measures.degrees(cell, "E")


@pytest.mark.parametrize(
    ("cell", "value"),
    [("1,234,567.5", 1234567.5), ("38510000 m", 38510000.0), ("2500000.1米", 2500000.1), ("NULL", None), ("nan", np.inf), (10**400, np.inf), ("1e308", 1e308)],
)  # fmt: skip
def test_metres_as_people_write_them(cell: Any, value: float | None) -> None:
    assert measures.number(cell) == value


@given(st.text(max_size=30) | st.floats() | st.integers() | st.booleans())
def test_no_cell_does_more_than_be_no_number(cell: Any) -> None:
    for read in (measures.number, lambda each: measures.degrees(each, "E")):
        try:
            found = read(cell)
        except ValueError:
            continue
        assert found is None or isinstance(found, float)


@pytest.mark.parametrize(
    ("text", "east"),
    [
        ("X,Y\n2500000,510000\n", 510000.0),  # as land surveyors have it
        ("X,Y\n510000,2500000\n", 510000.0),
        ("x,y\n2500000,38510000\n", 38510000.0),
        ("X,Y\n22.6,114.1\n", 114.1),
        ("X,Y\n114.1,22.6\n", 114.1),
        ("纵坐标,横坐标\n900000,230000\n", 230000.0),
    ],
)
def test_the_size_of_the_numbers_tells_the_easting(text: str, east: float, tmp_path: Path) -> None:
    ((x, _),) = [one for one in points(table(text, tmp_path)) if one]
    assert x == east


def test_where_the_size_tells_nothing_the_person_is_asked(tmp_path: Path) -> None:
    layer = table("X,Y\n230000,900000\n", tmp_path)
    with pytest.raises(Refused) as refusal:
        rows(layer)
    assert (refusal.value.code, refusal.value.params["line"], refusal.value.params["columns"]) == (
        "table_axes_unclear",
        2,
        "X, Y",
    )
    with pytest.raises(Refused, match="table_axes_unclear"):
        rows(table("X,Y\n2500000,510000\n510000,2500000\n", tmp_path))


def test_a_single_row_the_other_way_round_is_set_aside(tmp_path: Path) -> None:
    shapes, _, reasons = rows(table("X,Y\n" + "2500000,510000\n" * 30 + "510000,2500000\n0,0\n", tmp_path))
    assert reasons == {30: "easting and northing the other way round: [32]"}
    assert shapes[30] is None
    assert shapes[0].x == 510000


def test_only_headings_of_degrees_make_degrees(tmp_path: Path) -> None:
    told = {
        text: table(text, tmp_path)
        for text in (
            "lon,lat\n114,22\n",
            "x,y\n114,22\n",
            "高德经度,高德纬度\n114,22\n",
            "CGCS2000经度,CGCS2000纬度\n114,22\n",
        )
    }
    assert [(one.crs, one.by_format) for one in told.values()] == [
        (None, True),
        (None, False),
        ("高德", False),
        ("EPSG:4490", False),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("sign", [",", "\t", ";", "|"])
def test_encoding_and_sign_are_found_in_the_bytes(encoding: str, sign: str, tmp_path: Path) -> None:
    data = GOOD.replace(",", sign).replace("\n", "\r\n").encode(encoding)
    path = tmp_path / "anything"
    path.write_bytes(data)
    assert formats.recognise(path, "anything").format == "CSV"
    layer = table(data, tmp_path)
    _, told, _ = rows(layer)
    assert told[0] == {"id": 1, "name": "甲", "lon": 114.1, "lat": 22.6}
    assert (
        layer.encoding
        == {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "gb18030": "GB18030", "utf-16": "UTF-16"}[encoding]
    )


def test_titles_may_stand_above_the_headings(tmp_path: Path) -> None:
    text = "某某项目拐点坐标表,,\n\n单位：米,,\n点号,坐标,\n,X,Y\nJ1,2500000,510000\n,,\nJ2,2500001,510001\n"
    layer = table(text, tmp_path)
    shapes, told, _ = rows(layer)
    assert len(shapes) == 2
    assert told[1] == {"点号": "J2", "X": 2500001, "Y": 510001}
    assert dict(layer.notes)["points_from_columns"] == {"east": "Y", "north": "X"}


def test_codes_stay_text_and_numbers_become_numbers(tmp_path: Path) -> None:
    layer = table(
        'lon,lat,code,n,share,id,formula,"a,b"\n114,22,0701,5,0.5,440307001002003004,=1+1,x\n114,22,1401,7,2,1,@x,y\n',
        tmp_path,
    )
    _, told, _ = rows(layer)
    assert told[0] == {
        "lon": 114,
        "lat": 22,
        "code": "0701",
        "n": 5,
        "share": 0.5,
        "id": "440307001002003004",
        "formula": "=1+1",
        "a,b": "x",
    }
    assert dict(layer.fields) == {
        "lon": "int",
        "lat": "int",
        "code": "text",
        "n": "int",
        "share": "float",
        "id": "text",
        "formula": "text",
        "a,b": "text",
    }


def test_empty_places_and_words_in_number_columns(tmp_path: Path) -> None:
    shapes, told, reasons = rows(table("name,lon,lat\na,114,22\nb,,\nc,东门,22\nd,114,\n合计,4,\n", tmp_path))
    assert [shape is None for shape in shapes] == [False, True, True, True, True]
    assert reasons == {
        2: "no coordinate: [4] 东门",
        3: "one coordinate of two: [5]",
        4: "one coordinate of two: [6]",
    }
    assert told[1] == {"name": "b", "lon": None, "lat": None}


def test_wide_rows_and_repeated_headings_lose_nothing(tmp_path: Path) -> None:
    layer = table("lon,lat,a,a,\n114,22,1,2,3,4\n", tmp_path)
    assert rows(layer)[1] == [{"lon": 114, "lat": 22, "a": 1, "a_2": 2, "column_5": "3", "column_6": "4"}]


WKT = [
    ("POLYGON((114 22, 115 22, 115 23, 114 22))", "Polygon", None),
    ("SRID=4490;MULTIPOINT((1 2),(3 4))", None, "another system than the rows before: [3] EPSG:4490"),
    ("LINESTRING Z (0 0 1, 1 1 2)", "LineString", None),
    ("POINTZ(0 0 1)", "Point", None),
    ("POINT EMPTY", "Point", None),
    ("", None, None),
    ("CIRCULARSTRING(0 0, 1 1, 2 0)", None, "a kind of shape that is not taken: [8] CIRCULARSTRING"),
    ("TIN (((0 0 0, 0 0 1, 0 1 0, 0 0 0)))", None, "a kind of shape that is not taken: [9] TIN"),
    ("POLYGON((0 0, 1 1", None, "no well-known text: [10] POLYGON((0 0, 1 1"),
    ("GEOMETRYCOLLECTION(" * 4000 + ")" * 4000, None, "text too long or too deep: [11] ()"),
    ("=cmd|' /C calc'!A0", None, "no well-known text: [12] =cmd|' /C calc'!A0"),
    (
        "GEOMETRYCOLLECTION(CIRCULARSTRING(0 0, 1 1, 2 0))",
        None,
        "a kind of shape that is not taken: [13] GEOMETRYCOLLECTION(CIRCULARSTRING(0 0, 1",
    ),
]


def test_well_known_text_is_read_and_what_is_none_is_told(tmp_path: Path) -> None:
    layer = table("WKT;n\n" + "".join(f'"{text}";{n}\n' for n, (text, _, _) in enumerate(WKT)), tmp_path)
    shapes, told, reasons = rows(layer)
    assert [None if shape is None else shape.geom_type for shape in shapes] == [kind for _, kind, _ in WKT]
    assert reasons == {n: why for n, (_, _, why) in enumerate(WKT) if why}
    assert told[0] == {"n": 0}


def test_extended_text_names_its_system(tmp_path: Path) -> None:
    layer = table('geom,n\n"SRID=4547;POINT(510000 2500000)",1\n"SRID=4490;POINT(114 22)",2\n', tmp_path)
    assert layer.crs == "EPSG:4547"
    assert rows(layer)[2] == {1: "another system than the rows before: [3] EPSG:4490"}


def test_a_column_called_shape_that_holds_a_word_is_no_geometry(tmp_path: Path) -> None:
    assert points(table("Shape,X,Y\n面,2500000,510000\n", tmp_path)) == [(510000.0, 2500000.0)]


HOSTILE: dict[str, tuple[bytes, str]] = {
    "no_coordinates": (b"name,owner,area\na,b,1\n", "no_coordinates_found"),
    "one_line": (b"lon,lat,a\n114,22," + b"x" * (10 << 20) + b"\n", "table_unreadable"),
    "one_line_of_cells": (b"lon,lat\n" + b"1," * (5 << 20), "table_too_wide"),
    "many_columns": (b"lon,lat," + b"a," * 16_382 + b"\n114,22\n", "table_too_wide"),
    "huge": (b"lon,lat\n114,22\n1e308,22\n", "coordinates_not_finite"),
    "nan": (b"lon,lat\n114,22\nNaN,22\n", "coordinates_not_finite"),
    "infinite_text": (b"WKT,a\nPOINT(114 22),1\nPOINT(nan inf),1\n", "coordinates_not_finite"),
    "no_text": (b"lon,lat,a\n114,22,\xff\xff\xff\n", "encoding_unknown"),
    "axes": (b"X,Y\n5,6\n", "table_axes_unclear"),
    "shifted": ("GCJ02经度,GCJ02纬度\n114,22\n".encode(), "coordinates_maybe_shifted"),
    "plain": (b"E,N\n510000,2500000\n", "no_crs"),
}  # fmt: skip


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> readers.Reading:
    folder = tmp_path_factory.mktemp("tables")
    for name, (data, _) in HOSTILE.items():
        (folder / f"{name}.csv").write_bytes(data)
    (folder / "nul.csv").write_bytes(b"lon,lat,a\x00b\n114.1,22.6,x\x00y\n114.1,22.6,\x00\n")
    (folder / "good.csv").write_text(GOOD)
    return readers.read(folder, project_crs=HERE)


@pytest.mark.parametrize("name", [name for name in HOSTILE if name != "no_coordinates"])
def test_hostile_tables_are_refused(name: str, hostile: readers.Reading) -> None:
    (one,) = [each for each in hostile.refused if each.path == f"{name}.csv"]
    code = {"no_crs": {"no_crs", "crs_question"}}.get(HOSTILE[name][1], {HOSTILE[name][1]})
    assert one.code in code, one.params


def test_a_table_beside_the_data_is_passed_over_and_alone_it_is_refused(
    hostile: readers.Reading, tmp_path: Path
) -> None:
    assert hostile.ignored == ("no_coordinates.csv",)
    (tmp_path / "alone.csv").write_bytes(HOSTILE["no_coordinates"][0])
    (one,) = readers.read(tmp_path / "alone.csv", project_crs=HERE).refused
    assert (one.code, one.params["headings"]) == ("no_coordinates_found", "name, owner, area")


def test_a_heading_of_a_megabyte_is_no_heading(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"lon,lat," + b"h" * 1_000_000 + b"\n114,22,x\n")
    (one,) = readers.read(tmp_path / "a.csv", project_crs=HERE).refused
    assert one.code == "table_unreadable"


def test_nul_does_no_harm(hostile: readers.Reading) -> None:
    (layer,) = [one for one in hostile.sources if one.stem == "nul"]
    assert json.loads(layer.attributes[0]) == {"lon": 114.1, "lat": 22.6, "a\\x00b": "x␀y"}
    assert (layer.count, layer.format, layer.crs_basis) == (2, "CSV", "format")


@given(
    st.binary(max_size=200)
    | st.text(max_size=200).map(lambda rest: ("lon,lat,WKT,X,Y\n" + rest).encode("utf-8", "replace"))
)
def test_no_bytes_do_more_than_be_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    columns.in_head(data)
    with contextlib.suppress(Refused):
        rows(table(data, tmp_path_factory.getbasetemp()))


# --- spreadsheets


def book(
    folder: Path,
    sheets: dict[str, Sequence[Sequence[Any]]],
    change: Callable[[Any], None] = lambda made: None,
) -> Path:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, cells in sheets.items():
        sheet = made.create_sheet(name)
        for row in cells:
            sheet.append(row)
    change(made)
    path = folder / "book.xlsx"
    made.save(path)
    return path


def opened(path: Path) -> list[FoundLayer]:
    found = []
    for layer in workbook.read(path, path.stem, path.parent, lambda share: None):
        layer.batches = list(layer.batches)  # before the next one is asked for
        found.append(layer)
    return found


def test_every_sheet_with_coordinates_is_a_layer(tmp_path: Path) -> None:
    path = book(
        tmp_path,
        {
            "说明": [["这是说明"], ["没有坐标"]],
            "站点": [["名称", "经度", "纬度"], ["甲", 114.1, 22.6], ["乙", "114°06'", "北纬22度36分"]],
            "界址点": [["点号", "X", "Y"], ["J1", 2500000, 38510000.5]],
        },
        lambda made: setattr(made["界址点"], "sheet_state", "hidden"),
    )
    found = {}
    for layer in workbook.read(path, "book", tmp_path, lambda share: None):
        found[layer.layer] = (points(layer), dict(layer.notes), layer.by_format)
    assert set(found) == {"站点", "界址点"}
    assert found["站点"][0] == [(114.1, 22.6), (114.1, 22.6)]
    assert found["界址点"][0] == [(38510000.5, 2500000.0)]
    assert "sheet_hidden" in found["界址点"][1]
    assert [found[name][2] for name in ("站点", "界址点")] == [True, False]


def test_cells_of_all_kinds(tmp_path: Path) -> None:
    path = tmp_path / "kinds.xlsx"
    made = xlsxwriter.Workbook(path)
    sheet = made.add_worksheet("一")
    day, time, moment = (
        made.add_format({"num_format": code}) for code in ("yyyy-mm-dd", "hh:mm", "yyyy/m/d h:mm")
    )
    sheet.write_row(
        0, 0, ["lon", "lat", "day", "moment", "time", "sum", "truth", "code", "rich", "evil", "fault"]
    )
    sheet.write_row(1, 0, [114.1, 22.6])
    sheet.write_datetime(1, 2, datetime.date(2026, 11, 24), day)
    sheet.write_datetime(1, 3, datetime.datetime(2026, 11, 24, 13, 30), moment)  # noqa: DTZ001 - a cell has no zone
    sheet.write_datetime(1, 4, datetime.time(13, 30), time)
    sheet.write_formula(1, 5, "=A2+B2", None, 136.7)
    sheet.write_boolean(1, 6, True)
    sheet.write_string(1, 7, "0701")
    sheet.write_rich_string(1, 8, "一", made.add_format({"bold": True}), "二", "三")
    sheet.write_string(1, 9, "=HYPERLINK(1)")
    sheet.write_formula(1, 10, "=1/0", None, "#DIV/0!")
    made.close()
    (layer,) = opened(path)
    (told,) = rows(layer)[1]
    assert told == {
        "lon": 114.1, "lat": 22.6, "day": "2026-11-24", "moment": "2026-11-24T13:30:00", "time": "13:30:00", "sum": 136.7, "truth": True,
        "code": "0701", "rich": "一二三", "evil": "=HYPERLINK(1)", "fault": "#DIV/0!",
    }  # fmt: skip
    assert dict(layer.fields)["day"] == "day"
    assert layer.layer == "kinds"


def test_a_formula_without_a_value_sets_its_row_aside(tmp_path: Path) -> None:
    path = book(tmp_path, {"一": [["lon", "lat", "n"], ["=A9+1", 22.6, 1], [114.1, 22.6, "=1+1"]]})
    (layer,) = opened(path)
    shapes, told, reasons = rows(layer)
    assert reasons == {0: "a formula without a value: [2]"}
    assert shapes[1].x == 114.1
    assert told[1]["n"] is None
    assert dict(layer.notes)["formulas_without_value"] == {"count": 2}


def test_merged_cells_hold_for_all_their_rows(tmp_path: Path) -> None:
    def merge(made: Any) -> None:
        for area in ("A1:D1", "A2:A3", "B2:C2", "A4:A5"):
            made["一"].merge_cells(area)

    path = book(
        tmp_path,
        {
            "一": [
                ["拐点坐标表"],
                ["地块", "坐标", None, "备注"],
                [None, "X", "Y", None],
                ["甲", 2500000, 510000, "a"],
                [None, 2500001, 510000, "b"],
            ]
        },
        merge,
    )
    (layer,) = opened(path)
    assert rows(layer)[1] == [
        {"地块": "甲", "X": 2500000, "Y": 510000, "备注": "a"},
        {"地块": "甲", "X": 2500001, "Y": 510000, "备注": "b"},
    ]


def repacked(
    path: Path, change: dict[str, Callable[[bytes], bytes]], more: dict[str, bytes] | None = None
) -> Path:
    target = path.with_name(f"changed-{path.name}")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change.get(name, lambda data: data)(old.read(name)))
        for name, data in (more or {}).items():
            new.writestr(name, data)
    return target


SHEET = "xl/worksheets/sheet1.xml"
DOCTYPE = b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
CHANGED: dict[str, tuple[dict[str, Callable[[bytes], bytes]], dict[str, bytes], str]] = {
    "doctype": ({SHEET: lambda data: DOCTYPE + data}, {}, "xml_doctype"),
    "doctype_elsewhere": ({}, {"xl/externalLinks/externalLink1.xml": DOCTYPE + b"<a/>"}, "xml_doctype"),
    "doctype_in_utf16": ({}, {"xl/other.xml": (DOCTYPE + b"<a/>").decode().encode("utf-16")}, "xml_doctype"),
    "odd_encoding": ({}, {"xl/other.xml": b'<?xml version="1.0" encoding="cp037"?><a/>'}, "xml_doctype"),
    "cut_sheet": ({SHEET: lambda data: data[: len(data) // 2]}, {}, "table_unreadable"),
    "no_sheets": ({"xl/workbook.xml": lambda data: b"<workbook/>"}, {}, "no_coordinates_found"),
    "far_cell": ({SHEET: lambda data: data.replace(b'r="A2"', b'r="ZZZ2"')}, {}, "table_too_wide"),
    "far_text": ({SHEET: lambda data: data.replace(b't="n"><v>114.1', b't="s"><v>999999999')}, {}, ""),
    "strange_row": ({SHEET: lambda data: data.replace(b'<row r="2"', b'<row r="99999999999999"')}, {}, ""),
    "external_link": ({}, {"xl/externalLinks/externalLink1.xml": b'<externalLink xmlns:r="x"><externalBook r:id="rId1"/></externalLink>'}, ""),
}  # fmt: skip


@pytest.mark.parametrize("name", list(CHANGED))
def test_hostile_books(name: str, tmp_path: Path) -> None:
    change, more, code = CHANGED[name]
    path = repacked(book(tmp_path, {"一": [["lon", "lat"], [114.1, 22.6]]}), change, more)
    found = readers.read(path, project_crs=HERE)
    assert [one.code for one in found.refused] == ([code] if code else [])
    assert [one.read for one in found.sources] == ([] if code else [1])


def test_a_bomb_in_a_book_is_refused(tmp_path: Path) -> None:
    path = repacked(
        book(tmp_path, {"一": [["lon", "lat"], [114.1, 22.6]]}),
        {SHEET: lambda data: data.replace(b"</sheetData>", b" " * (60 << 20) + b"</sheetData>")},
    )
    with pytest.raises(Refused, match="zip_ratio"):
        readers.read(path, project_crs=HERE)


def test_a_book_is_known_by_its_content_and_passed_over_beside_data(tmp_path: Path) -> None:
    list_ = book(tmp_path, {"一": [["名称", "面积"], ["甲", 5]]})
    (one,) = readers.read(list_, project_crs=HERE).refused
    assert (one.code, one.params["headings"]) == ("no_coordinates_found", "名称, 面积")
    folder = tmp_path / "delivery"
    folder.mkdir()
    list_.rename(folder / "list.xlsx")
    book(tmp_path, {"一": [["lon", "lat"], [114.1, 22.6]]}).rename(folder / "data.bin")
    (folder / "good.csv").write_text(GOOD)
    found = readers.read(folder, project_crs=HERE)
    assert {(layer.path, layer.format) for layer in found.sources} == {
        ("data.bin", "XLSX"),
        ("good.csv", "CSV"),
    }
    assert (found.ignored, found.refused) == (("list.xlsx",), ())
    packed = tmp_path / "packed.zip"
    with zipfile.ZipFile(packed, "w") as made:
        made.write(folder / "data.bin", "inside/points.xlsx")
    assert [layer.path for layer in readers.read(packed, project_crs=HERE).sources] == ["inside/points.xlsx"]


@pytest.mark.parametrize(
    ("reason", "chinese"),
    [
        ("no coordinate: [4] 东门", "不是坐标: [4] 东门"),
        ("no flat shape: 3DFACE", "不是平面图形: 3DFACE"),
        ("Self-intersection", "自相交"),
    ],
)
def test_reasons_are_told_in_the_language_of_the_reader(reason: str, chinese: str) -> None:
    assert chinese in language.Speech("zh-CN").reason("row_unreadable", {"reason": reason}, "set_aside")


def test_angles_under_x_and_y_tell_their_axis(tmp_path: Path) -> None:
    assert points(table("X;Y\n22°36'N;114°6'E\n", tmp_path)) == [(114.1, 22.6)]


def test_order_by_size_alone() -> None:
    first = np.array([2.5e6, 5e5, 38.5e6, 22.0, 114.0, 230000.0, 0.0])
    second = np.array([5e5, 2.5e6, 2.5e6, 114.0, 22.0, 900000.0, 0.0])
    assert places.order(first, second).tolist() == [1, 2, 2, 1, 2, 0, 0]


def test_a_shape_in_a_table_is_published_in_the_project_system(tmp_path: Path) -> None:
    (tmp_path / "plots.csv").write_text(
        '名称,几何\n甲,"SRID=4547;POLYGON((510000 2500000,510100 2500000,510100 2500100,510000 2500100,510000 2500000))"\n'
    )
    (layer,) = readers.read(tmp_path / "plots.csv", project_crs=HERE).sources
    assert layer.geometry[0].area == pytest.approx(10_000)
    assert shapely.get_type_id(layer.geometry[0]) == 3
