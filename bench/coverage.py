"""The file of ``bench intake``: one GeoPackage with a layer of polygons of about 49 vertices that share their borders, as plans do.

Coverage 0 of the recipe in ``../shared/bench`` where that is there, else one made up here. The same features every time; written once and kept.
"""

from __future__ import annotations

import importlib.util
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pyogrio.raw
import shapely
from numpy.typing import NDArray

from bench.district import SRID, Progress, kept, recipe
from layers.refusal import Refused

LAYER = "land_use_survey"
"""The layer of the catalogue that it is, so that identities and classes are checked too."""
MADE_UP, OF_RECIPE = "made up", "recipe's coverage 0"
SEED = 20260101
CELL = 52.0  # m
STEPS = 12
"""Pieces of a border between two corners: four borders of them, and the first vertex again."""
CLASSES = (
    *("0101", "0201", "0301", "0404", "0601", "0701", "0702", "0801", "0810"),
    *("0805", "1003", "1004", "1101", "1104", "1201"),
)
WEST, SOUTH = 512_500.0, 2_506_000.0
EAST, NORTH = 27_000.0, 30_000.0
"""How far copies are set off from one another, m."""
Shapes = NDArray[np.object_]


def written(features: int, copies: int, on_progress: Progress) -> tuple[Path, str]:
    """The GeoPackage with ``features`` polygons, ``copies`` times side by side, and where they come from."""
    source = OF_RECIPE if _has_recipe() else MADE_UP
    folder = kept() / "intake"
    folder.mkdir(exist_ok=True)
    package = folder / f"{'recipe' if source == OF_RECIPE else 'made'}-{features}-{copies}" / f"{LAYER}.gpkg"
    if not package.is_file():
        on_progress("bench_coverage", "", 0, 1)
        shapes, classes = _of_recipe(features) if source == OF_RECIPE else made(features)
        package.parent.mkdir(exist_ok=True)
        partial = package.with_suffix(".partial.gpkg")
        partial.unlink(missing_ok=True)
        for copy in range(copies):
            _write(partial, shapes, classes, copy)
        partial.replace(package)
        on_progress("bench_coverage", "", 1, 1)
    return package, source


def _has_recipe() -> bool:
    try:
        return recipe().is_dir()
    except Refused:
        return False


def _of_recipe(features: int) -> tuple[Shapes, NDArray[Any]]:
    maker = _loaded(recipe() / "make_district.py")
    with tempfile.TemporaryDirectory(dir=kept()) as scratch:
        maker.OUT = scratch  # type: ignore[attr-defined]
        maker.gen((0, "coverage", features))
        table = pq.read_table(Path(scratch) / "L000.parquet", columns=["cls", "geometry"])
    shapes = shapely.from_wkb(table["geometry"].to_numpy())
    return np.asarray(shapes), np.array(table["cls"].to_pylist(), dtype=object)


def _loaded(script: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_recipe", script)
    assert spec is not None
    assert spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    return maker


def made(features: int) -> tuple[Shapes, NDArray[Any]]:
    """Cells of a bent grid, and a class for each. A border bends alike on both sides of it."""
    rng = np.random.Generator(np.random.PCG64(SEED))
    columns = max(1, round(np.sqrt(features * 1.74)))
    rows = -(-features // columns)
    corner = np.stack(np.meshgrid(np.arange(columns + 1.0), np.arange(rows + 1.0)), axis=-1)
    corner[1:-1, 1:-1] += rng.uniform(-0.2, 0.2, (rows - 1, columns - 1, 2))
    corner = corner * CELL + [WEST, SOUTH]
    along, up = _bent(corner[:, :-1], corner[:, 1:], rng), _bent(corner[:-1], corner[1:], rng)
    ring = np.concatenate(
        [along[:-1, :, :-1], up[:, 1:, :-1], along[1:, :, :0:-1], up[:, :-1, :0:-1], along[:-1, :, :1]],
        axis=2,
    )
    shapes = shapely.polygons(ring.reshape(-1, 4 * STEPS + 1, 2)[:features])
    return np.asarray(shapes), np.array(CLASSES, dtype=object)[rng.integers(0, len(CLASSES), features)]


def _bent(
    start: NDArray[np.float64], end: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Lines from corner to corner, both included, on the millimetre."""
    share = np.linspace(0.0, 1.0, STEPS + 1)[:, None]
    way = (end - start)[..., None, :]
    across = np.stack([-way[..., 1], way[..., 0]], axis=-1)
    stray = np.minimum(share, 1 - share) * rng.uniform(-0.12, 0.12, (*start.shape[:2], STEPS + 1, 1))
    return np.asarray(np.round(start[..., None, :] + way * share + across * stray, 3))


def _write(package: Path, shapes: Shapes, classes: NDArray[Any], copy: int) -> None:
    count = len(shapes)
    first = copy * count
    off = np.array([EAST * (copy % 2), NORTH * (copy // 2)])
    moved = shapes if not copy else shapely.transform(shapes, lambda xy: np.round(xy + off, 3))
    numbers = np.arange(first + 1, first + count + 1)
    columns: dict[str, NDArray[Any]] = {
        "BSM": numbers,
        "TBBH": np.array([f"TB{number:07d}" for number in numbers], dtype=object),
        "DLMC": np.array([f"L000-{number}" for number in numbers], dtype=object),
        "DLBM": classes,
    }
    pyogrio.raw.write(
        package, shapely.to_wkb(moved), list(columns.values()), np.array(list(columns), dtype=object),
        layer=LAYER, driver="GPKG", crs=f"EPSG:{SRID}", geometry_type="Polygon", append=copy > 0,
    )  # fmt: skip
