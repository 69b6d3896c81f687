"""A check as one file with a map inside, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.language import Speech
from api.vendor import VENDOR
from gis import maps


def check_map(answer: Mapping[str, Any], hits: Mapping[str, Any], speech: Speech) -> str:
    words = {name: speech.say(f"keepsake.{name}") for name in ("site", *maps.FIELDS)}
    return maps.check_map(answer, hits, VENDOR, words)
