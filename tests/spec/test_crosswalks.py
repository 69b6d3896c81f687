"""Each class that a shipped cross-walk reads is one named test: what it means, that it means nothing on purpose, or that it is missed."""

from __future__ import annotations

from datetime import date

import pytest

from demo.classes import code
from demo.uses import BUILT, FARM, WET, WOODS
from layers.catalogue import load
from layers.codes import lineage
from layers.crosswalk import FOLDER, Crosswalk, find, load_crosswalks

CATALOGUE = load()
WALKS = load_crosswalks(FOLDER, CATALOGUE.classes, CATALOGUE.laws)
HUB = "land_sea_use_2023"

# What an edition says nothing about, looked at by a person. A class that is added to a system comes here or into the cross-walk.
MISSED: dict[str, tuple[str, ...]] = {
    "gb50137_to_land_sea_use@2023": (),
    "gbt21010_to_land_sea_use@2023": (),
    "sz_letters_to_land_sea_use@2023": (),
}
# What has no counterpart, and why it is better to say so.
NONE: dict[str, tuple[str, ...]] = {
    "gb50137_to_land_sea_use@2023": ("H",),  # all development land: no use
    "gbt21010_to_land_sea_use@2023": ("0802",),  # the press is split over three classes
    "sz_letters_to_land_sea_use@2023": ("M0",),  # no class of new-type industry
}
# Narrower classes that lie outside what the wider one means: R1, R2 and R3 mean the housing they are for, B and 05 commerce, though the
# standards count services for a neighbourhood among them, and clinics, schools and funeral services under B9.
OUTSIDE: dict[str, tuple[str, ...]] = {
    "gb50137_to_land_sea_use@2023": ("R12", "R22", "R32", "B9"),
    "gbt21010_to_land_sea_use@2023": ("0507",),
    "sz_letters_to_land_sea_use@2023": (),
}


def _said(walk: Crosswalk, each: str) -> str:
    meant = walk.translate(each)
    return "missed" if meant is None else "+".join(meant) or "none"


@pytest.mark.parametrize(
    ("walk", "each"),
    [
        pytest.param(walk, each, id=f"{walk.label}: {each} = {_said(walk, each)}")
        for walk in WALKS
        for each in CATALOGUE.classes[walk.source].classes
    ],
)
def test_class(walk: Crosswalk, each: str) -> None:
    meant = walk.translate(each)
    if meant is None:
        assert each in MISSED[walk.label]
    elif not meant:
        assert each in NONE[walk.label]
        assert walk.none[each]
    else:
        assert each in walk.pairs, (
            "every class is listed itself: none means what the class above it means by accident"
        )
        assert set(meant) <= CATALOGUE.classes[walk.target].classes.keys()


@pytest.mark.parametrize(
    "walk",
    [
        pytest.param(
            walk,
            id=f"{walk.label} misses {' '.join(walk.missed(CATALOGUE.classes[walk.source])) or 'nothing'}",
        )
        for walk in WALKS
    ],
)
def test_what_is_missed_was_looked_at(walk: Crosswalk) -> None:
    assert walk.missed(CATALOGUE.classes[walk.source]) == MISSED[walk.label]
    assert tuple(walk.none) == NONE[walk.label]


def test_every_edition_was_looked_at_and_leads_to_the_hub() -> None:
    assert {walk.label for walk in WALKS} == set(MISSED) == set(NONE)
    assert {walk.target for walk in WALKS} == {HUB}
    assert {walk.source for walk in WALKS} == {"gb50137", "gbt21010", "sz_letters"}
    assert all(walk.basis for walk in WALKS)


@pytest.mark.parametrize("walk", WALKS, ids=[walk.label for walk in WALKS])
def test_a_class_means_nothing_that_the_class_above_it_does_not(walk: Crosswalk) -> None:
    system = CATALOGUE.classes[walk.source]
    outside = []
    for each, meant in walk.pairs.items():
        above = system.parent(each)
        wider = None if above is None else walk.translate(above.code)
        if wider and not all(set(lineage(one)) & set(wider) for one in meant):
            outside.append(each)
    assert tuple(outside) == OUTSIDE[walk.label]


WORDS = (*FARM, *WOODS, *BUILT, *WET)


@pytest.mark.parametrize("system", ["gb50137", "gbt21010"])
@pytest.mark.parametrize("word", sorted(set(WORDS)))
def test_a_word_of_the_demo_says_the_same_in_every_system(word: str, system: str) -> None:
    """The demo writes each use in three systems by its own hand; the cross-walk must come to the hub class, or above or below it."""
    walk = find(WALKS, system, HUB, date(2026, 6, 1))
    assert walk is not None
    hub = code(word, HUB)
    meant = walk.translate(code(word, system))
    assert meant
    assert any(hub in lineage(each) or each in lineage(hub) for each in meant), (word, meant)


# Where a slip would be dear: what a planner knows by heart.
KNOWN = [
    ("gb50137", "R2", "070102"), ("gb50137", "R22", "0702 080404"), ("gb50137", "A33", "080403"), ("gb50137", "A35", "0802"),
    ("gb50137", "A8", "1502"), ("gb50137", "B41", "090105"), ("gb50137", "M3", "100103"), ("gb50137", "U31", "1310"),
    ("gb50137", "H22", "1202"), ("gb50137", "H23", "1204"), ("gb50137", "H24", "1203"), ("gb50137", "E12", "1703"),
    ("gbt21010", "0303", "0507"), ("gbt21010", "0305", "0303"), ("gbt21010", "0702", "0703"), ("gbt21010", "0803", "0804"),
    ("gbt21010", "0804", "0802"), ("gbt21010", "0809", "13"), ("gbt21010", "1006", "0601"), ("gbt21010", "1109", "1311"),
    ("gbt21010", "1202", "0602"), ("sz_letters", "GIC5", "0804"), ("sz_letters", "GIC2", "0803 0805"), ("sz_letters", "C1", "09"),
    ("sz_letters", "M1", "1001"), ("sz_letters", "G1", "1401"), ("sz_letters", "E9", "16"),
]  # fmt: skip


@pytest.mark.parametrize(("system", "each", "meant"), KNOWN)
def test_known_by_heart(system: str, each: str, meant: str) -> None:
    walk = find(WALKS, system, HUB, date(2026, 6, 1))
    assert walk is not None
    assert walk.translate(each) == tuple(meant.split())
