"""The list of sources, read one after another. Each ends in a result or a refusal of its own; the parent is told when each begins, so that it knows
which one to blame if this process dies.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from gis.geometry import Kind
from gis.handover import Hand
from gis.reading.found import FoundLayer, Sorting
from layers.canonical import canonical
from layers.refusal import Refused

JOB = "job.json"


# Imported when the first source of its kind comes: no process loads a library that it does not need. Each offers
# ``read(path, stem, scratch, progress) -> Iterator[FoundLayer]``.
READERS: dict[str, str] = {
    "GeoJSON": "vector:geojson", "TopoJSON": "vector:topojson", "GeoPackage": "vector:geopackage", "Shapefile": "vector:shapefile",
    "boundary text": "plots:read", "DXF": "cad:read", "CSV": "csv_text:read", "XLSX": "workbook:read",
    "FlatGeobuf": "vector:flatgeobuf", "FileGDB": "geodatabase:read", "KML": "keyhole:read", "KMZ": "keyhole:read", "GML": "markup:gml",
    "GPX": "markup:gpx", "MapInfo": "mapinfo:read", "OSM PBF": "osm:read", "GeoParquet": "parquet:read",
}  # fmt: skip
_BY_GDAL = {"vector", "geodatabase", "markup", "mapinfo", "osm"}
Progress = Callable[[float], None]
Reader = Callable[[Path, str, Path, Progress], Iterator[FoundLayer]]


def run(folder_in: Path, folder_out: Path) -> None:
    """IN/job.json: ``{"allowed": [drivers], "repair": bool, "sources": [{"id", "inside", "format", "stem"}]}``; OUT gets ``<id>.json`` and the arrays it names."""
    job = json.loads((folder_in / JOB).read_text(encoding="utf-8"))
    say = _voice()
    if any(READERS[source["format"]].split(":")[0] in _BY_GDAL for source in job["sources"]):
        from gis.reading import gdal

        gdal.only(job["allowed"], folder_out)
    for source in job["sources"]:
        _source(source, folder_in, folder_out, bool(job["repair"]), say)


def _reader(format: str) -> Reader:
    module, name = READERS[format].split(":")
    found: Reader = getattr(import_module(f"gis.reading.{module}"), name)
    return found


def _source(
    source: dict[str, Any], folder_in: Path, folder_out: Path, repairs: bool, say: Callable[..., None]
) -> None:
    name = source["id"]
    say(start=name)
    try:
        found = _reader(source["format"])(
            folder_in / source["inside"],
            source["stem"],
            folder_out,
            lambda share: say(at=name, share=share),
        )
        layers = [
            _handed_over(
                folder_out, f"{name}-{number}", layer, repairs, lambda chunk: say(at=name, chunk=chunk)
            )
            for number, layer in enumerate(found)
        ]
        (folder_out / f"{name}.json").write_text(canonical(layers), encoding="utf-8")
        say(done=name)
    except Refused as refusal:
        say(refused=name, code=refusal.code, params=refusal.params)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a library raises over a broken file, the file is what is refused
        say(refused=name, code="unreadable", params={"reason": f"{type(error).__name__}: {error}"[:300]})


def _handed_over(
    folder: Path, name: str, layer: FoundLayer, repairs: bool, on_chunk: Callable[[list[Any]], object]
) -> dict[str, Any]:
    def hand(kind: Kind) -> Hand:
        return Hand(folder, f"{name}-{kind}", kind, on_chunk)

    told: dict[str, Any] = {
        "layer": layer.layer, "crs": layer.crs, "by_format": layer.by_format, "encoding": layer.encoding,
        "fields": layer.fields, "notes": layer.notes, "refused": None, "parts": [],
    }  # fmt: skip
    try:
        parts, notes = Sorting(layer, hand, repairs).run()
    except Refused as refusal:
        return {**told, "refused": (refusal.code, refusal.params)}
    return {**told, "parts": parts, "notes": [*layer.notes, *notes]}


def _voice() -> Callable[..., None]:
    """A line of JSON per message, on the standard output as it was at the start: libraries print to another one."""
    channel = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr

    def say(**message: Any) -> None:
        channel.write(json.dumps(message, default=str).encode() + b"\n")

    return say
