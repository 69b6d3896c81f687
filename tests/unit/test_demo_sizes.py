"""Great demos: districts drawn side by side and streamed to files, the same however many processes draw; shown on a tiny city of two."""

from __future__ import annotations

import errno
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyogrio
import pytest
import rasterio
import shapely

from demo import files, one_tile, streaming
from demo.making import SEED, TITLES
from demo.one_tile import told_if_it_fails
from demo.sites import DEMO_SITE
from demo.sizes import SIZES
from demo.streaming import Streamed
from demo.tiles import cut
from layers import catalogue as catalogues

TINY = replace(
    SIZES["small"], name="tiny", area_km2=300.0, subdistricts=16, communities=80, block_ha=20.0, parcel_ha=5.0, raster_m=60.0,
    tiles=2, streamed=True,
)  # fmt: skip
_KEPT = TemporaryDirectory(prefix="hetu-sizes-", ignore_cleanup_errors=True)
STEPS: list[tuple[str, int, int]] = []


def drawn(name: str, processes: int) -> Streamed:
    folder = Path(_KEPT.name) / name
    folder.mkdir()
    return streaming.make(folder, TINY, SEED, lambda *step: STEPS.append(step), processes)


@cache
def made() -> Streamed:
    return drawn("two", 2)


def delivery(name: str = "two") -> Path:
    made()
    return Path(_KEPT.name) / name / "delivery"


def rows(code: str) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    layer = catalogues.load().layers[code]
    meta, _, wkb, columns = pyogrio.raw.read(delivery() / files.package_name(layer))
    return np.asarray(shapely.from_wkb(wkb)), dict(zip(meta["fields"], columns, strict=True))


def test_a_million_and_ten_million_are_streamed_and_only_the_city_is_cut() -> None:
    assert [size.streamed for size in SIZES.values()] == [False, True, True]
    assert [size.tiles for size in SIZES.values()] == [1, 1, 10]
    assert set(TITLES) == set(SIZES)
    tile = SIZES["city"].tile()
    assert (tile.tiles, tile.subdistricts, tile.communities) == (1, 8, 111)
    assert tile.area_km2 == pytest.approx(SIZES["district"].area_km2)


def test_districts_of_a_city_are_as_large_as_one_another_and_meet_without_gap_or_overlap() -> None:
    outlines = [tile.frame.outline for tile in cut(SEED, SIZES["city"]) if tile.frame]
    assert len(outlines) == 10
    area = shapely.area(outlines)
    assert area.max() / area.min() < 1.05
    whole = shapely.union_all(outlines)
    assert whole.geom_type == "Polygon"
    assert not whole.interiors
    assert whole.area == pytest.approx(area.sum(), rel=1e-12)


def test_a_district_alone_draws_its_outline_itself_and_keeps_its_code() -> None:
    (only,) = cut(SEED, SIZES["district"])
    assert (only.frame, only.code, only.seed) == (None, "440307", SEED)


def test_every_layer_of_the_catalogue_has_its_file_and_every_vector_is_a_geopackage() -> None:
    layers = catalogues.load().layers
    made()
    expected = {
        f"{files.stem(layer)}.tif" if layer.kind == "raster" else files.package_name(layer)
        for layer in layers.values()
    }
    declared = {
        f"{files.stem(layer)}.coverage.geojson" for layer in layers.values() if layer.coverage == "file"
    }
    assert {path.name for path in delivery().iterdir()} == expected | declared
    assert {step for step, _, _ in STEPS} == {"ground", "layers", "key"}


def test_the_bytes_do_not_tell_how_many_processes_drew() -> None:
    made()
    drawn("one", 1)

    def digests(name: str) -> dict[str, str]:
        folder = Path(_KEPT.name) / name
        every = (path for path in sorted(folder.rglob("*")) if path.is_file())
        return {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in every
        }

    assert digests("one") == digests("two")
    assert not (Path(_KEPT.name) / "two" / "notes").exists()


@pytest.mark.parametrize("code", ["land_parcel", "cadastral_parcel", "address", "road_centreline", "sewer"])
def test_rows_of_both_districts_stand_in_one_file_numbered_through(code: str) -> None:
    _, columns = rows(code)
    count = len(columns["BSM"])
    assert columns["BSM"].tolist() == list(range(1, count + 1))
    assert made().key["layers"][code]["read"] == count
    ident = catalogues.load().layers[code].identify[0]
    if ident.endswith("BH"):
        assert {str(value)[:6] for value in columns[ident]} >= {"440301", "440302"}
        assert len(set(columns[ident])) == count


def test_plans_of_the_two_districts_cover_the_city_once() -> None:
    shapes, _ = rows("land_use_survey")
    assert shapely.is_valid(shapes).all()
    assert shapely.area(shapes).sum() == pytest.approx(made().outline.area, rel=1e-12)
    assert shapely.union_all(shapes).area == pytest.approx(made().outline.area, rel=1e-9)
    districts, columns = rows("district")
    assert columns["XZQDM"].tolist() == ["440301", "440302"]
    assert shapely.union_all(districts).equals(made().outline)


@pytest.mark.parametrize("code", ["building", "land_use_survey", "power_line", "place_name"])
def test_the_key_says_of_a_layer_what_stands_in_its_file(code: str) -> None:
    shapes, _ = rows(code)
    told = made().key["layers"][code]
    aside = sorted(row for found in told["set_aside"].values() for row in found)
    kept = np.setdiff1d(np.arange(len(shapes)), aside)
    assert (told["read"], told["kept"]) == (len(shapes), len(kept))
    measure = {"polygon": shapely.area, "line": shapely.length}.get(
        told["kind"], lambda found: np.ones(len(found))
    )
    assert told["total"] == pytest.approx(float(measure(shapes[kept]).sum()), rel=1e-9)
    bad = shapes[aside] if aside else np.empty(0, dtype=object)
    assert all(shape is None or shape.is_empty or not shape.is_valid for shape in bad)
    assert len(bad) == 2 * len({"building": range(4)}.get(code, ()))


def test_the_key_says_of_a_site_what_geos_finds_in_the_file() -> None:
    sites = made().key["sites"]
    assert sites[0]["name"] == DEMO_SITE
    second = [site for site in sites if site["name"].endswith("_1")]
    assert second
    for site in (sites[0], second[-1], max(second, key=lambda site: site["area_m2"])):
        shape = shapely.from_geojson(json.dumps(site["geometry"]))
        for code in ("land_parcel", "building", "land_use_master_plan"):
            if code in site["layers"]:
                _compare(site["layers"][code], rows(code), catalogues.load().layers[code].identify[0], shape)


def _compare(told: dict[str, Any], found: tuple[np.ndarray, dict[str, Any]], ident: str, site: Any) -> None:
    shapes, columns = found
    usable = shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    near = np.flatnonzero(usable & shapely.intersects(shapes, site))
    area = shapely.area(shapely.intersection(shapes[near], site))
    hits = {
        int(row): (str(columns[ident][row]), float(each))
        for row, each in zip(near, area, strict=True)
        if each > 0
    }
    said = {row: (name, amount) for row, name, _, amount in told.get("hits", [])}
    assert said.keys() == hits.keys()
    for row, (name, amount) in hits.items():
        assert said[row] == (name, pytest.approx(amount, rel=1e-9))


def test_cells_of_both_districts_make_one_image_without_a_seam() -> None:
    with rasterio.open(delivery() / "elevation.tif") as image:
        height, cell = image.read(1), image.res[0]
        place = image.transform
    said = height != image.nodata
    assert said.sum() * cell**2 == pytest.approx(made().outline.area, rel=0.01)
    assert made().key["layers"]["elevation"]["with_value"] == said.sum()
    south, north = (tile.frame.outline for tile in cut(SEED, TINY) if tile.frame)
    border = shapely.intersection(south.boundary, north.boundary)
    middle = border.interpolate(0.5, normalized=True)
    column, row = (int(value) for value in ~place * (middle.x, middle.y))
    assert (
        abs(float(height[row - 1, column]) - float(height[row + 1, column])) < 12.0
    )  # it is level along a border


def test_a_districts_failure_is_told_with_its_errno(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="space"), told_if_it_fails(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(OSError, match="space") as told:
        streaming._fail(tmp_path, 1)
    assert told.value.errno == errno.ENOSPC


def test_a_district_whose_process_is_killed_is_a_failure_and_no_delivery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "draw", _dies)
    with pytest.raises(RuntimeError, match="ended with -9"):
        streaming.make(tmp_path, TINY, SEED, lambda *_: None)
    assert not (tmp_path / "answer_key.json").exists()


def _dies(*_: object) -> None:
    import os
    import signal

    os.kill(os.getpid(), signal.SIGKILL)


def test_layers_of_a_district_alone_are_shared_out_and_each_is_drawn_once(tmp_path: Path) -> None:
    class Drawing:
        def __init__(self) -> None:
            self.book, self.codes = tmp_path, [f"layer{number}" for number in range(12)]

        def layer(self, code: str) -> None:
            (self.book / f"{code}.drawn").touch(exist_ok=False)

    one_tile._by(2, Drawing())  # type: ignore[arg-type]
    assert len(list(tmp_path.glob("*.drawn"))) == 12


@pytest.fixture(scope="module", autouse=True)
def _emptied() -> Iterator[None]:
    yield
    made.cache_clear()
    _KEPT.cleanup()
