"""The rulebook in use as people look it up: what each rule says on a day, its versions over time, and how much of the law was seen.

It knows no markup, and of findings only the shape in which their limit is put into words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from layers.codes import STANDINGS
from layers.refusal import Refused
from workflows.site_check.judging.judge import UNIT
from workflows.site_check.rulebook import book as rulebook
from workflows.site_check.rulebook import manual
from workflows.site_check.rulebook.book import Rulebook
from workflows.site_check.rulebook.rule import EFFECTS, Rule

Told = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Looked:
    """One rule: the version that holds on the day, or else the last there is; and all of them, the newest first."""

    rule: Rule
    holds: bool
    versions: tuple[Rule, ...]

    @property
    def seen(self) -> bool:
        """Whether somebody has seen every article it rests on."""
        return bool(self.rule.basis) and all(each.standing == "seen" for each in self.rule.basis)


def read(connection: Connection) -> Rulebook | None:
    return rulebook.in_use(connection)


def listed(book: Rulebook | None, on: date) -> list[Looked]:
    """Every rule once, in the order of the book."""
    versions: dict[str, list[Rule]] = {}
    for rule in book.rules if book else ():
        versions.setdefault(rule.code, []).append(rule)
    return [_looked(found, on) for found in versions.values()]


def one(book: Rulebook | None, code: str, on: date) -> Looked:
    """Refused ``rule_unknown``."""
    found = [rule for rule in (book.rules if book else ()) if rule.code == code]
    if not found:
        raise Refused("rule_unknown", rule=code[:80])
    return _looked(found, on)


def of_layer(book: Rulebook | None, layer: str, on: date) -> list[Looked]:
    """The rules that look at a layer, or add it to a figure."""
    return [each for each in listed(book, on) if layer in (each.rule.layer, each.rule.plus)]


def _looked(versions: Sequence[Rule], on: date) -> Looked:
    newest = tuple(sorted(versions, key=lambda rule: rule.since, reverse=True))
    holding = next((rule for rule in newest if rule.holds_on(on)), None)
    return Looked(holding or newest[0], holding is not None, newest)


def counts(rules: Sequence[Looked]) -> Told:
    """rules, wholly_seen, by_effect (worst each can have), references by standing, layers: of the rules that hold."""
    holding = [each.rule for each in rules if each.holds]
    effects = Counter(rule.worst for rule in holding)
    standings = Counter(basis.standing for rule in holding for basis in rule.basis)
    return {
        "rules": len(holding),
        "wholly_seen": sum(each.seen for each in rules if each.holds),
        "by_effect": {effect: effects.get(effect, 0) for effect in EFFECTS},
        "by_standing": {standing: standings.get(standing, 0) for standing in STANDINGS},
        "layers": len({rule.layer for rule in holding}),
    }


def body(looked: Looked) -> Told:
    """As JSON: what the version says, its name, and whether it holds on the day."""
    return {
        **looked.rule.body,
        "version": looked.rule.version,
        "holds": looked.holds,
        "versions": len(looked.versions),
    }


def whole(looked: Looked) -> Told:
    """As JSON: every version, and the rule's entry in the manual where there is one."""
    entry = manual.entries().get(looked.rule.code)
    return {
        **body(looked),
        "versions": [{**rule.body, "version": rule.version} for rule in looked.versions],
        "manual": None
        if entry is None
        else {"paragraphs": list(entry.paragraphs), "drawings": list(entry.drawings)},
    }


def as_finding(rule: Rule) -> Mapping[str, Any]:
    """What a finding tells of its rule's limit, so that both are put into the same words."""
    unit = UNIT.get(rule.measure) or ("m2" if rule.figure == "floor_area" else rule.limit.unit)
    return {
        "measure": rule.measure,
        "figure": rule.figure,
        "limit": asdict(rule.limit),
        "limit_applied": rule.limit.value,
        "amount": {"unit": unit},
        "above": None if rule.above is None else asdict(rule.above),
    }
