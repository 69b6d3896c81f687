"""GeoJSON and TopoJSON as text, before GDAL sees them: UTF-8 or (against the standard, but it is what comes) GB18030, and the ``crs`` member of the old
GeoJSON, which GDAL replaces by WGS 84 without a word where it does not understand it.
"""

from __future__ import annotations

import json
import mmap
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gis.formats import HEAD, top_level
from gis.reading import decoding, json_lines, json_losses
from layers.refusal import Refused

_BLOCK = 4 << 20
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]:,]', re.S)
_LARGEST_CRS = 2_000


@dataclass(frozen=True, slots=True)
class Looked:
    """``path``: the file to read (a copy in UTF-8 where it was not). ``crs``: what it states. ``by_format``: WGS 84 if it states nothing.
    ``name``: what the document calls itself, or nothing. ``notes``: what GDAL will change without a word.
    """

    path: Path
    encoding: str
    crs: str | None
    by_format: bool
    name: str
    notes: tuple[tuple[str, dict[str, Any]], ...] = ()


def looked_at(path: Path, scratch: Path) -> Looked:
    encoding = "UTF-8"
    if not decoding.decodes(path, "utf-8"):
        if not decoding.decodes(path, "gb18030"):
            raise Refused("encoding_unknown", tried="UTF-8, GB18030")
        path, encoding = decoding.transcoded(path, scratch / "transcoded.json", "gb18030"), "GB18030"
    notes = json_losses.noticed(path)
    with path.open("rb") as file:
        head = file.read(HEAD)
    top = top_level(head.lstrip(b"\x1e"))
    if top.get("type") == "Feature":
        lines = json_lines.as_collection(path, scratch)
        if lines is not None:
            return Looked(lines, encoding, None, True, "", notes)
    name = top.get("name", "")
    member = _member(path, head)
    if member is None:
        return Looked(path, encoding, None, True, name, notes)
    return Looked(path, encoding, _named(member), False, name, notes)


def _member(path: Path, head: bytes) -> bytes | None:
    """The ``crs`` of the document, mostly near its beginning; the file is never held whole."""
    found = _crs_member(head) if b'"crs"' in head else None
    if found is not None or path.stat().st_size <= len(head) or not _mentioned(path):
        return found
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return _crs_member(data)


def _mentioned(path: Path) -> bool:
    before = b""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if b'"crs"' in before + block:
                return True
            before = block[-5:]
    return False


def _crs_member(data: bytes | mmap.mmap) -> bytes | None:
    """The value of ``crs`` at the top of the document; a property of that name further down is another matter."""
    depth, key, start = 0, b"", -1
    for token in _TOKEN.finditer(data):
        sign = token[0]
        if sign in (b"{", b"["):
            depth += 1
        elif sign in (b"}", b"]"):
            depth -= 1
            if depth == 0:
                return data[start : token.start()] if start >= 0 else None
        elif depth != 1:
            continue
        elif sign == b":" and key == b'"crs"':
            start = token.end()
        elif sign == b",":
            if start >= 0:
                return data[start : token.start()]
            key = b""
        elif sign != b":" and not key:
            key = sign
    return None


def _named(member: bytes) -> str:
    """Nothing for an explicit null: the file says that its system is unknown."""
    shown = member[:80].decode("utf-8", "replace").strip()
    try:
        value = json.loads(member) if len(member) <= _LARGEST_CRS else shown
    except ValueError:
        value = shown
    if value is None:
        return ""
    if isinstance(value, dict) and isinstance(value.get("properties"), dict):
        stated = value["properties"].get("name", value["properties"].get("code"))
        if isinstance(stated, (str, int)):
            return str(stated)
    return shown
