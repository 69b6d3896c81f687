"""Departments, laws, class systems and styles: every way a register can be wrong is refused by name."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from layers.catalogue import REGISTERS, load
from layers.model import Catalogue
from layers.registers import load_registers
from layers.strict_yaml import CatalogueError


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


BROKEN: list[tuple[str, str, str, str, tuple[str, str, str]]] = [
    ("no file", "laws.yaml", "", "", ("missing", "-", "-")),
    ("department without Chinese", "departments.yaml", "zh: 交通运输局, ", "", ("missing", "transport", "zh")),
    ("department with a telephone", "departments.yaml", "{zh: 交通运输局", "{tel: a, zh: 交通运输局", ("unknown_key", "transport", "tel")),
    ("department with a bad code", "departments.yaml", "transport: ", "Transport-1: ", ("not_allowed", "Transport-1", "code")),
    ("department that is a word", "departments.yaml", "transport: {", "tram: x\ntransport: {", ("wrong_type", "tram", "tram")),
    ("law of unknown standing", "laws.yaml", "standing: demo", "standing: rumour", ("not_allowed", "district_catalogue", "standing")),
    ("law seen nowhere", "laws.yaml", "standing: demo", "standing: seen", ("missing", "district_catalogue", "source")),
    ("source of a remembered law", "laws.yaml", "standing: demo", "standing: demo\n  source: x", ("mismatch", "district_catalogue", "source")),
    ("class system of no law", "classes.yaml", "law: gb50137", "law: gb1", ("unknown_reference", "gb50137", "law")),
    ("class with a bad code", "classes.yaml", "    R11:", "    R 11:", ("not_allowed", "R 11", "code")),
    ("two classes of one name", "classes.yaml", "zh: 一类住宅用地", "zh: 二类住宅用地", ("duplicate", "gb50137.R21", "zh")),
    ("class without English", "classes.yaml", ", en: Class 1 housing", "", ("missing", "gb50137.R11", "en")),
    ("unknown hierarchy", "classes.yaml", "  hierarchy: prefix\n  classes:\n    R:", "  hierarchy: tree\n  classes:\n    R:", ("not_allowed", "sz_letters", "hierarchy")),
    ("style of no kind", "styles.yaml", "relief: {kind: raster, ", "relief: {", ("missing", "relief", "kind")),
    ("colour by name", "styles.yaml", "outline: '#8A6100'", "outline: red", ("not_allowed", "farmland_core", "outline")),
    ("line with a fill", "styles.yaml", "  road: {kind: line,", "  road: {kind: line, fill: '#FFFFFF',", ("unknown_key", "road", "fill")),
    ("point without a shape", "styles.yaml", ", shape: circle}\n  address", "}\n  address", ("missing", "place_name", "shape")),
    ("line drawn as an area", "styles.yaml", "pattern: rail}\n  water", "pattern: dots}\n  water", ("not_allowed", "railway", "pattern")),
    ("width of a hand", "styles.yaml", "outline: '#8A6100', width: 1.6", "outline: '#8A6100', width: 100", ("out_of_range", "farmland_core", "width")),
    ("fill and palette", "styles.yaml", "land_use: {kind: polygon,", "land_use: {kind: polygon, fill: '#FFFFFF',", ("mismatch", "land_use", "palette")),
    ("unknown palette", "styles.yaml", "palette: reserve_zone", "palette: zones", ("unknown_reference", "nature_reserve", "palette")),
    ("palette of no class system", "styles.yaml", "\n  reserve_zone:\n", "\n  reserve:\n", ("unknown_reference", "-", "palettes")),
    ("palette of an unknown class", "styles.yaml", "    buffer: '", "    buffers: '", ("unknown_key", "reserve_zone", "buffers")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN]
)
def test_a_register_with(
    file: str, old: str, new: str, expected: tuple[str, str, str], tmp_path: Path
) -> None:
    for register in REGISTERS.glob("*.yaml"):
        shutil.copy(register, tmp_path)
    path = tmp_path / file
    if old:
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{file} must hold {old!r} exactly once"
        path.write_text(text.replace(old, new), encoding="utf-8")
    else:
        path.unlink()
    with pytest.raises(CatalogueError) as caught:
        load_registers(tmp_path)
    params = caught.value.params
    assert params["file"] == file
    assert (params["fault"], params["stanza"], params["key"]) == expected


def test_a_class_is_found_by_code_and_by_name(catalogue: Catalogue) -> None:
    uses = catalogue.classes["land_sea_use_2023"]
    assert uses.find("0701") is uses.classes["0701"]
    assert uses.find(" 城镇住宅用地 ") is uses.classes["0701"]
    assert uses.find("9999") is None
    assert catalogue.classes["gb50137"].find("r2") is catalogue.classes["gb50137"].classes["R2"]


def test_a_class_lies_under_the_longest_code_that_begins_it(catalogue: Catalogue) -> None:
    uses = catalogue.classes["land_sea_use_2023"]
    parent = uses.parent("070102")
    top = uses.top("070102")
    assert parent is not None
    assert top is not None
    assert (parent.code, top.code) == ("0701", "07")
    assert uses.parent("07") is None
    assert uses.parent("nothing") is None
    assert uses.top("nothing") is None
    assert catalogue.classes["noise_function"].parent("4a") is None


def test_the_land_and_sea_use_classes_have_24_tops_and_whole_branches(catalogue: Catalogue) -> None:
    uses = catalogue.classes["land_sea_use_2023"]
    assert [entry.code for entry in uses.tops()] == [f"{n:02d}" for n in range(1, 25)]
    for code in uses.classes:
        above = uses.parent(code)
        assert len(code) == 2 or (above is not None and len(above.code) == len(code) - 2)


def test_a_colour_is_the_classes_own_or_that_of_the_class_above(catalogue: Catalogue) -> None:
    palette = catalogue.palettes["land_sea_use_2023"]
    assert catalogue.colour("land_use", "0703") == palette["0703"]
    assert catalogue.colour("land_use", "070301") == palette["0703"]
    assert catalogue.colour("land_use", "0904") == palette["09"]
    assert catalogue.colour("land_use", None) is None
    assert catalogue.colour("farmland_core", "0101") == catalogue.styles["farmland_core"].fill
