"""A great demo from beginning to end: districts drawn side by side by processes of their own, each layer appended to its file and let go, and the notes
they leave put together to the answer key. This process holds notes and rasters, never a layer.

The files are the same however many processes drew them.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from demo import answer_key, files, rasters
from demo.measuring import cells_in
from demo.one_tile import draw
from demo.sites import CONTROL_LINES, DEMO_SITE
from demo.sizes import Size
from demo.tiles import Tile, cut
from layers import catalogue as catalogues
from layers.model import Layer

PROCESSES = 2
READ_ME = {name: answer_key.READ_ME[name] for name in ("layers", "sites", "exact", "rasters")} | {
    "brief": "of a great district: plain sites only, without rules, conflicts and overlaps; of a site a layer is left out where an amount is marginal"
}
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Streamed:
    """key: the answer key, already written; peak_bytes: memory of the process that took most."""

    key: dict[str, Any]
    outline: shapely.Geometry
    features: int
    peak_bytes: int


def make(folder: Path, size: Size, seed: int, tell: Tell, processes: int = PROCESSES) -> Streamed:
    """``delivery/`` and ``answer_key.json`` in the folder. OSError where a district's process met one."""
    target, book = folder / "delivery", folder / "notes"
    for made in (target, book):
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
    tiles = cut(seed, size)
    _drawn(tiles, target, book, tell, processes)
    tell("key", 0, 1)
    notes = _Notes(book, tiles)
    layers = catalogues.load().layers
    images = [_raster(notes, target, layer) for layer in layers.values() if layer.kind == "raster"]
    for layer in layers.values():
        files.declare(target, layer, notes.coverage(layer.code))
    key = {
        "read_me": READ_ME,
        "seed": seed,
        "size": size.name,
        "srid": 4547,
        "outline": json.loads(shapely.to_geojson(notes.outline)),
        "demo_site": DEMO_SITE,
        "control_lines": list(CONTROL_LINES),
        "layers": {code: notes.layer(code) for code, layer in layers.items() if layer.kind != "raster"}
        | {image.layer.code: answer_key.raster_entry(image) for image in images},
        "sites": list(notes.sites(layers, images)),
    }
    path = folder / "answer_key.json"
    path.write_text(json.dumps(key, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    shutil.rmtree(book)
    tell("key", 1, 1)
    features = sum(layer["read"] for layer in key["layers"].values() if "read" in layer)
    return Streamed(key, notes.outline, features, max(one["peak_bytes"] for one in notes.wholes))


def _drawn(tiles: list[Tile], target: Path, book: Path, tell: Tell, processes: int) -> None:
    """Each district by a process of its own, begun in their order: one waits for rows of the one before."""
    context = multiprocessing.get_context(
        "spawn"
    )  # a clean one: whoever calls this may have threads and connections
    alone = processes if len(tiles) == 1 else 1
    waiting, running = list(tiles), list[BaseProcess]()
    whole = len(tiles) * len(catalogues.load().layers)
    try:
        while waiting or running:
            for ended in [one for one in running if not one.is_alive()]:
                running.remove(ended)
                if ended.exitcode:
                    _fail(book, ended.exitcode)
            while waiting and len(running) < processes // alone:
                running.append(context.Process(target=draw, args=(target, book, waiting.pop(0), alone)))
                running[-1].start()
            grounds, layers = len(list(book.glob("*-ground.json"))), len(list(book.glob("*-*.json")))
            tell("ground", grounds, len(tiles))
            if grounds:
                tell("layers", layers - grounds, whole)
            time.sleep(0.1)
    finally:
        for one in running:
            one.terminate()
            one.join()


def _fail(book: Path, code: int) -> None:
    try:
        told = json.loads((book / "failed.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        told = {"errno": None, "reason": f"ended with {code}"}
    if told["errno"] is not None:
        raise OSError(told["errno"], os.strerror(told["errno"]))
    raise RuntimeError(f"a district could not be drawn: {told['reason']}")


class _Notes:
    """What the districts' processes wrote down, in the order of the districts."""

    def __init__(self, book: Path, tiles: list[Tile]) -> None:
        self.book, self.tiles = book, tiles
        self.wholes = [self._read(f"{tile.number:02d}.json") for tile in tiles]
        self.outline = _united(one["outline"] for one in self.wholes)

    def _read(self, name: str) -> dict[str, Any]:
        told: dict[str, Any] = json.loads((self.book / name).read_text(encoding="utf-8"))
        return told

    def _all(self, code: str) -> list[dict[str, Any]]:
        return [self._read(f"{tile.number:02d}-{code}.json") for tile in self.tiles]

    def coverage(self, code: str) -> shapely.Geometry | None:
        found = [one["coverage"] for one in self._all(code)]
        return None if None in found else _united(found)

    def layer(self, code: str) -> dict[str, Any]:
        """The districts' entries as one: what can be counted is summed, rows are those of the file."""
        notes = self._all(code)
        entries = [one["layer"] for one in notes]
        first = [0, *(one["rows"] for one in notes[:-1])]
        aside: dict[str, list[int]] = {}
        classes: dict[str, float] = {}
        for before, entry in zip(first, entries, strict=True):
            for reason, rows in entry["set_aside"].items():
                aside.setdefault(reason, []).extend(before + row for row in rows)
            for name, amount in entry["classes"].items():
                classes[name] = classes.get(name, 0.0) + amount
        spoken = [entry["coverage_m2"] for entry in entries]
        return entries[0] | {
            **{name: sum(entry[name] for entry in entries) for name in ("read", "kept", "total")},
            "set_aside": aside,
            "classes": dict(sorted(classes.items())),
            "coverage_m2": None if None in spoken else sum(spoken),
        }

    def sites(self, layers: Mapping[str, Layer], images: list[rasters.Delivered]) -> Iterator[dict[str, Any]]:
        answers: dict[str, dict[str, Any]] = {}
        for code, layer in layers.items():
            if layer.kind != "raster":
                for note in self._all(code):
                    for site, answer in note["sites"].items():
                        answers.setdefault(site, {})[code] = answer
        for whole in self.wholes:
            for site in whole["sites"]:
                shape = shapely.from_geojson(json.dumps(site["geometry"]))
                cells = {image.layer.code: cells_in(image, shape) for image in images}
                yield site | {"layers": answers.get(site["name"], {}), "rasters": cells}


def _raster(notes: _Notes, target: Path, layer: Layer) -> rasters.Delivered:
    """The districts' cells in one image: all grids lie on multiples of the cell, and a cell belongs to whose outline holds its middle."""
    parts = [np.load(notes.book / f"{tile.number:02d}-{layer.code}.npz") for tile in notes.tiles]
    cell = float(parts[0]["cell"])
    west, south = min(part["x"][0] for part in parts), min(part["y"][-1] for part in parts)
    east, north = max(part["x"][-1] for part in parts), max(part["y"][0] for part in parts)
    x = west + np.arange(round((east - west) / cell) + 1) * cell
    y = north - np.arange(round((north - south) / cell) + 1) * cell
    cells: np.ndarray = np.full((len(y), len(x)), rasters.NODATA, dtype=np.float32)
    for part in parts:
        row, column = round((north - part["y"][0]) / cell), round((part["x"][0] - west) / cell)
        own = part["cells"]
        window = cells[row : row + own.shape[0], column : column + own.shape[1]]
        said = own != rasters.NODATA
        window[said] = own[said]
    whole = rasters.Delivered(layer, cells, x, y, cell, notes.coverage(layer.code))
    rasters.write(target / f"{files.stem(layer)}.tif", whole)
    return whole


def _united(hexes: Any) -> shapely.Geometry:
    found = shapely.from_wkb(list(hexes))
    return found[0] if len(found) == 1 else shapely.union_all(found)
