"""Every part of a page in every state, on one page: to look at when a part is changed. What it shows is made up and kept nowhere.

Rules are borrowed from the book in use, so that the parts say what they say elsewhere; what they found is invented.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from api import language, legend, overrides, rules
from api.auth import LayerRead
from api.ground import Workspace
from api.pages import delivery_form
from api.pages.findings import asked, complete, ruled, wording
from api.pages.frame import MARKS, page
from workflows.base_map import service as base_map
from workflows.site_check.judging.verdict import VERDICTS, conclude
from workflows.site_check.rulebook.book import Rulebook
from workflows.site_check.rulebook.rule import EFFECTS, Rule

router = APIRouter(include_in_schema=False)

MOMENT = "2026-03-05T10:00:00+08:00"
FOUND_M2, SITE_M2 = 1204.3, 19_400.0
WHY = {"code": "nobody_vouches", "params": {}}
ASKED = {"code": "figure_missing", "params": {"figure": "height"}}


@router.get("/parts")
def parts(actor: LayerRead, ground: Workspace, request: Request) -> HTMLResponse:
    ground.place()
    with ground.read() as connection:
        book = rules.read(connection)
        names = legend.read(connection)
        layers = {each["code"]: each for each in base_map.layers(connection)}
    speech = language.of(request)
    answers = [_answer(book, layers, verdict) for verdict in VERDICTS]
    answer = answers[0]
    told = ruled(answer, names, speech)
    one = next((each["rule"] for each in answer["findings"] if each["state"] == "holds"), "")
    said = {
        "rule": one,
        "says": overrides.SAYS[0],
        "reason": speech.say("override.reason"),
        "person": actor.name,
        "made_at": MOMENT,
    }
    looked = rules.listed(book, date.fromisoformat(MOMENT[:10]))[:4]
    return page(
        request,
        "parts_page.html",
        answers=answers,
        answer=answer,
        asked_of=lambda each: asked(each, wording(names, speech)),
        seqs={1: 1},
        wrong={**said, "reason": "", "sentence": speech.reason("override_reason", {"most": 2000})},
        override_says=overrides.SAYS,
        states=tuple(MARKS),
        **delivery_form.marks(),
        as_grade="",
        hidden_sample={
            "grade": "internal",
            "count": 2,
            "groups": [
                (how, names.department(layer["department"], speech), [layer]) for how, layer in _two(layers)
            ],
        },
        patch_sample=[_patched(each) for each in answer["findings"][:1]],
        rule_sample=looked,
        rule_name=lambda rule: speech.name({"name": rule.name, "name_en": rule.name_en}),
        rule_limit=lambda rule: wording(names, speech).limit(rules.as_finding(rule)),
        layer_name=lambda code: speech.name(layers[code]) if code in layers else code,
        **{
            **told,
            "said": {one: [said]},
            "law": lambda basis: told["law"](basis if isinstance(basis, dict) else asdict(basis)),
        },
    )


def _answer(book: Rulebook | None, layers: Mapping[str, Any], verdict: str) -> dict[str, Any]:
    """An answer of each verdict there is, from one rule of each effect."""
    known = [rule for rule in (book.rules if book else ()) if rule.layer in layers]
    measured = [rule for rule in known if rule.measure in ("area", "use")]
    by_effect: dict[str, Rule | None] = {
        effect: next((each for each in measured if each.effect == effect), None) for effect in EFFECTS
    }
    wanted = {
        "cannot be built": (EFFECTS, ("forbid", "restrict")),
        "cannot say": (("restrict", "inform"), ("forbid", "needs_opinion")),
        "only under conditions": (("restrict", "needs_opinion", "inform"), ()),
        "conforms": (("conform", "inform"), ()),
        "no rule": ((), ()),
    }[verdict]
    findings = [
        *(_finding(rule, layers[rule.layer], "holds") for effect in wanted[0] if (rule := by_effect[effect])),
        *(
            _finding(rule, layers[rule.layer], "cannot say")
            for effect in wanted[1]
            if (rule := by_effect[effect])
        ),
    ]
    reached = conclude(findings)
    return complete(
        {
            "id": "260305-example2",
            "verdict": verdict if not findings else reached.verdict,
            "reasons": reached.reasons,
            "questions": reached.questions,
            "findings": findings,
            "layers": [],
            "summary": {"hit": 4, "clear": 200, "no data": 12, "failed": 1},
            "editions": {},
            "rules": {"rulebook": 1, "digest": "", "count": len(known), "applied": 9} if known else None,
        }
    )


def _finding(rule: Rule, layer: Mapping[str, Any], state: str) -> dict[str, Any]:
    """What a rule could have found, had it been asked."""
    holds = state == "holds"
    feature = {"id": 7, "ident": f"{rule.layer}-7", "name": None, "class": None, "value": None}
    return {
        **{name: getattr(rule, name) for name in ("group", "name", "name_en", "department", "do", "do_en")},
        **{
            name: getattr(rule, name)
            for name in ("except_note", "except_note_en", "worst", "version", "layer")
        },
        **rules.as_finding(rule),
        "amount": {"low": FOUND_M2, "high": FOUND_M2 if holds else None, "unit": "m2"},
        "rule": rule.code if holds else f"{rule.code}-",
        "state": state,
        "effect": rule.effect,
        "layer_name": layer["name"],
        "layer_name_en": layer["name_en"],
        "edition": 1,
        "share": FOUND_M2 / SITE_M2,
        "why": [] if holds else [ASKED, WHY],
        "features": [feature],
        "nearest": None,
        "sliver": rule.effect == "inform",
        "use": [_patch("conform", None)] if rule.measure == "use" else None,
        "basis": [asdict(each) for each in rule.basis],
    }


def _two(layers: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return list(zip(("ask", "hit"), layers.values(), strict=False))


def _patched(finding: Mapping[str, Any]) -> dict[str, Any]:
    """A finding about uses with every result that a planned class can have."""
    results = (("conform", None), ("conditional", None), ("conflict", None), ("no rule", "class_unmapped"))
    return {**finding, "use": [_patch(result, why) for result, why in results]}


def _patch(result: str, why: str | None) -> dict[str, Any]:
    patch = {"class": "0701", "class_name": None, "area_m2": FOUND_M2 / 4, "via": ["0701"], "crosswalk": None}
    return {**patch, "result": result, "why": why, "sliver": result == "conditional"}
