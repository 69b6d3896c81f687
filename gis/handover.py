"""What crosses the wall of the sandbox: plain numbers and UTF-8 lines, in files without headers, so that there is nothing to parse on the trusted side.

``put`` writes on the inside. ``fetched`` reads on the outside and believes nothing: counts, offsets, finite numbers, validity and the text of
attributes are all checked again. Geometry crosses as ragged coordinate arrays; WKB crosses only as the opaque bytes of rows that were set aside.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import GeometryType, GEOSException

from gis.geometry import KINDS, LARGEST, Kind, Rows, Shapes, kinds_of
from gis.source_layer import SetAside
from layers.canonical import canonical
from layers.refusal import Refused

_MULTI = {
    "polygon": GeometryType.MULTIPOLYGON,
    "line": GeometryType.MULTILINESTRING,
    "point": GeometryType.MULTIPOINT,
}
_LEVELS = {"polygon": 3, "line": 2, "point": 1}
_CODES = {"null_geometry", "empty_geometry", "invalid_geometry", "not_a_layer_kind"}
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_LARGEST_TEXT = 4 << 20  # bytes of attributes of one feature


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


def put(folder: Path, name: str, part: Part) -> None:
    """Inside: write one part under a name of our own making."""
    numbers, offsets = _ragged(part.geometry, part.kind)
    _save(folder / f"{name}.coordinates", numbers)
    for level, offset in enumerate(offsets):
        _save(folder / f"{name}.offsets{level}", offset)
    _save(folder / f"{name}.rows", np.asarray(part.rows, dtype=np.int64))
    _lines(folder / f"{name}.attributes", part.attributes)
    _lines(
        folder / f"{name}.aside",
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
            for one in part.aside
        ],
    )
    (folder / f"{name}.wkb").write_bytes(b"".join(one.wkb or b"" for one in part.aside))


def fetched(folder: Path, name: str, kind: Kind, read: int) -> Part:
    """Outside: the part, or Refused("reader_untrusted") when anything about it is not as it must be."""
    if kind not in KINDS:
        raise Refused("reader_untrusted", reason="kind")
    rows = _numbers(folder / f"{name}.rows", np.int64)
    attributes = _texts(folder / f"{name}.attributes")
    aside = _asides(folder, name)
    taken = np.concatenate((rows, np.array([one.row for one in aside], dtype=np.int64)))
    if (
        len(rows) + len(aside) != read
        or len(attributes) != len(rows)
        or len(np.unique(taken)) != read
        or (read and taken.min() < 0)
    ):
        raise Refused("reader_untrusted", reason="counts")
    geometry = _rebuilt(folder, name, kind, len(rows))
    for text in attributes:
        _checked(text)
    for one in aside:
        _checked(one.attributes)
    return Part(kind, geometry, rows, attributes, aside)


def _ragged(shapes: Shapes, kind: Kind) -> tuple[NDArray[np.float64], tuple[NDArray[np.int64], ...]]:
    """Always the multi-part form, so that the number of levels follows from the kind alone."""
    if not len(shapes):
        return np.empty((0, 2)), tuple(np.zeros(1, dtype=np.int64) for _ in range(_LEVELS[kind]))
    types = shapely.get_type_id(shapes)
    multi = types == _MULTI[kind].value
    parts, owner = shapely.get_parts(shapes[~multi], return_index=True)
    whole = shapes.copy()
    if len(parts):
        build = {
            "polygon": shapely.multipolygons,
            "line": shapely.multilinestrings,
            "point": shapely.multipoints,
        }[kind]
        whole[~multi] = build(parts, indices=owner)
    found, numbers, offsets = shapely.to_ragged_array(whole, include_z=False, include_m=False)
    assert found == _MULTI[kind], found
    return np.asarray(numbers, dtype=np.float64), tuple(
        np.asarray(offset, dtype=np.int64) for offset in offsets
    )


def _rebuilt(folder: Path, name: str, kind: Kind, count: int) -> Shapes:
    numbers = _numbers(folder / f"{name}.coordinates", np.float64)
    offsets = [_numbers(folder / f"{name}.offsets{level}", np.int64) for level in range(_LEVELS[kind])]
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
    try:
        whole = shapely.from_ragged_array(_MULTI[kind], numbers.reshape(-1, 2), tuple(offsets))
    except (GEOSException, ValueError, IndexError) as error:
        raise Refused("reader_untrusted", reason="rings") from error
    single = np.asarray(shapely.get_num_geometries(whole)) == 1
    shapes = np.where(single, shapely.get_geometry(whole, 0), whole)
    if (kinds_of(shapes) != KINDS.index(kind)).any() or not shapely.is_valid(shapes).all():
        raise Refused("reader_untrusted", reason="validity")
    return np.asarray(shapes, dtype=object)


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
    """A JSON object as ``canonical`` writes it, without NUL, that PostgreSQL's jsonb will take."""
    try:
        value = json.loads(text)
        good = (
            isinstance(value, dict)
            and canonical(value) == text
            and not has_nul(text)
            and len(text) <= _LARGEST_TEXT
        )
    except (ValueError, RecursionError, UnicodeError) as error:
        raise Refused("reader_untrusted", reason="attributes") from error
    if not good:
        raise Refused("reader_untrusted", reason="attributes")


def _save(path: Path, numbers: NDArray[Any]) -> None:
    with path.open("xb") as file:
        np.ascontiguousarray(numbers).tofile(file)


def _lines(path: Path, lines: Sequence[str]) -> None:
    with path.open("xb") as file:
        file.writelines(line.encode() + b"\n" for line in lines)


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
