"""From files to editions, through the sandbox as in use: counts that add up, guesses marked as such, whole or not at all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
import zipfile
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import Affine
from sqlalchemy import Engine, text

from db import session
from db import workspace as workspaces
from db.actor import Actor
from db.cluster import Cluster
from db.errors import GroundError
from db.settings import CHECKOUT
from gis import crs, raster, terrain
from layers.model import RasterSays
from layers.refusal import Refused
from workflows.base_map import catalogue, places, service, store
from workflows.base_map.intake import deliveries
from workflows.base_map.intake import service as intake
from workflows.base_map.intake.said import Said

BOWTIE = [[[114.10, 22.70], [114.11, 22.71], [114.11, 22.70], [114.10, 22.71], [114.10, 22.70]]]


def square(west: float, south: float, size: float = 0.001) -> list[list[list[float]]]:
    east, north = west + size, south + size
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


def polygon(coordinates: list[list[list[float]]], **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Polygon", "coordinates": coordinates},
    }


def point(x: float, y: float, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Point", "coordinates": [x, y]}}


def collection(*features: dict[str, Any]) -> str:
    return json.dumps({"type": "FeatureCollection", "features": list(features)}, ensure_ascii=False)


@pytest.fixture
def delivery(tmp_path: Path) -> Path:
    """A zip as somebody might send it: a layer of the catalogue under its national name, two unknown ones, a picture, a readme."""
    path = tmp_path / "交付.zip"
    zones = [
        polygon(square(114.10 + n * 0.002, 22.70), ZONE_ID=f"Z{n}", ZONE_TYPE="R" if n % 2 else "C")
        for n in range(6)
    ]
    empty = {"type": "Feature", "properties": {"ZONE_ID": "none"}, "geometry": None}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("三线/YJJBNTBHTB.geojson", collection(polygon(square(114.12, 22.72), DLBM="水田")))
        archive.writestr("other/zones.geojson", collection(*zones, polygon(BOWTIE, ZONE_ID="bow"), empty))
        archive.writestr(
            "other/mixed.geojson", collection(point(114.1, 22.7, id=1), polygon(square(114.13, 22.7), id=2))
        )
        archive.writestr("readme.txt", "nothing to see")
    return path


@pytest.fixture
def place(engine: Engine) -> Engine:
    return engine


def rows(engine: Engine, statement: str, **values: Any) -> list[Any]:
    with session.read(engine) as connection:
        return list(connection.execute(text(statement), values).all())


def test_what_was_read_is_published_or_set_aside(place: Engine, actor: Actor, delivery: Path) -> None:
    imported = intake.import_delivery(place, actor, delivery)
    counts = {
        layer["code"]: (layer["rows_read"], layer["rows_published"], layer["rows_set_aside"])
        for layer in imported.layers
    }
    assert counts == {
        "permanent_basic_farmland": (1, 1, 0),
        "zones": (8, 6, 2),
        "mixed_point": (1, 1, 0),
        "mixed_polygon": (1, 1, 0),
    }
    assert imported.ignored == ["readme.txt"]
    kept = rows(
        place,
        "SELECT s.id, s.code, s.x FROM hetu.set_aside s JOIN hetu.edition e ON e.id = s.edition_id WHERE e.layer = 'zones' ORDER BY 1",
    )
    assert [(row.id, row.code) for row in kept] == [(6, "invalid_geometry"), (7, "null_geometry")]
    assert kept[0].x == pytest.approx(114.105)


def test_a_national_name_is_a_layer_of_the_catalogue_and_the_rest_is_guessed(
    place: Engine, actor: Actor, delivery: Path
) -> None:
    intake.import_delivery(place, actor, delivery)
    with session.read(place) as connection:
        farmland, zones = (
            service.layer(connection, "permanent_basic_farmland"),
            service.layer(connection, "zones"),
        )
    assert (farmland["origin"], farmland["seq"], farmland["coverage_basis"]) == ("catalogue", 2, "district")
    assert (zones["origin"], zones["coverage_basis"], zones["status"], zones["crs_basis"]) == (
        "guessed",
        "none",
        "unknown",
        "format",
    )
    assert zones["stanza"]["identify"] == ["ZONE_ID"] or zones["stanza"]["classify"] == "ZONE_TYPE"
    assert rows(place, "SELECT class FROM hetu.feature WHERE edition_id = :e", e=farmland["edition"]) == [
        ("0101",)
    ]


def test_somebody_may_vouch_for_unknown_layers(place: Engine, actor: Actor, delivery: Path) -> None:
    intake.import_delivery(place, actor, delivery, Said(vouched_by="李工"))
    with session.read(place) as connection:
        edition = service.editions(connection, "zones")[0]
    assert (edition["coverage_basis"], edition["coverage_word"]) == ("word", "李工")


def test_a_delivery_again_is_the_next_edition(place: Engine, actor: Actor, delivery: Path) -> None:
    first = intake.import_delivery(place, actor, delivery)
    second = intake.import_delivery(place, actor, delivery)
    assert [layer["seq"] + 1 for layer in first.layers] == [layer["seq"] for layer in second.layers]
    assert first.sha256 == second.sha256


def test_one_unreadable_file_stops_the_delivery_unless_told_otherwise(
    place: Engine, actor: Actor, tmp_path: Path
) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "good.geojson").write_text(collection(point(114.1, 22.7, id=1)))
    (tmp_path / "d" / "bad.geojson").write_text(
        '{"type": "gdal_streamed_alg", "command": "gdal vector pipeline"}'
    )
    before = rows(place, "SELECT count(*) FROM hetu.edition")
    with pytest.raises(Refused) as refusal:
        intake.import_delivery(place, actor, tmp_path / "d")
    assert refusal.value.code == "delivery_refused"
    assert rows(place, "SELECT count(*) FROM hetu.edition") == before
    imported = intake.import_delivery(place, actor, tmp_path / "d", Said(skip_refused=True))
    assert [layer["code"] for layer in imported.layers] == ["good"]
    assert [each["path"] for each in imported.refused] == ["bad.geojson"]


def test_two_files_for_one_layer_are_not_chosen_between(place: Engine, actor: Actor, tmp_path: Path) -> None:
    for name in ("YJJBNTBHTB", "permanent_basic_farmland"):
        (tmp_path / f"{name}.geojson").write_text(collection(polygon(square(114.12, 22.72))))
    with pytest.raises(Refused) as refusal:
        intake.import_delivery(place, actor, tmp_path)
    assert refusal.value.code == "two_sources_for_layer"


def test_the_wrong_kind_for_a_layer_is_refused(place: Engine, actor: Actor, tmp_path: Path) -> None:
    path = tmp_path / "YJJBNTBHTB.geojson"
    path.write_text(collection(point(114.12, 22.72)))
    with pytest.raises(Refused) as refusal:
        intake.import_delivery(place, actor, path)
    assert refusal.value.params["sources"][0]["code"] == "kind_differs"


def grid(path: Path, **changed: Any) -> Path:
    path.parent.mkdir(exist_ok=True)
    with rasterio.open(
        path, "w", driver="GTiff", count=1, height=2, width=2, dtype="float32", crs=4547, nodata=-1.0,
        transform=Affine(10.0, 0.0, 512_000.0, 0.0, -10.0, 2_512_000.0), **changed,
    ) as out:  # fmt: skip
        out.write(np.ones((1, 2, 2), dtype=np.float32))
    return path


def test_a_grid_under_the_name_of_a_layer_of_features_is_refused_like_any_source(
    place: Engine, actor: Actor, tmp_path: Path
) -> None:
    grid(tmp_path / "YJJBNTBHTB.tif")
    grid(tmp_path / "noise.tif")
    with pytest.raises(Refused) as refusal:
        intake.import_delivery(place, actor, tmp_path)
    (no,) = refusal.value.params["sources"]
    assert (refusal.value.code, no["path"], no["code"]) == (
        "delivery_refused",
        "YJJBNTBHTB.tif",
        "kind_differs",
    )
    assert no["params"] == {"layer": "permanent_basic_farmland", "expected": "polygon", "got": "raster"}
    imported = intake.import_delivery(place, actor, tmp_path, Said(skip_refused=True))
    assert [layer["code"] for layer in imported.layers] == ["noise"]
    assert imported.refused == [no]


def hills(path: Path, rise: float = 1.0, **changed: Any) -> Path:
    """Ground that rises ``rise`` metres per metre eastward, 4 x 4 cells of 10 m."""
    path.parent.mkdir(exist_ok=True)
    said = {"nodata": -1.0, **changed}
    with rasterio.open(
        path, "w", driver="GTiff", count=1, height=4, width=4, dtype="float32", crs=4547,
        transform=Affine(10.0, 0.0, 512_000.0, 0.0, -10.0, 2_512_000.0), **said,
    ) as out:  # fmt: skip
        out.write(np.tile(np.arange(4) * 10.0 * rise, (1, 4, 1)).astype(np.float32))
    return path


def steepness(engine: Engine) -> tuple[int, float | None]:
    """Number of the edition of slope in force, and the slope in the middle of the hills."""
    with session.read(engine) as connection:
        told = service.layer(connection, "slope")
        middle = shapely.box(512_010, 2_511_970, 512_030, 2_511_990)
        return told["seq"], raster.under(told["raster"], middle).mean


def notes(engine: Engine, code: str) -> list[dict[str, Any]]:
    with session.read(engine) as connection:
        return list(service.editions(connection, code)[0]["notes"])


def test_with_elevations_their_slope_is_published_until_somebody_delivers_it(
    place: Engine, actor: Actor, tmp_path: Path
) -> None:
    imported = intake.import_delivery(place, actor, hills(tmp_path / "1" / "DEM.tif"))
    assert [(each["code"], each["rows_read"], each["source"]) for each in imported.layers] == [
        ("elevation", 16, "DEM.tif"),
        ("slope", 4, "DEM.tif"),
    ]
    assert steepness(place) == (1, pytest.approx(45.0, abs=0.001))
    with session.read(place) as connection:
        told = service.layer(connection, "slope")
    assert (told["origin"], told["coverage_basis"], told["crs_in"]) == ("catalogue", "cells", "EPSG:4547")
    assert (told["raster"]["unit"], told["raster"]["derived_from"]) == ("degree", "elevation")
    assert notes(place, "slope") == [
        {"code": "derived_slope", "params": {"layer": "elevation", "file": "DEM.tif"}}
    ]

    intake.import_delivery(place, actor, hills(tmp_path / "2" / "DEM.tif", rise=0.0))
    assert steepness(place) == (2, 0.0)

    hills(tmp_path / "3" / "DEM.tif", rise=1.0)
    hills(tmp_path / "3" / "坡度.tif", rise=0.5)  # its cells are degrees: 0, 5, 10, 15
    imported = intake.import_delivery(place, actor, tmp_path / "3")
    assert [each["code"] for each in imported.layers] == ["elevation", "slope"]
    assert (steepness(place), notes(place, "slope")) == ((3, 7.5), [])

    imported = intake.import_delivery(place, actor, hills(tmp_path / "4" / "DEM.tif", rise=0.0))
    assert [each["code"] for each in imported.layers] == ["elevation"]
    assert steepness(place) == (3, 7.5)
    assert notes(place, "elevation") == [{"code": "slope_kept", "params": {"layer": "slope"}}]


def test_a_derived_slope_stands_where_and_from_when_its_elevations_do(
    place: Engine, actor: Actor, tmp_path: Path
) -> None:
    day = date(2020, 5, 1)
    intake.import_delivery(place, actor, hills(tmp_path / "DEM.tif"), Said(status="on_display", valid_from=day))
    with session.read(place) as connection:
        layers = [service.layer(connection, code) for code in ("elevation", "slope")]
    assert [each["edition"] for each in layers] == [None, None]
    assert [(each["displayed"]["status"], each["displayed"]["valid_from"]) for each in layers] == [
        ("on_display", day)
    ] * 2


def test_a_slope_that_fails_takes_its_elevations_with_it(
    place: Engine, actor: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(terrain, "slope", broken)
    with pytest.raises(GroundError, match="disk_full"):
        intake.import_delivery(place, actor, hills(tmp_path / "DEM.tif"))
    with session.read(place) as connection:
        assert [service.layer(connection, code)["edition"] for code in ("elevation", "slope")] == [None, None]
    assert _left_over(place) == []


def test_a_grid_without_nodata_waits_for_an_answer(place: Engine, actor: Actor, tmp_path: Path) -> None:
    path = hills(tmp_path / "noise.tif", nodata=None)
    with pytest.raises(Refused) as refusal:
        intake.import_delivery(place, actor, path)
    assert [each["code"] for each in refusal.value.params["sources"]] == ["raster_nodata"]
    intake.import_delivery(place, actor, path, Said(nodata=30.0))
    with session.read(place) as connection:
        told = service.layer(connection, "noise")
    assert (told["raster"]["nodata"], told["features"]) == (30.0, 12)
    assert notes(place, "noise") == [
        {"code": "nodata_answered", "params": {"nodata": "30", "missing": 4}}
    ]


@pytest.mark.parametrize("word", ["elevation", "高程", "dem"])
def test_one_source_may_be_delivered_as_a_layer_of_the_catalogue(
    place: Engine, actor: Actor, tmp_path: Path, word: str
) -> None:
    imported = intake.import_delivery(place, actor, hills(tmp_path / "n22_e114.tif"), Said(as_layer=word))
    assert [(each["code"], each["origin"]) for each in imported.layers] == [
        ("elevation", "catalogue"),
        ("slope", "catalogue"),
    ]


def test_as_a_layer_that_is_none_or_for_several_sources_nothing_is_taken(
    place: Engine, actor: Actor, tmp_path: Path
) -> None:
    hills(tmp_path / "a.tif")
    with pytest.raises(Refused, match="layer_unknown"):
        intake.import_delivery(place, actor, tmp_path / "a.tif", Said(as_layer="altitude"))
    with pytest.raises(Refused) as refusal:
        intake.import_delivery(place, actor, tmp_path / "a.tif", Said(as_layer="YJJBNTBHTB"))
    assert refusal.value.params["sources"][0]["code"] == "kind_differs"
    hills(tmp_path / "b.tif")
    with pytest.raises(Refused) as refusal:
        intake.import_delivery(place, actor, tmp_path, Said(as_layer="elevation"))
    assert (refusal.value.code, refusal.value.params) == (
        "one_source_for_layer",
        {"layer": "elevation", "n": 2},
    )
    (tmp_path / "b.tif").write_bytes(b"II*\0 no grid")  # refused, and yet a second source
    with pytest.raises(Refused, match="one_source_for_layer"):
        intake.import_delivery(place, actor, tmp_path, Said(as_layer="elevation", skip_refused=True))


def test_where_there_are_only_grids_they_are_the_district(cluster: Cluster, actor: Actor, tmp_path: Path) -> None:
    name = f"grids_{uuid.uuid4().hex[:12]}"
    places.make(name, title="栅格", project=crs.parse(4547), actor=actor)
    try:
        engine = session.engine(name)
        intake.import_delivery(engine, actor, hills(tmp_path / "noise.tif"))
        with session.read(engine) as connection:
            outline = store.outline(connection)
        assert outline is not None
        assert outline.bounds == (512_000.0, 2_511_960.0, 512_040.0, 2_512_000.0)
    finally:
        workspaces.drop(name)


def test_a_stanza_kept_by_an_earlier_landing_still_opens(place: Engine) -> None:
    with session.read(place) as connection:
        (body,) = [body for code, _, body in store.stanzas(connection) if code == "slope"]
    del body["raster"]["derived_from"]
    assert catalogue._stanza(body).raster == RasterSays("degree", None, None)


def test_unknown_grids_of_one_name_are_told_apart_by_their_folders(
    place: Engine, actor: Actor, tmp_path: Path
) -> None:
    for folder in ("day", "night"):
        grid(tmp_path / folder / "noise.tif")
    imported = intake.import_delivery(place, actor, tmp_path)
    assert [layer["code"] for layer in imported.layers] == ["day_noise", "night_noise"]
    with session.read(place) as connection:
        day = service.layer(connection, "day_noise")
    assert day["stanza"] == {
        "name": "noise",
        "kind": "raster",
        "identify": [],
        "classify": None,
        "source": "day/noise.tif",
    }
    ways = rows(place, "SELECT operation, coverage_basis FROM hetu.edition WHERE id = :e", e=day["edition"])
    assert ways == [("none: the same system", "cells")]


def test_a_coverage_beside_the_file_is_declared(place: Engine, actor: Actor, tmp_path: Path) -> None:
    (tmp_path / "zones.geojson").write_text(collection(polygon(square(114.12, 22.72))))
    (tmp_path / "zones.coverage.geojson").write_text(collection(polygon(square(114.11, 22.71, 0.02))))
    imported = intake.import_delivery(place, actor, tmp_path)
    assert [layer["code"] for layer in imported.layers] == ["zones"]
    with session.read(place) as connection:
        assert service.layer(connection, "zones")["coverage_basis"] == "file"


def test_an_error_in_the_middle_leaves_nothing(
    place: Engine, actor: Actor, delivery: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(place, "SELECT * FROM hetu.current_edition ORDER BY 1")
    real, calls = intake.edition.put, 0

    def put(*given: Any) -> int:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise OSError(28, "No space left on device")
        return real(*given)

    monkeypatch.setattr(intake.edition, "put", put)
    with pytest.raises(GroundError, match="disk_full"):
        intake.import_delivery(place, actor, delivery)
    assert rows(place, "SELECT * FROM hetu.current_edition ORDER BY 1") == before
    assert _left_over(place) == []
    assert deliveries.abandoned(place, actor) == []
    ((state, reason),) = rows(place, "SELECT state, reason FROM hetu.delivery ORDER BY id DESC LIMIT 1")
    assert (state, reason["code"]) == ("refused", "disk_full")


def _left_over(engine: Engine) -> list[Any]:
    """Stages and editions that belong to no publication."""
    return rows(
        engine,
        "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE nspname = 'hetu' AND relname ~ '^feature_[0-9]+$' "
        "AND NOT relispartition UNION ALL SELECT id::text FROM hetu.edition WHERE state = 'staged'",
    )


IMPORTER = """
import sys
from pathlib import Path
from db import session
from db.actor import Actor
from db.errors import GroundError
from workflows.base_map.intake import service as intake
def tell(phase, name, done, total):
    print(phase, done, flush=True)
intake.import_delivery(session.engine(sys.argv[1]), Actor("killed", "killed"), Path(sys.argv[2]), on_progress=tell)
"""


@pytest.fixture
def big_delivery(tmp_path: Path) -> Path:
    folder = tmp_path / "big"
    folder.mkdir()
    for layer in range(8):
        features = [
            polygon(square(114.0 + n % 100 * 0.002, 22.6 + n // 100 * 0.002), id=n) for n in range(1500)
        ]
        (folder / f"layer{layer}.geojson").write_text(collection(*features))
    return folder


def _import_until(word: str, workspace: str, path: Path) -> subprocess.Popen[str]:
    """An importing process that has just said ``word``."""
    child = subprocess.Popen(
        [sys.executable, "-c", IMPORTER, workspace, str(path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
    )  # fmt: skip
    assert child.stdout is not None
    for line in child.stdout:
        if line.startswith(word):
            return child
    raise AssertionError(f"the importer ended before it said {word!r}")


@pytest.mark.parametrize("word", ["reading", "publishing 1", "publishing 5"])
def test_kill_9_of_the_importer_leaves_every_layer_as_it_was(
    workspace: str, engine: Engine, actor: Actor, big_delivery: Path, word: str
) -> None:
    before = rows(engine, "SELECT * FROM hetu.current_edition ORDER BY 1")
    child = _import_until(word, workspace, big_delivery)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    until = time.monotonic() + 20
    while not (swept := deliveries.abandoned(engine, actor)) and time.monotonic() < until:
        time.sleep(0.1)  # the server has yet to notice that its client is gone
    assert len(swept) == 1
    assert rows(engine, "SELECT * FROM hetu.current_edition ORDER BY 1") == before
    assert _left_over(engine) == []
    with session.read(engine) as connection:
        told = store.delivery(connection, swept[0])
    assert told is not None
    assert (told["state"], told["layers"]) == ("abandoned", [])


def test_kill_9_of_the_database_in_the_middle(
    tmp_path_factory: pytest.TempPathFactory,
    actor: Actor,
    big_delivery: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A server of its own is killed while layers are being published; afterwards it holds what it held before, and takes the delivery."""
    from tests import little_district

    monkeypatch.setenv("HETU_HOME", os.environ["HETU_HOME"] + "/crash")
    own = Cluster(Path(os.environ["HETU_HOME"]))
    own.start()
    try:
        little_district.make("crash", actor)
        engine = session.engine("crash")
        before = rows(engine, "SELECT * FROM hetu.current_edition ORDER BY 1")
        child = _import_until("publishing 4", "crash", big_delivery)
        own.kill()
        child.communicate(timeout=60)
        assert child.returncode != 0
        session.forget("crash")
        own.start()
        engine = session.engine("crash")
        assert rows(engine, "SELECT * FROM hetu.current_edition ORDER BY 1") == before
        assert _left_over(engine) == []
        assert len(deliveries.abandoned(engine, actor)) == 1
        imported = intake.import_delivery(engine, actor, big_delivery)
        assert sum(layer["rows_published"] for layer in imported.layers) == 12_000
    finally:
        session.forget("crash")
        own.stop()


def test_a_new_workspace_in_another_system(cluster: Cluster, actor: Actor, delivery: Path) -> None:
    """Without a catalogue everything is guessed; the outline is the box around what came."""
    name = f"w_{os.getpid()}"
    project = crs.parse("EPSG:4547")
    workspaces.make(name, title=name, srid=4547, crs_wkt=project.wkt, actor=actor)
    try:
        engine = session.engine(name)
        imported = intake.import_delivery(engine, actor, delivery)
        assert {layer["origin"] for layer in imported.layers} == {"guessed"}
        with session.read(engine) as connection:
            assert service.workspace(connection)["outline_basis"] == "extent"
    finally:
        workspaces.drop(name)


def test_what_was_set_aside_is_never_clear(place: Engine, actor: Actor, tmp_path: Path) -> None:
    """A red line that crosses itself could not be published; where it lies nobody can say "clear"."""
    from gis.site import from_box
    from workflows.site_check import service as site_check

    path = tmp_path / "STBHHX.geojson"
    path.write_text(collection(polygon(square(114.15, 22.75)), polygon(BOWTIE)))
    intake.import_delivery(place, actor, path)
    found = {}
    for name, box in (("inside", "114.102,22.704,114.104,22.706"), ("elsewhere", "114.12,22.70,114.122,22.702")):
        with session.transaction(place, actor) as connection:
            answer = site_check.check(connection, actor, from_box(box, crs.parse(4547)), layers=["ecological_red_line"])
        found[name] = answer["layers"][0]
    assert (found["inside"]["state"], found["inside"]["reason"]["code"]) == ("no data", "set_aside_here")
    assert (found["elsewhere"]["state"], found["elsewhere"]["set_aside"]) == ("clear", {"here": 0, "unplaced": 0})


@pytest.mark.parametrize("features", [[], [polygon(BOWTIE)]], ids=["no rows", "only a bad one"])
def test_nothing_never_replaces_a_red_line(place: Engine, actor: Actor, tmp_path: Path, features: list[dict[str, Any]]) -> None:
    path = tmp_path / "ecological_red_line.geojson"
    path.write_text(collection(*features))
    with pytest.raises(Refused) as refusal:
        intake.import_delivery(place, actor, path)
    assert refusal.value.params["sources"][0]["code"] == "no_features"
    with session.read(place) as connection:
        assert service.layer(connection, "ecological_red_line")["seq"] == 1


def test_a_coverage_that_belongs_to_nothing_is_not_lost(place: Engine, actor: Actor, tmp_path: Path) -> None:
    (tmp_path / "zones.geojson").write_text(collection(polygon(square(114.12, 22.72))))
    (tmp_path / "zone.coverage.geojson").write_text(collection(polygon(square(114.11, 22.71, 0.02))))
    with pytest.raises(Refused, match="coverage_without_layer"):
        intake.import_delivery(place, actor, tmp_path)
    (tmp_path / "zone.coverage.geojson").rename(tmp_path / "zones.coverage.geojson")
    (tmp_path / "zones.coverage.geojson").write_text(collection(polygon(BOWTIE)))
    with pytest.raises(Refused, match="coverage_unusable"):
        intake.import_delivery(place, actor, tmp_path)


def test_a_guess_never_takes_the_place_of_a_layer_of_the_catalogue(place: Engine, actor: Actor, tmp_path: Path) -> None:
    line = {"type": "Feature", "properties": {}, "geometry": {"type": "LineString", "coordinates": [[114.1, 22.7], [114.2, 22.7]]}}
    (tmp_path / "power.geojson").write_text(collection(line, point(114.1, 22.7)))
    imported = intake.import_delivery(place, actor, tmp_path)
    assert {layer["code"] for layer in imported.layers} == {"power_line_unlisted", "power_point"}
    with session.read(place) as connection:
        assert service.layer(connection, "power_line")["origin"] == "catalogue"


def test_a_delivery_says_what_force_it_has_and_from_when(place: Engine, actor: Actor, tmp_path: Path) -> None:
    path = tmp_path / "STBHHX.geojson"
    path.write_text(collection(polygon(square(114.12, 22.72))))
    told = {}
    for status, day in (("draft", None), ("on_display", None), ("in_force", date(2021, 3, 1))):
        (made,) = intake.import_delivery(place, actor, path, Said(status=status, valid_from=day)).layers
        told[status] = made
        with session.read(place) as connection:
            found = service.layer(connection, "ecological_red_line")
        # The red line of the little district holds from today, so one of 2021 is history, and ends no display.
        assert found["seq"] == 1
        assert (found["displayed"] or {}).get("seq") == (None if status == "draft" else 3)
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    assert {status: (made["status"], made["current"], made["displayed"]) for status, made in told.items()} == {
        "draft": ("draft", False, False),
        "on_display": ("on_display", False, True),
        "in_force": ("in_force", False, False),
    }
    assert told["in_force"]["valid_from"] == date(2021, 3, 1)
    assert today - told["draft"]["valid_from"] <= timedelta(days=1)


@pytest.mark.parametrize("status", ["superseded", "in force", "", "现行"])
def test_a_status_that_nobody_may_give_is_refused(place: Engine, actor: Actor, tmp_path: Path, status: str) -> None:
    with pytest.raises(Refused) as refusal:
        intake.import_delivery(place, actor, tmp_path, Said(status=status))
    assert (refusal.value.code, refusal.value.params["known"]) == ("status_unknown", ["draft", "on_display", "in_force"])
    assert rows(place, "SELECT count(*) FROM hetu.delivery") == [(1,)]


@pytest.mark.parametrize("status", ["in_force", None])
def test_what_holds_only_later_is_not_taken_as_in_force(place: Engine, actor: Actor, tmp_path: Path, status: str | None) -> None:
    path = tmp_path / "zones.geojson"
    path.write_text(collection(polygon(square(114.12, 22.72))))
    with pytest.raises(Refused, match="valid_from_future"):
        intake.import_delivery(place, actor, path, Said(status=status, valid_from=date(2999, 1, 1)))
    assert _left_over(place) == []
    assert rows(place, "SELECT state, reason ->> 'code' FROM hetu.delivery ORDER BY id DESC LIMIT 1") == [("refused", "valid_from_future")]
    draft = intake.import_delivery(place, actor, path, Said(status="draft", valid_from=date(2999, 1, 1)))
    assert draft.layers[0]["valid_from"] == date(2999, 1, 1)
    with session.read(place) as connection:
        assert service.layer(connection, "zones")["edition"] is None  # it is listed, and says "no data"


@pytest.mark.parametrize(("status", "day"), [("draft", None), ("on_display", None), ("in_force", date(2001, 1, 1))])
def test_only_the_district_in_force_draws_the_outline(
    place: Engine, actor: Actor, tmp_path: Path, status: str, day: date | None
) -> None:
    path = tmp_path / "XZQ.geojson"
    path.write_text(collection(polygon(square(114.12, 22.72))))

    def outline() -> list[Any]:
        return rows(place, "SELECT ST_AsText(outline) FROM hetu.workspace")

    before = outline()
    intake.import_delivery(place, actor, path, Said(status=status, valid_from=day))
    assert outline() == before
    intake.import_delivery(place, actor, path)
    assert outline() != before


def test_a_stanza_stored_before_it_could_say_what_is_told_instead_still_opens(place: Engine, actor: Actor) -> None:
    from workflows.base_map import catalogue

    codes = ("military_protection", "elevation", "gas_pipeline")
    with session.transaction(place, actor) as connection:
        for code, origin, body in store.stanzas(connection):
            if code in codes:
                del body["coarse"]
                if body["raster"]:
                    del body["raster"]["derived_from"]
                store.keep_layer(connection, code, origin, body, 1)
        opened = catalogue.catalogue_layers(connection)
        told = {each["code"]: each["coarse"] for each in service.layers(connection)}
    assert [opened[code].coarse for code in codes] == [told[code] for code in codes] == ["ask", "hit", "hit"]
