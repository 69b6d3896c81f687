"""A day as people write it: 2021-03-01, and nothing else. Pure; which day is today is nothing this room knows."""

from __future__ import annotations

import re
from datetime import date

from layers.refusal import Refused

EARLIEST = date(1900, 1, 1)
"""Before this a year is mistyped: no plan or rule in use is older."""

_WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def day(text: str) -> date:
    """Refused ``date_unreadable``: another way of writing it, a day that no calendar has, or one before 1900."""
    written = text.strip()
    try:
        found = date.fromisoformat(written) if _WRITTEN.fullmatch(written) else None
    except ValueError:
        found = None
    if found is None or found < EARLIEST:
        raise Refused("date_unreadable", got=text[:40])
    return found
