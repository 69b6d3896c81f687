"""Rooms of the quarantine: gone with their block, kept while their process lives, emptied once it was killed."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from db.errors import GroundError
from db.settings import CHECKOUT
from gis import quarantine

HOLDER = """
import sys
from gis import quarantine
with quarantine.room("reading") as room:
    (room / "chunk").write_bytes(b"x" * 1000)
    print(room, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HETU_HOME", str(tmp_path))
    return tmp_path


def held_by_a_process() -> tuple[subprocess.Popen[str], Path]:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
    )  # fmt: skip
    assert child.stdout is not None
    return child, Path(child.stdout.readline().strip())


def standing() -> list[str]:
    return sorted(each.name for each in quarantine.folder().iterdir())


def test_a_room_is_gone_when_its_block_ends_however_it_ends() -> None:
    with quarantine.room("delivery") as first, quarantine.room("delivery") as second:
        (first / "file").write_text("x")
        assert first != second
        assert first.stat().st_mode & 0o077 == 0 or first.parent.stat().st_mode & 0o077 == 0
        assert quarantine.sweep() == []  # our own, in use
        assert (first / "file").exists()
    assert standing() == []
    with pytest.raises(ZeroDivisionError), quarantine.room("delivery"):
        raise ZeroDivisionError
    assert standing() == []


def test_a_room_stands_while_its_process_lives_and_is_swept_once_it_was_killed() -> None:
    child, room = held_by_a_process()
    try:
        assert quarantine.sweep() == []
        assert (room / "chunk").exists()
        child.send_signal(signal.SIGKILL)
        child.communicate()
        assert quarantine.sweep() == [room.parent.name]
        assert standing() == []
    finally:
        child.kill()
        child.communicate()


def test_what_a_process_left_while_making_a_room_is_swept_too() -> None:
    (quarantine.folder() / "reading-unlocked").mkdir()
    (quarantine.folder() / "stray").write_text("x")
    (quarantine.folder() / "link").symlink_to("/etc")
    assert quarantine.sweep() == ["link", "reading-unlocked", "stray"]
    assert standing() == []
    assert Path("/etc/passwd").exists()


def test_a_disk_that_fills_up_within_a_room_is_told_with_its_folder() -> None:
    with pytest.raises(GroundError) as full, quarantine.room("reading"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert (full.value.code, full.value.params) == ("disk_full", {"folder": str(quarantine.folder())})
    with pytest.raises(PermissionError), quarantine.room("reading"):
        raise PermissionError(errno.EACCES, "Permission denied")
    assert standing() == []


def test_what_would_not_leave_the_reserve_is_refused_before_it_is_written(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        shutil, "disk_usage", lambda _: SimpleNamespace(total=100_000, used=80_000, free=20_000)
    )
    quarantine.check_space(home, 15_000, "a.zip")  # a twentieth of this disk is kept back
    with pytest.raises(GroundError) as no:
        quarantine.check_space(home, 15_001, "a.zip")
    assert no.value.code == "no_space"
    assert no.value.params == {"file": "a.zip", "folder": str(home), "needs_mb": 1, "free_mb": 1}
