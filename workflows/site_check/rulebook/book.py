"""The rulebook: rules, cross-walks and use tables, loaded into immutable versions; which was in use when, and for which day each rule holds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from db.actor import Actor
from layers import crosswalk
from layers.canonical import canonical
from layers.codes import ClassSystem
from layers.crosswalk import Crosswalk
from layers.model import Catalogue
from workflows.site_check.rulebook import reader, uses
from workflows.site_check.rulebook import store as rule_store
from workflows.site_check.rulebook.reader import FOLDER, Group
from workflows.site_check.rulebook.rule import Rule, from_body
from workflows.site_check.rulebook.uses import USES

MOST_HELD = 16
TABLES = Path(__file__).parents[1] / "tables"
CROSSWALKS = Path(crosswalk.__file__).with_name("crosswalks")


@dataclass(frozen=True)
class Rulebook:
    """``id`` 0: not loaded anywhere yet."""

    id: int
    groups: tuple[Group, ...]
    rules: tuple[Rule, ...]
    crosswalks: tuple[Crosswalk, ...]
    tables: Mapping[str, uses.Table]

    @cached_property
    def body(self) -> dict[str, Any]:
        return {
            "groups": [reader.body_of(group) for group in self.groups],
            "rules": [[rule.code, rule.version] for rule in self.rules],
            "crosswalks": crosswalk.to_body(self.crosswalks),
            "tables": uses.to_body(self.tables),
        }

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(canonical(self.body).encode()).hexdigest()

    def on(self, day: date) -> list[Rule]:
        """The rules that hold on a day, in order."""
        return [rule for rule in self.rules if rule.holds_on(day)]

    def uses(self, systems: Mapping[str, ClassSystem]) -> uses.Uses:
        return uses.Uses(self.crosswalks, self.tables, systems)


def read(catalogue: Catalogue, folder: Path = FOLDER) -> Rulebook:
    """The rule files of ``folder`` with the shipped cross-walks and tables; CatalogueError names file, stanza and key.

    A catalogue without land and sea uses (another country's) has no intended uses, and so neither cross-walks nor tables.
    """
    walks: Iterable[Crosswalk] = ()
    tables: Mapping[str, uses.Table] = {}
    if USES in catalogue.classes:
        walks = crosswalk.load_crosswalks(CROSSWALKS, catalogue.classes, catalogue.laws)
        tables = uses.load_tables(TABLES, catalogue.classes, catalogue.laws)
    found = reader.load(folder, catalogue, tables.keys())
    return Rulebook(0, found.groups, found.rules, tuple(walks), tables)


def load(connection: Connection, actor: Actor, book: Rulebook) -> Rulebook:
    """Keep every rule version that is new, and take the book into use where it is not in use already."""
    rule_store.keep_rules(connection, book.rules)
    id = rule_store.keep_rulebook(connection, book.digest, book.body)
    rule_store.take(connection, actor, id)
    return Rulebook(id, book.groups, book.rules, book.crosswalks, book.tables)


def in_use(connection: Connection, known_at: datetime | None = None) -> Rulebook | None:
    """The book in use now, or at a moment; None where none was loaded by then."""
    found = rule_store.in_use(connection, known_at)
    return None if found is None else _held(connection, *found)


def by_id(connection: Connection, id: int) -> Rulebook:
    return _held(connection, id, rule_store.digest(connection, id))


_read: dict[tuple[int, str], Rulebook] = {}
"""Books never change, so each is taken apart once in a process; the digest tells those of two workspaces with one number apart."""


def _held(connection: Connection, id: int, digest: str) -> Rulebook:
    if (id, digest) not in _read:
        if len(_read) >= MOST_HELD:
            _read.clear()
        _read[id, digest] = _stored(connection, id)
    return _read[id, digest]


def _stored(connection: Connection, id: int) -> Rulebook:
    body = rule_store.body(connection, id)
    bodies = rule_store.rules(connection, id)
    return Rulebook(
        id,
        tuple(Group(**group) for group in body["groups"]),
        tuple(from_body(bodies[code, version]) for code, version in body["rules"]),
        tuple(crosswalk.from_body(body["crosswalks"])),
        uses.from_body(body["tables"]),
    )
