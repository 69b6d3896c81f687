"""The checks that were made, newest first."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse

from api.auth import CheckRead
from api.ground import Workspace
from api.pages.frame import page
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
        found = site_check.latest(connection, ONE_PAGE + 1, offset)
    older = offset + ONE_PAGE if len(found) > ONE_PAGE else None
    return page(request, "checks.html", checks=found[:ONE_PAGE], older=older, offset=offset)
