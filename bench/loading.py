"""The district into the base map, by the way a delivery goes in, a layer at a time: an interrupted load continues where it stopped."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Engine

from bench.district import SRID, District, LayerFile, Progress, columns, kept
from db import session
from db import workspace as workspaces
from db.actor import Actor
from gis import crs, edition
from gis.edition import Arrival, Coverage
from gis.stage import Features
from layers.refusal import Refused
from workflows.base_map import service, store

WORKSPACE = "bench"
TITLE = "基准区 benchmark district"
OUTLINE = shapely.box(512_500, 2_506_000, 538_500, 2_520_950)
"""The recipe's extent; some features reach beyond it."""
ACTOR = Actor("bench", "性能基准", kind="steward")


@dataclass(frozen=True, slots=True)
class Loaded:
    """``editions``: by layer code. Seconds of the load, whenever it was: reading the files, proving polygons disjoint, and
    copying (with checks, keys, spatial index and publication); None where nobody wrote them down."""

    engine: Engine
    editions: Mapping[str, int]
    features: int
    seconds: Mapping[str, float] | None


def load(district: District, on_progress: Progress, *, workspace: str = WORKSPACE) -> Loaded:
    workspaces.make(workspace, title=TITLE, srid=SRID, crs_wkt=crs.parse(SRID).wkt, actor=ACTOR)
    engine = session.engine(workspace)
    with session.transaction(engine, ACTOR) as connection:
        # District-wide coverage is somebody's claim about a whole district, so nothing may lie outside it.
        store.keep_outline(connection, OUTLINE, SRID, "extent")
        standing = {row["code"]: row["edition"] for row in service.layers(connection)}
    book = kept() / f"loaded-{workspace}.json"
    seconds = _read(book) if standing else {}
    for done, layer in enumerate(district.layers):
        on_progress("bench_loading", layer.code, done, len(district.layers))
        if standing.get(layer.code) is None:
            seconds[layer.code] = _load_layer(engine, layer)
            _write(book, seconds)
    on_progress("bench_loading", "", len(district.layers), len(district.layers))
    with session.read(engine) as connection:
        found = {row["code"]: row for row in service.layers(connection)}
    counted = {code: row["features"] for code, row in found.items()}
    for layer in district.layers:
        if counted[layer.code] != layer.features:
            raise Refused(
                "bench_workspace_differs",
                workspace=workspace, layer=layer.code, expected=layer.features, got=counted[layer.code],
            )  # fmt: skip
    return Loaded(
        engine,
        {code: row["edition"] for code, row in found.items()},
        sum(counted.values()),
        _summed(seconds, counted),
    )


def _load_layer(engine: Engine, layer: LayerFile) -> dict[str, float]:
    """One layer, in one transaction; seconds by step."""
    began = time.perf_counter()
    said = columns(layer)
    with layer.path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    read = time.perf_counter()
    disjoint = edition.proved_disjoint(said["geometry"]) if layer.kind == "polygon" else None
    proved = time.perf_counter()
    arrival = _arrival(layer, said, disjoint)
    body = {
        "name": layer.code,
        "kind": layer.kind,
        "identify": ["gid"],
        "classify": "cls",
        "source": layer.path.name,
    }
    with session.transaction(engine, ACTOR, patient=True) as connection:
        store.keep_layer(connection, layer.code, "guessed", body, layer.number)
        delivery = store.begin_delivery(connection, ACTOR, layer.path.name)
        staged = edition.put(connection, delivery, SRID, arrival)
        edition.publish(connection, [(layer.code, staged)])
        store.end_delivery(connection, delivery, "published", sha256=sha256)
    return {"reading": read - began, "proving": proved - read, "copying": time.perf_counter() - proved}


def _arrival(layer: LayerFile, said: Mapping[str, Any], disjoint: bool | None) -> Arrival:
    geometry = said["geometry"]
    return Arrival(
        layer=layer.code,
        kind=layer.kind,
        status="in_force",
        source=layer.path.name,
        source_layer=None,
        format="GeoParquet",
        crs_in=f"EPSG:{SRID}",
        crs_basis="file",
        operation="noop",
        coverage=Coverage(OUTLINE, "district"),
        fields=[("gid", "int64"), ("cls", "string"), ("name", "string")],
        features=Features(
            ids=np.arange(len(geometry)),
            idents=[str(gid) for gid in said["gid"].tolist()],
            classes=said["cls"],
            attributes=[
                json.dumps({"gid": gid, "cls": cls, "name": name})
                for gid, cls, name in zip(said["gid"].tolist(), said["cls"], said["name"], strict=True)
            ],
            geometry=geometry,
            names=said["name"],
        ),
        disjoint=disjoint,
        extent=tuple(shapely.total_bounds(geometry).tolist()),
    )


def _summed(
    by_layer: Mapping[str, Mapping[str, float]], counted: Mapping[str, int]
) -> dict[str, float] | None:
    if set(by_layer) != set(counted):
        return None
    steps = {
        step: sum(each[step] for each in by_layer.values()) for step in ("reading", "proving", "copying")
    }
    return {"whole": sum(steps.values()), **steps}


def _read(book: Path) -> dict[str, dict[str, float]]:
    try:
        found: dict[str, dict[str, float]] = json.loads(book.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _write(book: Path, seconds: Mapping[str, Mapping[str, float]]) -> None:
    partial = book.with_suffix(".partial")
    partial.write_text(json.dumps(seconds), encoding="utf-8")
    partial.replace(book)
