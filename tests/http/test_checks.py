"""A site goes in, the answer comes out, and it stays what it was."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.http.conftest import square, to_degrees

SQUARE = square(512, 2518, 512.5, 2519)


def layer(answer: dict[str, Any], code: str) -> dict[str, Any]:
    return next(each for each in answer["layers"] if each["code"] == code)


def test_a_geometry_is_measured(answer: dict[str, Any]) -> None:
    farmland = layer(answer, "permanent_basic_farmland")
    assert farmland["state"] == "hit"
    assert farmland["area_m2"] == pytest.approx(500_000, rel=1e-6)
    assert farmland["share"] == 1.0
    assert layer(answer, "ecological_red_line")["state"] == "clear"
    assert layer(answer, "elevation")["state"] == "no data"
    assert answer["verdict"] == "cannot be built"


def test_the_answer_is_found_where_location_says(client: TestClient) -> None:
    made = client.post(
        "/api/checks", json={"site": {"type": "Feature", "properties": {}, "geometry": SQUARE}}
    )
    assert made.status_code == 201
    assert client.get(made.headers["location"]).json() == made.json()


def test_a_box_in_degrees(client: TestClient) -> None:
    (west, south), (east, north) = to_degrees((512.1, 2518.1), (512.4, 2518.9))
    made = client.post("/api/checks", json={"box": f"{west},{south},{east},{north}"})
    assert made.status_code == 201
    assert layer(made.json(), "permanent_basic_farmland")["share"] == 1.0


def test_a_line_with_a_width(client: TestClient) -> None:
    axis = {"type": "LineString", "coordinates": to_degrees((512, 2518.5), (514, 2518.5))}
    made = client.post("/api/checks", json={"site": axis, "width_m": 20})
    assert made.status_code == 201
    assert made.json()["site"]["width_m"] == 20
    assert made.json()["site"]["axis_length_m"] == pytest.approx(2000, rel=1e-6)
    assert layer(made.json(), "permanent_basic_farmland")["count"] == 2


def test_a_file(client: TestClient) -> None:
    file = io.BytesIO(json.dumps(SQUARE).encode())
    made = client.post("/api/checks/file", files={"file": ("地块.geojson", file)})
    assert made.status_code == 201, made.text
    assert made.json()["site"]["given"]["file"] == "地块.geojson"


def test_only_some_layers(client: TestClient) -> None:
    made = client.post("/api/checks", json={"site": SQUARE, "layers": ["subdistrict"]})
    assert [each["code"] for each in made.json()["layers"]] == ["subdistrict"]
    unknown = client.post("/api/checks", json={"site": SQUARE, "layers": ["nonsense"]})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "layer_unknown")


def test_measured_again_it_is_the_same(client: TestClient, answer: dict[str, Any]) -> None:
    again = client.post(f"/api/checks/{answer['id']}/again").json()
    assert again["same"] is True
    assert again["differences"] == []


def test_hits_are_the_shared_parts_in_degrees(client: TestClient, answer: dict[str, Any]) -> None:
    found = client.get(f"/api/checks/{answer['id']}/hits", params={"layer": "permanent_basic_farmland"})
    assert found.headers["content-type"].startswith("application/geo+json")
    (feature,) = found.json()["features"]
    assert feature["properties"]["id"] == 0
    assert 114 < feature["geometry"]["coordinates"][0][0][0] < 115


def test_the_offline_map_asks_nobody_for_anything(client: TestClient, answer: dict[str, Any]) -> None:
    page = client.get(f"/api/checks/{answer['id']}/map")
    assert page.status_code == 200
    assert "connect-src 'none'" in page.headers["content-security-policy"]
    for asks in ('src="http', 'href="http://cdn', 'href="https://cdn', "url(http"):
        assert asks not in page.text


def test_the_newest_check_comes_first(client: TestClient, answer: dict[str, Any]) -> None:
    newest = client.post("/api/checks", json={"site": SQUARE}).json()["id"]
    listed = [each["id"] for each in client.get("/api/checks", params={"limit": 100}).json()]
    assert listed[0] == newest
    assert answer["id"] in listed
    assert client.get("/api/checks", params={"limit": 1}).json()[0]["id"] == newest


def test_the_same_key_gives_the_first_answer(client: TestClient) -> None:
    headers = {"Idempotency-Key": "one-and-the-same"}
    before = len(client.get("/api/checks", params={"limit": 500}).json())
    first = client.post("/api/checks", json={"site": SQUARE}, headers=headers)
    second = client.post("/api/checks", json={"site": SQUARE}, headers=headers)
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert len(client.get("/api/checks", params={"limit": 500}).json()) == before + 1
    other = client.post("/api/checks", json={"site": SQUARE, "layers": ["subdistrict"]}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


def test_a_refused_site_leaves_no_check(client: TestClient) -> None:
    before = client.get("/api/checks", params={"limit": 500}).json()
    refused = client.post("/api/checks", json={"site": square(700, 2518, 701, 2519)})
    assert 400 <= refused.status_code < 500
    assert client.get("/api/checks", params={"limit": 500}).json() == before


def test_layers_and_editions(client: TestClient) -> None:
    every = client.get("/api/layers").json()
    assert len(every) >= 160
    one = client.get("/api/layers/permanent_basic_farmland").json()
    (edition,) = client.get("/api/layers/permanent_basic_farmland/editions").json()
    assert (one["edition"], one["features"]) == (edition["id"], 2)
    assert edition["rows_read"] == edition["rows_published"] + edition["rows_set_aside"]
    assert client.get("/api/layers/elevation").json()["edition"] is None


def test_a_tile_is_kept_for_good(client: TestClient) -> None:
    edition = client.get("/api/layers/permanent_basic_farmland").json()["edition"]
    tile = client.get(f"/api/editions/{edition}/tiles/12/3346/1782")
    assert tile.status_code == 200
    assert tile.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert "immutable" in tile.headers["cache-control"]
    assert "hetu-tile" not in tile.headers


def test_the_same_key_hands_a_file_over_once(client: TestClient) -> None:
    def handed(name: str, **fields: str) -> Any:
        return client.post(
            "/api/imports",
            files={"file": (name, json.dumps(SQUARE))},
            data=fields,
            headers={"Idempotency-Key": "one-file"},
        )

    first, second = handed("kept.geojson"), handed("kept.geojson")
    assert first.status_code == second.status_code == 202, first.text
    assert first.json() == second.json()
    assert first.headers["location"] == second.headers["location"] == f"/api/imports/{first.json()['id']}"
    unheld = client.post("/api/imports", files={"file": ("kept.geojson", json.dumps(SQUARE))})
    assert unheld.json()["id"] == first.json()["id"] + 1  # nothing was handed over in between
    for other in (
        handed("other.geojson"),
        handed("kept.geojson", source_crs="EPSG:4547"),
        handed("kept.geojson", nodata="-9999"),
    ):
        assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    wrong = client.post(
        "/api/imports",
        files={"file": ("a.geojson", json.dumps(SQUARE))},
        headers={"Idempotency-Key": "two words"},
    )
    assert (wrong.status_code, wrong.json()["code"]) == (422, "idempotency_key")
    for nodata, code in (("-9999", 202), ("none", 202), ("nothing", 422)):
        given = client.post("/api/imports", files={"file": ("a.tif", b"II*\0")}, data={"nodata": nodata})
        assert given.status_code == code, given.text


def test_an_import_is_taken_and_can_be_followed(client: TestClient) -> None:
    taken = client.post("/api/imports", files={"file": ("zones.geojson", json.dumps(SQUARE))})
    assert taken.status_code == 202, taken.text
    told = client.get(taken.headers["location"]).json()
    assert (told["state"], told["name"]) == ("waiting", "zones.geojson")
