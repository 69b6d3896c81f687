"""What reading a delivery gives: layers in the project's coordinate system, and everything that is not in them, with the reason. Shapes only, no deeds."""

from __future__ import annotations

from collections.abc import Collection
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
    code: str  # null_geometry | empty_geometry | invalid_geometry | not_a_layer_kind | row_unreadable | outside_projection
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
class Piece:
    """So many rows of a layer as fit into memory, columns in step."""

    geometry: NDArray[np.object_] = field(repr=False)
    rows: NDArray[np.int64] = field(repr=False)  # row in the source, 0-based, ascending
    attributes: list[str] = field(repr=False)  # JSON object per feature


@dataclass(frozen=True, slots=True)
class Repaired:
    """A row whose shape was mended because a person asked for it: by structure, with its area before and after in units of the file."""

    row: int
    reason: str
    x: float | None
    y: float | None
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class SourceLayer:
    """One kind of geometry of one layer of one file, in the project CRS. ``read == count + len(set_aside)``.

    ``pieces`` may lie on disk, as long as the reading is open: one after another they need little memory, and each walk builds them anew.
    """

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
    count: int
    pieces: Collection[Piece] = field(repr=False)
    set_aside: tuple[SetAside, ...] = field(repr=False)
    extent: tuple[float, float, float, float] | None  # project CRS
    notes: tuple[Note, ...] = ()
    repaired: tuple[Repaired, ...] = ()

    @property
    def geometry(self) -> NDArray[np.object_]:
        """All of it at once: for layers that are known to be small."""
        return np.concatenate([np.empty(0, dtype=object), *(piece.geometry for piece in self.pieces)])

    @property
    def rows(self) -> NDArray[np.int64]:
        return np.concatenate([np.empty(0, dtype=np.int64), *(piece.rows for piece in self.pieces)])

    @property
    def attributes(self) -> list[str]:
        return [text for piece in self.pieces for text in piece.attributes]


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
