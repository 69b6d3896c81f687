"""One catalogue speaks two languages, and says everything the pages and the refusals need."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
import yaml

from api import language
from api.language import CODED, LANGUAGES, LOCALES, Sentence, Speech, UnknownSentence, sentences
from layers.strict_yaml import CatalogueError

API = Path(__file__).parents[2] / "api"
ROOMS = ("db", "gis", "layers", "workflows", "api", "bench")
WORDS = re.compile(r"""\b(?:say|word)\(\s*["']([a-z0-9_]+\.[a-z0-9_.]*)["']\s*(~|,|\))""")
RAISED = re.compile(
    r"""\b(?:(?:Refused|GroundError)\(\s*|Recognised\(code=|RefusedSource\([^,()]+,\s*)["']([a-z_]+)["']"""
)


def params(sentence: Sentence) -> set[str]:
    forms = sentence.values() if isinstance(sentence, dict) else [sentence]
    return {name for form in forms for _, name, _, _ in Formatter().parse(form) if name}


def sources() -> list[Path]:
    found = [*API.rglob("*.py"), *(API / "templates").rglob("*.html")]
    return [path for path in found if "cli" not in path.parts]


class Once(yaml.SafeLoader):
    """YAML as everybody reads it, but for a key that stands twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if twice := {key for key in keys if keys.count(key) > 1}:
            raise ValueError(f"{node.start_mark.name}: {twice}")
        return super().construct_mapping(node, deep)


@pytest.mark.parametrize("path", sorted(LOCALES.glob("*.yaml")), ids=lambda path: path.name)
def test_no_key_stands_twice(path: Path) -> None:
    with path.open(encoding="utf-8") as text:
        assert yaml.load(text, Loader=Once)


@pytest.fixture
def other_locales(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(language, "LOCALES", tmp_path)
    sentences.cache_clear()
    yield tmp_path
    sentences.cache_clear()


def test_a_sentence_said_twice_is_refused(other_locales: Path) -> None:
    first = other_locales / "en.yaml"
    first.write_text("map:\n  title: One\n  title: Two\n")
    with pytest.raises(CatalogueError) as caught:
        sentences("en")
    assert (caught.value.params["fault"], caught.value.params["key"]) == ("duplicate_key", "title")
    first.write_text("map:\n  title: One\n")
    assert sentences("en") == {"map.title": "One"}
    sentences.cache_clear()
    (other_locales / "en.cli.yaml").write_text("map:\n  title: Two\n")
    with pytest.raises(ValueError, match=r"map\.title stands twice"):
        sentences("en")


def test_both_languages_have_the_same_keys() -> None:
    chinese, english = (sentences(spoken) for spoken in LANGUAGES)
    assert set(chinese) == set(english)


@pytest.mark.parametrize("key", sorted(sentences("zh-CN")))
def test_both_languages_use_the_same_parameters(key: str) -> None:
    used = [params(sentences(spoken)[key]) for spoken in LANGUAGES]
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


def written() -> str:
    """Everything that may name a sentence: the product's Python, pages and scripts."""
    found = [path for room in ROOMS for path in (API.parent / room).rglob("*.py")]
    found += [*(API / "templates").rglob("*.html"), *(API / "static" / "js").rglob("*.js")]
    return "\n".join(path.read_text(encoding="utf-8") for path in found)


def test_no_sentence_is_dead() -> None:
    said = written()
    words = set(re.findall(r"(?=\b([a-z0-9_]+(?:\.[a-z0-9_]+)*))", said))
    single = set(re.findall(r"[a-z0-9_]+", said))
    # Groups asked for as a whole: "state." ~ name in a page, f"state.{name}" in Python.
    groups = set(re.findall(r"""["']([a-z_]+(?:\.[a-z_]+)*\.[a-z_]*)(?:["'] ~|\{)""", said))
    groups |= {f"{group}." for group in re.findall(r"""\bword\(\s*["']([a-z_]+)["'],""", said)}
    groups |= {f"{group}." for params in CODED.values() for group in params.values()} | {"fault."}
    spoken = ("refusal.", "note.", "set_aside.", "why.", "cli.")  # by their last word, wherever it stands
    dead = []
    for key in sentences("zh-CN"):
        last = key.rpartition(".")[2]
        known = key in words or (key.startswith(spoken) and last in single)
        if not known and not any(key.startswith(group) for group in groups - {"cli.", "set_aside."}):
            dead.append(key)
    assert not dead, ", ".join(dead)


def _said(asked: ast.expr) -> set[str]:
    """What an argument may say: one word, or one of two."""
    either = [asked.body, asked.orelse] if isinstance(asked, ast.IfExp) else [asked]
    return {each.value for each in either if isinstance(each, ast.Constant) and isinstance(each.value, str)}


def console_words() -> set[str]:
    """Every key the command line asks for by name."""
    found: set[str] = set()
    for path in (API / "cli").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = ast.unparse(node.func)
            if called == "Finding":
                for group, asked in zip(("subject", "finding", "doctor"), node.args, strict=False):
                    found |= {f"cli.{group}.{word}" for word in _said(asked)}
            elif called in ("say", "terminal.say"):
                found |= {f"cli.{word}" for word in _said(node.args[0])}
            elif called.endswith(".say"):
                found |= _said(node.args[0])
    phases = re.findall(r"""(?:on_progress|tell)\(\s*["']([a-z_]+)["']""", written())
    return found | {f"cli.phase_{phase}" for phase in phases}


def test_every_sentence_the_command_line_asks_for_exists() -> None:
    asked = console_words()
    assert {"cli.serving", "cli.doctor.no_fonts", "cli.database_stopped", "cli.phase_bench_loading"} <= asked
    assert len(asked) > 70
    assert sorted(asked - set(sentences("zh-CN"))) == []


def test_every_group_a_page_asks_for_is_whole() -> None:
    from layers.model import CADENCES, COARSE, GRADES, KINDS, LEVELS, STATUSES
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
        "standing_edition": ["current", "displayed"],
        "layer": [f"withheld_{word}" for word in COARSE],
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


def test_the_codes_of_every_room_are_found() -> None:
    assert {"bench_recipe_missing", "dwg_not_taken", "format_not_taken", "locked", "site_or_again"} <= codes()


@pytest.mark.parametrize("code", sorted(codes()))
def test_every_refusal_has_its_sentence(code: str) -> None:
    for spoken in LANGUAGES:
        assert Speech(spoken).has(f"refusal.{code}")


def test_every_note_and_every_reason_to_set_aside_has_its_sentence() -> None:
    said = "".join(path.read_text(encoding="utf-8") for path in (API.parent / "gis").rglob("*.py"))
    notes = set(re.findall(r'\bNote\(\s*"([a-z_]+)"', said))
    aside = {
        "null_geometry",
        "empty_geometry",
        "invalid_geometry",
        "not_a_layer_kind",
        "outside_projection",
        "row_unreadable",
    }
    assert notes
    for spoken in LANGUAGES:
        missing = [code for code in notes if not Speech(spoken).has(f"note.{code}")]
        missing += [code for code in aside if not Speech(spoken).has(f"set_aside.{code}")]
        assert missing == []


def test_what_the_geometry_library_says_is_translated() -> None:
    told = Speech("zh-CN").reason("invalid_geometry", {"reason": "Ring Self-intersection"}, "set_aside")
    assert told == "图形无效：环自相交"


@pytest.mark.parametrize(
    ("code", "said", "chinese", "english"),
    [
        (
            "kind_differs",
            {"layer": "L", "expected": "polygon", "got": "raster"},
            ["应为 面", "是 栅格"],
            ["Polygon", "Raster"],
        ),
        ("site_bad_feature", {"row": 3, "why": "null_geometry"}, ["没有图形"], ["no geometry"]),
        ("catalogue", {"fault": "duplicate_key", "at": "a:b:c"}, ["键重复"], ["a key stands twice"]),
        ("kind_differs", {"layer": "L", "expected": "brand_new", "got": None}, ["brand_new"], ["brand_new"]),
    ],
)
def test_a_code_within_a_refusal_is_worded(
    code: str, said: dict[str, Any], chinese: list[str], english: list[str]
) -> None:
    for spoken, words in (("zh-CN", chinese), ("en", english)):
        told = Speech(spoken).reason(code, said)
        assert all(word in told for word in words), told


def test_every_fault_of_the_catalogue_has_words() -> None:
    listed = re.search(r"one of: ([a-z0-9_,\s]+)\.", CatalogueError.__doc__ or "")
    assert listed
    faults = [each.strip() for each in listed[1].split(",")]
    assert len(faults) > 15
    assert {f"catalogue_fault.{each}" for each in faults} == {
        key for key in sentences("en") if key.startswith("catalogue_fault.")
    }


@pytest.mark.parametrize("spoken", LANGUAGES)
def test_no_sentence_promises_nothing_or_shouts(spoken: str) -> None:
    for key, sentence in sentences(spoken).items():
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
