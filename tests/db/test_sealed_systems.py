"""Local systems in a workspace: registered from a file, used by name, and nowhere a parameter: not in the database, the journal, an answer, a log."""

from __future__ import annotations

import io
import json
import logging
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner, Result

from api.cli.main import app
from db import seal, session
from db.actor import Actor
from db.settings import home
from gis import crs, local
from layers.refusal import Refused
from tests.unit.test_local_systems import ALL, FOUR, SEVEN, by_hand
from workflows.base_map import systems
from workflows.base_map.intake import said

PROJECT = crs.parse(4547)


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HETU_LANG", "en")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def overheard() -> Iterator[io.StringIO]:
    """Every word that any library logs."""
    heard = io.StringIO()
    handler = logging.StreamHandler(heard)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    engines = logging.getLogger("sqlalchemy.engine")
    engines.setLevel(logging.DEBUG)
    yield heard
    root.removeHandler(handler)
    root.setLevel(level)
    engines.setLevel(logging.NOTSET)


def typed(workspace: str, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--workspace", workspace])


def private(path: Path, numbers: tuple[float, ...]) -> Path:
    path.touch(mode=0o600)
    path.write_text(" ".join(map(repr, numbers)))
    return path


@pytest.fixture
def xian(workspace: str, tmp_path: Path) -> str:
    file = private(tmp_path / "seven.txt", SEVEN)
    result = typed(
        workspace,
        "systems",
        "add",
        "xian",
        "--title",
        "Xian 1980",
        "--helmert7",
        str(file),
        "--base",
        "EPSG:4610",
    )
    assert result.exit_code == 0, result.output
    return workspace


def boundary_text(system: str, zone: int, ring: Any) -> str:
    rows = "\n".join(f"J{n},1,{y:.3f},{x:.3f}" for n, (x, y) in enumerate(ring.tolist(), 1))
    head = f"[属性描述]\n坐标系={system}\n几度分带=3\n带号={zone}\n[地块坐标]\n"
    return f"{head}{len(ring)},1,1,plot,面,,,,@\n{rows}\n"


def test_registered_listed_checked_used_dropped_and_never_shown(
    xian: str, tmp_path: Path, engine: Engine, actor: Actor, overheard: io.StringIO
) -> None:
    words: list[str] = []
    city = private(tmp_path / "four.txt", FOUR)

    def ran(*line: str, code: int = 0) -> str:
        result = typed(xian, *line)
        assert result.exit_code == code, result.output
        words.append(result.output)
        return result.stdout

    ran(
        "systems",
        "add",
        "city",
        "--similarity4",
        str(city),
        "--base",
        "EPSG:4547",
        "--title",
        "城市独立坐标系",
    )
    assert "local:xian" in ran("systems")
    told = json.loads(ran("systems", "--json"))
    assert [(each["name"], each["title"]) for each in told] == [
        ("city", "城市独立坐标系"),
        ("xian", "Xian 1980"),
    ]
    assert set(told[0]) == {"name", "title", "key_id", "area", "made_by", "made_at"}

    there = crs.transformer(crs.parse(4490), PROJECT)(np.array([by_hand(114.15, 22.73)]))[0]
    found = json.loads(ran("systems", "check", "xian", "114.15,22.73", "--json"))
    assert found["found"] == pytest.approx(there, abs=2e-3)
    assert f"{there[0]:.2f}" in ran("systems", "check", "xian", "114.15,22.73")

    # A file in the old datum comes in by name, and its edition tells no more than the name.
    stated = crs.transformer(crs.parse(4610), crs.parse(2362))
    ring = stated(np.array([[114.15, 22.73], [114.16, 22.73], [114.16, 22.74], [114.15, 22.74]]))
    file = tmp_path / "plots_of_1998.txt"
    file.write_text(
        boundary_text("1980西安坐标系", 38, ring if ring[0, 0] > 1e6 else ring + np.array([38e6, 0.0])),
        encoding="utf-8",
    )
    ran("import", str(file), code=1)
    assert "local parameters are needed" in words[-1]
    ran("import", str(file), "--source-crs", "local:xian", "--json")
    with session.read(engine) as connection:
        edition = (
            connection.execute(text("SELECT * FROM hetu.edition ORDER BY id DESC LIMIT 1")).mappings().one()
        )
        shape = connection.execute(
            text("SELECT ST_AsBinary(geom) FROM hetu.feature WHERE edition_id = :id"), {"id": edition["id"]}
        ).scalar_one()
    assert (edition["crs_in"], edition["crs_basis"], edition["operation"]) == (
        "local:xian",
        "declared",
        "local:xian to EPSG:4547",
    )
    corners = shapely.get_coordinates(shapely.from_wkb(bytes(shape)))
    assert np.abs(corners - there).sum(axis=1).min() < 0.01

    # A site in the old datum is checked by the same name.
    ran("check", "--site", str(file), "--source-crs", "local:xian", "--json")
    assert '"local:xian"' in words[-1]

    # Whatever goes wrong says nothing either.
    ran("systems", "add", "xian", "--similarity4", str(city), "--base", "EPSG:4547", code=1)
    ran("systems", "add", "bad", "--helmert7", str(city), "--base", "EPSG:4610", code=1)
    ran("systems", "add", "bad", "--wkt-file", str(city), code=1)
    ran("systems", "add", "bad", "--wkt-file", str(city), "--base", "EPSG:4610", code=1)
    ran("systems", "check", "xian", "1e300,1e300", code=1)
    ran("systems", "check", "xian", "east", code=1)
    ran("import", str(file), "--source-crs", "local:nobody", code=1)
    assert "Registered: city, xian" in words[-1]
    ran("systems", "drop", "city")
    ran("systems", "drop", "city", code=1)

    secret = [*ALL, *(repr(abs(number)) for number in (*SEVEN, *FOUR))]
    said_ = "\n".join(words) + overheard.getvalue()
    assert not [digits for digits in secret if digits in said_]
    dump = _everything(engine)
    assert "local:xian" in dump
    assert not [digits for digits in secret if digits in dump]
    for path in home().rglob("*"):
        if (
            path.is_file()
            and path.suffix in {".log", ".json", ".txt", ""}
            and path.parts[-2] in {"logs", "run"}
        ):
            body = path.read_text(encoding="utf-8", errors="replace")
            assert not [digits for digits in secret if digits in body], path


def _everything(engine: Engine) -> str:
    """Every row of every table of the workspace, journal and jobs included, as text."""
    with session.read(engine) as connection:
        tables = connection.execute(
            text("SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('hetu', 'jobs', 'public')")
        ).all()
        parts = [
            connection.execute(
                text(f'SELECT coalesce(string_agg(t::text, chr(10)), \'\') FROM "{schema}"."{name}" AS t')
            ).scalar_one()
            for schema, name in tables
        ]
    return "\n".join(parts)


def test_the_journal_tells_that_and_not_what(xian: str, engine: Engine) -> None:
    with session.read(engine) as connection:
        line = (
            connection.execute(text("SELECT * FROM hetu.journal WHERE what = 'local_system'"))
            .mappings()
            .one()
        )
    assert (line["action"], line["key"]) == ("insert", "xian")
    assert set(line["became"]) == {"name", "title", "key_id", "area", "made_by", "made_at"}


def test_what_a_name_stands_for_does_not_change(xian: str, engine: Engine, actor: Actor) -> None:
    for change in ("sealed = 'x'", "title = 'x'"):
        with (
            pytest.raises(DBAPIError, match="does not change"),
            session.transaction(engine, actor) as connection,
        ):
            connection.execute(text(f"UPDATE hetu.local_system SET {change}"))
    # A row under another name is not what was sealed for it.
    with session.transaction(engine, actor) as connection:
        connection.execute(
            text(
                "INSERT INTO hetu.local_system (name, title, sealed, key_id, made_by) SELECT 'other', '', sealed, key_id, '' FROM hetu.local_system"
            )
        )
    from db.errors import GroundError

    with session.read(engine) as connection:
        with pytest.raises(GroundError, match="seal_broken"):
            systems.opened(connection, "other")
        assert [each.label for each in systems.known(connection)] == ["local:xian"]


def test_a_datum_without_parameters_is_no_local_system(engine: Engine, actor: Actor, workspace: str) -> None:
    unknown = (
        crs.parse(4547)
        .wkt.replace("China 2000", "D_Of_Our_Town")
        .replace('"China Geodetic Coordinate System 2000"', '"Town"')
    )
    with session.transaction(engine, actor) as connection:
        for definition, code in (
            (
                local.of_wkt(unknown.replace('ID["EPSG",4547]', 'ID["EPSG",4547]')),
                "local_system_without_shift",
            ),
            (local.of_wkt(crs.parse(2383).wkt), "datum_needs_parameters"),
        ):
            with pytest.raises(Refused) as refusal:
                systems.add(connection, actor, "town", "", definition)
            assert refusal.value.code == code


def test_whoever_reads_the_database_files_finds_no_parameter(xian: str, engine: Engine) -> None:
    with session.transaction(engine, Actor("test", "检验")) as connection:
        value = bytes(connection.execute(text("SELECT sealed FROM hetu.local_system")).scalar_one())
    assert not [number for number in ALL if number.encode() in value]
    assert str(SEVEN[0]).encode() in seal.opened(value, "local_system/xian")
    found = subprocess.run(
        ["grep", "-rlF", repr(SEVEN[1]), str(home() / "cluster")], capture_output=True, text=True, check=False
    )
    assert found.stdout == ""


def test_a_local_system_serves_answers_for_single_files(
    xian: str, engine: Engine, actor: Actor, tmp_path: Path
) -> None:
    with session.read(engine) as connection:
        read = systems.reader(connection)
        words = said.understood({"answers": {"a.txt": "local:xian", "b.txt": "gcj02"}}, read)
        assert [each.label for each in words.answers.values()] == ["local:xian", "GCJ-02"]
        with pytest.raises(Refused, match="local_system_unknown"):
            said.understood({"source_crs": "local:nobody"}, read)
