"""What killed processes leave is taken away, and nothing that somebody still holds or needs; originals are kept as they came."""

from __future__ import annotations

import dataclasses
import fcntl
import hashlib
import json
import os
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from db import lock, session
from db import workspace as workspaces
from db.actor import Actor
from db.errors import GroundError
from gis import edition, quarantine
from gis.edition import Coverage
from gis.readers import SetAside
from layers.refusal import Refused
from tests import little_district
from workflows.base_map import store
from workflows.base_map.intake import deliveries, janitor, originals
from workflows.base_map.intake import service as intake

SQUARE = [[[114.12, 22.72], [114.121, 22.72], [114.121, 22.721], [114.12, 22.721], [114.12, 22.72]]]

BOX = little_district.km(511, 2511, 512, 2512)


def layer_text(*coordinates: list[list[list[float]]]) -> str:
    features = [
        {"type": "Feature", "properties": {"n": n}, "geometry": {"type": "Polygon", "coordinates": ring}}
        for n, ring in enumerate(coordinates)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Quarantine and originals of this test's own: other processes of the run use the shared ones."""
    for name in ("quarantine", "originals"):
        (tmp_path / "own" / name).mkdir(parents=True)
    monkeypatch.setattr(quarantine, "folder", lambda: tmp_path / "own" / "quarantine")
    monkeypatch.setattr(originals, "folder", lambda name: tmp_path / "own" / name)
    return tmp_path / "own"


@pytest.fixture
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Rasters and locks of this test's own: other processes of the run have theirs in the shared home."""

    def own(name: str) -> Path:
        (tmp_path / name).mkdir(exist_ok=True)
        return tmp_path / name

    monkeypatch.setattr(janitor, "folder", own)
    monkeypatch.setattr(deliveries, "folder", own)
    own("run")
    return own("rasters")


def put_staged(engine: Engine, actor: Actor, **changed: object) -> int:
    with session.transaction(engine, actor) as connection:
        delivery = store.begin_delivery(connection, actor, "left behind")
        plan = little_district.arrival("block", "polygon", [BOX], [None], Coverage(None, "none"))
        aside = SetAside(7, "invalid_geometry", 511234.5, 2511234.5, {"reason": "x"}, None, "{}")
        return edition.put(
            connection,
            delivery,
            little_district.SRID,
            dataclasses.replace(plan, set_aside=(aside,), **changed),
        )


def test_a_stage_that_nobody_will_publish_goes_and_published_editions_stay(
    engine: Engine, actor: Actor
) -> None:
    with session.read(engine) as connection:
        before = connection.execute(text("SELECT count(*), sum(id) FROM hetu.feature")).one()
    left = put_staged(engine, actor)
    swept = janitor.sweep(engine, actor, rasters=False)
    assert swept.stages == [f"feature_{left}", f"edition {left}"]
    assert len(swept.deliveries) == 1
    with session.read(engine) as connection:
        assert connection.execute(text("SELECT count(*), sum(id) FROM hetu.feature")).one() == before
        assert (
            connection.execute(
                text("SELECT count(*) FROM hetu.set_aside WHERE edition_id = :e"), {"e": left}
            ).scalar()
            == 0
        )
        assert (
            connection.execute(
                text(
                    "SELECT tgenabled FROM pg_trigger WHERE tgname = 'keep' AND tgrelid = 'hetu.set_aside'::regclass"
                )
            ).scalar()
            == "O"
        )
    assert not janitor.sweep(engine, actor, rasters=False)


def test_a_stage_in_the_hands_of_a_transaction_is_not_seen(engine: Engine, actor: Actor) -> None:
    with session.transaction(engine, actor) as connection:
        delivery = store.begin_delivery(connection, actor, "in hand")
        plan = little_district.arrival("block", "polygon", [BOX], [None], Coverage(None, "none"))
        made = edition.put(connection, delivery, little_district.SRID, plan)
        assert not janitor.sweep(engine, actor, rasters=False)
        edition.publish(connection, [("block", made)])
        store.end_delivery(connection, delivery, "published", sha256="3" * 64)
    with session.read(engine) as connection:
        assert (
            connection.execute(text("SELECT state FROM hetu.edition WHERE id = :e"), {"e": made}).scalar()
            == "published"
        )


def test_cells_without_an_edition_go_once_nobody_imports(
    engine: Engine, workspace: str, template: str, actor: Actor, apart: Path
) -> None:
    other = f"other_{workspace}"[:40]
    workspaces.copy(template, other)
    try:
        put = [(session.engine(name), f"{name}.tif") for name in (workspace, other)]
        for place, file in put:
            with session.transaction(place, actor) as connection:
                delivery = store.begin_delivery(connection, actor, "cells")
                plan = little_district.arrival("elevation", "polygon", [BOX], [None], Coverage(None, "none"))
                plan = dataclasses.replace(plan, kind="raster", features=None, raster={"file": file}, cells=4)
                made = edition.put(connection, delivery, little_district.SRID, plan)
                edition.publish(connection, [("elevation", made)])
                store.end_delivery(connection, delivery, "published", sha256="3" * 64)
            (apart / file).write_text("x")
        (apart / "orphan.tif").write_text("x")
        (apart / "cells.77.partial").write_text("x")
        with lock.beside(deliveries.importing()):
            assert janitor.sweep(engine, actor, settled_s=0.0).rasters == []
        assert janitor.sweep(engine, actor).rasters == []  # written a moment ago
        assert janitor.sweep(engine, actor, settled_s=0.0).rasters == ["cells.77.partial", "orphan.tif"]
        assert sorted(file.name for file in apart.iterdir()) == sorted(file for _, file in put)
    finally:
        workspaces.drop(other)


def test_half_a_copy_of_an_original_goes_once_its_process_is_dead(engine: Engine, actor: Actor) -> None:
    home = originals.folder("originals") / hashlib.sha256(os.urandom(8)).hexdigest()
    home.mkdir()
    held, dead = home / "a.1.partial", home / "b.2.partial"
    for each in (held, dead):
        each.write_text("half")
    with held.open("rb") as writing:
        fcntl.flock(writing, fcntl.LOCK_EX)
        assert originals.sweep() == [dead.name]
    assert originals.sweep() == [held.name]
    assert not home.exists()


def kept_of(engine: Engine, delivery: int) -> Path:
    with session.read(engine) as connection:
        told = store.delivery(connection, delivery)
    assert told is not None
    return originals.find(told["original"])


def test_a_file_is_kept_as_it_came_and_once(engine: Engine, actor: Actor, tmp_path: Path) -> None:
    path = tmp_path / "用地 zones.geojson"
    path.write_text(layer_text(SQUARE))
    imported = [intake.import_delivery(engine, actor, path) for _ in range(2)]
    kept = {kept_of(engine, each.delivery) for each in imported}
    (only,) = kept
    assert only.read_bytes() == path.read_bytes()
    assert only.parent.name == hashlib.sha256(path.read_bytes()).hexdigest() == imported[0].sha256
    path.write_text("changed afterwards")
    assert only.read_text() == layer_text(SQUARE)
    assert list(quarantine.folder().iterdir()) == []


def test_a_folder_is_kept_as_a_zip_whose_bytes_follow_from_its_files(
    engine: Engine, actor: Actor, tmp_path: Path
) -> None:
    kept = []
    for turn in ("1", "2"):
        place = tmp_path / turn / "handed over"
        (place / "inner").mkdir(parents=True)
        (place / "inner" / "地块.geojson").write_text(layer_text(SQUARE))
        (place / "readme.txt").write_text("nothing")
        os.utime(place / "readme.txt", (int(turn) * 1e9,) * 2)
        imported = intake.import_delivery(engine, actor, place)
        kept.append(kept_of(engine, imported.delivery))
    assert kept[0] == kept[1]
    assert kept[0].parent.name == imported.sha256
    with zipfile.ZipFile(kept[0]) as opened:
        assert {name: opened.read(name).decode() for name in opened.namelist()} == {
            "inner/地块.geojson": layer_text(SQUARE),
            "readme.txt": "nothing",
        }


def test_what_was_refused_is_kept_too_and_nothing_stays_in_quarantine(
    engine: Engine, actor: Actor, tmp_path: Path
) -> None:
    path = tmp_path / "bad.geojson"
    path.write_text('{"type": "gdal_streamed_alg"}')
    with pytest.raises(Refused, match="delivery_refused"):
        intake.import_delivery(engine, actor, path)
    with session.read(engine) as connection:
        number = connection.execute(text("SELECT max(id) FROM hetu.delivery")).scalar_one()
    assert kept_of(engine, number).read_bytes() == path.read_bytes()
    assert list(quarantine.folder().iterdir()) == []


def test_where_nothing_can_be_linked_it_is_copied(
    engine: Engine, actor: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unlike(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(originals.os, "link", unlike)
    path = tmp_path / "zones.geojson"
    path.write_text(layer_text(SQUARE, SQUARE))
    imported = intake.import_delivery(engine, actor, path)
    kept = kept_of(engine, imported.delivery)
    assert kept.read_bytes() == path.read_bytes()
    assert [file.name for file in kept.parent.iterdir()] == [kept.name]


@pytest.mark.parametrize("told", ["../run/x", "/etc/passwd", "nothing", "."])
def test_no_row_leads_out_of_the_folder_of_originals(told: str) -> None:
    with pytest.raises(Refused, match="original_missing"):
        originals.find(told)


def test_a_disk_that_is_full_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "full.geojson"
    path.write_bytes(os.urandom(100))
    monkeypatch.setattr(originals.os, "link", full)
    with pytest.raises(GroundError) as told:
        originals.keep(path, path.name)
    assert told.value.params == {"folder": str(originals.folder("originals"))}
    assert not (originals.folder("originals") / hashlib.sha256(path.read_bytes()).hexdigest()).exists()
    assert list(quarantine.folder().iterdir()) == []
