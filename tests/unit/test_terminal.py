"""How the command line speaks and how it ends, whatever happens in a command."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest
import typer
from sqlalchemy.exc import OperationalError

from api.cli import doctor, terminal
from db import cluster
from db.errors import GroundError
from db.settings import CHECKOUT
from layers.refusal import Refused


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HETU_LANG", "en")
    monkeypatch.setenv("HETU_HOME", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)


def _ends(surprise: BaseException) -> int:
    with pytest.raises(typer.Exit) as ended, terminal.courtesy():
        raise surprise
    return int(ended.value.exit_code)


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ({"HETU_LANG": "en", "LANG": "zh_CN.UTF-8"}, "en"), ({"HETU_LANG": "zh-CN", "LANG": "en_GB.UTF-8"}, "zh-CN"),
        ({"LANG": "en_US.UTF-8"}, "en"), ({"LC_ALL": "C.UTF-8", "LANG": "en_US.UTF-8"}, "zh-CN"), ({"LANG": "C.UTF-8"}, "zh-CN"),
        ({}, "zh-CN"),
    ],
)  # fmt: skip
def test_the_language_of_the_terminal(
    monkeypatch: pytest.MonkeyPatch, said: dict[str, str], language: str
) -> None:
    for name in ("HETU_LANG", "LC_ALL", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    assert terminal.speech().language == language


@pytest.mark.parametrize("refusal", [GroundError("port_busy", port=8600), Refused("port_busy", port=8600)])
def test_a_refusal_is_one_sentence_and_exit_1(refusal: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    assert _ends(refusal) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "8600" in said.err
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("surprise", "code"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "disk_full"),
        (
            OperationalError(
                "COPY", {}, psycopg2.OperationalError(f"could not extend file: {os.strerror(errno.ENOSPC)}")
            ),
            "disk_full",
        ),
        (
            OperationalError(
                "SELECT", {}, psycopg2.OperationalError("server closed the connection unexpectedly")
            ),
            "database_gone",
        ),
    ],
)
def test_what_libraries_say_of_disk_and_database_is_told_in_our_words(
    surprise: Exception, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _ends(surprise) == 1
    params = {"folder": os.environ["HETU_HOME"]} if code == "disk_full" else {}
    assert capsys.readouterr().err.strip() == terminal.speech().reason(code, params)


def test_what_nobody_foresaw_is_kept_whole_and_told_short(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _ends(ZeroDivisionError("a share of nothing\nand more")) == terminal.SURPRISED
    said = capsys.readouterr().err
    assert "ZeroDivisionError: a share of nothing" in said
    assert "Traceback" not in said
    log = tmp_path / "logs" / "cli.log"
    assert str(log) in said
    assert "Traceback" in log.read_text()
    assert "and more" in log.read_text()


def test_an_interruption_is_polite(capsys: pytest.CaptureFixture[str]) -> None:
    assert _ends(KeyboardInterrupt()) == 130
    assert "Interrupted" in capsys.readouterr().err


def _command(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "api.cli", *words],
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), **environment},
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, cwd="/",
    )  # fmt: skip


def test_status_of_a_new_home_starts_nothing_and_prints_nothing_but_json(tmp_path: Path) -> None:
    said = _command("status", "--json")
    assert (said.returncode, said.stderr) == (0, "")
    told = json.loads(said.stdout)
    assert told["home"] == str(tmp_path)
    assert told["database"] | {"url": ""} == {
        "url": "", "private": True, "made": False, "running": False, "version": None, "postgis": None,
    }  # fmt: skip
    assert told["workspaces"] == []
    assert not (tmp_path / "cluster").exists()


def test_a_server_that_cannot_be_reached_is_told_by_status_and_refused_by_up(tmp_path: Path) -> None:
    url = f"postgresql://me:secret@/x?host={tmp_path}"
    for command, code in (("status", 0), ("up", 1)):
        said = _command(command, DATABASE_URL=url)
        assert said.returncode == code, said.stderr
        assert "cannot be reached" in said.stdout + said.stderr
        assert "secret" not in said.stdout + said.stderr
        assert "Traceback" not in said.stderr


def test_stopping_nothing_is_no_failure() -> None:
    said = _command("stop")
    assert (said.returncode, said.stdout) == (0, "")


def test_an_unknown_command_is_a_usage_error() -> None:
    said = _command("fly")
    assert said.returncode == 2
    assert "fly" in said.stderr


def test_doctor_finds_what_is_here_on_this_machine() -> None:
    said = _command("doctor", "--json")
    assert said.stderr == ""
    found = {each["subject"]: each["state"] for each in json.loads(said.stdout)}
    assert {
        "python",
        "packages",
        "postgres",
        "server",
        "isolation",
        "pages",
        "fonts",
        "paper",
        "browser",
        "disk",
        "memory",
        "access",
    } == found.keys()
    assert (found["python"], found["packages"], found["postgres"]) == ("here", "here", "here")
    assert said.returncode == (1 if "missing" in found.values() else 0)


def test_doctor_says_what_is_missing_and_how_to_mend_it(tmp_path: Path) -> None:
    said = _command("doctor", HETU_POSTGRES_BIN=str(tmp_path / "nowhere"))
    assert said.returncode == 1
    line = next(line for line in said.stdout.splitlines() if line.startswith("✕"))
    assert str(tmp_path / "nowhere") in line


def test_a_lock_is_read_without_what_other_platforms_need() -> None:
    lock = "alembic==1.20.0 \\\n    --hash=sha256:aa\ncolorama==0.4.6 ; sys_platform == 'win32' \\\n    --hash=sha256:bb\n"
    assert doctor.pins(lock) == {"alembic": "1.20.0"}


def test_a_low_disk_is_weak_and_a_full_one_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for free, state in ((0.5, "missing"), (5, "weak"), (50, "here")):
        usage = type("Usage", (), {"free": free * doctor.GB})
        monkeypatch.setattr(doctor.shutil, "disk_usage", lambda place, usage=usage: usage)
        disk = next(iter(doctor._machine()))
        assert (disk.subject, disk.state, disk.facts["folder"]) == ("disk", state, str(tmp_path))


def test_every_finding_has_its_sentence_in_both_languages() -> None:
    from api.language import LANGUAGES, Speech

    source = Path(doctor.__file__).read_text(encoding="utf-8")
    import re

    said = re.findall(r'Finding\(\s*"(\w+)", [^,]+, ("?\w+"?)', source)
    assert len(said) > 12
    for language in LANGUAGES:
        speech = Speech(language)
        for subject, code in said:
            assert speech.has(f"cli.subject.{subject}"), subject
            assert not code.startswith('"') or speech.has("cli.doctor." + code.strip('"')), code


def test_status_knows_a_cluster_that_was_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "cluster" / "data").mkdir(parents=True)
    (tmp_path / "cluster" / "data" / "PG_VERSION").write_text("15\n")
    told = cluster.status()
    assert (told.made, told.abilities, told.error) == (True, None, None)
