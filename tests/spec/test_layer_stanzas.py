"""Each stanza of the catalogue is one named test: what a planner may count on about every layer that Hetu knows."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from layers.catalogue import THEMES, load
from layers.model import Layer
from workflows.site_check.rulebook import book as rulebook

CATALOGUE = load()
HAN = re.compile(r"[一-鿿]")


@pytest.fixture(scope="module")
def book() -> rulebook.Rulebook:
    return rulebook.read(CATALOGUE)


DEMANDED = {
    "administrative": "district subdistrict community building road_centreline water_body place_name land_parcel block",
    "control_lines": "permanent_basic_farmland ecological_red_line town_development_boundary",
    "comprehensive_plan": "comprehensive_plan",
    "land_use_plan": "land_use_master_plan",
    "statutory_plans": "statutory_plan statutory_plan_extent",
    "detailed_plans": "detailed_plan renewal_unit renewal_parcel",
    "forest_ecology": "forest_red_line basic_ecological_control_line nature_reserve forest_park wetland_park",
    "water": "water_source_protection river_management flood_risk_zone",
    "colour_lines": "city_green_line city_blue_line city_purple_line city_yellow_line city_orange_line heritage_site",
    "transport": "road_red_line rail_protection",
    "utilities": "power_corridor gas_pipeline water_main microwave_corridor",
    "hazards": "geological_hazard dangerous_goods_site airport_height_limit",
    "public_facilities": "school hospital",
    "land_supply": "supplied_land",
    "cadastre": "cadastral_parcel",
    "consolidation": "land_consolidation expropriation_area",
    "environment": "noise_function_zone",
    "projects": "project_site project_route",
    "terrain": "elevation slope flood_depth",
}

NATIONAL_NAMES = {
    "YJJBNTBHTB": "permanent_basic_farmland",
    "STBHHX": "ecological_red_line",
    "CZKFBJ": "town_development_boundary",
    "DLTB": "land_use_survey",
    "XZQ": "district",
}


@pytest.mark.parametrize("layer", CATALOGUE.layers.values(), ids=list(CATALOGUE.layers))
def test_stanza(layer: Layer) -> None:
    assert HAN.search(layer.name)
    assert layer.name_en.isascii()
    assert layer.name_en[0].isupper()
    assert layer.theme in CATALOGUE.themes
    assert layer.department in CATALOGUE.departments

    assert layer.basis
    for basis in layer.basis:
        law = CATALOGUE.laws[basis.law]
        assert basis.title == law.zh
        assert (basis.standing == "seen") == (basis.source is not None)
        assert basis.article is None or re.fullmatch(r"第[一二三四五六七八九十百]+条", basis.article)

    style = CATALOGUE.styles[layer.style]
    assert style.kind == layer.kind
    assert not layer.style.startswith("guessed_")
    if layer.kind == "raster":
        assert layer.raster is not None
        assert layer.raster.unit
        assert len(style.ramp) >= 3
    else:
        assert layer.identify
        assert style.outline

    if layer.class_system is not None:
        assert layer.classify is not None
        assert len(CATALOGUE.classes[layer.class_system].classes) >= 2
    else:
        assert layer.classify is None, "a class attribute of ours has a class system behind it"
    for attribute in (*layer.identify, *([layer.classify] if layer.classify else [])):
        assert len(attribute.encode()) <= 10, "a shapefile cuts field names at ten bytes"

    assert 0.01 <= layer.tolerance_m <= 50
    assert CATALOGUE.find(layer.code) is layer
    assert CATALOGUE.find(layer.name) is layer

    summary = layer.summary()
    assert list(summary)[:5] == ["code", "name", "name_en", "theme", "kind"]
    assert summary["code"] == layer.code
    assert summary["tolerance_m"] == layer.tolerance_m
    bases = summary["basis"]
    assert isinstance(bases, list)
    assert [basis["standing"] for basis in bases] == [basis.standing for basis in layer.basis]


@pytest.mark.parametrize("theme", DEMANDED)
def test_theme_holds_the_layers_the_district_asked_for(theme: str) -> None:
    for code in DEMANDED[theme].split():
        assert CATALOGUE.layers[code].theme == theme


def test_no_theme_is_without_its_demand() -> None:
    assert set(DEMANDED) == set(CATALOGUE.themes)


def test_there_are_as_many_layers_as_a_district_has() -> None:
    assert len(CATALOGUE.layers) >= 165


@pytest.mark.parametrize(("name", "code"), NATIONAL_NAMES.items())
def test_a_national_name_means_its_layer(name: str, code: str) -> None:
    assert CATALOGUE.find(name) is CATALOGUE.layers[code]


def test_the_three_control_lines_are_told_apart_without_colour() -> None:
    drawn = [
        CATALOGUE.styles[layer.style] for layer in CATALOGUE.layers.values() if layer.theme == "control_lines"
    ]
    assert len(drawn) == 3
    assert len({style.pattern for style in drawn}) == 3
    assert None not in {style.pattern for style in drawn}


@pytest.mark.parametrize("theme", CATALOGUE.themes)
def test_no_two_layers_of_a_theme_are_drawn_the_same(theme: str) -> None:
    drawn: dict[object, str] = {}
    for layer in CATALOGUE.layers.values():
        if layer.theme == theme:
            style = replace(CATALOGUE.styles[layer.style], code="")
            assert drawn.setdefault(style, layer.code) == layer.code


def test_a_theme_file_is_named_by_its_order_and_code() -> None:
    expected = {f"{theme.order:02d}_{theme.code}.yaml" for theme in CATALOGUE.themes.values()}
    assert {path.name for path in THEMES.iterdir()} == expected


def test_every_law_department_and_style_is_used(book: rulebook.Rulebook) -> None:
    layers = CATALOGUE.layers.values()
    cited = {basis.law for layer in layers for basis in layer.basis}
    cited |= {system.law for system in CATALOGUE.classes.values() if system.law}
    for cites in (*book.rules, *book.crosswalks, *book.tables.values()):
        cited |= {basis.law for basis in cites.basis}
    assert cited == set(CATALOGUE.laws)
    assert {layer.department for layer in layers} == set(CATALOGUE.departments)
    drawn = {layer.style for layer in layers}
    assert set(CATALOGUE.styles) - drawn == {
        f"guessed_{kind}" for kind in ("polygon", "line", "point", "raster")
    }


def test_every_class_system_is_used(book: rulebook.Rulebook) -> None:
    used = {layer.class_system for layer in CATALOGUE.layers.values()} - {None}
    read = {walk.source for walk in book.crosswalks}
    assert used | read == set(CATALOGUE.classes), "a layer is classified by it, or a cross-walk reads it"


@pytest.mark.parametrize("palette", CATALOGUE.palettes)
def test_a_palette_colours_every_class(palette: str) -> None:
    styles = [style.code for style in CATALOGUE.styles.values() if style.palette == palette]
    assert styles
    for code in CATALOGUE.classes[palette].classes:
        assert CATALOGUE.colour(styles[0], code) is not None


def test_what_must_not_be_seen_by_everyone_is_graded() -> None:
    grades = {code: layer.grade for code, layer in CATALOGUE.layers.items()}
    assert grades["military_protection"] == "secret"
    assert grades["survey_control_point"] == "secret"
    for code in ("household_building", "gas_pipeline", "cadastral_parcel", "homestead"):
        assert grades[code] == "restricted"
