"""Who may not see a layer gets none of its tiles, no row of its source and no switch on the map, and is told that this is so."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from api import app, auth
from db import session
from db.actor import Actor
from gis import edition
from gis.edition import Coverage
from gis.readers import SetAside
from tests import little_district
from workflows import people
from workflows.base_map import store

SECRET = "military_protection"


@pytest.fixture(scope="module")
def editions(module_workspace: str, actor: Actor) -> dict[str, int]:
    """Of a secret layer, and of one that the public may see."""
    with session.transaction(session.engine(module_workspace), actor) as connection:
        grade = text(
            "UPDATE hetu.stanza SET body = jsonb_set(body, '{grade}', '\"public\"') WHERE code = 'block'"
        )
        connection.execute(grade)
        delivery = store.begin_delivery(connection, actor, "grades")
        made = {}
        for code in (SECRET, "block"):
            plan = little_district.arrival(
                code,
                "polygon",
                [little_district.km(511, 2511, 512, 2512)],
                [None],
                Coverage(little_district.OUTLINE, "district"),
            )
            aside = SetAside(
                7, "invalid_geometry", 511234.5, 2511234.5, {"reason": "Self-intersection"}, None, "{}"
            )
            told = {"samples": ({"NAME": "Fort Hidden"},), "set_aside": (aside,), "features": plan.features}
            made[code] = edition.put(
                connection, delivery, little_district.SRID, dataclasses.replace(plan, **told)
            )
        edition.publish(connection, list(made.items()))
        store.end_delivery(connection, delivery, "published", sha256="3" * 64)
    return made


def as_(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    actor = Actor("somebody", "somebody", kind=kind)
    monkeypatch.setattr(auth.people, "demo_actor", lambda: actor)
    monkeypatch.setattr(
        people.model, "_BY_KIND", dict.fromkeys(("demo", "steward", "machine"), people.PERMISSIONS)
    )


@pytest.mark.parametrize(
    ("kind", "seen"),
    [("machine", {"block"}), ("demo", {"block"}), ("steward", {"block", SECRET})],
)
def test_tiles_go_to_those_who_may_see_the_layer(
    client: TestClient, editions: dict[str, int], monkeypatch: pytest.MonkeyPatch, kind: str, seen: set[str]
) -> None:
    as_(monkeypatch, kind)
    for code, made in editions.items():
        tile = client.get(f"/api/editions/{made}/tiles/10/836/445")
        if code in seen:
            assert (tile.status_code, b"features" in tile.content) == (200, True)
        else:
            assert (tile.status_code, tile.json()["code"]) == (404, "edition_unknown")
            assert tile.headers["cache-control"] == "no-store"


def test_the_map_offers_what_may_be_seen_and_says_what_may_not(
    client: TestClient, editions: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind, offered in (("demo", False), ("steward", True)):
        as_(monkeypatch, kind)
        told = client.get("/", headers={"accept-language": "en"}).text
        assert (f'value="{SECRET}" data-layer' in told) is offered
        assert (f'"edition": {editions[SECRET]},' in told) is offered
        assert ("Not shown at your grade" in told) is not offered
        assert f'href="/layers/{SECRET}"' in told


def test_the_page_of_a_layer_withholds_its_rows_and_places(
    client: TestClient, editions: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind, offered in (("demo", False), ("steward", True)):
        as_(monkeypatch, kind)
        told = client.get(f"/layers/{SECRET}", headers={"accept-language": "en"}).text
        for row in ("Fort Hidden", "511234.5", f"/?layers={SECRET}"):
            assert (row in told) is offered, row
        assert ("A check still says whether it is hit" in told) is not offered
        listed: list[dict[str, Any]] = client.get(f"/api/layers/{SECRET}/editions").json()
        assert listed[0]["samples"] == ([{"NAME": "Fort Hidden"}] if offered else [])
        assert listed[0]["rows_set_aside"] == 1  # that there are some may be known


def test_the_page_of_a_layer_tells_what_stands_and_from_when(workspace: str, actor: Actor) -> None:
    client = TestClient(app.make(workspace), base_url="http://127.0.0.1")
    plan = little_district.arrival(
        "statutory_plan",
        "polygon",
        little_district.PLAN,
        ["R2"],
        Coverage(little_district.OUTLINE, "district"),
    )
    for status, day in (("in_force", date(2001, 3, 1)), ("on_display", None), ("draft", None)):
        with session.transaction(session.engine(workspace), actor) as connection:
            delivery = store.begin_delivery(connection, actor, status)
            arrival = dataclasses.replace(plan, status=status, valid_from=day)
            made = edition.put(connection, delivery, little_district.SRID, arrival)
            edition.publish(connection, [("statutory_plan", made)])
    listed = client.get("/api/layers/statutory_plan/editions").json()
    assert [(each["seq"], each["status"], each["current"], each["displayed"]) for each in listed] == [
        (4, "draft", False, False),
        (3, "on_display", False, True),
        (2, "in_force", False, False),
        (1, "in_force", True, False),
    ]
    assert listed[2]["valid_from"] == "2001-03-01"
    whole = client.get("/api/layers/statutory_plan").json()
    assert (whole["seq"], whole["displayed"]["seq"], whole["coarse"]) == (1, 3, "hit")
    page = client.get("/layers/statutory_plan", headers={"accept-language": "en"}).text
    assert "2001-03-01 (Thu)" in page
    assert page.count(">Current<") == page.count(">Shown now<") == 1
    with session.transaction(session.engine(workspace), actor) as connection:
        edition.withdraw(connection, listed[1]["id"])
    page = client.get("/layers/statutory_plan", headers={"accept-language": "en"}).text
    assert ">Shown now<" not in page
    assert "Withdrawn 20" in page


SQUARE = {
    "type": "Polygon",
    "coordinates": [[[114.10, 22.70], [114.11, 22.70], [114.11, 22.71], [114.10, 22.71], [114.10, 22.70]]],
}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"status": "superseded"}, "status_unknown"),
        ({"status": "now"}, "status_unknown"),
        ({"valid_from": "1.3.2021"}, "date_unreadable"),
        ({"valid_from": "20210301"}, "date_unreadable"),
        ({"valid_from": "2021-02-30"}, "date_unreadable"),
        ({"valid_from": "0021-03-01"}, "date_unreadable"),
        ({"valid_from": "２０２１-03-01"}, "date_unreadable"),
        ({"status": "in_force", "valid_from": "2999-01-01"}, "valid_from_future"),
    ],
)
def test_what_is_said_of_an_upload_is_read_at_once(
    client: TestClient, fields: dict[str, str], code: str
) -> None:
    import json

    given = client.post("/api/imports", files={"file": ("zones.geojson", json.dumps(SQUARE))}, data=fields)
    assert (given.status_code, given.json()["code"]) == (422, code)
    assert "…" not in given.json()["detail"]


def test_status_and_day_of_an_upload_are_part_of_the_request(client: TestClient) -> None:
    import json

    def hand_over(**fields: str) -> int:
        return client.post(
            "/api/imports",
            files={"file": ("zones.geojson", json.dumps(SQUARE))},
            data=fields,
            headers={"idempotency-key": "once"},
        ).status_code

    assert hand_over(status="draft", valid_from="2021-03-01") == 202
    assert hand_over(status="draft", valid_from="2021-03-01") == 202
    assert hand_over(status="draft", valid_from="2021-03-02") == 409
    assert hand_over(status="on_display", valid_from="2021-03-01") == 409
