"""Batches for programs: a file of many sites comes in, its progress can be followed, its rows looked through and taken away as a table or a map.

Every row leaves as its reader may see it.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection
from starlette.responses import Response

from api import batches, language
from api.auth import CheckRead, CheckWrite, For, seen
from api.ground import Workspace
from api.payload import Key, Upload, UploadedFile, number
from api.rest.asked import FIGURES, WIDEST_M, moment
from db import idempotency
from db.actor import Actor
from layers.days import day
from layers.model import Grade
from layers.refusal import Refused
from workflows.site_check.batches import service as batch
from workflows.site_check.judging.verdict import Verdict

router = APIRouter(prefix="/api/batches", tags=["batches"])

FIELDS: dict[str, Any] = {
    "file": {"type": "string", "format": "binary", "description": f"at most {batch.MOST} sites, one a row"},
    "source_crs": {"type": "string", "description": "for files that state none"},
    "width_m": {"type": "number", "description": "for lines and points without a width of their own"},
    **{
        name: {"type": "string", "description": f"for rows that do not say it themselves: {said}"}
        for name, said in FIGURES.items()
    },
    "valid_on": {
        "type": "string",
        "format": "date",
        "description": "whose plans and rules hold; default: today",
    },
    "known_at": {
        "type": "string",
        "format": "date-time",
        "description": "only what was known then; default: now",
    },
}
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": {"type": "object", "required": ["file"], "properties": FIELDS}}
        },
    }
}
MEDIA = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "gpkg": "application/geopackage+sqlite3",
}
Offset = Annotated[int, Query(ge=0, le=10_000_000)]


@router.post("", status_code=202, openapi_extra=BODY)
def submit(actor: CheckWrite, ground: Workspace, upload: UploadedFile, key: Key = None) -> Response:
    """Hand a file of sites over; what becomes of it is told at the address in Location."""
    asked = json.dumps([upload.sha256, upload.name, sorted(upload.fields.items())])
    with ground.write(actor) as connection:

        def make() -> tuple[int, str]:
            return 202, json.dumps({"id": _submitted(connection, actor, upload)})

        digest = hashlib.sha256(asked.encode()).hexdigest()
        status, body = make() if key is None else idempotency.once(connection, actor, key, digest, make)
    where = {"location": f"/api/batches/{json.loads(body)['id']}"}
    return Response(body, status, where, media_type="application/json")


def _submitted(connection: Connection, actor: Actor, upload: Upload) -> str:
    """Number of the batch that a form hands over; refused field by field before anything is kept."""
    fields = {name: text for name, text in upload.fields.items() if text.strip()}
    if unknown := sorted(set(upload.fields) - FIELDS.keys()):
        raise Refused("field_unknown", field=unknown[0][:80])
    valid_on = fields.get("valid_on")
    return batch.submit(
        connection,
        actor,
        upload.path,
        name=upload.name,
        proposal={name: fields[name] for name in FIGURES if name in fields},
        width_m=number(fields.get("width_m"), "width_m", most=WIDEST_M),
        source_crs=fields.get("source_crs"),
        valid_on=day(valid_on) if valid_on else None,
        known_at=moment(fields.get("known_at")),
    )


@router.get("")
def latest(
    actor: CheckRead,
    ground: Workspace,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    offset: Offset = 0,
) -> list[dict[str, Any]]:
    """The newest batches first."""
    with ground.read() as connection:
        return batch.latest(connection, limit, offset)


@router.get("/{id}")
def progress(actor: CheckRead, ground: Workspace, id: str, lowered: For = None) -> dict[str, Any]:
    """Where it stands: rows by state, and those that are answered by verdict."""
    with ground.read() as connection:
        return batch.progress(connection, batches.batch_id(id), seen(actor, lowered))


@router.post("/{id}/continue", status_code=202)
def resume(actor: CheckWrite, ground: Workspace, id: str) -> dict[str, str]:
    """A batch whose process died goes on where it was."""
    with ground.write(actor) as connection:
        batch.resume(connection, actor, batches.batch_id(id))
    return {"id": id}


@router.get("/{id}/sites")
def sites(
    actor: CheckRead,
    ground: Workspace,
    id: str,
    lowered: For = None,
    verdict: Verdict | None = None,
    state: Literal["waiting", "answered", "refused"] | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Offset = 0,
) -> list[dict[str, Any]]:
    """Rows in the order of the file: what holds and what cannot be said, counts, areas."""
    with ground.read() as connection:
        found = batch.lookup(connection, batches.batch_id(id), seen(actor, lowered))
        rows = found.rows(connection, verdict=verdict, state=state, limit=limit, offset=offset)
        return [batches.told(row) for row in rows]


@router.post("/{id}/sites/{place}/check", status_code=201)
def full_check(actor: CheckWrite, ground: Workspace, id: str, place: str) -> Response:
    """The full check of one row, for the batch's own moment; made once, and found again after that."""
    with ground.write(actor) as connection:
        made = batch.full_check(connection, actor, batches.batch_id(id), batches.row_number(id, place))
    where = {"location": f"/api/checks/{made}"}
    return Response(json.dumps({"id": made}), 201, where, media_type="application/json")


@router.get("/{id}/table.xlsx")
def workbook(actor: CheckRead, ground: Workspace, request: Request, id: str, lowered: For = None) -> Response:
    """All rows as a workbook, with the rules that hold row by row."""
    return _file(ground, request, id, "xlsx", seen(actor, lowered))


@router.get("/{id}/table.csv")
def table(actor: CheckRead, ground: Workspace, request: Request, id: str, lowered: For = None) -> Response:
    """All rows as comma-separated text."""
    return _file(ground, request, id, "csv", seen(actor, lowered))


@router.get("/{id}/sites.gpkg")
def package(actor: CheckRead, ground: Workspace, request: Request, id: str, lowered: For = None) -> Response:
    """All sites with their verdict, in the project's coordinate system."""
    return _file(ground, request, id, "gpkg", seen(actor, lowered))


def _file(
    ground: Workspace, request: Request, id: str, kind: Literal["xlsx", "csv", "gpkg"], sees: Grade
) -> Response:
    from api.documents import batch_sheet

    with ground.read() as connection:
        made = batch_sheet.write(kind, connection, batches.batch_id(id), language.of(request), sees)
    name = {"content-disposition": f'attachment; filename="hetu-{id}.{kind}"'}
    return Response(made, headers=name, media_type=MEDIA[kind])
