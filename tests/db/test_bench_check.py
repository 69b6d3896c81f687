"""The bench from end to end on a small district of 160 layers: loaded, served, measured, judged; a wrong reference is noticed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from bench.loading import OUTLINE
from db import session
from db import workspace as workspaces
from db.cluster import Cluster
from db.settings import CHECKOUT, home

pytestmark = [pytest.mark.all, pytest.mark.timeout(600)]
SITES = 4
PER_LAYER = 12


def shapes(number: int) -> Any:
    """Polygons (of 40 or of 400 vertices), lines or points all over the district, in the order of the real one's kinds."""
    draw = np.random.default_rng(number)
    west, south, east, north = OUTLINE.bounds
    places = shapely.points(draw.uniform((west, south), (east, north), (PER_LAYER, 2)))
    if number >= 122 and number < 142:
        return places
    if 72 <= number < 97:
        return shapely.boundary(shapely.buffer(places, 4000))
    return shapely.buffer(places, 3000, quad_segs=10 if number % 2 else 100)


def sites() -> Any:
    centre = shapely.centroid(OUTLINE)
    return shapely.buffer(
        shapely.points([(centre.x + 900 * each, centre.y - 700 * each) for each in range(SITES)]),
        350,
        quad_segs=3,
    )


def column(geometry: Any) -> Any:
    return pa.array(shapely.to_wkb(geometry).tolist(), type=pa.binary())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A district and a recipe's folder with its reference, worked out by shapely."""
    folder = tmp_path_factory.mktemp("bench")
    rows, told = [], []
    for number in range(160):
        geometry = shapes(number)
        gid = number * 1_000_000 + np.arange(len(geometry))
        names = [f"L{number:03d}-{each}" for each in range(len(geometry))]
        cells = {"gid": gid, "cls": ["0101"] * len(gid), "name": names, "geometry": column(geometry)}
        pq.write_table(pa.table(cells), folder / f"L{number:03d}.parquet")
        told.append({"lid": number, "n": len(geometry), "types": [int(shapely.get_type_id(geometry[0]))]})
        for site, shape in enumerate(sites()):
            parts = shapely.intersection(geometry, shape)
            for each in np.flatnonzero(~shapely.is_empty(parts)).tolist():
                polygon = shapely.get_dimensions(parts[each]) == 2
                rows.append((site, int(gid[each]), parts[each].area, 0.0 if polygon else parts[each].length))
    pq.write_table(pa.table({"geometry": column(sites())}), folder / "sites.parquet")
    (folder / "stats.json").write_text(json.dumps(told))
    keys = ("site", "gid", "area_m2", "length_m")
    pq.write_table(
        pa.table(dict(zip(keys, zip(*rows, strict=True), strict=True))), folder / "reference.parquet"
    )
    (folder / "make_district.py").write_text("raise SystemExit('the district is there')")
    return folder


@pytest.fixture(scope="module")
def ground(cluster: Cluster) -> Iterator[None]:
    yield
    session.forget("bench")
    workspaces.drop("bench")


def bench(made: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "api.cli", "bench", "check", *words],
        cwd=CHECKOUT, capture_output=True, text=True, timeout=500, check=False,
        env={**os.environ, "HETU_BENCH": str(made), "HETU_BENCH_DISTRICT": str(made), "HETU_LANG": "en", "PYTHONPATH": str(CHECKOUT)},
    )  # fmt: skip


def test_every_way_is_measured_and_agrees(made: Path, ground: None) -> None:
    said = bench(made, "--json", "--sites", str(SITES), "--loop-sites", "1")
    assert said.returncode == 0, said.stderr
    report = json.loads(said.stdout)
    assert (report["sites"], report["layers"], report["agree"]) == (SITES, 160, True)
    assert report["pairs"] == pq.read_table(made / "reference.parquet").num_rows > 400
    assert {name: (way["sites"], way["off"]) for name, way in report["ways"].items()} == {
        "api_sql_clip": (SITES, 0),
        "plain_sql": (SITES, 0),
        "geopandas_loop": (1, 0),
        "geopandas_loop_of_files": (1, 0),
    }
    assert set(report["ratios"]) == {"plain_sql", "geopandas_loop", "geopandas_loop_of_files"}
    assert report["load"]["features"] == 160 * PER_LAYER
    assert report["load"]["seconds"] > 0
    assert not list((home() / "run").glob("server-bench*")), "the server that it started is ended"


def test_a_wrong_answer_ends_with_1_and_says_where(made: Path, ground: None) -> None:
    right = pq.read_table(made / "reference.parquet").to_pydict()
    worst = max(range(len(right["gid"])), key=lambda row: right["area_m2"][row])
    right["area_m2"][worst] *= 1.00001
    pq.write_table(pa.table(right), made / "reference.parquet")
    said = bench(made, "--sites", str(SITES), "--loop-sites", "0")
    assert said.returncode == 1, said.stdout + said.stderr
    assert str(right["gid"][worst]) in said.stdout
    assert "Not measured" in said.stdout
