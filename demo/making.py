"""One demo from beginning to end: ground, recipes, files, rasters, answer key, with progress told on the way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import shapely

from demo import answer_key, delivery, files, rasters, streaming
from demo.ground import make_ground
from demo.measuring import Index
from demo.recipes import RASTERS, RECIPES
from demo.sites import choose
from demo.sizes import SIZES, Size
from layers import catalogue as catalogues

WORKSPACE = "demo"
TITLE = "示范区"
TITLES = {"small": TITLE, "district": "示范区（百万要素）", "city": "示范市"}
"""Of a workspace, by size."""
SRID = 4547
SEED = 20260101

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Made:
    """delivery: the folder to import; sites: named sites in EPSG:4547, `DEMO_SITE` among them; features: rows in all files; peak_bytes: memory
    of the process that took most, where others did the drawing."""

    delivery: Path
    key: Path
    outline: shapely.Geometry
    sites: dict[str, shapely.Geometry]
    features: int
    files: int
    peak_bytes: int | None = None


def make(folder: Path, size: str = "small", seed: int = SEED, on_progress: Progress | None = None) -> Made:
    """on_progress(step, done, all) with step one of ground, layers, key."""

    def tell(step: str, done: int, whole: int) -> None:
        if on_progress is not None:
            on_progress(step, done, whole)

    if SIZES[size].streamed:
        return _streamed(folder, SIZES[size], seed, tell)
    catalogue = catalogues.load()
    tell("ground", 0, 1)
    ground = make_ground(seed, SIZES[size])
    target = folder / "delivery"
    target.mkdir(parents=True, exist_ok=True)
    delivered: list[delivery.Delivered] = []
    images: list[rasters.Delivered] = []
    for done, layer in enumerate(catalogue.layers.values()):
        tell("layers", done, len(catalogue.layers))
        if layer.kind == "raster":
            images.append(rasters.deliver(ground, layer, getattr(ground.land, RASTERS[layer.code])))
            rasters.write(target / f"{files.stem(layer)}.tif", images[-1])
            files.declare(target, layer, images[-1].coverage)
            continue
        delivered.append(delivery.deliver(ground, catalogue, layer, RECIPES[layer.code](ground)))
        files.write(target, delivered[-1])
    tell("key", 0, 1)
    index = {one.layer.code: Index(one, ground.outline) for one in delivered}
    sites = choose(ground, index)
    key = answer_key.compute(ground, delivered, images, index, sites, catalogue.classes)
    path = folder / "answer_key.json"
    path.write_text(json.dumps(key, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    tell("key", 1, 1)
    return Made(
        delivery=target,
        key=path,
        outline=ground.outline,
        sites={site.name: site.shape for site in sites},
        features=sum(len(one.shapes) for one in delivered),
        files=sum(1 for _ in target.iterdir()),
    )


def _streamed(folder: Path, size: Size, seed: int, tell: Progress) -> Made:
    done = streaming.make(folder, size, seed, tell)
    shapes = {site["name"]: shapely.from_geojson(json.dumps(site["geometry"])) for site in done.key["sites"]}
    target = folder / "delivery"
    return Made(
        delivery=target,
        key=folder / "answer_key.json",
        outline=done.outline,
        sites=shapes,
        features=done.features,
        files=sum(1 for _ in target.iterdir()),
        peak_bytes=done.peak_bytes,
    )
