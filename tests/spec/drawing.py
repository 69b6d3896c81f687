"""A drawing of the manual, read and laid on the ground: letters become features, cells become a site, and a rule is asked about it.

The grammar, in the order of its lines: the side of a cell (``10 m``); a grid; a legend; what is proposed; what must come out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import shapely

X0, Y0 = 512_000.0, 2_516_000.0
"""North-west corner of every drawing, inside the little district."""

_NOTHING, _SILENT = ".#", "~%"
_SITE = "#%"
_GRID = re.compile(r"[.#~%A-Za-z]+")
_SIDE = re.compile(r"(\d+(?:\.\d+)?) m")
_FEATURE = re.compile(r"([A-Z]) ([a-z][a-z0-9_]*)((?: \S+=\S+)*)")
_REST = re.compile(r"rest ([a-z][a-z0-9_]*) value=(-?\d+(?:\.\d+)?)")
_BOTH = re.compile(r"([A-Z]) = ([A-Z](?: [A-Z])+)")


class Unreadable(ValueError):
    """A line of a drawing that says nothing the grammar knows."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A letter of the legend: which layer, which class, drawn as what, with which attributes."""

    layer: str
    cls: str | None
    drawn_as: str | None
    attributes: dict[str, Any]


@dataclass(slots=True)
class Drawing:
    side: float
    grid: list[str]
    marks: dict[str, Mark] = field(default_factory=dict)
    both: dict[str, list[str]] = field(default_factory=dict)
    rest: dict[str, float] = field(default_factory=dict)
    proposal: dict[str, str] = field(default_factory=dict)
    valid_on: date = date(2026, 6, 1)
    expected: list[str] = field(default_factory=list)

    def cells(self) -> Iterator[tuple[int, int, str]]:
        for row, line in enumerate(self.grid):
            for column, mark in enumerate(line):
                yield row, column, mark

    def letters(self, mark: str) -> list[str]:
        upper = mark.upper()
        return self.both.get(upper, [upper]) if mark.isalpha() else []

    def box(self, row: int, column: int) -> shapely.Polygon:
        x, y = X0 + column * self.side, Y0 - row * self.side
        return shapely.box(x, y - self.side, x + self.side, y)

    def centre(self, row: int, column: int) -> tuple[float, float]:
        return X0 + (column + 0.5) * self.side, Y0 - (row + 0.5) * self.side

    def site(self) -> shapely.Geometry:
        mine = [
            self.box(row, column) for row, column, mark in self.cells() if mark in _SITE or mark.islower()
        ]
        if not mine:
            raise Unreadable("no cell is the site's")
        return shapely.union_all(mine)

    def silent(self) -> shapely.Geometry:
        return shapely.union_all(
            [self.box(row, column) for row, column, mark in self.cells() if mark in _SILENT]
        )

    def features(self, layer: str, kind: str) -> list[tuple[Mark, shapely.Geometry]]:
        found = []
        for letter, mark in self.marks.items():
            if mark.layer != layer:
                continue
            at = [(row, column) for row, column, each in self.cells() if letter in self.letters(each)]
            if not at:
                raise Unreadable(f"{letter} is in the legend and not in the grid")
            found += [(mark, shape) for shape in self._shapes(at, mark.drawn_as or kind)]
        return found

    def _shapes(self, at: list[tuple[int, int]], kind: str) -> list[shapely.Geometry]:
        if kind == "polygon":
            return [shapely.union_all([self.box(*cell) for cell in at])]
        centres = [self.centre(*cell) for cell in at]
        if kind == "point":
            return [shapely.Point(centre) for centre in centres]
        if len({row for row, _ in at}) > 1 and len({column for _, column in at}) > 1:
            raise Unreadable("a line runs along one row or one column")
        return [shapely.LineString([centres[0], centres[-1]])]

    def raster(self, layer: str) -> np.ndarray:
        """Rows from the north; NaN where nothing is known."""
        cells = np.full((len(self.grid), len(self.grid[0])), self.rest.get(layer, np.nan), dtype=np.float32)
        for row, column, mark in self.cells():
            if mark in _SILENT:
                cells[row, column] = np.nan
            for letter in self.letters(mark):
                if self.marks[letter].layer == layer:
                    cells[row, column] = float(self.marks[letter].attributes["value"])
        return cells


def read(text: str) -> Drawing:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    side = _SIDE.fullmatch(lines[0])
    if side is None:
        raise Unreadable(f"the first line is the side of a cell, such as 10 m: {lines[0]}")
    rows = []
    for line in lines[1:]:
        if " " in line or not _GRID.fullmatch(line):
            break
        rows.append(line)
    if not rows or len({len(row) for row in rows}) != 1:
        raise Unreadable("the rows of the grid must be of one length")
    drawing = Drawing(float(side[1]), rows)
    for line in lines[1 + len(rows) :]:
        _legend(drawing, line)
    used = {letter for _, _, mark in drawing.cells() for letter in drawing.letters(mark)}
    if used - drawing.marks.keys():
        raise Unreadable(f"not in the legend: {sorted(used - drawing.marks.keys())}")
    if not drawing.expected:
        raise Unreadable("nothing is said to come out")
    return drawing


def _legend(drawing: Drawing, line: str) -> None:
    if line.startswith("=>"):
        drawing.expected.append(line[2:].strip())
    elif line.startswith("proposal "):
        drawing.proposal = dict(pair.split("=", 1) for pair in line.split()[1:])
    elif line.startswith("valid_on "):
        drawing.valid_on = date.fromisoformat(line.split()[1])
    elif found := _BOTH.fullmatch(line):
        drawing.both[found[1]] = found[2].split()
    elif found := _REST.fullmatch(line):
        drawing.rest[found[1]] = float(found[2])
    elif found := _FEATURE.fullmatch(line):
        said = dict(pair.split("=", 1) for pair in found[3].split())
        drawing.marks[found[1]] = Mark(
            found[2],
            said.pop("class", None),
            said.pop("as", None),
            {key: _value(text) for key, text in said.items()},
        )
    else:
        raise Unreadable(line)


def _value(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text
