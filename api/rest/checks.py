"""Checks for programs: a site comes in, the answer goes out; a stored answer is given again, word for word, or measured again."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from api import keepsake, language
from api.auth import CheckRead, CheckWrite
from api.ground import Ground, Workspace
from api.guard import FOLIUM_POLICY
from api.payload import JsonBody, Key, UploadedFile, check_id, number
from db import idempotency
from db.actor import Actor
from gis import crs, site
from layers.refusal import Refused
from workflows.site_check import service as site_check

router = APIRouter(prefix="/api/checks", tags=["checks"])

WIDEST_M = 1000.0
WAYS = ("site", "box", "boundary_text")

SITE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "The site in one of three ways.",
    "properties": {
        "site": {
            "type": "object",
            "description": "GeoJSON geometry, Feature or FeatureCollection, in degrees",
        },
        "box": {"type": "string", "description": "west,south,east,north in degrees"},
        "boundary_text": {"type": "string", "description": "the whole of a boundary text (国土 TXT)"},
        "width_m": {"type": "number", "exclusiveMinimum": 0, "maximum": WIDEST_M, "description": "for lines"},
        "layers": {"type": "array", "items": {"type": "string"}, "description": "only these layers"},
    },
    "examples": [{"box": "114.20,22.70,114.21,22.71"}],
}
JSON_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": SITE_SCHEMA}}}}
FILE_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "width_m": {"type": "number"},
                        "source_crs": {"type": "string", "description": "for files that state none"},
                    },
                }
            }
        },
    }
}


def given_site(said: dict[str, Any], project: crs.Crs) -> site.Site:
    ways = [way for way in WAYS if said.get(way) is not None]
    if not ways:
        raise Refused("site_missing")
    if len(ways) > 1:
        raise Refused("site_twice", got=ways)
    if unknown := sorted(set(said) - {*WAYS, "width_m", "layers"}):
        raise Refused("field_unknown", field=unknown[0])
    width = number(said.get("width_m"), "width_m", most=WIDEST_M)
    what = said[ways[0]]
    if ways[0] == "site":
        return site.from_geojson(what, project, width_m=width)
    if not isinstance(what, str):
        raise Refused("field_text", field=ways[0])
    if ways[0] == "box":
        return site.from_box(what, project, width)
    return site.from_boundary_text(what, project, width_m=width)


def chosen_layers(said: dict[str, Any]) -> list[str] | None:
    chosen = said.get("layers")
    if chosen is None:
        return None
    if (
        not isinstance(chosen, list)
        or not all(isinstance(code, str) for code in chosen)
        or not 0 < len(chosen) <= 2000
    ):
        raise Refused("field_text", field="layers")
    return chosen


def _answer(
    ground: Ground, actor: Actor, key: str | None, digest: str, of: site.Site, layers: list[str] | None
) -> Response:
    """Checked and stored in one transaction; with a key, at most once."""

    with ground.write(actor) as connection:

        def make() -> tuple[int, str]:
            told = site_check.check(connection, actor, of, layers=layers)
            return 201, json.dumps(told, ensure_ascii=False, allow_nan=False)

        if key is None:
            status, body = make()
        else:
            status, body = idempotency.once(connection, actor, key, digest, make)
    where = {"location": f"/api/checks/{json.loads(body)['id']}"}
    return Response(body, status, where, media_type="application/json")


@router.post("", status_code=201, openapi_extra=JSON_BODY)
def check(actor: CheckWrite, ground: Workspace, body: JsonBody, key: Key = None) -> Response:
    """Check a site against every layer."""
    of = given_site(body.value, ground.place().project)
    digest = hashlib.sha256(body.raw).hexdigest()
    return _answer(ground, actor, key, digest, of, chosen_layers(body.value))


@router.post("/file", status_code=201, openapi_extra=FILE_BODY)
def check_file(actor: CheckWrite, ground: Workspace, upload: UploadedFile, key: Key = None) -> Response:
    """Check the site in a file, of any format that can be imported."""
    width = number(upload.fields.get("width_m"), "width_m", most=WIDEST_M)
    declared = upload.fields.get("source_crs")
    of = site.from_file(
        upload.path,
        ground.place().project,
        source_crs=crs.parse(declared) if declared else None,
        width_m=width,
    )
    digest = hashlib.sha256(f"{upload.sha256} {upload.name} {width} {declared}".encode()).hexdigest()
    return _answer(ground, actor, key, digest, of, None)


@router.get("")
def latest(
    actor: CheckRead,
    ground: Workspace,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> list[dict[str, Any]]:
    """The newest checks first."""
    with ground.read() as connection:
        return site_check.latest(connection, limit, offset)


@router.get("/{id}")
def one(actor: CheckRead, ground: Workspace, id: str) -> Response:
    """The stored answer, word for word."""
    with ground.read() as connection:
        return JSONResponse(site_check.reissue(connection, check_id(id)))


@router.post("/{id}/again")
def again(actor: CheckRead, ground: Workspace, id: str) -> Response:
    """Measured again on the editions it was made with."""
    with ground.read() as connection:
        return JSONResponse(site_check.again(connection, check_id(id)))


@router.get("/{id}/hits")
def hits(actor: CheckRead, ground: Workspace, id: str, layer: str | None = None) -> Response:
    """The geometry of what is hit, in degrees, as GeoJSON."""
    with ground.read() as connection:
        found = site_check.hits_geojson(connection, check_id(id), layer)
    return JSONResponse(found, media_type="application/geo+json")


@router.get("/{id}/map")
def offline_map(actor: CheckRead, ground: Workspace, request: Request, id: str) -> HTMLResponse:
    """One page of HTML with the site and its hits, to be kept and opened anywhere."""
    with ground.read() as connection:
        answer = site_check.reissue(connection, check_id(id))
        found = site_check.hits_geojson(connection, check_id(id))
    drawn = keepsake.check_map(answer, found, language.of(request))
    return HTMLResponse(drawn, headers={"content-security-policy": FOLIUM_POLICY})
