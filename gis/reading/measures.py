"""Numbers as people write them in tables: with blanks, thousands, full-width digits, a unit behind; degrees as decimals or with minutes and seconds. Pure.

What is no number is a ValueError with the words it stumbled over; an empty cell is None. Nothing is guessed from half a number.
"""

from __future__ import annotations

import math
import re
from typing import Any

_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xA0: 0x20}
_EMPTY = {"", "null", "none", "n/a", "na", "-", "--", "—", "——", "/", "\\", "\\n", "无", "空", "#n/a"}
_PLAIN = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[-+]?[0-9]{1,4})?", re.I)
_THOUSANDS = re.compile(r"[-+]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?")
_UNIT = re.compile(r"\s*(?:米|公尺|m|meters?|metres?)\Z", re.I)
_NO_NUMBER = {"nan", "inf", "infinity", "+inf", "-inf", "-infinity"}
_DEGREES = re.compile(
    r"(?P<before>[NSEWnsew]|东经|西经|北纬|南纬|东|西|北|南)?\s*(?P<sign>[-+])?"
    r"(?P<d>[0-9]{1,3}(?:\.[0-9]*)?)\s*(?:[°º˚度:]|\s)\s*"
    r"(?:(?P<m>[0-9]{1,2}(?:\.[0-9]*)?)\s*(?:['′’‘`分:]|\s)\s*)?"
    r"(?:(?P<s>[0-9]{1,2}(?:\.[0-9]*)?)\s*(?:[\"″”“秒]|''|′′|’’)?)?"
    r"\s*(?P<after>[NSEWnsew]|东经|西经|北纬|南纬|东|西|北|南)?"
)
_LONGEST = 60


def number(cell: Any) -> float | None:
    """Metres (or bare degrees). What says that it is no number (NaN, infinity) comes back as infinity, so that it is found where all numbers are judged."""
    given = _given(cell)
    if given is None or isinstance(given, float):
        return given
    text = _UNIT.sub("", given)
    if text.lower() in _NO_NUMBER:
        return math.inf
    if _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    if not _PLAIN.fullmatch(text):
        raise ValueError(given[:_LONGEST])
    return _bounded(float(text))


def degrees(cell: Any, axis: str) -> float | None:
    """``axis``: "E" for a longitude, "N" for a latitude. ``114.05``, ``114°03'25.4"E``, ``东经114度3分25.4秒``, ``114:03:25.4``."""
    given = _given(cell)
    if given is None or isinstance(given, float):
        return given
    if given.lower() in _NO_NUMBER:
        return math.inf
    if _PLAIN.fullmatch(given):
        return _bounded(float(given))
    found = _DEGREES.fullmatch(given if given[-1:] not in "0123456789." else given + " ")
    if not found:
        raise ValueError(given[:_LONGEST])
    side = (found["before"] or found["after"] or axis).upper()[0]
    side = {"东": "E", "西": "W", "北": "N", "南": "S"}.get(side, side)
    minutes, seconds = float(found["m"] or 0), float(found["s"] or 0)
    twice = found["before"] and found["after"]
    if minutes >= 60 or seconds >= 60 or twice or (side in "EW") != (axis == "E"):
        raise ValueError(given[:_LONGEST])
    value = float(found["d"]) + minutes / 60 + seconds / 3600
    return -value if (found["sign"] == "-") != (side in "WS") else value


def is_degrees(cell: Any) -> bool:
    """Whether it is written as an angle: with a sign of degrees, or a side of the world."""
    return isinstance(cell, str) and bool(
        re.search(r"[0-9]\s*[°º˚度]|[0-9]\s*[NSEWnsew]\s*\Z", cell[:_LONGEST])
    )


def _given(cell: Any) -> str | float | None:
    if cell is None:
        return None
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _bounded(float(cell)) if abs(cell) < 1e300 else math.inf
    text = str(cell).translate(_WIDE).strip().lstrip("'").strip()
    if text.lower() in _EMPTY:
        return None
    if isinstance(cell, bool) or len(text) > _LONGEST:
        raise ValueError(text[:_LONGEST])
    return text


def _bounded(value: float) -> float:
    return value if math.isfinite(value) else math.inf
