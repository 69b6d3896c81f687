"""What was handed over: a file, a folder or a zip becomes a list of sources in a folder of our own, copied and hashed in one pass, so that what was
hashed is what will be read. Nothing is parsed here; content decides the format (``gis.formats``), never the name.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gis import archive, formats
from gis.archive import Entry
from gis.copies import copied, digest_of
from gis.formats import Format
from gis.shown import shown
from gis.source_layer import RefusedSource
from layers.refusal import Refused

MOST_FILES = archive.MOST_ENTRIES
_JUNK = {".ds_store", "thumbs.db", "desktop.ini", "__macosx"}
# What belongs to a shapefile; the first three are the shapefile, the rest is passed over.
_NEEDED = (".shp", ".shx", ".dbf")
_KEPT = (*_NEEDED, ".prj", ".cpg")
_SIDECARS = {
    ".prj",
    ".cpg",
    ".sbn",
    ".sbx",
    ".qix",
    ".fbn",
    ".fbx",
    ".ain",
    ".aih",
    ".atx",
    ".ixs",
    ".mxs",
    ".qmd",
    ".qml",
    ".sld",
    ".lyr",
    ".qpj",
}
_SUFFIX: dict[str, str] = {
    "GeoJSON": ".geojson",
    "TopoJSON": ".topojson",
    "GeoPackage": ".gpkg",
    "Shapefile": ".shp",
    "boundary text": ".txt",
    "GeoTIFF": ".tif",
}
_OFFICE = ("[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF")


@dataclass(frozen=True, slots=True)
class Source:
    """A file to be read. ``path``: inside the delivery; ``inside``: where it lies in the folder that goes into the sandbox."""

    path: str
    inside: str
    format: Format
    stem: str


@dataclass(frozen=True, slots=True)
class Delivery:
    name: str
    sha256: str
    folder: Path
    sources: tuple[Source, ...]
    refused: tuple[RefusedSource, ...]
    ignored: tuple[str, ...]

    def weights(self) -> list[int]:
        """Bytes of each source, never 0: what progress is measured by."""
        return [max(1, (self.folder / source.inside).stat().st_size) for source in self.sources]


@contextmanager
def taken(path: Path, budget: int) -> Iterator[Delivery]:
    """The delivery in a folder that is gone when the block ends, whatever happens. ``budget``: bytes, unpacked.

    Refused for the delivery as a whole: ``no_such_file``, ``too_large``, ``too_many_files``, ``link_in_folder``, ``no_space``, ``not_readable`` and what
    ``gis.archive`` refuses.
    """
    work = Path(tempfile.mkdtemp(prefix="hetu-delivery-"))
    try:
        raw, ready = work / "raw", work / "in"
        raw.mkdir()
        ready.mkdir()
        try:
            entries, sha256, alone = _entries(path, raw, budget)
            delivery = _sorted_out(
                path.name or path.resolve().name, sha256, entries, ready, raw, budget, alone
            )
        except OSError as error:
            code = "no_space" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "not_readable"
            raise Refused(code, file=path.name, reason=os.strerror(error.errno or 0)) from error
        shutil.rmtree(raw)
        yield delivery
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _entries(path: Path, raw: Path, budget: int) -> tuple[list[Entry], str, bool]:
    """Every file, the hash, and whether it is one file that stands for itself."""
    if path.is_dir():
        entries, digests = _walked(path, raw, budget)
        return entries, digest_of(digests), False
    if not path.is_file():
        raise Refused("no_such_file", file=str(path.name))
    copy = raw / "delivered"
    size, sha256 = copied(path, copy, budget, path.name)
    entries = [Entry(path.name, copy, size)]
    if path.suffix.lower() == ".shp":
        digests = [(path.name, sha256)]
        for other in sorted(path.parent.iterdir()):
            if other.stem == path.stem and other.suffix.lower() in _KEPT[1:] and other.is_file():
                place = raw / f"sibling{other.suffix.lower()}"
                size, sha256 = copied(other, place, budget, other.name)
                entries.append(Entry(other.name, place, size))
                digests.append((other.name, sha256))
        return entries, digest_of(digests), True
    return entries, sha256, True


def _walked(folder: Path, raw: Path, budget: int) -> tuple[list[Entry], list[tuple[str, str]]]:
    entries: list[Entry] = []
    digests: list[tuple[str, str]] = []
    for where, names, files in os.walk(folder, followlinks=False):
        names[:] = sorted(name for name in names if name.lower() not in _JUNK)
        for name in sorted([*files, *(one for one in names if (Path(where) / one).is_symlink())]):
            found = Path(where) / name
            inside = found.relative_to(folder).as_posix()
            if _is_junk(inside):
                continue
            if found.is_symlink() or not found.is_file():
                raise Refused("link_in_folder", file=folder.name, entry=shown(inside, 1_000))
            if len(entries) >= MOST_FILES:
                raise Refused("too_many_files", file=folder.name, most=MOST_FILES)
            place = raw / f"f{len(entries):06d}"
            size, sha256 = copied(found, place, budget, inside)
            budget -= size
            entries.append(Entry(shown(inside, 1_000), place, size))
            digests.append((shown(inside, 1_000), sha256))
    return entries, digests


def _is_junk(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return any(part.lower() in _JUNK for part in parts) or parts[-1].startswith("._")


def _sorted_out(
    name: str, sha256: str, entries: list[Entry], ready: Path, raw: Path, budget: int, alone: bool
) -> Delivery:
    sorting = _Sorting(ready, raw, budget)
    if alone and formats.recognise(entries[0].place, entries[0].path).format == "zip":
        inner = archive.unpack(entries[0].place, _fresh(raw), name=name, budget=budget)
        if not _is_document(inner):
            entries, alone = inner, False
    sorting.sort([entry for entry in entries if not _is_junk(entry.path)], alone)
    return Delivery(
        shown(name, 1_000),
        sha256,
        ready,
        tuple(sorting.sources),
        tuple(sorting.refused),
        tuple(sorted(sorting.ignored)),
    )


def _fresh(raw: Path) -> Path:
    return Path(tempfile.mkdtemp(dir=raw))


def _is_document(entries: list[Entry]) -> bool:
    """A spreadsheet or a text document is a zip too."""
    return any(entry.path in _OFFICE for entry in entries)


class _Sorting:
    """Entries go in, sources with numbers for names come out; the lists say what became of the rest."""

    def __init__(self, ready: Path, raw: Path, budget: int) -> None:
        self.ready, self.raw = ready, raw
        self.budget = budget
        self.sources: list[Source] = []
        self.refused: list[RefusedSource] = []
        self.ignored: list[str] = []

    def sort(self, entries: list[Entry], alone: bool, nested: bool = False) -> None:
        siblings = {entry.path.lower(): entry for entry in entries}
        stems = {entry.path[:-4].lower() for entry in entries if entry.path.lower().endswith(".shp")}
        for entry in sorted(entries, key=lambda one: one.path):
            suffix = PurePosixPath(entry.path).suffix.lower()
            stem = entry.path.lower()[: -len(suffix)] if suffix else ""
            if stem in stems and (suffix in _NEEDED[1:] or suffix in _SIDECARS):
                continue
            if entry.path.lower().endswith(".shp.xml") or (suffix == ".cpg" and stem in siblings):
                continue
            self._one(entry, siblings, alone, nested)

    def _one(self, entry: Entry, siblings: dict[str, Entry], alone: bool, nested: bool) -> None:
        found = formats.recognise(entry.place, entry.path)
        if found.code:
            self.refused.append(
                RefusedSource(
                    entry.path,
                    found.code,
                    {"file": entry.path, **({"what": found.what} if found.what else {})},
                )
            )
        elif found.format == "zip":
            self._zip(entry, nested)
        elif found.format == "Shapefile":
            self._shapefile(entry, siblings)
        elif found.format:
            self._take(entry, found.format, {_SUFFIX[found.format]: entry})
        elif alone:
            self.refused.append(RefusedSource(entry.path, "format_unknown", {"file": entry.path}))
        else:
            self.ignored.append(entry.path)

    def _zip(self, entry: Entry, nested: bool) -> None:
        """A zipped shapefile inside a zip is common: one level is opened, a second is not."""
        try:
            inner = archive.unpack(
                entry.place, _fresh(self.raw), name=entry.path, budget=self.budget, prefix=f"{entry.path}/"
            )
        except Refused as refusal:
            if refusal.code in ("zip_broken",):
                self.refused.append(RefusedSource(entry.path, refusal.code, refusal.params))
                return
            raise
        if _is_document(
            [Entry(one.path.removeprefix(f"{entry.path}/"), one.place, one.size) for one in inner]
        ):
            self.ignored.append(entry.path)
        elif nested:
            self.refused.append(RefusedSource(entry.path, "zip_nested", {"file": entry.path}))
        elif any(one.path.lower().endswith((".gdbtable", "/doc.kml")) for one in inner):
            kind = (
                "KMZ" if any(one.path.lower().endswith("/doc.kml") for one in inner) else "File Geodatabase"
            )
            self.refused.append(
                RefusedSource(entry.path, "format_not_taken", {"file": entry.path, "what": kind})
            )
        else:
            self.budget -= sum(one.size for one in inner)
            self.sort([one for one in inner if not _is_junk(one.path)], alone=False, nested=True)

    def _shapefile(self, entry: Entry, siblings: dict[str, Entry]) -> None:
        stem = str(PurePosixPath(entry.path).with_suffix(""))
        parts = {
            suffix: siblings[stem.lower() + suffix]
            for suffix in _KEPT[1:]
            if stem.lower() + suffix in siblings
        }
        missing = [suffix for suffix in _NEEDED[1:] if suffix not in parts]
        if missing:
            self.refused.append(
                RefusedSource(
                    entry.path, "shapefile_incomplete", {"file": entry.path, "missing": ", ".join(missing)}
                )
            )
        else:
            self._take(entry, "Shapefile", {".shp": entry, **parts})

    def _take(self, entry: Entry, found: Format, parts: dict[str, Entry]) -> None:
        folder = self.ready / f"{len(self.sources):06d}"
        folder.mkdir()
        for suffix, part in parts.items():
            shutil.move(part.place, folder / f"source{suffix}")
        inside = f"{folder.name}/source{_SUFFIX[found]}"
        self.sources.append(Source(entry.path, inside, found, PurePosixPath(entry.path).stem))
