"""Bringing data in through the web: a delivery is stored, a job reads it, its progress can be followed."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from api.auth import ImportRead, ImportWrite
from api.ground import Workspace
from api.payload import LARGEST, Key, UploadedFile
from api.rest.checks import FILE_BODY
from db import idempotency
from layers.refusal import Refused
from workflows.base_map import service as base_map

router = APIRouter(prefix="/api/imports", tags=["imports"])


@router.post("", status_code=202, openapi_extra=FILE_BODY)
def submit(actor: ImportWrite, ground: Workspace, upload: UploadedFile, key: Key = None) -> Response:
    """Hand a file over; what becomes of it is told at the address in Location."""
    declared = upload.fields.get("source_crs") or None
    digest = hashlib.sha256(f"{upload.sha256} {upload.name} {declared}".encode()).hexdigest()
    with ground.write(actor) as connection:

        def make() -> tuple[int, str]:
            id = base_map.submit_import(connection, actor, upload.path, name=upload.name, source_crs=declared)
            return 202, json.dumps({"id": id})

        status, body = make() if key is None else idempotency.once(connection, actor, key, digest, make)
    where = {"location": f"/api/imports/{json.loads(body)['id']}"}
    return Response(body, status, where, media_type="application/json")


@router.get("/{id}")
def progress(actor: ImportRead, ground: Workspace, id: str) -> dict[str, Any]:
    if not id.isascii() or not id.isdigit() or len(id) > 19 or int(id) > LARGEST:
        raise Refused("import_unknown", id=id)
    with ground.read() as connection:
        return base_map.import_progress(connection, int(id))
