"""What was handed over: a file, a folder or a zip becomes a list of sources in a folder of our own, copied and hashed in one pass, so that what was
hashed is what will be read. Nothing is parsed here; content decides the format (``gis.formats``), never the name.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gis import archive, formats, quarantine
from gis.archive import Entry
from gis.copies import copied, digest_of
from gis.shown import shown
from gis.sorting import COMPANIONS, JUNK, Sorting, Source, is_junk
from gis.source_layer import RefusedSource
from layers.refusal import Refused

__all__ = ["Delivery", "Source", "taken"]

MOST_FILES = archive.MOST_ENTRIES


@dataclass(frozen=True, slots=True)
class Delivery:
    name: str
    sha256: str
    folder: Path
    sources: tuple[Source, ...]
    refused: tuple[RefusedSource, ...]
    ignored: tuple[str, ...]

    @property
    def alone(self) -> bool:
        """Whether it is one source and nothing else: then nothing of it is passed over without a word."""
        return len(self.sources) + len(self.refused) + len(self.ignored) == 1

    def weights(self) -> list[int]:
        """Bytes of each source, never 0: what progress is measured by."""
        return [max(1, _bytes((self.folder / source.inside).parent)) for source in self.sources]


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


@dataclass(frozen=True, slots=True)
class Handed:
    """What was handed over, in our own copy and before anything is sorted out. ``files``: path inside, place on disk; one that stands ``alone`` is the
    file itself.
    """

    name: str
    sha256: str
    files: tuple[tuple[str, Path], ...]
    alone: bool


@contextmanager
def taken(path: Path, budget: int, on_handed: Callable[[Handed], object] | None = None) -> Iterator[Delivery]:
    """The delivery in a folder that is gone when the block ends, whatever happens. ``budget``: bytes, unpacked. ``on_handed`` may keep what it is
    shown, by link or copy: its bytes are what the hash says and what will be read.

    Refused for the delivery as a whole: ``no_such_file``, ``too_large``, ``too_many_files``, ``link_in_folder``, ``not_readable`` and what
    ``gis.archive`` refuses; GroundError ``disk_full``, ``no_space``.
    """
    with quarantine.room("delivery") as work:
        raw, ready = work / "raw", work / "in"
        raw.mkdir()
        ready.mkdir()
        try:
            entries, sha256, alone = _entries(path, raw, budget)
            name = path.name or path.resolve().name
            if on_handed is not None:
                files = tuple((entry.path, entry.place) for entry in entries)
                on_handed(Handed(name, sha256, files, path.is_file() and len(files) == 1))
            delivery = _sorted_out(name, sha256, entries, ready, raw, budget, alone)
        except OSError as error:
            if quarantine.is_full(error):
                raise  # the room says which disk
            raise Refused("not_readable", file=path.name, reason=os.strerror(error.errno or 0)) from error
        shutil.rmtree(raw)
        yield delivery


def _entries(path: Path, raw: Path, budget: int) -> tuple[list[Entry], str, bool]:
    """Every file, the hash, and whether it is one file that stands for itself."""
    if path.is_dir():
        entries, digests = _walked(path, raw, budget)
        return entries, digest_of(digests), False
    if not path.is_file():
        raise Refused("no_such_file", file=str(path.name))
    copy = raw / "delivered"
    size, sha256 = copied(path, copy, budget, path.name)
    entries = [Entry(path.name, copy, size)]
    companions = COMPANIONS.get(path.suffix.lower())
    if companions:
        digests = [(path.name, sha256)]
        for other in sorted(path.parent.iterdir()):
            if other.stem == path.stem and other.suffix.lower() in companions and other.is_file():
                place = raw / f"sibling{other.suffix.lower()}"
                size, sha256 = copied(other, place, budget, other.name)
                entries.append(Entry(other.name, place, size))
                digests.append((other.name, sha256))
        return entries, digest_of(digests), True
    return entries, sha256, True


def _walked(folder: Path, raw: Path, budget: int) -> tuple[list[Entry], list[tuple[str, str]]]:
    entries: list[Entry] = []
    digests: list[tuple[str, str]] = []
    for where, names, files in os.walk(folder, followlinks=False):
        names[:] = sorted(name for name in names if name.lower() not in JUNK)
        for name in sorted([*files, *(one for one in names if (Path(where) / one).is_symlink())]):
            found = Path(where) / name
            inside = found.relative_to(folder).as_posix()
            if is_junk(inside):
                continue
            if found.is_symlink() or not found.is_file():
                raise Refused("link_in_folder", file=folder.name, entry=shown(inside, 1_000))
            if len(entries) >= MOST_FILES:
                raise Refused("too_many_files", file=folder.name, most=MOST_FILES)
            place = raw / f"f{len(entries):06d}"
            size, sha256 = copied(found, place, budget, inside)
            budget -= size
            entries.append(Entry(shown(inside, 1_000), place, size))
            digests.append((shown(inside, 1_000), sha256))
    return entries, digests


def _sorted_out(
    name: str, sha256: str, entries: list[Entry], ready: Path, raw: Path, budget: int, alone: bool
) -> Delivery:
    sorting = Sorting(name, ready, raw, budget)
    if alone and formats.recognise(entries[0].place, entries[0].path).format == "zip":
        inner = sorting.opened(entries[0])
        if inner is not None:
            entries, alone = inner, False
    sorting.sort([entry for entry in entries if not is_junk(entry.path)], alone)
    return Delivery(
        shown(name, 1_000),
        sha256,
        ready,
        tuple(sorting.sources),
        tuple(sorting.refused),
        tuple(sorted(sorting.ignored)),
    )
