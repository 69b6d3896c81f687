"""What a DXF says before it is opened: its version, and which bytes its text is made of. From R2007 on it is UTF-8; before, a code page that is stated and
often wrong: drawings of this country state the Western one and hold GBK.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gis.reading import decoding

UNICODE_SINCE = "AC1021"
BINARY = b"AutoCAD Binary DXF"
_BLOCK = 4 << 20
_PAIR = rb"\s*\r?\n\s*"
_VERSION = re.compile(rb"\$ACADVER" + _PAIR + rb"1" + _PAIR + rb"(AC[0-9]{4})")
_PAGE = re.compile(rb"\$DWGCODEPAGE" + _PAIR + rb"3" + _PAIR + rb"([^\r\n]{1,40})")
_PAGES = {
    "ANSI_936": "gb18030", "GB2312": "gb18030", "GBK": "gb18030", "ANSI_950": "big5", "BIG5": "big5", "ANSI_932": "cp932", "ANSI_949": "cp949",
    "ANSI_1250": "cp1250", "ANSI_1251": "cp1251", "ANSI_1252": "cp1252", "UTF-8": "utf-8", "UTF8": "utf-8",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """``encoding``: for Python, ``name``: for people; ``notes``: where the file says one thing and its bytes another."""

    version: str
    encoding: str
    name: str
    binary: bool
    notes: tuple[tuple[str, dict[str, Any]], ...] = ()


def looked_at(path: Path) -> Told:
    with path.open("rb") as file:
        head = file.read(256 << 10)
    version = _VERSION.search(head)
    page = _PAGE.search(head)
    told = version[1].decode() if version else "AC1009"
    stated = page[1].decode("latin-1").strip().upper() if page else ""
    if head.startswith(BINARY):
        return Told(told, "", "", True)
    if told >= UNICODE_SINCE:
        if decoding.decodes(path, "utf-8"):
            return Told(told, "utf-8", "UTF-8", False)
        note = ("encoding_overruled", {"stated": "UTF-8", "used": "GB18030"})
        return Told(told, "gb18030", "GB18030", False, (note,))
    meant = _PAGES.get(stated, "cp1252" if stated.startswith("ANSI_125") or not stated else "gb18030")
    found = _meant(path, meant)
    name = {"gb18030": "GB18030", "utf-8": "UTF-8"}.get(found, found.upper())
    notes = (("encoding_overruled", {"stated": stated, "used": name}),) if found != meant and stated else ()
    return Told(told, found, name, False, notes)


def _meant(path: Path, stated: str) -> str:
    """What is stated, unless the bytes are plainly something else."""
    if _is_ascii(path):
        return stated
    if stated != "utf-8" and decoding.decodes(path, "utf-8"):
        return "utf-8"
    if stated in ("cp1252", "cp1250", "cp1251", "utf-8") and _speaks_gbk(path):
        return "gb18030"
    return stated


def _is_ascii(path: Path) -> bool:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if not block.isascii():
                return False
    return True


def _speaks_gbk(path: Path) -> bool:
    """Western text has single letters beyond ASCII, Chinese text has them in pairs."""
    pairs = odd = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            for line in block.splitlines():
                if line.isascii():
                    continue
                runs = [len(run) for run in re.findall(rb"[\x80-\xff]+", line)]
                try:
                    line.decode("gb2312")
                    pairs += sum(length % 2 == 0 for length in runs)
                except UnicodeDecodeError:
                    odd += len(runs)
    return pairs > 9 * odd
