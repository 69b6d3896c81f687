"""A check as one file with a map inside, in the reader's language: kept from a browser or from the command line, the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api import sketch
from api.language import Speech
from api.vendor import VENDOR
from gis import maps


def check_map(answer: Mapping[str, Any], hits: Mapping[str, Any], speech: Speech) -> str:
    words = {name: speech.say(f"keepsake.{name}") for name in ("site", *maps.FIELDS)}
    drawn = maps.check_map(answer, hits, VENDOR, words, sketch.INK)
    # No icon to ask for: the page is shut off from everything, its own server included.
    return drawn.replace("<head>", '<head>\n    <link rel="icon" href="data:,">', 1)
