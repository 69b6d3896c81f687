"""Deliveries for people: the list, the form by which files come, following one while it is read, and answering what it asks.

What stands in a report is ``api.pages.delivery``'s business.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api import intake, language
from api.auth import ImportRead, ImportWrite
from api.ground import Workspace
from api.pages import delivery
from api.pages.delivery_form import form_words, marks, over, person, typed_words
from api.pages.frame import page
from api.payload import LARGEST, Form, UploadedFile
from api.said import submitted
from db.errors import GroundError
from layers.refusal import Refused
from workflows import people
from workflows.base_map import service as base_map
from workflows.base_map.intake import again
from workflows.base_map.reports import service as reports

router = APIRouter(include_in_schema=False)

LISTED = 50
State = Literal["", "waiting", "reading", "published", "checked", "refused", "abandoned"]


@router.get("/intake")
def every(
    actor: ImportRead,
    ground: Workspace,
    request: Request,
    state: State = "",
    supplier: Annotated[str, Query(max_length=120)] = "",
    before: Annotated[int | None, Query(ge=1, le=LARGEST)] = None,
) -> HTMLResponse:
    return _list(ground, request, {"state": state, "supplier": supplier}, before)


@router.post("/intake")
def hand_over(actor: ImportWrite, ground: Workspace, request: Request, upload: UploadedFile) -> Response:
    """The form as a browser without scripts sends it. What was typed comes back where something is refused; a browser keeps no file."""
    try:
        with ground.write(actor) as connection:
            id = submitted(connection, actor, upload)
    except Refused as no:
        wrong = language.of(request).reason(no.code, no.params)
        return _list(ground, request, {}, None, typed=upload.fields, wrong=wrong)
    return RedirectResponse(f"/intake/{id}", 303)


@router.get("/intake/{id}/progress")
def progress(actor: ImportRead, ground: Workspace, request: Request, id: str) -> HTMLResponse:
    """The part of the page that moves, without a frame."""
    with ground.read() as connection:
        told = base_map.import_progress(connection, intake.delivery_id(id), people.sees(actor), actor.id)
    return page(request, "delivery_progress.html", delivery=told, over=over(told), **marks())


@router.post("/intake/{id}/publication")
def publish(actor: ImportWrite, ground: Workspace, request: Request, id: str, form: Form) -> Response:
    """The kept original once more: to be published, or with the answers to what it asked."""
    number = intake.delivery_id(id)
    words = typed_words(form)
    try:
        with ground.write(actor) as connection:
            made = again.hand_over(connection, actor, number, words, people.sees(actor))
    except (Refused, GroundError) as no:
        if no.code == "import_unknown":
            raise
        wrong = language.of(request).reason(no.code, no.params)
        return delivery.shown(actor, ground, request, number, typed={**form, **words}, wrong=wrong)
    return RedirectResponse(f"/intake/{made}", 303)


def _list(
    ground: Workspace,
    request: Request,
    asked: dict[str, str],
    before: int | None,
    typed: dict[str, str] | None = None,
    wrong: str | None = None,
) -> HTMLResponse:
    ground.place()
    speech = language.of(request)
    chosen = {name: value for name, value in asked.items() if value}
    with ground.read() as connection:
        found = reports.deliveries(connection, LISTED + 1, before=before, **chosen)
        words = form_words(connection, speech)
    anything = ("", speech.say("layers.all"))
    return page(
        request,
        "intake.html",
        status=422 if wrong else 200,
        deliveries=found[:LISTED],
        older=found[LISTED - 1]["id"] if len(found) > LISTED else None,
        before=before,
        asked=chosen,
        filtered=bool(chosen),
        said=typed or {},
        wrong=wrong,
        state_options=[anything, *((each, speech.say(f"intake.state.{each}")) for each in intake.STATES)],
        supplier_options=[anything, *((each, each) for each in words["supplier_names"])],
        words={"lost": speech.say("site.lost"), "no_file": speech.say("site.file_needed")},
        person=person(speech),
        **marks(),
        **words,
    )
