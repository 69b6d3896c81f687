"""Files that are refused by name, and the signs by which they are known: each has a refusal of its own that says which program turns it into what.

A sign is a few bytes at a fixed place, or the first words of a text; nothing is parsed.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from gis.recognised import Recognised

_DGN = Recognised(code="dgn_not_taken")
_MAPGIS = Recognised(code="mapgis_not_taken")
_ARCHIVE = {
    what: Recognised(code="archive_not_taken", what=what) for what in ("7z", "RAR", "gzip", "bzip2", "xz", "tar", "zstd")
}  # fmt: skip
_SCIENCE = {
    what: Recognised(code="grid_not_taken", what=what)
    for what in ("HDF", "NetCDF", "GRIB", "ERDAS IMAGINE", "ECW", "MrSID", "JPEG 2000", "ASCII grid")
}
_HEADS: tuple[tuple[bytes, Recognised], ...] = (
    (b"WMAP", _MAPGIS), (b"\x08\x09\xfe\x02", _DGN), (b"\xc8\x09\xfe\x02", _DGN),
    (b"\x89HDF", _SCIENCE["HDF"]), (b"\x0e\x03\x13\x01", _SCIENCE["HDF"]), (b"CDF\x01", _SCIENCE["NetCDF"]), (b"CDF\x02", _SCIENCE["NetCDF"]),
    (b"CDF\x05", _SCIENCE["NetCDF"]), (b"GRIB", _SCIENCE["GRIB"]), (b"EHFA_HEADER_TAG", _SCIENCE["ERDAS IMAGINE"]),
    (b"msid", _SCIENCE["MrSID"]), (b"\x00\x00\x00\x0cjP  ", _SCIENCE["JPEG 2000"]), (b"\xff\x4f\xff\x51", _SCIENCE["JPEG 2000"]),
    (b"Rar!\x1a\x07", _ARCHIVE["RAR"]), (b"\x1f\x8b\x08", _ARCHIVE["gzip"]), (b"BZh", _ARCHIVE["bzip2"]), (b"\xfd7zXZ\x00", _ARCHIVE["xz"]),
    (b"\x28\xb5\x2f\xfd", _ARCHIVE["zstd"]),
    (b"PMTiles", Recognised(code="tiles_not_taken", what="PMTiles")),
    (b"LASF", Recognised(code="points_not_taken", what="LAS")),
    (b"ISO-10303-21", Recognised(code="model_not_taken", what="IFC")), (b"glTF", Recognised(code="model_not_taken", what="glTF")),
    (b"EXP ", Recognised(code="coverage_not_taken")), (b"(DWF V", Recognised(code="dwg_not_taken")),
    (b"PARE", Recognised(code="parquet_encrypted")), (b"HeadBegin", Recognised(code="vct_not_taken")),
    (b"%PDF", Recognised(code="pdf_not_taken", only_alone=True)),
)  # fmt: skip
# Roots of XML documents that name data, or are data of another trade.
_ROOTS: dict[str, Recognised] = {
    "qgis": Recognised(code="project_not_taken", what="QGIS"),
    "osm": Recognised(code="osm_xml_not_taken"),
    "CityModel": Recognised(code="model_not_taken", what="CityGML"),
    "LandXML": Recognised(code="format_not_taken", what="LandXML"),
    "rss": Recognised(code="format_not_taken", what="GeoRSS"),
}
# Programs' own files without a head of their own: known by name, and only where the content said nothing.
_NAMES: dict[str, Recognised] = {
    ".mxd": Recognised(code="project_not_taken", what="ArcMap"),
    ".lyr": Recognised(code="project_not_taken", what="ArcMap"),
    ".aprx": Recognised(code="project_not_taken", what="ArcGIS Pro"),
    ".lyrx": Recognised(code="project_not_taken", what="ArcGIS Pro"),
    ".qgz": Recognised(code="project_not_taken", what="QGIS"),
    ".smwu": Recognised(code="project_not_taken", what="SuperMap"),
    ".udb": Recognised(code="supermap_not_taken"),
    ".udd": Recognised(code="supermap_not_taken"),
    ".udbx": Recognised(code="supermap_not_taken"),
    ".lpk": Recognised(code="package_not_taken"),
    ".lpkx": Recognised(code="package_not_taken"),
    ".mpk": Recognised(code="package_not_taken"),
    ".mpkx": Recognised(code="package_not_taken"),
    ".ppkx": Recognised(code="package_not_taken"),
    ".gdbp": Recognised(code="package_not_taken"),
    ".mbtiles": Recognised(code="tiles_not_taken", what="MBTiles"),
    ".dgn": _DGN,
    ".mpj": _MAPGIS,
    ".skp": Recognised(code="model_not_taken", what="SketchUp"),
    ".rvt": Recognised(code="model_not_taken", what="Revit"),
    ".doc": Recognised(code="document_not_taken", what="Word", only_alone=True),
    ".docx": Recognised(code="document_not_taken", what="Word", only_alone=True),
    ".xls": Recognised(code="document_not_taken", what="Excel 97-2003", only_alone=True),
    ".wps": Recognised(code="document_not_taken", what="WPS", only_alone=True),
    ".et": Recognised(code="document_not_taken", what="WPS", only_alone=True),
    ".pptx": Recognised(code="document_not_taken", what="PowerPoint", only_alone=True),
}
_PACKAGES = {".lpk", ".lpkx", ".mpk", ".mpkx", ".ppkx", ".gdbp"}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def by_head(head: bytes, name: str) -> Recognised | None:
    """``head``: the first bytes as they are."""
    if re.match(rb"AC10[0-9]{2}\x00", head) or re.match(rb"(?:AC|MC)[0-9.]{4}\x00{6}", head):
        return Recognised(code="dwg_not_taken")
    if head.startswith(b"7z\xbc\xaf\x27\x1c"):  # Esri's packages are 7z files, or zips
        return by_name(name) if _suffix(name) in _PACKAGES else _ARCHIVE["7z"]
    if head[257:262] == b"ustar":
        return _ARCHIVE["tar"]
    if head[4:19] in (b"Standard Jet DB", b"Standard ACE DB"):
        return Recognised(code="access_not_taken")
    if head.startswith(b"SQLite format 3\x00"):
        other = head[68:72] == b"MPBX" or _suffix(name) in (".mbtiles", ".udbx")
        return by_name(name) if other else None
    if head.startswith((_OLE, b"PK\x03\x04")):
        return by_name(name)
    return next((found for mark, found in _HEADS if head.startswith(mark)), None)


def by_text(plain: bytes) -> Recognised | None:
    """``plain``: the first bytes without a mark of order and blanks before them."""
    if re.match(rb"(?i)!workspace\b", plain):
        return Recognised(code="project_not_taken", what="MapInfo")
    if re.match(rb"(?i)ncols\s+[0-9]+\s+nrows\s", plain):
        return _SCIENCE["ASCII grid"]
    return None


def by_root(tag: str) -> Recognised | None:
    """``tag``: the name of an XML document's outermost element, without its prefix."""
    return _ROOTS.get(tag)


def by_name(name: str) -> Recognised | None:
    return _NAMES.get(_suffix(name))


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()
