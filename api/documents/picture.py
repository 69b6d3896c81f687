"""The map picture of a report: the site, its hits by effect and number, what lies around it, grid, north, scale and key. Millimetres in, one
SVG out; drawn to a round scale, so that a ruler may be laid on the PDF.

How shapes are drawn stands in ``api.sketch``; which shapes there are comes from ``workflows.site_check.drawing``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from api import sketch
from api.documents import map_key, surround
from api.documents.lettering import LETTER, haloed
from api.documents.map_key import Key
from api.language import Speech
from api.sketch import INK, Drawn, Frame

UNIT = 4.0
"""Units of the drawing in a millimetre of paper."""
SHEET = (174.0, 87.0)
MAP = (8.0, 1.0, 114.0, 81.0)
"""left, top, width and height of the map on the sheet, in mm."""
KEY_LEFT, KEY_LINE, KEY_ROOM = 126.0, 4.0, 20
FILLED = 0.8
"""How much of the map the site may take."""
SCALES = tuple(step * 10**power for power in range(2, 6) for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8))
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
class Sheet:
    """What is drawn, in the project CRS, and what is told beside it."""

    site: Shape
    hits: Sequence[Marked]
    beneath: Sequence[tuple[str, Sequence[Shape]]]
    key: Key


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
        surround.neatline(frame),
        surround.grid(frame, on.window),
        surround.north(frame, speech.say("picture.north")),
        surround.scale(frame, speech.say("picture.scale", scale=f"{on.scale:,.0f}")),
        map_key.drawn(sheet.key, speech, (KEY_LEFT * UNIT, MAP[1] * UNIT + 6), KEY_LINE * UNIT, KEY_ROOM),
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
    if not sheet.key.whole:
        return Markup("")
    path, _ = sketch.path_of(sheet.site, frame)
    return Markup('<path d="{}" fill="{}" fill-opacity="0.09" fill-rule="evenodd"/>').format(
        path, INK[sheet.key.whole_effect]
    )


def _numbers(frame: Frame, hits: Sequence[Marked]) -> Markup:
    drawn = []
    for each in hits:
        if each.at is None or not each.numbers:
            continue
        x, y = frame.place(each.at)
        text = "·".join(str(number) for number in each.numbers[:4]) + ("…" if len(each.numbers) > 4 else "")
        drawn.append(haloed(text, x, y + LETTER * 0.36, LETTER, INK[each.drawn.effect]))
    return Markup("").join(drawn)
