"""The catalogue as a table: every layer, filtered by what stands in the address."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse

from api import language, legend
from api.auth import LayerRead
from api.ground import Workspace
from api.pages.answer import unthemed
from api.pages.frame import page
from workflows.base_map import service as base_map

router = APIRouter(include_in_schema=False)

KINDS = ("polygon", "line", "point", "raster")


@router.get("/layers")
def layers(
    actor: LayerRead,
    ground: Workspace,
    request: Request,
    q: Annotated[str, Query(max_length=100)] = "",
    theme: Annotated[str, Query(max_length=100)] = "",
    state: Literal["", "filled", "empty", "guessed"] = "",
    kind: Literal["", "polygon", "line", "point", "raster"] = "",
) -> HTMLResponse:
    ground.place()
    with ground.read() as connection:
        every = base_map.layers(connection)
        book = legend.read(connection)
    speech = language.of(request)
    say = speech.say
    theme_names = {each["code"]: speech.name(each) for each in [*book.themes, unthemed(speech)]}
    anything = ("", say("layers.all"))
    used = {layer["theme"] or "" for layer in every}
    return page(
        request,
        "layers.html",
        layers=[each for each in every if _wanted(each, q, theme, state, kind)],
        total=len(every),
        filled=sum(each["edition"] is not None for each in every),
        features=sum(each["features"] or 0 for each in every if each["kind"] != "raster"),
        asked={"q": q, "theme": theme, "state": state, "kind": kind},
        filtered=bool(q or theme or state or kind),
        theme_names=theme_names,
        theme_options=[
            anything,
            *((code, told) for code, told in theme_names.items() if code and code in used),
        ],
        state_options=[
            anything,
            ("filled", say("layers.filled")),
            ("empty", say("layers.empty")),
            ("guessed", say("origin.guessed")),
        ],
        kind_options=[anything, *((each, say(f"kind.{each}")) for each in KINDS)],
        department=lambda code: book.department(code, speech),
    )


def _wanted(layer: dict[str, Any], q: str, theme: str, state: str, kind: str) -> bool:
    word = q.strip().lower()
    told = f"{layer['name']} {layer['name_en'] or ''} {layer['code']}".lower()
    filled = layer["edition"] is not None
    return (
        word in told
        and theme in ("", layer["theme"])
        and kind in ("", layer["kind"])
        and (
            state == ""
            or {"filled": filled, "empty": not filled, "guessed": layer["origin"] == "guessed"}[state]
        )
    )
