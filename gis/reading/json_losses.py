"""What a JSON text holds that GDAL changes without a word: a NUL cuts the text it stands in, half of a surrogate pair becomes U+FFFD, an integer beyond 64
bits a decimal number. It is noticed in the text; the document is never built.
"""

from __future__ import annotations

import mmap
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

_BLOCK = 4 << 20
_ACROSS = 32  # so much of a block is looked at again with the next one
_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_LONG = 19
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|(?<![0-9.eE+-])-?[0-9]{19,}(?![0-9.eE])', re.S)
_ESCAPED = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|.)", re.S)
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1


def noticed(path: Path) -> tuple[tuple[str, dict[str, Any]], ...]:
    """Notes ``text_cut_at_nul``, ``half_characters``, ``large_integers_rounded``, each with the count of its texts or numbers."""
    if not _maybe(path):
        return ()
    counts: Counter[str] = Counter()
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for found in _TOKEN.finditer(data):
            token = found[0]
            if token[:1] != b'"':
                counts["large_integers_rounded"] += _beyond(token)
            elif b"\\u" in token:
                nul, half = _losses(token)
                counts["text_cut_at_nul"] += nul
                counts["half_characters"] += half
    order = ("text_cut_at_nul", "half_characters", "large_integers_rounded")
    return tuple((code, {"count": counts[code]}) for code in order if counts[code])


def _maybe(path: Path) -> bool:
    """Quickly, whether a closer look is worth it: most files have nothing like it."""
    before = b""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            looked = before + block
            if _ESCAPE.search(looked) or _long_integer(looked):
                return True
            before = block[-_ACROSS:]
    return False


def _long_integer(text: bytes) -> bool:
    """Whether so many digits follow one another that are not the decimals of a number."""
    signs = np.frombuffer(b" " + text + b" ", dtype=np.uint8)
    others = np.flatnonzero((signs - 48) > 9)  # unsigned: what is below a digit is above it, too
    long = np.flatnonzero(np.diff(others) > _LONG)
    return bool((signs[others[long]] != ord(".")).any())


def _beyond(token: bytes) -> bool:
    digits = token.lstrip(b"-").lstrip(b"0")
    if len(digits) != 19:
        return len(digits) > 19
    return not _SMALLEST <= (-int(digits) if token[:1] == b"-" else int(digits)) <= _LARGEST


def _losses(text: bytes) -> tuple[bool, bool]:
    """Whether there is a NUL in it, and half a character."""
    nul = half = False
    high = -1  # where the second half of a pair must begin
    for found in _ESCAPED.finditer(text):
        code = int(found[1], 16) if found[1] else -1
        if high >= 0 and (found.start() != high or not 0xDC00 <= code <= 0xDFFF):
            half = True
        if 0xDC00 <= code <= 0xDFFF and found.start() != high:
            half = True
        high = found.end() if 0xD800 <= code <= 0xDBFF else -1
        nul = nul or code == 0
    return nul, half or high >= 0
