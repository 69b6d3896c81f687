"""Reports of deliveries for programs: what was found in each, where every fault lies, and the tasks that went back to whoever delivered it.

Every layer is told as far as its reader may see it; what that is, is decided where the reports are read.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, Response

from api import intake, language
from api.auth import For, ImportRead, ImportWrite, seen
from api.ground import Workspace
from api.payload import LARGEST, JsonBody
from db.actor import Actor
from layers.days import day
from layers.refusal import Refused
from workflows.base_map.reports import service as reports

router = APIRouter(tags=["imports"])

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
State = Literal["waiting", "reading", "published", "checked", "refused", "abandoned"]
TaskState = Literal["open", "answered", "closed"]
Code = Annotated[str | None, Query(max_length=60, description="faults of this code alone")]
Number = Annotated[int, Query(ge=0, le=LARGEST)]
TASK_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["words", "due"],
                    "properties": {
                        "words": {"type": "string", "description": "what is to be mended"},
                        "due": {"type": "string", "format": "date"},
                    },
                    "additionalProperties": False,
                }
            }
        },
    }
}
ANSWER_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["words"],
                    "properties": {"words": {"type": "string"}},
                    "additionalProperties": False,
                }
            }
        },
    }
}


@router.get("/api/imports")
def every(
    actor: ImportRead,
    ground: Workspace,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    before: Annotated[
        int | None, Query(ge=1, le=LARGEST, description="only numbers below it: the next page")
    ] = None,
    supplier: Annotated[str | None, Query(max_length=120)] = None,
    state: State | None = None,
) -> list[dict[str, Any]]:
    """Deliveries, the newest first."""
    with ground.read() as connection:
        return reports.deliveries(connection, limit, before=before, supplier=supplier, state=state)


def _viewer(actor: Actor, lowered: str | None) -> str:
    """Whoever asks how somebody else sees it is not the one who handed it over."""
    return actor.id if lowered is None else ""


@router.get("/api/imports/{id}/report")
def report(actor: ImportRead, ground: Workspace, id: str, lowered: For = None) -> dict[str, Any]:
    """What came of a delivery, and for each of its layers counts, systems, faults, what changed, and quality."""
    with ground.read() as connection:
        return reports.of_delivery(
            connection, intake.delivery_id(id), seen(actor, lowered), _viewer(actor, lowered)
        )


@router.get("/api/imports/{id}/report.xlsx", response_class=Response)
def workbook(
    actor: ImportRead, ground: Workspace, request: Request, id: str, lowered: For = None
) -> Response:
    """The same as sheets: summary, faults, rows set aside, what changed, first rows."""
    from api.documents import intake_sheet

    number, speech = intake.delivery_id(id), language.of(request)
    with ground.read() as connection:
        made, called = intake_sheet.write(
            connection, number, speech, seen(actor, lowered), _viewer(actor, lowered)
        )
    plain = f"hetu-intake-{number}.xlsx"
    told = {
        "content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(called, safe='')}",
        "content-language": speech.language,
        "vary": "accept-language, cookie",
    }
    return Response(made, headers=told, media_type=XLSX)


@router.get("/api/imports/{id}/layers/{layer}/faults")
def faults(
    actor: ImportRead,
    ground: Workspace,
    id: str,
    layer: str,
    code: Code = None,
    limit: Annotated[int, Query(ge=1, le=2000)] = 500,
    after: Number = 0,
    lowered: For = None,
) -> list[dict[str, Any]]:
    """Faults of one layer in the order in which they are stored; ``after``: the ``n`` of the last one of the page before."""
    number, sees = intake.delivery_id(id), seen(actor, lowered)
    with ground.read() as connection:
        part = intake.part_of(connection, sees, number, intake.part_id(layer, number))
        return reports.faults(connection, part["id"], code, limit, after, sees)


@router.get("/api/imports/{id}/layers/{layer}/faults.geojson")
def places(
    actor: ImportRead,
    ground: Workspace,
    id: str,
    layer: str,
    code: Code = None,
    limit: Annotated[int, Query(ge=1, le=20_000)] = 2000,
    lowered: For = None,
) -> Response:
    """Where they lie, in degrees."""
    number, sees = intake.delivery_id(id), seen(actor, lowered)
    with ground.read() as connection:
        part = intake.part_of(connection, sees, number, intake.part_id(layer, number))
        found = reports.faults_geojson(connection, part["id"], code, limit, sees)
    return JSONResponse(found, media_type="application/geo+json")


@router.post("/api/imports/{id}/layers/{layer}/tasks", status_code=201, openapi_extra=TASK_BODY)
def open_task(actor: ImportWrite, ground: Workspace, id: str, layer: str, body: JsonBody) -> dict[str, Any]:
    """A task back to whoever delivered the layer."""
    number, told = intake.delivery_id(id), _only(body.value, "words", "due")
    with ground.write(actor) as connection:
        part = intake.part_of(connection, seen(actor, None), number, intake.part_id(layer, number))
        return {"id": reports.open_task(connection, actor, part["id"], told["words"], day(told["due"]))}


@router.get("/api/intake/tasks", tags=["imports"])
def tasks(
    actor: ImportRead,
    ground: Workspace,
    state: TaskState | None = None,
    supplier: Annotated[str | None, Query(max_length=120)] = None,
) -> list[dict[str, Any]]:
    """What is to be mended, by whom and until when."""
    with ground.read() as connection:
        return reports.tasks(connection, state, supplier)


@router.post("/api/intake/tasks/{task}/answer", openapi_extra=ANSWER_BODY)
def answer(actor: ImportWrite, ground: Workspace, task: str, body: JsonBody) -> dict[str, Any]:
    """What the supplier says of it."""
    number = intake.task_id(task)
    with ground.write(actor) as connection:
        reports.answer_task(connection, actor, number, _only(body.value, "words")["words"])
    return {"id": number}


@router.post("/api/intake/tasks/{task}/closing")
def close(actor: ImportWrite, ground: Workspace, task: str) -> dict[str, Any]:
    """It was mended, or need not be."""
    number = intake.task_id(task)
    with ground.write(actor) as connection:
        reports.close_task(connection, actor, number)
    return {"id": number}


@router.get("/api/intake/suppliers")
def suppliers(actor: ImportRead, ground: Workspace) -> list[dict[str, Any]]:
    """Who delivered how often and how well, delivery by delivery."""
    with ground.read() as connection:
        return reports.suppliers(connection)


def _only(body: dict[str, Any], *names: str) -> dict[str, str]:
    """Fields of a body, all of them text; one that is not known or missing is refused."""
    if unknown := sorted(body.keys() - set(names)):
        raise Refused("field_unknown", field=unknown[0][:80])
    for name in names:
        if not isinstance(body.get(name, ""), str):
            raise Refused("field_text", field=name)
    return {name: body.get(name, "") for name in names}
