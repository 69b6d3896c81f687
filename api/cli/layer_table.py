"""The layers of an answer in a terminal: what is hit, what is only partly covered, and in a line each how many are silent and how many clear."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from api.language import Speech
from api.numbers import Figures

MARK = {"hit": "[red]■[/]", "clear": "[green]●[/]", "no data": "[dim]▨[/]", "failed": "[magenta]✕[/]"}
WHOLE = 0.9995  # what is less than this is told: the figures show a tenth of a per cent
ORDER = ("hit", "failed", "no data", "clear")
SHORT = 12
"""Layers in the table unless all are asked for; the rest stand in a line."""


def show(console: Console, answer: Mapping[str, Any], speech: Speech, everything: bool) -> None:
    figures = Figures(speech)
    summary = answer["summary"]
    console.print(
        f"[bold]{speech.say('cli.layers_line', n=len(answer['layers']), hit=summary['hit'], clear=summary['clear'], no_data=summary['no data'], failed=summary['failed'])}[/]"
    )
    layers = [layer for state in ORDER for layer in answer["layers"] if layer["state"] == state]
    rows = (
        layers if everything else [layer for layer in layers if layer["state"] in ("hit", "failed")][:SHORT]
    )
    if rows:
        console.print(_table(rows, answer["editions"], speech, figures))
    if not everything:
        _rest(console, [layer for layer in layers if layer not in rows], speech)


def _partly(layer: Mapping[str, Any]) -> bool:
    return bool(layer["reason"] and layer["reason"]["code"] == "partly_covered")


def _table(
    rows: Iterable[Mapping[str, Any]], editions: Mapping[str, Any], speech: Speech, figures: Figures
) -> Table:
    made = Table(box=None, pad_edge=False, header_style="dim")
    made.add_column("")
    made.add_column(speech.say("cli.column_layer"), overflow="fold")
    made.add_column(speech.say("cli.column_share"), justify="right")
    made.add_column(speech.say("cli.column_measure"), justify="right")
    made.add_column(speech.say("cli.column_count"), justify="right")
    made.add_column(speech.say("cli.column_edition"), justify="right")
    made.add_column(speech.say("cli.column_what"), overflow="fold")
    for layer in rows:
        edition = editions.get(layer["code"])
        made.add_row(
            MARK[layer["state"]],
            escape(speech.name(layer)),
            "" if layer["share"] is None else figures.share(layer["share"]),
            _measure(layer, figures),
            str(layer["count"]) if layer["count"] else "",
            "" if edition is None else f"#{edition['seq']}",
            _what(layer, speech, figures),
        )
    return made


def _measure(layer: Mapping[str, Any], figures: Figures) -> str:
    if layer["area_m2"] is not None:
        return area(layer["area_m2"], figures)
    if layer["length_m"] is not None:
        return figures.length(layer["length_m"])
    return ""


def area(square_metres: float, figures: Figures) -> str:
    return f"{figures.square_metres(square_metres)} · {figures.mu(square_metres)}"


def _what(layer: Mapping[str, Any], speech: Speech, figures: Figures) -> str:
    if layer.get("withheld"):
        return speech.say(f"cli.withheld_{layer['withheld']}")
    if _partly(layer):
        covered = layer["covered_share"]
        return speech.say("cli.partly", clear=figures.share(covered), no_data=figures.share(1.0 - covered))
    missing = layer["covered_share"] is not None and layer["covered_share"] < WHOLE
    words = _words(layer, speech)
    if layer["state"] == "hit" and missing:
        beside = speech.say("cli.uncovered", no_data=figures.share(1.0 - layer["covered_share"]))
        return f"{words} · {beside}" if words else beside
    return words


def _words(layer: Mapping[str, Any], speech: Speech) -> str:
    if layer["reason"] is not None:
        return speech.reason(layer["reason"]["code"], layer["reason"]["params"])
    if layer["values"] and "mean" in layer["values"]:
        told = layer["values"]
        return f"{told['min']} – {told['mean']} – {told['max']} {told['unit'] or ''}".strip()
    classes = list(dict.fromkeys(hit["class"] for hit in layer["hits"] if hit["class"]))
    words = layer["class_names"]
    named = [
        f"{code} {words[code]['en' if speech.language == 'en' else 'zh']}" if code in words else code
        for code in classes[:6]
    ]
    return escape(speech.list(named)) + (" …" if len(classes) > 6 else "")


def _rest(console: Console, layers: list[Mapping[str, Any]], speech: Speech) -> None:
    """The layers not in the table, in a line each: silence is told as such."""
    groups = {
        "rest_hit": ("hit", [layer for layer in layers if layer["state"] == "hit"]),
        "rest_failed": ("failed", [layer for layer in layers if layer["state"] == "failed"]),
        "rest_partly": (
            "no data",
            [layer for layer in layers if layer["state"] == "no data" and _partly(layer)],
        ),
        "rest_no_data": (
            "no data",
            [layer for layer in layers if layer["state"] == "no data" and not _partly(layer)],
        ),
        "rest_clear": ("clear", [layer for layer in layers if layer["state"] == "clear"]),
    }
    for word, (state, some) in groups.items():
        if some:
            console.print(
                f"{MARK[state]} {speech.say(f'cli.{word}', n=len(some), names=_names(some, speech))}",
                style="dim",
                soft_wrap=True,
            )


def _names(layers: list[Mapping[str, Any]], speech: Speech) -> str:
    return escape(speech.list([speech.name(layer) for layer in layers[:8]])) + (
        " …" if len(layers) > 8 else ""
    )
