"""The one way a JSON value is written where it is hashed, compared or checked: the same text for the same facts. Pure."""

from __future__ import annotations

import json
from typing import Any

_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical(value: Any) -> str:
    """Sorted, tight, readable. ValueError for NaN and infinity, which are no JSON."""
    return _ENCODER.encode(value)
