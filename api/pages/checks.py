"""The checks that were made, newest first."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse

from api import language
from api.auth import CheckRead
from api.findings import VERDICT_MARKS
from api.ground import Workspace
from api.legend import worded
from api.pages.frame import page
from workflows import people
from workflows.site_check import service as site_check

router = APIRouter(include_in_schema=False)

ONE_PAGE = 50


@router.get("/checks")
def checks(
    actor: CheckRead,
    ground: Workspace,
    request: Request,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> HTMLResponse:
    ground.place()
    with ground.read() as connection:
        found = site_check.latest(connection, ONE_PAGE + 1, offset, people.sees(actor))
        uses = site_check.uses(connection)
    older = offset + ONE_PAGE if len(found) > ONE_PAGE else None
    speech = language.of(request)
    return page(
        request,
        "checks.html",
        checks=found[:ONE_PAGE],
        older=older,
        offset=offset,
        verdict_marks=VERDICT_MARKS,
        use_name=lambda code: (
            worded(asdict(uses.classes[code]), speech) if uses and code in uses.classes else code
        ),
    )
