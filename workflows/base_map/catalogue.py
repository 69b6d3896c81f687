"""The catalogue in the database: immutable versions of stanzas, written when it is loaded and read by everything else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from layers.codes import ClassEntry, ClassSystem
from layers.model import Basis, Catalogue, Layer, RasterSays, plain
from workflows.base_map import store


def load_catalogue(connection: Connection, catalogue: Catalogue) -> None:
    """Make immutable version rows of every stanza that is new or changed; the product reads only these."""
    shared = {
        name: plain(getattr(catalogue, name))
        for name in ("departments", "laws", "styles", "palettes", "classes")
    }
    store.keep_catalogue(
        connection, {"themes": [plain(theme) for theme in catalogue.themes.values()], **shared}
    )
    for position, layer in enumerate(catalogue.layers.values(), start=1):
        store.keep_layer(connection, layer.code, "catalogue", layer.summary(), position)


def catalogue_layers(connection: Connection) -> Mapping[str, Layer]:
    """The layers this workspace's catalogue knows, as stanzas; guessed ones are not among them."""
    return {code: _stanza(body) for code, origin, body in store.stanzas(connection) if origin == "catalogue"}


def class_systems(connection: Connection) -> Mapping[str, ClassSystem]:
    """The class systems of the catalogue in use, by code."""
    told = store.catalogue(connection).get("classes", {})
    return {
        code: ClassSystem(
            **{**body, "classes": {each: ClassEntry(**entry) for each, entry in body["classes"].items()}}
        )
        for code, body in told.items()
    }


def _stanza(body: Mapping[str, Any]) -> Layer:
    lists = {key: tuple(body[key]) for key in ("identify", "aliases")}
    raster = None if body["raster"] is None else RasterSays(**body["raster"])
    return Layer(
        **{**body, **lists, "basis": tuple(Basis(**each) for each in body["basis"]), "raster": raster}
    )
