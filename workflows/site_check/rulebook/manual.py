"""The manual of the rules: the page beside each rule file, with a sentence in two languages and drawings that a test lays out and checks.

It reads pages and knows nothing of rules; what a drawing means is read by whoever lays it out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from workflows.site_check.rulebook.reader import FOLDER

_SECTION = re.compile(r"^## (?P<code>[a-z0-9_]+)\s*$", re.MULTILINE)
_DRAWING = re.compile(r"^```drawing\n(?P<text>.*?)^```\s*$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Entry:
    """What the manual says of one rule: paragraphs as written, drawings as drawn."""

    rule: str
    group: str
    paragraphs: tuple[str, ...]
    drawings: tuple[str, ...]


@cache
def entries(folder: Path = FOLDER) -> dict[str, Entry]:
    """By rule code, of every ``GROUP.md`` in the folder."""
    return {entry.rule: entry for page in sorted(folder.glob("*.md")) for entry in _page(page)}


def _page(page: Path) -> list[Entry]:
    _, *parts = _SECTION.split(page.read_text(encoding="utf-8"))
    return [_entry(code, page.stem, text) for code, text in zip(parts[::2], parts[1::2], strict=True)]


def _entry(code: str, group: str, text: str) -> Entry:
    drawings = tuple(found["text"].rstrip("\n") for found in _DRAWING.finditer(text))
    paragraphs = tuple(
        " ".join(part.split()) for part in _DRAWING.sub("", text).split("\n\n") if part.strip()
    )
    return Entry(code, group, paragraphs, drawings)
