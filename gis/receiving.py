"""What came out of the sandbox, read on the trusted side, a chunk at a time. Nothing is believed: counts, offsets, finite numbers, validity and the text of
attributes are all checked again before anything of it is used. After that the chunks are read as often as anybody likes: nobody in the room is left to change them.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray
from shapely import GEOSException

from gis.geometry import KINDS, LARGEST, Kind, Numbers, Rows, Shapes, kinds_of
from gis.handover import LARGEST_TEXT, LEVELS, MULTI, Part, has_nul, write_shapes
from gis.source_layer import Piece, SetAside
from layers.refusal import Refused

_CODES = {"null_geometry", "empty_geometry", "invalid_geometry", "not_a_layer_kind", "row_unreadable"}


@dataclass(slots=True)
class Held:
    """The rows of one kind of one layer on disk; ``counts`` by chunk. Iterating builds them anew each time, in the system they were last left in."""

    folder: Path
    name: str
    kind: Kind
    counts: tuple[int, ...]
    boxes: Numbers = field(default_factory=lambda: np.empty((0, 4)), repr=False)
    rows: Rows = field(default_factory=lambda: np.empty(0, dtype=np.int64), repr=False)

    def __len__(self) -> int:
        return len(self.counts)

    def __iter__(self) -> Iterator[Piece]:
        return map(self.piece, range(len(self.counts)))

    def first(self) -> list[Piece]:
        """The first chunk, where there is one."""
        return [self.piece(0)] if self.counts else []

    def piece(self, number: int) -> Piece:
        chunk = self._chunk(number)
        return Piece(
            _rebuilt(self.folder, chunk, self.kind, self.counts[number]),
            _numbers(self.folder / f"{chunk}.rows", np.int64),
            _texts(self.folder / f"{chunk}.attributes"),
        )

    def verified(self, number: int) -> tuple[Rows, Numbers]:
        """A chunk looked at before anything else is done with it: its rows, and the box of each shape."""
        piece = self.piece(number)
        if len(piece.rows) != self.counts[number] or len(piece.attributes) != self.counts[number]:
            raise Refused("reader_untrusted", reason="counts")
        if not shapely.is_valid(piece.geometry).all():
            raise Refused("reader_untrusted", reason="validity")
        for text in piece.attributes:
            _checked(text)
        return piece.rows, shapely.bounds(piece.geometry)

    def __contains__(self, piece: object) -> bool:
        return any(piece is one for one in self)

    def replace(self, number: int, piece: Piece) -> None:
        """Chunk ``number`` as it is from now on: carried into another system, or with fewer rows."""
        chunk = self._chunk(number)
        for old in self.folder.glob(f"{chunk}.*"):
            if len(piece.rows) != self.counts[number] or old.suffix not in (".rows", ".attributes"):
                old.unlink()
        write_shapes(self.folder, chunk, self.kind, piece.geometry)
        if len(piece.rows) != self.counts[number]:
            piece.rows.tofile(self.folder / f"{chunk}.rows")
            told = "".join(f"{text}\n" for text in piece.attributes)
            (self.folder / f"{chunk}.attributes").write_bytes(told.encode())
            self.counts = (*self.counts[:number], len(piece.rows), *self.counts[number + 1 :])

    def _chunk(self, number: int) -> str:
        return f"{self.name}.{number:05d}"


class Receiving:
    """The way out of the room: chunks are verified by a thread of their own as soon as they are said to be there, while the room works on the next."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._early: dict[tuple[str, int], Future[tuple[Rows, Numbers]]] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="receiving")

    def __enter__(self) -> Receiving:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown(cancel_futures=True)

    def heard(self, source: str, chunk: Any) -> None:
        """``[name, kind, number, count]`` as the room says it; what is not as it should be is not looked at early."""
        try:
            name, kind, number, count = chunk
            good = kind in KINDS and bool(re.fullmatch(rf"{source}-[0-9]{{1,6}}-{kind}", name))
            good = good and isinstance(number, int) and isinstance(count, int)
        except (TypeError, ValueError):
            return
        if good and 0 <= number < 100_000 and count >= 0:
            held = Held(self.folder, name, kind, (0,) * number + (count,))
            self._early[name, number] = self._thread.submit(held.verified, number)

    def forget(self, source: str) -> None:
        """What was heard of a source whose reading begins anew."""
        for key in [key for key in self._early if key[0].startswith(f"{source}-")]:
            future = self._early.pop(key)
            if not future.cancel():
                future.exception()  # waits: nobody reads the file any more when this returns

    def part(self, told: dict[str, Any]) -> tuple[Held, tuple[SetAside, ...]]:
        """A part, checked; Refused ``reader_untrusted`` when anything about it is not as it must be."""
        kind, name, read, counts = told["kind"], told["name"], told["read"], told["chunks"]
        if kind not in KINDS or any(count < 0 for count in counts):
            raise Refused("reader_untrusted", reason="kind")
        held = Held(self.folder, name, kind, tuple(counts))
        aside = _asides(self.folder, name)
        rows, boxes = [held.rows], [held.boxes]
        for number, count in enumerate(counts):
            early = self._early.pop((name, number), None)
            seen = held.verified(number) if early is None else early.result()
            if len(seen[0]) != count:
                raise Refused("reader_untrusted", reason="counts")
            rows.append(seen[0])
            boxes.append(seen[1])
        held.rows, held.boxes = np.concatenate(rows), np.concatenate(boxes)
        taken = np.concatenate((held.rows, np.array([one.row for one in aside], dtype=np.int64)))
        ascending = (np.diff(held.rows) > 0).all()
        if len(taken) != read or len(np.unique(taken)) != read or (read and taken.min() < 0) or not ascending:
            raise Refused("reader_untrusted", reason="counts")
        for one in aside:
            _checked(one.attributes)
        return held, aside


def fetched(folder: Path, name: str, kind: Kind, read: int) -> Part:
    """A part that was ``put`` as one chunk without rows set aside, whole."""
    there = read - len(_asides(folder, name))
    with Receiving(folder) as receiving:
        held, aside = receiving.part({"kind": kind, "name": name, "read": read, "chunks": [there]})
    (piece,) = held
    return Part(kind, piece.geometry, piece.rows, piece.attributes, aside)


def _rebuilt(folder: Path, chunk: str, kind: Kind, count: int) -> Shapes:
    numbers = _numbers(folder / f"{chunk}.coordinates", np.float64)
    offsets = [_numbers(folder / f"{chunk}.offsets{level}", np.int64) for level in range(LEVELS[kind])]
    if len(numbers) % 2 or not (np.abs(numbers) <= LARGEST).all():
        raise Refused("reader_untrusted", reason="coordinates")
    inner = len(numbers) // 2
    for offset in offsets:  # from the rings outwards: each level counts in units of the one before
        if not len(offset) or offset[0] != 0 or offset[-1] != inner or (np.diff(offset) < 1).any():
            raise Refused("reader_untrusted", reason="offsets")
        inner = len(offset) - 1
    if inner != count:
        raise Refused("reader_untrusted", reason="counts")
    if not count:
        return np.empty(0, dtype=object)
    single = np.diff(offsets[-1]) == 1
    simple = GEOMETRIES[kind]
    try:
        if single.all():
            levels = tuple(offsets[:-1])
            shapes = shapely.from_ragged_array(simple, numbers.reshape(-1, 2), levels or None)
        else:
            whole = shapely.from_ragged_array(MULTI[kind], numbers.reshape(-1, 2), tuple(offsets))
            shapes = np.where(single, shapely.get_geometry(whole, 0), whole)
    except (GEOSException, ValueError, IndexError) as error:
        raise Refused("reader_untrusted", reason="rings") from error
    if (kinds_of(shapes) != KINDS.index(kind)).any():
        raise Refused("reader_untrusted", reason="kind")
    return np.asarray(shapes, dtype=object)


GEOMETRIES = {
    "polygon": shapely.GeometryType.POLYGON,
    "line": shapely.GeometryType.LINESTRING,
    "point": shapely.GeometryType.POINT,
}


def _asides(folder: Path, name: str) -> tuple[SetAside, ...]:
    blob = plain_bytes(folder / f"{name}.wkb")
    found: list[SetAside] = []
    at = 0
    for line in _texts(folder / f"{name}.aside"):
        try:
            row, code, x, y, params, attributes, length = json.loads(line)
            place = tuple(None if number is None else float(number) for number in (x, y))
            good = (
                code in _CODES
                and isinstance(params, dict)
                and isinstance(attributes, str)
                and isinstance(row, int)
            )
            good = good and isinstance(length, int) and -1 <= length <= len(blob) - at
        except (ValueError, TypeError, RecursionError) as error:
            raise Refused("reader_untrusted", reason="set aside") from error
        if not good or any(number is not None and not abs(number) <= LARGEST for number in place):
            raise Refused("reader_untrusted", reason="set aside")
        wkb = blob[at : at + length] if length >= 0 else None
        at += max(length, 0)
        told = {
            str(key)[:40]: value if isinstance(value, (int, float)) else str(value)[:300]
            for key, value in params.items()
        }
        found.append(SetAside(row, code, place[0], place[1], told, wkb, attributes))
    return tuple(found)


def _checked(text: str) -> None:
    """A JSON object in one line, without NUL, that PostgreSQL's jsonb will take."""
    try:
        good = isinstance(orjson.loads(text), dict) and not has_nul(text) and len(text) <= LARGEST_TEXT
    except orjson.JSONDecodeError as error:
        raise Refused("reader_untrusted", reason="attributes") from error
    if not good:
        raise Refused("reader_untrusted", reason="attributes")


def plain_bytes(path: Path) -> bytes:
    """The bytes of a regular file: a link out of the room is not followed."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise Refused("reader_untrusted", reason="missing file") from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise Refused("reader_untrusted", reason="no plain file")
    with os.fdopen(handle, "rb") as file:
        return file.read()


def _numbers(path: Path, kind: type[Any]) -> NDArray[Any]:
    data = plain_bytes(path)
    if len(data) % 8:
        raise Refused("reader_untrusted", reason="length")
    return np.frombuffer(data, dtype=kind)


def _texts(path: Path) -> list[str]:
    try:
        text = plain_bytes(path).decode()
    except UnicodeDecodeError as error:
        raise Refused("reader_untrusted", reason="text") from error
    return text.split("\n")[:-1]
