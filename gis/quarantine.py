"""Rooms for what strangers handed over: temporary folders below the data home, each held by a lock of its process for as long as it is in use.

A process empties its own rooms. Of one that was killed the lock ended with it, whatever its number is used for now, so ``sweep`` knows what nobody
holds any more and takes it away. This room refuses to know what lies in a room.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

RESERVE = (
    512 << 20
)  # bytes left to whoever else writes on this disk: the database must never be stopped by a delivery
RESERVE_SHARE = 0.05  # of the disk, where that is less
FULL = (errno.ENOSPC, errno.EDQUOT)
_HELD, _ROOM = "held", "room"


def folder() -> Path:
    # Imported late: the sandbox loads modules that name this one, and has neither ``db`` nor its settings.
    from db.settings import folder as of_home

    return of_home("quarantine")


@contextlib.contextmanager
def room(kind: str) -> Iterator[Path]:
    """An empty folder, closed to other users, that is gone when the block ends. ``kind``: a word for whoever looks in while it stands.

    A disk that fills up within the block is GroundError ``disk_full``.
    """
    made, held = _made(kind)
    try:
        yield made / _ROOM
    except OSError as error:
        if error.errno in FULL:
            raise _full(made.parent) from error
        raise
    finally:
        with held:  # the lock last: until then nobody else empties it
            shutil.rmtree(made, ignore_errors=True)


def _made(kind: str) -> tuple[Path, IO[str]]:
    home = folder()
    try:
        with _door(fcntl.LOCK_SH):  # no sweep between the folder and its lock
            made = Path(tempfile.mkdtemp(prefix=f"{kind}-", dir=home))
            held = (made / _HELD).open("w")
            fcntl.flock(held, fcntl.LOCK_EX)
            (made / _ROOM).mkdir()
    except OSError as error:
        if error.errno in FULL:
            raise _full(home) from error
        raise
    return made, held


def check_space(where: Path, needs: int, name: str) -> None:
    """Before ``needs`` bytes are written into the folder ``where`` for ``name``; GroundError ``no_space`` where the disk would be left with less than
    the reserve.
    """
    disk = shutil.disk_usage(where)
    if needs > disk.free - min(RESERVE, int(disk.total * RESERVE_SHARE)):
        from db.errors import GroundError

        raise GroundError(
            "no_space",
            file=name,
            folder=str(where),
            needs_mb=_megabytes(needs),
            free_mb=_megabytes(disk.free),
        )


def _megabytes(count: int) -> int:
    return -(-count // 1_000_000)


def sweep() -> list[str]:
    """Empty the rooms whose process is dead; their names. Rooms in use are left alone, and two sweeps do not meet."""
    home = folder()
    with contextlib.ExitStack() as dead:
        with _door(fcntl.LOCK_EX):
            found = [each for each in sorted(home.iterdir()) if _is_dead(each, dead)]
        for each in found:
            if each.is_dir() and not each.is_symlink():
                shutil.rmtree(each, ignore_errors=True)
            else:
                each.unlink(missing_ok=True)
        return [each.name for each in found]


def _is_dead(made: Path, dead: contextlib.ExitStack) -> bool:
    """Whether nobody holds it; if so we do from now on. A room without its lock is of a process that died while making it."""
    try:
        held = dead.enter_context((made / _HELD).open("r+"))
    except (FileNotFoundError, NotADirectoryError):
        return True
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held.close()
        return False
    return True


@contextlib.contextmanager
def _door(kind: int) -> Iterator[None]:
    from db.settings import folder as of_home

    with (of_home("run") / "quarantine.lock").open("a") as lock:
        fcntl.flock(lock, kind)
        yield


def _full(home: Path) -> Exception:
    from db.errors import GroundError

    return GroundError("disk_full", folder=str(home))


def is_full(error: OSError) -> bool:
    """Whether a disk, or what of it one may use, was full."""
    return error.errno in FULL
