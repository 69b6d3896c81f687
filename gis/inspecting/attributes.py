"""What the values of each attribute are, and which rows say something of another kind than the rest: a number among texts, "6 floors" among numbers.

A column is judged when all its values were seen; until then the first rows of every kind are remembered, and all are counted. Pure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress, islice
from typing import Any

from gis.geometry import Rows

MOST_REMEMBERED = 2_000
MOST_COLUMNS = 500  # a file may name another attribute in every row
_SAMPLE = 200
_ENOUGH = 20  # filled texts before a column is believed to mean numbers or days
_MOSTLY = 0.95
_KINDS: Mapping[type, str] = {
    bool: "truth",
    int: "number",
    float: "number",
    str: "text",
    list: "nested",
    dict: "nested",
}
# A leading zero makes a code of it: 0101 is no number.
_NUMBER = re.compile(
    r"\s*[-+]?(0|[1-9][0-9]*|[1-9][0-9]{0,2}(,[0-9]{3})+)?(\.[0-9]*)?([eE][-+]?[0-9]{1,3})?\s*"
)
_DAY = re.compile(
    r"\s*[0-9]{4}(-[0-9]{1,2}-[0-9]{1,2}|/[0-9]{1,2}/[0-9]{1,2}|\.[0-9]{1,2}\.[0-9]{1,2})([T ][0-9:.]+(Z|[-+][0-9:]+)?)?\s*"
)


@dataclass(slots=True)
class _Column:
    counts: Counter[str] = field(default_factory=Counter)
    first: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    reads: str | None = None  # what its texts mostly are: None not decided yet, "text", "number" or "day"


@dataclass(frozen=True, slots=True)
class Differs:
    """A row whose value is of another kind than its column's."""

    row: int
    field: str
    expected: str
    got: str
    value: str


class Attributes:
    """``codes``: attributes that identify or classify; whatever their texts look like, they are names, not numbers."""

    def __init__(self, codes: Collection[str] = ()) -> None:
        self.columns: dict[str, _Column] = {}
        self._codes = frozenset(codes)

    def see(self, rows: Rows, attributes: Sequence[Mapping[str, Any]]) -> None:
        for name in sorted(set().union(*attributes)):
            if name.startswith("@"):  # what the reader put there itself
                continue
            if name not in self.columns and len(self.columns) >= MOST_COLUMNS:
                continue
            told = self.columns.setdefault(name, _Column())
            self._column(name, told, rows, [row.get(name) for row in attributes])

    def _column(self, name: str, told: _Column, rows: Rows, values: list[Any]) -> None:
        types = list(map(type, values))
        for each, count in Counter(types).items():
            kind = _KINDS.get(each)
            if kind is None:
                continue
            if kind == "text":
                self._texts(name, told, rows, values, types)
            else:
                told.counts[kind] += count
                _remember(told, kind, rows, values, lambda at, each=each: types[at] is each)

    def _texts(self, name: str, told: _Column, rows: Rows, values: list[Any], types: list[type]) -> None:
        filled = [kind is str and value != "" for kind, value in zip(types, values, strict=True)]
        count = sum(filled)
        if not count:
            return
        if told.reads is None and (name in self._codes or count >= _ENOUGH):
            told.reads = (
                "text" if name in self._codes else _read_as(list(islice(compress(values, filled), _SAMPLE)))
            )
        if told.reads in (None, "text"):
            told.counts["text"] += count
            _remember(told, "text", rows, values, filled.__getitem__)
            return
        pattern, kind = (_NUMBER, "number_text") if told.reads == "number" else (_DAY, "day_text")
        good = {text: bool(pattern.fullmatch(text)) for text in set(compress(values, filled))}
        fits = [there and good[value] for there, value in zip(filled, values, strict=True)]
        fitting = sum(fits)
        told.counts[kind] += fitting
        _remember(told, kind, rows, values, fits.__getitem__)
        if fitting < count:
            told.counts["text"] += count - fitting
            _remember(told, "text", rows, values, lambda at: filled[at] and not fits[at])

    def summary(self) -> dict[str, dict[str, Any]]:
        """By attribute: filled, seen_types (kind: how many)."""
        return {
            name: {"filled": sum(told.counts.values()), "seen_types": dict(told.counts.most_common())}
            for name, told in self.columns.items()
        }

    def differing(self) -> tuple[int, list[Differs]]:
        """How many values are of another kind than their column's, and the first of them by row."""
        count, found = 0, []
        for name, told in sorted(self.columns.items()):
            if len(told.counts) < 2:
                continue
            (expected, _), *others = told.counts.most_common()
            count += sum(n for _, n in others)
            found += [
                Differs(row, name, expected, kind, str(value)[:80])
                for kind, _ in others
                for row, value in told.first[kind]
            ]
        return count, sorted(found, key=lambda one: (one.row, one.field))[:MOST_REMEMBERED]


def _read_as(sample: list[str]) -> str:
    enough = _MOSTLY * len(sample)
    for kind, pattern in (("number", _NUMBER), ("day", _DAY)):
        if sum(bool(pattern.fullmatch(text)) and any(map(str.isdigit, text)) for text in sample) >= enough:
            return kind
    return "text"


def _remember(told: _Column, kind: str, rows: Rows, values: list[Any], there: Any) -> None:
    """The first rows of a kind, with their values: they are needed only if the kind turns out to be the rarer one."""
    kept = told.first.setdefault(kind, [])
    room = MOST_REMEMBERED - len(kept)
    if room > 0:
        kept += islice(_picked(rows, values, there), room)


def _picked(rows: Rows, values: list[Any], there: Any) -> Iterator[tuple[int, Any]]:
    return ((int(rows[at]), values[at]) for at in range(len(values)) if there(at))
