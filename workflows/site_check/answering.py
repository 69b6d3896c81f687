"""From a site, a proposal, editions and a rulebook to everything an answer says; the same for a first check and for one measured again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection

from layers.codes import ClassSystem
from workflows.site_check import model, store
from workflows.site_check.judging.case import Case
from workflows.site_check.judging.judge import judge, order
from workflows.site_check.judging.proposal import Proposal
from workflows.site_check.judging.verdict import Conclusion, conclude
from workflows.site_check.rulebook.book import Rulebook
from workflows.site_check.rulebook.rule import Rule
from workflows.site_check.rulebook.uses import USES
from workflows.site_check.survey import evidence, survey

Layer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """Everything an answer follows from. ``layers``: one mapping per layer with its edition on the day, and under ``displayed`` the edition
    of a plan on display, or None.
    """

    site: BaseGeometry
    srid: int
    proposal: Proposal
    layers: Sequence[Layer]
    book: Rulebook | None
    valid_on: date
    systems: Mapping[str, ClassSystem]


def answered(connection: Connection, asked: Question) -> dict[str, Any]:
    """verdict, reasons, questions, summary, site figures, proposal, rules, findings, displayed, layers and editions of an answer."""
    described = store.describe(connection, asked.site, asked.srid)
    rules = [] if asked.book is None else asked.book.on(asked.valid_on)
    layers, findings = _judged(connection, asked, asked.layers, rules, described["area_m2"])
    reached = conclude(findings) if asked.book is not None else _no_rule()
    use = asked.systems.get(USES)
    entry = None if use is None or asked.proposal.use is None else use.classes.get(asked.proposal.use)
    return {
        "verdict": reached.verdict,
        "reasons": reached.reasons,
        "questions": reached.questions,
        "summary": model.summary(layers),
        "site": described,
        "proposal": asked.proposal.body(),
        "use_name": None if entry is None else {"zh": entry.zh, "en": entry.en},
        "valid_on": asked.valid_on.isoformat(),
        "rules": None if asked.book is None else _pinned_rules(asked.book, rules, findings),
        "findings": findings,
        "displayed": _displayed(connection, asked, rules, findings, described["area_m2"]),
        "layers": layers,
        "editions": {layer["code"]: pinned(layer) for layer in asked.layers if layer["edition"] is not None},
    }


def _no_rule() -> Conclusion:
    return Conclusion("no rule", [{"code": "no_rule_loaded", "params": {}}])


def _judged(
    connection: Connection, asked: Question, layers: Sequence[Layer], rules: Sequence[Rule], site_area: float
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    found = survey(connection, asked.site, asked.srid, site_area, layers, asked.systems)
    if asked.book is None:
        return found.layers, []
    measures = evidence(connection, asked.site, asked.srid, rules, layers, found, asked.systems)
    uses = asked.book.uses(asked.systems)
    case = Case(
        site_area=site_area,
        layers={answer["code"]: answer for answer in found.layers},
        proposal=asked.proposal,
        measures=measures,
        systems=asked.systems,
        class_systems={layer["code"]: layer["class_system"] for layer in layers},
        ranks={rule.code: place for place, rule in enumerate(asked.book.rules)},
        judge_use=lambda table, system, planned, use: uses.judge(table, system, planned, use, asked.valid_on),
    )
    return found.layers, judge(rules, case)


def _displayed(
    connection: Connection,
    asked: Question,
    rules: Sequence[Rule],
    in_force: Sequence[Mapping[str, Any]],
    site_area: float,
) -> dict[str, Any] | None:
    """What plans on display would say if they were adopted, apart from what holds: their findings in the place of those in force."""
    layers = [{**layer, **layer["displayed"]} for layer in asked.layers if layer.get("displayed")]
    if not layers:
        return None
    codes = {layer["code"] for layer in layers}
    # A height limit over the ground needs the ground, whatever plan is on display.
    grounds = {rule.plus for rule in rules if rule.layer in codes and rule.plus} - codes
    beside = [layer for layer in asked.layers if layer["code"] in grounds]
    answers, findings = _judged(
        connection, asked, [*layers, *beside], [rule for rule in rules if rule.layer in codes], site_area
    )
    together = sorted([*findings, *(each for each in in_force if each["layer"] not in codes)], key=order)
    reached = conclude(together) if asked.book is not None else _no_rule()
    return {
        "verdict": reached.verdict,
        "reasons": [each for each in reached.reasons if each["params"].get("layer") in codes],
        "findings": findings,
        "layers": [answer for answer in answers if answer["code"] in codes],
        "editions": {layer["code"]: pinned(layer) for layer in layers},
    }


def _pinned_rules(
    book: Rulebook, rules: Sequence[Rule], findings: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    return {
        "rulebook": book.id,
        "digest": book.digest,
        "count": len(rules),
        "applied": len(findings),
        "versions": {rule.code: rule.version for rule in rules},
    }


def pinned(layer: Layer) -> dict[str, Any]:
    """The edition of a layer as an answer names it."""
    return {
        "id": layer["edition"],
        "seq": layer["seq"],
        "status": layer["status"],
        "valid_from": str(layer["valid_from"]) if layer.get("valid_from") else None,
        "published_at": layer["published_at"].isoformat(),
        "sha256": layer["sha256"],
        "source": layer["source"],
        "crs_in": layer["crs_in"],
        "crs_basis": layer["crs_basis"],
        "coverage_basis": layer["coverage_basis"],
    }
