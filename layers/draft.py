"""A catalogue to be edited: what can be guessed about unknown files, written as a theme file with the open questions marked.

It guesses nothing itself: names, kinds and attributes come from whoever read the files. What nobody can know from a file
(department, law, legal status, who vouches for coverage) is left ``to_fill`` or marked ``demo``, never invented.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from layers.catalogue import ATTRIBUTE, FILE_WORD
from layers.model import Kind, folded
from layers.stanza import TO_FILL

HEAD = Path(__file__).parent / "draft_head.yaml"
_BREAKING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]+")


@dataclass(frozen=True, slots=True)
class DraftEntry:
    """One guessed layer. ``name`` is the file's stem as found, ``source`` its path inside the delivery."""

    name: str
    kind: Kind
    source: str
    identify: tuple[str, ...] = ()
    classify: str | None = None
    code: str | None = None


def code_for(name: str, taken: Collection[str] = ()) -> str:
    """A layer code for any name: its Latin letters and digits, or a short hash where it has none; never one already taken."""
    latin = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    code = re.sub(r"[^a-z0-9]+", "_", latin).strip("_")[:48].rstrip("_")
    if not code or not any(letter.isalpha() for letter in code):
        code = f"layer_{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:8]}"
    elif not code[0].isalpha() or len(code) < 2:
        code = f"layer_{code}"
    candidate, count = code, 1
    while candidate in taken:
        count += 1
        candidate = f"{code}_{count}"
    return candidate


def draft(entries: Iterable[DraftEntry]) -> str:
    """YAML of one theme; ``read_theme`` takes it once every ``to_fill`` is gone."""
    lines = [HEAD.read_text(encoding="utf-8").rstrip("\n")]
    codes: set[str] = set()
    words: set[str] = set()
    for entry in entries:
        code = code_for(entry.code or entry.name, codes)
        codes.add(code)
        name = _free(_clean(entry.name) or code, words)
        words.update((folded(code), folded(name)))
        lines += _stanza(code, name, entry, words)
    if not codes:
        lines[-1] += " {}"
    return "\n".join(lines) + "\n"


def _stanza(code: str, name: str, entry: DraftEntry, words: set[str]) -> list[str]:
    english = name if name.isascii() else TO_FILL
    lines = [
        f"  {code}:",
        f"    # {_clean(entry.source)}",
        f"    name: {_quoted(name)}",
        f"    name_en: {_quoted(english)}",
        f"    kind: {entry.kind}",
        f"    style: guessed_{entry.kind}",
    ]
    if entry.kind == "raster":
        lines.append(f"    raster: {{unit: {TO_FILL}}}")
    else:
        fit = [attribute for attribute in entry.identify if re.fullmatch(ATTRIBUTE, attribute)]
        lines.append(f"    identify: [{', '.join(_quoted(attribute) for attribute in fit) or TO_FILL}]")
        if entry.classify is not None and re.fullmatch(ATTRIBUTE, entry.classify):
            lines.append(f"    classify: {_quoted(entry.classify)}")
    alias = entry.name.strip()
    if folded(alias) not in words and re.fullmatch(FILE_WORD, alias) and not _BREAKING.search(alias):
        words.add(folded(alias))
        lines.append(f"    aliases: [{_quoted(alias)}]")
    return lines


def _clean(text: str) -> str:
    return _BREAKING.sub(" ", text.encode("utf-8", "replace").decode()).strip()[:120].strip()


def _free(name: str, words: Collection[str]) -> str:
    candidate, count = name, 1
    while folded(candidate) in words:
        count += 1
        candidate = f"{name} ({count})"
    return candidate


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
