"""The glossary is read by a test: the words the catalogue uses stand in it, one English word for each Chinese term."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from layers.catalogue import load
from layers.codes import STANDINGS
from layers.model import CADENCES, COVERAGES, GRADES, KINDS, LEVELS, STATUSES

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


def words(group: str) -> dict[str, str]:
    """code -> Chinese of one group of the catalogue's words, which a bold row opens."""
    found: dict[str, str] = {}
    inside = False
    for chinese, code, _ in sections()["Words of the catalogue"]:
        if chinese.startswith("**"):
            inside = chinese == f"**{group}**"
        elif inside:
            found[code.strip("`")] = chinese
    return found


GROUPS = {
    "法律状态": STATUSES,
    "依据效力": STANDINGS,
    "密级": GRADES,
    "几何类型": KINDS,
    "层级": LEVELS,
    "覆盖担保": COVERAGES,
    "更新周期": CADENCES,
}


@pytest.mark.parametrize("group", GROUPS)
def test_the_glossary_has_every_word_of(group: str) -> None:
    assert list(words(group)) == list(GROUPS[group])


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
