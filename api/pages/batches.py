"""Batches for people: handing a file of sites over, following it, and looking through its rows."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api import batches, language
from api.auth import CheckRead, CheckWrite, For, seen
from api.batches import Words
from api.ground import Workspace
from api.legend import worded
from api.pages.frame import page
from layers.model import Grade
from workflows.site_check import service as site_check
from workflows.site_check.batches import service as batch
from workflows.site_check.judging.proposal import UNIT
from workflows.site_check.judging.verdict import Verdict

router = APIRouter(include_in_schema=False)

ONE_PAGE = 50
LISTED = 50
Offset = Annotated[int, Query(ge=0, le=10_000_000)]
State = Literal["waiting", "answered", "refused"]


@router.get("/batches")
def every(actor: CheckRead, ground: Workspace, request: Request, offset: Offset = 0) -> HTMLResponse:
    ground.place()
    with ground.read() as connection:
        found = batch.latest(connection, LISTED + 1, offset)
        uses = site_check.uses(connection)
    speech = language.of(request)
    return page(
        request,
        "batches.html",
        batches=found[:LISTED],
        older=offset + LISTED if len(found) > LISTED else None,
        offset=offset,
        most=batch.MOST,
        figures_asked=tuple(UNIT),
        uses=[]
        if uses is None
        else [(code, worded(asdict(each), speech)) for code, each in uses.classes.items()],
        words={"lost": speech.say("site.lost"), "no_file": speech.say("site.file_needed")},
    )


@router.get("/batches/{id}")
def one(
    actor: CheckRead,
    ground: Workspace,
    request: Request,
    id: str,
    lowered: For = None,
    verdict: Verdict | None = None,
    state: State | None = None,
    offset: Offset = 0,
) -> HTMLResponse:
    ground.place()
    sees, speech = seen(actor, lowered), language.of(request)
    with ground.read() as connection:
        shown = _progress(connection, id, sees, lowered)
        found = batch.lookup(connection, id, sees)
        rows = list(found.rows(connection, verdict=verdict, state=state, limit=ONE_PAGE, offset=offset))
        words = Words(batches.wording(connection, speech))
    told, chosen = shown["told"], {"verdict": verdict, "state": state}
    matching = (
        told["verdicts"].get(verdict, 0) if verdict else told["states"][state] if state else told["rows"]
    )
    return page(
        request,
        "batch.html",
        **shown,
        rows=rows,
        words=words,
        units=UNIT,
        asked={key: value for key, value in chosen.items() if value},
        matching=matching,
        offset=offset,
        earlier=max(offset - ONE_PAGE, 0) if offset else None,
        later=offset + ONE_PAGE if offset + ONE_PAGE < matching else None,
    )


@router.get("/batches/{id}/progress")
def progress(
    actor: CheckRead, ground: Workspace, request: Request, id: str, lowered: For = None
) -> HTMLResponse:
    """The part of the page that moves, without a frame."""
    with ground.read() as connection:
        shown = _progress(connection, id, seen(actor, lowered), lowered)
    return page(request, "batch_progress.html", **shown)


@router.post("/batches/{id}/continue")
def resume(actor: CheckWrite, ground: Workspace, id: str) -> Response:
    with ground.write(actor) as connection:
        batch.resume(connection, actor, batches.batch_id(id))
    return RedirectResponse(f"/batches/{id}", 303)


@router.post("/batches/{id}/sites/{place}/check")
def full_check(actor: CheckWrite, ground: Workspace, id: str, place: str) -> Response:
    with ground.write(actor) as connection:
        made = batch.full_check(connection, actor, batches.batch_id(id), batches.row_number(id, place))
    return RedirectResponse(f"/checks/{made}", 303)


def _progress(connection: Connection, id: str, sees: Grade, lowered: Grade | None) -> dict[str, Any]:
    told = batch.progress(connection, batches.batch_id(id), sees)
    done = told["rows"] - told["states"]["waiting"]
    pace = told["per_minute"]
    return {
        "told": told,
        "done": done,
        "minutes": None if not pace else max(1, round(told["states"]["waiting"] / pace)),
        "counted": batches.counted(told),
        "over": told["state"] in ("done", "refused"),
        "lowered": lowered,
    }
