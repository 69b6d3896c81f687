"""Alternatives for programs: stored checks side by side, as their reader may see them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.auth import CheckRead, For, seen
from api.ground import Workspace
from api.payload import check_id
from workflows.site_check import alternatives
from workflows.site_check import service as site_check

router = APIRouter(prefix="/api/alternatives", tags=["checks"])

Listed = Annotated[
    str, Query(max_length=1000, description="numbers of two to six checks, separated by commas")
]


def listed(checks: str) -> list[str]:
    return [check_id(each.strip()) for each in checks.split(",") if each.strip()]


@router.get("")
def beside(actor: CheckRead, ground: Workspace, checks: Listed, lowered: For = None) -> dict[str, Any]:
    """What each check says of every rule that holds or is open in any of them, and what makes them hard to compare."""
    ids = alternatives.few(listed(checks))
    with ground.read() as connection:
        answers = [site_check.reissue(connection, id, seen(actor, lowered)) for id in ids]
    return alternatives.beside(answers)
