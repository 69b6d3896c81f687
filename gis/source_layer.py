"""What reading a delivery gives: layers in the project's coordinate system, and everything that is not in them, with the reason. Shapes only, no deeds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gis.crs import Crs
from gis.geometry import Kind
from gis.placing import Basis as CrsBasis


@dataclass(frozen=True, slots=True)
class SetAside:
    """A row that is no usable feature. ``x, y``: place of the fault in the source's own CRS. ``wkb`` is opaque and is never parsed again."""

    row: int
    code: str  # null_geometry | empty_geometry | invalid_geometry | not_a_layer_kind | outside_projection
    x: float | None
    y: float | None
    params: dict[str, Any]
    wkb: bytes | None = field(repr=False)
    attributes: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something a steward should see that refuses nothing: dropped heights, repaired projections, areas that differ."""

    code: str
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SourceLayer:
    """One kind of geometry of one layer of one file. ``read == len(geometry) + len(set_aside)``."""

    path: str  # inside the delivery, posix
    layer: str
    stem: str
    kind: Kind
    format: str
    crs_in: Crs
    crs_basis: CrsBasis
    operation: str
    encoding: str | None
    fields: tuple[tuple[str, str], ...]
    samples: tuple[dict[str, Any], ...]
    read: int
    geometry: NDArray[np.object_] = field(repr=False)  # project CRS
    rows: NDArray[np.int64] = field(repr=False)  # row in the source, 0-based
    attributes: list[str] = field(repr=False)  # canonical JSON text per feature
    set_aside: tuple[SetAside, ...] = field(repr=False)
    extent: tuple[float, float, float, float] | None  # project CRS
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceRaster:
    """One grid in the project's system (``crs_in`` where it was read for no project). ``cells`` (height, width) float32, NaN where the file says nothing; ``transform`` a, b, c, d, e, f."""

    path: str
    stem: str
    crs_in: Crs
    crs_basis: CrsBasis
    operation: str
    type: str
    nodata: float | None
    cells: NDArray[np.float32] = field(repr=False)
    transform: tuple[float, float, float, float, float, float]
    notes: tuple[Note, ...] = ()

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """West, south, east, north in the system of the grid."""
        a, _, c, _, e, f = self.transform
        height, width = self.cells.shape
        return (c, f + e * height, c + a * width, f)


@dataclass(frozen=True, slots=True)
class RefusedSource:
    """A file, or a layer of one, that could not be taken; the rest of the delivery was."""

    path: str
    code: str
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reading:
    name: str
    sha256: str
    sources: tuple[SourceLayer, ...]
    refused: tuple[RefusedSource, ...]
    ignored: tuple[str, ...]
    rasters: tuple[SourceRaster, ...] = ()
    isolation: str = "bubblewrap"
