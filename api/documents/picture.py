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
SHEET = (174.0, 112.0)
MAP = (8.0, 2.0, 114.0, 105.0)
"""left, top, width and height of the map on the sheet, in mm."""
LEGEND_LEFT, LEGEND_LINE, LEGEND_ROOM = 126.0, 4.4, 21
FILLED = 0.74
"""How much of the map the site may take."""
SCALES = tuple(step * 10**power for power in range(2, 6) for step in (1, 2, 2.5, 5))
LETTER, SMALL = 9.6, 8.0
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
        return self.scale / 1000 * 6.0

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


def draw(
    on: View,
    site: Shape,
    hits: Sequence[Marked],
    beneath: Sequence[tuple[str, Sequence[Shape]]],
    legend: Sequence[Entry],
    notes: Sequence[str],
    crs: str,
    speech: Speech,
) -> Markup:
    """The whole sheet. ``notes``: lines under the legend."""
    frame = on.frame
    parts = [
        sketch.hatches(),
        _paper(frame),
        _beneath(frame, beneath),
        sketch.hits(frame, [each.drawn for each in hits]),
        sketch.outline(frame, site),
        _numbers(frame, hits),
        _neatline(frame),
        _grid(on, frame),
        _north(frame, speech),
        _scale(on, frame, speech),
        _legend(legend, [*notes, speech.say("picture.grid", crs=crs)], bool(beneath), speech),
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
    x, y = frame.left + 12, frame.top + frame.height - 12
    scale = f"{on.scale:,.0f}"
    back = Markup(
        '<rect x="{:g}" y="{:g}" width="{:g}" height="26" rx="2" fill="{}" fill-opacity="0.85"/>'
    ).format(x - 6, y - 20, frame.width / 4 + 74, PAPER)
    bar = sketch.scale_bar(frame, 1.0, (x, y), frame.width / 4, SMALL)
    told = Markup('<text x="{:g}" y="{:g}" font-size="{:g}" fill="{}">{}</text>').format(
        x + frame.width / 4 + 8, y, LETTER, TEXT, speech.say("picture.scale", scale=scale)
    )
    return back + bar + told


def _legend(entries: Sequence[Entry], notes: Sequence[str], beneath: bool, speech: Speech) -> Markup:
    x, y = LEGEND_LEFT * UNIT, MAP[1] * UNIT + 6
    step = LEGEND_LINE * UNIT
    room = LEGEND_ROOM - len(notes) - beneath
    shown, rest = list(entries), 0
    if len(shown) > room:
        shown, rest = shown[: room - 1], len(shown) - room + 1
    drawn = [_swatch(x, y, None), _words(x, y, speech.say("picture.site"))]
    for each in shown:
        y += step
        number = "" if each.number is None else f"{each.number} "
        drawn += [_swatch(x, y, each.effect), _words(x, y, f"{number}{each.text}")]
    if rest:
        y += step
        drawn.append(_words(x, y, speech.say("picture.more", n=rest)))
    if beneath:
        notes = [speech.say("picture.beneath"), *notes]
    for note in notes:
        y += step
        drawn.append(
            Markup('<text x="{:g}" y="{:g}" font-size="{:g}" fill="#566466">{}</text>').format(
                x, y + 7, SMALL, _cut(note, 26)
            )
        )
    return Markup("").join(drawn)


def _swatch(x: float, y: float, effect: str | None) -> Markup:
    """As the shape is drawn; None is the site itself."""
    fill = "none" if not effect else f"url(#hatch-{effect})"
    ink, width = (SITE_INK, 2.2) if effect is None else (INK[effect], 0.8)
    return Markup(
        '<rect x="{:g}" y="{:g}" width="22" height="11" fill="{}" stroke="{}" stroke-width="{}"/>'
    ).format(x, y - 2, fill, ink, width)


def _words(x: float, y: float, text: str) -> Markup:
    return Markup('<text x="{:g}" y="{:g}" font-size="{:g}" fill="{}">{}</text>').format(
        x + 28, y + 7.4, LETTER, TEXT, _cut(text, 17)
    )


def _cut(text: str, most: int) -> str:
    """As much as the column holds; a Chinese letter is as wide as two of the alphabet."""
    wide = 0.0
    for place, letter in enumerate(text):
        wide += 1.0 if ord(letter) > 0x2E7F else 0.56
        if wide > most:
            return f"{text[:place]}…"
    return text
