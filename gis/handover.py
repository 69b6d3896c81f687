"""What crosses the wall of the sandbox: plain numbers and UTF-8 lines, in files without headers, so that there is nothing to parse on the trusted side.

This room writes, on the inside, a chunk of rows at a time, so that no file needs the memory it fills. ``gis.receiving`` reads, on the outside, and
believes nothing. Geometry crosses as ragged coordinate arrays; WKB crosses only as the opaque bytes of rows that were set aside.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import GeometryType

from gis.geometry import Kind, Rows, Shapes
from gis.source_layer import SetAside
from layers.canonical import canonical

MULTI = {
    "polygon": GeometryType.MULTIPOLYGON,
    "line": GeometryType.MULTILINESTRING,
    "point": GeometryType.MULTIPOINT,
}
LEVELS = {"polygon": 3, "line": 2, "point": 1}
LARGEST_TEXT = 4 << 20
"""Of the attributes of one feature: characters inside, where they are refused by name, and outside, where nothing larger is believed."""
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of one layer, in the source's own CRS."""

    kind: Kind
    geometry: Shapes
    rows: Rows
    attributes: list[str]
    aside: tuple[SetAside, ...]


def has_nul(text: str) -> bool:
    """Whether this JSON text holds U+0000, which no text column takes; a written-out backslash before it does not count."""
    return "\\u0000" in text and _NUL.search(text) is not None


class Hand:
    """One kind of one layer on its way out, chunk by chunk, under a name of our own making."""

    def __init__(
        self, folder: Path, name: str, kind: Kind, on_chunk: Callable[[list[Any]], object] | None = None
    ) -> None:
        self.folder, self.name, self.kind, self.on_chunk = folder, name, kind, on_chunk
        self.chunks: list[int] = []

    def add(self, geometry: Shapes, rows: Rows, attributes: Sequence[str]) -> None:
        """Rows ascend, within a chunk and from one to the next."""
        chunk = f"{self.name}.{len(self.chunks):05d}"
        write_shapes(self.folder, chunk, self.kind, geometry)
        save(self.folder / f"{chunk}.rows", np.asarray(rows, dtype=np.int64))
        save_lines(self.folder / f"{chunk}.attributes", attributes)
        self.chunks.append(len(geometry))
        if self.on_chunk is not None:
            self.on_chunk([self.name, self.kind, len(self.chunks) - 1, len(geometry)])

    def close(self, aside: Sequence[SetAside]) -> dict[str, Any]:
        """What the answer says of the part."""
        save_lines(
            self.folder / f"{self.name}.aside",
            [
                canonical(
                    [
                        one.row,
                        one.code,
                        one.x,
                        one.y,
                        one.params,
                        one.attributes,
                        len(one.wkb) if one.wkb is not None else -1,
                    ]
                )
                for one in aside
            ],
        )
        with (self.folder / f"{self.name}.wkb").open("xb") as file:
            file.writelines(one.wkb or b"" for one in aside)
        read = sum(self.chunks) + len(aside)
        return {"kind": self.kind, "name": self.name, "read": read, "chunks": self.chunks}


def put(folder: Path, name: str, part: Part) -> dict[str, Any]:
    """A part that fits into memory, as one chunk."""
    hand = Hand(folder, name, part.kind)
    hand.add(part.geometry, part.rows, part.attributes)
    return hand.close(part.aside)


def write_shapes(folder: Path, chunk: str, kind: Kind, shapes: Shapes) -> None:
    numbers, offsets = _ragged(shapes, kind)
    save(folder / f"{chunk}.coordinates", numbers)
    for level, offset in enumerate(offsets):
        save(folder / f"{chunk}.offsets{level}", offset)


def _ragged(shapes: Shapes, kind: Kind) -> tuple[NDArray[np.float64], tuple[NDArray[np.int64], ...]]:
    """Always the multi-part form, so that the number of levels follows from the kind alone."""
    if not len(shapes):
        return np.empty((0, 2)), tuple(np.zeros(1, dtype=np.int64) for _ in range(LEVELS[kind]))
    found, numbers, offsets = shapely.to_ragged_array(shapes, include_z=False, include_m=False)
    levels = tuple(np.asarray(offset, dtype=np.int64) for offset in offsets or ())
    if found != MULTI[kind]:  # all of them simple: each is the one part of itself
        levels = (*levels, np.arange(len(shapes) + 1, dtype=np.int64))
    return np.asarray(numbers, dtype=np.float64), levels


def save(path: Path, numbers: NDArray[Any]) -> None:
    with path.open("xb") as file:
        np.ascontiguousarray(numbers).tofile(file)


def save_lines(path: Path, lines: Sequence[str]) -> None:
    with path.open("xb") as file:
        if lines:
            file.write("\n".join(lines).encode() + b"\n")
