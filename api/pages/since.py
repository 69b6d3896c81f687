"""Two answers for one site, then and now, in words: what is told differently, and which edition or rule made the difference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.findings import Wording, key
from api.numbers import Figures
from workflows.site_check import changes

Answer = Mapping[str, Any]


def since(then: Answer, now: Answer, words: Wording) -> dict[str, Any]:
    """then, and the changes as rows: rule or None, layer, name, was, now, because."""
    names = {layer["code"]: words.speech.name(layer) for answer in (then, now) for layer in answer["layers"]}
    found = [each for each in changes.between(then, now) if each["what"] != "verdict"]
    rows = [_row(each, names, words) for each in found]
    # What differs in figures nobody is shown, such as how far a rule is from an answer, is no change to a reader.
    return {"then": then, "changes": [row for row in rows if row["was"] != row["now"]]}


def _row(change: Mapping[str, Any], names: Mapping[str, str], words: Wording) -> dict[str, Any]:
    told = _finding if change["what"] == "rule" else _layer
    return {
        "rule": change.get("rule"),
        "layer": change["layer"],
        "name": words.speech.name(change),
        "was": told(change["was"], words),
        "now": told(change["now"], words),
        "because": words.speech.list([words.cause(each, names) for each in change["because"]]),
    }


def _finding(short: Mapping[str, Any] | None, words: Wording) -> str:
    say = words.speech.say
    if short is None:
        return say("since.absent")
    amount = words.amount(short)
    if short["state"] != "holds":
        told = say(f"answered.{key(short['state'])}")
        return told if short["state"] == "cannot say" or amount == "—" else f"{told} · {amount}"
    effect = say(f"effect.{short['effect']}")
    return effect if amount == "—" else f"{effect} · {amount}"


def _layer(short: Mapping[str, Any] | None, words: Wording) -> str:
    say, figures = words.speech.say, Figures(words.speech)
    if short is None:
        return say("since.no_layer")
    told = [say(f"state.{key(short['state'])}")]
    if short["area_m2"] is not None:
        told.append(figures.square_metres(short["area_m2"]))
    if short["length_m"] is not None:
        told.append(figures.length(short["length_m"]))
    if short["covered_share"] is not None and short["covered_share"] < 1:
        told.append(say("since.covered", share=figures.share(short["covered_share"])))
    return " · ".join(told)
