"""Set-up: one small script, locks that name no address, and an offer of commands that is kept."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from api.cli.main import COMMANDS
from tests.house.tree import ROOT

SCRIPT = ROOT / "hetu"
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
REQUIREMENT = re.compile(
    r"^([A-Za-z0-9._-]+)==([^ ;\\]+)(?: ; ([^\\]+))? \\\n((?: {4}--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)",
    re.M,
)


def _run(*words: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        list(words),
        cwd=cwd,
        text=True,
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )


def test_the_script_is_small_and_whole() -> None:
    assert len(SCRIPT.read_text(encoding="utf-8").splitlines()) < 100
    assert os.access(SCRIPT, os.X_OK)
    assert _run("bash", "-n", str(SCRIPT)).returncode == 0


@pytest.mark.parametrize("words", [(), ("help",), ("--help",)])
def test_help_needs_nothing_and_lists_every_command(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Called through a link, from elsewhere, without a home or Python: the page is in the script itself."""
    (tmp_path / "link").symlink_to(SCRIPT)
    said = _run(str(tmp_path / "link"), *words, cwd=tmp_path, PATH="/usr/bin:/bin", HOME="/nonexistent")
    assert (said.returncode, said.stderr) == (0, "")
    offered = re.findall(r"^  ([a-z]+) ", said.stdout, flags=re.MULTILINE)
    assert Counter(offered) == Counter([*COMMANDS, "help"])


def test_every_command_can_be_loaded() -> None:
    import typer.main

    from api.cli.main import app

    group = typer.main.get_command(app)
    for name in COMMANDS:
        command = group.get_command(None, name)  # type: ignore[attr-defined]
        assert command is not None
        assert command.help, f"{name} says what it does"


def test_proof_is_the_command_a_person_runs() -> None:
    run = ROOT / ".ci" / "run"
    assert os.access(run, os.X_OK)
    lines = [
        line for line in run.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")
    ]
    assert lines == [
        "set -euo pipefail",
        'cd "$(dirname -- "${BASH_SOURCE[0]}")/.."',
        'exec ./hetu test "$@"',
    ]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_pins_one_version_by_hash_and_names_no_address(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^--?(?:i|index|extra|find)", text, flags=re.MULTILINE)
    pinned = REQUIREMENT.findall(text)
    assert len(pinned) == len(re.findall(r"^[A-Za-z0-9]", text, flags=re.MULTILINE)) > 50
    twice = [name for name, count in Counter(name for name, *_ in pinned).items() if count > 1]
    assert not twice, "one version for all Pythons"


def test_what_proves_the_product_stands_on_what_a_user_gets() -> None:
    run, dev = (
        {
            name: version
            for name, version, *_ in REQUIREMENT.findall((ROOT / "requirements" / f"{kind}.lock").read_text())
        }
        for kind in ("run", "dev")
    )
    assert run.items() <= dev.items()
    assert (
        not {"pytest", "hypothesis", "playwright", "mypy", "ruff", "schemathesis", "scipy", "jsonschema"}
        & run.keys()
    )


def test_the_lock_of_the_pages_names_no_address() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    asked = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    top = lock["packages"][""]
    assert (top["dependencies"], top["devDependencies"]) == (asked["dependencies"], asked["devDependencies"])
    for path, package in lock["packages"].items():
        assert not package.keys() & {"resolved", "funding"}, path
        assert path == "" or package["integrity"].startswith("sha512-"), path
    for name, version in (asked["dependencies"] | asked["devDependencies"]).items():
        assert lock["packages"][f"node_modules/{name}"]["version"] == version, "pinned exactly"


def test_every_ignored_rule_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    rules = tomllib.loads(text)["tool"]["ruff"]["lint"]
    for rule in {*rules["ignore"], *(each for some in rules["per-file-ignores"].values() for each in some)}:
        lines = [line for line in text.splitlines() if re.match(rf'\s+"{rule}",', line)]
        assert lines, rule
        assert all(re.search(r"#\s+\S+ \S+", line) for line in lines), f"{rule} is ignored for a reason"
