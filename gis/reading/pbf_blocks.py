"""The blocks of OpenStreetMap's PBF, looked at before GDAL sees them: it takes a broken or cut one for the end of the file and says nothing.

Each block must be whole, packed with zlib or not at all, and unpack to the size it states; what the file asks of its readers must be something that GDAL can do.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from layers.refusal import Refused

_LONGEST_HEADER = 64 << 10
_LARGEST = 32 << 20
_HIGHEST_RATIO = 100  # above this GDAL stops reading
_KNOWN = {b"OsmSchema-V0.6", b"DenseNodes"}


def check(path: Path) -> None:
    """Refused: ``truncated``, ``unreadable``."""
    size, at = path.stat().st_size, 0
    with path.open("rb") as file:
        while at < size:
            told = file.read(4)
            (length,) = struct.unpack(">I", told) if len(told) == 4 else (0,)
            if not 0 < length <= _LONGEST_HEADER:
                raise Refused("unreadable", reason=f"no block at byte {at}")
            header = dict(_fields(file.read(length)))
            kind, wide = header.get(1, b""), header.get(3, 0)
            if not isinstance(wide, int) or not 0 < wide <= _LARGEST or not isinstance(kind, bytes):
                raise Refused("unreadable", reason=f"no block at byte {at}")
            if at + 4 + length + wide > size:
                raise Refused("truncated", expected=at + 4 + length + wide, read=size)
            data = _unpacked(file.read(wide), at)
            if kind == b"OSMHeader":
                _asked(data)
            at += 4 + length + wide


def _unpacked(blob: bytes, at: int) -> bytes:
    fields = dict(_fields(blob))
    raw, size, packed = fields.get(1), fields.get(2, 0), fields.get(3)
    if isinstance(raw, bytes):
        return raw
    if not isinstance(packed, bytes) or not isinstance(size, int) or not 0 < size <= _LARGEST:
        raise Refused("unreadable", reason=f"the block at byte {at} is not packed with zlib")
    if size // _HIGHEST_RATIO > len(packed):
        raise Refused(
            "unreadable", reason=f"the block at byte {at} would grow more than {_HIGHEST_RATIO} times"
        )
    try:
        data = zlib.decompressobj().decompress(packed, size + 1)
    except zlib.error as error:
        raise Refused("unreadable", reason=f"the block at byte {at}: {error}"[:200]) from error
    if len(data) != size:
        raise Refused("unreadable", reason=f"the block at byte {at} has not the size it states")
    return data


def _asked(data: bytes) -> None:
    for number, value in _fields(data):
        if number == 4 and value not in _KNOWN:
            raise Refused("unreadable", reason=f"the file asks its readers for {value!r}"[:200])


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and value of each field; ends where the bytes make no more sense."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        wire = tag & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield tag >> 3, value
        elif wire == 2:
            length, at = _varint(data, at)
            yield tag >> 3, data[at : at + length]
            at += length
        elif wire in (1, 5):
            at += 8 if wire == 1 else 4
        else:
            return


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift < 70:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            break
    return value, at
