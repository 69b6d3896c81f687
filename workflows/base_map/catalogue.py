"""The catalogue in the database: immutable versions of stanzas, written when it is loaded and read by everything else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from layers.codes import ClassEntry, ClassSystem
from layers.model import Basis, Catalogue, Department, Law, Layer, RasterSays, Style, Theme, coarse_of, plain
from layers.refusal import Refused
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


def stored(connection: Connection) -> Catalogue:
    """The catalogue in use, as whoever reads rules against it needs it; Refused ``catalogue_not_loaded``. Layers of an earlier catalogue that
    the one in use does not have stay known, for their editions do. Registers stand by code, not in the order of their files.
    """
    told = store.catalogue(connection)
    if not told:
        raise Refused("catalogue_not_loaded", workspace=store.workspace(connection)["name"])
    return Catalogue(
        themes={each["code"]: Theme(**each) for each in told["themes"]},
        departments={code: Department(**body) for code, body in told["departments"].items()},
        laws={code: Law(**body) for code, body in told["laws"].items()},
        styles={
            code: Style(**{**body, "ramp": tuple(body["ramp"])}) for code, body in told["styles"].items()
        },
        palettes=told["palettes"],
        classes=class_systems(connection),
        layers=catalogue_layers(connection),
    )


def class_systems(connection: Connection, catalogue: int | None = None) -> Mapping[str, ClassSystem]:
    """The class systems of the catalogue in use, or of an earlier version of it, by code."""
    told = store.catalogue(connection, catalogue).get("classes", {})
    return {
        code: ClassSystem(
            **{**body, "classes": {each: ClassEntry(**entry) for each, entry in body["classes"].items()}}
        )
        for code, body in told.items()
    }


def _stanza(body: Mapping[str, Any]) -> Layer:
    """A stored stanza; one that an earlier landing stored lacks what was not asked then, and means what it means left out."""
    unsaid = {"coarse": coarse_of(body["grade"])}
    lists = {key: tuple(body[key]) for key in ("identify", "aliases")}
    raster = None if body["raster"] is None else RasterSays(**body["raster"])
    return Layer(
        **{
            **unsaid,
            **body,
            **lists,
            "basis": tuple(Basis(**each) for each in body["basis"]),
            "raster": raster,
        }
    )
