"""Alternatives for people: checks side by side, rule by rule, and what makes them hard to compare."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse

from api import batches, language
from api.auth import CheckRead, For, seen
from api.beside import Beside
from api.findings import MARKS, VERDICT_MARKS, kind_of
from api.ground import Workspace
from api.pages.frame import page
from api.payload import check_id
from workflows.site_check import alternatives
from workflows.site_check import service as site_check

router = APIRouter(include_in_schema=False)


@router.get("/alternatives")
def beside(
    actor: CheckRead,
    ground: Workspace,
    request: Request,
    checks: Annotated[str, Query(max_length=1000)] = "",
    lowered: For = None,
) -> HTMLResponse:
    ground.place()
    given = [check_id(each.strip()) for each in checks.split(",") if each.strip()]
    told = None
    with ground.read() as connection:
        words = Beside(batches.wording(connection, language.of(request)))
        if given:
            sees = seen(actor, lowered)
            answers = [site_check.reissue(connection, id, sees) for id in alternatives.few(given)]
            told = alternatives.beside(answers)
            names = {
                layer["code"]: words.of.speech.name(layer) for each in answers for layer in each["layers"]
            }
            words = Beside(words.of, names)
    return page(
        request,
        "alternatives.html",
        checks=checks,
        told=told,
        words=words,
        verdict_marks=VERDICT_MARKS,
        effect_marks=MARKS,
        kind_of=kind_of,
    )
