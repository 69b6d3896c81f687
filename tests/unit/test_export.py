"""The way out and back: whatever a catalogue says, its exported files say again, to the last character of the digest."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.catalogue import REGISTERS, THEMES, load, load_registers, parse, read_theme
from layers.export import dump, export, written
from layers.model import (
    CADENCES,
    COARSE,
    COVERAGES,
    GRADES,
    LEVELS,
    STATUSES,
    TOPOLOGIES,
    TOPOLOGY_WHEN,
    Basis,
    Catalogue,
    Layer,
    RasterSays,
)

FILE = "theme.yaml"
GROUND = load_registers(REGISTERS)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


def test_the_catalogue_survives_export(catalogue: Catalogue, tmp_path: Path) -> None:
    export(catalogue, tmp_path)
    again = load(tmp_path / "themes", tmp_path)
    assert again == catalogue
    assert again.digest == catalogue.digest
    assert list(again.layers) == list(catalogue.layers)


def test_the_digest_is_the_contents_and_nothing_else(tmp_path: Path, catalogue: Catalogue) -> None:
    shutil.copytree(THEMES, tmp_path / "themes")
    path = tmp_path / "themes" / "01_control_lines.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text("# a remark\n" + text, encoding="utf-8")
    assert load(tmp_path / "themes").digest == catalogue.digest
    path.write_text(text.replace("tolerance: 1.0", "tolerance: 1.1"), encoding="utf-8")
    assert load(tmp_path / "themes").digest != catalogue.digest


line = st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp"), blacklist_characters="\ufeff"),
    min_size=1,
    max_size=40,
).filter(lambda text: text == text.strip() and text != "to_fill")
attribute = st.from_regex(r"\A[A-Za-z_一-龥][A-Za-z0-9_一-龥]{0,9}\Z").filter(lambda text: text != "to_fill")
alias = st.from_regex(r"\A[A-Za-z0-9一-龥][A-Za-z0-9 _.一-龥-]{0,18}[A-Za-z0-9一-龥]\Z").filter(
    lambda text: text != "to_fill"
)

code = st.from_regex(r"\A[a-z][a-z0-9_]{1,20}\Z").filter(lambda text: text != "to_fill")
above = st.none() | st.floats(-1e9, 1e9).map(lambda x: x + 0.0)


@st.composite
def layers(draw: st.DrawFn) -> Layer:
    style = draw(st.sampled_from(sorted(GROUND.styles.values(), key=lambda one: one.code)))
    raster = style.kind == "raster"
    system = style.palette or (None if raster else draw(st.none() | st.sampled_from(sorted(GROUND.classes))))
    bases = []
    for law in draw(
        st.lists(
            st.sampled_from(sorted(GROUND.laws.values(), key=lambda one: one.code)), min_size=1, max_size=3
        )
    ):
        standing = "demo" if law.standing == "demo" else draw(st.sampled_from(("seen", "memory")))
        bases.append(
            Basis(
                law.code, law.zh, draw(st.none() | line), standing, draw(line) if standing == "seen" else None
            )
        )
    return Layer(
        code=draw(code),
        name=draw(line),
        name_en=draw(line),
        kind=style.kind,
        theme="theme_one",
        department=draw(st.sampled_from(sorted(GROUND.departments))),
        level=draw(st.sampled_from(LEVELS)),
        basis=tuple(bases),
        cadence=draw(st.sampled_from(CADENCES)),
        grade=draw(st.sampled_from(GRADES)),
        coarse=draw(st.sampled_from(COARSE)),
        style=style.code,
        identify=() if raster else tuple(draw(st.lists(attribute, min_size=1, max_size=3, unique=True))),
        classify=None if raster else draw(attribute) if system else draw(st.none() | attribute),
        class_system=system,
        coverage=draw(st.sampled_from(COVERAGES)),
        tolerance_m=draw(st.floats(0.001, 1000)),
        aliases=tuple(draw(st.lists(alias, max_size=3, unique=True))),
        status=draw(st.sampled_from(STATUSES)),
        raster=RasterSays(*draw(st.tuples(line, above, st.none()) | st.tuples(st.just("degree"), above, code)))
        if raster
        else None,
        note=draw(st.none() | line),
        topology=draw(st.sampled_from(TOPOLOGIES)) if style.kind == "polygon" else "none",
        topology_when=draw(st.sampled_from(TOPOLOGY_WHEN)) if style.kind == "polygon" else "after",
    )


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_any_layer_survives_the_way_out_and_back(data: st.DataObject) -> None:
    layer = data.draw(layers())
    said = dump(layer)
    assert None not in said.values()
    assert parse(said, GROUND) == layer
    stanza = {key: value for key, value in said.items() if key not in ("code", "theme")}
    header = {"code": "theme_one", "name": "主题", "name_en": "Theme", "order": 1}
    text = written({"theme": header, "layers": {layer.code: stanza}})
    assert read_theme(text.encode(), FILE, GROUND)[1] == [layer]
