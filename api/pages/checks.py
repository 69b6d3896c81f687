"""The checks that were made, newest first: all, those that used an edition, or those that used one that was withdrawn since."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection
from starlette.responses import HTMLResponse

from api import language
from api.auth import CheckRead
from api.findings import VERDICT_MARKS
from api.ground import Workspace
from api.legend import worded
from api.pages.frame import page
from api.payload import LARGEST
from layers.refusal import Refused
from workflows import people
from workflows.base_map import store as base_map_store
from workflows.site_check import service as site_check

router = APIRouter(include_in_schema=False)

ONE_PAGE = 50


@router.get("/checks")
def checks(
    actor: CheckRead,
    ground: Workspace,
    request: Request,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    edition: Annotated[int | None, Query(ge=1, le=LARGEST)] = None,
    withdrawn: bool = False,
) -> HTMLResponse:
    ground.place()
    with ground.read() as connection:
        found = site_check.latest(
            connection, ONE_PAGE + 1, offset, people.sees(actor), edition=edition, withdrawn=withdrawn
        )
        asked = _edition(connection, edition)
        uses = site_check.uses(connection)
    older = offset + ONE_PAGE if len(found) > ONE_PAGE else None
    speech = language.of(request)
    return page(
        request,
        "checks.html",
        checks=found[:ONE_PAGE],
        older=older,
        offset=offset,
        asked=asked,
        withdrawn=withdrawn,
        filtered={"edition": edition} if edition else {"withdrawn": 1} if withdrawn else {},
        verdict_marks=VERDICT_MARKS,
        use_name=lambda code: (
            worded(asdict(uses.classes[code]), speech) if uses and code in uses.classes else code
        ),
    )


def _edition(connection: Connection, edition: int | None) -> dict[str, Any] | None:
    """Layer and number of the edition that is asked about; Refused ``edition_unknown``."""
    if edition is None:
        return None
    found = base_map_store.editions_by_id(connection, [edition])
    if not found:
        raise Refused("edition_unknown", edition=edition)
    return found[0]
