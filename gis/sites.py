"""Many sites of one file: every row a site of its own, and a row that is none says why and costs the others nothing.

Files are opened in the sandbox only, by the readers that take a delivery; what a site is stands in ``gis.site``. What the columns beside the
shapes mean is nothing this room knows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gis import readers
from gis.crs import Crs
from gis.joining import width_of
from gis.sandbox import UPLOAD, Limits
from gis.site import Site, of_shapes
from gis.source_layer import RefusedSource, SourceLayer
from layers.refusal import Refused

Attributes = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """``number`` 1, 2, 3 ... through all sources, ``row`` of its source from 0. ``shape``: in the project CRS and valid, not yet one area; None
    where there is none, and ``why`` is its code and parameters.
    """

    number: int
    source: str
    row: int
    attributes: Attributes
    shape: Any
    why: tuple[str, Mapping[str, Any]] | None
    crs: Crs
    operation: str

    def site(self, project: Crs, width_m: float | None) -> Site:
        """``width_m`` for lines and points; areas have none. Refused with the row's own reason, or as ``gis.site`` refuses."""
        if self.why is not None:
            raise Refused(self.why[0], **self.why[1])
        area = self.shape.geom_type in ("Polygon", "MultiPolygon")
        record = {"source": self.source, "row": self.row}
        return of_shapes(
            [self.shape], self.crs, project, self.operation, record, None if area else width_of(width_m)
        )


@dataclass(frozen=True, slots=True)
class Sites:
    """``fields``: names of the columns, by source; ``formats``: of the sources."""

    name: str
    sha256: str
    rows: tuple[Row, ...]
    fields: Mapping[str, tuple[str, ...]]
    formats: Mapping[str, str]
    refused: tuple[RefusedSource, ...]


def read(
    path: Path,
    project: Crs,
    *,
    most: int,
    source_crs: Crs | None = None,
    limits: Limits = UPLOAD,
    on_progress: readers.Progress | None = None,
) -> Sites:
    """Refused ``too_many_sites`` beyond ``most`` rows, ``site_empty`` where there is none; where no source could be read, with what stands in
    the way of the first.
    """
    reading = readers.read(
        path, project_crs=project, source_crs=source_crs, limits=limits, on_progress=on_progress
    )
    count = sum(layer.read for layer in reading.sources)
    if count > most:
        raise Refused("too_many_sites", count=count, most=most)
    if not count:
        if reading.refused:
            raise Refused(reading.refused[0].code, **reading.refused[0].params)
        raise Refused("site_empty")
    layers = {_named(layer): layer for layer in reading.sources}
    return Sites(
        name=reading.name,
        sha256=reading.sha256,
        rows=tuple(_numbered(reading.sources)),
        fields={source: tuple(name for name, _ in layer.fields) for source, layer in layers.items()},
        formats={source: layer.format for source, layer in layers.items()},
        refused=reading.refused,
    )


def _named(layer: SourceLayer) -> str:
    return layer.path if layer.layer in ("", layer.stem) else f"{layer.path}: {layer.layer}"


def _numbered(layers: tuple[SourceLayer, ...]) -> Iterator[Row]:
    """In the order of the file: kinds of geometry were read apart and stand beside one another again."""
    order = {source: place for place, source in enumerate(dict.fromkeys(map(_named, layers)))}
    found = [row for layer in layers for row in _rows(layer)]
    found.sort(key=lambda row: (order[row.source], row.row))
    for number, row in enumerate(found, start=1):
        yield Row(number, row.source, row.row, row.attributes, row.shape, row.why, row.crs, row.operation)


def _rows(layer: SourceLayer) -> Iterator[Row]:
    source = _named(layer)
    for row, shape, told in zip(layer.rows.tolist(), layer.geometry, layer.attributes, strict=True):
        yield Row(0, source, row, json.loads(told), shape, None, layer.crs_in, layer.operation)
    for one in layer.set_aside:
        why = (one.code, {**one.params, "row": one.row})
        yield Row(0, source, one.row, json.loads(one.attributes), None, why, layer.crs_in, layer.operation)
