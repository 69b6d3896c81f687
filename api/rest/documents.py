"""Documents about a check, for people and for programs: made from what is stored, the same bytes each time, as their readers may see them."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import Response

from api import documents, language
from api.auth import CheckRead, For, seen
from api.documents import Kind
from api.ground import Ground, Workspace
from api.payload import check_id
from layers.model import Grade

router = APIRouter(prefix="/api/checks", tags=["checks"])


def _written(kind: Kind, ground: Ground, request: Request, id: str, sees: Grade) -> Response:
    with ground.read() as connection:
        make = documents.prepared(kind, connection, check_id(id), language.of(request), sees)
    made = make()
    plain = f"hetu-{id}.{kind}"
    # The name in the reader's language beside one that every old client can read (RFC 6266, RFC 8187).
    named = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(made.file_name, safe='')}"
    told = {
        "content-disposition": named,
        "content-language": language.of(request).language,
        "vary": "accept-language, cookie",
    }
    return Response(made.content, headers=told, media_type=made.media_type)


@router.get("/{id}/report.pdf", response_class=Response)
def report_pdf(
    actor: CheckRead, ground: Workspace, request: Request, id: str, lowered: For = None
) -> Response:
    """The report to be signed: A4, fonts inside, with the map and a code that leads to the check."""
    return _written("pdf", ground, request, id, seen(actor, lowered))


@router.get("/{id}/report.docx", response_class=Response)
def report_docx(
    actor: CheckRead, ground: Workspace, request: Request, id: str, lowered: For = None
) -> Response:
    """The same as a Word file, poured into the office's own template where it has one."""
    return _written("docx", ground, request, id, seen(actor, lowered))


@router.get("/{id}/report.xlsx", response_class=Response)
def report_xlsx(
    actor: CheckRead, ground: Workspace, request: Request, id: str, lowered: For = None
) -> Response:
    """The same as sheets: conclusion, rules, layers, features, editions."""
    return _written("xlsx", ground, request, id, seen(actor, lowered))


@router.get("/{id}/site.txt", response_class=Response)
def site_txt(
    actor: CheckRead, ground: Workspace, request: Request, id: str, lowered: For = None
) -> Response:
    """The site as boundary text (国土 TXT) in the project's coordinate system: GB18030, northing first."""
    return _written("txt", ground, request, id, seen(actor, lowered))


@router.get("/{id}/hits.gpkg", response_class=Response)
def hits_gpkg(
    actor: CheckRead, ground: Workspace, request: Request, id: str, lowered: For = None
) -> Response:
    """The site and what it hits as a GeoPackage in the project's coordinate system."""
    return _written("gpkg", ground, request, id, seen(actor, lowered))
