"""A site and what it hits as a GeoPackage in the project CRS: written here from our own shapes, never read. The one place outside the sandbox
where pyogrio opens a file, and it is a file of our own making.

The same shapes give the same bytes: what the format wants to know about the moment is the moment it is told.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import shape

from gis import quarantine

Column = Sequence[str | float | int | bool | None]


def geopackage(
    site: Mapping[str, Any],
    told: Mapping[str, Any],
    shapes: Sequence[Mapping[str, Any]],
    columns: Mapping[str, Column],
    crs: str,
    moment: datetime,
) -> bytes:
    """Layers ``site`` (one row, ``told``) and ``hits`` (``shapes`` with ``columns`` in step). Shapes are GeoJSON geometries in ``crs``
    ("EPSG:4547"); columns are of text, of numbers or of truth.
    """
    with quarantine.room("hits") as room:
        path = room / "hits.gpkg"
        _write(path, "site", [site], {name: [value] for name, value in told.items()}, crs)
        _write(path, "hits", shapes, columns, crs)
        with closing(sqlite3.connect(path)) as opened, opened:
            opened.execute("UPDATE gpkg_contents SET last_change = ?", (_written(moment),))
        return path.read_bytes()


def one_layer(
    name: str, shapes: Sequence[Any], columns: Mapping[str, Column], crs: str, moment: datetime
) -> bytes:
    """A GeoPackage of one layer: shapes, as GeoJSON geometries or shapely's own, with ``columns`` in step."""
    with quarantine.room("layer") as room:
        path = room / "layer.gpkg"
        _write(path, name, shapes, columns, crs)
        with closing(sqlite3.connect(path)) as opened, opened:
            opened.execute("UPDATE gpkg_contents SET last_change = ?", (_written(moment),))
        return path.read_bytes()


def _write(path: Path, layer: str, shapes: Sequence[Any], columns: Mapping[str, Column], crs: str) -> None:
    from pyogrio.raw import write

    geometry = np.array([shapely.to_wkb(shape(each)) for each in shapes], dtype=object)
    made = [_column(values) for values in columns.values()]
    write(
        path,
        geometry=geometry,
        field_data=[values for values, _ in made],
        field_mask=[mask for _, mask in made],
        fields=list(columns),
        geometry_type="Unknown",
        crs=crs,
        layer=layer,
        driver="GPKG",
        append=path.exists(),
        encoding="UTF-8",
    )


def _column(values: Column) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """The values and, for numbers, which of them are absent: a figure that nobody measured is no zero and no NaN."""
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, bool) for value in known):
        return np.array([bool(value) for value in values]), _absent(values)
    if known and all(isinstance(value, int | float) for value in known):
        whole = all(isinstance(value, int) for value in known)
        kind = np.int64 if whole else np.float64
        return np.array([0 if value is None else value for value in values], dtype=kind), _absent(values)
    return np.array([None if value is None else str(value) for value in values], dtype=object), None


def _absent(values: Column) -> NDArray[np.bool_]:
    return np.array([value is None for value in values])


def _written(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z"
