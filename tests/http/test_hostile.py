"""Input that means harm, by hand: generated tests found none of these. Each is told what is wrong, none is a 500."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from api.payload import DEPTH, JSON_BYTES, safe_name

JSON = {"content-type": "application/json"}
POLYGON = '{"type":"Polygon","coordinates":[[[%s,22.7],[114.13,22.7],[114.13,22.71],[114.12,22.7]]]}'


def star(points: int) -> str:
    """A ring that crosses itself everywhere."""
    ring = [(114.13 + 0.01 * math.cos(n * 2.4), 22.73 + 0.01 * math.sin(n * 2.4)) for n in range(points)]
    return json.dumps({"site": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}})


BODIES = {
    "nothing": "",
    "no JSON": "{",
    "a list": "[]",
    "a number": "7",
    "null": "null",
    "no site": "{}",
    "two sites": '{"box":"114,22,115,23","boundary_text":"x"}',
    "box is a list": '{"box":[114,22,115,23]}',
    "box of three": '{"box":"114,22,115"}',
    "box of words": '{"box":"a,b,c,d"}',
    "box of NaN": '{"box":"nan,22,115,23"}',
    "box of Infinity": '{"box":"114,22,inf,23"}',
    "box turned round": '{"box":"115,23,114,22"}',
    "box of no area": '{"box":"114.13,22.73,114.13,22.73"}',
    "axes swapped": '{"box":"22.70,114.10,22.71,114.11"}',
    "larger than the district": '{"box":"113,22,116,24"}',
    "outside the district": '{"box":"10.0,50.0,10.1,50.1"}',
    "NaN": '{"site":' + POLYGON % "NaN" + "}",
    "Infinity": '{"site":' + POLYGON % "Infinity" + "}",
    "minus Infinity": '{"site":' + POLYGON % "-Infinity" + "}",
    "1e308": '{"site":' + POLYGON % "1e308" + "}",
    "1e999": '{"site":' + POLYGON % "1e999" + "}",
    "beyond 64 bits": '{"site":' + POLYGON % "9223372036854775808" + "}",
    "a thousand digits": '{"site":' + POLYGON % ("9" * 1000) + "}",
    "five thousand digits": '{"site":' + POLYGON % ("9" * 5000) + "}",
    "a coordinate that is a word": '{"site":' + POLYGON % '"114"' + "}",
    "a coordinate that is null": '{"site":' + POLYGON % "null" + "}",
    "NUL": '{"box":"114,22,\\u0000115,23"}',
    "NUL in boundary text": '{"boundary_text":"[\\u0000]"}',
    "NUL in a property": '{"site":{"type":"Feature","properties":{"a":"\\u0000"},"geometry":'
    + POLYGON % "114.12"
    + "}}",
    "half a character": '{"site":{"type":"Feature","properties":{"a":"\\ud800"},"geometry":'
    + POLYGON % "114.12"
    + "}}",
    "half a character as a key": '{"\\udfff":1,"box":"114,22,115,23"}',
    "lists in lists": '{"site":' + "[" * 100_000 + "]" * 100_000 + "}",
    "objects in objects": '{"site":' + '{"a":' * 50_000 + "1" + "}" * 50_000 + "}",
    "just too deep": '{"site":' + "[" * DEPTH + "]" * DEPTH + "}",
    "collections in collections": '{"site":'
    + '{"type":"GeometryCollection","geometries":[' * 12
    + "]}" * 12
    + "}",
    "ring of two points": '{"site":{"type":"Polygon","coordinates":[[[114.12,22.7],[114.13,22.7]]]}}',
    "ring of none": '{"site":{"type":"Polygon","coordinates":[[]]}}',
    "no rings": '{"site":{"type":"Polygon","coordinates":[]}}',
    "no coordinates": '{"site":{"type":"Polygon"}}',
    "a point": '{"site":{"type":"Point","coordinates":[114.13,22.73]}}',
    "a line without a width": '{"site":{"type":"LineString","coordinates":[[114.12,22.7],[114.13,22.7]]}}',
    "width of nothing": '{"site":{"type":"LineString","coordinates":[[114.12,22.7],[114.13,22.7]]},"width_m":0}',
    "width below nothing": '{"box":"114.12,22.7,114.13,22.71","width_m":-3}',
    "width without end": '{"box":"114.12,22.7,114.13,22.71","width_m":1e300}',
    "width that is true": '{"box":"114.12,22.7,114.13,22.71","width_m":true}',
    "width that is a list": '{"box":"114.12,22.7,114.13,22.71","width_m":[1]}',
    "unknown type": '{"site":{"type":"Circle","coordinates":[114,22]}}',
    "type is a list": '{"site":{"type":["Polygon"],"coordinates":[]}}',
    "features is a number": '{"site":{"type":"FeatureCollection","features":7}}',
    "no features": '{"site":{"type":"FeatureCollection","features":[]}}',
    "a feature without geometry": '{"site":{"type":"Feature","properties":{},"geometry":null}}',
    "a bow tie": '{"site":{"type":"Polygon","coordinates":[[[114.12,22.7],[114.13,22.71],[114.13,22.7],[114.12,22.71],[114.12,22.7]]]}}',
    "a star of 2,000 crossings": star(2_000),
    "layers is a word": '{"box":"114.12,22.7,114.13,22.71","layers":"all"}',
    "layers of numbers": '{"box":"114.12,22.7,114.13,22.71","layers":[1]}',
    "proposal of NaN": '{"box":"114.12,22.7,114.13,22.71","proposal":{"height":NaN}}',
    "proposal of Infinity": '{"box":"114.12,22.7,114.13,22.71","proposal":{"height":"1e999"}}',
    "proposal beyond 64 bits": '{"box":"114.12,22.7,114.13,22.71","proposal":{"floor_area":99999999999999999999}}',
    "proposal of a thousand digits": '{"box":"114.12,22.7,114.13,22.71","proposal":{"height":"'
    + "9" * 1000
    + '"}}',
    "proposal below nothing": '{"box":"114.12,22.7,114.13,22.71","proposal":{"floor_area_ratio":-1}}',
    "proposal in feet": '{"box":"114.12,22.7,114.13,22.71","proposal":{"height":"200 feet"}}',
    "proposal that is a list": '{"box":"114.12,22.7,114.13,22.71","proposal":[1]}',
    "proposal in a proposal": '{"box":"114.12,22.7,114.13,22.71","proposal":{"height":{"m":3}}}',
    "use of NUL": '{"box":"114.12,22.7,114.13,22.71","proposal":{"use":"\\u0000"}}',
    "use that is a wildcard": '{"box":"114.12,22.7,114.13,22.71","proposal":{"use":"%"}}',
    "full-width figures": '{"box":"114.12,22.7,114.13,22.71","proposal":{"height":"²"}}',
    "a day of another calendar": '{"box":"114.12,22.7,114.13,22.71","valid_on":"２０２６-01-01"}',
    "a day without end": '{"box":"114.12,22.7,114.13,22.71","valid_on":"99999-01-01"}',
    "a day as an object": '{"box":"114.12,22.7,114.13,22.71","valid_on":{"year":2026}}',
    "a moment before all": '{"box":"114.12,22.7,114.13,22.71","known_at":"0001-01-01T00:00:00+14:00"}',
    "a moment after all": '{"box":"114.12,22.7,114.13,22.71","known_at":"9999-12-31T23:59:59-12:00"}',
    "a moment of words": '{"box":"114.12,22.7,114.13,22.71","known_at":"now() - 1:00"}',
    "the site of no check": '{"check":"\' OR 1=1--"}',
    "the site of a check and a width": '{"check":"261124-aaaaaaaa","width_m":12}',
    "boundary text of nothing": '{"boundary_text":" "}',
    "boundary text that is a command": '{"boundary_text":"{\\"type\\":\\"gdal_streamed_alg\\"}"}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_body_that_means_harm(client: TestClient, body: str) -> None:
    refused = client.post("/api/checks", content=body.encode("utf-8"), headers=JSON)
    told(refused)


def told(refused: object) -> None:
    """A 4xx that says what is wrong, as a problem."""
    assert 400 <= refused.status_code < 500, (refused.status_code, refused.text[:300])  # type: ignore[attr-defined]
    assert refused.headers["content-type"] == "application/problem+json"  # type: ignore[attr-defined]
    problem = refused.json()  # type: ignore[attr-defined]
    assert problem["detail"]
    assert problem["title"]
    assert problem["code"]
    assert problem["status"] == refused.status_code  # type: ignore[attr-defined]
    assert "Traceback" not in refused.text  # type: ignore[attr-defined]


def test_bytes_that_are_no_text(client: TestClient) -> None:
    told(client.post("/api/checks", content=b'{"box":"\xff\xfe"}', headers=JSON))
    told(client.post("/api/checks", content=b"\x00" * 64, headers=JSON))


def test_json_by_another_name(client: TestClient) -> None:
    refused = client.post(
        "/api/checks", content=b'{"box":"114,22,115,23"}', headers={"content-type": "text/plain"}
    )
    assert refused.status_code == 415
    told(refused)


def test_a_body_beyond_its_bounds_declared_and_streamed(client: TestClient) -> None:
    declared = client.post("/api/checks", content=b" " * (JSON_BYTES + 1), headers=JSON)
    assert declared.status_code == 413
    told(declared)

    def pieces() -> Iterator[bytes]:
        for _ in range(JSON_BYTES // 65_536 + 2):
            yield b" " * 65_536

    streamed = client.post("/api/checks", content=pieces(), headers=JSON)
    assert streamed.status_code == 413
    told(streamed)


@pytest.mark.parametrize(
    "path",
    [
        "/api/checks/nothing",
        "/api/checks/%00",
        "/api/checks/..%2f..%2fetc",
        "/api/checks/" + "a" * 5000,
        "/api/checks/%ff%fe",
        "/api/checks/%ED%A0%80",
        "/api/checks/'%20OR%201=1--/hits",
        "/api/checks/nothing/hits",
        "/api/checks/nothing/map",
        "/api/checks/nothing/overrides",
        "/api/checks/nothing?for=secret",
        "/api/checks?for=everyone",
        "/api/rules/nothing",
        "/api/rules/%00",
        "/api/rules/..%2f..%2fetc",
        "/api/layers/nothing",
        "/api/layers/%00",
        "/api/layers/nothing/editions",
        "/api/imports/1e9",
        "/api/imports/-1",
        "/api/imports/99999999999999999999999999",
        "/api/imports/9223372036854775807",
        "/api/imports/四",
        "/api/editions/1/tiles/40/0/0",
        "/api/editions/1/tiles/23/0/0",
        "/api/editions/1/tiles/3/8/0",
        "/api/editions/1/tiles/3/0/8",
        "/api/editions/1/tiles/3/-1/0",
        "/api/editions/1/tiles/-1/0/0",
        "/api/editions/1/tiles/1.5/0/0",
        "/api/editions/1/tiles/nan/0/0",
        "/api/editions/1/tiles/99999999999999999999/0/0",
        "/api/editions/1/tiles/²/0/0",
        "/api/editions/0/tiles/3/0/0",
        "/api/editions/-1/tiles/3/0/0",
        "/api/editions/9223372036854775808/tiles/3/0/0",
        "/api/editions/999999999/tiles/3/0/0",
        "/api/editions/x/tiles/3/0/0",
        "/api/nothing",
        "/api/checks?limit=0",
        "/api/checks?limit=1e9",
        "/api/checks?limit=99999999999999999999999",
        "/api/checks?offset=-1",
        "/api/layers?%00=%00",
    ],
)
def test_an_address_that_is_none(client: TestClient, path: str) -> None:
    told(client.get(path))


@pytest.mark.parametrize(
    "path",
    [
        "/checks/nothing",
        "/checks/%00",
        "/layers/nothing",
        "/nothing",
        "/checks?offset=-1",
        "/layers?kind=cube",
        "/layers?q=" + "x" * 200,
        "/rules/nothing",
        "/rules/<script>",
        "/rules?effect=sometimes",
        "/rules?layer=" + "x" * 200,
        "/checks/nothing?since=nothing",
        "/checks/nothing?for=everyone",
    ],
)
def test_a_page_that_is_none_is_a_page_all_the_same(client: TestClient, path: str) -> None:
    page = client.get(path, headers={"accept": "text/html"})
    assert 400 <= page.status_code < 500
    assert page.headers["content-type"].startswith("text/html")
    assert "<nav" in page.text


def test_odd_words_in_an_address_are_only_words(client: TestClient) -> None:
    page = client.get("/layers", params={"q": "<script>alert(1)</script>%_'\"\\"})
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert client.get("/layers?lang=../../etc").status_code == 200
    assert client.get("/", headers={"accept-language": "x" * 10_000}).status_code == 200
    assert client.get("/", headers={"accept-language": ";;q=,,;q=nan,en;q=inf"}).status_code == 200


FILES = {
    "empty": ("a.geojson", b""),
    "a command to GDAL": (
        "a.geojson",
        b'{"type":"gdal_streamed_alg","command_line":"gdal vector read /etc/passwd"}',
    ),
    "a VRT by a false name": (
        "a.shp",
        b"<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>",
    ),
    "no format at all": ("a.gpkg", b"\x00\x01\x02" * 1000),
    "a zip that is none": ("a.zip", b"PK\x03\x04" + b"\x00" * 100),
    "an executable": ("a.zip", b"\x7fELF" + b"\x00" * 1000),
}


@pytest.mark.parametrize("file", FILES.values(), ids=FILES.keys())
def test_a_file_that_means_harm(client: TestClient, file: tuple[str, bytes]) -> None:
    told(client.post("/api/checks/file", files={"file": (file[0], io.BytesIO(file[1]))}))


def test_forms_that_are_none(client: TestClient) -> None:
    told(client.post("/api/checks/file"))
    told(client.post("/api/checks/file", content=b"x", headers={"content-type": "multipart/form-data"}))
    told(
        client.post(
            "/api/checks/file",
            content=b"--x\r\n",
            headers={"content-type": "multipart/form-data; boundary=x"},
        )
    )
    told(client.post("/api/checks/file", data={"file": "words"}, files={"other": ("a", b"b")}))
    told(client.post("/api/checks/file", files=[("file", ("a", b"b")), ("file", ("c", b"d"))]))
    told(client.post("/api/checks/file", files={"file": ("a.geojson", b"{}")}, data={"width_m": "wide"}))
    told(client.post("/api/checks/file", files={"file": ("a.geojson", b"{}")}, data={"source_crs": "EPSG:0"}))
    told(client.post("/api/imports", files={"file": ("a.geojson", b"")}))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("..", "upload"),
        ("", "upload"),
        ("/", "upload"),
        (".hidden", "hidden"),
        ("a\x00b\n\x1b[31m.zip", "ab[31m.zip"),
        ("永久基本农田.zip", "永久基本农田.zip"),
        ("\ud800.zip", "zip"),
    ],
)
def test_a_file_name_obeys_nobody(given: str, kept: str) -> None:
    assert safe_name(given) == kept


def test_a_long_name_keeps_its_ending() -> None:
    kept = safe_name("长" * 500 + ".geojson")
    assert kept.endswith(".geojson")
    assert len(kept.encode()) <= 200


@pytest.mark.parametrize("key", ["", " ", "a" * 201, "钥匙", "a b"])
def test_a_key_that_is_none(client: TestClient, key: str) -> None:
    told(
        client.post(
            "/api/checks",
            json={"box": "114.12,22.70,114.13,22.71"},
            headers={"Idempotency-Key": key.encode()},
        )
    )
