"""An answer put in the order in which it is read: what is hit, theme by theme, then what cannot be said, then what is clear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from api.language import Speech
from api.legend import Legend, classed
from api.numbers import Figures

Layer = Mapping[str, Any]
Theme = Mapping[str, Any]

QUIET = ("no data", "failed", "clear")


def unthemed(speech: Speech) -> Theme:
    """Where layers stand that the catalogue does not know."""
    name = speech.say("layers.unthemed")
    return {"code": "", "name": name, "name_en": name}


def by_theme(
    layers: Sequence[Layer], themes: Sequence[Theme], speech: Speech
) -> list[tuple[Theme, list[Layer]]]:
    """Layers under their themes in the catalogue's order; those of no theme last. Empty themes are left out."""
    known = {theme["code"]: theme for theme in themes}
    groups: dict[str, list[Layer]] = {theme["code"]: [] for theme in themes}
    rest: list[Layer] = []
    for layer in layers:
        (groups[layer["theme"]] if layer.get("theme") in known else rest).append(layer)
    found = [(known[code], members) for code, members in groups.items() if members]
    return [*found, (unthemed(speech), rest)] if rest else found


def arranged(answer: Mapping[str, Any], book: Legend, speech: Speech) -> dict[str, Any]:
    """What the templates of an answer need: answer, hits, hits_without (a rule that holds), others, seqs, class_name, site_facts."""
    layers = answer["layers"]
    hits = [layer for layer in layers if layer["state"] == "hit"]
    hits.sort(key=lambda layer: (-(layer.get("area_m2") or 0), layer["code"]))
    told = {each["layer"] for each in answer["findings"] if each["state"] != "holds not"}
    without = by_theme([layer for layer in hits if layer["code"] not in told], book.themes, speech)
    return {
        "answer": answer,
        "hits": by_theme(hits, book.themes, speech),
        "hits_without": [(theme, len(members), members) for theme, members in without],
        "others": [
            (state, answer["summary"][state], _by_reason(layers, state, book, speech)) for state in QUIET
        ],
        "seqs": {edition["id"]: edition["seq"] for edition in answer["editions"].values()},
        "class_name": lambda layer, code: _class(layer, code, speech),
        "site_facts": _site(answer["site"], speech),
    }


def _by_reason(
    layers: Sequence[Layer], state: str, book: Legend, speech: Speech
) -> list[tuple[str, list[Layer]]]:
    """The layers of a state under the sentence that says why, the rarest reason first."""
    groups: dict[str, list[Layer]] = {}
    for layer in layers:
        if layer["state"] == state:
            groups.setdefault(_why(layer, book, speech), []).append(layer)
    return sorted(groups.items(), key=lambda group: len(group[1]))


def _why(layer: Layer, book: Legend, speech: Speech) -> str:
    reason = layer["reason"]
    if reason is None:
        return ""
    if reason["code"] == "partly_covered":
        covered = layer["covered_share"]
        figures = Figures(speech)
        return speech.say(
            "answer.partly_clear", covered=figures.share(covered), uncovered=figures.share(1 - covered)
        )
    params = dict(reason["params"])
    if "department" in params:
        params["department"] = book.department(params["department"], speech)
    return speech.reason(reason["code"], params, "why")


def _class(layer: Layer, code: str | None, speech: Speech) -> str | None:
    """A class with its name as the catalogue had it when the answer was given; as it is where it had none."""
    return None if code is None else classed(code, layer.get("class_names", {}).get(code), speech)


def _site(site: Mapping[str, Any], speech: Speech) -> list[tuple[str, Any]]:
    figures, say = Figures(speech), speech.say
    size = site["area_m2"]
    area = Markup(
        '<b class="piece">{}</b> · <span class="piece">{}</span> · <span class="piece">{}</span>'
    ).format(figures.square_metres(size), figures.hectares(size), figures.mu(size))
    rows: list[tuple[str, Any]] = [(say("answer.planar"), area)]
    if site.get("area_ellipsoidal_m2") is not None:
        rows.append((say("answer.ellipsoidal"), figures.square_metres(site["area_ellipsoidal_m2"])))
    if site.get("width_m"):
        rows.append((say("answer.width"), figures.length(site["width_m"])))
    if site.get("axis_length_m"):
        rows.append((say("answer.axis"), figures.length(site["axis_length_m"])))
    rows.append((say("check.crs"), site["crs"]))
    return rows
