"""The one base map: what layers there are, which edition of each is in force, where each says anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from sqlalchemy import Connection

from layers.refusal import Refused
from workflows.base_map import store
from workflows.base_map.catalogue import catalogue_layers, load_catalogue
from workflows.base_map.jobs import import_progress, submit_import

__all__ = [
    "catalogue_layers",
    "editions",
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


def register(connection: Connection, name: Register) -> dict[str, Any]:
    """One of the catalogue's registers by code: departments, laws, styles, palettes or classes. Empty where no catalogue was loaded."""
    return dict(store.catalogue(connection).get(name, {}))


def layers(connection: Connection) -> list[dict[str, Any]]:
    """Every layer with its edition in force: a layer without one is listed too, for it says "no data"."""
    return [_summary(row) for row in store.layers(connection)]


def layer(connection: Connection, code: str) -> dict[str, Any]:
    """One layer with its whole stanza; Refused ``layer_unknown``."""
    for row in store.layers(connection):
        if row["code"] == code:
            return {**_summary(row), "stanza": row["body"], "rows_set_aside": row["rows_set_aside"]}
    raise Refused("layer_unknown", layer=code)


def editions(connection: Connection, code: str) -> list[dict[str, Any]]:
    layer(connection, code)
    return store.editions(connection, code)


def set_aside(connection: Connection, edition: int, limit: int = SET_ASIDE_SHOWN) -> list[dict[str, Any]]:
    return store.set_aside(connection, edition, limit)


def workspace(connection: Connection) -> dict[str, Any]:
    return store.workspace(connection)


def _summary(row: Mapping[str, Any]) -> dict[str, Any]:
    stanza = row["body"]
    return {
        "code": row["code"],
        "name": stanza["name"],
        "name_en": stanza.get("name_en"),
        "theme": stanza.get("theme"),
        "kind": row["kind"] or stanza["kind"],
        "department": stanza.get("department"),
        "grade": stanza.get("grade"),
        "style": stanza.get("style"),
        "class_system": stanza.get("class_system"),
        "tolerance_m": stanza.get("tolerance_m"),
        "origin": row["origin"],
        "features": row["rows_published"],
        "edition": row["edition"],
        "seq": row["seq"],
        "status": row["status"],
        "published_at": row["published_at"],
        "coverage_basis": row["coverage_basis"],
        "coverage_id": row["coverage_id"],
        "disjoint": row["disjoint"],
        "raster": row["raster"],
        "source": row["source"],
        "format": row["format"],
        "crs_in": row["crs_in"],
        "crs_basis": row["crs_basis"],
        "sha256": row["sha256"],
    }
