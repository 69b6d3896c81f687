"""Words of strangers on their way into a refusal or a record: short, and text that every database and every page will take."""

from __future__ import annotations

MOST_ROWS_NAMED = 20


def shown(given: object, most: int = 80) -> str:
    """At most ``most`` characters; half characters (lone surrogates) and NUL are written out."""
    return str(given)[:most].encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")
