"""Unpacking a zip that a stranger packed. The whole table of contents is judged before the first byte is written, and what is written carries numbers
for names: no name out of the archive ever reaches the disk.
"""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from gis.quarantine import check_space
from gis.shown import shown
from layers.refusal import Refused

MOST_ENTRIES = 20_000
MOST_CONTENTS = 8 << 20  # bytes of the table of contents
HIGHEST_RATIO = 250  # real deliveries stay under 40; deflate itself ends at 1,032
SMALL = 4 << 20  # below this a ratio proves nothing
_LONGEST_NAME = 1_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of the delivery: ``path`` inside it (posix), ``place`` on disk."""

    path: str
    place: Path
    size: int


def unpack(archive: Path, into: Path, *, name: str, budget: int, prefix: str = "") -> list[Entry]:
    """At most ``budget`` bytes. Refused: ``zip_broken``, ``zip_entries``, ``zip_encrypted``, ``zip_method``, ``zip_path``, ``zip_link``, ``zip_overlap``,
    ``zip_duplicate``, ``zip_ratio``, ``zip_too_large``; GroundError ``no_space``; the caller's folder is the caller's to remove.
    """
    with archive.open("rb") as raw:
        _contents_bounded(raw, name)
        try:
            with zipfile.ZipFile(raw) as opened:
                members = [(info, _path(info, name)) for info in opened.infolist()]
                _judged(members, raw, opened.start_dir, name, budget)
                check_space(into, sum(info.file_size for info, _ in members), name)
                return _written(opened, members, into, name, budget, prefix)
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            struct.error,
            NotImplementedError,
            UnicodeError,
        ) as error:
            raise Refused("zip_broken", file=name, reason=str(error)[:120]) from error


def _contents_bounded(raw: IO[bytes], name: str) -> None:
    """zipfile reads the whole table of contents into memory: its size is looked at before."""
    raw.seek(0, 2)
    size = raw.tell()
    raw.seek(max(0, size - 65_557))
    tail = raw.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) - end < 22:
        raise Refused("zip_broken", file=name, reason="no table of contents")
    entries, contents = struct.unpack_from("<HI", tail, end + 10)
    locator = tail.rfind(b"PK\x06\x07", 0, end)
    if 0xFFFF in (entries, contents & 0xFFFF) and locator >= 0 and len(tail) - locator >= 20:
        raw.seek(struct.unpack_from("<Q", tail, locator + 8)[0])
        record = raw.read(56)
        if len(record) == 56 and record.startswith(b"PK\x06\x06"):
            entries, contents = struct.unpack_from("<QQ", record, 32)
    if entries > MOST_ENTRIES or contents > MOST_CONTENTS:
        raise Refused("zip_entries", file=name, entries=int(entries), most=MOST_ENTRIES)


def _path(info: zipfile.ZipInfo, name: str) -> str:
    """The name inside the archive, decoded (Windows packs GBK and says nothing), refused where it points out of its folder."""
    path = info.filename
    if not info.flag_bits & 0x800:
        try:
            raw = info.orig_filename.encode("cp437")
            for encoding in ("utf-8", "gb18030"):
                try:
                    path = raw.decode(encoding)
                    break
                except UnicodeDecodeError:
                    continue
        except UnicodeEncodeError:
            pass
    path = path.replace("\\", "/")
    parts = path.split("/")
    drive = len(parts[0]) == 2 and parts[0][1] == ":"
    if (
        path.startswith("/")
        or drive
        or ".." in parts
        or not path
        or len(path) > _LONGEST_NAME
        or any(not sign.isprintable() for sign in path)
    ):
        raise Refused("zip_path", file=name, entry=shown(path, 200))
    return str(PurePosixPath(path)) + ("/" if path.endswith("/") else "")


def _judged(
    members: list[tuple[zipfile.ZipInfo, str]], raw: IO[bytes], contents_at: int, name: str, budget: int
) -> None:
    if len(members) > MOST_ENTRIES:
        raise Refused("zip_entries", file=name, entries=len(members), most=MOST_ENTRIES)
    seen: set[str] = set()
    for info, path in members:
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind == stat.S_IFLNK or (kind and not stat.S_ISREG(kind) and not stat.S_ISDIR(kind)):
            raise Refused("zip_link", file=name, entry=path)
        if info.flag_bits & 0x41:
            raise Refused("zip_encrypted", file=name, entry=path)
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Refused("zip_method", file=name, entry=path, method=info.compress_type)
        if path in seen:
            raise Refused("zip_duplicate", file=name, entry=path)
        seen.add(path)
    unpacked = sum(info.file_size for info, _ in members)
    packed = sum(info.compress_size for info, _ in members)
    _apart(members, raw, contents_at, name)
    if unpacked > budget:
        raise Refused("zip_too_large", file=name, bytes=unpacked, most=budget)
    if unpacked > SMALL and unpacked > HIGHEST_RATIO * max(packed, 1):
        raise Refused("zip_ratio", file=name, ratio=unpacked // max(packed, 1), most=HIGHEST_RATIO)


def _apart(members: list[tuple[zipfile.ZipInfo, str]], raw: IO[bytes], contents_at: int, name: str) -> None:
    """No two entries may share a byte: that is how 46 MB become 4.5 PB."""
    end, last = 0, ""
    for info, path in sorted(members, key=lambda member: member[0].header_offset):
        if info.header_offset < end:
            raise Refused("zip_overlap", file=name, entry=path, other=last)
        raw.seek(info.header_offset)
        header = raw.read(30)
        if len(header) < 30 or not header.startswith(b"PK\x03\x04"):
            raise Refused("zip_broken", file=name, reason=f"{path}: no header")
        name_length, extra_length = struct.unpack_from("<HH", header, 26)
        end, last = info.header_offset + 30 + name_length + extra_length + info.compress_size, path
    if end > contents_at:
        raise Refused("zip_overlap", file=name, entry=last, other="table of contents")


def _written(
    opened: zipfile.ZipFile,
    members: list[tuple[zipfile.ZipInfo, str]],
    into: Path,
    name: str,
    budget: int,
    prefix: str,
) -> list[Entry]:
    entries: list[Entry] = []
    for number, (info, path) in enumerate(members):
        if path.endswith("/"):
            continue
        place = into / f"{number:06d}"
        size = 0
        with opened.open(info) as source, place.open("xb") as target:
            while block := source.read(1 << 20):
                size += len(block)
                budget -= len(block)
                if budget < 0:  # the sizes in the table of contents were a lie
                    raise Refused("zip_too_large", file=name, bytes=size, most=size + budget)
                target.write(block)
        entries.append(Entry(prefix + path, place, size))
    return entries
