"""The use tables as a planner reads them: planned class down, intended use across, one sign in each field.

O  conforms        ?  the table has no rule
+  under conditions  x  conflicts        ~  tell the use more closely first
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from layers.catalogue import load
from layers.codes import lineage
from layers.crosswalk import FOLDER, load_crosswalks
from workflows.site_check.rulebook import uses
from workflows.site_check.rulebook.uses import USES, Judged, Uses, load_tables

CATALOGUE = load()
TABLES = load_tables(Path(uses.__file__).parents[1] / "tables", CATALOGUE.classes, CATALOGUE.laws)
ASKED = Uses(load_crosswalks(FOLDER, CATALOGUE.classes, CATALOGUE.laws), TABLES, CATALOGUE.classes)
DAY = date(2026, 6, 1)
HUB = CATALOGUE.classes[USES]
BUILT = ("07", "08", "09", "10", "11", "12", "13", "15", "16")

DRAWN = """
planned_use land_sea_use_2023
          01 03 0601 0701 070102 0702 0803 080403 080404 0804 0901 0902 100101 100103 1101 1207 120803 1303 1401 16 1701
0101      ~  +  +    x    x      x    x    x      x      x    x    x    x      x      x    x    x      x    x    x  x
03        x  O  +    x    x      x    x    x      x      x    x    x    x      x      x    x    x      x    x    x  x
0701      x  x  x    O    O      +    ~    x      +      ~    ~    x    x      x      x    +    +      x    +    x  x
070102    x  x  x    ~    O      +    ~    x      +      ~    ~    x    x      x      x    +    +      x    +    x  x
0702      x  x  x    x    x      O    +    x      +      ~    ~    x    x      x      x    x    +      x    +    x  x
0801      x  x  x    x    x      +    +    +      +      +    x    x    x      x      x    x    +      x    +    x  x
080403    x  x  x    x    x      x    x    O      +      ~    x    x    x      x      x    x    x      x    x    x  x
0901      x  x  x    x    x      +    +    x      x      x    O    +    x      x      x    x    +      x    x    x  x
1001      x  x  x    x    x      x    x    x      x      x    x    x    O      O      +    x    +      +    x    x  x
100101    x  x  x    x    x      x    x    x      x      x    x    x    O      x      ~    x    +      x    x    x  x
1207      x  x  x    x    x      x    x    x      x      x    x    x    x      x      x    O    +      x    x    x  x
1303      x  x  x    x    x      x    x    x      x      x    x    x    x      x      x    x    +      O    x    x  x
1401      +  O  x    x    x      x    x    x      x      x    x    x    x      x      x    x    x      x    O    x  O
16        +  +  +    +    +      +    +    +      +      +    +    +    +      +      +    +    +      +    +    O  +
1701      x  x  x    x    x      x    x    x      x      x    x    x    x      x      x    x    x      x    x    x  O

planned_use gb50137
          0701 070102 0702 0803 080403 0804 0901 0902 1001 100101 100103 1101 110101 1207 120803 1303 1401 1503 1703
R2        ~    O      +    ~    x      ~    ~    x    x    x      x      x    x      +    +      x    +    x    x
A33       x    x      x    x    O      ~    x    x    x    x      x      x    x      x    x      x    x    x    x
A9        x    x      x    x    x      x    x    x    x    x      x      x    x      x    x      x    x    O    x
B1        x    x      +    +    x      x    O    +    x    x      x      x    x      x    +      x    x    x    x
M1        x    x      x    x    x      x    x    x    ~    O      x      ~    +      x    +      x    x    x    x
W1        x    x      x    x    x      x    ~    x    ~    +      x      ~    O      x    +      x    x    x    x
S42       x    x      x    x    x      x    +    +    x    x      x      x    x      +    O      x    x    x    x
G1        x    x      x    x    x      x    x    x    x    x      x      x    x      x    x      x    O    x    O
H         ?    ?      ?    ?    ?      ?    ?    ?    ?    ?      ?      ?    ?      ?    ?      ?    ?    ?    ?
E12       x    x      x    x    x      x    x    x    x    x      x      x    x      x    x      x    x    x    O

planned_use sz_letters
          0701 0803 0804 080403 0805 09 0901 0902 100101 1303 1401 16
C1        x    +    x    x      +    O  O    O    x      x    x    x
GIC5      x    +    O    O      +    x  x    x    x      x    x    x
M0        ?    ?    ?    ?      ?    ?  ?    ?    ?      ?    ?    ?
E9        +    +    +    +      +    +  +    +    +      +    +    O

land_use_zone land_use_zone
          0101 02 03 0601 060102 0701 0703 0804 0901 1001 1002 1202 1303 1401 1504 16 1703
010       O    x  x  ~    +      x    x    x    x    x    x    x    x    x    x    x  x
020       O    O  +  O    O      x    x    x    x    x    x    x    x    x    x    x  x
030       +    +  +  +    +      O    +    O    O    O    +    O    O    O    +    O  +
040       +    +  +  O    O      +    O    O    +    +    +    +    O    O    +    +  +
050       +    +  +  +    +      x    x    x    x    O    O    O    O    +    +    +  x
060       +    +  O  +    +      x    x    x    ~    x    x    +    +    O    +    x  O
070       +    +  O  x    x      x    x    x    x    x    x    x    x    x    x    x  O
080       +    +  O  x    x      x    x    x    x    x    x    x    x    x    +    x  O
090       x    +  O  +    +      x    x    x    x    x    x    x    x    x    x    x  +
100       x    +  +  +    +      x    x    x    x    x    x    x    x    x    x    x  +
990       ?    ?  ?  ?    ?      ?    ?    ?    ?    ?    ?    ?    ?    ?    ?    ?  ?

control_zone control_zone
          0101 03 0602 0701 0804 1001 1002 1202 1207 1303 1401 15 16
010       O    O  O    O    O    O    O    O    O    O    O    O  O
020       O    O  O    +    +    +    +    +    +    +    +    +  +
030       O    O  O    x    x    x    +    +    x    +    +    +  x
040       O    O  +    x    x    x    x    x    x    x    x    x  x

spatial_plan_zone spatial_plan_zone
          0101 03 0602 0701 0703 0804 1001 1002 1202 1303 1401 1703 1802
100       +    O  x    x    x    x    x    x    x    x    x    O    x
200       +    O  +    x    +    x    x    x    +    +    +    O    x
300       O    x  ~    x    x    x    x    x    x    x    x    x    x
400       +    +  +    O    +    O    O    x    O    O    O    +    x
500       O    O  O    x    O    +    +    x    +    +    +    O    x
600       x    x  x    x    x    x    x    x    x    x    x    x    O
700       +    +  +    x    x    x    +    O    +    +    +    x    x

town_zone town_zone
             0101 03 0701 0703 0804 1001 1002 1207 1303 1401 16 1703
concentrated +    +  O    +    O    O    x    O    O    O    O  +
flexible     O    O  +    +    +    +    x    +    +    O    +  O
special      +    O  x    x    x    x    x    +    +    O    x  O

function_area function_area
              0101 03 0701 0802 080403 0901 0902 100101 100103 1101 1207 1303 1401
centre        x    x  +    O    O      O    O    +      x      x    O    O    O
innovation    x    x  +    O    O      +    O    O      x      ~    O    O    O
manufacturing x    x  +    +    x      +    +    O      O      O    O    O    O
living        x    x  O    O    O      O    +    +      x      x    O    O    O
ecology       O    O  x    x    x      x    x    x      x      x    +    +    O
"""


def _fields() -> list[tuple[str, str, str, str, str]]:
    found = []
    for block in DRAWN.strip().split("\n\n"):
        head, across, *rows = block.splitlines()
        table, system = head.split()
        for row in rows:
            planned, *signs = row.split()
            found += [
                (table, system, planned, use, sign) for use, sign in zip(across.split(), signs, strict=True)
            ]
    return found


def sign(judged: Judged) -> str:
    if judged.result == "conditional":
        return "~" if judged.why == "use_too_coarse" else "+"
    return {"conform": "O", "conflict": "x", "no rule": "?"}[judged.result]


@pytest.mark.parametrize(
    ("table", "system", "planned", "use", "drawn"),
    [pytest.param(*field, id="{}: {} {} against {} {}".format(*field)) for field in _fields()],
)
def test_field(table: str, system: str, planned: str, use: str, drawn: str) -> None:
    assert sign(ASKED.judge(table, system, planned, use, DAY)) == drawn


# Classes on which a table is silent on purpose.
SILENT = {"land_use_zone": {"990"}}


@pytest.mark.parametrize("table", TABLES)
def test_every_class_of_a_tables_system_has_a_row(table: str) -> None:
    silent = SILENT.get(table, set())
    for planned in CATALOGUE.classes[TABLES[table].system].classes:
        assert (TABLES[table].row(planned) is None) == (planned in silent), planned


@pytest.mark.parametrize("table", TABLES)
def test_every_table_has_a_basis_both_names_and_says_what_is_its_own_judgement(table: str) -> None:
    said = TABLES[table]
    assert said.basis
    assert said.note
    assert said.name != said.name_en
    assert said.name_en.isascii()


@pytest.mark.parametrize("planned", HUB.classes)
def test_a_use_within_the_planned_one_conforms_and_a_coarser_one_is_asked_about(planned: str) -> None:
    for use in HUB.classes:
        judged = ASKED.judge("planned_use", USES, planned, use, DAY)
        if planned in lineage(use):
            assert judged == Judged("conform")
        elif use in lineage(planned):
            assert judged == Judged("conditional", why="use_too_coarse")
        else:
            assert judged.result != "no rule"


def _under(*tops: str) -> list[str]:
    return [code for code in HUB.classes if set(lineage(code)) & set(tops)]


@pytest.mark.parametrize("planned", _under("01", "02", "03", "04", "05", "14", "17"))
def test_nothing_is_built_on_planned_farmland_forest_wetland_green_or_water(planned: str) -> None:
    for use in _under(*BUILT):
        assert ASKED.judge("planned_use", USES, planned, use, DAY).result == "conflict", use


@pytest.mark.parametrize("zone", ["010", "020"])
def test_no_built_use_goes_into_a_farmland_zone_unless_it_serves_water(zone: str) -> None:
    for use in _under(*BUILT, "14"):
        judged = ASKED.judge("land_use_zone", "land_use_zone", zone, use, DAY)
        assert judged.result == "conflict" or (zone == "020" and use in ("13", "1311")), use


def test_the_permitted_construction_zone_takes_every_built_use_and_the_prohibited_none() -> None:
    for use in _under(*BUILT, "14"):
        assert ASKED.judge("control_zone", "control_zone", "010", use, DAY).result == "conform", use
        assert ASKED.judge("control_zone", "control_zone", "040", use, DAY).result == "conflict", use


def test_reserved_land_settles_nothing() -> None:
    for use in _under(*BUILT, "14"):
        expected = "conform" if use == "16" else "conditional"
        assert ASKED.judge("planned_use", USES, "16", use, DAY).result == expected, use
