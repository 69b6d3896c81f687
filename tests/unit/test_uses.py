"""Planned class against intended use: own class, narrower and coarser uses, cross-walks, silence; and wrong tables refused by name."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from layers.codes import ClassEntry, ClassSystem
from layers.crosswalk import Crosswalk
from layers.model import Law
from layers.refusal import Refused
from layers.strict_yaml import CatalogueError
from workflows.site_check.rulebook.uses import Judged, Table, Uses, from_body, load_tables, to_body

HUB = "land_sea_use_2023"
LAWS = {"guide": Law("guide", "指南", "Guide", None, None, "memory", None)}
DAY = date(2026, 6, 1)


def system(code: str, codes: str, *, flat: bool = False) -> ClassSystem:
    entries = {each: ClassEntry(each, f"类{each}", f"Class {each}") for each in codes.split()}
    return ClassSystem(
        code, code, code, None, "memory", None, None if flat else "prefix", MappingProxyType(entries)
    )


SYSTEMS = {
    HUB: system(
        HUB, "01 0101 0102 07 0701 070101 070102 0702 08 0803 0804 080403 080404 10 1001 1002 14 1401"
    ),
    "letters": system("letters", "R R2 A23 B Q N G"),
    "zones": system("zones", "allowed banned silent", flat=True),
}
USE_TABLE = """\
table:
  code: planned_use
  name: 相容表
  name_en: Planned use
  system: land_sea_use_2023
  since: '2008-01-01'
  law: [{law: guide, standing: memory}]
rows:
  '01': {conform: ['01'], otherwise: conflict}
  '0701': {conditional: ['0701', '0702', '080404'], conform: ['1401'], otherwise: conflict}
  '08': {conditional: ['08'], otherwise: conflict}
  '080403': {otherwise: conflict}
  '10': {conditional: ['14']}
"""
ZONE_TABLE = """\
table:
  code: zone
  name: 分区表
  name_en: Zones
  system: zones
  since: '2010-01-01'
  until: '2030-01-01'
  law: [{law: guide, standing: memory}]
  note: 说明
rows:
  allowed: {conform: ['07', '08']}
  banned: {conflict: ['07', '08', '10'], conditional: ['1002'], conform: ['01']}
"""


def tables(folder: Path, **files: str) -> Any:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return load_tables(folder, SYSTEMS, LAWS)


WALK = Crosswalk(
    code="walk", name="对照", name_en="Walk", source="letters", target=HUB, edition="1", since=date(2012, 1, 1),
    until=None, basis=(), note=None, by_prefix=True,
    pairs=MappingProxyType({"R": ("0701",), "A23": ("0803", "0804"), "B": ("01", "10"), "G": ("14", "10")}),
    none=MappingProxyType({"N": "不说明用途"}),
)  # fmt: skip


@pytest.fixture
def uses(tmp_path: Path) -> Uses:
    return Uses([WALK], tables(tmp_path, planned_use=USE_TABLE, zone=ZONE_TABLE), SYSTEMS)


DIRECT = [
    ("the same class", "0701", "0701", Judged("conform")),
    ("a class below", "0701", "070102", Judged("conform")),
    ("two below", "07", "070102", Judged("conform")),
    ("told too coarsely for the plan", "070102", "0701", Judged("conditional", why="use_too_coarse")),
    ("told as the branch of the plan", "0701", "07", Judged("conditional", why="use_too_coarse")),
    ("a sibling within the row", "070102", "070101", Judged("conditional")),
    ("a compatible class", "0701", "080404", Judged("conditional")),
    ("a conforming other class", "0701", "1401", Judged("conform")),
    ("a conforming class told by its branch", "0701", "14", Judged("conform")),
    ("another class", "0701", "1001", Judged("conflict")),
    ("coarser than the compatible class", "0701", "0804", Judged("conditional", why="use_too_coarse")),
    ("a conflicting branch", "0701", "10", Judged("conflict")),
    ("a class under a row of its own", "080403", "0803", Judged("conflict")),
    ("a class under the row above", "0804", "0803", Judged("conditional")),
    ("a sibling that changes nothing", "0101", "0102", Judged("conform")),
    ("named by a row that is silent otherwise", "1001", "1401", Judged("conditional")),
    ("not named by a row that is silent otherwise", "1001", "0701", Judged("no rule", why="use_unruled")),
    ("a class without a row", "1401", "0701", Judged("no rule", why="use_unruled")),
    ("a class of another system", "R2", "0701", Judged("no rule", why="class_unmapped")),
]


@pytest.mark.parametrize(("planned", "use", "expected"), [r[1:] for r in DIRECT], ids=[r[0] for r in DIRECT])
def test_a_planned_use_against(planned: str, use: str, expected: Judged, uses: Uses) -> None:
    assert uses.judge("planned_use", HUB, planned, use, DAY) == expected


def _walked(result: Any, via: tuple[str, ...] = (), why: Any = None) -> Judged:
    return Judged(result, via, "walk@1", why)


WALKED = [
    ("one class", "R2", "070101", _walked("conform", ("0701",))),
    ("one class, another use", "R2", "1001", _walked("conflict", ("0701",))),
    ("two classes, both would take it but one", "A23", "0803", _walked("conditional", ("0803", "0804"), "classes_differ")),
    ("two classes, neither would take it", "A23", "1001", _walked("conflict", ("0803", "0804"))),
    ("two classes, told too coarsely for both", "A23", "08", _walked("conditional", ("0803", "0804"), "use_too_coarse")),
    ("two classes, one takes it and one is silent", "B", "0101", _walked("conditional", ("01", "10"), "classes_differ")),
    ("two classes, one refuses and one is silent", "B", "0701", _walked("no rule", ("01", "10"), "use_unruled")),
    ("two classes, both silent", "G", "0701", _walked("no rule", ("14", "10"), "use_unruled")),
    ("a class that the cross-walk misses", "Q", "0701", _walked("no rule", (), "class_unmapped")),
    ("a class without counterpart", "N", "0701", _walked("no rule", (), "class_without_counterpart")),
]  # fmt: skip


@pytest.mark.parametrize(("planned", "use", "expected"), [r[1:] for r in WALKED], ids=[r[0] for r in WALKED])
def test_a_planned_class_of_another_system_means(
    planned: str, use: str, expected: Judged, uses: Uses
) -> None:
    assert uses.judge("planned_use", "letters", planned, use, DAY) == expected


ZONED = [
    ("allowed", "0701", Judged("conform")),
    ("allowed", "07", Judged("conform")),
    ("allowed", "1001", Judged("no rule", why="use_unruled")),
    ("banned", "1001", Judged("conflict")),
    ("banned", "1002", Judged("conditional")),
    ("banned", "10", Judged("conditional", why="use_too_coarse")),
    ("banned", "0101", Judged("conform")),
    ("silent", "0701", Judged("no rule", why="use_unruled")),
]


@pytest.mark.parametrize(("zone", "use", "expected"), ZONED)
def test_a_zone_says_what_its_row_says(zone: str, use: str, expected: Judged, uses: Uses) -> None:
    assert uses.judge("zone", "zones", zone, use, DAY) == expected


def test_a_part_of_a_row_that_is_silent_leaves_a_coarse_use_without_rule(tmp_path: Path) -> None:
    text = ZONE_TABLE.replace(
        "  banned: {conflict: ['07', '08', '10']", "  banned: {conflict: ['1001']"
    ).replace("conditional: ['1002'], ", "")
    asked = Uses([], tables(tmp_path, zone=text), SYSTEMS)
    assert asked.judge("zone", "zones", "banned", "10", DAY) == Judged("no rule", why="use_too_coarse")


def test_no_rule_before_its_first_day_and_from_its_last(uses: Uses) -> None:
    silent = Judged("no rule", why="no_table")
    assert uses.judge("zone", "zones", "allowed", "0701", date(2009, 12, 31)) == silent
    assert uses.judge("zone", "zones", "allowed", "0701", date(2010, 1, 1)) == Judged("conform")
    assert uses.judge("zone", "zones", "allowed", "0701", date(2030, 1, 1)) == silent
    assert uses.judge("nothing", "zones", "allowed", "0701", DAY) == silent


def test_no_rule_where_no_cross_walk_holds(uses: Uses) -> None:
    silent = Judged("no rule", why="no_crosswalk")
    assert uses.judge("planned_use", "letters", "R", "0701", date(2011, 12, 31)) == silent
    assert uses.judge("planned_use", "zones", "allowed", "0701", DAY) == silent
    assert uses.judge("planned_use", "runes", "R", "0701", DAY) == Judged("no rule", why="class_unmapped")


@pytest.mark.parametrize("use", ["R2", "9999", "", "07 01"])
def test_a_use_that_is_no_land_and_sea_use_is_refused(use: str, uses: Uses) -> None:
    with pytest.raises(Refused) as caught:
        uses.judge("planned_use", HUB, "0701", use, DAY)
    assert caught.value.code == "use_unknown"


def test_tables_survive_the_way_through_json(uses: Uses) -> None:
    stored = json.loads(json.dumps(to_body(uses.tables), sort_keys=True))
    again = from_body(stored)
    assert dict(again) == dict(uses.tables)
    rebuilt = Uses([WALK], again, SYSTEMS)
    assert rebuilt.judge("planned_use", HUB, "070102", "070101", DAY) == Judged("conditional")
    assert isinstance(again["zone"], Table)
    assert again["zone"].until == date(2030, 1, 1)


# what is wrong; of the example, this; becomes this; so (fault, stanza, key)
WRONG: list[tuple[str, str, str, tuple[str, str, str]]] = [
    ("unknown key at the top", "rows:\n", "row:\n", ("unknown_key", "-", "row")),
    ("unknown key in the head", "  note: 说明\n", "  remark: 说明\n", ("unknown_key", "table", "remark")),
    ("code of another file", "code: zone", "code: zones", ("mismatch", "table", "code")),
    ("no Chinese name", "  name: 分区表\n", "", ("missing", "table", "name")),
    ("unknown system", "system: zones", "system: runes", ("unknown_reference", "table", "system")),
    ("no first day", "  since: '2010-01-01'\n", "", ("missing", "table", "since")),
    ("an end before the beginning", "until: '2030-01-01'", "until: '2010-01-01'", ("out_of_range", "table", "until")),
    ("unknown law", "{law: guide,", "{law: rumour,", ("unknown_reference", "table.basis", "law")),
    ("unknown planned class", "  allowed: {", "  allowedd: {", ("unknown_reference", "rows", "allowedd")),
    ("unknown result", "banned: {conflict:", "banned: {forbid:", ("unknown_key", "rows.banned", "forbid")),
    ("unknown use", "['07', '08']}", "['07', 'R2']}", ("unknown_reference", "rows.allowed", "conform")),
    ("one use twice in a list", "['07', '08']}", "['07', '07']}", ("duplicate", "rows.allowed", "conform")),
    ("one use with two results", "conditional: ['1002']", "conditional: ['10']", ("duplicate", "rows.banned", "conflict")),
    ("unknown otherwise", "conform: ['01']}", "otherwise: perhaps}", ("not_allowed", "rows.banned", "otherwise")),
    ("a row that says nothing", "{conform: ['07', '08']}", "{}", ("empty", "rows", "allowed")),
    ("a list of nothing", "['07', '08']}", "[]}", ("empty", "rows.allowed", "conform")),
    ("no rows", ZONE_TABLE[ZONE_TABLE.index("rows:") :], "rows: {}\n", ("empty", "-", "rows")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "expected"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_a_table_with(old: str, new: str, expected: tuple[str, str, str], tmp_path: Path) -> None:
    assert ZONE_TABLE.count(old) == 1, f"the example must hold {old!r} exactly once"
    with pytest.raises(CatalogueError) as caught:
        tables(tmp_path, zone=ZONE_TABLE.replace(old, new))
    fault, stanza, key = expected
    assert (caught.value.params["fault"], caught.value.params["at"]) == (fault, f"zone.yaml:{stanza}:{key}")


def test_a_catalogue_without_the_intended_uses_takes_no_table(tmp_path: Path) -> None:
    (tmp_path / "zone.yaml").write_text(ZONE_TABLE, encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        load_tables(tmp_path, {"zones": SYSTEMS["zones"]}, LAWS)
    assert (caught.value.params["fault"], caught.value.params["key"]) == ("unknown_reference", "rows")
