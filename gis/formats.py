"""What a file is, told from its bytes. The name a file goes by is never believed; it only decides whether a stranger is refused or passed over.

Nothing is parsed here: a bounded look at the head (and for JSON the tail), by signs that cannot run anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gis import boundary_text

Format = Literal["GeoJSON", "TopoJSON", "GeoPackage", "Shapefile", "boundary text", "GeoTIFF", "zip"]

HEAD = 64 << 10
GEOJSON = {
    "FeatureCollection", "Feature", "Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection",
}  # fmt: skip
# Instructions to GDAL that pass for data: they fetch addresses and open other files.
_COMMANDS = {
    "OGRVRTDataSource": "VRT", "VRTDataset": "VRT", "OGRWFSDataSource": "WFS", "GDAL_WMS": "WMS", "GDAL_WMTS": "WMTS",
    "WCS_GDAL": "WCS", "GDALTileIndexDataset": "GTI", "PamDataset": "PAM", "CSWDataSource": "CSW",
}  # fmt: skip
_XML_FORMATS = {"kml": "KML", "FeatureCollection": "GML", "gpx": "GPX", "GeoDatabase": "GML"}
_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"fgb\x03", "FlatGeobuf"), (b"PAR1", "GeoParquet"),
    (b"\x89HDF", "HDF"), (b"AutoCAD Binary DXF", "DXF"),
)  # fmt: skip
_GEOGRAPHIC = {
    ".geojson": "GeoJSON", ".topojson": "TopoJSON", ".gpkg": "GeoPackage", ".shp": "Shapefile", ".zip": "zip",
}  # fmt: skip
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]:,]', re.S)


@dataclass(frozen=True, slots=True)
class Recognised:
    """One of three: a format that is read, a refusal (``code``, ``params``), or nothing that concerns a base map (both empty)."""

    format: Format | None = None
    code: str | None = None
    what: str = ""


def recognise(path: Path, name: str) -> Recognised:
    """``path`` on disk, ``name`` as handed over."""
    size = path.stat().st_size
    if not size:
        return Recognised(code="empty_file")
    with path.open("rb") as file:
        head = file.read(HEAD)
        file.seek(max(0, size - 4096))
        tail = file.read(4096)
    found = _by_magic(head) or _by_text(head, tail, name)
    if found:
        return found
    suffix = Path(name).suffix.lower()
    if suffix in _GEOGRAPHIC:
        return Recognised(code="not_what_its_name_says", what=_GEOGRAPHIC[suffix])
    return Recognised()


def _by_magic(head: bytes) -> Recognised | None:
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return Recognised("zip")
    if head.startswith(b"SQLite format 3\x00"):
        return Recognised("GeoPackage")
    if head.startswith(b"\x00\x00\x27\x0a") and head[28:32] == b"\xe8\x03\x00\x00":
        return Recognised("Shapefile")
    if head.startswith(_TIFF):
        return Recognised("GeoTIFF")
    if re.match(rb"AC10[0-9]{2}\x00", head):
        return Recognised(code="dwg_not_taken")
    other = next((what for mark, what in _MAGIC if head.startswith(mark)), None)
    return Recognised(code="format_not_taken", what=other) if other else None


def _by_text(head: bytes, tail: bytes, name: str) -> Recognised | None:
    plain = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if plain.startswith(b"<"):
        return _xml(plain, name)
    if plain.startswith(b"{"):
        return _json(plain, tail)
    if boundary_text.looks_like(head):
        return Recognised("boundary text")
    if re.match(rb"\s*(?:999\s[^\n]*\n\s*)?0\s*\r?\n\s*SECTION", plain):
        return Recognised(code="format_not_taken", what="DXF")
    if re.match(rb"(?i)version\s+[0-9]+\r?\n\s*charset", plain):
        return Recognised(code="format_not_taken", what="MapInfo")
    return None


def _xml(head: bytes, name: str) -> Recognised | None:
    root = re.search(rb"<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)", head)
    tag = root[1].decode() if root else ""
    if tag in _COMMANDS:
        return Recognised(code="gdal_command", what=_COMMANDS[tag])
    declared = re.search(rb"<!DOCTYPE\s+([A-Za-z_][\w.-]*)|<!ENTITY", head, re.I)
    if declared:
        web = (declared[1] or b"").lower() == b"html" and Path(name).suffix.lower() in (
            ".html",
            ".htm",
            ".xhtml",
        )
        return None if web else Recognised(code="xml_doctype")
    return Recognised(code="format_not_taken", what=_XML_FORMATS[tag]) if tag in _XML_FORMATS else None


def _json(head: bytes, tail: bytes) -> Recognised | None:
    keys = top_level(head)
    kind = keys.get("type", "")
    if (
        kind == "gdal_streamed_alg"
        or (not kind and b"gdal_streamed_alg" in head + tail)
        or "gdal_streamed_alg" in keys
    ):
        return Recognised(code="gdal_command", what="gdal_streamed_alg")
    if not kind and "geometryType" in keys:
        return Recognised(code="format_not_taken", what="Esri JSON")
    if not kind:  # stated after the features: the last words of the file
        late = re.findall(rb'"type"\s*:\s*"(FeatureCollection|Topology|gdal_streamed_alg)"', tail)
        kind = late[-1].decode() if late else ""
        kind = kind or (
            "FeatureCollection"
            if "features" in keys
            else "Topology"
            if {"arcs", "objects"} <= keys.keys()
            else ""
        )
    if kind == "gdal_streamed_alg":
        return Recognised(code="gdal_command", what=kind)
    if kind == "Topology":
        return Recognised("TopoJSON")
    return Recognised("GeoJSON") if kind in GEOJSON else None


def top_level(data: bytes) -> dict[str, str]:
    """The keys of the outermost JSON object as far as ``data`` goes, with those values that are strings. Depth is counted, nothing recurses."""
    depth, key, waiting = 0, "", False
    found: dict[str, str] = {}
    for token in _TOKEN.finditer(data):
        sign = token[0]
        if sign in (b"{", b"["):
            depth += 1
            waiting = False
        elif sign in (b"}", b"]"):
            depth -= 1
            if depth <= 0:
                break
        elif depth != 1:
            continue
        elif sign == b":":
            waiting = True
            found.setdefault(key, "")
        elif sign == b",":
            waiting = False
        elif waiting:
            found[key] = _unquoted(sign)
            waiting = False
        else:
            key = _unquoted(sign)
    return found


def _unquoted(token: bytes) -> str:
    text = token[1:-1].decode("utf-8", "replace")
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda code: chr(int(code[1], 16)), text) if "\\" in text else text
