"""The catalogue's reader: every way a stanza can be wrong is refused by name and place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from layers.catalogue import REGISTERS, join, load, load_registers, read_theme
from layers.model import GRADES, Catalogue, Grade, RasterSays, Theme, may_see, words_for
from layers.registers import Registers
from layers.strict_yaml import CatalogueError

FILE = "02_lines.yaml"
GOOD = """\
theme:
  code: lines
  name: 控制线
  name_en: Lines
  order: 2
defaults:
  department: natural_resources
  level: state
  cadence: yearly
  grade: internal
  coverage: district
  tolerance: 1.0
layers:
  farmland:
    name: 永久基本农田
    name_en: Permanent basic farmland
    kind: polygon
    style: farmland_core
    basis:
      - {law: land_administration_law, article: 第三十三条, standing: seen}
    identify: [YJJBNTTBBH]
    classify: DLBM
    class_system: gbt21010
    aliases: [YJJBNTBHTB]
  height:
    name: 高程
    name_en: Elevation
    kind: raster
    style: relief
    basis: [{law: basic_surveying_regulations, standing: memory}]
    raster: {unit: m, says_above: 0.0}
"""


@pytest.fixture(scope="module")
def ground() -> Registers:
    return load_registers(REGISTERS)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


def refused(text: str | bytes, ground: Registers) -> dict[str, Any]:
    data = text.encode() if isinstance(text, str) else text
    with pytest.raises(CatalogueError) as caught:
        join([(FILE, *read_theme(data, FILE, ground))], ground)
    assert caught.value.code == "catalogue"
    params = caught.value.params
    assert params["file"] == FILE
    assert params["at"] == f"{FILE}:{params['stanza']}:{params['key']}"
    assert params["expected"]
    assert params["got"]
    return params


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) == 1, f"the example must hold {old!r} exactly once"
    return GOOD.replace(old, new)


# --- what is right ----------------------------------------------------------------------------------------------------


def test_a_stanza_inherits_what_it_does_not_say(ground: Registers) -> None:
    theme, (farmland, height) = read_theme(GOOD.encode(), FILE, ground)
    assert theme == Theme("lines", "控制线", "Lines", 2)
    assert (farmland.department, farmland.level, farmland.tolerance_m) == ("natural_resources", "state", 1.0)
    assert farmland.status == "in_force"
    assert farmland.basis[0].title == "中华人民共和国土地管理法"
    assert farmland.basis[0].source == ground.laws["land_administration_law"].source
    assert height.raster == RasterSays("m", 0.0)
    assert height.identify == ()


def test_a_stanza_says_otherwise_than_its_defaults(ground: Registers) -> None:
    text = changed("    raster: {unit", "    grade: secret\n    raster: {unit")
    _, (farmland, height) = read_theme(text.encode(), FILE, ground)
    assert (farmland.grade, height.grade) == ("internal", "secret")
    assert (farmland.coarse, height.coarse) == ("hit", "ask")


@pytest.mark.parametrize(("grade", "coarse"), [("internal", "ask"), ("secret", "hit")])
def test_a_stanza_may_say_more_or_less_to_those_below_its_grade(grade: str, coarse: str, ground: Registers) -> None:
    text = changed("    raster: {unit", f"    grade: {grade}\n    coarse: {coarse}\n    raster: {{unit")
    _, (_, height) = read_theme(text.encode(), FILE, ground)
    assert (height.grade, height.coarse) == (grade, coarse)
    assert height.summary()["coarse"] == coarse


@pytest.mark.parametrize("viewer", GRADES)
def test_a_grade_sees_its_own_and_what_is_below(viewer: Grade) -> None:
    seen = [grade for grade in GRADES if may_see(viewer, grade)]
    assert seen == list(GRADES[: GRADES.index(viewer) + 1])
    assert may_see(viewer, None) is may_see(viewer, "internal")


def test_what_areas_may_do_to_each_other_is_asked_of_areas_alone(ground: Registers) -> None:
    text = changed("  tolerance: 1.0", "  tolerance: 1.0\n  topology: no_overlaps").replace(
        "    classify: DLBM\n", "    classify: DLBM\n    topology_when: before\n"
    )
    _, (farmland, height) = read_theme(text.encode(), FILE, ground)
    assert (farmland.topology, farmland.topology_when) == ("no_overlaps", "before")
    assert (height.topology, height.topology_when) == ("none", "after")
    _, (unsaid, _) = read_theme(GOOD.encode(), FILE, ground)
    assert (unsaid.topology, unsaid.topology_when) == ("none", "after")


def test_a_bom_and_windows_line_ends_are_no_fault(ground: Registers) -> None:
    data = b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode()
    assert read_theme(data, FILE, ground) == read_theme(GOOD.encode(), FILE, ground)


# --- what a stanza says -----------------------------------------------------------------------------------------------
# what is wrong; of the example, this; becomes this; so (fault, stanza, key)
WRONG: list[tuple[str, str, str, tuple[str, str, str]]] = [
    ("unknown key", "    kind: polygon\n", "    kind: polygon\n    colour: red\n", ("unknown_key", "farmland", "colour")),
    ("code inside a stanza", "    kind: polygon\n", "    kind: polygon\n    code: x\n", ("unknown_key", "farmland", "code")),
    ("unknown default", "  grade: internal\n", "  grade: internal\n  style: x\n", ("unknown_key", "defaults", "style")),
    ("unknown key at the top", "defaults:\n", "default:\n", ("unknown_key", "-", "default")),
    ("unknown key in the header", "  order: 2\n", "  order: 2\n  icon: x\n", ("unknown_key", "theme", "icon")),
    ("no name", "    name: 永久基本农田\n", "", ("missing", "farmland", "name")),
    ("no English name", "    name_en: Elevation\n", "", ("missing", "height", "name_en")),
    ("no kind", "    kind: raster\n", "", ("missing", "height", "kind")),
    ("no style", "    style: relief\n", "", ("missing", "height", "style")),
    ("no basis", "    basis: [{law: basic_surveying_regulations, standing: memory}]\n", "", ("missing", "height", "basis")),
    ("no department", "  department: natural_resources\n", "", ("missing", "farmland", "department")),
    ("no identifying attribute", "    identify: [YJJBNTTBBH]\n", "", ("missing", "farmland", "identify")),
    ("no unit of a raster", "    raster: {unit: m, says_above: 0.0}\n", "", ("missing", "height", "raster")),
    ("raster without unit", "{unit: m, says_above: 0.0}", "{says_above: 0.0}", ("missing", "height.raster", "unit")),
    ("no theme", GOOD[: GOOD.index("defaults")], "", ("missing", "-", "theme")),
    ("no law", "{law: basic_surveying_regulations, ", "{", ("missing", "height.basis", "law")),
    ("no standing", ", standing: seen}", "}", ("missing", "farmland.basis", "standing")),
    ("empty key", "    classify: DLBM\n", "    classify:\n", ("empty", "farmland", "classify")),
    ("empty list", "aliases: [YJJBNTBHTB]", "aliases: []", ("empty", "farmland", "aliases")),
    ("empty text", "    name_en: Elevation\n", "    name_en: ''\n", ("empty", "height", "name_en")),
    ("empty basis", "basis: [{law: basic_surveying_regulations, standing: memory}]", "basis: []", ("empty", "height", "basis")),
    ("not filled in", "department: natural_resources", "department: to_fill", ("to_fill", "defaults", "department")),
    ("attribute not filled in", "[YJJBNTTBBH]", "[to_fill]", ("to_fill", "farmland", "identify")),
    ("number for a name", "name_en: Elevation", "name_en: 7", ("wrong_type", "height", "name_en")),
    ("list for a name", "name_en: Elevation", "name_en: [a]", ("wrong_type", "height", "name_en")),
    ("text for a number", "tolerance: 1.0", "tolerance: wide", ("wrong_type", "defaults", "tolerance")),
    ("truth for a number", "tolerance: 1.0", "tolerance: true", ("wrong_type", "defaults", "tolerance")),
    ("text for a list", "aliases: [YJJBNTBHTB]", "aliases: YJJBNTBHTB", ("wrong_type", "farmland", "aliases")),
    ("number in a list", "aliases: [YJJBNTBHTB]", "aliases: [3]", ("wrong_type", "farmland", "aliases")),
    ("text for basis", "basis: [{law: basic_surveying_regulations, standing: memory}]", "basis: law", ("wrong_type", "height", "basis")),
    ("texts in basis", "[{law: basic_surveying_regulations, standing: memory}]", "[law]", ("wrong_type", "height", "basis")),
    ("text for raster", "raster: {unit: m, says_above: 0.0}", "raster: m", ("wrong_type", "height", "raster")),
    ("text for a stanza", "  height:\n", "  depth: m\n  height:\n", ("wrong_type", "depth", "depth")),
    ("half an order", "order: 2", "order: 2.5", ("wrong_type", "theme", "order")),
    ("unknown kind", "kind: raster", "kind: grid", ("not_allowed", "height", "kind")),
    ("unknown level", "level: state", "level: village", ("not_allowed", "defaults", "level")),
    ("unknown cadence", "cadence: yearly", "cadence: often", ("not_allowed", "defaults", "cadence")),
    ("unknown grade", "grade: internal", "grade: hidden", ("not_allowed", "defaults", "grade")),
    ("unknown coarse answer", "  grade: internal\n", "  grade: internal\n  coarse: map\n", ("not_allowed", "defaults", "coarse")),
    ("unknown coverage", "coverage: district", "coverage: all", ("not_allowed", "defaults", "coverage")),
    ("unknown status", "    kind: raster\n", "    kind: raster\n    status: old\n", ("not_allowed", "height", "status")),
    ("unknown standing", "standing: seen", "standing: sure", ("not_allowed", "farmland.basis", "standing")),
    ("code in capitals", "  height:\n", "  Height:\n", ("not_allowed", "Height", "code")),
    ("code of one letter", "  height:\n", "  h:\n", ("not_allowed", "h", "code")),
    ("attribute with a blank", "classify: DLBM", "classify: DL BM", ("not_allowed", "farmland", "classify")),
    ("alias with a slash", "[YJJBNTBHTB]", "[a/b]", ("not_allowed", "farmland", "aliases")),
    ("name of two lines", "name_en: Elevation", 'name_en: "a\\nb"', ("not_allowed", "height", "name_en")),
    ("name with blanks around", "name_en: Elevation", "name_en: ' a '", ("not_allowed", "height", "name_en")),
    ("endless name", "name_en: Elevation", f"name_en: {'a' * 501}", ("not_allowed", "height", "name_en")),
    ("no tolerance at all", "tolerance: 1.0", "tolerance: 0", ("out_of_range", "defaults", "tolerance")),
    ("a tolerance of a district", "tolerance: 1.0", "tolerance: 20000", ("out_of_range", "defaults", "tolerance")),
    ("order below zero", "order: 2", "order: -1", ("out_of_range", "theme", "order")),
    ("unknown department", "department: natural_resources", "department: nr", ("unknown_reference", "defaults", "department")),
    ("unknown style", "style: relief", "style: pretty", ("unknown_reference", "height", "style")),
    ("unknown law", "law: basic_surveying_regulations", "law: my_law", ("unknown_reference", "height.basis", "law")),
    ("unknown class system", "class_system: gbt21010", "class_system: mine", ("unknown_reference", "farmland", "class_system")),
    ("alias twice", "[YJJBNTBHTB]", "[X1, X1]", ("duplicate", "farmland", "aliases")),
    ("alias of another layer", "    raster: {unit", "    aliases: [yjjbntbhtb]\n    raster: {unit", ("duplicate", "height", "aliases")),
    ("alias that is a code", "    raster: {unit", "    aliases: [FARMLAND]\n    raster: {unit", ("duplicate", "height", "aliases")),
    ("name of another layer", "name: 高程", "name: 永久基本农田", ("duplicate", "height", "name")),
    ("style of another kind", "style: relief", "style: farmland_core", ("mismatch", "height", "style")),
    ("raster with attributes", "    raster: {unit", "    identify: [BSM]\n    raster: {unit", ("mismatch", "height", "identify")),
    ("polygon with a unit", "    classify: DLBM\n", "    classify: DLBM\n    raster: {unit: m}\n", ("mismatch", "farmland", "raster")),
    ("slope of unknown ground", "{unit: m, says_above: 0.0}", "{unit: degree, derived_from: hills}", ("unknown_reference", "height.raster", "derived_from")),
    ("raster whose cells overlap", "    raster: {unit", "    topology: none\n    raster: {unit", ("mismatch", "height", "topology")),
    ("topology at no time", "    classify: DLBM\n", "    classify: DLBM\n    topology_when: before\n", ("missing", "farmland", "topology")),
    ("topology unheard of", "    classify: DLBM\n", "    classify: DLBM\n    topology: perfect\n", ("not_allowed", "farmland", "topology")),
    ("slope of features", "{unit: m, says_above: 0.0}", "{unit: degree, derived_from: farmland}", ("mismatch", "height.raster", "derived_from")),
    ("slope of itself", "{unit: m, says_above: 0.0}", "{unit: degree, derived_from: height}", ("mismatch", "height.raster", "derived_from")),
    ("derived in metres", "{unit: m, says_above: 0.0}", "{unit: m, derived_from: farmland}", ("mismatch", "height.raster", "unit")),
    ("palette of other classes", "style: farmland_core", "style: land_use", ("mismatch", "farmland", "style")),
    ("class system without attribute", "    classify: DLBM\n", "", ("missing", "farmland", "classify")),
    ("seen without a source", "standing: memory", "standing: seen", ("missing", "height.basis", "source")),
    ("source though not seen", "standing: memory", "standing: memory, source: x", ("mismatch", "height.basis", "source")),
    ("demo standing of a real law", "standing: memory", "standing: demo", ("mismatch", "height.basis", "standing")),
    ("a real standing of a demo law", "law: basic_surveying_regulations", "law: district_catalogue", ("mismatch", "height.basis", "standing")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "expected"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_a_stanza_with(old: str, new: str, expected: tuple[str, str, str], ground: Registers) -> None:
    params = refused(changed(old, new), ground)
    assert (params["fault"], params["stanza"], params["key"]) == expected


def test_an_error_names_its_line(ground: Registers) -> None:
    params = refused(changed("style: relief", "style: pretty"), ground)
    assert GOOD.splitlines()[params["line"] - 1].strip() == "style: relief"


def test_a_code_in_two_themes(ground: Registers) -> None:
    one = read_theme(GOOD.encode(), FILE, ground)
    two = read_theme(
        GOOD.replace("code: lines", "code: more").replace("order: 2", "order: 3").encode(), "03.yaml", ground
    )
    with pytest.raises(CatalogueError) as caught:
        join([(FILE, *one), ("03.yaml", *two)], ground)
    assert caught.value.params["at"] == "03.yaml:farmland:code"
    assert caught.value.params["fault"] == "duplicate"


@pytest.mark.parametrize(("change", "key"), [(("x", "x"), "code"), (("code: lines", "code: more"), "order")])
def test_two_themes_with_one(change: tuple[str, str], key: str, ground: Registers) -> None:
    one = read_theme(GOOD.encode(), FILE, ground)
    two = read_theme(GOOD.replace(*change).encode(), "03.yaml", ground)
    with pytest.raises(CatalogueError) as caught:
        join([(FILE, *one), ("03.yaml", two[0], [])], ground)
    assert (caught.value.params["fault"], caught.value.params["key"]) == ("duplicate", key)


def test_a_folder_without_themes(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError) as caught:
        load(tmp_path)
    assert caught.value.params["fault"] == "missing"


# --- finding ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("YJJBNTBHTB", "permanent_basic_farmland"),
        ("yjjbntbhtb", "permanent_basic_farmland"),
        ("ＹＪＪＢＮＴＢＨＴＢ", "permanent_basic_farmland"),
        ("永久基本农田", "permanent_basic_farmland"),
        (" STBHHX ", "ecological_red_line"),
        ("CZKFBJ", "town_development_boundary"),
        ("DLTB", "land_use_survey"),
        ("XZQ", "district"),
        ("statutory_plan", "statutory_plan"),
    ],
)
def test_a_file_name_finds_its_layer(name: str, code: str, catalogue: Catalogue) -> None:
    layer = catalogue.find(name)
    assert layer is not None
    assert layer.code == code


@pytest.mark.parametrize("name", ["", "YJJBNTBHTB_2", "farmland", "永久"])
def test_a_name_that_only_resembles_finds_nothing(name: str, catalogue: Catalogue) -> None:
    assert catalogue.find(name) is None


def test_every_word_of_every_layer_finds_it(catalogue: Catalogue) -> None:
    for layer in catalogue.layers.values():
        for word in words_for(layer):
            assert catalogue.find(word) is layer
