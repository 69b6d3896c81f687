"""Rasters of a delivery as editions: the cells go into a file of our own making, the edition says where and what a cell means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from gis import raster
from gis.edition import Arrival, Coverage
from gis.readers import Reading, SourceRaster
from layers.model import Layer, folded, words_for
from layers.refusal import Refused
from workflows.base_map.model import slug


@dataclass(frozen=True, slots=True)
class GridPlan:
    """One raster that will be an edition of one layer."""

    code: str
    source: SourceRaster
    stanza: Layer | None

    def guessed(self) -> dict[str, Any]:
        return {
            "name": self.source.stem,
            "kind": "raster",
            "identify": [],
            "classify": None,
            "source": self.source.path,
        }


def grid_plans(reading: Reading, known: Mapping[str, Layer], taken: set[str]) -> list[GridPlan]:
    """Refused ``two_sources_for_layer``, ``kind_differs`` as for any other source."""
    meant = {folded(word): layer for layer in known.values() for word in words_for(layer)}
    plans: dict[str, GridPlan] = {}
    for source in reading.rasters:
        stanza = meant.get(folded(source.stem))
        if stanza is not None and stanza.kind != "raster":
            raise Refused("kind_differs", layer=stanza.code, expected=stanza.kind, got="raster")
        code = stanza.code if stanza else slug(source.stem)
        if code in plans or code in taken:
            first = plans[code].source.path if code in plans else code
            raise Refused("two_sources_for_layer", layer=code, first=first, second=source.path)
        plans[code] = GridPlan(code, source, stanza)
    return list(plans.values())


def grid_arrival(plan: GridPlan) -> Arrival:
    """The cells kept, and the edition that speaks through them. Where it says anything is told cell by cell, so its coverage is the box."""
    source, stanza = plan.source, plan.stanza
    says = (
        {"unit": stanza.raster.unit, "says_above": stanza.raster.says_above}
        if stanza and stanza.raster
        else {}
    )
    facts = {"nodata": source.nodata, "type": source.type, **says}
    kept = raster.keep(source.cells, source.transform, source.crs_in.wkt, facts)
    return Arrival(
        layer=plan.code,
        kind="raster",
        status=stanza.status if stanza else "unknown",
        source=source.path,
        source_layer=None,
        format="GeoTIFF",
        crs_in=source.crs_in.label,
        crs_basis=source.crs_basis,
        operation="noop",
        coverage=Coverage(shapely.box(*source.extent), "cells"),
        raster=kept,
        cells=int(np.isfinite(source.cells).sum()),
        extent=source.extent,
    )
