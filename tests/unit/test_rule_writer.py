"""The way out and back: whatever rules say, their exported files say again, to the last character of every version."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.catalogue import load
from layers.model import Catalogue
from workflows.site_check.rulebook import book as rulebook
from workflows.site_check.rulebook import limits
from workflows.site_check.rulebook import reader as rule_reader
from workflows.site_check.rulebook.reader import Group
from workflows.site_check.rulebook.rule import MU, Limit, Rule
from workflows.site_check.rulebook.writer import dump, files


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


@pytest.fixture(scope="module")
def shipped(catalogue: Catalogue) -> rulebook.Rulebook:
    return rulebook.read(catalogue)


def kept(folder: Path, texts: dict[str, str]) -> Path:
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_the_shipped_rules_survive_export(
    catalogue: Catalogue, shipped: rulebook.Rulebook, tmp_path: Path
) -> None:
    kept(tmp_path, files(shipped.groups, shipped.rules))
    again = rulebook.read(catalogue, tmp_path)
    assert again.rules == shipped.rules
    assert again.groups == shipped.groups
    assert again.digest == shipped.digest


def test_versions_of_a_rule_share_what_they_say_alike(shipped: rulebook.Rulebook) -> None:
    versions = [rule for rule in shipped.rules if rule.code == "farmland_occupied"]
    assert len(versions) > 1
    told = yaml.safe_load(files(shipped.groups, versions)["control_lines.yaml"])["rules"]["farmland_occupied"]
    assert {"name", "layer", "limit", "do"} <= told.keys()
    assert len(told["versions"]) == len(versions)
    assert all(each.keys().isdisjoint(told) for each in told["versions"])
    assert [each["since"] for each in told["versions"]] == [rule.since.isoformat() for rule in versions]


@pytest.fixture(scope="module")
def area_rule(shipped: rulebook.Rulebook) -> Rule:
    return next(rule for rule in shipped.rules if rule.measure == "area")


@settings(max_examples=300, deadline=None)
@given(
    written=st.decimals(min_value=0, max_value=10**9, places=4, allow_nan=False),
    unit=st.sampled_from([("m2", 1.0), ("ha", 10_000.0), ("mu", MU)]),
)
def test_a_limit_is_the_same_to_the_last_bit_in_whatever_unit(
    area_rule: Rule, written: object, unit: tuple[str, float]
) -> None:
    value = float(str(written)) * unit[1]
    rule = dataclasses.replace(area_rule, limit=Limit("over", value, None, unit[0]))
    op, number, told = str(dump(rule)["limit"]).split()
    assert (op, told) == ("over", unit[0])
    assert float(number) * unit[1] == value
    assert limits._LIMIT.fullmatch(f"{op} {number} {told}")


def test_a_limit_of_the_feature_and_texts_that_look_like_numbers_come_back(
    catalogue: Catalogue, shipped: rulebook.Rulebook, tmp_path: Path
) -> None:
    model = next(rule for rule in shipped.rules if rule.measure == "comparison" and rule.limit.attribute)
    odd = dataclasses.replace(
        model,
        group="odd",
        name="0101",
        name_en="null",
        do="true",
        do_en="2019-08-26",
        note="# no remark: '010'",
    )
    group = Group("odd", "~", "1e5", 7)
    kept(tmp_path, files([group], [odd]))
    again = rule_reader.load(tmp_path, catalogue, shipped.tables.keys())
    assert again.rules == (odd,)
    assert again.groups == (group,)
    assert again.rules[0].version == odd.version
