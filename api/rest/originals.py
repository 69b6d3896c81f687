"""What was handed over, as it came: an attachment that no browser opens, for whoever may see every layer it became."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import FileResponse

from api.auth import ImportRead
from api.ground import Workspace
from api.intake import delivery_id
from workflows import people
from workflows.base_map.intake import originals

router = APIRouter(prefix="/api/imports", tags=["imports"])

# Whatever the bytes are, they are no page of this house.
SHUT = {"cache-control": "private, no-store", "content-security-policy": "default-src 'none'; sandbox"}


@router.get("/{id}/original", response_class=FileResponse)
def original(actor: ImportRead, ground: Workspace, id: str) -> FileResponse:
    """The file, or the zip of the folder, byte for byte. 404 also where it holds a layer that the asker may not see."""
    with ground.read() as connection:
        kept = originals.of_delivery(connection, delivery_id(id), actor, people.sees(actor))
    return FileResponse(
        kept,
        media_type="application/octet-stream",
        filename=kept.name,
        content_disposition_type="attachment",
        headers=SHUT,
    )
