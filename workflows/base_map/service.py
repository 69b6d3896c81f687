"""The one base map: what layers there are, which edition of each is in force, where each says anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Connection

from layers.model import Grade, coarse_of, may_see
from layers.refusal import Refused
from workflows.base_map import store
from workflows.base_map.catalogue import catalogue_layers, load_catalogue
from workflows.base_map.intake.jobs import import_progress, submit_import

__all__ = [
    "catalogue_layers",
    "editions",
    "grade",
    "import_progress",
    "layer",
    "layers",
    "load_catalogue",
    "register",
    "set_aside",
    "submit_import",
    "themes",
    "workspace",
]

Register = Literal["departments", "laws", "styles", "palettes", "classes"]
SET_ASIDE_SHOWN = 500


def themes(connection: Connection) -> list[dict[str, Any]]:
    """code, name, name_en in the order of the catalogue; guessed layers belong to no theme."""
    return list(store.catalogue(connection).get("themes", []))


def register(connection: Connection, name: Register, catalogue: int | None = None) -> dict[str, Any]:
    """One of the registers of the catalogue in use, or of an earlier version of it, by code: departments, laws, styles, palettes or classes.
    Empty where no catalogue was loaded.
    """
    return dict(store.catalogue(connection, catalogue).get(name, {}))


def layers(
    connection: Connection, *, valid_on: date | None = None, known_at: datetime | None = None
) -> list[dict[str, Any]]:
    """Every layer with its edition in force: a layer without one is listed too, for it says "no data". ``displayed``: its edition on
    display, or None.

    With a day, the editions that held on it; with a moment, as far as the base map knew them then (and, without a day, for the day of that
    moment in Beijing). ``first_valid_from`` stands only with a layer of which no edition held yet: the first day on which one does.
    """
    rows = store.layers(connection, valid_on, known_at)
    displayed = _displayed(connection, rows)
    return [_summary(row, displayed) for row in rows]


def layer(connection: Connection, code: str) -> dict[str, Any]:
    """One layer with its whole stanza; Refused ``layer_unknown``."""
    for row in store.layers(connection):
        if row["code"] == code:
            told = _summary(row, _displayed(connection, [row]))
            return {**told, "stanza": row["body"], "rows_set_aside": row["rows_set_aside"]}
    raise Refused("layer_unknown", layer=code)


def editions(connection: Connection, code: str, sees: Grade = "secret") -> list[dict[str, Any]]:
    """Every edition that was published, newest first; without the first rows of their sources, and without what was said at their withdrawal, for
    somebody whose grade is too low.
    """
    withheld = not may_see(sees, layer(connection, code)["grade"])
    found = store.editions(connection, code)
    return [{**each, "samples": [], "withdrawn_because": None} for each in found] if withheld else found


def grade(connection: Connection, edition: int) -> Grade | None:
    """Of the layer of an edition; None where nobody graded it. Refused ``edition_unknown``."""
    return store.grade(connection, edition)


def set_aside(connection: Connection, edition: int, limit: int = SET_ASIDE_SHOWN) -> list[dict[str, Any]]:
    return store.set_aside(connection, edition, limit)


def workspace(connection: Connection) -> dict[str, Any]:
    return store.workspace(connection)


OF_EDITION = (
    *("seq", "status", "published_at", "valid_from", "coverage_basis", "coverage_id", "disjoint", "raster"),
    *("source", "format", "crs_in", "crs_basis", "sha256"),
)


def _displayed(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> dict[int, dict[str, Any]]:
    ids = [row["displayed"] for row in rows if row["displayed"] is not None]
    found = store.editions_by_id(connection, ids) if ids else []
    return {
        row["id"]: {
            "edition": row["id"],
            "kind": row["kind"],
            "features": row["rows_published"],
            **{key: row[key] for key in OF_EDITION},
        }
        for row in found
    }


def _summary(row: Mapping[str, Any], displayed: Mapping[int, dict[str, Any]]) -> dict[str, Any]:
    stanza = row["body"]
    return {
        "code": row["code"],
        "name": stanza["name"],
        "name_en": stanza.get("name_en"),
        "theme": stanza.get("theme"),
        "kind": row["kind"] or stanza["kind"],
        "department": stanza.get("department"),
        "grade": stanza.get("grade"),
        "coarse": stanza.get("coarse") or coarse_of(stanza.get("grade")),
        "style": stanza.get("style"),
        "class_system": stanza.get("class_system"),
        "tolerance_m": stanza.get("tolerance_m"),
        "origin": row["origin"],
        "features": row["rows_published"],
        "edition": row["edition"],
        **{key: row[key] for key in OF_EDITION},
        "displayed": displayed.get(row["displayed"]),
        **({} if row["first_valid_from"] is None else {"first_valid_from": row["first_valid_from"]}),
    }
