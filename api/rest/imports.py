"""Bringing data in through the web: a delivery is stored, a job reads it, its progress can be followed."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from api.auth import ImportRead, ImportWrite
from api.ground import Workspace
from api.payload import LARGEST, UploadedFile
from api.rest.checks import FILE_BODY
from layers.refusal import Refused
from workflows.base_map import service as base_map

router = APIRouter(prefix="/api/imports", tags=["imports"])


@router.post("", status_code=202, openapi_extra=FILE_BODY)
def submit(actor: ImportWrite, ground: Workspace, upload: UploadedFile) -> Response:
    """Hand a file over; what becomes of it is told at the address in Location."""
    with ground.write(actor) as connection:
        id = base_map.submit_import(
            connection,
            actor,
            upload.path,
            name=upload.name,
            source_crs=upload.fields.get("source_crs") or None,
        )
    return JSONResponse({"id": id}, 202, {"location": f"/api/imports/{id}"})


@router.get("/{id}")
def progress(actor: ImportRead, ground: Workspace, id: str) -> dict[str, Any]:
    if not id.isascii() or not id.isdigit() or len(id) > 19 or int(id) > LARGEST:
        raise Refused("import_unknown", id=id)
    with ground.read() as connection:
        return base_map.import_progress(connection, int(id))
