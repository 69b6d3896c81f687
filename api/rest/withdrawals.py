"""Withdrawing editions for programs: one, all after one, or all of a delivery; and before that, what would come of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from api import withdrawals
from api.auth import EditionWrite, LayerRead
from api.ground import Ground, Workspace
from api.payload import Body, JsonBody, Key
from db import idempotency
from db.actor import Actor
from workflows.base_map import withdrawing

router = APIRouter(prefix="/api", tags=["layers"])

_BUILT = {
    "type": "boolean",
    "description": "whether editions that were made from it go with it; must be said where there are any",
}
_EMPTY = {
    "type": "boolean",
    "description": "confirms that a layer is left without an edition in force and answers no data",
}
_REASON = {"type": "string", "description": "kept, and shown with every check that used it"}
_EXPECTED = {
    "type": "integer",
    "minimum": 0,
    "description": "the number of the edition that is to stand then, as it was told before (0: none); another one is 409",
}


def _body(**properties: Any) -> dict[str, Any]:
    schema = {
        "type": "object",
        "required": ["reason"],
        "properties": {"reason": _REASON, "with_built": _BUILT, **properties},
        "additionalProperties": False,
    }
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


@router.get("/layers/{code}/editions/{seq}/withdrawal")
def foreseen(actor: LayerRead, ground: Workspace, code: str, seq: str) -> dict[str, Any]:
    """What would stand, how many checks used it, what was made from it. Nothing is done."""
    with ground.read() as connection:
        return withdrawing.foreseen(connection, [withdrawals.numbered(connection, code, seq)])


@router.post(
    "/layers/{code}/editions/{seq}/withdrawal",
    status_code=201,
    openapi_extra=_body(expected_seq=_EXPECTED, leave_empty=_EMPTY),
)
def withdraw(
    actor: EditionWrite, ground: Workspace, code: str, seq: str, body: JsonBody, key: Key = None
) -> Response:
    """Withdraw one edition, for good; the one before stands again."""
    return _done(ground, actor, key, f"withdraw {code} {seq}", body, withdrawals.edition, code, seq)


@router.post("/layers/{code}/editions/{seq}/rollback", status_code=201, openapi_extra=_body())
def rollback(
    actor: EditionWrite, ground: Workspace, code: str, seq: str, body: JsonBody, key: Key = None
) -> Response:
    """Let this edition stand again: whatever came after it is withdrawn in one step."""
    return _done(ground, actor, key, f"rollback {code} {seq}", body, withdrawals.rollback, code, seq)


@router.post("/imports/{id}/withdrawal", status_code=201, openapi_extra=_body(leave_empty=_EMPTY))
def withdraw_delivery(
    actor: EditionWrite, ground: Workspace, id: str, body: JsonBody, key: Key = None
) -> Response:
    """Withdraw all that a delivery published, in one step."""
    return _done(ground, actor, key, f"withdraw delivery {id}", body, withdrawals.delivery, id)


def _done(
    ground: Ground,
    actor: Actor,
    key: str | None,
    what: str,
    body: Body,
    act: Callable[..., dict[str, Any]],
    *meant: str,
) -> Response:
    digest = hashlib.sha256(f"{what} ".encode() + body.raw).hexdigest()
    with ground.write(actor) as connection:

        def make() -> tuple[int, str]:
            return 201, json.dumps(act(connection, actor, *meant, body.value), ensure_ascii=False)

        status, text = make() if key is None else idempotency.once(connection, actor, key, digest, make)
    return Response(text, status, media_type="application/json")
