"""Rasters of a delivery as editions: the cells go into a file of our own making, the edition says where and what a cell means.

Where a delivery brings elevations and nobody ever delivered the slope, the slope is derived and published beside them, marked as such.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from gis import raster, terrain
from gis.edition import Arrival, Coverage
from gis.source_layer import Note, SourceRaster
from layers.model import Layer


def grid_arrival(code: str, source: SourceRaster, stanza: Layer | None, coverage: Coverage) -> Arrival:
    """The cells kept, and the edition that speaks through them."""
    says = (
        {"unit": stanza.raster.unit, "says_above": stanza.raster.says_above}
        if stanza and stanza.raster
        else {}
    )
    return _arrival(code, source, stanza, coverage, says)


def slope_arrival(layer: Layer, source: SourceRaster, coverage: Coverage) -> Arrival:
    """The slope of the elevations in ``source``, in degrees by Horn. Its cells are metres, for the project's system is."""
    assert layer.raster is not None
    ground = layer.raster.derived_from
    steep = terrain.slope(source.cells, source.transform[0], -source.transform[4])
    derived = replace(
        source,
        cells=steep,
        type="float32",
        nodata=None,
        notes=(Note("derived_slope", {"layer": ground, "file": source.path}),),
    )
    says = {
        "unit": layer.raster.unit,
        "says_above": layer.raster.says_above,
        "derived_from": ground,
    }
    return _arrival(layer.code, derived, layer, coverage, says)


def derivable(
    known: Mapping[str, Layer], brought: Collection[str], standing: Iterable[Mapping[str, Any]]
) -> tuple[list[tuple[Layer, str]], list[tuple[Layer, str]]]:
    """Slopes to derive from the elevations among the layers ``brought``, each with the layer of elevations; and those that stay as they are,
    because somebody delivered the edition in force. A delivered slope is never replaced by a derived one. ``standing``: every layer's code,
    edition in force, raster.
    """
    wanted = [
        (layer, layer.raster.derived_from)
        for layer in known.values()
        if layer.raster is not None
        and layer.raster.derived_from is not None
        and layer.raster.derived_from in brought
        and layer.code not in brought
    ]
    delivered = {
        each["code"]
        for each in standing
        if each["edition"] is not None and not (each["raster"] or {}).get("derived_from")
    }
    derived = [(layer, ground) for layer, ground in wanted if layer.code not in delivered]
    return derived, [(layer, ground) for layer, ground in wanted if layer.code in delivered]


def _arrival(
    code: str, source: SourceRaster, stanza: Layer | None, coverage: Coverage, says: Mapping[str, Any]
) -> Arrival:
    facts = {"nodata": source.nodata, "type": source.type, **says}
    kept = raster.keep(source.cells, source.transform, source.crs_in.wkt, facts)
    return Arrival(
        layer=code,
        kind="raster",
        status=stanza.status if stanza else "unknown",
        source=source.path,
        source_layer=None,
        format="GeoTIFF",
        crs_in=source.crs_in.label,
        crs_basis=source.crs_basis,
        operation=source.operation,
        coverage=coverage,
        notes=[{"code": note.code, "params": note.params} for note in source.notes],
        raster=kept,
        cells=int(np.isfinite(source.cells).sum()),
        extent=source.extent,
    )
