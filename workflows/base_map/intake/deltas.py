"""Deliveries of changes: which attribute says what became of a feature, in which words, and the staged rows made a whole edition.

It knows words and the catalogue's attributes; how an edition is completed inside the database is ``gis.delta``'s.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from sqlalchemy import Connection

from gis import delta
from gis.delta import Change, Completed
from layers import strict_yaml
from layers.model import folded
from layers.refusal import Refused
from workflows.base_map import model, store

CHANGES: tuple[Change, ...] = get_args(Change)


@functools.cache
def spoken() -> tuple[tuple[str, ...], dict[str, Change]]:
    """The attributes that may say what became of a feature, and the words by which they say it, ``folded``."""
    told: Any = strict_yaml.read(Path(__file__).with_suffix(".yaml").read_bytes(), "deltas.yaml")
    words = {folded(word): change for change in CHANGES for word in told["words"][change]}
    return tuple(told["fields"]), words


def meaning(word: str) -> Change | None:
    """What a word says became of a feature; None where it is no such word."""
    return spoken()[1].get(folded(word))


def change_field(layer: str, fields: Iterable[str], said: str | None = None) -> str:
    """The attribute that says what became of a row's feature, as the file writes it. Refused ``delta_field`` where there is none, or more than one
    that might be meant.
    """
    asked = spoken()[0] if said is None else (said,)
    meant = {folded(name) for name in asked}
    there = list(dict.fromkeys(fields))
    found = [name for name in there if folded(name) in meant]
    if said is not None and said in there:
        return said
    if len(found) != 1:
        raise Refused("delta_field", layer=layer, n=len(found), found=found or None, asked=list(asked))
    return found[0]


@dataclass(frozen=True, slots=True)
class Reading:
    """How the rows of one source of a delivery of changes are read."""

    layer: str
    field: str

    def removes(self, row: Mapping[str, Any]) -> bool:
        """Whether a row tells of a feature that is no more: there is nothing in it to be looked at."""
        word = row.get(self.field)
        return isinstance(word, str) and meaning(word) == "removed"


def reading(connection: Connection, layer: str, fields: Iterable[str], said: str | None = None) -> Reading:
    """Told before anything is staged. Refused ``delta_without_base``, ``delta_of_raster``, ``delta_field``."""
    delta.base_of(connection, layer)
    return Reading(layer, change_field(layer, fields, said))


def complete(connection: Connection, edition: int, of: Reading, *, identify: Sequence[str]) -> Completed:
    """Make the staged edition of a delivery of changes the whole layer, and let it say so (``gis.delta.complete``, and what it refuses)."""
    done = delta.complete(
        connection, edition, layer=of.layer, field=of.field, identify=identify, meaning=meaning
    )
    delta.say(connection, edition, note(done))
    return done


def stored_guess(connection: Connection, code: str) -> model.Guess | None:
    """What was guessed of a layer when it first came; a few changed rows are nothing to guess from anew. None where nobody knows the layer."""
    for known, origin, body in store.stanzas(connection):
        if known == code and origin == "guessed":
            names = {name: body[name] for name in ("name", "kind", "classify", "source")}
            return model.Guess(code, identify=tuple(body["identify"]), **names)
    return None


def note(done: Completed) -> dict[str, Any]:
    """What the edition says of how it came to be."""
    params = {
        "base": done.base.seq,
        "added": done.added,
        "changed": done.changed,
        "removed": done.removed,
        "kept": done.kept,
    }
    return {"code": "delta", "params": params}
