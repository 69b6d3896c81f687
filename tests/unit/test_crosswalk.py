"""Cross-walks: longest listed class, one edition a day, nothing guessed; and every way a file can be wrong refused by name."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from layers.codes import ClassEntry, ClassSystem, lineage
from layers.crosswalk import Crosswalk, find, from_body, load_crosswalks, to_body
from layers.model import Law
from layers.strict_yaml import CatalogueError

LAWS = {"guide": Law("guide", "指南", "Guide", None, None, "seen", "somewhere (notice)")}


def system(code: str, codes: str, *, flat: bool = False) -> ClassSystem:
    entries = {each: ClassEntry(each, f"类{each}", f"Class {each}") for each in codes.split()}
    return ClassSystem(
        code, code, code, None, "memory", None, None if flat else "prefix", MappingProxyType(entries)
    )


CLASSES = {
    "letters": system("letters", "R R1 R2 R21 G G1 GIC GIC5 H Q"),
    "hub": system("hub", "07 0701 070101 070102 0702 0804 14"),
    "zones": system("zones", "a ab b", flat=True),
}
GOOD = """\
crosswalk:
  code: letters_to_hub
  name: 对照
  name_en: Letters
  source: letters
  target: hub
editions:
  - edition: '2020'
    since: '2020-11-17'
    until: '2023-11-22'
    law: [{law: guide, standing: memory}]
    pairs:
      R: ['07']
      G: ['14']
  - edition: '2023'
    since: '2023-11-22'
    law: [{law: guide, article: 第一条, standing: seen}]
    note: 核对
    pairs:
      R: ['0701', '0702']
      R1: ['070101']
      G: ['14']
      GIC5: ['0804']
    none:
      H: 不说明用途
"""


def loaded(folder: Path, **files: str) -> tuple[Crosswalk, ...]:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return load_crosswalks(folder, CLASSES, LAWS)


@pytest.fixture
def walks(tmp_path: Path) -> tuple[Crosswalk, ...]:
    return loaded(tmp_path, letters_to_hub=GOOD)


def test_a_class_means_what_is_listed_for_it_or_for_the_class_above(walks: tuple[Crosswalk, ...]) -> None:
    _, now = walks
    assert now.translate("R1") == ("070101",)
    assert now.translate("R2") == ("0701", "0702")
    assert now.translate("R21") == ("0701", "0702")
    assert now.translate("G1") == ("14",)


def test_a_word_of_letters_is_never_cut(walks: tuple[Crosswalk, ...]) -> None:
    _, now = walks
    assert now.translate("GIC") is None, "GIC does not lie under G"
    assert now.translate("GIC5") == ("0804",)
    assert list(lineage("GIC5")) == ["GIC5", "GIC"]
    assert list(lineage("08H1")) == ["08H1", "08H", "08", "0"]
    letters = CLASSES["letters"]
    assert letters.parent("GIC") is None
    assert letters.parent("GIC5") is letters.classes["GIC"]


def test_no_counterpart_on_purpose_is_not_missed(walks: tuple[Crosswalk, ...]) -> None:
    before, now = walks
    assert now.translate("H") == ()
    assert now.none == {"H": "不说明用途"}
    assert now.translate("Q") is None
    assert now.missed(CLASSES["letters"]) == ("GIC", "Q")
    assert before.missed(CLASSES["letters"]) == ("GIC", "GIC5", "H", "Q")


def test_an_edition_holds_from_its_first_day_to_the_day_before_its_end(walks: tuple[Crosswalk, ...]) -> None:
    def edition(day: str) -> str | None:
        found = find(walks, "letters", "hub", date.fromisoformat(day))
        return None if found is None else found.label

    assert edition("2020-11-16") is None
    assert edition("2020-11-17") == "letters_to_hub@2020"
    assert edition("2023-11-21") == "letters_to_hub@2020"
    assert edition("2023-11-22") == "letters_to_hub@2023"
    assert edition("2099-01-01") == "letters_to_hub@2023"
    assert find(walks, "hub", "letters", date(2024, 1, 1)) is None


def test_in_a_flat_system_only_the_class_itself_counts(tmp_path: Path) -> None:
    text = GOOD.replace("letters_to_hub", "zones_to_hub").replace("source: letters", "source: zones")
    head, _ = text.split("editions:")
    text = f"""{head}editions:
  - {{edition: '1', since: '2020-01-01', law: [{{law: guide, standing: memory}}], pairs: {{a: ['07']}}}}
"""
    (walk,) = loaded(tmp_path, zones_to_hub=text)
    assert walk.translate("a") == ("07",)
    assert walk.translate("ab") is None


def test_a_cross_walk_survives_the_way_through_json(walks: tuple[Crosswalk, ...]) -> None:
    stored = json.loads(json.dumps(to_body(walks), sort_keys=True))
    again = from_body(stored)
    assert again == walks
    assert again[1].translate("R21") == ("0701", "0702")
    assert again[1].basis[0].source == "somewhere (notice)"


# what is wrong; of the example, this; becomes this; so (fault, stanza, key)
WRONG: list[tuple[str, str, str, tuple[str, str, str]]] = [
    ("unknown key at the top", "editions:\n", "edition:\n", ("unknown_key", "-", "edition")),
    ("unknown key in the head", "  target: hub\n", "  target: hub\n  law: x\n", ("unknown_key", "crosswalk", "law")),
    ("unknown key of an edition", "    note: 核对\n", "    remark: 核对\n", ("unknown_key", "editions[2]", "remark")),
    ("code of another file", "code: letters_to_hub", "code: letters", ("mismatch", "crosswalk", "code")),
    ("no English name", "  name_en: Letters\n", "", ("missing", "crosswalk", "name_en")),
    ("unknown source system", "source: letters", "source: runes", ("unknown_reference", "crosswalk", "source")),
    ("unknown target system", "target: hub", "target: wheel", ("unknown_reference", "crosswalk", "target")),
    ("a system into itself", "target: hub", "target: letters", ("mismatch", "crosswalk", "target")),
    ("unknown source class", "      R1: ['070101']", "      R9: ['070101']", ("unknown_reference", "editions[2].pairs", "R9")),
    ("unknown target class", "['070101']", "['9999']", ("unknown_reference", "editions[2].pairs", "R1")),
    ("unknown class without counterpart", "      H: 不说明用途", "      X: 不说明用途", ("unknown_reference", "editions[2].none", "X")),
    ("a class with and without counterpart", "      H: 不说明用途", "      R1: 不说明用途", ("duplicate", "editions[2].none", "R1")),
    ("a pair twice in its list", "['070101']", "['070101', '070101']", ("duplicate", "editions[2].pairs", "R1")),
    ("a class beside the one above it", "['070101']", "['070101', '07']", ("duplicate", "editions[2].pairs", "R1")),
    ("a class written twice", "      R1: [", "      R: ['07']\n      R1: [", ("duplicate_key", "-", "R")),
    ("a pair that is no list", "R1: ['070101']", "R1: '070101'", ("wrong_type", "editions[2].pairs", "R1")),
    ("a pair of nothing", "R1: ['070101']", "R1: []", ("empty", "editions[2].pairs", "R1")),
    ("no reason", "      H: 不说明用途", "      H: ''", ("empty", "editions[2].none", "H")),
    ("no law", "    law: [{law: guide, article: 第一条, standing: seen}]\n", "", ("missing", "editions[2]", "law")),
    ("unknown law", "{law: guide, article", "{law: guides, article", ("unknown_reference", "editions[2].basis", "law")),
    ("unknown standing", "standing: seen", "standing: sure", ("not_allowed", "editions[2].basis", "standing")),
    ("no first day", "    since: '2023-11-22'\n", "", ("missing", "editions[2]", "since")),
    ("a day that is none", "since: '2023-11-22'", "since: '2023-11-31'", ("not_allowed", "editions[2]", "since")),
    ("a day in another order", "since: '2023-11-22'", "since: '22-11-2023'", ("not_allowed", "editions[2]", "since")),
    ("an end before the beginning", "until: '2023-11-22'", "until: '2020-11-17'", ("out_of_range", "editions[1]", "until")),
    ("overlap of editions", "until: '2023-11-22'", "until: '2023-11-23'", ("overlap", "letters_to_hub", "editions")),
    ("an edition without end before another", "    until: '2023-11-22'\n", "", ("overlap", "letters_to_hub", "editions")),
    ("one label twice", "edition: '2023'", "edition: '2020'", ("duplicate", "-", "editions")),
    ("no editions", GOOD[GOOD.index("editions:") :], "editions: []\n", ("empty", "-", "editions")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "expected"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_a_cross_walk_with(old: str, new: str, expected: tuple[str, str, str], tmp_path: Path) -> None:
    assert GOOD.count(old) == 1, f"the example must hold {old!r} exactly once"
    params = refused(tmp_path, letters_to_hub=GOOD.replace(old, new))
    fault, stanza, key = expected
    assert (params["fault"], params["at"]) == (fault, f"letters_to_hub.yaml:{stanza}:{key}")
    assert params["expected"]
    assert params["got"]


def refused(folder: Path, **files: str) -> dict[str, Any]:
    with pytest.raises(CatalogueError) as caught:
        loaded(folder, **files)
    return caught.value.params


def test_two_files_between_the_same_systems_must_not_hold_on_one_day(tmp_path: Path) -> None:
    second = GOOD.replace("letters_to_hub", "letters_once_more")
    params = refused(tmp_path, letters_to_hub=GOOD, letters_once_more=second)
    assert (params["fault"], params["file"]) == ("overlap", "letters_to_hub.yaml")
    assert "letters_once_more@2020" in params["expected"]


def test_a_folder_without_files_has_no_cross_walks(tmp_path: Path) -> None:
    assert loaded(tmp_path) == ()
