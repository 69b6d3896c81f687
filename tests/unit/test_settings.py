"""What may be set from outside, and the folders that follow from it."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from db import settings
from db.errors import GroundError
from db.settings import Ground, Web, folder, folder_error, home, make_folder, read


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HETU_HOME", "DATABASE_URL", "HETU_HOST", "HETU_PORT", "HETU_WORKSPACE", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)


def test_a_chosen_home_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HETU_HOME", str(tmp_path / "合图"))
    assert home() == tmp_path / "合图"
    monkeypatch.setenv("HETU_HOME", "~/hetu")
    assert home() == Path.home() / "hetu"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HETU_HOME", "here")
    assert home() == tmp_path / "here"


def test_root_and_users_have_homes_where_their_servers_may_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert home().parent == Path("/var/lib/hetu")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert home().parent == Path.home() / ".local" / "share" / "hetu"
    monkeypatch.setenv("XDG_DATA_HOME", "/srv/data")
    assert home().parent == Path("/srv/data/hetu")
    monkeypatch.setenv("XDG_DATA_HOME", "relative/is/ignored")
    assert home().parent == Path.home() / ".local" / "share" / "hetu"


def test_two_checkouts_of_one_name_do_not_share_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "CHECKOUT", Path("/a/hetu"))
    first = home()
    monkeypatch.setattr(settings, "CHECKOUT", Path("/b/hetu"))
    assert first.name.startswith("hetu-")
    assert home().name.startswith("hetu-")
    assert home() != first


def test_an_empty_variable_is_no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setenv("HETU_PORT", "")
    assert read(Ground).database_url is None
    assert read(Web).port is None
    assert read(Web).workspace == "demo"


@pytest.mark.parametrize("said", ["web", "0", "65536", "80.5"])
def test_a_port_that_is_none_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("HETU_PORT", said)
    with pytest.raises(GroundError) as caught:
        read(Web)
    assert (caught.value.code, caught.value.params["variable"], caught.value.params["got"]) == (
        "setting",
        "HETU_PORT",
        said,
    )


def test_folders_are_closed_and_homes_can_be_passed_through(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HETU_HOME", str(tmp_path / "a" / "b"))
    before = os.umask(0o077)
    try:
        made = folder("originals")
    finally:
        os.umask(before)
    assert made == tmp_path / "a" / "b" / "originals"
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in (made, made.parent, made.parent.parent)}
    assert modes == {"originals": 0o700, "b": 0o711, "a": 0o755}


def test_a_folder_that_exists_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    assert make_folder(tmp_path, 0o700) == tmp_path
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o750


def test_a_file_where_a_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    for path in (tmp_path / "taken", tmp_path / "taken" / "below"):
        with pytest.raises(GroundError) as caught:
            make_folder(path, 0o700)
        assert caught.value.code == "folder_unusable"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "disk_full"),
        (errno.EDQUOT, "disk_full"),
        (errno.EACCES, "folder_unusable"),
        (errno.EROFS, "folder_unusable"),
    ],
)
def test_what_the_system_says_about_a_folder(number: int, code: str) -> None:
    refusal = folder_error(OSError(number, os.strerror(number), "/x/y"), Path("/x"))
    assert refusal.code == code
    assert str(refusal.params["folder"]).startswith("/x")


def test_public_names_are_read_from_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(Web).hosts == frozenset()
    monkeypatch.setenv("HETU_HOST", " Plans.example , 10.1.2.3:8443,")
    assert read(Web).hosts == {"plans.example", "10.1.2.3:8443"}


@pytest.mark.parametrize(
    "said", ["*", "https://plans.example", "*.example", "a.example/x", "a b", "a,,b", "a\nb"]
)
def test_a_public_name_that_is_none_is_refused_by_its_name(
    monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    monkeypatch.setenv("HETU_HOST", said)
    with pytest.raises(GroundError) as caught:
        read(Web)
    assert (caught.value.code, caught.value.params["variable"]) == ("setting", "HETU_HOST")
