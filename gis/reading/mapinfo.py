"""MapInfo's native tables (TAB with DAT, MAP, ID) and its exchange form (MIF with MID). What text they carry is told by their bytes where they say "Neutral"
or nothing, as most Chinese ones do: GDAL would read that as Latin.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gis.reading import decoding, gdal, mapinfo_arcs, shapefile_text
from gis.reading.found import FoundLayer
from gis.reading.gdal import Progress
from layers.refusal import Refused

_CHARSET = re.compile(rb'(?im)^([!\s]*(?:type\s+\w+\s+)?charset\s+)"?([A-Za-z0-9_-]+)"?')
_SILENT = {"", "NEUTRAL"}
_WORDS = {"UTF-8": b"UTF-8", "GB18030": b"WindowsSimpChinese"}
_SHOWN = {"WINDOWSSIMPCHINESE": "GB18030", "UTF-8": "UTF-8", "WINDOWSLATIN1": "CP1252"}


def read(path: Path, stem: str, scratch: Path, progress: Progress) -> Iterator[FoundLayer]:
    notes: list[tuple[str, dict[str, Any]]] = []
    said = _stated(path)
    encoding = _SHOWN.get(said, said)
    copy = None
    try:
        if said in _SILENT:
            encoding = _of_bytes(path)
        if said in _SILENT or path.suffix == ".mif":
            text = path.read_bytes()
            if path.suffix == ".mif":
                text, bent, left = mapinfo_arcs.straightened(text)
                found_arcs = (("curves_linearised", bent), ("arcs_by_reader", left))
                notes += [(code, {"count": count}) for code, count in found_arcs if count]
            copy = path = _copied(path, _reworded(text, encoding) if said in _SILENT else text, scratch)
        if path.suffix == ".tab" and (arcs := mapinfo_arcs.of_table(path)):
            notes.append(("arcs_by_reader", {"count": arcs}))
        rows = _rows(path)
        at_once = gdal.rows_at_once(sum(part.stat().st_size for part in path.parent.iterdir()), rows or 0)
        with gdal.opened(path, None, progress, at_once=at_once, expected=rows) as found:
            layer = gdal.layer(found, stem, None, False, encoding)
            layer.notes.extend(notes)
            yield layer
    finally:
        if copy is not None:
            shutil.rmtree(copy.parent)


def _rows(path: Path) -> int | None:
    """A MIF that was cut is told by its table: a line of it belongs to each shape."""
    table = path.with_suffix(".mid")
    if path.suffix == ".mif" and table.exists():
        with table.open("rb") as file:
            return sum(1 for line in file if line.strip())
    return gdal.rows_of(path)


def _stated(path: Path) -> str:
    with path.open("rb") as file:
        found = _CHARSET.findall(file.read(64 << 10))
    return found[-1][1].decode().upper() if found else ""


def _of_bytes(path: Path) -> str:
    """Refused: ``encoding_unknown``."""
    if path.suffix == ".tab":  # its table is laid out like a dBase one, with numbers in between
        return shapefile_text.told_by(path.with_suffix(".dat"), path.read_bytes())
    texts = [one for one in (path, path.with_suffix(".mid")) if one.exists()]
    for name in _WORDS:
        if all(decoding.decodes(one, name) for one in texts):
            return name
    raise Refused("encoding_unknown", tried="UTF-8, GB18030")


def _reworded(text: bytes, encoding: str) -> bytes:
    """The text saying what it is: a word is changed, no other."""
    word = _WORDS[encoding]
    if _CHARSET.search(text):
        text = _CHARSET.sub(lambda found: found[1] + b'"' + word + b'"', text)
    else:
        first, _, rest = text.partition(b"\n")
        text = first + b'\nCharset "' + word + b'"\n' + rest
    if encoding == "UTF-8":
        text = re.sub(rb"(?im)^(!?version\s+)[0-9]+", rb"\g<1>1520", text, count=1)
    return text


def _copied(path: Path, text: bytes, scratch: Path) -> Path:
    """The same table in another folder, with another text."""
    folder = scratch / "mapinfo"
    folder.mkdir()
    for part in path.parent.glob(f"{path.stem}.*"):
        if part != path:
            shutil.copyfile(part, folder / part.name)
    (folder / path.name).write_bytes(text)
    return folder / path.name
