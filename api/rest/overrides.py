"""Overrides for programs: what persons said beside the findings of a check, and one more said."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from api import overrides
from api.auth import CheckOverride, CheckRead, For, seen
from api.ground import Workspace
from api.payload import JsonBody, Key, check_id
from db import idempotency

router = APIRouter(prefix="/api/checks/{id}/overrides", tags=["checks"])

BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": list(overrides.FIELDS),
                    "properties": {
                        "rule": {"type": "string", "description": "a rule that has a finding in this check"},
                        "says": {"type": "string", "enum": list(overrides.SAYS)},
                        "reason": {"type": "string"},
                        "person": {"type": "string", "description": "who says so, by name"},
                    },
                    "additionalProperties": False,
                }
            }
        },
    }
}


@router.get("")
def of(actor: CheckRead, ground: Workspace, id: str, lowered: For = None) -> list[dict[str, Any]]:
    """In the order in which they were said. They stand beside the findings and change none."""
    with ground.read() as connection:
        return overrides.of(connection, check_id(id), seen(actor, lowered))


@router.post("", status_code=201, openapi_extra=BODY)
def add(actor: CheckOverride, ground: Workspace, id: str, body: JsonBody, key: Key = None) -> Response:
    """Say something beside a finding, with a reason and a name. It cannot be taken back; another may be said after it."""
    digest = hashlib.sha256(f"override {id} ".encode() + body.raw).hexdigest()
    with ground.write(actor) as connection:

        def make() -> tuple[int, str]:
            told = overrides.add(connection, actor, check_id(id), body.value, seen(actor, None))
            return 201, json.dumps(told, ensure_ascii=False)

        status, text = make() if key is None else idempotency.once(connection, actor, key, digest, make)
    where = {"location": f"/api/checks/{id}/overrides"}
    return Response(text, status, where, media_type="application/json")
