"""Checks for programs: a site and a proposal come in, the answer goes out; a stored answer is given again, word for word, measured again, or
asked anew for today. Every answer leaves as its reader may see it.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from api import keepsake, language, marks
from api.auth import CheckRead, CheckWrite, For, seen
from api.ground import Ground, Workspace
from api.guard import FOLIUM_POLICY
from api.payload import LARGEST, JsonBody, Key, UploadedFile, check_id
from api.rest import asked
from db import idempotency
from db.actor import Actor
from layers.model import Grade
from workflows.site_check import drawing, later, withheld
from workflows.site_check import service as site_check

router = APIRouter(prefix="/api/checks", tags=["checks"])


def _answer(
    ground: Ground, actor: Actor, key: str | None, digest: str, said: asked.Asked, sees: Grade
) -> Response:
    """Checked and stored in one transaction; with a key, at most once."""

    with ground.write(actor) as connection:

        def make() -> tuple[int, str]:
            of = later.site_of(connection, said.site) if isinstance(said.site, str) else said.site
            told = site_check.check(
                connection,
                actor,
                of,
                proposal=site_check.propose(connection, said.proposal),
                layers=said.layers,
                valid_on=said.valid_on,
                known_at=said.known_at,
            )
            return 201, _text(withheld.shown_to(told, sees))

        if key is None:
            status, body = make()
        else:
            status, body = idempotency.once(connection, actor, key, digest, make)
    return _made(status, body, json.loads(body)["id"])


def _digest(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _text(told: Any) -> str:
    return json.dumps(told, ensure_ascii=False, allow_nan=False)


def _made(status: int, body: str, id: str) -> Response:
    return Response(body, status, {"location": f"/api/checks/{id}"}, media_type="application/json")


@router.post("", status_code=201, openapi_extra=asked.JSON_BODY)
def check(
    actor: CheckWrite, ground: Workspace, body: JsonBody, lowered: For = None, key: Key = None
) -> Response:
    """Check a site, and what is proposed for it, against every layer and rule."""
    said = asked.of_body(body.value, ground.place().project)
    digest = _digest(hashlib.sha256(body.raw).hexdigest(), lowered)
    return _answer(ground, actor, key, digest, said, seen(actor, lowered))


@router.post("/file", status_code=201, openapi_extra=asked.FILE_BODY)
def check_file(
    actor: CheckWrite, ground: Workspace, upload: UploadedFile, lowered: For = None, key: Key = None
) -> Response:
    """Check the site in a file, of any format that can be imported."""
    said = asked.of_file(upload, ground.place().project, ground.system)
    digest = _digest(upload.sha256, upload.name, sorted(upload.fields.items()), lowered)
    return _answer(ground, actor, key, digest, said, seen(actor, lowered))


@router.get("")
def latest(
    actor: CheckRead,
    ground: Workspace,
    lowered: For = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    edition: Annotated[int | None, Query(ge=1, le=LARGEST)] = None,
    withdrawn: bool = False,
) -> list[dict[str, Any]]:
    """The newest checks first: all, those that used an edition, or those that used one that was withdrawn since."""
    with ground.read() as connection:
        sees = seen(actor, lowered)
        return site_check.latest(connection, limit, offset, sees, edition=edition, withdrawn=withdrawn)


@router.get("/{id}")
def one(actor: CheckRead, ground: Workspace, id: str, lowered: For = None) -> Response:
    """The stored answer, word for word; of layers above the reader's grade only what may be told, and that it is so. Where editions it used were
    withdrawn or followed since, ``marks`` stands beside it and is no part of what its hash proves.
    """
    with ground.read() as connection:
        answer = site_check.reissue(connection, check_id(id), sees=seen(actor, lowered))
        found = later.marks(connection, answer)
    beside = {"marks": [marks.plain(each) for each in found]} if found else {}
    return JSONResponse({**answer, **beside})


@router.get("/{id}/marks")
def became(actor: CheckRead, ground: Workspace, id: str, lowered: For = None) -> list[dict[str, Any]]:
    """What became of the editions it used: withdrawn, when and why, or followed by another."""
    with ground.read() as connection:
        answer = site_check.reissue(connection, check_id(id), sees=seen(actor, lowered))
        return [marks.plain(each) for each in later.marks(connection, answer)]


@router.post("/{id}/again")
def again(actor: CheckRead, ground: Workspace, id: str, lowered: For = None) -> Response:
    """Measured again on the editions it was made with, by the rules it was made with."""
    with ground.read() as connection:
        return JSONResponse(later.again(connection, check_id(id), seen(actor, lowered)))


@router.post("/{id}/today", status_code=201)
def today(actor: CheckWrite, ground: Workspace, id: str, lowered: For = None, key: Key = None) -> Response:
    """The same site and proposal checked anew by the plans and rules of today: then, now, and what made each difference."""
    sees = seen(actor, lowered)
    with ground.write(actor) as connection:

        def make() -> tuple[int, str]:
            return 201, _text(later.today(connection, actor, check_id(id), sees))

        if key is None:
            status, body = make()
        else:
            status, body = idempotency.once(connection, actor, key, _digest("today", id, lowered), make)
    return _made(status, body, json.loads(body)["now"]["id"])


@router.get("/{id}/hits")
def hits(
    actor: CheckRead, ground: Workspace, id: str, layer: str | None = None, lowered: For = None
) -> Response:
    """The geometry of what is hit, in degrees, as GeoJSON."""
    with ground.read() as connection:
        found = drawing.hits_geojson(connection, check_id(id), layer, seen(actor, lowered))
    return JSONResponse(found, media_type="application/geo+json")


@router.get("/{id}/map")
def offline_map(
    actor: CheckRead, ground: Workspace, request: Request, id: str, lowered: For = None
) -> HTMLResponse:
    """One page of HTML with the site and its hits, to be kept and opened anywhere."""
    sees = seen(actor, lowered)
    with ground.read() as connection:
        answer = site_check.reissue(connection, check_id(id), sees=sees)
        found = drawing.hits_geojson(connection, check_id(id), sees=sees)
    drawn = keepsake.check_map(answer, found, language.of(request))
    return HTMLResponse(drawn, headers={"content-security-policy": FOLIUM_POLICY})
