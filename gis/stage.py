"""Features on their way into the base map: binary COPY into a table that nobody sees until it is published.

Arrays go in as they come from a reader, columns in step; knows nothing of files, coordinate systems or the catalogue.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from db.session import copy_in
from db.sql import queries
from gis.ahead import ahead

sql = queries(__file__)

COLUMNS = ["edition_id", "id", "ident", "name", "class", "attributes", "geom"]
ROWS_AT_ONCE = 1_000  # a few megabytes, even of large boundaries
_HEADER = b"PGCOPY\n\xff\r\n\x00" + struct.pack(">ii", 0, 0)
_TRAILER = struct.pack(">h", -1)
_NULL = struct.pack(">i", -1)
_JSONB_VERSION = b"\x01"


@dataclass(frozen=True, slots=True)
class Features:
    """Columns of rows of one edition, all of one length. ``geometry``: shapely in the project CRS; ``attributes``: JSON text."""

    ids: NDArray[np.int64]
    idents: Sequence[str | None]
    classes: Sequence[str | None]
    attributes: Sequence[str]
    geometry: NDArray[Any]
    names: Sequence[str | None] | None = None


class _Stream:
    """A generator of bytes as the file object that COPY wants."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._held = b""
        self._at = 0

    def read(self, size: int) -> bytes:
        # An offset, not a shortened remainder: copying what is left for every 8 KB read took most of a load's time.
        if self._at >= len(self._held):
            self._held, self._at = next(self._pieces, b""), 0
        given = self._held[self._at : self._at + size]
        self._at += size
        return given


def _text(value: str | None) -> bytes:
    if value is None:
        return _NULL
    raw = value.encode("utf-8")
    return struct.pack(">i", len(raw)) + raw


class _Copied:
    """The pieces as one COPY, counted on the way."""

    def __init__(self, edition: int, srid: int, pieces: Iterable[Features]) -> None:
        self.edition, self.srid, self.pieces = edition, srid, pieces
        self.count = 0

    def __iter__(self) -> Iterator[bytes]:
        yield _HEADER
        for features in self.pieces:
            self.count += len(features.ids)
            yield from _rows(self.edition, self.srid, features)
        yield _TRAILER


def _rows(edition: int, srid: int, features: Features) -> Iterator[bytes]:
    fixed, length = struct.Struct(">hiqiq"), struct.Struct(">i")
    for start in range(0, len(features.ids), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        wkb = shapely.to_wkb(shapely.set_srid(features.geometry[part], srid), include_srid=True)
        out: list[bytes] = []
        names = repeat(None, len(wkb)) if features.names is None else features.names[part]
        for row, ident, name, cls, attributes, geometry in zip(
            features.ids[part].tolist(),
            features.idents[part],
            names,
            features.classes[part],
            features.attributes[part],
            wkb,
            strict=True,
        ):
            told = attributes.encode("utf-8")
            out += (
                fixed.pack(7, 8, edition, 8, row),
                _text(ident),
                _text(name),
                _text(cls),
                length.pack(len(told) + 1),
                _JSONB_VERSION,
                told,
                length.pack(len(geometry)),
                geometry,
            )
        yield b"".join(out)


def fill(connection: Connection, edition: int, srid: int, pieces: Iterable[Features]) -> int:
    """Make the stage of ``edition``, copy the features into it, piece by piece as they come, and index it; how many there were. The caller's
    transaction holds it all.
    """
    copied = _Copied(edition, srid, pieces)
    connection.execute(sql.open_stage, {"edition": edition, "srid": srid})
    with ahead(copied) as packed:
        copy_in(connection, f"feature_{edition}", COLUMNS, _Stream(packed))
    connection.execute(sql.close_stage, {"edition": edition})
    return copied.count
