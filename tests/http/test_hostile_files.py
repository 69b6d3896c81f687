"""Files and pasted text that mean harm, end to end: asked about as a site, handed over as a delivery, typed into a form. Each is told what is wrong, none is
a 500, and nothing of it is left.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from db import session
from db.actor import Actor
from db.settings import folder
from gis import crs, quarantine
from gis.sandbox import UPLOAD
from layers.refusal import Refused
from tests import harm
from tests.http.test_hostile import JSON, told
from workflows.base_map.intake import service as intake
from workflows.base_map.intake.said import Said

NOT_FINITE = dict(harm.not_finite())
READ_OTHERWISE = {"boundary text 1e308"}
"""Where the order of columns takes the number for something else; refused or set aside all the same."""


@pytest.fixture(autouse=True)
def rooms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A quarantine of the test's own, which other processes of the run do not use."""
    own = tmp_path / "quarantine"
    own.mkdir()
    monkeypatch.setattr(quarantine, "folder", lambda: own)
    return own


@pytest.fixture
def engine(module_workspace: str) -> Engine:
    return session.engine(module_workspace)


def cases(makes: dict[str, harm.Make]) -> Any:
    named = [pytest.param(name, make, id=name) for name, make in makes.items()]
    return pytest.mark.parametrize(("name", "make"), named)


def system_of(path: Path) -> str:
    return "EPSG:4547" if path.suffix in (".dxf", ".txt") else "EPSG:4326"


def asked_about(client: TestClient, path: Path) -> Any:
    return client.post(
        "/api/checks/file",
        files={"file": (path.name, path.read_bytes())},
        data={"source_crs": system_of(path)},
    )


def handed_over(engine: Engine, actor: Actor, path: Path) -> list[dict[str, Any]] | str:
    """The layers it became, or the code with which it was refused."""
    try:
        said = Said(source_crs=crs.parse(system_of(path)))
        return intake.import_delivery(engine, actor, path, said, limits=UPLOAD).layers
    except Refused as no:
        return no.code


def nothing_left(engine: Engine, rooms: Path) -> None:
    assert list(rooms.iterdir()) == []
    with session.read(engine) as connection:
        assert (
            connection.execute(
                text("SELECT id FROM hetu.delivery WHERE state IN ('reading', 'waiting')")
            ).all()
            == []
        )
        assert connection.execute(text("SELECT id FROM hetu.edition WHERE state = 'staged'")).all() == []
    assert list(folder("originals").glob("*/*.partial")) == []


@cases(harm.FILES)
def test_a_file_that_means_harm(
    client: TestClient, engine: Engine, actor: Actor, tmp_path: Path, rooms: Path, name: str, make: harm.Make
) -> None:
    path = make(tmp_path)
    told(asked_about(client, path))
    assert list(rooms.iterdir()) == []
    became = handed_over(engine, actor, path)
    # A file of which every row was set aside may become an edition that says so; none of it is published.
    assert isinstance(became, str) or [layer["rows_published"] for layer in became] == [0]
    nothing_left(engine, rooms)


@cases(NOT_FINITE)
def test_a_coordinate_that_is_none(
    client: TestClient, engine: Engine, actor: Actor, tmp_path: Path, rooms: Path, name: str, make: harm.Make
) -> None:
    path = make(tmp_path)
    refused = asked_about(client, path)
    told(refused)
    if name not in READ_OTHERWISE:
        assert refused.json()["code"] == "coordinates_not_finite"
        assert refused.json()["params"]["rows"]
    became = handed_over(engine, actor, path)
    assert isinstance(became, str) or [layer["rows_published"] for layer in became] == [0]
    nothing_left(engine, rooms)


@cases(harm.WORDS)
def test_odd_words_beside_good_shapes_are_only_words(
    client: TestClient, engine: Engine, actor: Actor, tmp_path: Path, rooms: Path, name: str, make: harm.Make
) -> None:
    path = make(tmp_path)
    assert asked_about(client, path).status_code in (201, 422)
    became = handed_over(engine, actor, path)
    if not isinstance(became, str):
        (layer,) = became
        assert layer["rows_published"] == 1
        for address in (
            f"/api/layers/{layer['code']}",
            f"/api/layers/{layer['code']}/editions",
            f"/layers/{layer['code']}",
        ):
            answer = client.get(address)
            assert answer.status_code == 200
            assert "\x00" not in answer.text
        with session.read(engine) as connection:
            kept = connection.execute(
                text("SELECT CAST(attributes AS text) FROM hetu.feature WHERE edition_id = :e"),
                {"e": layer["edition"]},
            ).scalar_one()
        assert isinstance(json.loads(kept), dict)
    nothing_left(engine, rooms)


PASTED = {
    "a star of 1,000 points": harm.boundary(*(f"{2512000 + y * 1e4:.3f},{38512000 + x * 1e4:.3f}" for x, y in harm.star(1_000))),
    "a header of a megabyte": "[属性描述]\n坐标系=" + "九" * 350_000 + "\n[地块坐标]\n",
    "NaN": harm.boundary("2512000,38512000", "nan,38512100", "2512100,38512100", "2512000,38512000"),
    "Infinity": harm.boundary("2512000,38512000", "inf,38512100", "2512100,38512100", "2512000,38512000"),
    "1e308": harm.boundary("2512000,38512000", "1e308,38512100", "2512100,38512100", "2512000,38512000"),
    "a number of 5,000 digits": harm.boundary("2512000,38512000", "9" * 5_000 + ",38512100", "2512100,38512100", "2512000,38512000"),
    "NUL": harm.boundary("2512000,38512000\0", "2512000,38512100", "2512100,38512100"),
    "half a character": harm.boundary("2512000,38512000\ud800", "2512000,38512100", "2512100,38512100"),
    "a command to GDAL": harm.COMMAND.decode(),
    "a VRT": harm.VRT.decode(),
    "WKT": harm.star_wkt(1_000),
    "WKT in WKT": harm.nested("GEOMETRYCOLLECTION(", ")", 50_000, "POINT(114 22)"),
    "EWKB": harm.deep_wkb(20_000).hex(),
    "a GML point": '<gml:Point srsName="urn:x-ogc:def:crs:EPSG::4326" xmlns:gml="http://www.opengis.net/gml"><gml:pos srsDimension="-1">1</gml:pos></gml:Point>\n\n',
    "laughs": harm.kml("&l11;", doctype=f"<!DOCTYPE kml [{harm.LAUGHS}]>"),
    "the path of a file": "/etc/passwd",
    "the path of a file in lines": "/etc/passwd\n/etc/passwd\n",
    "lists in lists": "[" * 100_000,
    "a hundred thousand plots": "[地块坐标]\n" + "4,1.0,1,地块,面,,,,@\n" * 100_000,
}  # fmt: skip


@pytest.mark.parametrize("pasted", PASTED.values(), ids=PASTED.keys())
def test_pasted_text_that_means_harm(client: TestClient, engine: Engine, rooms: Path, pasted: str) -> None:
    told(client.post("/api/checks", content=json.dumps({"boundary_text": pasted}).encode(), headers=JSON))
    nothing_left(engine, rooms)


DRAWN = {
    "a star of 1,000 points": {"type": "Polygon", "coordinates": [harm.star(1_000)]},
    "a star of 5,000 points": {"type": "Polygon", "coordinates": [harm.star(5_000)]},
    "a line of 2,000 crossings, widened": {"type": "LineString", "coordinates": harm.star(2_000)},
    "ten thousand stars": {"type": "MultiPolygon", "coordinates": [[harm.star(7)]] * 10_000},
    "more points than anybody draws": {"type": "Polygon", "coordinates": [harm.star(100_001)]},
    "a hole of 1,000 crossings": {"type": "Polygon", "coordinates": [[[114.0, 22.6], [114.3, 22.6], [114.3, 22.9], [114.0, 22.9], [114.0, 22.6]], harm.star(1_000)]},
}  # fmt: skip


@pytest.mark.parametrize("drawn", DRAWN.values(), ids=DRAWN.keys())
def test_a_drawing_that_means_harm(
    client: TestClient, engine: Engine, rooms: Path, drawn: dict[str, Any]
) -> None:
    width = {"width_m": 900} if drawn["type"] == "LineString" else {}
    answer = client.post("/api/checks", content=json.dumps({"site": drawn, **width}).encode(), headers=JSON)
    if width and answer.status_code == 201:  # a quick machine widens it within the sandbox's two seconds
        return
    told(answer)
    nothing_left(engine, rooms)


FIELDS = {
    "a system of NUL": {"source_crs": "EPSG:4547\0"},
    "a system of a megabyte": {"source_crs": "EPSG:" + "9" * 60_000},
    "a system that is a path": {"source_crs": "/etc/passwd"},
    "a system at an address": {"source_crs": "http://127.0.0.1/epsg"},
    "a pipeline": {"source_crs": "+proj=pipeline +step +proj=hgridshift +grids=/etc/passwd"},
    "answers in answers": {"answers": "[" * 20_000},
    "answers of NaN": {"answers": '{"a.shp": NaN}'},
    "answers of half a character": {"answers": '{"a.shp": "\\ud800"}'},
    "nodata of words": {"nodata": "1e999"},
    "a status that nobody may give": {"status": "withdrawn"},
    "a day without end": {"valid_from": "99999-01-01"},
    "a purpose that is none": {"purpose": "both"},
    "a field that is none": {"limits": "none"},
}


@pytest.mark.parametrize("fields", FIELDS.values(), ids=FIELDS.keys())
def test_a_form_that_means_harm(
    client: TestClient, engine: Engine, actor: Actor, rooms: Path, fields: dict[str, str]
) -> None:
    answer = client.post("/api/imports", files={"file": ("a.geojson", harm.plain().encode())}, data=fields)
    told(answer)
    nothing_left(engine, rooms)
