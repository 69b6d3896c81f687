"""`bench intake`: the file it loads, how its figures are put together, how memory is watched, and which peers it finds."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely

from bench import coverage, loaders, peaks
from bench.intake_report import FLAT, OURS, PEER, RATIO, flat, ratio, report, way

QUIET: Any = lambda *_: None  # noqa: E731


def memory(own: int, sandbox: int, times: int = 1) -> dict[str, int]:
    return {"times": times, "own_bytes": own, "sandbox_bytes": sandbox}


def test_the_made_up_coverage_is_one_of_49_vertices_each_and_the_same_every_time() -> None:
    shapes, classes = coverage.made(3000)
    assert len(shapes) == len(classes) == 3000
    assert set(shapely.get_num_coordinates(shapes).tolist()) == {49}
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    again, same = coverage.made(3000)
    assert shapely.equals_exact(shapes, again).all()
    assert (classes == same).all()


def test_the_larger_file_is_the_same_polygons_side_by_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HETU_HOME", str(tmp_path))
    monkeypatch.setenv("HETU_BENCH", str(tmp_path / "nowhere"))
    small, source = coverage.written(200, 1, QUIET)
    great, _ = coverage.written(200, 4, QUIET)
    assert source == coverage.MADE_UP
    assert small.stem == great.stem == coverage.LAYER
    about = pyogrio.read_info(great)
    assert (about["features"], about["crs"]) == (800, "EPSG:4547")
    one = shapely.from_wkb(pyogrio.raw.read(small)[2])
    meta, _, wkb, columns = pyogrio.raw.read(great)
    four = shapely.from_wkb(wkb)
    assert shapely.area(four).sum() == pytest.approx(4 * shapely.area(one).sum(), rel=1e-9)
    assert shapely.union_all(four).area == pytest.approx(shapely.area(four).sum(), rel=1e-9)
    assert len(set(columns[list(meta["fields"]).index("TBBH")])) == 800
    stamp = great.stat().st_mtime_ns
    assert coverage.written(200, 4, QUIET)[0].stat().st_mtime_ns == stamp


def test_a_recipe_that_is_there_is_used_and_never_left_lying_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = tmp_path / "recipe"
    recipe.mkdir()
    (recipe / "reference.parquet").touch()
    (recipe / "make_district.py").write_text(
        "import geopandas as gpd, shapely\nOUT = 'nowhere'\n"
        "def gen(spec):\n"
        "    lid, kind, n = spec\n"
        "    assert (lid, kind) == (0, 'coverage')\n"
        "    shapes = [shapely.box(512500 + 9 * k, 2506000, 512508 + 9 * k, 2506008) for k in range(n)]\n"
        "    frame = gpd.GeoDataFrame({'cls': ['0101'] * n}, geometry=shapes, crs=4547)\n"
        "    frame.to_parquet(f'{OUT}/L000.parquet')\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("HETU_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HETU_BENCH", str(recipe))
    package, source = coverage.written(150, 1, QUIET)
    assert source == coverage.OF_RECIPE
    assert pyogrio.read_info(package)["features"] == 150
    assert [path.name for path in (tmp_path / "home" / "bench").iterdir()] == ["intake"]


def test_ratios_are_taken_pair_by_pair_and_their_median_is_the_figure() -> None:
    assert ratio([20.0, 30.0, 40.0], [10.0, 10.0, 16.0]) == {"median": 2.5, "min": 2.0, "max": 3.0}
    assert way([4.0, 2.0, 8.0], 1000) == {"median_s": 4.0, "min_s": 2.0, "max_s": 8.0, "features_per_s": 250}


@pytest.mark.parametrize(("theirs", "reached"), [([20.0, 20.0], True), ([19.0, 19.9], False)])
def test_the_target_is_reached_at_twice_as_fast_and_missed_below(theirs: list[float], reached: bool) -> None:
    told = report({OURS: [10.0, 10.0], PEER: theirs}, 150_000, [memory(100, 50), memory(100, 50, 4)])
    assert told["targets"]["intake_ratio"]["limit"] == RATIO
    assert told["targets"]["intake_ratio"]["reached"] is reached
    assert told["pairs"] == 2


def test_a_peer_that_is_not_installed_is_named_and_has_no_figures() -> None:
    told = report({OURS: [1.0], PEER: [3.0]}, 10, [memory(1, 1), memory(1, 1, 4)], missing=["ogr2ogr"])
    assert told["missing"] == ["ogr2ogr"]
    assert set(told["ways"]) == {OURS, PEER}


@pytest.mark.parametrize(
    ("great", "reached"),
    [(memory(120, 50, 4), True), (memory(126, 50, 4), False), (memory(100, 80, 4), False)],
)
def test_memory_is_flat_where_neither_process_grows_by_more_than_a_quarter(
    great: dict[str, int], reached: bool
) -> None:
    told = flat([memory(100, 50), great])
    assert (told["limit"], told["reached"]) == (FLAT, reached)


def test_peaks_are_seen_of_this_process_and_of_those_it_starts() -> None:
    program = "import sys; held = b'x' * 150_000_000; sys.stdout.write('held'); sys.stdout.flush(); sys.stdin.read()"
    with peaks.Peaks() as seen:
        child = subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert child.stdout is not None
        assert child.stdout.read(4) == b"held"
        assert child.pid in peaks.descendants(os.getpid())
        deadline = time.monotonic() + 60
        while max((most for name, most in seen.most.items() if name != peaks.OWN), default=0) < 150_000_000:
            assert time.monotonic() < deadline, seen.most
            time.sleep(0.05)
        child.communicate()
    assert seen.most[peaks.OWN] > 10_000_000


def test_a_peer_is_called_with_the_database_its_table_and_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "told"
    program = tmp_path / "ogr2ogr"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$PG_USE_COPY" "$@" > {told}\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    address = "postgresql+psycopg2://ann@/x?host=/run/sock&port=5433"
    monkeypatch.setattr(loaders.cluster, "url", lambda database: address.replace("/x", f"/{database}"))
    assert loaders.available()["ogr2ogr"] is loaders.by_ogr2ogr
    loaders.by_ogr2ogr(tmp_path / "a.gpkg", "w")
    assert told.read_text().splitlines() == [
        "YES", "-f", "PostgreSQL", "PG:host=/run/sock port=5433 dbname=hetu_w user=ann", str(tmp_path / "a.gpkg"), coverage.LAYER,
        "-nln", loaders.TABLE,
    ]  # fmt: skip


def test_the_shapefile_of_a_peer_that_reads_nothing_else_has_the_same_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HETU_HOME", str(tmp_path))
    monkeypatch.setenv("HETU_BENCH", str(tmp_path / "nowhere"))
    package, _ = coverage.written(120, 1, QUIET)
    shapefile = loaders.shapefile_of(package)
    assert pyogrio.read_info(shapefile)["features"] == 120
    assert np.isclose(
        shapely.area(shapely.from_wkb(pyogrio.raw.read(shapefile)[2])).sum(),
        shapely.area(shapely.from_wkb(pyogrio.raw.read(package)[2])).sum(),
    )
