"""What became of the editions of a stored check, in words: withdrawn on a day and why, or followed by another. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.language import Speech
from api.numbers import Figures

Mark = Mapping[str, Any]
LONGEST = 200
"""Characters of a reason beside an edition; the whole of it stands on the page of its layer."""


def told(mark: Mark, speech: Speech) -> str:
    """Beside the edition itself."""
    if mark["mark"] != "withdrawn":
        return speech.say("mark.superseded")
    if mark.get("at") is None:
        return speech.say("mark.withdrawn")
    return _dated(mark, speech, "mark_told.withdrawn", "mark_told.withdrawn_because")


def named(mark: Mark, layer: str, speech: Speech) -> str:
    """In a list of layers: which edition of the layer it is, and what became of it where that is not said beside."""
    words = {"layer": layer, "seq": mark["seq"]}
    if mark["mark"] != "withdrawn" or mark.get("at") is None:
        return speech.say("mark_told.layer", **words)
    return _dated(mark, speech, "mark_told.layer_withdrawn", "mark_told.layer_because", **words)


def plain(mark: Mark) -> dict[str, Any]:
    """For programs."""
    return {**mark, "at": None if mark["at"] is None else mark["at"].isoformat()}


def _dated(mark: Mark, speech: Speech, bare: str, because: str, **words: Any) -> str:
    day, reason = Figures(speech).day(mark["at"]), mark.get("reason")
    if not reason:
        return speech.say(bare, day=day, **words)
    short = reason if len(reason) <= LONGEST else f"{reason[: LONGEST - 1]}…"
    return speech.say(because, day=day, reason=short, **words)
