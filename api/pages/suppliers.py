"""Who delivers, how well and how it went over time; and the tasks that went back to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api import intake, language
from api.auth import ImportRead, ImportWrite
from api.ground import Workspace
from api.intake import Words
from api.pages.delivery_form import marks, person
from api.pages.frame import page
from api.payload import Form
from layers.refusal import Refused
from workflows.base_map import service as base_map
from workflows.base_map.reports import service as reports

router = APIRouter(include_in_schema=False)

STATES = ("open", "answered", "closed")
WIDE, HIGH, EDGE = 320, 72, 6  # of a chart, in its own units
Given = Mapping[str, Any]


@router.get("/intake/suppliers")
def suppliers(actor: ImportRead, ground: Workspace, request: Request) -> HTMLResponse:
    ground.place()
    with ground.read() as connection:
        found = reports.suppliers(connection)
    return page(request, "suppliers.html", suppliers=found, chart=chart, **marks())


@router.get("/intake/tasks")
def tasks(
    actor: ImportRead,
    ground: Workspace,
    request: Request,
    state: Literal["", "open", "answered", "closed"] = "",
    supplier: Annotated[str, Query(max_length=120)] = "",
) -> HTMLResponse:
    return _tasks(ground, request, state, supplier)


@router.post("/intake/tasks/{task}/answer")
def answer(actor: ImportWrite, ground: Workspace, request: Request, task: str, form: Form) -> Response:
    number, words = intake.task_id(task), form.get("words", "")
    try:
        with ground.write(actor) as connection:
            reports.answer_task(connection, actor, number, words)
    except Refused as no:
        if no.code == "task_unknown":
            raise
        sentence = language.of(request).reason(no.code, no.params)
        return _tasks(ground, request, "", "", wrong={"id": number, "sentence": sentence, "words": words})
    return RedirectResponse(f"/intake/tasks#task-{number}", 303)


@router.post("/intake/tasks/{task}/closing")
def close(actor: ImportWrite, ground: Workspace, task: str) -> Response:
    number = intake.task_id(task)
    with ground.write(actor) as connection:
        reports.close_task(connection, actor, number)
    return RedirectResponse(f"/intake/tasks#task-{number}", 303)


def _tasks(
    ground: Workspace, request: Request, state: str, supplier: str, wrong: Given | None = None
) -> HTMLResponse:
    ground.place()
    speech = language.of(request)
    with ground.read() as connection:
        found = reports.tasks(connection, state or None, supplier or None)
        words = Words(speech, {each["code"]: each for each in base_map.layers(connection)})
        known = [each["supplier"] for each in reports.suppliers(connection) if each["supplier"]]
    anything = ("", speech.say("layers.all"))
    return page(
        request,
        "tasks.html",
        status=422 if wrong else 200,
        tasks=found,
        words=words,
        asked={"state": state, "supplier": supplier},
        filtered=bool(state or supplier),
        state_options=[anything, *((each, speech.say(f"intake.task.state.{each}")) for each in STATES)],
        supplier_options=[anything, *((each, each) for each in known)],
        wrong=wrong,
        person=person(speech),
        **marks(),
    )


def chart(scores: Sequence[Given]) -> dict[str, Any]:
    """A line from the first delivery to the last, 0 at the foot and 100 at the head; a single one stands alone."""
    inner, step = WIDE - 2 * EDGE, (WIDE - 2 * EDGE) / max(len(scores) - 1, 1)
    points = [
        {
            "x": round(EDGE + at * step if len(scores) > 1 else EDGE + inner / 2, 1),
            "y": round(EDGE + (HIGH - 2 * EDGE) * (1 - each["score"] / 100), 1),
            "score": each["score"],
            "delivery": each["delivery"],
        }
        for at, each in enumerate(scores)
    ]
    line = " ".join(f"{each['x']},{each['y']}" for each in points)
    return {"wide": WIDE, "high": HIGH, "edge": EDGE, "points": points, "line": line}
