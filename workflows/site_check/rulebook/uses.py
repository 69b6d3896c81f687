"""What a plan says of its land against what somebody wants to build there: conform, conditional, conflict, or no rule. Pure.

A planned class is read in the table's own class system, through a cross-walk where it is written in another. What neither the cross-walk
nor the table says has no rule; this room never guesses one, and refuses to know where a class was found and how much of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args

from layers.catalogue import basis_of
from layers.codes import ClassSystem, lineage
from layers.crosswalk import Crosswalk, find
from layers.model import Basis, Law, plain
from layers.refusal import Refused
from layers.registers import CODE, bytes_of
from layers.stanza import Fields
from layers.strict_yaml import read, told

USES = "land_sea_use_2023"
"""Intended uses are classes of this system, whatever the plans speak."""

Result = Literal["conform", "conditional", "conflict"]
Outcome = Literal["conform", "conditional", "conflict", "no rule"]
Why = Literal[
    "no_table", "no_crosswalk", "class_unmapped", "class_without_counterpart", "use_unruled",
    "use_too_coarse", "classes_differ",
]  # fmt: skip
RESULTS: tuple[Result, ...] = get_args(Result)
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
WHYS: tuple[Why, ...] = get_args(Why)

HEAD = ("code", "name", "name_en", "system", "since", "until", "law", "note")


@dataclass(frozen=True, slots=True)
class Row:
    """What one planned class says: the uses it names, the longest code deciding, and of all others (None: nothing)."""

    named: Mapping[str, Result]
    otherwise: Result | None


@dataclass(frozen=True, slots=True)
class Table:
    """Planned classes of ``system`` against intended uses, from ``since`` until, where set, the day ``until``.

    ``by_prefix``: a planned class without a row has the row of the class above it.
    """

    code: str
    name: str
    name_en: str
    system: str
    since: date
    until: date | None
    basis: tuple[Basis, ...]
    note: str | None
    by_prefix: bool
    rows: Mapping[str, Row]

    def holds_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)

    def row(self, planned: str) -> Row | None:
        codes = lineage(planned) if self.by_prefix else (planned,)
        return next((self.rows[each] for each in codes if each in self.rows), None)


@dataclass(frozen=True, slots=True)
class Judged:
    """``via``: the classes of the table's system that the planned class was read as, where it needed a ``crosswalk`` (CODE@EDITION)."""

    result: Outcome
    via: tuple[str, ...] = ()
    crosswalk: str | None = None
    why: Why | None = None


Answer = tuple[Outcome, Why | None]


class Uses:
    """Tables and cross-walks, ready to be asked."""

    def __init__(
        self, crosswalks: Iterable[Crosswalk], tables: Mapping[str, Table], systems: Mapping[str, ClassSystem]
    ) -> None:
        self.crosswalks = tuple(crosswalks)
        self.tables = tables
        self.systems = systems
        self._narrowest: dict[str, tuple[str, ...]] = {}

    def judge(self, table: str, planned_system: str, planned: str, use: str, on: date) -> Judged:
        """Refused ``use_unknown`` for a use that is no land and sea use code; every other silence is an answer."""
        hub = self.systems.get(USES)
        if hub is None or use not in hub.classes:
            raise Refused("use_unknown", got=use[:40])
        asked = self.tables.get(table)
        if asked is None or not asked.holds_on(on):
            return Judged("no rule", why="no_table")
        system = self.systems.get(planned_system)
        if system is None or planned not in system.classes:
            return Judged("no rule", why="class_unmapped")
        if planned_system == asked.system:
            result, why = self._of(asked, planned, use)
            return Judged(result, why=why)
        walk = find(self.crosswalks, planned_system, asked.system, on)
        if walk is None:
            return Judged("no rule", why="no_crosswalk")
        meant = walk.translate(planned)
        if not meant:
            silent: Why = "class_unmapped" if meant is None else "class_without_counterpart"
            return Judged("no rule", crosswalk=walk.label, why=silent)
        result, why = _together([self._of(asked, each, use) for each in meant])
        return Judged(result, meant, walk.label, why)

    def _of(self, table: Table, planned: str, use: str) -> Answer:
        """One class of the table's system against a use. Where the rows are uses themselves, a use within the planned one conforms."""
        if table.system == USES:
            if planned in lineage(use):
                return "conform", None
            if use in lineage(planned):
                return "conditional", "use_too_coarse"
        row = table.row(planned)
        if row is None:
            return "no rule", "use_unruled"
        answers = {_in_row(row, each) for each in self._within(use)}
        if len(answers) == 1:
            (answer,) = answers
            return (answer, None) if answer else ("no rule", "use_unruled")
        # The use is told too coarsely: what lies within it is answered in more than one way.
        return ("conditional" if answers - {"conflict", None} else "no rule"), "use_too_coarse"

    def _within(self, use: str) -> tuple[str, ...]:
        """The narrowest classes within a use."""
        if not self._narrowest:
            classes = self.systems[USES].classes
            wider = {above for code in classes for above in lineage(code) if above != code}
            within: dict[str, list[str]] = {code: [] for code in classes}
            for code in classes:
                for above in lineage(code) if code not in wider else ():
                    if above in within:
                        within[above].append(code)
            self._narrowest = {code: tuple(found) for code, found in within.items()}
        return self._narrowest[use]


def _in_row(row: Row, use: str) -> Result | None:
    return next((row.named[each] for each in lineage(use) if each in row.named), row.otherwise)


def _together(answers: Sequence[Answer]) -> Answer:
    """Of a planned class that may mean several: what all agree on; conditional where only some would take the use."""
    results = {result for result, _ in answers}
    if len(results) == 1:
        reasons = {why for _, why in answers}
        return answers[0] if len(reasons) == 1 else (answers[0][0], "classes_differ")
    if results & {"conform", "conditional"}:
        return "conditional", "classes_differ"
    return next(answer for answer in answers if answer[0] == "no rule")


def load_tables(
    folder: Path, classes: Mapping[str, ClassSystem], laws: Mapping[str, Law]
) -> Mapping[str, Table]:
    """Every ``CODE.yaml`` of a folder; raises CatalogueError."""
    found = (_table(path, classes, laws) for path in sorted(folder.glob("*.yaml")))
    return MappingProxyType({table.code: table for table in found})


def to_body(tables: Mapping[str, Table]) -> list[dict[str, Any]]:
    """Tables as JSON values."""
    return [
        {
            **{name: plain(getattr(table, name)) for name in Table.__slots__},
            "since": table.since.isoformat(),
            "until": table.until and table.until.isoformat(),
        }
        for table in tables.values()
    ]


def from_body(body: Sequence[Mapping[str, Any]]) -> Mapping[str, Table]:
    """``from_body(to_body(tables)) == tables``."""
    return MappingProxyType({each["code"]: _from_body(each) for each in body})


def _from_body(said: Mapping[str, Any]) -> Table:
    rows = {
        code: Row(MappingProxyType(dict(row["named"])), row["otherwise"])
        for code, row in said["rows"].items()
    }
    return Table(
        **{
            **said,
            "since": date.fromisoformat(said["since"]),
            "until": None if said["until"] is None else date.fromisoformat(said["until"]),
            "basis": tuple(Basis(**basis) for basis in said["basis"]),
            "rows": MappingProxyType(rows),
        }
    )


def _table(path: Path, classes: Mapping[str, ClassSystem], laws: Mapping[str, Law]) -> Table:
    whole = Fields(read(bytes_of(path), path.name), file=path.name, stanza="-", allowed=("table", "rows"))
    head = Fields(whole.table("table"), file=path.name, stanza="table", allowed=HEAD)
    code = head.text("code", CODE)
    if code != path.stem:
        raise head.error("mismatch", "code", path.stem, code)
    if USES not in classes:
        raise whole.error("unknown_reference", "rows", f"the classes of {USES}", "nothing")
    system = classes[head.known("system", classes, "classes.yaml")]
    since, until = head.period()
    said = whole.table("rows")
    rows = Fields(said, file=path.name, stanza="rows", allowed=said.keys())
    for planned in said:
        if planned not in system.classes:
            raise rows.error("unknown_reference", planned, f"a class of {system.code}", told(planned))
    return Table(
        code=code,
        name=head.text("name"),
        name_en=head.text("name_en"),
        system=system.code,
        since=since,
        until=until,
        basis=tuple(basis_of(each, head, laws) for each in head.tables("law")),
        note=head.text_or_none("note"),
        by_prefix=system.hierarchy is not None,
        rows=MappingProxyType({planned: _row(rows, planned, classes[USES]) for planned in said}),
    )


def _row(rows: Fields, planned: str, uses: ClassSystem) -> Row:
    allowed = (*RESULTS, "otherwise")
    taken = Fields(rows.table(planned), file=rows.file, stanza=f"rows.{planned}", allowed=allowed)
    named: dict[str, Result] = {}
    for result in RESULTS:
        for use in taken.texts(result) if taken.has(result) else ():
            if use not in uses.classes:
                raise taken.error("unknown_reference", result, f"a class of {USES}", told(use))
            if use in named:
                raise taken.error("duplicate", result, "each use once", f"{use} is {named[use]} too")
            named[use] = result
    return Row(
        MappingProxyType(named), taken.one_of("otherwise", RESULTS) if taken.has("otherwise") else None
    )
