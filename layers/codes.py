"""Class systems: what the values of a class attribute may be, and which class lies under which.

Codes of different systems are never compared here: 0701 of one and 0701 of another are strangers until an editioned cross-walk says more.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Standing = Literal["seen", "memory", "demo"]
STANDINGS: tuple[Standing, ...] = get_args(Standing)


@dataclass(frozen=True, slots=True)
class ClassEntry:
    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class ClassSystem:
    """``hierarchy`` "prefix": a class lies under the longest other code that begins its own; None: a flat list."""

    code: str
    zh: str
    en: str
    law: str | None
    standing: Standing
    source: str | None
    hierarchy: Literal["prefix"] | None
    classes: Mapping[str, ClassEntry]

    def find(self, value: str) -> ClassEntry | None:
        """The class a cell means: by code as written, else by code or name with case, width and blanks folded."""
        if value in self.classes:
            return self.classes[value]
        wanted = _folded(value)
        for entry in self.classes.values():
            if wanted in (_folded(entry.code), _folded(entry.zh), _folded(entry.en)):
                return entry
        return None

    def parent(self, code: str) -> ClassEntry | None:
        """The class directly above, None at the top, in a flat system, or for a code the system does not have."""
        if self.hierarchy is None or code not in self.classes:
            return None
        return next(
            (self.classes[each] for each in lineage(code) if each != code and each in self.classes), None
        )

    def top(self, code: str) -> ClassEntry | None:
        """The highest class over a code (itself where nothing lies above)."""
        entry = self.classes.get(code)
        while entry is not None and (above := self.parent(entry.code)) is not None:
            entry = above
        return entry

    def tops(self) -> tuple[ClassEntry, ...]:
        return tuple(entry for entry in self.classes.values() if self.parent(entry.code) is None)


def lineage(code: str) -> Iterator[str]:
    """The code itself, then every code it could lie under in a system of prefixes, the longest first.

    A word of letters is one sign and never cut: GIC1 lies under GIC, and neither lies under G.
    """
    yield code
    for length in range(len(code) - 1, 0, -1):
        if not (code[length - 1].isalpha() and code[length].isalpha()):
            yield code[:length]


def _folded(value: str) -> str:
    return unicodedata.normalize("NFKC", value).strip().casefold()
