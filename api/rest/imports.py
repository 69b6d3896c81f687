"""Bringing data in through the web: a delivery is stored, a job reads it, its progress can be followed; one that was only checked, or that asked
something, is handed over again from its original. What was found in it is told by ``api.rest.reports``.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from api.auth import ImportRead, ImportWrite
from api.ground import Workspace
from api.intake import delivery_id
from api.payload import Key, MaybeJson, UploadedFile
from api.said import FIELDS, SAYS, meant, submitted
from db import idempotency
from layers.refusal import Refused
from workflows import people
from workflows.base_map import service as base_map
from workflows.base_map.intake import again

router = APIRouter(prefix="/api/imports", tags=["imports"])

BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": {"type": "object", "required": ["file"], "properties": FIELDS}}
        },
    }
}


AGAIN = {
    "requestBody": {
        "required": False,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "description": "what stands instead of what was said before; answers by path are added to those given before",
                    "properties": {
                        **SAYS,
                        "answers": {"type": "object", "additionalProperties": {"type": "string"}},
                    },
                    "additionalProperties": False,
                }
            }
        },
    }
}


@router.post("", status_code=202, openapi_extra=BODY)
def submit(actor: ImportWrite, ground: Workspace, upload: UploadedFile, key: Key = None) -> Response:
    """Hand a file over; what becomes of it is told at the address in Location."""
    asked = json.dumps([upload.sha256, upload.name, sorted(upload.fields.items())])
    digest = hashlib.sha256(asked.encode()).hexdigest()
    with ground.write(actor) as connection:

        def make() -> tuple[int, str]:
            return 202, json.dumps({"id": submitted(connection, actor, upload)})

        status, body = make() if key is None else idempotency.once(connection, actor, key, digest, make)
    return _accepted(status, body)


@router.post("/{id}/publication", status_code=202, openapi_extra=AGAIN)
def publish(actor: ImportWrite, ground: Workspace, id: str, body: MaybeJson, key: Key = None) -> Response:
    """The kept original once more, with nothing uploaded: to be published after a check, or with answers to what it asked. A delivery of its own."""
    number = delivery_id(id)
    if unknown := sorted(body.value.keys() - SAYS.keys()):
        raise Refused("field_unknown", field=unknown[0][:80])
    words = meant({"purpose": "publish", **body.value})
    digest = hashlib.sha256(f"publication {number} ".encode() + body.raw).hexdigest()
    with ground.write(actor) as connection:

        def make() -> tuple[int, str]:
            made = again.hand_over(connection, actor, number, words, people.sees(actor))
            return 202, json.dumps({"id": made})

        status, told = make() if key is None else idempotency.once(connection, actor, key, digest, make)
    return _accepted(status, told)


def _accepted(status: int, body: str) -> Response:
    where = {"location": f"/api/imports/{json.loads(body)['id']}"}
    return Response(body, status, where, media_type="application/json")


@router.get("/{id}")
def progress(actor: ImportRead, ground: Workspace, id: str) -> dict[str, Any]:
    with ground.read() as connection:
        return base_map.import_progress(connection, delivery_id(id), people.sees(actor), actor.id)
