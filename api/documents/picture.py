"""The map picture of a report: the site, its hits by effect and number, what lies around it, grid, north, scale and legend. Millimetres in, one
SVG out; drawn to a round scale, so that a ruler may be laid on the PDF.

How shapes are drawn stands in ``api.sketch``; which shapes there are comes from ``workflows.site_check.drawing``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from api import sketch
from api.language import Speech
from api.sketch import INK, PAPER, SITE_INK, TEXT, Drawn, Frame

UNIT = 4.0
"""Units of the drawing in a millimetre of paper."""
SHEET = (174.0, 87.0)
MAP = (8.0, 1.0, 114.0, 81.0)
"""left, top, width and height of the map on the sheet, in mm."""
LEGEND_LEFT, LEGEND_LINE, LEGEND_ROOM = 126.0, 4.0, 20
FILLED = 0.8
"""How much of the map the site may take."""
SCALES = tuple(step * 10**power for power in range(2, 6) for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8))
LETTER, SMALL = 9.6, 8.0
COLUMN = 16.5
"""Chinese letters that a line of the legend holds."""
BENEATH = {
    "water_body": ("#e3eef5", "#b9d2e2", 0.6),
    "land_parcel": ("none", "#d9d5ca", 0.6),
    "building": ("#eeebe4", "#d5d0c4", 0.5),
    "road_centreline": ("none", "#c9c7c0", 1.6),
}

Shape = Mapping[str, Any]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Marked:
    """A shape that is hit, with the numbers of the findings it stands for and where they are written (project CRS, or None)."""

    drawn: Drawn
    numbers: tuple[int, ...]
    at: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the legend: number, effect ("" for a hit without a rule), name."""

    number: int | None
    effect: str
    text: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is drawn and told on it, in the project CRS. ``whole``: numbers of findings that concern all of the site, told and not drawn, and
    the gravest effect among them; ``notes``: lines under the legend.
    """

    site: Shape
    hits: Sequence[Marked]
    beneath: Sequence[tuple[str, Sequence[Shape]]]
    legend: Sequence[Entry]
    whole: tuple[int, ...]
    whole_effect: str
    notes: Sequence[str]
    crs: str


@dataclass(frozen=True, slots=True)
class View:
    """Where the map lies on the ground: a round ``scale`` (1 : scale) and the ``window`` west, south, east, north in m."""

    scale: float
    window: Box

    @property
    def finest(self) -> float:
        """m on the ground that nobody can see on the sheet."""
        return self.scale / 1000 * 0.05

    @property
    def letters_apart(self) -> float:
        """m on the ground between two numbers that can be told apart."""
        return self.scale / 1000 * 5.0

    @property
    def frame(self) -> Frame:
        left, top, width, height = (each * UNIT for each in MAP)
        west, south, east, north = self.window
        middle = ((west + east) / 2, (south + north) / 2)
        return Frame(middle, 1000 / self.scale * UNIT, 1.0, left, top, width, height)


def view(site: Shape) -> View:
    """The largest round scale at which the site (project CRS, m) leaves ground around it."""
    box = sketch.bounds(site)
    west, south, east, north = box or (0.0, 0.0, 1.0, 1.0)
    _, _, width, height = MAP
    needed = max((east - west) * 1000 / (width * FILLED), (north - south) * 1000 / (height * FILLED))
    scale = next((each for each in SCALES if each >= needed), needed)
    x, y = (west + east) / 2, (south + north) / 2
    half_x, half_y = width * scale / 2000, height * scale / 2000
    return View(scale, (x - half_x, y - half_y, x + half_x, y + half_y))


def draw(on: View, sheet: Sheet, speech: Speech) -> Markup:
    frame = on.frame
    parts = [
        sketch.hatches(),
        _paper(frame),
        _beneath(frame, sheet.beneath),
        _tint(frame, sheet),
        sketch.hits(frame, [each.drawn for each in sheet.hits]),
        sketch.outline(frame, sheet.site),
        _numbers(frame, sheet.hits),
        _neatline(frame),
        _grid(on, frame),
        _north(frame, speech),
        _scale(on, frame, speech),
        _legend(sheet, speech),
    ]
    width, height = (each * UNIT for each in SHEET)
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w:g} {h:g}" width="{mm:g}mm" height="{mn:g}mm" role="img" aria-label="{name}" '
        'font-family="Noto Sans CJK SC, sans-serif">{parts}</svg>'
    ).format(
        w=width,
        h=height,
        mm=SHEET[0],
        mn=SHEET[1],
        name=speech.say("report.picture"),
        parts=Markup("").join(parts),
    )


def _paper(frame: Frame) -> Markup:
    return Markup('<rect x="{:g}" y="{:g}" width="{:g}" height="{:g}" fill="#fdfcfa"/>').format(
        frame.left, frame.top, frame.width, frame.height
    )


def _beneath(frame: Frame, beneath: Sequence[tuple[str, Sequence[Shape]]]) -> Markup:
    drawn = []
    for code, shapes in beneath:
        fill, stroke, width = BENEATH[code]
        path = "".join(sketch.path_of(shape, frame)[0] for shape in shapes)
        if path:
            drawn.append(
                Markup('<path d="{}" fill="{}" fill-rule="evenodd" stroke="{}" stroke-width="{}"/>').format(
                    path, fill, stroke, width
                )
            )
    return Markup("").join(drawn)


def _tint(frame: Frame, sheet: Sheet) -> Markup:
    """What concerns all of the site lies over it as a breath of its colour."""
    if not sheet.whole:
        return Markup("")
    path, _ = sketch.path_of(sheet.site, frame)
    return Markup('<path d="{}" fill="{}" fill-opacity="0.09" fill-rule="evenodd"/>').format(
        path, INK[sheet.whole_effect]
    )


def _numbers(frame: Frame, hits: Sequence[Marked]) -> Markup:
    """Numbers with a halo: drawn once in paper, once in ink."""
    drawn = []
    for each in hits:
        if each.at is None or not each.numbers:
            continue
        x, y = frame.place(each.at)
        text = "·".join(str(number) for number in each.numbers[:4]) + ("…" if len(each.numbers) > 4 else "")
        drawn.append(_haloed(text, x, y + LETTER * 0.36, LETTER, INK[each.drawn.effect]))
    return Markup("").join(drawn)


def _haloed(text: str, x: float, y: float, size: float, ink: str) -> Markup:
    letters = Markup(
        '<text x="{:.1f}" y="{:.1f}" font-size="{:g}" font-weight="700" text-anchor="middle" {}>{}</text>'
    )
    halo = Markup('fill="{0}" stroke="{0}" stroke-width="3.4" stroke-linejoin="round"').format(PAPER)
    return letters.format(x, y, size, halo, text) + letters.format(
        x, y, size, Markup('fill="{}"').format(ink), text
    )


def _neatline(frame: Frame) -> Markup:
    return Markup(
        '<rect x="{:g}" y="{:g}" width="{:g}" height="{:g}" fill="none" stroke="{}" stroke-width="1"/>'
    ).format(frame.left, frame.top, frame.width, frame.height, TEXT)


def _grid(on: View, frame: Frame) -> Markup:
    """Ticks on the neatline with project coordinates: three to five along each side."""
    west, south, east, north = on.window
    step = sketch.round_below((east - west) / 3)
    right, bottom = frame.left + frame.width, frame.top + frame.height
    drawn = []
    for value in _round_values(west, east, step):
        x, _ = frame.place((value, south))
        drawn.append(_tick(f"M{x:.1f} {bottom:.1f}v-7M{x:.1f} {frame.top:.1f}v7"))
        drawn.append(_coordinate(value, x, bottom + SMALL + 3, None))
    for value in _round_values(south, north, step):
        _, y = frame.place((west, value))
        drawn.append(_tick(f"M{frame.left:.1f} {y:.1f}h7M{right:.1f} {y:.1f}h-7"))
        drawn.append(_coordinate(value, frame.left - 5, y, -90))
    for easting in _round_values(west, east, step):
        for northing in _round_values(south, north, step):
            x, y = frame.place((easting, northing))
            drawn.append(_tick(f"M{x - 3:.1f} {y:.1f}h6M{x:.1f} {y - 3:.1f}v6"))
    return Markup("").join(drawn)


def _round_values(low: float, high: float, step: float) -> list[float]:
    """Multiples of ``step`` that lie clear of both ends."""
    clear = (high - low) * 0.06
    first = math.ceil((low + clear) / step)
    return [place * step for place in range(first, math.floor((high - clear) / step) + 1)]


def _tick(path: str) -> Markup:
    return Markup('<path d="{}" fill="none" stroke="{}" stroke-width="0.6"/>').format(path, TEXT)


def _coordinate(value: float, x: float, y: float, turned: int | None) -> Markup:
    turn = (
        Markup("") if turned is None else Markup(' transform="rotate({} {:.1f} {:.1f})"').format(turned, x, y)
    )
    told = f"{value:,.0f}".replace(",", " ")
    return Markup(
        '<text x="{:.1f}" y="{:.1f}" font-size="{:g}" text-anchor="middle" fill="{}"{}>{}</text>'
    ).format(x, y, SMALL, TEXT, turn, told)


def _north(frame: Frame, speech: Speech) -> Markup:
    x, y = frame.left + frame.width - 22, frame.top + 16
    return Markup(
        '<path d="M{x:g} {y:g}l-7 24l7 -5Z" fill="{ink}"/><path d="M{x:g} {y:g}l7 24l-7 -5Z" fill="{paper}" stroke="{ink}" stroke-width="0.8"/>{name}'
    ).format(
        x=x, y=y, ink=TEXT, paper=PAPER, name=_haloed(speech.say("picture.north"), x, y + 36, LETTER, TEXT)
    )


def _scale(on: View, frame: Frame, speech: Speech) -> Markup:
    x, y, most = frame.left + 12, frame.top + frame.height - 12, frame.width / 4
    bar = sketch.round_below(most / frame.scale) * frame.scale
    told = speech.say("picture.scale", scale=f"{on.scale:,.0f}")
    back = Markup(
        '<rect x="{:g}" y="{:g}" width="{:g}" height="26" rx="2" fill="{}" fill-opacity="0.85"/>'
    ).format(x - 6, y - 20, bar + 20 + LETTER * _width(told), PAPER)
    words = Markup('<text x="{:g}" y="{:g}" font-size="{:g}" fill="{}">{}</text>').format(
        x + bar + 8, y, LETTER, TEXT, told
    )
    return back + sketch.scale_bar(frame, 1.0, (x, y), most, SMALL) + words


def _legend(sheet: Sheet, speech: Speech) -> Markup:
    x, y = LEGEND_LEFT * UNIT, MAP[1] * UNIT + 6
    step = LEGEND_LINE * UNIT
    whole = (
        _lines(speech.say("picture.whole", numbers=speech.list([str(each) for each in sheet.whole])))
        if sheet.whole
        else []
    )
    notes = [*sheet.notes, speech.say("picture.grid", crs=sheet.crs)]
    if sheet.beneath:
        notes.insert(0, speech.say("picture.beneath"))
    room = LEGEND_ROOM - len(notes) - len(whole)
    shown, rest = list(sheet.legend), 0
    if len(shown) > room:
        shown, rest = shown[: room - 1], len(shown) - room + 1
    drawn = [_swatch(x, y, SITE_INK, "none", 2.2), _words(x, y, speech.say("picture.site"))]
    for each in shown:
        y += step
        number = "" if each.number is None else f"{each.number} "
        fill = f"url(#hatch-{each.effect})" if each.effect else "none"
        drawn += [_swatch(x, y, INK[each.effect], fill, 0.8), _words(x, y, f"{number}{each.text}")]
    if rest:
        y += step
        drawn.append(_words(x, y, speech.say("picture.more", n=rest)))
    for place, line in enumerate(whole):
        y += step
        if place == 0:
            drawn.append(_swatch(x, y, "none", INK[sheet.whole_effect], 0, 0.14))
        drawn.append(_words(x, y, line))
    for note in notes:
        y += step
        drawn.append(_note(x, y, note))
    return Markup("").join(drawn)


def _swatch(x: float, y: float, ink: str, fill: str, width: float, opacity: float = 1) -> Markup:
    return Markup(
        '<rect x="{:g}" y="{:g}" width="22" height="11" fill="{}" fill-opacity="{}" stroke="{}" stroke-width="{}"/>'
    ).format(x, y - 2, fill, opacity, ink, width)


def _words(x: float, y: float, text: str) -> Markup:
    return Markup('<text x="{:g}" y="{:g}" font-size="{:g}" fill="{}">{}</text>').format(
        x + 28, y + 7.4, LETTER, TEXT, _cut(text, COLUMN)
    )


def _note(x: float, y: float, text: str) -> Markup:
    return Markup('<text x="{:g}" y="{:g}" font-size="{:g}" fill="#566466">{}</text>').format(
        x, y + 7, SMALL, _cut(text, 26)
    )


def _lines(text: str) -> list[str]:
    """The text in lines that the column holds."""
    lines = [""]
    for letter in text:
        if _width(lines[-1] + letter) > COLUMN:
            lines.append("")
        lines[-1] += letter
    return lines


def _width(text: str) -> float:
    """In Chinese letters; one of the alphabet is half as wide."""
    return sum(1.0 if ord(letter) > 0x2E7F else 0.56 for letter in text)


def _cut(text: str, most: float) -> str:
    """As much as fits."""
    if _width(text) <= most:
        return text
    while text and _width(text) > most - 1:
        text = text[:-1]
    return f"{text}…"
