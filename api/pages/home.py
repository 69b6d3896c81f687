"""The first page: the district's layers on a map, a site drawn, uploaded or pasted, and its answer."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from api import language, legend
from api.auth import LayerRead
from api.ground import Workspace
from api.pages.answer import by_theme
from api.pages.drawing import drawn, map_words
from api.pages.frame import page
from layers.codes import ClassEntry
from layers.model import may_see
from workflows import people
from workflows.base_map import service as base_map
from workflows.site_check import service as site_check
from workflows.site_check.judging.proposal import UNIT

router = APIRouter(include_in_schema=False)

SHOWN_AT_FIRST = ("subdistrict", "water_body", "road_centreline")
SIGNS = {"m": "m", "m2": "m²"}  # as a unit stands in a field; a ratio has none
INSTEAD = 3  # so many polygon layers, where the catalogue's own are not filled
PLACES = 4


@router.get("/")
def home(actor: LayerRead, ground: Workspace, request: Request) -> HTMLResponse:
    ground.place()
    with ground.read() as connection:
        workspace = base_map.workspace(connection)
        layers = base_map.layers(connection)
        book = legend.read(connection)
        uses = site_check.uses(connection)
    sees = people.sees(actor)
    drawable = {
        layer["code"]: layer
        for layer in layers
        if layer["edition"] is not None and layer["kind"] != "raster" and may_see(sees, layer["grade"])
    }
    drawing = {layer["code"]: drawn(layer, book.style(layer), book.palette(layer)) for layer in layers}
    speech = language.of(request)
    grouped = [
        (theme, members, sum(member["edition"] is not None for member in members))
        for theme, members in by_theme(layers, book.themes, speech)
    ]
    extent = workspace["extent"] or [73.5, 18.0, 135.0, 53.5]
    return page(
        request,
        "home.html",
        layers=layers,
        withheld={layer["code"] for layer in layers if not may_see(sees, layer["grade"])},
        themes=grouped,
        styles=drawing,
        sample=_sample(extent),
        uses=[f"{entry.code} {_called(entry, speech)}" for entry in uses.classes.values()] if uses else [],
        figure_units={figure: SIGNS.get(unit) for figure, unit in UNIT.items()},
        house={
            "extent": extent,
            "outline": workspace["outline"],
            "shown": _shown(drawable),
            "layers": {
                code: {
                    "edition": layer["edition"],
                    "kind": layer["kind"],
                    "name": speech.name(layer),
                    "tiles": "features",
                    "style": drawing[code],
                }
                for code, layer in drawable.items()
            },
            "words": _words(speech),
        },
    )


def _called(entry: ClassEntry, speech: language.Speech) -> str:
    return entry.en if speech.language == "en" else entry.zh


def _shown(drawable: dict[str, dict[str, Any]]) -> list[str]:
    chosen = [code for code in SHOWN_AT_FIRST if code in drawable]
    return chosen or [code for code, layer in drawable.items() if layer["kind"] == "polygon"][:INSTEAD]


def _sample(extent: list[float]) -> str:
    """A box in the middle of this district, as an example of what may be pasted."""
    west, south, east, north = extent
    x, y, wide, high = (west + east) / 2, (south + north) / 2, (east - west) / 40, (north - south) / 40
    return ",".join(f"{each:.{PLACES}f}" for each in (x - wide, y - high, x + wide, y + high))


def _words(speech: language.Speech) -> dict[str, Any]:
    """The few sentences the map itself says, with their {braces} left open."""
    raw = language.sentences(speech.language)

    def word(key: str) -> Any:
        sentence = raw[key]
        return sentence["other"] if isinstance(sentence, dict) else sentence

    return {
        "shown": word("map.shown"),
        "tile_failed": word("map.tile_failed"),
        "hints": {tool: word(f"site.{tool}_hint") for tool in ("polygon", "box", "line")},
        "vertices": word("site.drawn_vertices"),
        "drawn_none": word("site.drawn_none"),
        "draw_needed": word("site.draw_needed"),
        "file_needed": word("site.file_needed"),
        "text_needed": word("site.text_needed"),
        "width_needed": word("site.width_needed"),
        "bad_json": word("site.bad_json"),
        "lost": word("site.lost"),
        "same_site": word("proposal.same_site"),
        **map_words(speech),
    }
