"""One check: the whole answer to read and to print, the panel beside the map, and measuring it again."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import HTMLResponse

from api import language, legend
from api.auth import CheckRead
from api.ground import Workspace
from api.pages.answer import arranged
from api.pages.frame import page
from api.payload import check_id
from api.sketch import sketch
from workflows.site_check import service as site_check

router = APIRouter(include_in_schema=False)

FEATURES_LISTED = 50
DIFFERENCES_LISTED = 100
DIFFERENCE_SHOWN = 300


@router.get("/checks/{id}")
def check(actor: CheckRead, ground: Workspace, request: Request, id: str) -> HTMLResponse:
    ground.place()
    with ground.read() as connection:
        return _whole(request, connection, check_id(id), None)


@router.post("/checks/{id}/again")
def again(actor: CheckRead, ground: Workspace, request: Request, id: str) -> HTMLResponse:
    ground.place()
    with ground.read() as connection:
        measured = site_check.again(connection, check_id(id))
        return _whole(request, connection, id, measured)


@router.get("/checks/{id}/panel")
def panel(actor: CheckRead, ground: Workspace, request: Request, id: str) -> HTMLResponse:
    """The answer beside the map, without a frame."""
    with ground.read() as connection:
        answer = site_check.reissue(connection, check_id(id))
        book = legend.read(connection)
    return page(request, "panel.html", **arranged(answer, book, language.of(request)))


def _whole(
    request: Request, connection: Connection, id: str, measured: dict[str, Any] | None
) -> HTMLResponse:
    answer = site_check.reissue(connection, id)
    found = site_check.hits_geojson(connection, id)
    book = legend.read(connection)
    speech = language.of(request)
    shown = arranged(answer, book, speech)
    return page(
        request,
        "check.html",
        **shown,
        again=measured,
        differences=[
            _difference(each, speech) for each in (measured or {}).get("differences", [])[:DIFFERENCES_LISTED]
        ],
        sketch=sketch(answer["site"]["geometry"], found, speech.say("check.sketch")),
        names={layer["code"]: speech.name(layer) for layer in answer["layers"]},
        most=FEATURES_LISTED,
    )


def _difference(each: dict[str, Any], speech: language.Speech) -> tuple[str, str, str]:
    """Where, what is on record, what was measured now. Of a layer only the figures that differ."""
    was, now = each["was"], each["now"]
    if isinstance(was, dict) and isinstance(now, dict):
        differing = [key for key in was if was[key] != now.get(key)]
        was, now = ({key: side[key] for key in differing} for side in (was, now))
    return each.get("code") or speech.say(f"check.differs_in.{each['what']}"), _told(was), _told(now)


def _told(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) < DIFFERENCE_SHOWN else f"{text[:DIFFERENCE_SHOWN]} …"
