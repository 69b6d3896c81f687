"""The answer to "what is this file?": a format that is read, a refusal by name, or nothing that concerns a base map. A shape, no deeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Format = Literal[
    "GeoJSON", "TopoJSON", "GeoPackage", "Shapefile", "boundary text", "GeoTIFF", "zip", "FileGDB", "KML", "KMZ", "GML", "DXF", "MapInfo",
    "FlatGeobuf", "GeoParquet", "CSV", "XLSX", "GPX", "OSM PBF",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recognised:
    """One of three: a format that is read, a refusal (``code``, ``what``), or nothing that concerns a base map (both empty).

    ``only_alone``: a paper that may lie beside the data; it is refused where it is all that was handed over, and passed over elsewhere.
    """

    format: Format | None = None
    code: str | None = None
    what: str = ""
    only_alone: bool = False
