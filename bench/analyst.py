"""What an analyst writes today: for every layer, read what lies in the site's box, overlay it, take the areas.

Twice: from one GeoPackage that holds all layers, as data is handed over, and from a GeoPackage per layer, which is quicker to open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
from shapely.geometry.base import BaseGeometry

from bench.district import SRID, District, LayerFile, Progress, columns, kept
from bench.turns import Shared

LOOP = "geopandas_loop"
LOOP_OF_FILES = "geopandas_loop_of_files"


class Analyst:
    """``layers``: kind by code. ``place``: in which file a layer is."""

    def __init__(self, name: str, layers: Mapping[str, str], place: Callable[[str], Path]) -> None:
        self.name = name
        self._layers = layers
        self._place = place

    def processes(self) -> list[int]:
        return []  # all of it happens in the client

    def given(self, site: BaseGeometry) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(geometry=[site], crs=SRID)

    def check(self, site: gpd.GeoDataFrame) -> dict[str, Any]:
        found = {}
        for code, kind in self._layers.items():
            layer = gpd.read_file(self._place(code), layer=code, bbox=tuple(site.total_bounds))
            shared = gpd.overlay(layer, site, how="intersection", keep_geom_type=True)
            size = {"polygon": shared.area, "line": shared.length}.get(kind)
            found[code] = (shared["gid"], size)
        return found

    def shared(self, found: dict[str, Any]) -> Shared:
        return [
            (int(gid), 1.0 if sizes is None else float(sizes.iloc[row]))
            for gids, sizes in found.values()
            for row, gid in enumerate(gids)
        ]


def analysts(district: District, on_progress: Progress) -> list[Analyst]:
    """Both, their files written with spatial indexes where they are not there; half a file is written again."""
    folder = kept() / "gpkg"
    folder.mkdir(exist_ok=True)
    whole = folder / "district.gpkg"
    own = {layer.code: folder / f"{layer.code}.gpkg" for layer in district.layers}
    for done, layer in enumerate(district.layers):
        on_progress("bench_files", layer.code, done, len(district.layers))
        _write(own[layer.code], [layer])
    on_progress("bench_files", "", len(district.layers), len(district.layers))
    _write(whole, district.layers, on_progress)
    kinds = {layer.code: layer.kind for layer in district.layers}
    return [Analyst(LOOP, kinds, lambda code: whole), Analyst(LOOP_OF_FILES, kinds, lambda code: own[code])]


def _write(package: Path, layers: Sequence[LayerFile], on_progress: Progress | None = None) -> None:
    if package.is_file():
        return
    for left in package.parent.glob("partial.gpkg*"):
        left.unlink()
    partial = package.with_name("partial.gpkg")
    for done, layer in enumerate(layers):
        if on_progress is not None:
            on_progress("bench_package", layer.code, done, len(layers))
        pyogrio.write_dataframe(_frame(layer), partial, layer=layer.code, append=done > 0, driver="GPKG")
    partial.replace(package)


def _frame(layer: LayerFile) -> gpd.GeoDataFrame:
    said = columns(layer)
    return gpd.GeoDataFrame(
        {key: said[key] for key in ("gid", "cls", "name")}, geometry=said["geometry"], crs=SRID
    )
