"""The catalogue for programs: every layer, one layer, its editions."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api.auth import LayerRead
from api.ground import Workspace
from workflows import people
from workflows.base_map import service as base_map

router = APIRouter(prefix="/api/layers", tags=["layers"])


@router.get("")
def layers(actor: LayerRead, ground: Workspace) -> list[dict[str, Any]]:
    """Every layer, with the edition in force beside it."""
    with ground.read() as connection:
        return base_map.layers(connection)


@router.get("/{code}")
def layer(actor: LayerRead, ground: Workspace, code: str) -> dict[str, Any]:
    with ground.read() as connection:
        return base_map.layer(connection, code)


@router.get("/{code}/editions")
def editions(actor: LayerRead, ground: Workspace, code: str) -> list[dict[str, Any]]:
    """Every edition that was published, newest first."""
    with ground.read() as connection:
        return base_map.editions(connection, code, people.sees(actor))
