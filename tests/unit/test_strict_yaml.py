"""The strict reader: what is not plain YAML is refused by name and line, and nothing is read as what it was not meant to be."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.strict_yaml import MAX_BYTES, MAX_DEPTH, CatalogueError, read

FILE = "02_lines.yaml"


def refused(text: str | bytes) -> dict[str, Any]:
    with pytest.raises(CatalogueError) as caught:
        read(text.encode() if isinstance(text, str) else text, FILE)
    params = caught.value.params
    assert params["file"] == FILE
    assert params["expected"]
    assert params["got"]
    return params


@pytest.mark.parametrize(
    ("written_as", "means"),
    [
        ("010", "010"),
        ("no", "no"),
        ("2019-08-26", "2019-08-26"),
        ("1:30", "1:30"),
        ("0x1f", "0x1f"),
        ("'7'", "7"),
    ],
)
def test_a_word_that_looks_like_something_else_stays_text(written_as: str, means: str) -> None:
    assert read(f"key: {written_as}".encode(), FILE) == {"key": means}


def test_numbers_and_truth_are_read_as_such() -> None:
    said = read(b"a: 3\nb: -2.5\nc: true\nd: 1.0e-05\ne: [1, x]", FILE)
    assert said == {"a": 3, "b": -2.5, "c": True, "d": 1e-05, "e": [1, "x"]}
    assert said.lines == {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}


# --- the text itself --------------------------------------------------------------------------------------------------


def test_a_file_that_is_not_utf8() -> None:
    params = refused("a: 1\nb: 2\nname: 永久基本农田\n".encode("gb18030"))
    assert params["fault"] == "not_utf8"
    assert params["line"] == 3
    assert params["got"].startswith("byte 0x")


@pytest.mark.parametrize(
    "text", ["theme: [", "theme: {a: 1", "\ttheme: 1", "a: b: c", "x: \x01", "&: *", "%YAML 9"]
)
def test_a_file_that_is_not_yaml(text: str) -> None:
    assert refused(text)["fault"] in ("not_yaml", "anchor")


@pytest.mark.parametrize("text", ["", "# only a comment\n", "just words", "- a\n- b\n"])
def test_a_file_that_is_no_table(text: str) -> None:
    assert refused(text)["fault"] == "wrong_type"


def test_a_billion_laughs() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    params = refused(bomb)
    assert (params["fault"], params["line"], params["got"]) == ("anchor", 1, "a")


def test_an_alias_without_its_anchor() -> None:
    assert refused("theme: *nothing")["fault"] == "anchor"


@pytest.mark.parametrize(
    "tag", ["!!python/object/apply:os.system ['true']", "!!binary aGk=", "!mine x", "!!str 3"]
)
def test_a_tag(tag: str) -> None:
    assert refused(f"theme: {tag}")["fault"] == "tag"


def test_a_second_document() -> None:
    assert refused("a: 1\n---\na: 1\n")["fault"] == "several_documents"


def test_nesting_deeper_than_any_catalogue() -> None:
    params = refused("a: " + "[" * 5000)
    assert (params["fault"], params["got"]) == ("too_deep", f"{MAX_DEPTH + 1} levels")


def test_a_file_larger_than_any_catalogue() -> None:
    assert refused(b"#" * (MAX_BYTES + 1))["fault"] == "too_large"


def test_a_key_said_twice() -> None:
    params = refused("layers:\n  roads:\n    kind: polygon\n    kind: line\n")
    assert (params["fault"], params["key"], params["line"]) == ("duplicate_key", "kind", 4)
    assert params["got"] == "lines 3 and 4"


@pytest.mark.parametrize("text", ["[a, b]: 1", "{a: 1}: 1", "'': 1"])
def test_a_key_that_is_no_text(text: str) -> None:
    assert refused(text)["fault"] in ("wrong_type", "empty")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200) | st.text("[]{}&*!|>:-?,'\"#% \n\tab01~", max_size=120).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    refusal = None
    try:
        read(data, FILE)
    except CatalogueError as error:
        refusal = error
    assert refusal is None or refusal.params["file"] == FILE
