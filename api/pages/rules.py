"""The rules in use, group by group: when each holds, with what effect, by which law, and how much of the law was seen."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse

from api import language, legend, rules
from api.auth import CheckRead
from api.ground import Workspace
from api.numbers import BEIJING
from api.pages.findings import spoken
from api.pages.frame import page
from workflows.base_map import service as base_map
from workflows.site_check.rulebook.rule import EFFECTS

router = APIRouter(include_in_schema=False)


@router.get("/rules")
def every(
    actor: CheckRead,
    ground: Workspace,
    request: Request,
    effect: Literal["", "forbid", "restrict", "needs_opinion", "inform", "conform"] = "",
    layer: Annotated[str, Query(max_length=100)] = "",
    group: Annotated[str, Query(max_length=100)] = "",
    standing: Literal["", "seen", "unseen"] = "",
) -> HTMLResponse:
    ground.place()
    with ground.read() as connection:
        book = rules.read(connection)
        known = base_map.layers(connection)
        names = legend.read(connection)
    speech = language.of(request)
    say = speech.say
    found = rules.listed(book, datetime.now(BEIJING).date())
    chosen = [each for each in found if _wanted(each, effect, layer, group, standing)]
    groups = book.groups if book else ()
    called = {each["code"]: speech.name(each) for each in known}
    used = {each.rule.layer for each in found}
    anything = ("", say("rules.any"))
    return page(
        request,
        "rules.html",
        groups=[
            (each, members)
            for each in groups
            if (members := [one for one in chosen if one.rule.group == each.code])
        ],
        group_name=lambda each: speech.name({"name": each.name, "name_en": each.name_en}),
        counts=rules.counts(found),
        total=len(found),
        found=len(chosen),
        asked={"effect": effect, "layer": layer, "group": group, "standing": standing},
        filtered=bool(effect or layer or group or standing),
        effect_options=[anything, *((each, say(f"effect.{each}")) for each in EFFECTS)],
        group_options=[
            anything,
            *((each.code, speech.name({"name": each.name, "name_en": each.name_en})) for each in groups),
        ],
        layer_options=[anything, *((code, name) for code, name in called.items() if code in used)],
        standing_options=[
            anything,
            ("seen", say("rules.wholly_seen")),
            ("unseen", say("rules.not_seen")),
        ],
        layer_name=lambda code: called.get(code, code),
        **spoken(names, speech),
    )


def _wanted(looked: rules.Looked, effect: str, layer: str, group: str, standing: str) -> bool:
    rule = looked.rule
    return (
        effect in ("", rule.effect, rule.worst)
        and layer in ("", rule.layer)
        and group in ("", rule.group)
        and (standing == "" or looked.seen == (standing == "seen"))
    )
