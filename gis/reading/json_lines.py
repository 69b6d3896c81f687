"""GeoJSON of one feature a line (with or without the sign of a record before it). GDAL takes such a file for its first feature alone and says nothing."""

from __future__ import annotations

import re
from pathlib import Path

from layers.refusal import Refused

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.S)
_RECORD = b"\x1e"
MOST_SCANNED = 64 << 20


def as_collection(path: Path, scratch: Path) -> Path | None:
    """A copy that is a collection of the same features; None where the file is one document. Refused: ``json_lines_broken``, where more follows
    after a first feature without a line between.
    """
    with path.open("rb") as file:
        lines = sum(1 for line in file if line.strip(b"\x1e \t\r\n"))
        file.seek(0)
        record = file.read(1) == _RECORD
        file.seek(0)
        opening = sum(
            1 for line in file if line.lstrip(b"\x1e \t").startswith(b"{") and line.rstrip().endswith(b"}")
        )
    if lines != opening:
        _one_document(path)
        return None
    if lines < 2 and not record:
        _one_document(path)
        return None
    target = scratch / "lines.json"
    with path.open("rb") as source, target.open("wb") as made:
        made.write(b'{"type":"FeatureCollection","features":[')
        between = b""
        for line in source:
            feature = line.strip(b"\x1e \t\r\n")
            if feature:
                made.write(between + feature)
                between = b",\n"
        made.write(b"]}")
    return target


def _one_document(path: Path) -> None:
    if path.stat().st_size > MOST_SCANNED:
        return
    data = path.read_bytes()
    depth = 0
    for token in _TOKEN.finditer(data):
        depth += {b"{": 1, b"[": 1, b"}": -1, b"]": -1}.get(token[0], 0)
        if not depth and token[0] == b"}":
            if data[token.end() :].strip():
                raise Refused("json_lines_broken")
            return
