"""One check: the whole answer to read and to print, the panel beside the map, measuring it again, asking anew, and a person's word beside it."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api import language, legend, overrides
from api.auth import CheckOverride, CheckRead, CheckWrite, For, seen
from api.ground import Workspace
from api.marks import told
from api.pages.answer import arranged
from api.pages.findings import complete, ruled, wording
from api.pages.frame import page
from api.pages.since import since as compared
from api.payload import Form, check_id
from api.sketch import sketch
from layers.model import Grade
from layers.refusal import Refused
from workflows.site_check import drawing, later
from workflows.site_check import service as site_check

router = APIRouter(include_in_schema=False)

FEATURES_LISTED = 50
DIFFERENCES_LISTED = 100
DIFFERENCE_SHOWN = 300
LOOK_BACK = Query(max_length=64, description="an earlier check of the same site, to be compared with")


@router.get("/checks/{id}")
def check(
    actor: CheckRead,
    ground: Workspace,
    request: Request,
    id: str,
    lowered: For = None,
    since: Annotated[str | None, LOOK_BACK] = None,
) -> HTMLResponse:
    ground.place()
    with ground.read() as connection:
        return _whole(request, connection, check_id(id), seen(actor, lowered), since=since)


@router.post("/checks/{id}/again")
def again(
    actor: CheckRead, ground: Workspace, request: Request, id: str, lowered: For = None
) -> HTMLResponse:
    ground.place()
    sees = seen(actor, lowered)
    with ground.read() as connection:
        measured = later.again(connection, check_id(id), sees)
        return _whole(request, connection, id, sees, measured=measured)


@router.post("/checks/{id}/today")
def today(actor: CheckWrite, ground: Workspace, id: str) -> Response:
    """Asked anew; what it says, and how it differs, is a page with an address of its own."""
    with ground.write(actor) as connection:
        told = later.today(connection, actor, check_id(id))
    return RedirectResponse(f"/checks/{told['now']['id']}?since={id}", 303)


@router.post("/checks/{id}/overrides")
def override(actor: CheckOverride, ground: Workspace, request: Request, id: str, said: Form) -> Response:
    """Said, and back to the finding it stands by; what is refused comes back with what was typed."""
    ground.place()
    sees = seen(actor, None)
    try:
        with ground.write(actor) as connection:
            overrides.add(connection, actor, check_id(id), said, sees)
    except Refused as refusal:
        if not refusal.code.startswith("override_"):
            raise
        sentence = language.of(request).reason(refusal.code, refusal.params)
        wrong = {**dict.fromkeys(overrides.FIELDS, ""), **said, "sentence": sentence}
        with ground.read() as connection:
            return _whole(request, connection, id, sees, wrong=wrong)
    return RedirectResponse(f"/checks/{id}#rule-{said['rule']}", 303)


@router.get("/checks/{id}/panel")
def panel(
    actor: CheckRead, ground: Workspace, request: Request, id: str, lowered: For = None
) -> HTMLResponse:
    """The answer beside the map, without a frame."""
    sees = seen(actor, lowered)
    with ground.read() as connection:
        answer = complete(site_check.reissue(connection, check_id(id), sees=sees))
        book = legend.read(connection)
        said = overrides.of(connection, id, sees)
    speech = language.of(request)
    return page(
        request,
        "panel.html",
        **arranged(answer, book, speech),
        **ruled(answer, book, speech, said),
        as_grade=_as_grade(request),
    )


def _whole(
    request: Request,
    connection: Connection,
    id: str,
    sees: Grade,
    *,
    measured: dict[str, Any] | None = None,
    since: str | None = None,
    wrong: dict[str, str] | None = None,
) -> HTMLResponse:
    """``wrong``: an override that was refused, as it was typed, with the sentence that says why."""
    answer = complete(site_check.reissue(connection, id, sees=sees))
    found = drawing.hits_geojson(connection, id, sees=sees)
    book = legend.read(connection)
    marks = {each["layer"]: each for each in later.marks(connection, answer)}
    speech = language.of(request)
    then = None if since is None else _earlier(connection, since, answer, sees)
    return page(
        request,
        "check.html",
        status=200 if wrong is None else 422,
        **arranged(answer, book, speech),
        **ruled(answer, book, speech, overrides.of(connection, id, sees)),
        **_record(answer, marks, speech),
        again=measured,
        differences=[
            _difference(each, speech) for each in (measured or {}).get("differences", [])[:DIFFERENCES_LISTED]
        ],
        since=None if then is None else compared(then, answer, wording(book, speech)),
        wrong=wrong,
        override_says=overrides.SAYS,
        sketch=sketch(answer["site"]["geometry"], found, speech.say("check.sketch")),
        most=FEATURES_LISTED,
        as_grade=_as_grade(request),
    )


def _record(answer: dict[str, Any], marks: dict[str, Any], speech: language.Speech) -> dict[str, Any]:
    """What the answer rests on: editions, those withdrawn or superseded since first, and the versions of its rules."""
    order = {"withdrawn": 0, "superseded": 1}
    editions = sorted(
        answer["editions"].items(),
        key=lambda each: order.get(marks.get(each[0], {}).get("mark"), len(order)),
    )
    return {
        "edition_marks": list(marks.values()),
        "marked": {code: (each["mark"], told(each, speech)) for code, each in marks.items()},
        "mark_told": lambda each: told(each, speech),
        "editions": editions,
        "names": {layer["code"]: speech.name(layer) for layer in answer["layers"]},
        "rule_names": {each["rule"]: speech.name(each) for each in answer["findings"]},
        "rule_since": {each["rule"]: each["since"] for each in answer["findings"]},
    }


def _earlier(connection: Connection, id: str, now: dict[str, Any], sees: Grade) -> dict[str, Any]:
    """Refused ``check_unknown``, ``checks_of_two_sites``."""
    then = complete(site_check.reissue(connection, check_id(id), sees=sees))
    if then["site"]["project_geometry"] != now["site"]["project_geometry"]:
        raise Refused("checks_of_two_sites", check=id, other=now["id"])
    return then


def _as_grade(request: Request) -> str:
    """The end of every address on the page of an answer that is looked at as somebody else would see it."""
    lowered = request.query_params.get("for")
    return f"?for={lowered}" if lowered else ""


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
