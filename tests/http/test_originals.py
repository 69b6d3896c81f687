"""The original of a delivery comes back byte for byte, as an attachment, to those who may see what it became."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from api import auth
from db import session
from db.actor import Actor
from layers.refusal import Refused
from tests import harm
from tests.http.test_hostile import told
from workflows import people
from workflows.base_map.intake import originals
from workflows.base_map.intake import service as intake

SECRET = "military_protection"


@pytest.fixture
def engine(module_workspace: str) -> Engine:
    return session.engine(module_workspace)


def as_(monkeypatch: pytest.MonkeyPatch, kind: str, id: str = "somebody") -> None:
    actor = Actor(id, id, kind=kind)
    monkeypatch.setattr(auth.people, "demo_actor", lambda: actor)
    monkeypatch.setattr(
        people.model, "_BY_KIND", dict.fromkeys(("demo", "steward", "machine"), people.PERMISSIONS)
    )


def handed_over(engine: Engine, actor: Actor, path: Path, content: str) -> int:
    path.write_text(content)
    try:
        return intake.import_delivery(engine, actor, path).delivery
    except Refused:
        with session.read(engine) as connection:
            return int(connection.execute(text("SELECT max(id) FROM hetu.delivery")).scalar_one())


def test_it_comes_back_as_an_attachment_that_no_browser_opens(
    client: TestClient, engine: Engine, actor: Actor, tmp_path: Path
) -> None:
    page = harm.plain(n="<script>alert(1)</script>")
    number = handed_over(engine, actor, tmp_path / "用地 <b>.html.geojson", page)
    answer = client.get(f"/api/imports/{number}/original")
    assert (answer.status_code, answer.text) == (200, page)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "no-store" in answer.headers["cache-control"]
    assert "sandbox" in answer.headers["content-security-policy"]
    said = answer.headers["content-disposition"]
    assert said.startswith("attachment;")
    assert "用地_b_.html.geojson" in unquote(said)


def test_who_may_not_see_a_layer_of_it_is_not_told_that_there_is_one(
    client: TestClient, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = Actor("sender", "sender", kind="demo")
    number = handed_over(engine, sender, tmp_path / f"{SECRET}.geojson", harm.plain())
    for kind, seen in (("machine", 404), ("demo", 404), ("steward", 200)):
        as_(monkeypatch, kind)
        answer = client.get(f"/api/imports/{number}/original")
        assert answer.status_code == seen
        if seen == 404:
            told(answer)
            assert answer.json()["code"] == "import_unknown"
            assert SECRET not in answer.text
    as_(monkeypatch, "demo", "sender")  # nor is whoever brought it, once it is known for what it is
    assert client.get(f"/api/imports/{number}/original").status_code == 404


def test_what_became_no_layer_goes_to_whoever_brought_it(
    client: TestClient, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = Actor("sender", "sender", kind="demo")
    number = handed_over(engine, sender, tmp_path / "a.geojson", harm.COMMAND.decode())
    for kind, id, seen in (("demo", "sender", 200), ("demo", "other", 404), ("steward", "other", 200)):
        as_(monkeypatch, kind, id)
        answer = client.get(f"/api/imports/{number}/original")
        assert answer.status_code == seen
        assert (answer.content == harm.COMMAND) is (seen == 200)


@pytest.mark.parametrize("id", ["0", "-1", "x", "999999", "9223372036854775808", "%00", "..%2f..%2f1"])
def test_an_original_that_is_none(client: TestClient, id: str) -> None:
    told(client.get(f"/api/imports/{id}/original"))


def test_an_original_that_is_gone_is_said_to_be(
    client: TestClient, engine: Engine, actor: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = handed_over(engine, actor, tmp_path / "gone.geojson", harm.plain(n="gone"))

    def folder(name: str) -> Any:
        return tmp_path

    monkeypatch.setattr(originals, "folder", folder)
    answer = client.get(f"/api/imports/{number}/original")
    assert (answer.status_code, answer.json()["code"]) == (404, "original_missing")
