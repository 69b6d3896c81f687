"""Changes as an office hands them over: a file through the sandbox into the edition in force, told in its report; whole, or not at all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import shapely
from sqlalchemy import Engine, text

from db import session
from db.actor import Actor
from db.settings import CHECKOUT
from layers.refusal import Refused
from tests.http.conftest import square
from workflows.base_map import service, store
from workflows.base_map.intake import service as intake
from workflows.base_map.intake.said import Said, understood
from workflows.base_map.reports import service as reports

LAYER = "detailed_plan"
CHANGES = Said(delta=True)


def row(ident: str | None, west: float | None, change: str | None = None, **more: Any) -> dict[str, Any]:
    """A plot of half a kilometre, or none."""
    told = {"DKBH": ident, "YDXZ": "R2", "变化类型": change, **more}
    shape = None if west is None else square(west, 2511, west + 0.5, 2511.5)
    properties = {key: value for key, value in told.items() if value is not None}
    return {"type": "Feature", "properties": properties, "geometry": shape}


def bow(ident: str, west: float, change: str) -> dict[str, Any]:
    """A plot that crosses itself."""
    made = row(ident, west, change)
    ring = made["geometry"]["coordinates"][0]
    made["geometry"]["coordinates"] = [[ring[0], ring[2], ring[1], ring[3], ring[0]]]
    return made


def file(folder: Path, *rows: dict[str, Any], name: str = f"{LAYER}.geojson") -> Path:
    path = folder / name
    path.write_text(json.dumps({"type": "FeatureCollection", "features": rows}, ensure_ascii=False), "utf-8")
    return path


def brought(engine: Engine, actor: Actor, path: Path, said: Said = CHANGES) -> intake.Imported:
    return intake.import_delivery(engine, actor, path, said)


def idents(engine: Engine, edition: int) -> dict[str, int]:
    with session.read(engine) as connection:
        rows = connection.execute(
            text("SELECT ident, id FROM hetu.feature WHERE edition_id = :id"), {"id": edition}
        )
        return {each.ident: each.id for each in rows}


@pytest.fixture
def base(engine: Engine, actor: Actor, tmp_path: Path) -> int:
    whole = file(tmp_path, *[row(ident, 511 + n) for n, ident in enumerate("abc")], bow("x", 514, None))  # type: ignore[arg-type]
    (layer,) = brought(engine, actor, whole, Said()).layers
    return int(layer["edition"])


def test_a_file_of_changes_is_the_next_edition(
    engine: Engine, actor: Actor, base: int, tmp_path: Path
) -> None:
    rows = [row("d", 515, "新增"), row("b", 516, "修改"), row("a", None, "删除"), bow("c", 517, "变更")]
    done = brought(engine, actor, file(tmp_path, *rows))
    (layer,) = done.layers
    assert (layer["seq"], layer["rows_published"], layer["rows_set_aside"], layer["current"]) == (
        2,
        2,
        2,
        True,
    )
    assert idents(engine, layer["edition"]) == {"b": 1, "d": 4}
    with session.read(engine) as connection:
        (now, before) = service.editions(connection, LAYER)
        assert now["delta"] == {"base": 1, "added": 1, "changed": 2, "removed": 1}
        assert (now["coverage_basis"], before["id"]) == (before["coverage_basis"], base)
        aside = {each["id"]: each for each in service.set_aside(connection, now["id"])}
        report = reports.layer_report(connection, done.reports[0].number)
    assert {number: each["code"] for number, each in aside.items()} == {
        2: "invalid_geometry",  # c, as it is now
        3: "invalid_geometry",  # x, as it was before
    }
    (note,) = [each for each in report["notes"] if each["code"] == "delta"]
    assert note["params"] == {"base": 1, "added": 1, "changed": 2, "removed": 1, "kept": 0}
    assert report["counts"]["null"] == 0  # what is removed needs no geometry
    compared = report["compared"]
    assert (compared["seq"], compared["added"], compared["gone"], compared["moved"]) == (1, 1, 2, 1)
    assert "变化类型" not in [each["name"] for each in report["fields"]]


def test_removals_alone_need_no_shape_at_all(engine: Engine, actor: Actor, base: int, tmp_path: Path) -> None:
    (layer,) = brought(engine, actor, file(tmp_path, row("a", None, "删除"))).layers
    assert (layer["kind"], layer["rows_published"], layer["rows_set_aside"]) == ("polygon", 2, 1)


def test_a_fault_names_the_feature_and_its_row(
    engine: Engine, actor: Actor, base: int, tmp_path: Path
) -> None:
    thin = row("d", 515, "新增")
    ring = thin["geometry"]["coordinates"][0]
    thin["geometry"]["coordinates"] = [
        [[x, ring[0][1] + (y - ring[0][1]) * 1e-7] for x, y in ring]
    ]  # five hundred metres long, a hair wide
    removed = row("a", 511, "删除")
    removed["geometry"] = thin["geometry"]  # of what is gone nothing is told
    done = brought(engine, actor, file(tmp_path, removed, thin))
    with session.read(engine) as connection:
        slivers = reports.faults(connection, done.reports[0].number, "sliver")
    assert [(each["row"], each["feature"]) for each in slivers] == [(1, 4)]


def test_what_only_checks_changes_nothing(engine: Engine, actor: Actor, base: int, tmp_path: Path) -> None:
    path = file(tmp_path, row("d", 515, "新增"))
    done = brought(engine, actor, path, Said(delta=True, only_check=True))
    with session.read(engine) as connection:
        report = reports.layer_report(connection, done.reports[0].number)
        assert len(service.editions(connection, LAYER)) == 1
        assert connection.execute(text("SELECT count(*) FROM hetu.delta_row")).scalar_one() == 0
    assert report["compared"]["added"] == 1


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([row("a", 511, "拆分")], "delta_change_unknown"),
        ([row("a", 511, "新增")], "delta_already_there"),
        ([row("z", 511, "修改")], "delta_not_there"),
        ([row(None, 511, "新增")], "delta_ident_unclear"),
        ([row("a", 511, BHLX="修改", 更新状态="修改")], "delta_field"),
        ([row("a", 511)], "delta_field"),
        ([row(each, None, "删除") for each in "abcx"], "delta_leaves_nothing"),
    ],
)
def test_what_cannot_be_meant_publishes_nothing(
    engine: Engine, actor: Actor, base: int, tmp_path: Path, rows: list[dict[str, Any]], code: str
) -> None:
    with pytest.raises(Refused) as refusal:
        brought(engine, actor, file(tmp_path, *rows))
    assert refusal.value.code == code
    with session.read(engine) as connection:
        assert [each["id"] for each in service.editions(connection, LAYER)] == [base]
        tables = connection.execute(
            text("SELECT count(*) FROM pg_tables WHERE schemaname = 'hetu' AND tablename LIKE 'delta\\_%'")
        ).scalar_one()
        assert tables == 1  # delta_row


def test_a_person_names_the_attribute(engine: Engine, actor: Actor, base: int, tmp_path: Path) -> None:
    said = understood({"delta": "yes", "change_field": "动作"})
    (layer,) = brought(engine, actor, file(tmp_path, row("a", None, None, 动作="Deleted")), said).layers
    assert set(idents(engine, layer["edition"])) == {"b", "c"}


def test_a_first_delivery_cannot_be_of_changes(engine: Engine, actor: Actor, tmp_path: Path) -> None:
    for name in (f"{LAYER}.geojson", "nobody_knows_it.geojson"):
        with pytest.raises(Refused, match="delta_without_base"):
            brought(engine, actor, file(tmp_path, row("a", 511, "新增"), name=name))
    with session.read(engine) as connection:
        assert "nobody_knows_it" not in {each["code"] for each in service.layers(connection)}


def test_a_layer_that_was_guessed_stays_guessed_as_it_was(
    engine: Engine, actor: Actor, tmp_path: Path
) -> None:
    zones = [
        {**row(None, 511 + n), "properties": {"zone_id": f"Z{n}", "zone_type": "RC"[n % 2]}} for n in range(6)
    ]
    brought(engine, actor, file(tmp_path, *zones, name="zones.geojson"), Said())
    with session.read(engine) as connection:
        guessed = service.layer(connection, "zones")["stanza"]
    added = {**row(None, 518), "properties": {"zone_id": "Z9", "zone_type": "R", "change": "added"}}
    gone = {"type": "Feature", "properties": {"zone_id": "Z0", "change": "removed"}, "geometry": None}
    (layer,) = brought(engine, actor, file(tmp_path, added, gone, name="zones.geojson")).layers
    assert idents(engine, layer["edition"]) == {**{f"Z{n}": n for n in range(1, 6)}, "Z9": 6}
    with session.read(engine) as connection:
        assert service.layer(connection, "zones")["stanza"] == guessed


def test_changes_of_the_district_move_its_outline(engine: Engine, actor: Actor, tmp_path: Path) -> None:
    stanza_ident = "XZQDM"
    whole = {"type": "Feature", "properties": {stanza_ident: "1"}, "geometry": square(510, 2510, 515, 2520)}
    brought(engine, actor, file(tmp_path, whole, name="district.geojson"), Said())
    more = {
        "type": "Feature",
        "properties": {stanza_ident: "2", "change": "added"},
        "geometry": square(515, 2510, 520, 2520),
    }
    brought(engine, actor, file(tmp_path, more, name="district.geojson"))
    with session.read(engine) as connection:
        outline = store.outline(connection)
    assert outline is not None
    assert shapely.area(outline) == pytest.approx(100e6, rel=1e-6)


def test_a_coverage_cannot_come_with_changes(engine: Engine, actor: Actor, base: int, tmp_path: Path) -> None:
    folder = tmp_path / "both"
    folder.mkdir()
    file(folder, row("d", 515, "新增"))
    file(folder, row(None, 511), name=f"{LAYER}.coverage.geojson")
    with pytest.raises(Refused, match="delta_coverage"):
        brought(engine, actor, folder)


# Killed when the changes are applied and nothing is committed yet.
IMPORTER = """
import sys, time
from pathlib import Path
from db import session
from db.actor import Actor
from gis import edition
from workflows.base_map.intake import service as intake
from workflows.base_map.intake.said import Said
def stand_still(connection, editions):
    print("completed", flush=True)
    time.sleep(600)
edition.publish = stand_still
intake.import_delivery(session.engine(sys.argv[1]), Actor("killed", "killed"), Path(sys.argv[2]), Said(delta=True))
"""


def test_kill_9_in_the_middle_leaves_the_base_as_it_was(
    workspace: str, engine: Engine, actor: Actor, base: int, tmp_path: Path
) -> None:
    path = file(tmp_path, row("d", 515, "新增"), row("a", None, "删除"))
    child = subprocess.Popen(
        [sys.executable, "-c", IMPORTER, workspace, str(path)], stdout=subprocess.PIPE, text=True, cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stdout.readline() == "completed\n"
    child.send_signal(signal.SIGKILL)
    child.wait(30)
    child.stdout.close()
    left = """
        SELECT (SELECT count(*) FROM pg_tables WHERE schemaname = 'hetu' AND tablename ~ '^(feature|delta)_[0-9]+$')
             - (SELECT count(*) FROM hetu.edition WHERE state = 'published' AND kind <> 'raster'),
               (SELECT count(*) FROM hetu.delta_row), (SELECT count(*) FROM hetu.edition WHERE state = 'staged')
    """
    for _ in range(100):  # the server needs a moment to notice
        with session.read(engine) as connection:
            found = tuple(connection.execute(text(left)).one())
        if found == (0, 0, 0):
            break
        time.sleep(0.1)
    assert found == (0, 0, 0)
    assert idents(engine, base) == {"a": 0, "b": 1, "c": 2}
    (layer,) = brought(engine, actor, path).layers
    assert idents(engine, layer["edition"]) == {"b": 1, "c": 2, "d": 4}
