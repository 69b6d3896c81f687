"""Letters on a drawing: how large, how wide, cut or broken to a column, and with a halo where they stand on a map. Pure."""

from __future__ import annotations

from markupsafe import Markup

from api.sketch import PAPER

LETTER, SMALL = 9.6, 8.0
"""Sizes in units of the drawing."""
NEVER_FIRST = ",、，。 "
"""What no line begins with."""


def haloed(text: str, x: float, y: float, size: float, ink: str) -> Markup:
    """Drawn once in paper and once in ink, so that it is read over whatever lies beneath."""
    letters = Markup(
        '<text x="{:.1f}" y="{:.1f}" font-size="{:g}" font-weight="700" text-anchor="middle" {}>{}</text>'
    )
    halo = Markup('fill="{0}" stroke="{0}" stroke-width="3.4" stroke-linejoin="round"').format(PAPER)
    return letters.format(x, y, size, halo, text) + letters.format(
        x, y, size, Markup('fill="{}"').format(ink), text
    )


def written(text: str, x: float, y: float, size: float, ink: str) -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" font-size="{:g}" fill="{}">{}</text>').format(
        x, y, size, ink, text
    )


def lines(text: str, most: float) -> list[str]:
    """The text in lines no wider than ``most``."""
    broken = [""]
    for letter in text:
        if width(broken[-1] + letter) > most and letter not in NEVER_FIRST:
            broken.append("")
        broken[-1] += letter
    return broken


def width(text: str) -> float:
    """In Chinese letters; one of the alphabet is half as wide."""
    return sum(1.0 if ord(letter) > 0x2E7F else 0.56 for letter in text)


def cut(text: str, most: float) -> str:
    """As much as fits into ``most``."""
    if width(text) <= most:
        return text
    while text and width(text) > most - 1:
        text = text[:-1]
    return f"{text}…"
