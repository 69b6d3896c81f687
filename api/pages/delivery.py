"""One delivery: what came of it, what it asks, and the report of each of its layers with the faults on the map."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api import intake, language, legend
from api.asking import asked_of
from api.auth import ImportRead, ImportWrite
from api.ground import Workspace
from api.intake import Words
from api.language import Speech
from api.numbers import BEIJING
from api.pages.delivery_form import form_words, marks, over, person
from api.pages.drawing import drawn, map_words
from api.pages.frame import page
from api.payload import LARGEST, Form
from db.actor import Actor
from layers.days import day
from layers.model import may_see
from layers.refusal import Refused
from workflows import people
from workflows.base_map import service as base_map
from workflows.base_map.intake import again
from workflows.base_map.reports import service as reports

router = APIRouter(include_in_schema=False)

ONE_PAGE = 50
MOST_DRAWN = 5000  # places on the map; more would be a red patch
SAMPLE_FIELDS, SAMPLE_LENGTH = 12, 80
BACKDROP = ("subdistrict", "road_centreline")
DUE_DAYS = 10  # calendar days that a task gives unless another date is written
Given = Mapping[str, Any]


@router.get("/intake/{id}")
def one(
    actor: ImportRead,
    ground: Workspace,
    request: Request,
    id: str,
    layer: Annotated[int | None, Query(ge=1, le=LARGEST)] = None,
    code: Annotated[str, Query(max_length=60)] = "",
    after: Annotated[int, Query(ge=0, le=LARGEST)] = 0,
) -> HTMLResponse:
    return shown(actor, ground, request, intake.delivery_id(id), layer=layer, code=code, after=after)


@router.post("/intake/{id}/layers/{layer}/tasks")
def open_task(
    actor: ImportWrite, ground: Workspace, request: Request, id: str, layer: str, form: Form
) -> Response:
    """A task back to whoever delivered the layer."""
    number = intake.delivery_id(id)
    part = intake.part_id(layer, number)
    try:
        with ground.write(actor) as connection:
            intake.part_of(connection, people.sees(actor), number, part)
            reports.open_task(connection, actor, part, form.get("words", ""), day(form.get("due", "")))
    except Refused as no:
        if no.code in ("import_unknown", "intake_layer_unknown"):
            raise
        sentence = language.of(request).reason(no.code, no.params)
        return shown(
            actor, ground, request, number, layer=part, status=422, task_wrong=sentence, task_said=form
        )
    return RedirectResponse(f"/intake/{number}?layer={part}#task", 303)


def shown(
    actor: Actor,
    ground: Workspace,
    request: Request,
    number: int,
    *,
    layer: int | None = None,
    code: str = "",
    after: int = 0,
    typed: Given | None = None,
    wrong: str | None = None,
    task_wrong: str | None = None,
    task_said: Given | None = None,
    status: int = 200,
) -> HTMLResponse:
    """The page; with what was typed and why it was refused, where it was."""
    ground.place()
    sees, speech = people.sees(actor), language.of(request)
    with ground.read() as connection:
        told = reports.of_delivery(connection, number, sees, actor.id)
        delivery, layers = told["delivery"], [intake.complete(each) for each in told["layers"]]
        words = Words(speech, {each["code"]: each for each in base_map.layers(connection)})
        chosen = _chosen(layers, layer, number)
        rows = (
            reports.faults(connection, chosen["id"], code or None, ONE_PAGE + 1, after, sees)
            if chosen
            else []
        )
        house = _house(connection, actor, chosen, speech) if chosen and _seen(chosen) else None
        tasks = [each for each in reports.tasks(connection) if chosen and each["layer_id"] == chosen["id"]]
        kept = again.said(connection, number)
        said = {**kept, **(typed or {"purpose": "check" if kept.get("only_check") else "publish"})}
        questions = asked_of(delivery, speech, said) if delivery["state"] != "published" else []
        offered, can_be_again = form_words(connection, speech), again.can_be(connection, actor, number, sees)
    asked = {each.path for each in questions} if can_be_again else set()
    return page(
        request,
        "delivery.html",
        status=422 if wrong else status,
        delivery=delivery,
        layers=layers,
        over=over(delivery),
        words=words,
        questions=questions if can_be_again else [],
        refused=[each for each in intake.refused_sources(delivery) if each["path"] not in asked],
        can_be_again=can_be_again,
        said=said,
        wrong=wrong,
        chosen=chosen,
        asked_code=code,
        rows=rows[:ONE_PAGE],
        after=after,
        later=rows[ONE_PAGE - 1]["n"] if len(rows) > ONE_PAGE else None,
        house=house,
        tasks=tasks,
        task_wrong=task_wrong,
        task_said=task_said or _prefilled(chosen, words),
        tally_of=intake.by_severity,
        samples_of=_samples,
        seen_types=_seen_types,
        person=person(speech),
        **marks(),
        **offered,
    )


def _chosen(layers: list[dict[str, Any]], asked: int | None, delivery: int) -> Given | None:
    """The layer that was asked for, else the one with the gravest fault, else the first."""
    if asked is not None:
        found = next((each for each in layers if each["id"] == asked), None)
        if found is None:
            raise Refused("intake_layer_unknown", layer=asked, delivery=delivery)
        return found
    worst = intake.gravest(layers)
    return worst[1] if worst else layers[0] if layers else None


def _seen(report: Given) -> bool:
    """Whether there is anything to draw: faults, of a layer whose shapes the reader may see."""
    return (
        not report.get("withheld")
        and any(each["count"] for each in report["faults"])
        and report["kind"] != "raster"
    )


def _house(connection: Connection, actor: Actor, report: Given, speech: Speech) -> dict[str, Any]:
    """What the map needs: the district, a few layers to find one's way by, the layer itself where it was published."""
    workspace = base_map.workspace(connection)
    book = legend.read(connection)
    sees = people.sees(actor)
    wanted = {*BACKDROP, report["layer"]}
    layers = {
        each["code"]: {
            "edition": report["edition"] if each["code"] == report["layer"] else each["edition"],
            "kind": each["kind"],
            "name": speech.name(each),
            "tiles": "features",
            "style": drawn(each, book.style(each), book.palette(each)),
        }
        for each in base_map.layers(connection)
        if each["code"] in wanted and each["kind"] != "raster" and may_see(sees, each["grade"])
    }
    return {
        "extent": report["extent_degrees"] or workspace["extent"] or [73.5, 18.0, 135.0, 53.5],
        "outline": workspace["outline"],
        "layers": {code: told for code, told in layers.items() if told["edition"] is not None},
        "most": MOST_DRAWN,
        "words": {
            **map_words(speech),
            "fault": {each["code"]: Words(speech, {}).fault(each["code"]) for each in report["faults"]},
            "row": speech.say("intake.row"),
            "cut": speech.say("intake.map_cut", n=MOST_DRAWN),
            "lost": speech.say("site.lost"),
            "no_place": speech.say("intake.no_place"),
        },
    }


def _prefilled(report: Given | None, words: Words) -> dict[str, str]:
    """The task as it would be written: what is wrong with the layer, line by line, and a date."""
    if report is None:
        return {"words": "", "due": ""}
    say = words.speech.say
    lines = [
        say(
            "intake.task.line",
            severity=words.severity(each["severity"]),
            fault=words.fault(each["code"]),
            count=words.figures.count(each["count"]),
        )
        for each in report["faults"]
        if each["count"]
    ]
    told = say("intake.task.prefilled", layer=words.layer(report["layer"]), file=report["source"])
    due = datetime.now(BEIJING).date() + timedelta(days=DUE_DAYS)
    return {"words": "\n".join([told, *lines, say("intake.task.please")]), "due": due.isoformat()}


def _samples(report: Given) -> dict[str, Any] | None:
    rows = [row for row in report.get("samples") or [] if row]
    names = list(dict.fromkeys(name for row in rows for name in row))
    if not names:
        return None
    cells = [[_cell(row.get(name)) for name in names[:SAMPLE_FIELDS]] for row in rows]
    return {
        "names": names[:SAMPLE_FIELDS],
        "rows": cells,
        "more": len(names) - SAMPLE_FIELDS if len(names) > SAMPLE_FIELDS else 0,
    }


def _cell(value: Any) -> str:
    if value is None or value == "":
        return "—"
    told = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return told if len(told) <= SAMPLE_LENGTH else told[: SAMPLE_LENGTH - 1] + "…"


def _seen_types(field: Given) -> str:
    """How many values are of which kind, the most frequent first."""
    told = sorted(field["seen_types"].items(), key=lambda each: -each[1])
    return ", ".join(f"{kind} × {count}" for kind, count in told)
