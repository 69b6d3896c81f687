"""A drawing of the manual read for its picture: the grid as SVG, what its letters stand for, what is proposed, what must come out.

Whether it comes out is for the test that lays every drawing on the ground. A drawing that cannot be read is shown as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from markupsafe import Markup

CELL = 30
INKS = 4  # of letters, in css/rules.css
_GRID = re.compile(r"[.#~%A-Za-z]+")
_SIDE = re.compile(r"(\d+(?:\.\d+)?) m")
_FEATURE = re.compile(r"([A-Z]) ([a-z][a-z0-9_]*)((?: \S+=\S+)*)")
_REST = re.compile(r"rest ([a-z][a-z0-9_]*) value=(\S+)")
_BOTH = re.compile(r"([A-Z]) = ([A-Z](?: [A-Z])+)")


@dataclass(frozen=True, slots=True)
class Letter:
    """``drawn_as``: polygon, line, point or raster; ``ink``: which of the colours."""

    letter: str
    layer: str
    cls: str | None
    drawn_as: str
    ink: int
    attributes: Mapping[str, str]


@dataclass(slots=True)
class Plate:
    """``side`` of a cell in m; ``rest``: the value of all other cells by raster layer; ``outcome``: the lines after the arrows."""

    side: str
    grid: list[str]
    letters: dict[str, Letter] = field(default_factory=dict)
    both: dict[str, list[str]] = field(default_factory=dict)
    rest: dict[str, str] = field(default_factory=dict)
    proposal: dict[str, str] = field(default_factory=dict)
    valid_on: str | None = None
    outcome: list[str] = field(default_factory=list)

    @property
    def has_site(self) -> bool:
        return any(_of_site(mark) for _, _, mark in self.cells())

    @property
    def has_silence(self) -> bool:
        return any(mark in "~%" for _, _, mark in self.cells())

    def cells(self) -> Iterator[tuple[int, int, str]]:
        for row, line in enumerate(self.grid):
            for column, mark in enumerate(line):
                yield row, column, mark

    def of(self, mark: str) -> list[Letter]:
        named = self.both.get(mark.upper(), [mark.upper()]) if mark.isalpha() else []
        return [self.letters[each] for each in named if each in self.letters]


def read(text: str, kinds: Mapping[str, str]) -> Plate | None:
    """``kinds``: of layers by code. None where it is not written in the grammar of the manual."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    side = _SIDE.fullmatch(lines[0]) if lines else None
    rows = []
    for line in lines[1:]:
        if not _GRID.fullmatch(line):
            break
        rows.append(line)
    if side is None or not rows or len({len(row) for row in rows}) != 1:
        return None
    plate = Plate(side[1], rows)
    understood = [_line(plate, line, kinds) for line in lines[1 + len(rows) :]]
    return plate if all(understood) else None


def _line(plate: Plate, line: str, kinds: Mapping[str, str]) -> bool:
    if line.startswith("=>"):
        plate.outcome.append(line[2:].strip())
    elif line.startswith("proposal "):
        plate.proposal = dict(pair.split("=", 1) for pair in line.split()[1:] if "=" in pair)
    elif line.startswith("valid_on "):
        plate.valid_on = line.removeprefix("valid_on ")
    elif found := _BOTH.fullmatch(line):
        plate.both[found[1]] = found[2].split()
    elif found := _REST.fullmatch(line):
        plate.rest[found[1]] = found[2]
    elif found := _FEATURE.fullmatch(line):
        said = dict(pair.split("=", 1) for pair in found[3].split())
        kind = said.pop("as", None) or kinds.get(found[2], "polygon")
        ink = len(plate.letters) % INKS
        plate.letters[found[1]] = Letter(found[1], found[2], said.pop("class", None), kind, ink, said)
    else:
        return False
    return True


def _of_site(mark: str) -> bool:
    return mark in "#%" or mark.islower()


def picture(plate: Plate, called: str) -> Markup:
    """``called``: for those who cannot see it."""
    wide, high = len(plate.grid[0]) * CELL, len(plate.grid) * CELL
    parts = [
        *_cells(plate),
        *_hatches(plate),
        _outline(plate, _of_site, "site-line"),
        *(_letter(plate, each) for each in plate.letters.values()),
    ]
    return Markup(
        '<svg class="plate" viewBox="-2 -2 {w} {h}" width="{w}" height="{h}" role="img" aria-label="{called}">'
        '<rect class="ground" width="{inner}" height="{tall}"/>{parts}</svg>'
    ).format(w=wide + 4, h=high + 4, inner=wide, tall=high, called=called, parts=Markup("").join(parts))


def _cells(plate: Plate) -> Iterator[Markup]:
    for row, column, mark in plate.cells():
        x, y = column * CELL, row * CELL
        for letter in plate.of(mark):
            if letter.drawn_as in ("polygon", "raster"):
                yield _box(x, y, f"ink-{letter.ink}")
        if _of_site(mark):
            yield _box(x, y, "site-cell")
        if mark in "~%":
            yield _box(x, y, "silent-cell")
        yield _box(x, y, "cell")


def _hatches(plate: Plate) -> Iterator[Markup]:
    """Silence is hatched, so that it is never taken for empty ground."""
    for row, column, mark in plate.cells():
        if mark in "~%":
            x, y, half = column * CELL, row * CELL, CELL / 2
            yield Markup(
                '<path class="silent" d="M{x} {m}L{n} {y}M{x} {b}L{r} {y}M{n} {b}L{r} {m}"/>'
            ).format(x=x, y=y, m=y + half, n=x + half, b=y + CELL, r=x + CELL)


def _box(x: float, y: float, kind: str) -> Markup:
    return Markup('<rect class="{}" x="{:g}" y="{:g}" width="{}" height="{}"/>').format(
        kind, x, y, CELL, CELL
    )


def _outline(plate: Plate, inside: object, kind: str) -> Markup:
    """The edge between cells that are in and cells that are not."""
    assert callable(inside)
    mine = {(row, column) for row, column, mark in plate.cells() if inside(mark)}
    edges = []
    for row, column in sorted(mine):
        x, y = column * CELL, row * CELL
        if (row - 1, column) not in mine:
            edges.append(f"M{x} {y}h{CELL}")
        if (row + 1, column) not in mine:
            edges.append(f"M{x} {y + CELL}h{CELL}")
        if (row, column - 1) not in mine:
            edges.append(f"M{x} {y}v{CELL}")
        if (row, column + 1) not in mine:
            edges.append(f"M{x + CELL} {y}v{CELL}")
    return Markup('<path class="{}" d="{}"/>').format(kind, "".join(edges))


def _letter(plate: Plate, letter: Letter) -> Markup:
    at = [(row, column) for row, column, mark in plate.cells() if letter in plate.of(mark)]
    if not at:
        return Markup("")
    centres = [((column + 0.5) * CELL, (row + 0.5) * CELL) for row, column in at]
    drawn = Markup("")
    if letter.drawn_as == "line":
        drawn = Markup('<path class="stroke ink-line-{}" d="M{:g} {:g}L{:g} {:g}"/>').format(
            letter.ink, *centres[0], *centres[-1]
        )
    elif letter.drawn_as == "point":
        drawn = Markup("").join(
            Markup('<circle class="point ink-point-{}" cx="{:g}" cy="{:g}" r="6"/>').format(letter.ink, *each)
            for each in centres
        )
    else:
        drawn = _outline(plate, lambda mark: letter in plate.of(mark), f"edge ink-line-{letter.ink}")
    x, y = centres[0]
    aside = 9 if letter.drawn_as in ("line", "point") else 0
    return drawn + Markup('<text x="{:g}" y="{:g}">{}</text>').format(x + aside, y + 4 - aside, letter.letter)
