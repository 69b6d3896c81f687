"""What an analyst writes today: for every layer of a GeoPackage, read what lies in the site's box, overlay it, take the areas."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
from shapely.geometry.base import BaseGeometry

from bench.district import SRID, District, LayerFile, Progress, columns, kept
from bench.product import Shared


class Analyst:
    """``layers``: kind by code of the layers in the file."""

    name = "geopandas_loop"

    def __init__(self, package: Path, layers: Mapping[str, str]) -> None:
        self._package = package
        self._layers = layers

    def processes(self) -> list[int]:
        return []  # all of it happens in the client

    def given(self, site: BaseGeometry) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(geometry=[site], crs=SRID)

    def check(self, site: gpd.GeoDataFrame) -> dict[str, Any]:
        found = {}
        for code, kind in self._layers.items():
            layer = gpd.read_file(self._package, layer=code, bbox=tuple(site.total_bounds))
            shared = gpd.overlay(layer, site, how="intersection", keep_geom_type=True)
            found[code] = (
                shared["gid"],
                shared.area if kind == "polygon" else shared.length if kind == "line" else None,
            )
        return found

    def shared(self, found: dict[str, Any]) -> Shared:
        return [
            (int(gid), 1.0 if sizes is None else float(sizes.iloc[row]))
            for gids, sizes in found.values()
            for row, gid in enumerate(gids)
        ]

    def close(self) -> None:
        pass


def written(district: District, on_progress: Progress) -> Path:
    """The district as one GeoPackage with spatial indexes, written once; half of one is written again."""
    package = kept() / "gpkg" / "district.gpkg"
    if package.is_file():
        return package
    package.parent.mkdir(exist_ok=True)
    partial = package.with_name("partial.gpkg")
    for left in package.parent.glob("partial.gpkg*"):
        left.unlink()
    for done, layer in enumerate(district.layers):
        on_progress("bench_package", layer.code, done, len(district.layers))
        pyogrio.write_dataframe(_frame(layer), partial, layer=layer.code, append=done > 0, driver="GPKG")
    on_progress("bench_package", "", len(district.layers), len(district.layers))
    os.replace(partial, package)
    return package


def _frame(layer: LayerFile) -> gpd.GeoDataFrame:
    said = columns(layer)
    return gpd.GeoDataFrame({key: said[key] for key in ("gid", "cls", "name")}, geometry=said["geometry"], crs=SRID)
