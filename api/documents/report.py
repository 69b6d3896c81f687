"""What every document about a check prints, in one order and in one language: an answer becomes words and rows. Pure.

It knows no file format. PDF, Word and Excel lay out what stands here; nothing is worded twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.documents import annex, items, opening
from api.documents.annex import EditionRow, HitRow, LayerRow, Patch, RuleRow, Silent
from api.documents.items import Item
from api.documents.opening import Fact, Notice, Reason
from api.findings import Wording
from api.language import Speech
from api.legend import Legend
from layers.model import Grade

Answer = Mapping[str, Any]
WITHHELD_NAMED = 8
"""Layers named on the first page; all of them are at the end."""


@dataclass(frozen=True, slots=True)
class Record:
    """Everything a report is made from. ``answer``: as ``grade`` may see it; ``rules``: names of the rulebook's rules by code; ``address``:
    where the check is found, for the code on the first page.
    """

    answer: Answer
    overrides: Sequence[Mapping[str, Any]]
    marks: Sequence[Mapping[str, Any]]
    rules: Mapping[str, Mapping[str, Any]]
    district: str
    grade: Grade
    address: str


@dataclass(frozen=True, slots=True)
class Displayed:
    """What plans on display would make of the site, told apart from what holds."""

    lead: str
    findings: tuple[Item, ...]
    unanswered: tuple[Item, ...]
    editions: tuple[EditionRow, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Sentences and rows, ready to be set. Empty tuples are sections that are left out."""

    language: str
    district: str
    number: str
    address: str
    head: tuple[Fact, ...]
    warnings: tuple[Notice, ...]
    withheld: tuple[str, ...]
    withheld_in_full: tuple[str, ...]
    kind: str
    mark: str
    verdict: str
    lead: str
    summary: tuple[str, ...]
    reasons: tuple[Reason, ...]
    others: tuple[str, ...]
    questions: tuple[str, ...]
    site: tuple[Fact, ...]
    proposal: tuple[Fact, ...]
    figures_note: str
    judged: bool
    findings: tuple[Item, ...]
    law_note: str | None
    unanswered: tuple[Item, ...]
    displayed: Displayed | None
    patches: tuple[Patch, ...]
    patches_lead: str
    unruled: tuple[LayerRow, ...]
    unruled_lead: str
    silent: tuple[Silent, ...]
    quiet: tuple[Item, ...]
    quiet_lead: str
    layers: tuple[LayerRow, ...]
    hits: tuple[HitRow, ...]
    editions: tuple[EditionRow, ...]
    editions_lead: str
    rules: tuple[RuleRow, ...]
    rules_lead: str
    issue: tuple[Fact, ...]


def arranged(record: Record, book: Legend, speech: Speech) -> Report:
    answer, say = record.answer, speech.say
    wording = Wording(speech, lambda code: book.department(code, speech))
    told = items.Telling(record.answer, record.overrides, record.marks, wording, book)
    findings = list(answer.get("findings", []))
    holds, unsure, quiet = (
        [each for each in findings if each["state"] == state]
        for state in ("holds", "cannot say", "holds not")
    )
    said = tuple(told.item(each, number) for number, each in enumerate(holds, 1))
    open_ones = tuple(told.item(each, number) for number, each in enumerate(unsure, len(holds) + 1))
    displayed = _displayed(record, told, speech)
    rows = annex.Rows(answer, record.marks, record.rules, wording, told)
    unseen = sum(not basis.seen for each in (*said, *open_ones) for basis in each.bases)
    judged = answer.get("rules") is not None
    return Report(
        language=speech.language,
        district=record.district,
        number=str(answer["id"]),
        address=record.address,
        head=opening.head(answer, record.grade, speech),
        warnings=opening.warnings(answer, record.marks, speech),
        withheld=opening.withheld(answer, wording, WITHHELD_NAMED),
        withheld_in_full=opening.withheld(answer, wording),
        kind=opening.kind(answer),
        mark=opening.mark(answer),
        verdict=wording.verdict(answer),
        lead=wording.lead(answer),
        summary=opening.summary(answer, speech),
        reasons=opening.reasons(answer, said, open_ones, wording),
        others=opening.others(answer, wording),
        questions=opening.questions(answer, wording),
        site=opening.site(answer["site"], speech),
        proposal=opening.proposal(answer, speech),
        figures_note=say("report.figures_note", crs=answer["site"]["crs"]),
        judged=judged,
        findings=said,
        law_note=say("report.law_note", n=unseen) if unseen else None,
        unanswered=open_ones,
        displayed=displayed,
        patches=rows.patches(),
        patches_lead=say("report.patches_lead", use=opening.use(answer, speech)),
        unruled=rows.unruled(),
        unruled_lead=say("report.unruled_lead" if judged else "report.unruled_all_lead"),
        silent=rows.silent(),
        quiet=tuple(told.item(each, None) for each in quiet),
        quiet_lead=say("report.quiet_lead", n=len(quiet)),
        layers=rows.layers(),
        hits=rows.hits(),
        editions=rows.editions(),
        editions_lead=say("report.editions_lead", n=len(answer["editions"])),
        rules=rows.rules(),
        rules_lead=_rules_lead(answer, speech),
        issue=opening.issue(answer, speech),
    )


def _displayed(record: Record, told: items.Telling, speech: Speech) -> Displayed | None:
    shown = record.answer.get("displayed")
    if not shown:
        return None
    beside = items.Telling({**record.answer, **shown}, (), (), told.wording, told.book)
    rows = annex.Rows({**record.answer, **shown}, (), record.rules, told.wording, beside)
    by_state = {
        state: tuple(beside.item(each, None) for each in shown["findings"] if each["state"] == state)
        for state in ("holds", "cannot say")
    }
    verdict = told.wording.verdict(shown)
    return Displayed(
        lead=speech.say("report.displayed_lead", verdict=verdict),
        findings=by_state["holds"],
        unanswered=by_state["cannot say"],
        editions=rows.editions(),
    )


def _rules_lead(answer: Answer, speech: Speech) -> str:
    rules = answer.get("rules")
    if rules is None:
        return ""
    return speech.say(
        "report.rules_lead",
        number=rules["rulebook"],
        count=rules["count"],
        applied=rules["applied"],
        digest=rules["digest"][:16],
    )
