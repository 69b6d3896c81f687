"""``withdraw`` as it is typed: what went, what stands, which checks used it; and ``editions``, ``check --show`` and ``import --delta`` after it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from api.cli.main import app
from db import session
from db.actor import Actor
from gis import edition
from gis.edition import Coverage
from tests.http.conftest import square
from tests.little_district import OUTLINE, SRID, arrival, km
from workflows.base_map import service, store

FARMLAND = "permanent_basic_farmland"
EMPTY = "detailed_plan"
WHY = "shifted by 120 m"


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HETU_LANG", "en")


def typed(workspace: str, *words: str) -> Result:
    return CliRunner().invoke(app, [words[0], *words[1:], "--workspace", workspace])


def published(engine: Engine, actor: Actor, *layers: str) -> int:
    """One delivery of these layers; its number."""
    with session.transaction(engine, actor) as connection:
        delivery = store.begin_delivery(connection, actor, "a plan.zip")
        made = [
            (
                layer,
                edition.put(
                    connection,
                    delivery,
                    SRID,
                    arrival(
                        layer,
                        "polygon",
                        [km(512, 2518, 512.5, 2519)],
                        ["0101"],
                        Coverage(OUTLINE, "district"),
                    ),
                ),
            )
            for layer in layers
        ]
        edition.publish(connection, made)
    return delivery


def in_force(engine: Engine, layer: str) -> Any:
    with session.read(engine) as connection:
        return service.layer(connection, layer)["seq"]


def test_withdrawn_at_the_command_line(engine: Engine, actor: Actor, workspace: str) -> None:
    published(engine, actor, FARMLAND)
    site = json.dumps(square(512, 2518, 512.2, 2518.2))
    made = json.loads(typed(workspace, "check", "--site", site, "--json").stdout)
    done = typed(workspace, "withdraw", FARMLAND, "2", "--reason", WHY)
    assert done.exit_code == 0, done.output
    assert "in force #2 → #1" in done.stdout
    assert "1 check used it" in done.stdout
    assert made["id"] in done.stdout
    assert in_force(engine, FARMLAND) == 1

    listed = typed(workspace, "editions", FARMLAND)
    assert f": {WHY}" in listed.stdout
    shown = typed(workspace, "check", "--show", made["id"])
    assert "withdrawn on" in shown.stdout
    assert WHY in shown.stdout
    told = json.loads(typed(workspace, "check", "--show", made["id"], "--json").stdout)
    assert [(each["mark"], each["reason"]) for each in told["marks"]] == [("withdrawn", WHY)]


def test_no_data_wants_a_yes_and_a_reason_is_said(engine: Engine, actor: Actor, workspace: str) -> None:
    published(engine, actor, EMPTY)
    bare = typed(workspace, "withdraw", EMPTY, "1")
    assert (bare.exit_code, "Say why" in bare.stderr) == (1, True)
    no = typed(workspace, "withdraw", EMPTY, "1", "--reason", WHY)
    assert (no.exit_code, "--yes" in no.stderr) == (1, True)
    assert in_force(engine, EMPTY) == 1
    done = typed(workspace, "withdraw", EMPTY, "1", "--reason", WHY, "--yes", "--json")
    assert json.loads(done.stdout)["layers"][0]["empties"] is True
    assert in_force(engine, EMPTY) is None


def test_a_delivery_and_a_rollback(engine: Engine, actor: Actor, workspace: str) -> None:
    delivery = published(engine, actor, FARMLAND, EMPTY)
    done = typed(workspace, "withdraw", "--delivery", str(delivery), "--reason", WHY, "--yes")
    assert done.exit_code == 0, done.output
    assert (in_force(engine, FARMLAND), in_force(engine, EMPTY)) == (1, None)
    for _ in range(2):
        published(engine, actor, FARMLAND)
    back = typed(workspace, "withdraw", FARMLAND, "--back-to", "1", "--reason", WHY)
    assert back.exit_code == 0, back.output
    assert in_force(engine, FARMLAND) == 1


@pytest.mark.parametrize(
    "words",
    [
        (),
        (FARMLAND,),
        ("--delivery", "1", FARMLAND, "1"),
        (FARMLAND, "1", "--back-to", "1"),
        ("--back-to", "1"),
        ("--delivery", "1", "--back-to", "1"),
    ],
)
def test_what_is_withdrawn_is_named_in_one_way(
    engine: Engine, workspace: str, words: tuple[str, ...]
) -> None:
    no = typed(workspace, "withdraw", *words, "--reason", WHY)
    assert (no.exit_code, "Name a layer and a number" in no.stderr) == (1, True)


@pytest.mark.parametrize(("layer", "seq"), [(FARMLAND, "99"), ("nobody", "1")])
def test_what_is_not_there(engine: Engine, workspace: str, layer: str, seq: str) -> None:
    no = typed(workspace, "withdraw", layer, seq, "--reason", WHY)
    assert no.exit_code == 1
    assert "There is no" in no.stderr


def test_changes_are_imported_and_told(engine: Engine, workspace: str, tmp_path: Path) -> None:
    def plot(ident: str, west: float, **more: str) -> dict[str, Any]:
        shape = square(west, 2511, west + 0.5, 2511.5)
        return {"type": "Feature", "properties": {"DKBH": ident, **more}, "geometry": shape}

    path = tmp_path / f"{EMPTY}.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [plot("a", 511), plot("b", 512)]}))
    assert typed(workspace, "import", str(path)).exit_code == 0
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [plot("c", 513, kind="new")]}))
    no = typed(workspace, "import", str(path), "--delta")
    assert (no.exit_code, "--change-field" in no.stderr) == (1, True)
    done = typed(workspace, "import", str(path), "--delta", "--change-field", "kind", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["layers"][0]["rows_published"] == 3
    listed = typed(workspace, "editions", EMPTY)
    assert "Changes to edition 1: 1 added, 0 changed, 0 removed" in listed.stdout
