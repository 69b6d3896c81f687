"""Cross-walks: which classes of one system a class of another means, edition by edition.

What a cross-walk does not list is missed and stays missed; what has no counterpart on purpose says why. This room knows class systems and
laws, and refuses to know what a translation is used for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

from layers.catalogue import basis_of
from layers.codes import ClassSystem, lineage
from layers.model import Basis, Law, plain
from layers.registers import CODE, bytes_of
from layers.stanza import Fields
from layers.strict_yaml import CatalogueError, read, told

FOLDER = Path(__file__).with_name("crosswalks")

EDITION = r"[0-9A-Za-z][0-9A-Za-z_.-]{0,31}"
HEAD = ("code", "name", "name_en", "source", "target")
KEYS = ("edition", "since", "until", "law", "note", "pairs", "none")


@dataclass(frozen=True, slots=True)
class Crosswalk:
    """One edition, from ``since`` until, where set, the day ``until`` on which it holds no longer.

    ``pairs``: source class to the target classes it may mean, never empty. ``none``: source class to the reason why it has no counterpart.
    ``by_prefix``: a source class that is not listed means what the class above it means.
    """

    code: str
    name: str
    name_en: str
    source: str
    target: str
    edition: str
    since: date
    until: date | None
    basis: tuple[Basis, ...]
    note: str | None
    by_prefix: bool
    pairs: Mapping[str, tuple[str, ...]]
    none: Mapping[str, str]

    @property
    def label(self) -> str:
        return f"{self.code}@{self.edition}"

    def holds_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)

    def translate(self, code: str) -> tuple[str, ...] | None:
        """Target classes of a source class; empty: it has none on purpose; None: missed."""
        for each in lineage(code) if self.by_prefix else (code,):
            if each in self.pairs:
                return self.pairs[each]
            if each in self.none:
                return ()
        return None

    def missed(self, system: ClassSystem) -> tuple[str, ...]:
        """Classes of the source system that this edition says nothing about, in the system's order."""
        return tuple(code for code in system.classes if self.translate(code) is None)


def find(crosswalks: Iterable[Crosswalk], source: str, target: str, on: date) -> Crosswalk | None:
    """The one edition between two systems that holds on a day."""
    for walk in crosswalks:
        if (walk.source, walk.target) == (source, target) and walk.holds_on(on):
            return walk
    return None


def load_crosswalks(
    folder: Path, classes: Mapping[str, ClassSystem], laws: Mapping[str, Law]
) -> tuple[Crosswalk, ...]:
    """Every edition of every ``CODE.yaml`` of a folder, by code and first day; raises CatalogueError."""
    found: list[Crosswalk] = []
    for path in sorted(folder.glob("*.yaml")):
        editions = _file(path, classes, laws)
        _apart(found, editions, path.name)
        found += editions
    return tuple(found)


def to_body(crosswalks: Iterable[Crosswalk]) -> list[dict[str, Any]]:
    """Editions as JSON values."""
    return [
        {
            **{name: plain(getattr(walk, name)) for name in Crosswalk.__slots__},
            "since": walk.since.isoformat(),
            "until": walk.until and walk.until.isoformat(),
        }
        for walk in crosswalks
    ]


def from_body(body: Sequence[Mapping[str, Any]]) -> tuple[Crosswalk, ...]:
    """``from_body(to_body(crosswalks)) == crosswalks``."""
    return tuple(
        Crosswalk(
            **{
                **each,
                "since": date.fromisoformat(each["since"]),
                "until": None if each["until"] is None else date.fromisoformat(each["until"]),
                "basis": tuple(Basis(**basis) for basis in each["basis"]),
                "pairs": MappingProxyType({code: tuple(meant) for code, meant in each["pairs"].items()}),
                "none": MappingProxyType(dict(each["none"])),
            }
        )
        for each in body
    )


def _file(path: Path, classes: Mapping[str, ClassSystem], laws: Mapping[str, Law]) -> list[Crosswalk]:
    whole = Fields(
        read(bytes_of(path), path.name), file=path.name, stanza="-", allowed=("crosswalk", "editions")
    )
    head = Fields(whole.table("crosswalk"), file=path.name, stanza="crosswalk", allowed=HEAD)
    code = head.text("code", CODE)
    if code != path.stem:
        raise head.error("mismatch", "code", path.stem, code)
    source = classes[head.known("source", classes, "classes.yaml")]
    target = classes[head.known("target", classes, "classes.yaml")]
    if source.code == target.code:
        raise head.error("mismatch", "target", "another system than the source", target.code)
    editions: list[Crosswalk] = []
    for number, said in enumerate(whole.tables("editions"), start=1):
        taken = Fields(said, file=path.name, stanza=f"editions[{number}]", allowed=KEYS)
        editions.append(_edition(code, head, taken, source, target, laws))
    labels = [walk.edition for walk in editions]
    if len(set(labels)) < len(labels):
        raise whole.error("duplicate", "editions", "each label once", told(labels))
    return sorted(editions, key=lambda walk: walk.since)


def _edition(
    code: str, head: Fields, taken: Fields, source: ClassSystem, target: ClassSystem, laws: Mapping[str, Law]
) -> Crosswalk:
    since, until = taken.period()
    pairs = _part(taken, "pairs", source)
    meant = {each: _meant(pairs, each, target) for each in pairs.said}
    none: dict[str, str] = {}
    if taken.has("none"):
        reasons = _part(taken, "none", source)
        for each in reasons.said:
            if each in meant:
                raise reasons.error("duplicate", each, "pairs or none", "both")
            none[each] = reasons.text(each)
    return Crosswalk(
        code=code,
        name=head.text("name"),
        name_en=head.text("name_en"),
        source=source.code,
        target=target.code,
        edition=taken.text("edition", EDITION),
        since=since,
        until=until,
        basis=tuple(basis_of(said, taken, laws) for said in taken.tables("law")),
        note=taken.text_or_none("note"),
        by_prefix=source.hierarchy is not None,
        pairs=MappingProxyType(meant),
        none=MappingProxyType(none),
    )


def _part(taken: Fields, key: str, source: ClassSystem) -> Fields:
    """``pairs`` or ``none`` of an edition, every key of it a class of the source system."""
    said = taken.table(key)
    part = Fields(said, file=taken.file, stanza=f"{taken.stanza}.{key}", allowed=said.keys())
    for code in said:
        if code not in source.classes:
            raise part.error("unknown_reference", code, f"a class of {source.code}", told(code))
    return part


def _meant(pairs: Fields, code: str, target: ClassSystem) -> tuple[str, ...]:
    meant = pairs.texts(code)
    for each in meant:
        if each not in target.classes:
            raise pairs.error("unknown_reference", code, f"a class of {target.code}", told(each))
        above = set(lineage(each)) - {each} if target.hierarchy else set()
        if wider := above.intersection(meant):
            raise pairs.error("duplicate", code, "no class beside one above it", f"{each} under {min(wider)}")
    return meant


def _apart(before: Iterable[Crosswalk], editions: Sequence[Crosswalk], file: str) -> None:
    """Two editions between the same systems never hold on one day, whichever files they stand in."""
    known = list(before)
    for walk in editions:
        for other in known:
            if (walk.source, walk.target) != (other.source, other.target):
                continue
            if walk.holds_on(other.since) or other.holds_on(walk.since):
                until = walk.until.isoformat() if walk.until else "for ever"
                raise CatalogueError(
                    "overlap", file=file, stanza=walk.code, key="editions",
                    expected=f"one edition a day beside {other.label}", got=f"{walk.edition}: {walk.since} until {until}",
                )  # fmt: skip
        known.append(walk)
