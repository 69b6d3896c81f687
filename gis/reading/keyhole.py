"""KML, read as it comes: each folder with marks in it becomes a layer. Words come from a mark's name, its description and its extended data, under the names
they have there; styles, overlays, models and links are no plan and are counted or passed over. Nothing that is named is fetched.

The rows of a folder lie on disk until it is their turn, because folders may lie within one another in any order.
"""

from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

from gis.reading import attributes, curves, xml_text
from gis.reading.found import Batch, FoundLayer
from gis.reading.keyhole_shapes import Parts, Unwritten
from layers.refusal import Refused

ROWS_AT_ONCE = 5_000
MOST_FOLDERS = 2_000
_CONTAINERS = {"Folder", "Document", "kml"}
_WORDS = {"name", "description", "address", "phoneNumber", "when", "begin", "end"}
_OVERLAYS = {"GroundOverlay", "ScreenOverlay", "PhotoOverlay", "Model"}
_NUMBERS: dict[str, Callable[[str], Any]] = {
    "int": int, "uint": int, "short": int, "ushort": int, "long": int, "ulong": int, "float": float, "double": float,
    "bool": lambda text: {"1": True, "true": True, "0": False, "false": False}[text.lower()],
}  # fmt: skip
Progress = Callable[[float], None]


@dataclass(slots=True)
class _Folder:
    """``name`` may come after its first mark."""

    number: int
    above: _Folder | None
    kind: str
    name: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    waiting: list[bytes] = field(default_factory=list)
    rows: int = 0
    kinds: dict[str, int] = field(default_factory=dict)


def read(path: Path, stem: str, scratch: Path, progress: Progress) -> Iterator[FoundLayer]:
    """The format has one system, WGS 84."""
    text = xml_text.looked_at(path, scratch, {"kml"}, {"NetworkLink"})
    spool = scratch / "keyhole"
    spool.mkdir()
    try:
        document = _Document(spool, lambda share: progress(0.5 * share), text.path.stat().st_size)
        document.parse(text.path)
        notes: list[tuple[str, dict[str, Any]]] = []
        if text.elsewhere:
            notes.append(("links_not_followed", {"count": text.elsewhere}))
        if document.overlays:
            notes.append(("overlays_not_read", {"count": document.overlays}))
        folders = [folder for folder in document.folders if folder.rows]
        for number, folder in enumerate(folders):
            layer = _layer(
                folder, _name(folder, folders) or stem, spool, text.encoding, [] if number else notes
            )
            yield layer
            progress(0.5 + 0.5 * (number + 1) / len(folders))
        if not folders:
            raise Refused("no_layer")
    finally:
        shutil.rmtree(spool)
        if text.path != path:
            text.path.unlink()


def _name(folder: _Folder, folders: list[_Folder]) -> str:
    """A folder's own name; with those above it where another has the same."""
    same = [one for one in folders if one.name == folder.name]
    if folder.kind != "Folder" and len(folders) == 1:
        return ""  # the document itself: it is called as its file is
    if len(same) < 2:
        return folder.name
    names, above = [], folder if folder.kind == "Folder" else None
    while above is not None and above.kind == "Folder":
        names.append(above.name)
        above = above.above
    whole = "/".join(reversed(names)) or folder.name
    alike = [one.number for one in same]
    return f"{whole} {alike.index(folder.number) + 1}"


def _layer(
    folder: _Folder, name: str, spool: Path, encoding: str, notes: list[tuple[str, dict[str, Any]]]
) -> FoundLayer:
    fields = sorted(folder.fields.items())
    most = max(folder.kinds, key=lambda kind: folder.kinds[kind], default="polygon")
    batches = _batches(spool / f"{folder.number}.rows", [key for key, _ in fields])
    return FoundLayer(name, None, True, encoding, fields, batches, most, notes=notes)  # type: ignore[arg-type]


def _batches(path: Path, keys: list[str]) -> Iterator[Batch]:
    blobs: list[bytes | None] = []
    told: list[str] = []
    reasons: dict[int, str] = {}
    with path.open("rb") as file:
        while head := file.read(9):
            words, shape, why = struct.unpack("<II?", head)
            row = json.loads(file.read(words))
            data = file.read(shape)
            if why:
                reasons[len(blobs)] = data.decode()
            blobs.append(None if why or not shape else data)
            told.append(attributes.text({key: row.get(key) for key in keys}))
            if len(blobs) >= ROWS_AT_ONCE:
                yield Batch(curves.parsed(blobs), blobs, told, reasons)
                blobs, told, reasons = [], [], {}
    if blobs:
        yield Batch(curves.parsed(blobs), blobs, told, reasons)


class _Document:
    """One walk over the text. ``folders``: as they open; ``overlays``: pictures and models passed over."""

    def __init__(self, spool: Path, progress: Progress, size: int) -> None:
        self.spool, self.progress, self.size = spool, progress, max(1, size)
        self.folders: list[_Folder] = []
        self.overlays = 0
        self.path: list[str] = []
        self.open: list[_Folder] = []
        self.types: dict[str, dict[str, str]] = {}
        self.schema = ""
        self.row: dict[str, Any] | None = None
        self.key = ""
        self.of_schema: dict[str, str] = {}
        self.text: list[str] | None = None
        self.parts = Parts()
        self.seen = 0

    def parse(self, path: Path) -> None:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self._opens, self._closes
        parser.CharacterDataHandler = self._says
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                parser.Parse(block)
                self.seen += len(block)
                self.progress(self.seen / self.size)
            parser.Parse(b"", True)
        for folder in self.folders:
            self._flush(folder)

    def _opens(self, name: str, told: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        self.path.append(tag)
        if self.row is None:
            if tag in _CONTAINERS:
                self._folder(tag)
            elif tag == "Placemark":
                self.row, self.parts = ({"id": told["id"]} if "id" in told else {}), Parts()
            elif tag == "Schema":
                self.schema = told.get("id", told.get("name", ""))
            elif tag == "SimpleField":
                self.types.setdefault(self.schema, {})[told.get("name", "")] = told.get("type", "string")
            elif tag in _OVERLAYS:
                self.overlays += 1
        elif tag in ("Data", "SimpleData"):
            self.key = told.get("name", "")
        elif tag == "SchemaData":
            self.of_schema = self.types.get(told.get("schemaUrl", "").rpartition("#")[2], {})
        elif tag == "Model":
            self.overlays += 1
        else:
            self.parts.opens(tag)
        self.text = [] if self._listens(tag) else None

    def _listens(self, tag: str) -> bool:
        above = self.path[-2] if len(self.path) > 1 else ""
        if self.row is None:
            return tag == "name" and above in _CONTAINERS
        return (
            tag in ("coordinates", "coord", "value", "SimpleData") or tag in _WORDS or above == "ExtendedData"
        )

    def _says(self, text: str) -> None:
        if self.text is not None:
            self.text.append(text)

    def _closes(self, name: str) -> None:
        tag = self.path.pop()
        above = self.path[-1] if self.path else ""
        text = "".join(self.text).strip() if self.text is not None else None
        self.text = None
        if self.row is None:
            if text is not None and tag == "name" and self.open:
                self.open[-1].name = text[:200]
            elif tag in _CONTAINERS and self.open:
                self.open.pop()
        elif tag == "Placemark":
            self._put(self.row)
            self.row = None
        elif text is not None and tag in ("coordinates", "coord"):
            self.parts.numbers(tag, text)
        elif text is not None:
            self._word(tag, above, text)
        else:
            self.parts.closes(tag)

    def _word(self, tag: str, above: str, text: str) -> None:
        assert self.row is not None
        if tag in ("value", "SimpleData") and above in ("Data", "SchemaData"):
            self._keep(
                self.key, text, self.of_schema.get(self.key, "string") if tag == "SimpleData" else "string"
            )
        elif (above == "ExtendedData" and tag not in ("Data", "SchemaData")) or (
            tag in _WORDS and (above == "Placemark" or above in ("TimeStamp", "TimeSpan"))
        ):
            self._keep(tag, text, "string")

    def _keep(self, key: str, text: str, kind: str) -> None:
        """A word under its name; a name that the mark has already gets a number, so that no word swallows another."""
        assert self.row is not None
        value: Any = text
        try:
            value = _NUMBERS[kind](text) if kind in _NUMBERS and text else text or None
        except (ValueError, KeyError):
            value = text
        unique, count = key, 2
        while unique in self.row:
            unique, count = f"{key}_{count}", count + 1
        self.row[unique] = value
        if value is not None or unique not in self.open[-1].fields:
            self.open[-1].fields[unique] = kind

    def _folder(self, tag: str) -> None:
        if len(self.folders) >= MOST_FOLDERS:
            raise Refused("unreadable", reason=f"more than {MOST_FOLDERS} folders")
        folder = _Folder(len(self.folders), self.open[-1] if self.open else None, tag)
        self.folders.append(folder)
        self.open.append(folder)

    def _put(self, row: dict[str, Any]) -> None:
        folder = self.open[-1]
        if "id" in row:
            folder.fields.setdefault("id", "string")
        words = json.dumps(row).encode()
        why = False
        try:
            data = self.parts.wkb()
        except Unwritten as error:
            data, why = str(error).encode(), True
        folder.kinds[self.parts.kind] = folder.kinds.get(self.parts.kind, 0) + 1
        folder.waiting.append(struct.pack("<II?", len(words), len(data), why) + words + data)
        folder.rows += 1
        if len(folder.waiting) >= 1_000:
            self._flush(folder)

    def _flush(self, folder: _Folder) -> None:
        if folder.waiting:
            with (self.spool / f"{folder.number}.rows").open("ab") as file:
                file.writelines(folder.waiting)
            folder.waiting = []
