"""Whether the service can do its work, for whoever watches over it, and the description of the whole interface."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import exc

from api.auth import HealthRead
from api.ground import Workspace
from db.errors import GroundError
from workflows.base_map import service as base_map

router = APIRouter(tags=["health"])


@router.get("/health")
def health(actor: HealthRead, ground: Workspace) -> dict[str, Any]:
    """200 with the workspace's name, or the problem that stands in the way (503)."""
    try:
        with ground.read() as connection:
            told = base_map.workspace(connection)
    except exc.ProgrammingError as error:  # a database without our tables
        raise GroundError("database_gone") from error
    return {"status": "ok", "workspace": told["name"]}


@router.get("/api/openapi.json", include_in_schema=False)
def openapi(actor: HealthRead, request: Request) -> dict[str, Any]:
    description: dict[str, Any] = request.app.openapi()
    return description
