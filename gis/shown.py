"""Words of strangers on their way into a refusal or a record: short, and text that every database and every page will take."""

from __future__ import annotations

import re

MOST_ROWS_NAMED = 20
_TURNS = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def shown(given: object, most: int = 80) -> str:
    """At most ``most`` characters; half characters (lone surrogates), NUL and marks that turn the direction of text are written out."""
    plain = str(given)[:most].encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")
    return _TURNS.sub(lambda sign: f"\\u{ord(sign[0]):04x}", plain)
