"""One process at a time, or many beside none, across processes: a lock on a file that ends with whoever holds it, kill -9 included."""

from __future__ import annotations

import contextlib
import fcntl
import time
from collections.abc import Iterator
from pathlib import Path

from db.errors import GroundError
from db.settings import folder_error


@contextlib.contextmanager
def alone(path: Path, patience: float = 300.0) -> Iterator[None]:
    """Hold the lock for the block; GroundError ``locked`` where somebody else keeps it longer than ``patience`` seconds."""
    with _held(path, patience, fcntl.LOCK_EX):
        yield


@contextlib.contextmanager
def beside(path: Path, patience: float = 300.0) -> Iterator[None]:
    """Hold the lock for the block beside others who do so here, while nobody holds it ``alone``."""
    with _held(path, patience, fcntl.LOCK_SH):
        yield


@contextlib.contextmanager
def _held(path: Path, patience: float, kind: int) -> Iterator[None]:
    try:
        lock = path.open("a")
    except OSError as refusal:
        raise folder_error(refusal, path) from refusal
    with lock:
        until = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(lock, kind | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise GroundError("locked", lock=str(path), seconds=int(patience)) from None
                time.sleep(0.05)
        yield
