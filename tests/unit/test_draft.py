"""A draft catalogue: refused as long as a question is open, loaded once the last is answered, whatever the files were called."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.catalogue import REGISTERS, join, load_registers, read_theme
from layers.draft import DraftEntry, code_for, draft
from layers.strict_yaml import CatalogueError

FILE = "guessed.yaml"
GROUND = load_registers(REGISTERS)


ENTRIES = [
    DraftEntry("BASEMAP_Buildings", "polygon", "a/BASEMAP_Buildings.shp", ("BLDG_ID",), "TYPE"),
    DraftEntry("BASEMAP_Buildings", "polygon", "b/BASEMAP_Buildings.shp", ("BLDG_ID",), "TYPE"),
    DraftEntry("永久 基本农田", "polygon", "永久 基本农田.geojson"),
    DraftEntry("it's: [odd] #1", "line", "x\n  evil: 1.shp", ("Shape.STLength()", "ID"), "a b"),
    DraftEntry("2024", "point", "2024.csv", ("no",)),
    DraftEntry("dem", "raster", "dem.tif"),
]


def filled(text: str) -> str:
    return (
        text.replace("department: to_fill", "department: natural_resources")
        .replace("status: to_fill", "status: in_force")
        .replace("name_en: 'to_fill'", "name_en: A name")
        .replace("identify: [to_fill]", "identify: [BSM]")
        .replace("unit: to_fill", "unit: m")
    )


def test_a_draft_is_refused_until_it_is_filled_in() -> None:
    with pytest.raises(CatalogueError) as caught:
        read_theme(draft(ENTRIES).encode(), FILE, GROUND)
    params = caught.value.params
    assert (params["fault"], params["stanza"], params["key"]) == ("to_fill", "defaults", "department")


def test_a_draft_loads_once_it_is_filled_in() -> None:
    theme, found = read_theme(filled(draft(ENTRIES)).encode(), FILE, GROUND)
    joined = join([(FILE, theme, found)], GROUND)
    assert [layer.kind for layer in found] == [entry.kind for entry in ENTRIES]
    assert {basis.standing for layer in found for basis in layer.basis} == {"demo"}
    assert {layer.coverage for layer in found} == {"none"}
    assert {layer.status for layer in found} == {"in_force"}
    assert found[0].code == "basemap_buildings"
    assert found[1].code == "basemap_buildings_2"
    assert (found[0].identify, found[0].classify) == (("BLDG_ID",), "TYPE")
    assert (found[3].identify, found[3].classify) == (("ID",), None)
    assert joined.find("永久 基本农田") is found[2]


def test_a_draft_says_which_keys_to_fill_in() -> None:
    text = draft(ENTRIES)
    comments = "\n".join(row for row in text.splitlines() if row.lstrip().startswith("#"))
    for key in ("department", "status", "name_en", "identify", "unit", "basis", "coverage", "to_fill"):
        assert key in comments
    assert "a/BASEMAP_Buildings.shp" in comments
    assert "\n  evil" not in text


def test_a_draft_of_nothing_is_refused_as_empty() -> None:
    with pytest.raises(CatalogueError) as caught:
        read_theme(filled(draft([])).encode(), FILE, GROUND)
    params = caught.value.params
    assert (params["fault"], params["key"]) == ("empty", "layers")


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.text(max_size=30), st.text(max_size=30), st.text(max_size=12)), min_size=1, max_size=4
    )
)
def test_any_names_make_a_draft_that_loads(found: list[tuple[str, str, str]]) -> None:
    entries = [DraftEntry(name, "polygon", source, (field,), field) for name, source, field in found]
    theme, layers_read = read_theme(filled(draft(entries)).encode(), FILE, GROUND)
    assert len(join([(FILE, theme, layers_read)], GROUND).layers) == len(entries)


@pytest.mark.parametrize(
    ("name", "taken", "code"),
    [
        ("BASEMAP_Buildings.gdb", (), "basemap_buildings_gdb"),
        ("Café", (), "cafe"),
        ("2024 plan", (), "layer_2024_plan"),
        ("x", (), "layer_x"),
        ("roads", ("roads", "roads_2"), "roads_3"),
        ("A" * 200, (), "a" * 48),
    ],
)
def test_a_code_for_a_name(name: str, taken: tuple[str, ...], code: str) -> None:
    assert code_for(name, taken) == code


def test_a_code_for_a_name_without_latin_letters_is_stable() -> None:
    assert code_for("道路") == code_for("道路") != code_for("河流")
    assert code_for("道路").startswith("layer_")
