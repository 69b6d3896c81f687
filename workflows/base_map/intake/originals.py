"""Originals: what was handed over, byte for byte, under the hash of its content. Kept once, never opened here, given back only as it came.

A file is kept as it is; a folder, or a shapefile with what lies beside it, as a zip whose bytes follow from its files alone.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import shutil
import uuid
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, Engine

from db import session
from db.actor import Actor
from db.errors import GroundError
from db.settings import folder, folder_error
from gis import quarantine
from gis.copies import copied
from gis.delivery import Handed
from gis.quarantine import check_space
from layers.model import Grade, may_see
from layers.refusal import Refused
from workflows.base_map import store

LARGEST = 1 << 42
"""Bytes: what may be read is bounded where it is read; here the disk is the bound."""
_BLOCK = 1 << 20
_UNLIKE = (
    errno.EXDEV,
    errno.EPERM,
    errno.EMLINK,
    errno.ENOTSUP,
    errno.EOPNOTSUPP,
    errno.EINVAL,
    errno.ENOSYS,
)
"""What a file system says that cannot link, or not from there."""
_NO_DAY = (1980, 1, 1, 0, 0, 0)


def keep(path: Path, name: str) -> Path:
    """A file that waits to be read, under its content hash, with the name it came by: a file's stem is how its layer is known."""
    with quarantine.room("original") as room:
        copy = room / "copy"
        _, digest = copied(
            path, copy, LARGEST, name
        )  # hashed as it is copied: what changes meanwhile does not count
        return _kept(digest, name, lambda place: _placed(copy, place))


def keep_handed(handed: Handed) -> Path:
    """The delivery as it lies in our own copy, which may be linked to: nobody writes there."""
    if handed.alone:
        ((_, only),) = handed.files
        return _kept(handed.sha256, handed.name, lambda place: _placed(only, place))
    return _kept(handed.sha256, f"{handed.name}.zip", lambda place: _zipped(handed, place))


def keeper(engine: Engine, actor: Actor, delivery: int) -> Callable[[Handed], None]:
    """For whoever reads: keeps what was handed over and says so in the delivery's row, whatever becomes of it later."""

    def kept(handed: Handed) -> None:
        name = told(keep_handed(handed))
        with session.transaction(engine, actor) as connection:
            store.keep_original(connection, delivery, name)

    return kept


def of_delivery(connection: Connection, delivery: int, actor: Actor, viewer: Grade) -> Path:
    """The original for somebody who sees up to ``viewer``: Refused ``import_unknown`` where a layer of it is above that. What became no layer is given
    to whoever handed it over, and to those who see everything, for nobody knows what it holds. Refused ``original_missing``.
    """
    row = connection.execute(store.sql.original, {"id": delivery}).first()
    if row is None or not all(may_see(viewer, grade) for grade in row.grades):
        raise Refused("import_unknown", id=delivery)
    if not row.grades and row.handed_over_by != actor.id and not may_see(viewer, "secret"):
        raise Refused("import_unknown", id=delivery)
    if row.original is None:
        raise Refused("original_missing", name=row.name)
    return find(row.original)


def find(told: str) -> Path:
    """The file that a delivery's row speaks of; Refused ``original_missing``."""
    home = folder("originals").resolve()
    path = (home / told).resolve()
    if not path.is_relative_to(home) or not path.is_file():
        raise Refused("original_missing", name=Path(told).name)
    return path


def sweep(settled_s: float = 0.0) -> list[str]:
    """Copies whose process died over them; their names. ``settled_s``: seconds they must not have been written to."""
    from time import time

    gone: list[str] = []
    for partial in sorted(folder("originals").glob("*/*.partial")):
        with contextlib.suppress(FileNotFoundError), partial.open("r+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            if time() - os.fstat(file.fileno()).st_mtime >= settled_s:
                partial.unlink()
                gone.append(partial.name)
    for empty in folder("originals").iterdir():
        if gone and empty.is_dir():
            with contextlib.suppress(OSError):  # not empty
                empty.rmdir()
    return gone


def told(kept: Path) -> str:
    """How a row names it: data homes move."""
    return kept.relative_to(folder("originals")).as_posix()


def _kept(digest: str, name: str, put: Callable[[Path], None]) -> Path:
    safe = re.sub(r"[^\w.\-()（）]+", "_", Path(name.replace("\\", "/")).name).strip(".") or "delivery"
    place = folder("originals") / digest / safe[-120:]
    try:
        place.parent.mkdir(exist_ok=True)
        if not place.exists():
            put(place)
    except (OSError, GroundError) as refusal:
        with contextlib.suppress(OSError):  # others may have kept the same
            place.parent.rmdir()
        if isinstance(refusal, OSError):
            raise folder_error(refusal, folder("originals")) from refusal
        raise
    return place


def _placed(copy: Path, place: Path) -> None:
    with copy.open("rb") as file:
        os.fsync(file.fileno())
    try:
        os.link(copy, place)
    except FileExistsError:
        return
    except OSError as refusal:
        if refusal.errno not in _UNLIKE:
            raise
        check_space(place.parent, copy.stat().st_size, place.name)
        with _partial(place) as file, copy.open("rb") as source:
            shutil.copyfileobj(source, file, _BLOCK)


def _zipped(handed: Handed, place: Path) -> None:
    check_space(place.parent, sum(file.stat().st_size for _, file in handed.files), place.name)
    with _partial(place) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as into:
        for path, source in sorted(handed.files):
            entry = zipfile.ZipInfo(path, _NO_DAY)
            entry.external_attr = 0o100644 << 16
            entry.file_size = source.stat().st_size
            with source.open("rb") as reading, into.open(entry, "w") as writing:
                shutil.copyfileobj(reading, writing, _BLOCK)


@contextlib.contextmanager
def _partial(place: Path) -> Iterator[IO[bytes]]:
    """A file beside ``place`` that takes its name when it is whole; locked, so that a sweep knows whether anybody still writes it."""
    partial = place.with_name(f"{place.name[:80]}.{uuid.uuid4().hex[:8]}.partial")
    try:
        with partial.open("xb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
            file.flush()
            os.fsync(file.fileno())
            partial.replace(place)
    finally:
        partial.unlink(missing_ok=True)
