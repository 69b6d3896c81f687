"""The one frame of every page: language, figures, menu, banner, and the addresses of static files.

It refuses to know any page; a page hands it a template and what to show.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api import language
from api.numbers import Figures
from api.pages import MENU
from db.actor import Actor
from workflows import people

ROOT = Path(__file__).resolve().parents[1]
STATIC = ROOT / "static"

# Bare names that the vendored modules and ours import by. It stands inside the page (browsers read no other kind), so
# the content policy knows it by its hash.
IMPORT_MAP = json.dumps(
    {
        "imports": {
            "maplibre-gl": "/static/vendor/maplibre-gl/maplibre-gl.mjs",
            "terra-draw": "/static/vendor/terra-draw/terra-draw.modern.js",
            "terra-draw-maplibre-gl-adapter": "/static/vendor/terra-draw/terra-draw-maplibre-gl-adapter.modern.js",
        }
    },
    separators=(",", ":"),
)

DONE_ON_A_PAGE = ("/again", "/today", "/overrides")
"""What is posted to an address below a page, and answered by that page."""

MARKS = {
    "hit": "■",
    "clear": "●",
    "no data": "▨",
    "failed": "✕",
}


@functools.cache
def environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(asset=asset, import_map=IMPORT_MAP, marks=MARKS, menu=MENU)
    made.filters["key"] = lambda state: str(state).replace(" ", "_")
    made.filters["capital"] = lambda words: str(words)[:1].upper() + str(words)[1:]
    return made


@functools.cache
def _stamp(path: Path, modified: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


def asset(name: str) -> str:
    """The address of a static file, changed whenever the file changes."""
    path = STATIC / name
    return f"/static/{name}?v={_stamp(path, path.stat().st_mtime_ns)}"


def render(request: Request, template: str, /, **shown: Any) -> str:
    speech = language.of(request)
    return (
        environment()
        .get_template(template)
        .render(
            speech=speech,
            say=speech.say,
            name=speech.name,
            reason=speech.reason,
            figures=Figures(speech),
            actor=actor_name(people.demo_actor(), speech),
            here=request.url.path,
            other_language=other_language(request, speech),
            place=getattr(request.app.state, "place", None),
            **shown,
        )
    )


def actor_name(actor: Actor, speech: language.Speech) -> str:
    """The demo actor is nobody, so it is called what it is in every language."""
    return speech.say("frame.demo_actor") if actor.kind == "demo" else actor.name


def page(
    request: Request,
    template: str,
    /,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **shown: Any,
) -> HTMLResponse:
    speech = language.of(request)
    answer = HTMLResponse(render(request, template, **shown), status, dict(headers or {}))
    answer.headers["content-language"] = speech.language
    answer.headers["vary"] = "accept-language, cookie"
    if request.query_params.get("lang") in language.LANGUAGES:
        answer.set_cookie(
            language.COOKIE, speech.language, max_age=365 * 86400, samesite="lax", httponly=True, path="/"
        )
    return answer


def other_language(request: Request, speech: language.Speech) -> str:
    """This same page in the other language."""
    other = next(each for each in language.LANGUAGES if each != speech.language)
    kept = [(key, value) for key, value in request.query_params.multi_items() if key != "lang"]
    path = request.url.path
    for word in DONE_ON_A_PAGE if request.method != "GET" else ():
        path = path.removesuffix(word)
    return f"{path}?{urlencode([*kept, ('lang', other)], errors='replace')}"
