"""Which shapes of a layer are the same, and which identifiers stand twice: 16 and 8 bytes a feature are kept, never the feature.

The digest of a shape is a sum over its vertices and its edges, so it is the same wherever a ring begins and whichever way it runs. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gis.geometry import Rows
from gis.inspecting.rings import Rings

Hashes = NDArray[np.uint64]

_ODD = [
    np.uint64(word)
    for word in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xD6E8FEB86659FD93)
]  # fmt: skip


def digests(rings: Rings) -> Hashes:
    """(n, 2): a shape and the same shape drawn from another corner or the other way round have the same two words."""
    bits = rings.xy.view(np.uint64)
    corners = bits[:, 0] * _ODD[0]
    corners ^= bits[:, 1] * _ODD[1]
    _stirred(corners, _ODD[2], 29)
    last = rings.paths[1:] - 1
    if rings.kind == "point":
        edges = corners ^ _ODD[4]
        _stirred(edges, _ODD[3], 31)
    else:
        edges = np.zeros_like(corners)
        np.add(corners[:-1], corners[1:], out=edges[:-1])
        _stirred(edges, _ODD[3], 31)
        edges[last] = 0  # from the end of one path to the next there is none
    if rings.kind == "polygon":
        corners[last] = 0  # a ring's first corner counts once
    return np.stack([np.add.reduceat(words, rings.shapes) for words in (corners, edges)], axis=1)


def _stirred(words: Hashes, odd: np.uint64, shift: int) -> None:
    """In place, so that each bit of a coordinate reaches all bits of its word."""
    words ^= words >> np.uint64(shift)
    words *= odd
    words ^= words >> np.uint64(32)
    words *= _ODD[4]
    words ^= words >> np.uint64(shift)


def text_hashes(texts: Sequence[str | None]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """A number a text, good within this process; and which of them are there at all."""
    there = np.fromiter((text is not None for text in texts), dtype=bool, count=len(texts))
    return np.fromiter(map(hash, texts), dtype=np.int64, count=len(texts)), there


def repeated(words: NDArray[Any], rows: Rows) -> tuple[Rows, Rows]:
    """Rows that say what an earlier row said, in their order, and the first row that said it. ``words`` (n, k), one line a row."""
    if len(rows) < 2:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    order = np.lexsort((rows, *words.T[::-1]))
    sorted_words, sorted_rows = words[order], rows[order]
    begins = np.ones(len(rows), dtype=bool)
    begins[1:] = (sorted_words[1:] != sorted_words[:-1]).any(axis=1)
    first = sorted_rows[np.flatnonzero(begins)[np.cumsum(begins) - 1]]
    again, of = sorted_rows[~begins], first[~begins]
    back = np.argsort(again)
    return again[back], of[back]
