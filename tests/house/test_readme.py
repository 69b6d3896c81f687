"""What README says is so: its commands exist, its tree is the tree, its links lead somewhere, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from api.cli.main import COMMANDS
from tests.house.tree import ROOT, files

READMES = ("README.md", "README.zh-CN.md")
COMMAND = re.compile(r"(?:^|[\s`(])\./hetu(?: ([a-z]+))?", re.MULTILINE)
# A line of the tree: a path, two blanks or more, what it is.
BRANCH = re.compile(r"^([\w.][\w./*-]*?/?) {2,}\S", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")


def _read(readme: str) -> str:
    return (ROOT / readme).read_text(encoding="utf-8")


def _tree(readme: str) -> set[str]:
    """Paths of the fenced block that draws the tree: the one that names gis/."""
    for block in re.findall(r"^```\w*\n(.*?)^```", _read(readme), flags=re.MULTILINE | re.DOTALL):
        if re.search(r"^gis/ ", block, flags=re.MULTILINE):
            return set(BRANCH.findall(block))
    raise AssertionError(f"{readme} draws no tree")


@pytest.mark.parametrize("readme", READMES)
def test_its_commands_exist(readme: str) -> None:
    named = {name for name in COMMAND.findall(_read(readme)) if name}
    assert named <= {*COMMANDS, "help"}
    assert {"demo", "test"} <= named, "the two commands"


@pytest.mark.parametrize("readme", READMES)
def test_its_tree_is_the_tree(readme: str) -> None:
    drawn = _tree(readme)
    for path in drawn:
        assert any(ROOT.glob(path.rstrip("/"))), f"{path} is drawn and not there"
    folders = {path.relative_to(ROOT).parts[0] for path in files() if len(path.relative_to(ROOT).parts) > 1}
    lacking = {each for each in folders if not each.startswith(".")} - {path.split("/")[0] for path in drawn}
    assert not lacking, f"{lacking} is there and not drawn"


@pytest.mark.parametrize("readme", READMES)
def test_its_links_lead_somewhere(readme: str) -> None:
    links = [link for link in LINK.findall(_read(readme)) if "://" not in link]
    assert links
    assert not [link for link in links if not (ROOT / Path(link)).exists()]


def test_both_languages_tell_the_same() -> None:
    english, chinese = (_read(readme) for readme in READMES)
    assert _tree("README.md") == _tree("README.zh-CN.md")
    assert set(COMMAND.findall(english)) == set(COMMAND.findall(chinese))
    assert {link for link in LINK.findall(english) if "README" not in link} == {
        link for link in LINK.findall(chinese) if "README" not in link
    }
