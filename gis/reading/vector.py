"""Files that GDAL reads, layer by layer, as Arrow: GeoJSON, TopoJSON, GeoPackage, shapefile. Before GDAL is let near a file, the file is looked at with
plain eyes: what text it carries, which tables are real, what system it states.
"""

from __future__ import annotations

import contextlib
import datetime
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from pyogrio.raw import open_arrow

from gis.handover import has_nul
from gis.reading import geopackage, json_text, shapefile_text
from gis.reading.found import FoundLayer, sorted_out
from layers.canonical import canonical
from layers.refusal import Refused

ROWS_AT_ONCE = 20_000
MOST_WARNINGS = 5
Progress = Callable[[float], None]


def only(allowed: list[str]) -> None:
    """GDAL must have no other driver than these: checked here, where it would matter, before any file is opened."""
    left = set(pyogrio.list_drivers()) - set(allowed)
    if left:
        raise RuntimeError(f"drivers not shut: {sorted(left)}")


def _geojson(path: Path, stem: str, scratch: Path, progress: Progress) -> list[FoundLayer]:
    text = json_text.looked_at(path, scratch)
    try:
        return [
            _layer(
                text.path,
                None,
                text.name or stem,
                text.crs,
                text.by_format,
                text.encoding,
                progress,
                nan_points=True,
            )
        ]
    finally:
        if text.path != path:
            text.path.unlink()


def _topojson(path: Path, stem: str, scratch: Path, progress: Progress) -> list[FoundLayer]:
    """Every object of a topology is a layer; the format has no place to state a system."""
    text = json_text.looked_at(path, scratch)
    try:
        names = [str(name) for name, _ in pyogrio.list_layers(text.path)]
        return [
            _layer(
                text.path,
                name,
                name if len(names) > 1 else stem,
                text.crs,
                text.by_format,
                text.encoding,
                progress,
                nan_points=True,
            )
            for name in names
        ]
    finally:
        if text.path != path:
            text.path.unlink()


def _geopackage(path: Path, stem: str, scratch: Path, progress: Progress) -> list[FoundLayer]:
    tables = geopackage.real_tables(path)
    total = sum(rows for _, rows in tables)
    found: list[FoundLayer] = []
    before = 0
    for name, rows in tables:
        start = before

        def along(share: float, start: int = start, rows: int = rows) -> None:
            progress((start + share * rows) / max(total, 1))

        try:
            found.append(
                _layer(
                    path, name, name, None, False, "UTF-8", along, expected=rows, options={"IMMUTABLE": "YES"}
                )
            )
        except Refused as refusal:
            found.append(
                FoundLayer(
                    name, None, False, None, [], [], refused=(refusal.code, {**refusal.params, "layer": name})
                )
            )
        before += rows
    return found


def _shapefile(path: Path, stem: str, scratch: Path, progress: Progress) -> list[FoundLayer]:
    table = shapefile_text.looked_at(path)
    layer = _layer(
        path, None, stem, table.crs, False, table.encoding, progress,
        expected=table.rows, options={"encoding": table.encoding}, nan_points=True,
    )  # fmt: skip
    layer.notes.extend(table.notes)
    return [layer]


READERS: dict[str, Callable[[Path, str, Path, Progress], list[FoundLayer]]] = {
    "GeoJSON": _geojson, "TopoJSON": _topojson, "GeoPackage": _geopackage, "Shapefile": _shapefile,
}  # fmt: skip


def _layer(
    path: Path,
    name: str | None,
    shown: str,
    crs: str | None,
    by_format: bool,
    encoding: str | None,
    progress: Progress,
    *,
    expected: int | None = None,
    options: dict[str, Any] | None = None,
    nan_points: bool = False,
) -> FoundLayer:
    blobs: list[bytes | None] = []
    shapes: list[Any] = []
    attributes: list[str] = []
    with warnings.catch_warnings(record=True) as said, _curves_refused():
        warnings.simplefilter("always")
        with open_arrow(path, layer=name, batch_size=ROWS_AT_ONCE, use_pyarrow=True, **(options or {})) as (
            meta,
            batches,
        ):
            column = meta["geometry_name"] or "wkb_geometry"
            for batch in batches:
                found = batch.column(column).to_pylist()
                blobs.extend(found)
                with np.errstate(invalid="ignore"):
                    shapes.append(shapely.from_wkb(np.array(found, dtype=object), on_invalid="ignore"))
                attributes.extend(_attributes(batch, column))
                progress(min(1.0, len(blobs) / expected) if expected else 0.0)
    if expected is not None and len(blobs) != expected:
        raise Refused("truncated", expected=expected, read=len(blobs))
    whole = np.concatenate(shapes) if shapes else np.empty(0, dtype=object)
    parts, notes = sorted_out(
        whole, blobs, attributes, empty_points_are_numbers=nan_points, default=_default(meta["geometry_type"])
    )
    told = list(dict.fromkeys(str(one.message)[:200] for one in said if "easured" not in str(one.message)))
    notes += [("reader_warned", {"warning": warning}) for warning in told[:MOST_WARNINGS]]
    fields = [(str(field), str(kind)) for field, kind in zip(meta["fields"], meta["ogr_types"], strict=True)]
    # An empty word is the file's own: it says that it knows no system.
    stated = (crs or None) if crs is not None else _stated(meta["crs"], by_format)
    return FoundLayer(shown, stated, by_format, encoding, fields, parts, notes)


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


def _attributes(batch: Any, column: str) -> list[str]:
    """Canonical JSON per row; a name that comes twice gets a number, so that no column swallows another."""
    import pyarrow as pa

    names, columns = [], []
    for name, values in zip(batch.schema.names, batch.columns, strict=True):
        if name == column:
            continue
        unique, count = name, 2
        while unique in names:
            unique, count = f"{name}_{count}", count + 1
        names.append(unique)
        columns.append(values.storage if isinstance(values, pa.ExtensionArray) else values)
    if not names:
        return ["{}"] * batch.num_rows
    return [
        _text(dict(zip(names, row, strict=True)))
        for row in zip(*(values.to_pylist() for values in columns), strict=True)
    ]


def _text(row: dict[str, Any]) -> str:
    try:
        text = canonical(row)
    except (
        TypeError,
        ValueError,
    ):  # dates, bytes, NaN: the plain way costs nothing for the rows that need none of it
        text = canonical({key: _plain(value) for key, value in row.items()})
    if has_nul(text):
        text = canonical(
            {
                key: value.replace("\x00", "␀") if isinstance(value, str) else value
                for key, value in row.items()
            }
        )
    return text


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    if isinstance(value, (datetime.date, datetime.datetime, datetime.time)):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return [_plain(one) for one in value] if isinstance(value, list) else value
