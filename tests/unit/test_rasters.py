"""Grids from a file to an answer: opened in the sandbox, kept as our own, read under a site by cell centres."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import Affine

from api.language import LANGUAGES, Speech
from db.settings import folder
from gis import raster
from gis.cells import Nodata, answered
from gis.crs import parse, transformer
from gis.readers import Note, Reading, read
from gis.reading.stand_ins import StandIns
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


def reading(path: Path, nodata: Nodata | None = None) -> Reading:
    return read(path, project_crs=PROJECT, nodata=nodata)


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
        ("crs_question", [[1, 2]], {"crs": None}),
        ("datum_needs_parameters", [[1, 2]], {"crs": 2383}),
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


GROUND = [[-9999, 12, 13], [14, -9999, 16], [17, 18, 19]]


def silent(path: Path, cells: Any = GROUND, **changed: Any) -> Path:
    """A grid that declares no nodata value."""
    return written(path, cells, nodata=None, **changed)


def test_who_is_asked_about_nodata_is_shown_what_may_be_it(tmp_path: Path) -> None:
    (no,) = reading(silent(tmp_path / "x.tif", dtype="int16")).refused
    assert (no.code, no.params["found"], no.params["example"]) == ("raster_nodata", ["-9999 × 2"], "-9999")
    for language in LANGUAGES:
        sentence = Speech(language).reason(no.code, no.params)
        assert all(word in sentence for word in ("x.tif", "-9999 × 2", "--nodata -9999", "--nodata none"))
    (no,) = reading(silent(tmp_path / "y.tif", [[1, 2], [3, 4]])).refused
    assert (no.code, no.params["found"]) == ("raster_nodata", None)


@pytest.mark.parametrize("kind", ["int16", "int32", "float32", "float64"])
def test_the_answer_is_taken_where_the_file_says_nothing(tmp_path: Path, kind: str) -> None:
    (found,) = reading(silent(tmp_path / "x.tif", dtype=kind), answered("-9999")).rasters
    assert np.isnan(found.cells).tolist() == [[True, False, False], [False, True, False], [False] * 3]
    assert (found.nodata, found.notes) == (
        -9999.0,
        (Note("nodata_answered", {"nodata": "-9999", "missing": 2}),),
    )


def test_a_value_between_the_numbers_of_the_type_is_the_one_the_file_holds(tmp_path: Path) -> None:
    (found,) = reading(silent(tmp_path / "x.tif", [[-9999.9, 1, 2]]), answered("-9999.9")).rasters
    assert np.isnan(found.cells).tolist() == [[True, False, False]]
    (told,) = reading(written(tmp_path / "y.tif", [[-9999.9, 1, 2]], nodata=-9999.9), -9999.9).rasters
    assert np.isnan(told.cells).tolist() == [[True, False, False]]


def test_somebody_may_say_that_every_cell_holds_a_value(tmp_path: Path) -> None:
    (found,) = reading(silent(tmp_path / "x.tif"), answered(" None ")).rasters
    assert found.cells.tolist() == GROUND
    assert found.notes == (Note("nodata_none", {"found": ["-9999 × 2"]}),)
    (found,) = reading(silent(tmp_path / "y.tif", [[1.0, np.nan]]), "none").rasters
    assert np.isnan(found.cells).tolist() == [[False, True]]  # what is no number is no value, whoever says so


@pytest.mark.parametrize(
    ("code", "nodata", "changed"),
    [
        ("raster_nodata_differs", -32768.0, {}),
        ("raster_nodata_differs", "none", {}),
        ("raster_nodata_differs", float("nan"), {}),
        ("raster_nodata_type", -9999.0, {"nodata": None, "dtype": "uint8", "cells": [[0, 1], [2, 3]]}),
        ("raster_nodata_type", 0.5, {"nodata": None, "dtype": "int16"}),
        ("raster_nodata_type", 1e39, {"nodata": None}),
    ],
)
def test_an_answer_that_contradicts_the_file_is_refused(
    tmp_path: Path, code: str, nodata: Nodata, changed: dict[str, Any]
) -> None:
    cells = changed.pop("cells", GROUND)
    (no,) = reading(written(tmp_path / "x.tif", cells, **changed), nodata).refused
    assert no.code == code
    assert all(str(param) in Speech("en").reason(no.code, no.params) for param in no.params.values())


def test_the_same_answer_as_the_file_is_no_contradiction(tmp_path: Path) -> None:
    (found,) = reading(written(tmp_path / "x.tif", GROUND, dtype="int16"), -9999.0).rasters
    assert (int(np.isnan(found.cells).sum()), found.notes) == (2, ())
    (found,) = reading(written(tmp_path / "y.tif", [[np.nan, 1]], nodata=np.nan), answered("nan")).rasters
    assert (np.isnan(found.cells).tolist(), found.nodata) == ([[True, False]], None)


def test_a_mask_is_an_answer_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x.tif"
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        rasterio.open(
            path, "w", driver="GTiff", count=1, height=1, width=3, dtype="float32", crs=4547, transform=TURN
        ) as out,
    ):
        out.write(np.array([[[1, 2, 3]]], dtype=np.float32))
        out.write_mask(np.array([[255, 0, 255]], dtype=np.uint8))
    (found,) = reading(path).rasters
    assert np.isnan(found.cells).tolist() == [[False, True, False]]
    assert [each.code for each in reading(path, -9999.0).refused] == ["raster_nodata_mask"]


@pytest.mark.parametrize("text", ["", "nothing", "-9,999", "inf", "-9999 m", "1e999"])
def test_an_answer_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="nodata_unreadable"):
        answered(text)


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ([[-32768, -9999, 5], [6, 7, -9999]], [(-9999.0, 2), (-32768.0, 1)]),
        ([[255, 1, 2], [3, 4, 255]], [(255.0, 2)]),
        ([[254, 255, 256], [1, 2, 3]], []),  # 255 m of ground
        ([[-1e6, 210, 212], [214, 216, 250]], [(-1e6, 1)]),
        ([[3.4e38, 1, 2], [3, 4, 5]], [(float(np.float32(3.4e38)), 1)]),
        ([[0, 0, 0], [0, 310, 311]], [(0.0, 4)]),  # an empty margin
        ([[310, 0, 40], [200, 90, 311]], []),  # sea level somewhere inside
        ([[1, 2, 3], [4, 5, 6]], []),
        ([[7, 7, 7], [7, 7, 7]], []),
        ([[np.nan] * 3] * 2, []),
    ],
)
def test_what_may_stand_for_no_data(cells: Any, found: list[tuple[float, int]]) -> None:
    grid = np.array(cells, dtype=np.float32)
    corners = grid[[0, 0, -1, -1], [0, -1, 0, -1]]
    whole, strip_by_strip = StandIns(grid.size), StandIns(grid.size)
    whole.see(grid)
    for strip in grid:
        strip_by_strip.see(strip[None])
    assert whole.found(corners) == strip_by_strip.found(corners) == found


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
        "histogram": [  # four of four cells, in steps of half a metre: 0, 1, 4, 5
            {"from": 0.5 * step, "to": 0.5 * step + 0.5, "share": 0.25 if step in (0, 1, 7, 9) else 0.0}
            for step in range(10)
        ],
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
    files = list(folder("rasters").iterdir())
    assert [file.name for file in files] == [kept["file"]]
    files[0].write_bytes(b"II*\0 no grid")
    with pytest.raises(Refused, match="raster_damaged"):
        raster.read(kept, under(0, 20, 20, 0))
    files[0].unlink()
    with pytest.raises(Refused, match="raster_missing"):
        raster.read(kept, under(0, 20, 20, 0))


def big(seed: int = 3) -> Any:
    """More than one tile each way, with a hole."""
    cells = np.random.default_rng(seed).random((700, 900), dtype=np.float32) * 40
    cells[100:150, 200:300] = np.nan
    return cells


def named(cells: Any) -> str:
    """The name the first landing gave these cells."""
    filled = np.where(np.isfinite(cells), cells, np.float32(raster.NODATA)).astype(np.float32)
    turn = tuple(float(value) for value in TURN[:6])
    return hashlib.sha256(filled.tobytes() + repr(turn).encode()).hexdigest() + ".tif"


def test_cells_are_kept_cloud_optimised_under_the_name_of_their_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HETU_HOME", str(tmp_path))
    cells = big()
    told = raster.keep(cells, tuple(TURN)[:6], PROJECT.wkt, {"unit": "degree"})
    assert told["file"] == named(cells)
    assert [file.name for file in folder("rasters").iterdir()] == [told["file"]]
    with rasterio.open(folder("rasters") / told["file"]) as file:
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert (file.block_shapes, file.dtypes, file.nodata) == ([(256, 256)], ("float32",), raster.NODATA)
        assert (file.compression.value, file.tags(ns="IMAGE_STRUCTURE")["PREDICTOR"]) == ("DEFLATE", "3")
        assert file.overviews(1) == [2, 4]
        assert file.crs.to_epsg() == 4547
        assert np.array_equal(file.read(1, masked=True).filled(np.nan), cells, equal_nan=True)


def test_cells_kept_by_an_earlier_landing_keep_their_name_and_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells, site = big(), under(500, 2_000, 4_000, 900)
    monkeypatch.setenv("HETU_HOME", str(tmp_path / "now"))
    now = raster.read(raster.keep(cells, tuple(TURN)[:6], PROJECT.wkt, {}), site)
    monkeypatch.setenv("HETU_HOME", str(tmp_path / "then"))
    filled = np.where(np.isfinite(cells), cells, np.float32(raster.NODATA))
    old = written(
        folder("rasters") / named(cells), filled, nodata=raster.NODATA, tiled=True, blockxsize=256,
        blockysize=256, compress="deflate", predictor=3,
    )  # fmt: skip
    before = old.read_bytes()
    assert raster.read(raster.keep(cells, tuple(TURN)[:6], PROJECT.wkt, {}), site) == now
    assert old.read_bytes() == before


def test_a_large_site_is_read_strip_by_strip_to_the_same_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HETU_HOME", str(tmp_path))
    kept = raster.keep(big(), tuple(TURN)[:6], PROJECT.wkt, {"unit": "m", "says_above": 20.0})
    round_site = shapely.Point(516_000, 2_508_000).buffer(5_000)  # beyond the file on three sides
    whole = raster.read(kept, round_site)
    monkeypatch.setattr(raster, "AT_ONCE", 10_000)
    assert raster.read(kept, round_site) == whole
    assert 0 < whole[1] < whole[0] < 1


def test_under_a_site_the_shares_of_all_its_cells_are_told(kept: dict[str, Any]) -> None:
    found = raster.under(kept, under(20, 40, 60, 20))  # 10, 11, 14, one missing, four beyond the file
    assert (found.cells, found.rule, found.values.tolist()) == (8, "centre", [10.0, 11.0, 14.0])
    assert (found.held, found.least, found.mean, found.most) == (0.375, 10.0, 11.667, 14.0)
    assert [found.share_above(level) for level in (9, 10, 11, 14)] == [0.375, 0.25, 0.125, 0.0]
    assert sum(each["share"] for each in found.histogram()) == pytest.approx(found.held)
    nothing = raster.under(kept, under(100, 140, 160, 100))
    assert (nothing.held, nothing.least, nothing.mean, nothing.most) == (0.0, None, None, None)
    assert (nothing.share_above(0), nothing.histogram()) == (0.0, [])


def test_a_cell_is_not_above_the_value_it_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HETU_HOME", str(tmp_path))
    cells = np.full((2, 2), 0.15, dtype=np.float32)  # as float64 0.15000000596
    kept = raster.keep(cells, tuple(TURN)[:6], PROJECT.wkt, {"unit": "m", "says_above": 0.15})
    share, said, told = raster.read(kept, under(0, 20, 20, 0))
    assert (share, said, told["above_share"], told["max"]) == (1.0, 0.0, 0.0, 0.15)
