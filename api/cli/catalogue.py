"""`layers` and `editions`: what the base map of a workspace holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import terminal
from api.cli.options import JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from api.numbers import Figures


def layers(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """工作区的图层及现行版本 | the layers of a workspace, the edition in force beside each."""
    from api.cli.places import opened
    from db import session
    from workflows.base_map import service

    _, engine = opened(workspace)
    with session.read(engine) as connection:
        found = service.layers(connection)
        themes = service.themes(connection)
    if as_json:
        terminal.answer_json(found)
    else:
        _layer_table(found, themes)


def editions(
    layer: Annotated[str, typer.Argument(help="图层代码 | code of the layer")],
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """一个图层的各版本，新的在前 | the editions of a layer, newest first."""
    from api.cli.places import opened
    from db import session
    from workflows.base_map import service

    _, engine = opened(workspace)
    with session.read(engine) as connection:
        found = service.editions(connection, layer)
    if as_json:
        terminal.answer_json(found)
    else:
        _edition_table(found)


def _layer_table(found: list[dict[str, Any]], themes: list[dict[str, Any]]) -> None:
    from rich.markup import escape

    from api.numbers import Figures

    speech = terminal.speech()
    figures = Figures(speech)
    console, made = _table("layer", "code", "kind", "features", "edition", "published_at", "coverage")
    theme_names = {theme["code"]: speech.name(theme) for theme in themes}
    before: str | None = ""
    for layer in found:
        if layer["theme"] != before:
            before = layer["theme"]
            made.add_row(
                f"[bold]{escape(theme_names.get(before or '', speech.say('cli.guessed_layers')))}[/]"
            )
        made.add_row(
            f"  {escape(speech.name(layer))}",
            escape(layer["code"]),
            speech.say(f"kind.{layer['kind']}"),
            "" if layer["features"] is None else figures.count(layer["features"]),
            "—" if layer["edition"] is None else f"#{layer['seq']}",
            "" if layer["published_at"] is None else figures.moment(layer["published_at"]),
            speech.say(f"coverage.{layer['coverage_basis'] or 'none'}"),
        )
    console.print(made)
    filled = sum(layer["edition"] is not None for layer in found)
    features = sum(layer["features"] or 0 for layer in found if layer["kind"] != "raster")
    console.print(
        f"[bold]{speech.say('cli.layers_total', n=len(found), filled=filled, features=features)}[/]"
    )


def _edition_table(found: list[dict[str, Any]]) -> None:
    from rich.markup import escape

    from api.numbers import Figures

    speech = terminal.speech()
    figures = Figures(speech)
    console, made = _table(
        "edition",
        "status",
        "valid_from",
        "published_at",
        "read",
        "published",
        "set_aside",
        "coverage",
        "source",
        "crs",
        "sha256",
    )
    for each in found:
        made.add_row(
            f"[bold]#{each['seq']} ◂[/]" if each["current"] else f"#{each['seq']}",
            " · ".join([speech.say(f"status.{each['status']}"), *_standing(each)]),
            figures.day(each["valid_from"]),
            figures.moment(each["published_at"]),
            *(figures.count(each[key]) for key in ("rows_read", "rows_published", "rows_set_aside")),
            speech.say(f"coverage.{each['coverage_basis']}"),
            escape(f"{each['delivery']}: {each['source']}"),
            f"{each['crs_in']} ({speech.say('crs_basis.' + each['crs_basis'])})",
            (each["sha256"] or "")[:12],
        )
    console.print(made if found else speech.say("cli.no_editions"))
    for each in found:
        for told in _history(each, figures):
            console.print(
                escape(speech.say("cli.edition_withdrawn", seq=each["seq"], told=told)), soft_wrap=True
            )


def _standing(edition: dict[str, Any]) -> list[str]:
    """What an edition is now beside its status: many were in force once, one is."""
    said = {
        "standing_edition.current": edition["current"],
        "standing_edition.displayed": edition["displayed"],
        "edition_state.withdrawn": edition["withdrawn_at"] is not None,
    }
    return [terminal.speech().say(key) for key, true in said.items() if true]


def _history(edition: dict[str, Any], figures: Figures) -> list[str]:
    """How an edition came to be, where it holds changes, and why it was withdrawn."""
    speech, told = terminal.speech(), []
    if edition["delta"]:
        told.append(speech.say("edition_delta", **edition["delta"]))
    if edition["withdrawn_at"] is not None:
        day, reason = figures.day(edition["withdrawn_at"]), edition["withdrawn_because"]
        key = "withdrawal.was_because" if reason else "withdrawal.was"
        told.append(speech.say(key, **({"day": day, "reason": reason} if reason else {"day": day})))
    return told


def _table(*columns: str) -> tuple[Any, Any]:
    from rich.console import Console
    from rich.table import Table

    speech = terminal.speech()
    made = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        right = column in {"features", "edition", "read", "published", "set_aside"}
        made.add_column(
            speech.say(f"cli.column_{column}"), justify="right" if right else "left", overflow="fold"
        )
    return Console(highlight=False, width=None if Console().is_terminal else 160), made
