"""Grids from a file to an answer: opened in the sandbox, kept as our own, read under a site by cell centres."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import Affine

from gis import raster
from gis.crs import parse, transformer
from gis.readers import Reading, read
from layers.refusal import Refused

PROJECT = parse(4547)
TURN = Affine(10.0, 0.0, 512_000.0, 0.0, -10.0, 2_512_000.0)


def written(path: Path, cells: Any, **changed: Any) -> Path:
    cells = np.atleast_3d(np.asarray(cells, dtype=changed.pop("dtype", "float32")).T).T
    facts = {"crs": 4547, "transform": TURN, "nodata": -9999.0, **changed}
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        count=len(cells),
        height=cells.shape[1],
        width=cells.shape[2],
        dtype=cells.dtype,
        **facts,
    ) as out:
        out.write(cells)
    return path


def reading(path: Path) -> Reading:
    return read(path, project_crs=PROJECT)


def test_cells_come_out_as_they_are_and_nothing_said_is_nan(tmp_path: Path) -> None:
    found = reading(written(tmp_path / "elevation.tif", [[1, 2, -9999], [4, 5, 6]], dtype="int16")).rasters
    assert [(each.stem, each.crs_in.epsg, each.crs_basis, each.nodata) for each in found] == [
        ("elevation", 4547, "file", -9999.0)
    ]
    assert np.array_equal(
        found[0].cells, np.array([[1, 2, np.nan], [4, 5, 6]], dtype=np.float32), equal_nan=True
    )
    assert found[0].extent == (512_000.0, 2_511_980.0, 512_030.0, 2_512_000.0)


def test_the_system_is_told_as_it_is_of_features(tmp_path: Path) -> None:
    (found,) = reading(written(tmp_path / "x.tif", [[1, 2]])).rasters
    assert found.operation == transformer(PROJECT, PROJECT).operation


def test_for_no_project_grids_are_read_as_they_are(tmp_path: Path) -> None:
    found = read(
        written(tmp_path / "x.tif", [[1, 2]], crs=3857), project_crs=parse(4326), grids_as_they_are=True
    )
    assert found.refused == ()
    (grid,) = found.rasters
    assert (grid.crs_in.epsg, grid.cells.tolist()) == (3857, [[1.0, 2.0]])


def test_progress_counts_features_and_cells_by_one_measure(tmp_path: Path) -> None:
    for name in ("a", "z"):
        written(tmp_path / f"{name}.tif", np.ones((50, 50)))
    (tmp_path / "m.geojson").write_text('{"type": "Point", "coordinates": [114.1, 22.6]}')
    told: list[tuple[str, int, int]] = []
    read(tmp_path, project_crs=PROJECT, on_progress=lambda *step: told.append(step))
    whole = sum(file.stat().st_size for file in tmp_path.iterdir())
    assert {total for _, _, total in told} == {whole}
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    assert {path for path, _, _ in told} == {"a.tif", "m.geojson", "z.tif"}
    assert told[-1][1] == whole


@pytest.mark.parametrize(
    ("code", "cells", "changed"),
    [
        ("raster_crs", [[1, 2]], {"crs": 3857}),
        ("no_crs", [[1, 2]], {"crs": None}),
        ("raster_nodata", [[1, 2]], {"nodata": None}),
        (
            "raster_turned",
            [[1, 2]],
            {
                "transform": TURN @ Affine.rotation(20)
                if hasattr(Affine, "__matmul__")
                else TURN * Affine.rotation(20)
            },
        ),
        ("raster_bands", [[[1, 2]], [[3, 4]]], {}),
    ],
)
def test_refused_with_the_reason(tmp_path: Path, code: str, cells: Any, changed: dict[str, Any]) -> None:
    refused = reading(written(tmp_path / "x.tif", cells, **changed)).refused
    assert [each.code for each in refused] == [code]


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    whole = written(tmp_path / "whole.tif", np.random.default_rng(1).random((200, 200))).read_bytes()
    cut = tmp_path / "cut.tif"
    cut.write_bytes(whole[: len(whole) // 2])
    assert [each.code for each in reading(cut).refused] == ["unreadable"]


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """10 m cells, 4 x 4, values 0..15 by rows, the last of them missing; a cell says something above 5."""
    monkeypatch.setenv("HETU_HOME", str(tmp_path / "home"))
    cells = np.arange(16, dtype=np.float32).reshape(4, 4)
    cells[3, 3] = np.nan
    return raster.keep(cells, tuple(TURN)[:6], PROJECT.wkt, {"unit": "m", "says_above": 5.0})


def under(west: float, south: float, east: float, north: float) -> shapely.Geometry:
    """A site in metres from the grid's upper left corner."""
    return shapely.box(512_000 + west, 2_512_000 - south, 512_000 + east, 2_512_000 - north)


def test_a_cell_belongs_to_the_site_by_its_centre(kept: dict[str, Any]) -> None:
    share, said, told = raster.read(kept, under(0, 20, 24, 0))  # the third column's centres lie at 25 m
    assert (share, said) == (1.0, 0.0)
    assert told == {
        "cells": 4,
        "unit": "m",
        "rule": "centre",
        "min": 0.0,
        "mean": 2.5,
        "max": 5.0,
        "above": 5.0,
        "above_share": 0.0,
    }


def test_a_missing_cell_and_what_lies_beyond_the_file_are_no_data(kept: dict[str, Any]) -> None:
    share, said, told = raster.read(kept, under(20, 40, 40, 20))
    assert (share, said, told["cells"], told["max"]) == (0.75, 0.75, 3, 14.0)
    assert raster.read(kept, under(20, 40, 60, 20))[0] == pytest.approx(3 / 8)
    assert raster.read(kept, under(100, 140, 160, 100))[:2] == (0.0, 0.0)


def test_a_site_between_the_centres_is_answered_from_the_cells_it_touches(kept: dict[str, Any]) -> None:
    share, said, told = raster.read(kept, under(11, 14, 13, 11))
    assert (share, said, told["rule"], told["mean"]) == (1.0, 0.0, "touched", 5.0)


def test_the_same_cells_stand_once_and_a_lost_file_is_told(kept: dict[str, Any]) -> None:
    from db.settings import folder

    files = list(folder("rasters").iterdir())
    assert [file.name for file in files] == [kept["file"]]
    files[0].write_bytes(b"II*\0 no grid")
    with pytest.raises(Refused, match="raster_damaged"):
        raster.read(kept, under(0, 20, 20, 0))
    files[0].unlink()
    with pytest.raises(Refused, match="raster_missing"):
        raster.read(kept, under(0, 20, 20, 0))
