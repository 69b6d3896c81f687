"""Files that GDAL reads, layer by layer, as Arrow: GeoJSON, TopoJSON, GeoPackage, shapefile. Before GDAL is let near a file, the file is looked at with
plain eyes: what text it carries, which tables are real, what system it states.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from pyogrio.raw import open_arrow

from gis.reading import attributes, json_text, shapefile_text
from gis.reading import geopackage as geopackage_tables
from gis.reading.found import Batch, FoundLayer
from layers.refusal import Refused

ROWS_AT_ONCE = 10_000
BYTES_AT_ONCE = 32 << 20
MOST_WARNINGS = 5
Progress = Callable[[float], None]
Meta = dict[str, Any]


def only(allowed: list[str]) -> None:
    """GDAL must have no other driver than these: checked here, where it would matter, before any file is opened."""
    left = set(pyogrio.list_drivers()) - set(allowed)
    if left:
        raise RuntimeError(f"drivers not shut: {sorted(left)}")


def geojson(path: Path, stem: str, scratch: Path, progress: Progress) -> Iterator[FoundLayer]:
    text = json_text.looked_at(path, scratch)
    try:
        with _opened(text.path, None, progress) as (meta, batches):
            yield _layer(
                meta, batches, text.name or stem, text.crs, text.by_format, text.encoding, nan_points=True
            )
    finally:
        if text.path != path:
            text.path.unlink()


def topojson(path: Path, stem: str, scratch: Path, progress: Progress) -> Iterator[FoundLayer]:
    """Every object of a topology is a layer; the format has no place to state a system."""
    text = json_text.looked_at(path, scratch)
    try:
        names = [str(name) for name, _ in pyogrio.list_layers(text.path)]
        for name in names:
            shown = name if len(names) > 1 else stem
            with _opened(text.path, name, progress) as (meta, batches):
                yield _layer(meta, batches, shown, text.crs, text.by_format, text.encoding, nan_points=True)
    finally:
        if text.path != path:
            text.path.unlink()


def geopackage(path: Path, stem: str, scratch: Path, progress: Progress) -> Iterator[FoundLayer]:
    tables = geopackage_tables.real_tables(path)
    total = sum(rows for _, rows in tables)
    at_once = _rows_at_once(path, total)
    before = 0
    for name, rows in tables:
        start = before

        def along(share: float, start: int = start, rows: int = rows) -> None:
            progress((start + share * rows) / max(total, 1))

        with _opened(path, name, along, at_once, rows, IMMUTABLE="YES") as (meta, batches):
            yield _layer(meta, batches, name, None, False, "UTF-8")
        before += rows


def shapefile(path: Path, stem: str, scratch: Path, progress: Progress) -> Iterator[FoundLayer]:
    table = shapefile_text.looked_at(path)
    at_once = _rows_at_once(path, table.rows)
    with _opened(path, None, progress, at_once, table.rows, encoding=table.encoding) as (meta, batches):
        layer = _layer(meta, batches, stem, table.crs, False, table.encoding, nan_points=True)
        layer.notes.extend(table.notes)
        yield layer


def _rows_at_once(path: Path, rows: int) -> int:
    """So many rows as take about 32 MB, that few large shapes need no more memory than many small ones."""
    each = max(1, path.stat().st_size // max(rows, 1))
    return max(50, min(ROWS_AT_ONCE, BYTES_AT_ONCE // each))


@contextlib.contextmanager
def _opened(
    path: Path,
    name: str | None,
    progress: Progress,
    at_once: int = ROWS_AT_ONCE,
    expected: int | None = None,
    **options: Any,
) -> Iterator[tuple[Meta, Iterator[Batch]]]:
    """What GDAL says of a layer, and its rows; open as long as the block lasts. Refused, while the rows are walked: ``truncated``."""
    with (
        _curves_refused(),
        open_arrow(path, layer=name, batch_size=at_once, use_pyarrow=True, **options) as (meta, table),
    ):
        meta["warnings"] = []
        yield meta, _batches(meta, table, progress, expected)


def _batches(meta: Meta, table: Any, progress: Progress, expected: int | None) -> Iterator[Batch]:
    column = meta["geometry_name"] or "wkb_geometry"
    read = 0
    with warnings.catch_warnings(record=True) as said, _curves_refused():
        warnings.simplefilter("always")
        for batch in table:
            blobs = batch.column(column).to_pylist()
            with np.errstate(invalid="ignore"):
                shapes = shapely.from_wkb(np.array(blobs, dtype=object), on_invalid="ignore")
            yield Batch(shapes, blobs, attributes.told(batch, column))
            read += len(blobs)
            progress(min(1.0, read / expected) if expected else 0.0)
    if expected is not None and read != expected:
        raise Refused("truncated", expected=expected, read=read)
    meta["warnings"] += dict.fromkeys(
        str(one.message)[:200] for one in said if "easured" not in str(one.message)
    )


def _layer(
    meta: Meta,
    batches: Iterator[Batch],
    shown: str,
    crs: str | None,
    by_format: bool,
    encoding: str | None,
    *,
    nan_points: bool = False,
) -> FoundLayer:
    fields = [(str(field), str(kind)) for field, kind in zip(meta["fields"], meta["ogr_types"], strict=True)]
    # An empty word is the file's own: it says that it knows no system.
    stated = (crs or None) if crs is not None else _stated(meta["crs"], by_format)
    notes: list[tuple[str, dict[str, Any]]] = []

    def noting() -> Iterator[Batch]:
        yield from batches
        notes.extend(("reader_warned", {"warning": warning}) for warning in meta["warnings"][:MOST_WARNINGS])

    return FoundLayer(
        shown,
        stated,
        by_format,
        encoding,
        fields,
        noting(),
        _default(meta["geometry_type"]),
        nan_points,
        notes,
    )


@contextlib.contextmanager
def _curves_refused() -> Iterator[None]:
    try:
        yield
    except NotImplementedError as error:
        raise Refused("curves_not_taken") from error


def _stated(crs: str | None, by_format: bool) -> str | None:
    """What GDAL found. Its own default for JSON is not something the file said; an undefined system is none."""
    if crs is None or crs.startswith(("LOCAL_CS", "ENGCRS", "ENGINEERINGCRS")) or "Undefined" in crs[:60]:
        return None
    return None if by_format and crs in ("EPSG:4326", "EPSG:4979", "OGC:CRS84") else crs


def _default(geometry_type: str | None) -> Any:
    word = geometry_type or ""
    return "line" if "Line" in word else "point" if "Point" in word else "polygon"
