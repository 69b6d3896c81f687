"""The glossary is read by a test: the words the catalogue uses stand in it, one English word for each Chinese term."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from api.language import sentences
from layers.catalogue import load
from layers.codes import STANDINGS
from layers.model import CADENCES, COVERAGES, GRADES, KINDS, LEVELS, STATUSES, TOPOLOGIES, TOPOLOGY_WHEN
from workflows.site_check.model import STATES
from workflows.site_check.rulebook.uses import OUTCOMES

GLOSSARY = Path(__file__).parents[2] / "docs" / "glossary.md"
HAN = re.compile(r"[一-鿿]")


def sections() -> dict[str, list[list[str]]]:
    """Rows of each section's table, cell by cell, without head and rule."""
    found: dict[str, list[list[str]]] = {}
    title = ""
    for text in GLOSSARY.read_text(encoding="utf-8").splitlines():
        if text.startswith("## "):
            title = text[3:]
            found[title] = []
        elif text.startswith("|") and not text.startswith(("|---", "| 中文 |")):
            found[title].append([cell.strip() for cell in text.strip("|").split("|")])
    return found


def words(group: str, column: int = 0) -> dict[str, str]:
    """code -> Chinese (column 2: English) of one group of the catalogue's words, which a bold row opens."""
    found: dict[str, str] = {}
    inside = False
    for row in sections()["Words of the catalogue"]:
        chinese, code, _ = row
        if chinese.startswith("**"):
            inside = chinese == f"**{group}**"
        elif inside:
            found[code.strip("`")] = row[column]
    return found


GROUPS = {
    "法律状态": (*STATUSES, "unknown"),  # of a layer that stands in no catalogue
    "依据效力": STANDINGS,
    "密级": GRADES,
    "几何类型": KINDS,
    "层级": LEVELS,
    "覆盖担保": COVERAGES,
    "版本的覆盖担保": ("word", "cells"),
    "更新周期": CADENCES,
    "拓扑要求": TOPOLOGIES,
    "拓扑检查时机": TOPOLOGY_WHEN,
    "检查状态": STATES,
    "用途兼容": OUTCOMES,
}


@pytest.mark.parametrize("group", GROUPS)
def test_the_glossary_has_every_word_of(group: str) -> None:
    assert list(words(group)) == list(GROUPS[group])


# Where the pages and the command line say the words of the glossary.
SPOKEN = {
    "status": ["法律状态"],
    "standing": ["依据效力"],
    "grade": ["密级"],
    "kind": ["几何类型"],
    "level": ["层级"],
    "coverage": ["覆盖担保", "版本的覆盖担保"],
    "cadence": ["更新周期"],
    "topology": ["拓扑要求"],
    "topology_when": ["拓扑检查时机"],
    "state": ["检查状态"],
    "use_result": ["用途兼容"],
}


@pytest.mark.parametrize("group", SPOKEN)
@pytest.mark.parametrize(("language", "column"), [("zh-CN", 0), ("en", 2)])
def test_the_pages_say_the_words_of_the_glossary(group: str, language: str, column: int) -> None:
    said = {
        key.partition(".")[2]: str(sentence).casefold()
        for key, sentence in sentences(language).items()
        if key.startswith(f"{group}.")
    }
    meant = {
        code.replace(" ", "_"): word.casefold()
        for each in SPOKEN[group]
        for code, word in words(each, column).items()
    }
    assert said == meant


# One term, everywhere it labels something: the key that says it, and its Chinese term in the glossary.
LABELS = {
    "layer.set_aside": "搁置",
    "cli.column_set_aside": "搁置",
    "layer.coverage": "覆盖范围",
    "check.coverage": "覆盖范围",
    "cli.column_coverage": "覆盖范围",
    "check.site": "地块（受检）",  # a place that is asked about; the layer of that name is land parcels
    "layers.title": "图层",
    "layer.tolerance": "容差",
}


@pytest.mark.parametrize("key", LABELS)
def test_a_label_is_the_term_of_the_glossary(key: str) -> None:
    terms = {row[0]: row[1] for row in sections()["The district and its plans"]}
    assert sentences("zh-CN")[key] == LABELS[key].partition("（")[0]
    assert str(sentences("en")[key]).casefold().removesuffix("s") == terms[LABELS[key]]


def test_words_given_up_are_not_said() -> None:
    for key, sentence in sentences("zh-CN").items():
        for word in ("剔出", "数据范围", "import 导入"):
            assert word not in str(sentence), key
    assert "剔出" not in (GLOSSARY.parents[1] / "README.zh-CN.md").read_text(encoding="utf-8")


def test_the_glossary_has_every_theme_as_the_catalogue_names_it() -> None:
    themes = [[theme.name, f"`{theme.code}`", theme.name_en] for theme in load().themes.values()]
    assert sections()["Themes of the catalogue"] == themes


def test_a_chinese_term_stands_once_in_its_section() -> None:
    for title, rows in sections().items():
        if title == "Words of the catalogue":
            continue  # its groups may share a word: 区级 is a level and no more
        terms = [row[0] for row in rows]
        assert len(terms) == len(set(terms)), title


def test_a_chinese_term_has_one_english_word() -> None:
    english: dict[str, str] = {}
    for title, rows in sections().items():
        if title in ("Words of the catalogue", "Themes of the catalogue"):
            continue
        for chinese, word in rows:
            assert HAN.search(chinese)
            assert word
            assert english.setdefault(chinese, word) == word


def test_a_layer_named_by_a_term_of_the_glossary_uses_its_english_word() -> None:
    terms = {
        row[0]: row[-1] for title, rows in sections().items() if "catalogue" not in title for row in rows
    }
    compared = 0
    for layer in load().layers.values():
        if layer.name in terms:
            assert layer.name_en.lower() == terms[layer.name].lower()
            compared += 1
    assert compared >= 2
