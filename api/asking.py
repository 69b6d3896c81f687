"""What a refused delivery asks of a person: one question per file, with the answers one may choose from, and what was answered last time.

A refusal that carries ``options`` is a question; so are those whose remedy is one word about the file. What an answer does is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.intake import refused_sources
from api.language import Speech
from api.numbers import Figures

Told = Mapping[str, Any]

ABOUT: Mapping[str, str] = {
    "no_crs": "source_crs",
    "crs_question": "source_crs",
    "crs_unknown": "source_crs",
    "local_grid": "source_crs",
    "zone_before_easting": "source_crs",
    "metres_not_degrees": "source_crs",
    "degrees_not_metres": "source_crs",
    "coordinates_maybe_shifted": "source_crs",
    "coordinates_shifted": "source_crs",
    "raster_nodata": "nodata",
}
"""Refusals that an answer may lift, and what the answer is about."""


@dataclass(frozen=True, slots=True)
class Question:
    """``options``: value, text, and what speaks for it. ``given``: the option chosen last time; ``typed``: another answer written last time."""

    path: str
    about: str
    sentence: str
    options: Sequence[tuple[str, str, str]]
    free: bool
    given: str | None
    typed: str


def asked_of(delivery: Told, speech: Speech, said: Told) -> list[Question]:
    """The questions of a delivery that was not taken; ``said``: what was said of it so far."""
    return [
        _question(each, speech, said)
        for each in refused_sources(delivery)
        if each["code"] in ABOUT or (each.get("params") or {}).get("options")
    ]


def _question(refused: Told, speech: Speech, said: Told) -> Question:
    params = refused.get("params") or {}
    about = ABOUT.get(refused["code"], "source_crs")
    options = [_option(each, speech) for each in params.get("options") or []]
    if about == "nodata" and not options:
        found = params.get("found") or []
        values = [str(each) for each in found] if isinstance(found, (list, tuple)) else []
        options = [*((each, each, "") for each in values), ("none", speech.say("intake.nodata_none"), "")]
    last = said.get("nodata") if about == "nodata" else (said.get("answers") or {}).get(refused["path"])
    known = {value for value, _, _ in options}
    key = f"question.{refused['code']}"  # without what only a command line can do
    return Question(
        path=refused["path"],
        about=about,
        sentence=speech.reason(refused["code"], params, "question" if speech.has(key) else "refusal"),
        options=options,
        free=params.get("free", True),
        given=last if last in known else None,
        typed="" if last is None or last in known else str(last),
    )


def _option(told: Any, speech: Speech) -> tuple[str, str, str]:
    """An option is a word, or a mapping: ``crs``, how it is called (``label``), and what speaks for it (``because``, ``inside``, ``centre_degrees``)."""
    if not isinstance(told, Mapping):
        return str(told), str(told), ""
    value = str(told.get("crs", told.get("value", "")))
    name = str(told.get("label") or value)
    hints = []
    if speech.has(f"crs_because.{told.get('because')}"):
        hints.append(speech.say(f"crs_because.{told['because']}"))
    if told.get("inside") is not None:
        hints.append(speech.say("intake.inside", share=Figures(speech).share(told["inside"])))
    if told.get("centre_degrees"):
        lon, lat = told["centre_degrees"]
        hints.append(speech.say("intake.centre", lon=f"{lon:.4f}", lat=f"{lat:.4f}"))
    return (
        value,
        name if name.casefold().startswith(value.casefold()) else f"{value} {name}",
        " · ".join(hints),
    )
