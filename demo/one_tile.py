"""One district drawn layer by layer, each written to its file and let go; what the answer key will say of it is noted beside.

Runs in a process of its own. Of a city's districts each waits, layer by layer, for the one before, so that rows stand in one order whoever is quicker;
a district alone shares its layers out among processes, for each file is one layer. It holds the ground and one layer.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from demo import answer_key, delivery, files, rasters
from demo.delivery import Delivered
from demo.discord import discord
from demo.ground import Ground
from demo.measuring import Index
from demo.recipes import RASTERS, RECIPES
from demo.sites import DEMO_SITE, MEETING, WHERE_MUCH_MEETS, Site, demo_site, plain
from demo.tiles import Tile
from layers import catalogue as catalogues
from layers.model import Catalogue, Layer

FARMS = 60
"""On so many farms the demo site is looked for: there are hundreds in a great district, and each is asked of a dozen layers."""
WHOSE = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
Held = dict[str, tuple[Delivered, Index]]


def draw(target: Path, book: Path, tile: Tile, processes: int) -> None:
    """Layers into ``target``, notes into ``book``: ``<tile>-<layer>.json`` each, and ``<tile>.json`` of the whole."""
    with told_if_it_fails(book):
        _draw(target, book, tile, processes)


@contextlib.contextmanager
def told_if_it_fails(book: Path) -> Iterator[None]:
    """The first failure stands in ``failed.json``: errno, if it has one, and words."""
    try:
        yield
    except Exception as error:
        number = error.errno if isinstance(error, OSError) else None
        if not (book / "failed.json").exists():
            keep(book / "failed.json", {"errno": number, "reason": f"{type(error).__name__}: {error}"})
        raise


def _draw(target: Path, book: Path, tile: Tile, processes: int) -> None:
    ground = tile.ground()
    keep(book / f"{tile.number:02d}-ground.json", {})
    catalogue = catalogues.load()
    held = dict(_held(ground, catalogue)) if tile.number == 0 else {}
    sites = _sites(ground, {code: index for code, (_, index) in held.items()}, tile)
    drawing = _Drawing(target, book, tile, ground, catalogue, held, sites)
    _by(processes if tile.frame is None else 1, drawing)
    keep(
        book / f"{tile.number:02d}.json",
        {
            "outline": shapely.to_wkb(ground.outline, hex=True),
            "sites": [answer_key.site_entry(site) for site in sites],
            "peak_bytes": 1024 * max(resource.getrusage(who).ru_maxrss for who in WHOSE),
        },
    )


def keep(path: Path, told: Mapping[str, Any]) -> None:
    """There whole or not at all: whoever waits for it sees nothing of it being written."""
    partial = path.with_suffix(f".{os.getpid()}")
    partial.write_text(json.dumps(told, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    partial.replace(path)


def _held(ground: Ground, catalogue: Catalogue) -> Iterator[tuple[str, tuple[Delivered, Index]]]:
    """The layers that choose the demo site."""
    for code in (*MEETING, "power_line"):
        layer = catalogue.layers[code]
        one = delivery.deliver(ground, catalogue, layer, RECIPES[code](ground))
        yield code, (one, Index(one, ground.outline))


def _sites(ground: Ground, index: dict[str, Index], tile: Tile) -> list[Site]:
    sites = [Site(DEMO_SITE, WHERE_MUCH_MEETS, demo_site(ground, index, FARMS))] if index else []
    ending = f"_{tile.number}" if tile.number else ""
    return sites + [
        replace(site, name=site.name + ending)
        for site in plain(ground)
        if shapely.covers(ground.outline, site.shape)
    ]


class _Drawing:
    def __init__(
        self,
        target: Path,
        book: Path,
        tile: Tile,
        ground: Ground,
        catalogue: Catalogue,
        held: Held,
        sites: Sequence[Site],
    ) -> None:
        self.target, self.book, self.tile, self.ground = target, book, tile, ground
        self.catalogue, self.held, self.sites = catalogue, held, sites
        self.codes = list(catalogue.layers)
        # What many recipes share is worked out before the layers are shared out.
        for shared in ("area", "middles", "open_ground", "coarse", "lines", "footprints", "wild"):
            getattr(ground, shared)
        discord(ground)

    def layer(self, code: str) -> None:
        layer = self.catalogue.layers[code]
        if layer.kind == "raster":
            self._raster(layer)
            return
        one, index = self.held.pop(code) if code in self.held else self._drawn(layer)
        before = self._before(code)
        one.columns["BSM"] = one.columns["BSM"] + before
        files.append(self.target, one, before)
        answers = {}
        for site in self.sites:
            answer = index.answer(site.shape)
            if answer.fit:
                answers[site.name] = answer_key.answer_entry(one, answer, before)
        keep(
            self._note(self.tile.number, code),
            {
                "rows": before + len(one.shapes),
                "layer": answer_key.layer_entry(one, index, streamed=True),
                "sites": answers,
                "coverage": None if one.coverage is None else shapely.to_wkb(one.coverage, hex=True),
            },
        )

    def _drawn(self, layer: Layer) -> tuple[Delivered, Index]:
        one = delivery.deliver(self.ground, self.catalogue, layer, RECIPES[layer.code](self.ground))
        return one, Index(one, self.ground.outline)

    def _raster(self, layer: Layer) -> None:
        image = rasters.deliver(self.ground, layer, getattr(self.ground.land, RASTERS[layer.code]))
        np.savez(
            self.book / f"{self.tile.number:02d}-{layer.code}.npz",
            cells=image.cells,
            x=image.x,
            y=image.y,
            cell=image.cell,
        )
        coverage = None if image.coverage is None else shapely.to_wkb(image.coverage, hex=True)
        keep(self._note(self.tile.number, layer.code), {"coverage": coverage})

    def _before(self, code: str) -> int:
        """How many rows stand in the layer's file once the district before has written its own."""
        if self.tile.number == 0:
            return 0
        note, parent = self._note(self.tile.number - 1, code), os.getppid()
        while not note.exists():
            if os.getppid() != parent:  # nobody is left who waits for this
                sys.exit(1)
            time.sleep(0.05)
        return int(json.loads(note.read_text(encoding="utf-8"))["rows"])

    def _note(self, tile: int, code: str) -> Path:
        return self.book / f"{tile:02d}-{code}.json"


def _by(processes: int, drawing: _Drawing) -> None:
    """Every layer drawn, by so many copies of this process: each takes the next one when it is done with one."""
    if processes < 2:
        for code in drawing.codes:
            drawing.layer(code)
        return
    context = multiprocessing.get_context("fork")  # the ground is shared as it lies in memory
    turn = context.Value("i", 0)
    copies = [context.Process(target=_in_turn, args=(drawing, turn)) for _ in range(processes)]
    for copy in copies:
        copy.start()
    for copy in copies:
        copy.join()
    if any(copy.exitcode for copy in copies):
        raise RuntimeError(f"drawing ended with {[copy.exitcode for copy in copies]}")


def _in_turn(drawing: _Drawing, turn: Any) -> None:
    with told_if_it_fails(drawing.book):
        while True:
            with turn.get_lock():
                at, turn.value = turn.value, turn.value + 1
            if at >= len(drawing.codes):
                return
            drawing.layer(drawing.codes[at])
