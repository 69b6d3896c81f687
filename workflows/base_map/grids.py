"""Rasters of a delivery as editions: the cells go into a file of our own making, the edition says where and what a cell means."""

from __future__ import annotations

import numpy as np

from gis import raster
from gis.edition import Arrival, Coverage
from gis.source_layer import SourceRaster
from layers.model import Layer


def grid_arrival(code: str, source: SourceRaster, stanza: Layer | None, coverage: Coverage) -> Arrival:
    """The cells kept, and the edition that speaks through them."""
    says = (
        {"unit": stanza.raster.unit, "says_above": stanza.raster.says_above}
        if stanza and stanza.raster
        else {}
    )
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
        raster=kept,
        cells=int(np.isfinite(source.cells).sum()),
        extent=source.extent,
    )
