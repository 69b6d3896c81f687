"""GeoParquet, without GDAL: row group by row group, the shapes as WKB or as the format's own nested lists. What its metadata say is checked before it is
believed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely

from gis.crs import wkt_of_json
from gis.geometry import Shapes
from gis.reading import attributes, curves
from gis.reading.found import Batch, FoundLayer
from layers.refusal import Refused

ROWS_AT_ONCE = 10_000
BYTES_AT_ONCE = 32 << 20
MOST_METADATA = 16 << 20
Progress = Callable[[float], None]
_NESTED: dict[str, tuple[shapely.GeometryType, int]] = {
    "point": (shapely.GeometryType.POINT, 0), "linestring": (shapely.GeometryType.LINESTRING, 1),
    "polygon": (shapely.GeometryType.POLYGON, 2), "multipoint": (shapely.GeometryType.MULTIPOINT, 1),
    "multilinestring": (shapely.GeometryType.MULTILINESTRING, 2), "multipolygon": (shapely.GeometryType.MULTIPOLYGON, 3),
}  # fmt: skip
_KINDS = {"point": "point", "linestring": "line", "polygon": "polygon"}


def read(path: Path, stem: str, scratch: Path, progress: Progress) -> Iterator[FoundLayer]:
    try:
        file = pq.ParquetFile(
            path, thrift_string_size_limit=MOST_METADATA, thrift_container_size_limit=1_000_000
        )
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Refused("unreadable", reason=str(error)[:200]) from error
    with file:
        column, told, others = _primary(file)
        encoding = str(told.get("encoding", "")).lower()
        if encoding not in ("wkb", *_NESTED):
            raise Refused("parquet_encoding", encoding=encoding[:60])
        if told.get("edges", "planar") != "planar":
            raise Refused("parquet_edges", edges=str(told["edges"])[:60])
        crs, by_format = _system(told)
        names = [one for one in file.schema_arrow.names if one not in others]
        rows = _Rows(file, names, column, encoding, curves.tolerance(crs, by_format), progress)
        fields = [
            (one.name, str(one.type)) for one in file.schema_arrow if one.name in names and one.name != column
        ]
        yield FoundLayer(
            stem, crs, by_format, "UTF-8", fields, rows, _default(told), encoding == "point", rows.notes
        )


class _Rows:
    """The batches of the one layer, of the columns ``names``; its notes grow while it is walked."""

    def __init__(
        self,
        file: Any,
        names: list[str],
        column: str,
        encoding: str,
        within: float | None,
        progress: Progress,
    ) -> None:
        self.file, self.names, self.column, self.encoding = file, names, column, encoding
        self.within, self.progress = within, progress
        self.notes: list[tuple[str, dict[str, Any]]] = []
        self.bent = 0
        groups = (file.metadata.row_group(at) for at in range(file.metadata.num_row_groups))
        each = max(1, sum(group.total_byte_size for group in groups) // max(1, file.metadata.num_rows))
        self.at_once = max(50, min(ROWS_AT_ONCE, BYTES_AT_ONCE // each))

    def __iter__(self) -> Iterator[Batch]:
        read, whole = 0, self.file.metadata.num_rows
        try:
            for batch in self.file.iter_batches(
                batch_size=self.at_once, columns=self.names, use_threads=False
            ):
                yield self._batch(batch)
                read += batch.num_rows
                self.progress(min(1.0, read / max(whole, 1)))
        except pa.ArrowMemoryError as error:
            raise MemoryError from error
        except (pa.ArrowException, OSError) as error:
            raise Refused("unreadable", reason=str(error)[:200]) from error
        if read != whole:
            raise Refused("truncated", expected=whole, read=read)
        if self.bent:
            self.notes.append(("curves_linearised", {"count": self.bent}))

    def _batch(self, batch: Any) -> Batch:
        column = batch.column(self.column)
        told = attributes.told(_plain(batch, self.column), self.column)
        if self.encoding != "wkb":
            shapes = nested(column, self.encoding)
            return Batch(shapes, [None if shape is None else shapely.to_wkb(shape) for shape in shapes], told)
        blobs = (column.storage if isinstance(column, pa.ExtensionArray) else column).to_pylist()
        try:
            return Batch(curves.parsed(blobs), blobs, told)
        except NotImplementedError:
            shapes, reasons, bent = curves.built(blobs, self.within)
            self.bent += bent
            return Batch(shapes, blobs, told, reasons)


def _primary(file: Any) -> tuple[str, dict[str, Any], set[str]]:
    """The column of shapes, what the file says of it, and columns that say the same once more (other shapes, boxes).

    Refused: ``parquet_without_geometry``, ``parquet_metadata``.
    """
    raw = (file.schema_arrow.metadata or {}).get(b"geo")
    if raw is None:
        raise Refused("parquet_without_geometry")
    try:
        columns = json.loads(raw)
        column = str(columns.get("primary_column") or "geometry")
        columns = columns["columns"]
        found = dict(columns[column])
        boxes = [
            dict(one).get("covering", {}).get("bbox", {}).get("xmin", [""])[0] for one in columns.values()
        ]
        others = {str(name) for name in (*columns, *boxes)} - {column}
        kind = file.schema_arrow.field(column).type
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise Refused("parquet_metadata", reason=f"{type(error).__name__}: {error}"[:120]) from error
    kind = kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind
    binary = pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind)
    if str(found.get("encoding", "")).lower() == "wkb" and not binary:
        raise Refused("parquet_metadata", reason=f"WKB in {kind}"[:120])
    return column, found, others


def _system(told: dict[str, Any]) -> tuple[str | None, bool]:
    """The system as a code or as text; nothing said means longitude and latitude on WGS 84, and null means that nobody knows."""
    if "crs" not in told:
        return None, True
    said = told["crs"]
    if said is None:
        return None, False
    named = said.get("id") if isinstance(said, dict) else None
    if isinstance(named, dict) and named.get("authority") in ("EPSG", "OGC"):
        return f"{named['authority']}:{named.get('code')}"[:60], False
    return wkt_of_json(json.dumps(said) if isinstance(said, dict) else str(said)), False


def _default(told: dict[str, Any]) -> Any:
    types = told.get("geometry_types")
    word = str(types[0] if isinstance(types, list) and types else told.get("encoding", "")).lower()
    return next((kind for name, kind in _KINDS.items() if name in word), "polygon")


def nested(column: Any, encoding: str) -> Shapes:
    """Shapes of the format's own encoding: lists of lists of points, a point being a struct or a list of two to four numbers.

    Refused: ``parquet_metadata`` where the column is not what its encoding says.
    """
    kind, levels = _NESTED[encoding]
    there = np.asarray(column.is_valid().to_numpy(zero_copy_only=False), dtype=bool)
    inner = column.drop_null()
    offsets = []
    try:
        for _ in range(levels):
            inner = inner.storage if isinstance(inner, pa.ExtensionArray) else inner
            if inner.null_count:
                raise Refused("parquet_metadata", reason="null inside a shape")
            starts = np.concatenate(
                ([0], np.cumsum(pc.list_value_length(inner).to_numpy(zero_copy_only=False)))
            )
            offsets.append(starts.astype(np.int64))
            inner = inner.flatten()
        shapes = shapely.from_ragged_array(kind, _points(inner), tuple(reversed(offsets)) or None)
    except (pa.ArrowException, AttributeError, ValueError, shapely.GEOSException) as error:
        raise Refused("parquet_metadata", reason=f"{type(error).__name__}: {error}"[:120]) from error
    found = np.empty(len(there), dtype=object)
    found[there] = shapes
    return found


def _points(inner: Any) -> Any:
    inner = inner.storage if isinstance(inner, pa.ExtensionArray) else inner
    if pa.types.is_struct(inner.type):
        names = [inner.type.field(at).name for at in range(inner.type.num_fields)]
        columns = [pc.struct_field(inner, name) for name in ("x", "y", "z") if name in names]
        return np.stack([one.cast(pa.float64()).to_numpy(zero_copy_only=False) for one in columns], axis=1)
    wide = inner.type.list_size
    return inner.flatten().cast(pa.float64()).to_numpy(zero_copy_only=False).reshape(-1, wide)[:, :3]


def _plain(batch: Any, column: str) -> Any:
    """Columns in types that attributes know: exact numbers as text, moments in microseconds."""
    for at, one in enumerate(batch.schema):
        if one.name == column:
            continue
        kind: Any = None
        if pa.types.is_decimal(one.type) or pa.types.is_duration(one.type) or pa.types.is_interval(one.type):
            kind = pa.string()
        elif pa.types.is_timestamp(one.type) and one.type.unit == "ns":
            kind = pa.timestamp("us", one.type.tz)
        elif pa.types.is_time64(one.type) and one.type.unit == "ns":
            kind = pa.time64("us")
        if kind is not None:
            values = batch.column(at)
            told = (
                pa.array([None if value is None else str(value) for value in values.to_pylist()], pa.string())
                if kind == pa.string()
                else values.cast(kind, safe=False)
            )
            batch = batch.set_column(at, one.name, told)
    return batch
