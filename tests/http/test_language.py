"""One catalogue speaks two languages, and says everything the pages and the refusals need."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from api.language import LANGUAGES, Sentence, Speech, UnknownSentence, sentences

API = Path(__file__).parents[2] / "api"
ROOMS = ("db", "gis", "layers", "workflows", "api")
WORDS = re.compile(r"""\b(?:say|word)\(\s*["']([a-z0-9_]+\.[a-z0-9_.]*)["']\s*(~|,|\))""")
RAISED = re.compile(r"""\b(?:Refused|GroundError)\(\s*["']([a-z_]+)["']""")


def params(sentence: Sentence) -> set[str]:
    forms = sentence.values() if isinstance(sentence, dict) else [sentence]
    return {name for form in forms for _, name, _, _ in Formatter().parse(form) if name}


def sources() -> list[Path]:
    found = [*API.rglob("*.py"), *(API / "templates").rglob("*.html")]
    return [path for path in found if "cli" not in path.parts]


def test_both_languages_have_the_same_keys() -> None:
    chinese, english = (sentences(language) for language in LANGUAGES)
    assert set(chinese) == set(english)


@pytest.mark.parametrize("key", sorted(sentences("zh-CN")))
def test_both_languages_use_the_same_parameters(key: str) -> None:
    used = [params(sentences(language)[key]) for language in LANGUAGES]
    assert used[0] == used[1]


def test_every_sentence_a_page_asks_for_exists() -> None:
    asked = 0
    for path in sources():
        for key, after in WORDS.findall(path.read_text(encoding="utf-8")):
            asked += 1
            known = sentences("zh-CN")
            # "state." ~ name asks for a whole group
            stands = any(each.startswith(key) for each in known) if after == "~" else key in known
            assert stands, f"{path.name}: {key}"
    assert asked > 150


def test_every_group_a_page_asks_for_is_whole() -> None:
    from layers.model import CADENCES, GRADES, KINDS, LEVELS, STATUSES
    from workflows.site_check.model import STATES

    speech = Speech("zh-CN")
    for group, words in {
        "kind": KINDS,
        "grade": GRADES,
        "level": LEVELS,
        "cadence": CADENCES,
        "status": STATUSES,
        "state": [state.replace(" ", "_") for state in STATES],
        "standing": ["seen", "memory", "demo"],
        "coverage": ["district", "file", "word", "cells", "none"],
        "crs_basis": ["file", "declared", "format"],
        "origin": ["catalogue", "guessed"],
        "edition_state": ["published", "withdrawn"],
        "weekday": [str(day) for day in range(7)],
    }.items():
        for word in words:
            assert speech.has(f"{group}.{word}"), f"{group}.{word}"


def codes() -> set[str]:
    root = API.parent
    found = {
        "no_rule_loaded",
        "no_edition",
        "nobody_vouches",
        "outside_coverage",
        "partly_covered",
        "geometry_failed",
    }
    for room in ROOMS:
        for path in (root / room).rglob("*.py"):
            found |= set(RAISED.findall(path.read_text(encoding="utf-8")))
    return found


@pytest.mark.parametrize("code", sorted(codes()))
def test_every_refusal_has_its_sentence(code: str) -> None:
    for language in LANGUAGES:
        assert Speech(language).has(f"refusal.{code}")


def test_every_note_and_every_reason_to_set_aside_has_its_sentence() -> None:
    said = "".join(path.read_text(encoding="utf-8") for path in (API.parent / "gis").rglob("*.py"))
    notes = set(re.findall(r'\bNote\(\s*"([a-z_]+)"', said))
    aside = {"null_geometry", "empty_geometry", "invalid_geometry", "not_a_layer_kind", "outside_projection"}
    assert notes
    for language in LANGUAGES:
        missing = [code for code in notes if not Speech(language).has(f"note.{code}")]
        missing += [code for code in aside if not Speech(language).has(f"set_aside.{code}")]
        assert missing == []


def test_what_the_geometry_library_says_is_translated() -> None:
    told = Speech("zh-CN").reason("invalid_geometry", {"reason": "Ring Self-intersection"}, "set_aside")
    assert told == "图形无效：环自相交"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_promises_nothing_or_shouts(language: str) -> None:
    for key, sentence in sentences(language).items():
        for form in sentence.values() if isinstance(sentence, dict) else [sentence]:
            assert form.strip(), key
            assert not form.endswith("!"), key


def test_an_unknown_key_is_an_error_of_ours() -> None:
    with pytest.raises(UnknownSentence):
        Speech("en").say("nothing.of.the.kind")


def test_an_unknown_code_is_told_with_what_is_known() -> None:
    told = Speech("en").reason("brand_new", {"file": "a.shp", "row": 3})
    assert "brand_new" in told
    assert "a.shp" in told


def test_a_parameter_that_did_not_come_is_a_gap() -> None:
    assert "…" in Speech("en").reason("layer_unknown", {})


def test_numbers_in_a_sentence_are_read_by_people() -> None:
    speech = Speech("en")
    assert "2,000,000" in speech.reason("file_empty", {"file": 2_000_000})
    assert "4547" in speech.reason("file_empty", {"file": 4547})
    assert "a, b" in speech.reason("file_empty", {"file": ["a", "b"]})


def test_one_and_many() -> None:
    speech = Speech("en")
    assert speech.say("answer.features", n=1) == "1 feature"
    assert speech.say("answer.features", n=3) == "3 features"
