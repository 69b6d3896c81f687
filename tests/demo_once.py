"""The small demo district, made once for all tests of a process that read it."""

from __future__ import annotations

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely

import demo
from demo import files
from layers import catalogue as catalogues
from layers.model import Catalogue

_KEPT = tempfile.TemporaryDirectory(prefix="hetu-demo-", ignore_cleanup_errors=True)
STEPS: list[tuple[str, int, int]] = []


@cache
def made() -> demo.Made:
    return demo.make(Path(_KEPT.name), on_progress=lambda *step: STEPS.append(step))


@cache
def key() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(made().key.read_text(encoding="utf-8"))
    return loaded


@cache
def catalogue() -> Catalogue:
    return catalogues.load()


@cache
def shapes_in(code: str) -> np.ndarray:
    """The geometries of a layer's GeoPackage as they stand in the file, None where a row has none."""
    path = made().delivery / files.file_name(catalogue().layers[code])
    assert path.suffix == ".gpkg"
    return np.asarray(shapely.from_wkb(pyogrio.raw.read(path)[2]))


def site(name: str) -> dict[str, Any]:
    return next(one for one in key()["sites"] if one["name"] == name)


def shape_of(one: dict[str, Any]) -> shapely.Geometry:
    return shapely.from_geojson(json.dumps(one["geometry"]))
