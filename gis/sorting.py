"""Files that were handed over become sources: content decides the format (``gis.formats``), what belongs together goes together, and the lists say what
became of the rest. Nothing is parsed, and no name out of the delivery reaches the disk.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gis import archive, formats
from gis.archive import Entry
from gis.recognised import Format, Recognised
from gis.source_layer import RefusedSource
from layers.refusal import Refused

# Files that make one source together, by the suffix of the one that is named; those of the shapefile after the third may be missing.
COMPANIONS: dict[str, tuple[str, ...]] = {
    ".shp": (".shx", ".dbf", ".prj", ".cpg"), ".tab": (".dat", ".map", ".id"), ".mif": (".mid",),
}  # fmt: skip
_OPTIONAL = {".prj", ".cpg", ".mid"}
# What belongs to one of them and is not read.
_SIDECARS: dict[str, set[str]] = {
    ".shp": {
        ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".fbn", ".fbx", ".ain", ".aih", ".atx", ".ixs", ".mxs", ".qmd", ".qml", ".sld", ".lyr", ".qpj",
    },
    ".tab": {".ind", ".tda", ".tma", ".tin"},
    ".mif": set(),
}  # fmt: skip
_SUFFIX: dict[Format, str] = {
    "GeoJSON": ".geojson", "TopoJSON": ".topojson", "GeoPackage": ".gpkg", "Shapefile": ".shp", "boundary text": ".txt", "GeoTIFF": ".tif",
    "FileGDB": ".gdb", "KML": ".kml", "KMZ": ".kml", "GML": ".gml", "FlatGeobuf": ".fgb", "GeoParquet": ".parquet", "GPX": ".gpx",
    "OSM PBF": ".osm.pbf", "DXF": ".dxf", "CSV": ".csv", "XLSX": ".xlsx",
}  # fmt: skip
_WORKBOOK = {"[Content_Types].xml", "xl/workbook.xml"}
_OFFICE = ("[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF")
# Of a geodatabase only its tables are read; the indexes beside them speed up queries that nobody asks here.
_TABLE = re.compile(r"a[0-9a-f]{8}\.gdbtabl[ex]")
_CATALOGUE = ("a00000001.gdbtable", "a00000001.gdbtablx")
_TAB_TYPE = re.compile(rb"(?im)^\s*type\s+\"?([a-z]+)")


@dataclass(frozen=True, slots=True)
class Source:
    """A file (or a geodatabase's folder) to be read. ``path``: inside the delivery; ``inside``: where it lies in the folder that goes into the sandbox."""

    path: str
    inside: str
    format: Format
    stem: str


def is_document(entries: Iterable[Entry]) -> bool:
    """A spreadsheet or a text document is a zip too."""
    return any(entry.path in _OFFICE for entry in entries)


class Sorting:
    """Entries go in, sources with numbers for names come out. ``name``: what the delivery is called."""

    def __init__(self, name: str, ready: Path, raw: Path, budget: int) -> None:
        self.name, self.ready, self.raw = name, ready, raw
        self.budget = budget
        self.sources: list[Source] = []
        self.refused: list[RefusedSource] = []
        self.ignored: list[str] = []

    def opened(self, entry: Entry) -> list[Entry] | None:
        """The entries of a zip that is the whole delivery; None where it is a document, or was taken as a KMZ."""
        inner = archive.unpack(entry.place, self._fresh(), name=self.name, budget=self.budget)
        if is_document(inner):
            return None
        main = _kml_of(entry.path, inner)
        return inner if main is None else self._kmz(entry, main, inner)

    def sort(self, entries: list[Entry], alone: bool, nested: bool = False) -> None:
        entries = self._geodatabases(entries)
        siblings = {entry.path.lower(): entry for entry in entries}
        for entry in sorted(entries, key=lambda one: one.path):
            if not _belongs(entry.path.lower(), siblings):
                self._one(entry, siblings, alone, nested)

    def _geodatabases(self, entries: list[Entry]) -> list[Entry]:
        """Folders with a geodatabase's tables are taken whole; what is left comes back."""
        folders: dict[str, dict[str, Entry]] = {}
        for entry in entries:
            folder, _, file = entry.path.rpartition("/")
            folders.setdefault(folder, {})[file.lower()] = entry
        left: list[Entry] = []
        for folder, files in folders.items():
            tables = {file: entry for file, entry in files.items() if _TABLE.fullmatch(file)}
            if not tables and not folder.lower().endswith(".gdb"):
                left += files.values()
                continue
            path = folder or self.name
            stem = re.sub(r"(?i)(\.gdb)?(\.zip)?$", "", PurePosixPath(path).name)
            missing = [file for file in _CATALOGUE if file not in tables]
            if any(file.endswith((".cdf", ".sdc")) for file in files):
                self.refused.append(RefusedSource(path, "gdb_compressed", {"file": path}))
            elif missing:
                params = {"file": path, "missing": ", ".join(missing)}
                self.refused.append(RefusedSource(path, "gdb_incomplete", params))
            else:
                self._take(path, stem, "FileGDB", ".gdb", tables)
        return left

    def _one(self, entry: Entry, siblings: dict[str, Entry], alone: bool, nested: bool) -> None:
        found = formats.recognise(entry.place, entry.path)
        if found.code and (alone or not found.only_alone):
            self._refuse(entry, found)
        elif found.code:
            self.ignored.append(entry.path)
        elif found.format == "zip":
            self._zip(entry, nested)
        elif found.format == "Shapefile":
            self._together(entry, siblings, "Shapefile", ".shp", "shapefile_incomplete")
        elif found.format == "MapInfo":
            self._mapinfo(entry, siblings)
        elif found.format:
            self._single(entry, found.format)
        elif alone and PurePosixPath(entry.path).suffix.lower() in (".csv", ".tsv"):
            self._single(entry, "CSV")  # refused with the headings that it has
        elif alone:
            self.refused.append(RefusedSource(entry.path, "format_unknown", {"file": entry.path}))
        else:
            self.ignored.append(entry.path)

    def _refuse(self, entry: Entry, found: Recognised) -> None:
        params = {"file": entry.path, **({"what": found.what} if found.what else {})}
        self.refused.append(RefusedSource(entry.path, str(found.code), params))

    def _zip(self, entry: Entry, nested: bool) -> None:
        """A zipped shapefile inside a zip is common: one level is opened, a second is not."""
        try:
            inner = archive.unpack(
                entry.place, self._fresh(), name=entry.path, budget=self.budget, prefix=f"{entry.path}/"
            )
        except Refused as refusal:
            if refusal.code in ("zip_broken",):
                self.refused.append(RefusedSource(entry.path, refusal.code, refusal.params))
                return
            raise
        names = {one.path.removeprefix(f"{entry.path}/") for one in inner}
        if names >= _WORKBOOK:
            self._single(entry, "XLSX")
            return
        if is_document(Entry(one.path.removeprefix(f"{entry.path}/"), one.place, one.size) for one in inner):
            self.ignored.append(entry.path)
            return
        if nested:
            self.refused.append(RefusedSource(entry.path, "zip_nested", {"file": entry.path}))
            return
        self.budget -= sum(one.size for one in inner)
        main = _kml_of(entry.path, inner)
        rest = inner if main is None else self._kmz(entry, main, inner)
        self.sort([one for one in rest if not is_junk(one.path)], alone=False, nested=True)

    def _kmz(self, entry: Entry, main: Entry, inner: list[Entry]) -> list[Entry]:
        """The document goes by the archive's name; what else is packed with it comes back."""
        found = formats.recognise(main.place, main.path)
        if found.format == "KML":
            self._single(Entry(entry.path, main.place, main.size), "KMZ")
            return [one for one in inner if one is not main]
        return inner

    def _mapinfo(self, entry: Entry, siblings: dict[str, Entry]) -> None:
        """A table is one of several things by its own words: only the native one has its shapes in its own files; an image's is no data."""
        head = entry.place.read_bytes()[: formats.HEAD]
        if not head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(b"!table"):
            self._together(entry, siblings, "MapInfo", ".mif", "mapinfo_incomplete")
            return
        told = _TAB_TYPE.search(head)
        kind = told[1].decode().upper() if told else ""
        if kind in ("NATIVE", "LINKED"):
            self._together(entry, siblings, "MapInfo", ".tab", "mapinfo_incomplete")
        elif kind == "RASTER":
            self.ignored.append(entry.path)
        else:
            params = {"file": entry.path, "what": kind or "?"}
            self.refused.append(RefusedSource(entry.path, "mapinfo_not_native", params))

    def _together(
        self, entry: Entry, siblings: dict[str, Entry], found: Format, suffix: str, code: str
    ) -> None:
        stem = str(PurePosixPath(entry.path).with_suffix("")).lower()
        parts = {one: siblings[stem + one] for one in COMPANIONS[suffix] if stem + one in siblings}
        missing = [one for one in COMPANIONS[suffix] if one not in parts and one not in _OPTIONAL]
        if missing:
            params = {"file": entry.path, "missing": ", ".join(missing)}
            self.refused.append(RefusedSource(entry.path, code, params))
            return
        files = {f"source{one}": part for one, part in parts.items()} | {f"source{suffix}": entry}
        self._take(entry.path, PurePosixPath(entry.path).stem, found, suffix, files)

    def _single(self, entry: Entry, found: Format) -> None:
        stem = PurePosixPath(entry.path).stem.removesuffix(".osm")
        self._take(entry.path, stem, found, _SUFFIX[found], {f"source{_SUFFIX[found]}": entry})

    def _take(self, path: str, stem: str, found: Format, suffix: str, files: dict[str, Entry]) -> None:
        """``files``: names of our own making, or a geodatabase's, which are checked against their pattern."""
        folder = self.ready / f"{len(self.sources):06d}"
        folder.mkdir()
        within = folder / f"source{suffix}" if found == "FileGDB" else folder
        within.mkdir(exist_ok=True)
        for name, part in files.items():
            shutil.move(part.place, within / name)
        self.sources.append(Source(path, f"{folder.name}/source{suffix}", found, stem))

    def _fresh(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self.raw))


def is_junk(path: str) -> bool:
    """What desktops leave behind in folders and archives."""
    parts = PurePosixPath(path).parts
    return any(part.lower() in JUNK for part in parts) or parts[-1].startswith("._")


JUNK = {".ds_store", "thumbs.db", "desktop.ini", "__macosx"}


def _belongs(path: str, siblings: dict[str, Entry]) -> bool:
    """Whether a file (its path in small letters) is part of another one, or an index, a style or a schema beside it."""
    suffix = PurePosixPath(path).suffix
    stem = path.removesuffix(suffix)
    for main, parts in COMPANIONS.items():
        if stem + main in siblings and (suffix in parts or suffix in _SIDECARS[main]):
            return True
    if path.endswith((".shp.xml", ".aux.xml")) and (
        path.removesuffix(".aux.xml") in siblings or path.endswith(".shp.xml")
    ):
        return True
    return (suffix == ".cpg" and stem in siblings) or (
        suffix in (".gfs", ".xsd") and f"{stem}.gml" in siblings
    )


def _kml_of(name: str, inner: list[Entry]) -> Entry | None:
    """The document of a KMZ: ``doc.kml`` at the top, or in an archive of that name the first KML there is."""
    prefix = f"{name}/" if any(entry.path.startswith(f"{name}/") for entry in inner) else ""
    documents = {entry.path.removeprefix(prefix).lower(): entry for entry in inner}
    documents = {
        path: entry for path, entry in documents.items() if path.endswith(".kml") and not is_junk(path)
    }
    if "doc.kml" in documents:
        return documents["doc.kml"]
    if not documents or not name.lower().endswith(".kmz"):
        return None
    return documents[min(documents, key=lambda path: (path.count("/"), path))]
