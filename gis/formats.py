"""What a file is, told from its bytes. The name a file goes by is never believed; it only decides whether a stranger is refused or passed over.

Nothing is parsed here: a bounded look at the head (and for JSON the tail), by signs that cannot run anything.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from gis import boundary_text, strangers
from gis.reading import columns
from gis.recognised import Format, Recognised

__all__ = ["GEOJSON", "HEAD", "Format", "Recognised", "recognise", "top_level"]

HEAD = 64 << 10
GEOJSON = {
    "FeatureCollection", "Feature", "Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection",
}  # fmt: skip
# Instructions to GDAL that pass for data: they fetch addresses and open other files.
_COMMANDS = {
    "OGRVRTDataSource": "VRT", "VRTDataset": "VRT", "OGRWFSDataSource": "WFS", "GDAL_WMS": "WMS", "GDAL_WMTS": "WMTS",
    "WCS_GDAL": "WCS", "GDALTileIndexDataset": "GTI", "PamDataset": "PAM", "CSWDataSource": "CSW",
}  # fmt: skip
_XML_FORMATS: dict[str, Format] = {"kml": "KML", "FeatureCollection": "GML", "gpx": "GPX"}
_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_MAGIC: tuple[tuple[bytes, Format], ...] = (
    *((mark, "GeoTIFF") for mark in _TIFF), *((mark, "zip") for mark in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")),
    (b"SQLite format 3\x00", "GeoPackage"), (b"fgb\x03", "FlatGeobuf"), (b"PAR1", "GeoParquet"),
)  # fmt: skip
# What a name promises; where the content is nothing known, the file is refused by it and not passed over.
_PROMISED = {
    ".geojson": "GeoJSON", ".topojson": "TopoJSON", ".gpkg": "GeoPackage", ".shp": "Shapefile", ".zip": "zip", ".kml": "KML", ".kmz": "KMZ",
    ".gml": "GML", ".gpx": "GPX", ".fgb": "FlatGeobuf", ".parquet": "GeoParquet", ".geoparquet": "GeoParquet", ".pbf": "OSM PBF",
    ".tab": "MapInfo TAB", ".mif": "MapInfo MIF", ".tif": "GeoTIFF", ".tiff": "GeoTIFF", ".dwg": "DWG", ".wt": "MapGIS", ".wl": "MapGIS",
    ".wp": "MapGIS",
}  # fmt: skip
_COMMENT = re.compile(rb"<!--.*?-->|<\?.*?\?>", re.S)
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]:,]', re.S)


def recognise(path: Path, name: str) -> Recognised:
    """``path`` on disk, ``name`` as handed over."""
    size = path.stat().st_size
    if not size:
        return Recognised(code="empty_file")
    with path.open("rb") as file:
        head = file.read(HEAD)
        file.seek(max(0, size - 4096))
        tail = file.read(4096)
    found = _by_magic(head, name) or _by_text(head, tail, name) or strangers.by_name(name)
    if found:
        return found
    suffix = _suffix(name)
    if suffix in _PROMISED:
        return Recognised(code="not_what_its_name_says", what=_PROMISED[suffix])
    return Recognised()


def _by_magic(head: bytes, name: str) -> Recognised | None:
    stranger = strangers.by_head(head, name)
    if stranger:
        return stranger
    if head.startswith(b"\x00\x00\x27\x0a") and head[28:32] == b"\xe8\x03\x00\x00":
        return Recognised("Shapefile")
    # A length, then a header whose first field is the word of its kind.
    if head[:2] == b"\x00\x00" and head[4:15] == b"\x0a\x09OSMHeader":
        return Recognised("OSM PBF")
    found = next((format for mark, format in _MAGIC if head.startswith(mark)), None)
    if found:
        return Recognised(found)
    return Recognised("DXF") if head.startswith(b"AutoCAD Binary DXF") else None


def _by_text(head: bytes, tail: bytes, name: str) -> Recognised | None:
    plain = _plain(head)
    if plain.startswith(b"<"):
        return _xml(plain, name)
    if plain.startswith(b"\x1e"):  # the sign of a record, before each feature
        plain = plain[1:].lstrip()
    if plain.startswith(b"{"):
        return _json(plain, tail)
    if boundary_text.looks_like(head):
        return Recognised("boundary text")
    if re.match(rb"\s*(?:999\s[^\n]*\n\s*)?0\s*\r?\n\s*SECTION", plain):
        return Recognised("DXF")
    if re.match(
        rb"(?i)version\s+[0-9]+\s*\r?\n\s*(?:charset|delimiter|unique|index|coordsys|columns)", plain
    ) or re.match(rb"(?i)!table\b", plain):
        return Recognised("MapInfo")
    return strangers.by_text(plain) or (Recognised("CSV") if columns.in_head(head) else None)


def _plain(head: bytes) -> bytes:
    """Text as bytes of one character each as far as its signs go: XML and JSON may come in UTF-16."""
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if head.startswith(mark):
            head = head[2:].decode(encoding, "replace").encode()
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()


def _xml(head: bytes, name: str) -> Recognised | None:
    """By its first element. What is declared before it is looked at again where the whole of it is read (``gis.reading.xml_text``)."""
    prolog = _COMMENT.sub(b"", head)
    root = re.search(rb"<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)", prolog)
    tag = root[1].decode() if root else ""
    if tag in _COMMANDS:
        return Recognised(code="gdal_command", what=_COMMANDS[tag])
    stranger = strangers.by_root(tag)
    if stranger:
        return stranger
    declared = re.search(rb"<!DOCTYPE\s+([A-Za-z_][\w.-]*)|<!ENTITY", prolog, re.I)
    if declared:
        web = (declared[1] or b"").lower() == b"html" and _suffix(name) in (".html", ".htm", ".xhtml")
        return None if web else Recognised(code="xml_doctype")
    if tag == "GeoDatabase":
        return Recognised(code="format_not_taken", what="GeoDatabase XML")
    if _suffix(name) == ".gml" and b"opengis.net/gml" in prolog:  # its root may be called anything
        return Recognised("GML")
    return Recognised(_XML_FORMATS[tag]) if tag in _XML_FORMATS else None


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


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
        return Recognised(code="esri_json_not_taken")
    if kind.startswith("CIM"):
        return Recognised(code="project_not_taken", what="ArcGIS Pro")
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
