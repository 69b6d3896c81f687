"""Rule files taken whole or refused by name: file, stanza, key, what was expected, what was met."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from layers import catalogue
from layers.model import Catalogue
from layers.strict_yaml import CatalogueError
from workflows.site_check.rulebook import reader
from workflows.site_check.rulebook.rule import Rule, from_body

GOOD: dict[str, Any] = {
    "name": "占用永久基本农田",
    "name_en": "On permanent basic farmland",
    "layer": "permanent_basic_farmland",
    "measure": "area",
    "limit": "over 0 m2",
    "effect": "forbid",
    "law": [{"law": "land_administration_law", "article": "第三十五条", "standing": "memory"}],
    "since": "2020-01-01",
    "do": "调整选址",
    "do_en": "Choose another site",
}


@cache
def known() -> Catalogue:
    return catalogue.load()


def load(folder: Path, **changes: Any) -> tuple[Rule, ...]:
    said = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    whole = {
        "group": {"code": "lines", "name": "线", "name_en": "Lines", "order": 1},
        "rules": {"a_rule": said},
    }
    (folder / "lines.yaml").write_text(yaml.safe_dump(whole, allow_unicode=True), encoding="utf-8")
    return reader.load(folder, known(), {"planned_use"}).rules


def test_a_rule_comes_back_from_its_body(tmp_path: Path) -> None:
    (rule,) = load(tmp_path, limit="over 2 mu", classes=["0101"], uses=["08"], **{"except": ["1207"]})
    assert rule.limit.value == pytest.approx(2 * 2000 / 3)
    assert from_body(rule.body) == rule
    assert from_body(rule.body).version == rule.version


def test_the_same_words_are_the_same_version_and_other_words_another(tmp_path: Path) -> None:
    (first,), (same,), (other,) = load(tmp_path), load(tmp_path), load(tmp_path, limit="over 1 m2")
    assert first.version == same.version != other.version


def test_the_office_is_the_layers_unless_said(tmp_path: Path) -> None:
    assert [load(tmp_path)[0].department, load(tmp_path, department="water")[0].department] == [
        "natural_resources",
        "water",
    ]


@pytest.mark.parametrize(
    ("changes", "fault", "key"),
    [
        ({"layer": "no_such_layer"}, "unknown_reference", "layer"),
        ({"measure": "volume"}, "not_allowed", "measure"),
        ({"uses": ["R2"]}, "unknown_reference", "uses"),
        ({"limit": "over 0"}, "no_unit", "limit"),
        ({"limit": "over 0 hectares"}, "not_allowed", "limit"),
        ({"limit": "more than 0 m2"}, "not_allowed", "limit"),
        ({"limit": "over XG m2"}, "not_allowed", "limit"),
        ({"limit": "over 1e3 m2"}, "not_allowed", "limit"),
        ({"limit": None}, "missing", "limit"),
        ({"effect": "permit"}, "not_allowed", "effect"),
        ({"effect": "conform"}, "mismatch", "effect"),
        ({"colour": "red"}, "unknown_key", "colour"),
        ({"classes": ["R2"]}, "unknown_reference", "classes"),
        ({"layer": "industrial_park", "classes": ["1"]}, "mismatch", "classes"),
        ({"measure": "length"}, "mismatch", "measure"),
        ({"measure": "distance", "limit": "over 10 m"}, "not_allowed", "limit"),
        ({"figure": "height"}, "mismatch", "figure"),
        ({"measure": "comparison", "limit": "over 10 m"}, "missing", "figure"),
        ({"measure": "comparison", "figure": "height", "limit": "over 10 feet"}, "not_allowed", "limit"),
        ({"measure": "distance", "figure": "height", "limit": "under 10 m"}, "not_allowed", "figure"),
        ({"measure": "distance", "figure": "setback", "limit": "over 10 m"}, "not_allowed", "limit"),
        ({"measure": "comparison", "figure": "height", "limit": "over 10 m", "plus": "district"}, "mismatch", "plus"),
        ({"layer": "slope", "measure": "share_above", "limit": "over 10 %", "above": "25"}, "no_unit", "above"),
        ({"layer": "slope", "measure": "share_above", "limit": "over 10 %", "above": "25 m"}, "mismatch", "above"),
        ({"measure": "use", "effect": "conform", "table": "no_table", "on_conflict": "forbid", "on_conditional": "inform"}, "unknown_reference", "table"),
        ({"measure": "use", "effect": "conform", "table": "planned_use", "on_conflict": "inform", "on_conditional": "forbid"}, "mismatch", "on_conditional"),
        ({"law": [{"law": "no_law", "standing": "memory"}]}, "unknown_reference", "law"),
        ({"department": "nobody"}, "unknown_reference", "department"),
        ({"since": "2020-02-30"}, "not_allowed", "since"),
        ({"since": None}, "missing", "since"),
        ({"until": "2019-01-01"}, "out_of_range", "until"),
        ({"do": None}, "missing", "do"),
        ({"versions": [{"since": "2020-01-01"}, {"since": "2021-01-01"}]}, "overlap", "versions"),
        ({"versions": [{"since": "2020-01-01", "until": "2021-01-02"}, {"since": "2021-01-01"}]}, "overlap", "versions"),
    ],
)  # fmt: skip
def test_what_a_rule_cannot_say_is_refused_by_name(
    tmp_path: Path, changes: dict[str, Any], fault: str, key: str
) -> None:
    with pytest.raises(CatalogueError) as refusal:
        load(tmp_path, **changes)
    assert (refusal.value.params["fault"], refusal.value.params["key"], refusal.value.params["file"]) == (
        fault,
        key,
        "lines.yaml",
    )


def test_who_says_a_law_was_seen_says_where(tmp_path: Path) -> None:
    unseen = next(code for code, law in known().laws.items() if law.standing == "memory")
    with pytest.raises(CatalogueError) as refusal:
        load(tmp_path, law=[{"law": unseen, "standing": "seen"}])
    assert (refusal.value.params["fault"], refusal.value.params["key"]) == ("missing", "source")


def test_versions_follow_one_another(tmp_path: Path) -> None:
    versions = [{"since": "2021-01-01", "limit": "over 5 m2"}, {"since": "2018-01-01", "until": "2021-01-01"}]
    rules = load(tmp_path, versions=versions)
    held = [
        [rule.limit.value for rule in rules if rule.holds_on(day)]
        for day in (date(2017, 1, 1), date(2018, 1, 1), date(2020, 12, 31), date(2021, 1, 1))
    ]
    assert held == [[], [0.0], [0.0], [5.0]]


def test_two_files_cannot_claim_one_rule(tmp_path: Path) -> None:
    load(tmp_path)
    text = (tmp_path / "lines.yaml").read_text(encoding="utf-8")
    (tmp_path / "more.yaml").write_text(text.replace("code: lines", "code: more"), encoding="utf-8")
    with pytest.raises(CatalogueError, match="duplicate"):
        reader.load(tmp_path, known(), set())


def test_a_folder_without_rules_is_told(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="missing"):
        reader.load(tmp_path, known(), set())
