"""Bytes of a file as text: whether they are any, and a copy in UTF-8. Block by block; no file is held whole."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from pathlib import Path

_BLOCK = 4 << 20


def decodes(path: Path, encoding: str) -> bool:
    """Whether every byte is text in this encoding; LookupError for one that is unknown."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def transcoded(path: Path, target: Path, encoding: str, head: Callable[[str], str] = str) -> Path:
    """``target``, written in UTF-8. ``head`` changes the first block, where a document may say what it was."""
    decoder = codecs.getincrementaldecoder(encoding)()
    change = head
    with path.open("rb") as source, target.open("wb") as file:
        while block := source.read(_BLOCK):
            file.write(change(decoder.decode(block)).encode())
            change = str
        file.write(decoder.decode(b"", final=True).encode())
    return target
