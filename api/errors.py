"""What a refusal is in HTTP: one table from code to status, a problem (RFC 9457) for programs, a page for people.

A code that stands in no row is 422 when a refusal and 503 when the ground gave way; nothing foreseen is ever 500.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy import exc
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from api import language
from api.pages import frame
from db.cluster import place
from db.errors import GroundError
from db.session import DISK_FULL
from db.settings import home
from gis.quarantine import is_full
from layers.refusal import Refused

STATUS: Mapping[str, int] = {
    "form_unreadable": 400,
    "json_syntax": 400,
    "json_encoding": 400,
    "text_invalid": 400,
    "host_foreign": 403,
    "origin_foreign": 403,
    "not_permitted": 403,
    "override_withheld": 403,
    "page_unknown": 404,
    "check_unknown": 404,
    "layer_unknown": 404,
    "rule_unknown": 404,
    "edition_unknown": 404,
    "import_unknown": 404,
    "intake_layer_unknown": 404,
    "delivery_under_way": 409,
    "checked_published": 409,
    "original_missing": 404,
    "batch_unknown": 404,
    "batch_row_unknown": 404,
    "follow_up_in_work": 409,
    "task_closed": 409,
    "task_unknown": 404,
    "local_system_unknown": 404,
    "tile_out_of_range": 404,
    "method_unknown": 405,
    "idempotency_key_reused": 409,
    "edition_overtaken": 409,
    "edition_withdrawn": 409,
    "edition_built_upon": 409,
    "delivery_withdrawn": 409,
    "withdrawal_leaves_nothing": 409,
    "standing_moved": 409,
    "rollback_stands": 409,
    "delta_base_moved": 409,
    "batch_in_work": 409,
    "local_system_stands": 409,
    "batch_over": 409,
    "batch_row_unanswered": 409,
    "body_too_large": 413,
    "idempotency_key": 422,
    "workspace_name": 422,
    "workspace_unknown": 404,
    "json_expected": 415,
    "file_expected": 415,
    "unexpected": 500,
    "template_unreadable": 503,
    "pdf_unavailable": 503,
    "database_gone": 503,
    "database_busy": 503,
    "database_slow": 503,
    "raster_unwritten": 503,
    "disk_full": 507,
    "no_space": 507,
}
OF_HTTP = {404: "page_unknown", 405: "method_unknown", 413: "body_too_large"}


def known(error: Exception) -> tuple[int, str, dict[str, Any]]:
    """Status, code and parameters of anything that went wrong."""
    if isinstance(error, (Refused, GroundError)):
        return (
            STATUS.get(error.code, 422 if isinstance(error, Refused) else 503),
            error.code,
            dict(error.params),
        )
    if isinstance(error, RequestValidationError):
        fields = [
            ".".join(str(part) for part in each["loc"][1:]) or str(each["loc"][0]) for each in error.errors()
        ]
        return 422, "request_invalid", {"fields": fields}
    if isinstance(error, HTTPException):
        code = OF_HTTP.get(error.status_code, "request_invalid")
        return error.status_code, code, {"fields": []} if code == "request_invalid" else {}
    if isinstance(error, exc.TimeoutError):
        return 503, "database_busy", {}
    if isinstance(error, OSError) and is_full(error):
        return 507, "disk_full", {"folder": str(error.filename or home())}
    if isinstance(error, exc.DBAPIError):
        state = getattr(error.orig, "pgcode", None)
        if state == DISK_FULL:
            return 507, "disk_full", {"folder": place()}
        if state == "57014":
            return 503, "database_slow", {}
        if state in {"40001", "40P01", "55P03"}:
            return 503, "database_busy", {}
        if isinstance(error, (exc.OperationalError, exc.InterfaceError)) or error.connection_invalidated:
            return 503, "database_gone", {}
    return 500, "unexpected", {}


def answer(request: Request, error: Exception, incident: str | None = None) -> Response:
    status, code, params = known(error)
    speech = language.of(request)
    if status == 500:
        params = {"incident": incident or "—"}
    headers = dict(getattr(error, "headers", None) or {})
    headers["cache-control"] = "no-store"
    if status == 503:
        headers["retry-after"] = "5"
    detail = speech.reason(code, params)
    title = speech.say(
        f"problem.{status}" if speech.has(f"problem.{status}") else f"problem.{status // 100}xx"
    )
    if wants_problem(request):
        body = {
            "type": f"urn:hetu:problem:{code}",
            "title": title,
            "status": status,
            "detail": detail,
            "code": code,
            "params": json.loads(json.dumps(params, default=str)),
        }
        return JSONResponse(
            _writable(body),
            status,
            headers | {"content-language": speech.language},
            "application/problem+json",
        )
    return frame.page(
        request,
        "problem.html",
        status=status,
        headers=headers,
        title=title,
        detail=detail,
        code=code,
        number=status,
    )


def wants_problem(request: Request) -> bool:
    path = request.url.path
    return path.startswith("/api/") or path == "/health"


def _writable(value: Any) -> Any:
    """JSON that always leaves: no NaN, no half characters, whatever a refusal was about."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()[:2000]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return str(value)
    if isinstance(value, dict):
        return {str(key): _writable(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_writable(inner) for inner in value[:100]]
    return value


def install(app: FastAPI) -> None:
    for kind in (
        Refused,
        GroundError,
        RequestValidationError,
        HTTPException,
        exc.TimeoutError,
        exc.DBAPIError,
        OSError,
    ):
        app.add_exception_handler(kind, _foreseen)


def _foreseen(request: Request, error: Exception) -> Response:
    if known(error)[0] == 500:
        raise error  # the wall logs it with an id
    return answer(request, error)
