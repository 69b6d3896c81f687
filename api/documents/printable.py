"""Words of strangers made fit for paper: what no XML, no sheet and no reader can take is left out, what is endless is cut. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

LONGEST = 300
"""Characters of a name or an identifier; laws, reasons and what to do are ours and as long as they are."""

# Controls (line feed and tab stay), halves of pairs, what XML 1.0 forbids, and marks that turn the direction of what follows.
_UNFIT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def fit(value: Any) -> Any:
    """The same JSON value with all its text, and the text of its keys, fit for paper."""
    if isinstance(value, str):
        return _UNFIT.sub("", value)
    if isinstance(value, Mapping):
        return {fit(key): fit(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [fit(inner) for inner in value]
    return value


def short(text: str, most: int = LONGEST) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
