"""What a plan's class says to an intended use, worked out from the cross-walks and use tables as they stand in their files.

The other way of judging a use. It shares no code with the product's tables and cross-walks, and must not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from layers.codes import ClassSystem
from layers.strict_yaml import read

TABLES = Path(__file__).parents[1] / "workflows" / "site_check" / "tables"
CROSSWALKS = Path(__file__).parents[1] / "layers" / "crosswalks"
HUB = "land_sea_use_2023"
"""Intended uses are classes of this system."""


def lies_under(code: str, wide: str) -> bool:
    """Whether a class is ``wide`` or a part of it: 0101 of 01; GIC1 of GIC, and not of G, for a word of letters is one sign."""
    if not code.startswith(wide) or code == wide:
        return code == wide
    return not (wide[-1].isalpha() and code[len(wide)].isalpha())


def in_any(code: str, wide: Iterable[str]) -> bool:
    return any(lies_under(code, each) for each in wide)


class PlannedUses:
    """The tables and cross-walks that hold on a day."""

    def __init__(self, systems: Mapping[str, ClassSystem], day: date) -> None:
        self.systems = systems
        self.tables = {
            table["table"]["code"]: table for table in _read(TABLES) if _holds(table["table"], day)
        }
        self.walks = {
            (walk["crosswalk"]["source"], walk["crosswalk"]["target"]): edition
            for walk in _read(CROSSWALKS)
            for edition in walk["editions"]
            if _holds(edition, day)
        }
        self._known: dict[tuple[str, str, str, str], str] = {}
        self._within: dict[str, list[str]] = {}

    def says(self, table: str, system: str, planned: str, use: str) -> str:
        """conform, conditional, conflict, or no rule."""
        asked = (table, system, planned, use)
        if asked not in self._known:
            self._known[asked] = self._said(*asked)
        return self._known[asked]

    def _said(self, table: str, system: str, planned: str, use: str) -> str:
        if table not in self.tables:
            return "no rule"
        spoken = self.tables[table]["table"]["system"]
        meant = [planned]
        if system != spoken:
            walk = self.walks.get((system, spoken), {"pairs": {}})
            listed = self._nearest(system, planned, [*walk["pairs"], *walk.get("none", {})])
            meant = walk["pairs"].get(listed, [])
        answers = {self._of(table, spoken, each, use) for each in meant}
        if len(answers) == 1:
            return answers.pop()
        # A class that may mean several, or none: where one of them would take the use, it depends.
        return "conditional" if answers & {"conform", "conditional"} else "no rule"

    def _of(self, table: str, system: str, planned: str, use: str) -> str:
        if system == HUB and lies_under(use, planned):
            return "conform"
        if system == HUB and lies_under(planned, use):
            return "conditional"
        rows = self.tables[table]["rows"]
        row = rows.get(self._nearest(system, planned, rows))
        if row is None:
            return "no rule"
        # A use told coarsely is every use within it.
        answers = {self._cell(row, narrow) for narrow in self._narrowest(use)}
        if len(answers) == 1:
            return answers.pop()
        return "conditional" if answers & {"conform", "conditional"} else "no rule"

    def _cell(self, row: Mapping[str, Any], use: str) -> str:
        named = {
            code: result for result in ("conform", "conditional", "conflict") for code in row.get(result, ())
        }
        listed = self._nearest(HUB, use, named)
        return str(row.get("otherwise", "no rule") if listed is None else named[listed])

    def _narrowest(self, use: str) -> list[str]:
        if use not in self._within:
            within = [code for code in self.systems[HUB].classes if lies_under(code, use)]
            wide = {each for each in within for code in within if code != each and lies_under(code, each)}
            self._within[use] = [code for code in within if code not in wide]
        return self._within[use]

    def _nearest(self, system: str, code: str, listed: Iterable[str]) -> str | None:
        """The listed class that a class is or, where codes tell, lies under most closely."""
        if self.systems[system].hierarchy is None:
            return code if code in listed else None
        return max((each for each in listed if lies_under(code, each)), key=len, default=None)


def _read(folder: Path) -> list[Mapping[str, Any]]:
    return [read(path.read_bytes(), path.name) for path in sorted(folder.glob("*.yaml"))]


def _holds(said: Mapping[str, Any], day: date) -> bool:
    return str(said["since"]) <= day.isoformat() and not str(said.get("until", "9999")) <= day.isoformat()
