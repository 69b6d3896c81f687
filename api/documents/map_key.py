"""The key beside a map: which number and which hatching is what. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from api.documents.lettering import LETTER, SMALL, cut, lines, written
from api.language import Speech
from api.sketch import INK, SITE_INK, TEXT

COLUMN, NOTE = 16.5, 26.0
"""Chinese letters that a line of the key, and a note under it, holds."""
QUIET = "#566466"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the key: number, effect ("" for a hit without a rule), name."""

    number: int | None
    effect: str
    text: str


@dataclass(frozen=True, slots=True)
class Key:
    """``whole``: numbers of findings that concern all of the site, and the gravest effect among them; ``notes``: lines beneath."""

    entries: Sequence[Entry]
    whole: Sequence[int]
    whole_effect: str
    notes: Sequence[str]


def drawn(key: Key, speech: Speech, at: tuple[float, float], step: float, room: int) -> Markup:
    """``at``: its upper left corner; ``step``: from line to line, both in units of the drawing; ``room``: how many lines there is room for."""
    x, y = at
    numbers = speech.list([str(each) for each in key.whole])
    whole = lines(speech.say("picture.whole", numbers=numbers), COLUMN) if key.whole else []
    free = room - len(key.notes) - len(whole)
    shown, rest = list(key.entries), 0
    if len(shown) > free:
        shown, rest = shown[: free - 1], len(shown) - free + 1
    made = [_swatch(x, y, SITE_INK, "none", 2.2), _words(x, y, speech.say("picture.site"))]
    for each in shown:
        y += step
        number = "" if each.number is None else f"{each.number} "
        fill = f"url(#hatch-{each.effect})" if each.effect else "none"
        made += [_swatch(x, y, INK[each.effect], fill, 0.8), _words(x, y, f"{number}{each.text}")]
    if rest:
        y += step
        made.append(_words(x, y, speech.say("picture.more", n=rest)))
    for place, line in enumerate(whole):
        y += step
        if place == 0:
            made.append(_swatch(x, y, "none", INK[key.whole_effect], 0, 0.14))
        made.append(written(line, x + 28, y + 7.4, LETTER, TEXT))
    for note in key.notes:
        y += step
        made.append(written(cut(note, NOTE), x, y + 7, SMALL, QUIET))
    return Markup("").join(made)


def _words(x: float, y: float, text: str) -> Markup:
    return written(cut(text, COLUMN), x + 28, y + 7.4, LETTER, TEXT)


def _swatch(x: float, y: float, ink: str, fill: str, width: float, opacity: float = 1) -> Markup:
    return Markup(
        '<rect x="{:g}" y="{:g}" width="22" height="11" fill="{}" fill-opacity="{}" stroke="{}" stroke-width="{}"/>'
    ).format(x, y - 2, fill, opacity, ink, width)
