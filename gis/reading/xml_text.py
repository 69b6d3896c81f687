"""XML before GDAL sees it: well-formed to its end, of a known root, without a DOCTYPE, not too deep, and in UTF-8 (what is not is rewritten).

Nothing named in a document is ever fetched; what points elsewhere is counted, so that a person learns that something is not here.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.parsers import expat

from gis.reading import decoding
from gis.reading.xml_numbers import Watching
from layers.refusal import Refused

DEEPEST = 200
_DECLARED = re.compile(
    rb"""\A(?:\xef\xbb\xbf)?<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z][\w.-]*)["'][^>]*?\?>"""
)
_DECLARATION = re.compile(r"\A\ufeff?\s*<\?xml[^>]*\?>")
_CHINESE = {"gb2312", "gbk", "gb18030", "cp936", "gb_2312-80", "x-gbk"}


@dataclass(frozen=True, slots=True)
class Looked:
    """``path``: the file to read (a copy in UTF-8 where it was not). ``elsewhere``: how many elements point to what lies elsewhere."""

    path: Path
    encoding: str
    elsewhere: int


def looked_at(
    path: Path,
    scratch: Path,
    roots: Collection[str] | None,
    links: Collection[str] = (),
    watching: Watching | None = None,
) -> Looked:
    """``roots``, ``links``: names without prefix, of the outermost element (None: any) and of those that point elsewhere. ``watching``
    is told what lies in the document.

    Refused: ``xml_doctype``, ``encoding_unknown``, ``not_what_its_name_says``, ``unreadable``.
    """
    encoding = _encoding(path)
    read = path
    if encoding != "UTF-8":
        read = decoding.transcoded(
            path, scratch / f"transcoded{path.suffix}", encoding, lambda text: _DECLARATION.sub("", text)
        )
    try:
        return Looked(read, encoding, _walked(read, roots, links, watching))
    except Refused:
        if read != path:
            read.unlink()
        raise


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(1_000)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16"
    declared = _DECLARED.match(head)
    said = declared[1].decode().lower() if declared else "utf-8"
    if said in (
        "utf-8",
        "utf8",
        "ascii",
        "us-ascii",
        *_CHINESE,
    ):  # the bytes know better than the declaration
        for name in ("UTF-8", "GB18030"):
            if decoding.decodes(path, name):
                return name
        raise Refused("encoding_unknown", tried=f"{said}, UTF-8, GB18030")
    try:
        if "".encode(said) or not decoding.decodes(path, said):
            raise Refused("encoding_unknown", tried=said)
    except (LookupError, ValueError) as error:
        raise Refused("encoding_unknown", tried=said) from error
    return said.upper()


def _walked(
    path: Path, roots: Collection[str] | None, links: Collection[str], watching: Watching | None
) -> int:
    depth = elsewhere = 0

    def opens(name: str, told: dict[str, str]) -> None:
        nonlocal depth, elsewhere
        local = name.rpartition(":")[2]
        if not depth and roots is not None and local not in roots:
            raise Refused("not_what_its_name_says", what="/".join(sorted(roots)))
        depth += 1
        if depth > DEEPEST:
            raise Refused("unreadable", reason=f"elements nested deeper than {DEEPEST}")
        if local in links or (told and "xlink:href" in told and not told["xlink:href"].startswith("#")):
            elsewhere += 1
        if watching is not None:
            listens = watching.opens(local, depth - 1, told)
            parser.CharacterDataHandler = watching.says if listens else None

    def closes(name: str) -> None:
        nonlocal depth
        depth -= 1
        if watching is not None:
            watching.closes(depth)
            parser.CharacterDataHandler = None

    def declares(*_: Any) -> None:
        raise Refused("xml_doctype")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = 1 << 20
    parser.StartElementHandler = opens
    parser.EndElementHandler = closes
    parser.StartDoctypeDeclHandler = declares
    parser.EntityDeclHandler = declares
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
    except expat.ExpatError as error:
        raise Refused("unreadable", reason=str(error)[:200]) from error
    return elsewhere
