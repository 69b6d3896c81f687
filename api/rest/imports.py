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
from db import idempotency
from layers.refusal import Refused
from workflows.base_map import service as base_map
from workflows.base_map.model import SAID

router = APIRouter(prefix="/api/imports", tags=["imports"])

FIELDS = {
    "file": {"type": "string", "format": "binary"},
    "source_crs": {"type": "string", "description": "for files that state none"},
    "nodata": {
        "type": "string",
        "description": "for rasters that declare none: the value that means no data, or the word none",
    },
    "status": {"type": "string", "enum": list(SAID), "description": "default: as the catalogue says"},
    "valid_from": {"type": "string", "format": "date", "description": "default: the day of publication"},
}
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": {"type": "object", "required": ["file"], "properties": FIELDS}}
        },
    }
}


@router.post("", status_code=202, openapi_extra=BODY)
def submit(actor: ImportWrite, ground: Workspace, upload: UploadedFile, key: Key = None) -> Response:
    """Hand a file over; what becomes of it is told at the address in Location."""
    said = {name: upload.fields.get(name) or None for name in FIELDS if name != "file"}
    asked = " ".join(str(each) for each in (upload.sha256, upload.name, *said.values()))
    digest = hashlib.sha256(asked.encode()).hexdigest()
    with ground.write(actor) as connection:

        def make() -> tuple[int, str]:
            id = base_map.submit_import(connection, actor, upload.path, name=upload.name, **said)
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
