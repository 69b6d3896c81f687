"""A disk that fills up: told as such, with its folder, and nothing half-published; once there is room again the next try goes through. Real disks of a few
megabytes, mounted for the test.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from api import app
from db import programs, session
from db.actor import Actor
from db.cluster import Cluster
from db.errors import GroundError
from db.settings import CHECKOUT, home
from layers.refusal import Refused
from tests.http.conftest import square
from workflows.base_map.intake import service as intake

WEST, SOUTH, STEP = 512_000.0, 2_512_000.0, 30.0


class Disk:
    """A disk of its own under a folder."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def mount(self, size: str) -> None:
        self.place.mkdir(exist_ok=True, parents=True)
        said = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0711", "tmpfs", self.place], capture_output=True, text=True, check=False
        )  # fmt: skip
        if said.returncode:
            pytest.skip(f"no disk can be mounted here: {said.stderr.strip()}")

    def grow(self, size: str) -> None:
        subprocess.run(["mount", "-o", f"remount,size={size}", self.place], check=True)

    def fill(self) -> None:
        with (self.place / "filling").open("wb", buffering=0) as file:
            try:
                while file.write(b"\0" * 65_536):
                    pass
            except OSError:
                return

    def free(self) -> None:
        (self.place / "filling").unlink()

    def gone(self) -> None:
        subprocess.run(["umount", self.place], check=False, capture_output=True)


@pytest.fixture
def own_home(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Folders of the test's own above the run's server, where the server may come in too: pytest's are closed to it."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a disk")
    monkeypatch.setenv("DATABASE_URL", cluster.url())
    around = Path(tempfile.mkdtemp(prefix="hetu-disk-"))
    around.chmod(0o711)
    monkeypatch.setenv("HETU_HOME", str(around / "home"))
    yield home()
    shutil.rmtree(around, ignore_errors=True)


@pytest.fixture
def disk(own_home: Path) -> Iterator[Any]:
    made: list[Disk] = []

    def small(name: str, size: str) -> Disk:
        made.append(Disk(own_home / name))
        made[-1].mount(size)
        return made[-1]

    own_home.mkdir(mode=0o711)
    yield small
    for each in made:
        each.gone()


def layer_file(path: Path, rows: int) -> Path:
    """Squares under the national name of a layer, about 250 bytes each."""
    features = [
        {
            "type": "Feature",
            "properties": {"DLBM": "0101", "n": n},
            "geometry": {"type": "Polygon", "coordinates": [[[x, y], [x + 1e-4, y], [x + 1e-4, y + 1e-4], [x, y + 1e-4], [x, y]]]},
        }
        for n in range(rows)
        for x, y in [(114.1 + n % 200 * 2e-4, 22.7 + n // 200 * 2e-4)]
    ]  # fmt: skip
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def standing(engine: Engine) -> dict[str, Any]:
    with session.read(engine) as connection:
        pointers = connection.execute(
            text("SELECT layer, edition_id FROM hetu.current_edition ORDER BY 1")
        ).all()
        left = connection.execute(text(
            "SELECT relname FROM pg_class WHERE relnamespace = CAST('hetu' AS regnamespace) AND relkind = 'r' "
            "AND relname ~ '^feature_[0-9]+$' AND NOT relispartition UNION ALL SELECT CAST(id AS text) FROM hetu.edition WHERE state = 'staged'"
        )).all()  # fmt: skip
    return {"pointers": [tuple(row) for row in pointers], "left": left}


def last_delivery(engine: Engine) -> tuple[str, str | None]:
    with session.read(engine) as connection:
        row = connection.execute(
            text("SELECT state, reason ->> 'code' AS code FROM hetu.delivery ORDER BY id DESC LIMIT 1")
        ).one()
    return row.state, row.code


def rooms(own_home: Path) -> list[str]:
    return [each.name for each in (own_home / "quarantine").iterdir() if each.name != "filling"]


def refused_for_room(engine: Engine, actor: Actor, path: Path, place: str) -> None:
    before = standing(engine)
    with pytest.raises((Refused, GroundError)) as full:
        intake.import_delivery(engine, actor, path)
    assert full.value.code in ("no_space", "disk_full")
    assert place in full.value.params["folder"]
    assert standing(engine) == before
    assert before["left"] == []


@pytest.mark.parametrize("rows", [30_000, 9_000], ids=["too large to copy", "too large to read"])
def test_no_room_in_quarantine(
    engine: Engine, actor: Actor, own_home: Path, disk: Any, tmp_path: Path, rows: int
) -> None:
    path = layer_file(tmp_path / "YJJBNTBHTB.geojson", rows)
    small = disk("quarantine", f"{path.stat().st_size // 1024 * 12 // 10 if rows < 10_000 else 3000}k")
    refused_for_room(engine, actor, path, "quarantine")
    assert last_delivery(engine) in (("refused", "no_space"), ("refused", "disk_full"))
    assert rooms(own_home) == []
    small.grow("200m")
    imported = intake.import_delivery(engine, actor, path)
    assert imported.layers[0]["rows_published"] == rows
    assert rooms(own_home) == []


def test_no_room_for_originals(
    engine: Engine, actor: Actor, own_home: Path, disk: Any, tmp_path: Path
) -> None:
    small = disk("originals", "1m")
    path = layer_file(tmp_path / "YJJBNTBHTB.geojson", 10_000)
    refused_for_room(engine, actor, path, "originals")
    assert list(small.place.iterdir()) == []
    small.grow("100m")
    intake.import_delivery(engine, actor, path)
    (kept,) = small.place.glob("*/*")
    assert kept.read_bytes() == path.read_bytes()
    assert rooms(own_home) == []


def test_no_room_for_an_upload_is_507_in_both_worlds(
    engine: Engine, own_home: Path, disk: Any, tmp_path: Path
) -> None:
    disk("originals", "1m")
    path = layer_file(tmp_path / "zones.geojson", 10_000)
    client = TestClient(app.make(engine=engine), base_url="http://127.0.0.1", raise_server_exceptions=False)
    with session.read(engine) as connection:
        before = connection.execute(text("SELECT count(*) FROM hetu.delivery")).scalar()
    for address, kind in (("/api/imports", "application/problem+json"), ("/intake", "text/html")):
        told = client.post(
            address, files={"file": (path.name, path.read_bytes())}, headers={"accept": "text/html"}
        )
        assert told.status_code == 507, told.text[:300]
        assert told.headers["content-type"].startswith(kind)
        assert str(own_home / "originals") in told.text
    with session.read(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM hetu.delivery")).scalar() == before
    assert rooms(own_home) == []


def test_no_room_to_read_a_site_is_507(engine: Engine, own_home: Path, disk: Any, tmp_path: Path) -> None:
    small = disk("quarantine", "2m")
    client = TestClient(app.make(engine=engine), base_url="http://127.0.0.1", raise_server_exceptions=False)
    path = layer_file(tmp_path / "site.geojson", 1)
    small.fill()
    told = client.post("/api/checks/file", files={"file": (path.name, path.read_bytes())})
    assert (told.status_code, told.json()["code"] in ("disk_full", "no_space")) == (507, True)
    assert "quarantine" in told.json()["params"]["folder"]
    small.free()
    assert client.post("/api/checks/file", files={"file": (path.name, path.read_bytes())}).status_code == 201
    assert rooms(own_home) == []


def hills(path: Path, side: int) -> Path:
    cells = np.random.default_rng(1).random((1, side, side), dtype=np.float32) * 500
    with rasterio.open(
        path, "w", driver="GTiff", count=1, height=side, width=side, dtype="float32", crs=4547, nodata=-1.0,
        transform=Affine(10.0, 0.0, WEST, 0.0, -10.0, SOUTH),
    ) as out:  # fmt: skip
        out.write(cells)
    return path


@pytest.mark.parametrize("told_before", [True, False], ids=["seen coming", "found while writing"])
def test_no_room_for_cells(
    engine: Engine,
    actor: Actor,
    own_home: Path,
    disk: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    told_before: bool,
) -> None:
    from gis import raster

    small = disk("rasters", "3m")
    path = hills(tmp_path / "DEM.tif", 600)
    if not told_before:
        monkeypatch.setattr(raster, "check_space", lambda *_: None)
    refused_for_room(engine, actor, path, "rasters")
    assert list(small.place.iterdir()) == []
    small.grow("100m")
    imported = intake.import_delivery(engine, actor, path)
    assert [layer["code"] for layer in imported.layers] == ["elevation", "slope"]
    assert len(list(small.place.iterdir())) == 2


@pytest.fixture
def small_database(engine: Engine, workspace: str, disk: Any, tmp_path: Path) -> Iterator[Disk]:
    """New tables of the workspace, and its checks, lie on a disk of 6 MB."""
    small: Disk = disk("tablespace", "6m")
    place = small.place / "pg"
    place.mkdir()
    for each in (*reversed(place.parents), small.place):
        if str(each).startswith(str(tmp_path.parent.parent)):
            each.chmod(0o755)
    shutil.chown(place, *programs.server_user()[:1])
    name = f"small_{workspace}"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE TABLESPACE {name} LOCATION '{place}'"))
        connection.execute(text(f"ALTER DATABASE {engine.url.database} SET default_tablespace = {name}"))
        connection.execute(text(f"ALTER TABLE hetu.site_check SET TABLESPACE {name}"))
    engine.dispose()
    yield small
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"ALTER DATABASE {engine.url.database} RESET default_tablespace"))
        connection.execute(text("SET default_tablespace = ''"))
        for table in connection.execute(text(
            "SELECT CAST(c.oid AS regclass) AS name, c.relkind FROM pg_class AS c JOIN pg_tablespace AS s ON s.oid = c.reltablespace "
            "WHERE s.spcname = :name AND c.relkind IN ('r', 'i') AND c.relnamespace <> CAST('pg_toast' AS regnamespace)"), {"name": name}).all():  # fmt: skip
            kind = "INDEX" if table.relkind == "i" else "TABLE"
            connection.execute(text(f"ALTER {kind} {table.name} SET TABLESPACE pg_default"))
        connection.execute(text(f"DROP TABLESPACE {name}"))
    engine.dispose()


def test_no_room_in_the_database(
    engine: Engine, actor: Actor, small_database: Disk, tmp_path: Path, own_home: Path
) -> None:
    path = layer_file(tmp_path / "YJJBNTBHTB.geojson", 30_000)
    before = standing(engine)
    with pytest.raises(GroundError) as full:
        intake.import_delivery(engine, actor, path)
    assert full.value.code == "disk_full"
    assert standing(engine) == before
    assert last_delivery(engine) == ("refused", "disk_full")
    assert rooms(own_home) == []
    small_database.grow("100m")
    assert intake.import_delivery(engine, actor, path).layers[0]["rows_published"] == 30_000


def test_no_room_for_a_check_is_507_in_both_worlds(engine: Engine, small_database: Disk) -> None:
    client = TestClient(app.make(engine=engine), base_url="http://127.0.0.1", raise_server_exceptions=False)
    asked = {"site": square(512, 2518, 512.5, 2519)}
    first = client.post("/api/checks", json=asked)
    assert first.status_code == 201
    small_database.fill()
    seen = set()
    for _ in range(60):  # until the pages that the tables have already are full
        told = client.post("/api/checks", json=asked)
        seen.add(told.status_code)
        if told.status_code != 201:
            break
    assert seen <= {201, 507}
    assert (told.status_code, told.json()["code"]) == (507, "disk_full")
    page = client.post(
        f"/checks/{first.json()['id']}/today", headers={"accept": "text/html"}, follow_redirects=False
    )
    assert (page.status_code, page.headers["content-type"].partition(";")[0]) == (507, "text/html")
    assert client.get("/api/layers").status_code == 200
    small_database.free()
    assert client.post("/api/checks", json=asked).status_code == 201


def test_the_command_line_says_which_folder_and_what_to_do(
    workspace: str, own_home: Path, disk: Any, tmp_path: Path
) -> None:
    disk("quarantine", "1m")
    path = layer_file(tmp_path / "zones.geojson", 10_000)
    said = subprocess.run(
        [sys.executable, "-P", "-m", "api.cli", "import", str(path), "--workspace", workspace], capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), "HETU_LANG": "en"},
    )  # fmt: skip
    assert said.returncode == 1
    assert str(own_home / "quarantine") in said.stderr
    assert "HETU_HOME" in said.stderr
    assert "Traceback" not in said.stderr
