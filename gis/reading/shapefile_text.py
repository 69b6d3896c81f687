"""What text a shapefile carries. Most come without a ``.cpg`` and then every reader guesses, mostly wrong: here the bytes of the table decide, strict
UTF-8 first, then GB18030.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from layers.refusal import Refused

_SAMPLE = 1 << 20  # records looked at; a table larger than that has shown its encoding


@dataclass(frozen=True, slots=True)
class Table:
    """``rows``: how many the index counts, less those the table marks as deleted. ``crs``: the text of the ``.prj``, empty without one."""

    encoding: str
    rows: int
    crs: str
    notes: list[tuple[str, dict[str, Any]]]


def looked_at(path: Path) -> Table:
    """Refused: ``truncated``, ``encoding_unknown``."""
    index = path.with_suffix(".shx").stat().st_size
    rows = max(0, (index - 100) // 8)
    texts, deleted, records = _texts(path.with_suffix(".dbf"))
    if records < rows:
        raise Refused("truncated", expected=rows, read=records)
    cpg = path.with_suffix(".cpg")
    stated = cpg.read_text("latin-1").strip()[:40] if cpg.exists() else ""
    encoding, notes = _encoding(texts, stated)
    if deleted:
        notes.append(("rows_marked_deleted", {"count": deleted}))
    prj = path.with_suffix(".prj")
    crs = (
        prj.read_bytes()[:40_000].decode("utf-8", "replace").strip("\ufeff \r\n\t\x00")
        if prj.exists()
        else ""
    )
    return Table(encoding, rows - deleted, crs, notes)


def told_by(table: Path, words: bytes = b"") -> str:
    """The encoding of a table by its bytes alone, and by ``words`` that belong to it. Refused: ``encoding_unknown``."""
    texts, _, _ = _texts(table)
    return _encoding({*texts, (words, False)}, "")[0]


def _encoding(texts: set[tuple[bytes, bool]], stated: str) -> tuple[str, list[tuple[str, dict[str, Any]]]]:
    fitting = [name for name in ("UTF-8", "GB18030") if all(_decodes(text, cut, name) for text, cut in texts)]
    plain = all(text.isascii() for text, _ in texts)
    named = _known(stated)
    if named and (plain or all(_decodes(text, cut, named) for text, cut in texts)):
        doubtful = not plain and fitting[:1] == ["UTF-8"] and named != "UTF-8"
        return named, [("encoding_doubtful", {"stated": stated, "looks_like": "UTF-8"})] if doubtful else []
    if not fitting:
        raise Refused("encoding_unknown", tried=", ".join(filter(None, (stated, "UTF-8", "GB18030"))))
    return fitting[0], [("encoding_overruled", {"stated": stated, "used": fitting[0]})] if stated else []


def _known(stated: str) -> str | None:
    word = stated.upper().replace("_", "-")
    if word in ("UTF-8", "UTF8", "65001"):
        return "UTF-8"
    if word in ("GBK", "GB2312", "CP936", "936", "GB18030", "ANSI 936", "OEM 936"):
        return "GB18030"
    try:
        "".encode(word)
    except (LookupError, ValueError):
        return {"88591": "ISO-8859-1", "1252": "CP1252", "ANSI 1252": "CP1252"}.get(word)
    return word or None


def _decodes(text: bytes, cut: bool, encoding: str) -> bool:
    """``cut``: the text fills its field, so its last character may have been cut in two."""
    for shorter in range(4 if cut else 1):
        try:
            text[: len(text) - shorter].decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False


def _texts(path: Path) -> tuple[set[tuple[bytes, bool]], int, int]:
    """Every distinct text of the table with whether it fills its field; how many rows are deleted, how many there are."""
    data = path.read_bytes()
    if len(data) < 33:
        raise Refused("truncated", expected=33, read=len(data))
    records, header, width = struct.unpack_from("<IHH", data, 4)
    there = max(0, (len(data) - header) // width) if width else 0
    records = min(records, there)
    texts: set[tuple[bytes, bool]] = set()
    columns: list[tuple[int, int]] = []
    for name, kind, start, length in _columns(data, header):
        texts.add((name, len(name) >= 10))
        if kind in b"CM":
            columns.append((start, length))
    deleted = 0
    for number in range(records):
        row = data[header + number * width : header + (number + 1) * width]
        deleted += row[:1] == b"*"
        if number < _SAMPLE:
            for start, length in columns:
                field = row[start : start + length]
                text = field.rstrip(b" \x00")
                if not text.isascii():
                    texts.add((text, len(text) >= length - 3))
    return texts, deleted, records


def _columns(data: bytes, header: int) -> Iterator[tuple[bytes, bytes, int, int]]:
    at, start = 32, 1
    while at + 32 <= min(header, len(data)) and data[at] != 0x0D:
        name, kind, length = data[at : at + 11].split(b"\x00")[0], data[at + 11 : at + 12], data[at + 16]
        yield name, kind, start, length
        start += length
        at += 32
