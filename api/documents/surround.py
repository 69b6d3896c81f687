"""What stands around a map so that it can be read and measured on: neatline, grid in project coordinates, north, scale. Pure."""

from __future__ import annotations

import math

from markupsafe import Markup

from api.documents.lettering import LETTER, SMALL, haloed, width
from api.sketch import PAPER, TEXT, Frame, round_below, scale_bar

Window = tuple[float, float, float, float]


def neatline(frame: Frame) -> Markup:
    return Markup(
        '<rect x="{:g}" y="{:g}" width="{:g}" height="{:g}" fill="none" stroke="{}" stroke-width="1"/>'
    ).format(frame.left, frame.top, frame.width, frame.height, TEXT)


def grid(frame: Frame, window: Window) -> Markup:
    """Ticks on the neatline with project coordinates: three to five along each side."""
    west, south, east, north = window
    step = round_below((east - west) / 3)
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


def north(frame: Frame, word: str) -> Markup:
    x, y = frame.left + frame.width - 22, frame.top + 16
    return Markup(
        '<path d="M{x:g} {y:g}l-7 24l7 -5Z" fill="{ink}"/><path d="M{x:g} {y:g}l7 24l-7 -5Z" fill="{paper}" stroke="{ink}" stroke-width="0.8"/>{name}'
    ).format(x=x, y=y, ink=TEXT, paper=PAPER, name=haloed(word, x, y + 36, LETTER, TEXT))


def scale(frame: Frame, told: str) -> Markup:
    """A bar of a round length, and the ratio as it is written."""
    x, y, most = frame.left + 12, frame.top + frame.height - 12, frame.width / 4
    bar = round_below(most / frame.scale) * frame.scale
    back = Markup(
        '<rect x="{:g}" y="{:g}" width="{:g}" height="26" rx="2" fill="{}" fill-opacity="0.85"/>'
    ).format(x - 6, y - 20, bar + 20 + LETTER * width(told), PAPER)
    words = Markup('<text x="{:g}" y="{:g}" font-size="{:g}" fill="{}">{}</text>').format(
        x + bar + 8, y, LETTER, TEXT, told
    )
    return back + scale_bar(frame, 1.0, (x, y), most, SMALL) + words
