"""One layer: what it is, by which law, which rules use it, its editions, the first rows of its source, and which features of the current one were set aside and why."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from api import language, legend, rules
from api.auth import LayerRead
from api.ground import Workspace
from api.numbers import BEIJING, Figures
from api.pages.findings import spoken
from api.pages.frame import page
from layers.model import may_see
from workflows import people
from workflows.base_map import service as base_map
from workflows.base_map import withdrawing

router = APIRouter(include_in_schema=False)

SET_ASIDE_LISTED = 200
SAMPLE_FIELDS = 12
SAMPLE_LENGTH = 80


@router.get("/layers/{code}")
def layer(actor: LayerRead, ground: Workspace, request: Request, code: str) -> HTMLResponse:
    ground.place()
    with ground.read() as connection:
        found = base_map.layer(connection, code)
        seen = may_see(people.sees(actor), found["grade"])
        editions = base_map.editions(connection, code, people.sees(actor))
        book = legend.read(connection)
        ruled = rules.of_layer(rules.read(connection), code, datetime.now(BEIJING).date())
        aside = (
            []
            if found["edition"] is None or not seen
            else base_map.set_aside(connection, found["edition"], SET_ASIDE_LISTED)
        )
    speech = language.of(request)
    current = next((each for each in editions if each["current"]), None)
    return page(
        request,
        "layer.html",
        layer=found,
        seen=seen,
        facts=_facts(found, book, speech),
        basis=[_basis(each, book, speech) for each in found["stanza"].get("basis") or []],
        editions=editions,
        may_withdraw=people.may(actor, "edition.write"),
        back_to=_back_to(editions),
        set_aside=aside,
        notes=current["notes"] if current else [],
        samples=_samples(current) if current else None,
        set_aside_count=found["rows_set_aside"] or 0,
        ruled=ruled,
        layer_name=lambda _: speech.name(found),
        **spoken(book, speech),
    )


def _back_to(editions: list[dict[str, Any]]) -> set[int]:
    """Editions that stood before another and could stand again."""
    standing = [
        each for each in editions if each["state"] == "published" and each["status"] in withdrawing.STANDING
    ]
    newest = max(standing, key=lambda each: (each["valid_from"], each["seq"]), default=None)
    return {each["id"] for each in standing if each is not newest}


def _samples(edition: dict[str, Any]) -> dict[str, Any] | None:
    """The first rows of the source as a small table; None where the source has no attributes, as a raster."""
    rows = [row for row in edition["samples"] if row]
    names = list(dict.fromkeys(name for row in rows for name in row))
    if not names:
        return None
    shown = names[:SAMPLE_FIELDS]
    return {
        "names": shown,
        "rows": [[_cell(row.get(name)) for name in shown] for row in rows],
        "more": len(names) - len(shown),
        "source": edition["source"],
        "encoding": edition["encoding"],
    }


def _cell(value: Any) -> str:
    if value is None or value == "":
        return "—"
    told = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return told if len(told) <= SAMPLE_LENGTH else told[: SAMPLE_LENGTH - 1] + "…"


def _facts(found: dict[str, Any], book: legend.Legend, speech: language.Speech) -> list[tuple[str, Any]]:
    say, stanza = speech.say, found["stanza"]

    def word(group: str, value: Any) -> Any:
        return say(f"{group}.{value}") if value and speech.has(f"{group}.{value}") else value

    theme = next((each for each in book.themes if each["code"] == found["theme"]), None)
    tolerance = found["tolerance_m"]
    return [
        (say("layer.code"), found["code"]),
        (say("layer.name_zh"), found["name"]),
        (say("layer.name_en"), found["name_en"]),
        (say("layer.theme"), speech.name(theme) if theme else None),
        (say("layer.kind"), say(f"kind.{found['kind']}")),
        (say("layer.origin"), say(f"origin.{found['origin']}")),
        (
            say("layer.department"),
            book.department(found["department"], speech) if found["department"] else None,
        ),
        (say("layer.level"), word("level", stanza.get("level"))),
        (say("layer.cadence"), word("cadence", stanza.get("cadence"))),
        (say("layer.grade"), word("grade", found["grade"])),
        (say("layer.identify"), ", ".join(stanza.get("identify") or [])),
        (say("layer.classify"), stanza.get("classify")),
        (say("layer.coverage"), word("coverage", stanza.get("coverage"))),
        (say("layer.tolerance"), None if tolerance is None else Figures(speech).length(tolerance)),
        (say("layer.topology"), _topology(stanza, word)),
        (say("layer.note"), stanza.get("note")),
    ]


def _topology(stanza: dict[str, Any], word: Callable[[str, Any], Any]) -> str | None:
    """What its areas may do to each other, and whether a breach keeps it from being published; nothing where nothing is asked."""
    asked = stanza.get("topology", "none")
    if asked == "none":
        return None
    return f"{word('topology', asked)} · {word('topology_when', stanza.get('topology_when', 'after'))}"


def _basis(each: dict[str, Any], book: legend.Legend, speech: language.Speech) -> dict[str, Any]:
    """A legal reference with the title of its law in this language; how far it is known stands beside it."""
    return {**each, "title": book.law(each["law"], speech)}
