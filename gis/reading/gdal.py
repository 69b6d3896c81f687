"""The only door to GDAL's vectors: a layer comes as Arrow, batch by batch, and its curves are made into lines on the way.

It shuts the drivers that were not asked for, keeps GDAL from fetching anything, and knows no format: each has a room of its own beside this one.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyogrio
import shapely
from pyogrio.raw import open_arrow

from gis.reading import attributes, curves
from gis.reading.found import Batch, FoundLayer
from layers.refusal import Refused

ROWS_AT_ONCE = 10_000
BYTES_AT_ONCE = 32 << 20
MOST_WARNINGS = 5
_UNKNOWN: dict[str, Any] = {"crs": None, "fields": (), "ogr_types": (), "geometry_type": None}
_SURFACES = {15: "PolyhedralSurface", 16: "TIN", 17: "Triangle"}
Progress = Callable[[float], None]
Meta = dict[str, Any]
Notes = list[tuple[str, dict[str, Any]]]


@dataclass(slots=True)
class Opened:
    """A layer that is open. ``meta``: what GDAL says of it; ``batches``: its rows, to be walked once; ``notes`` grow while they are."""

    meta: Meta
    batches: Iterator[Batch]
    notes: Notes = field(default_factory=list)

    def is_empty(self) -> bool:
        """Whether there is no row at all; the first batch is read to know it."""
        first = next(self.batches, None)
        if first is not None:
            self.batches = itertools.chain((first,), self.batches)
        return first is None


def only(allowed: list[str], scratch: Path) -> None:
    """GDAL must have no other driver than these: checked here, where it would matter, before any file is opened. What it spills goes to ``scratch``."""
    left = set(pyogrio.list_drivers()) - set(allowed)
    if left:
        raise RuntimeError(f"drivers not shut: {sorted(left)}")
    pyogrio.set_gdal_config_options(
        {
            "CPL_TMPDIR": str(scratch), "GML_SKIP_RESOLVE_ELEMS": "ALL", "GML_DOWNLOAD_SCHEMA": "NO",
            "OSM_MAX_TMPFILE_SIZE": "64", "GDAL_HTTP_TIMEOUT": "1", "GDAL_HTTP_MAX_RETRY": "0", "GDAL_DISABLE_READDIR_ON_OPEN": "TRUE",
        }
    )  # fmt: skip


def layers_of(path: Path) -> list[tuple[str, str | None]]:
    """Name and kind of every layer, None for a table without shapes. Refused: ``surfaces_not_taken``, ``unreadable``."""
    with _quiet():
        try:
            return [(str(name), kind) for name, kind in pyogrio.list_layers(path)]
        except pyogrio.errors.GeometryError as error:
            raise _not_opened(error) from error


def rows_of(path: Path, name: str | None = None) -> int | None:
    """How many rows a layer says it has, None where it does not say."""
    with _quiet():
        try:
            rows = int(pyogrio.read_info(path, layer=name, force_feature_count=False)["features"])
        except (pyogrio.errors.DataLayerError, pyogrio.errors.GeometryError):  # told when it is opened
            return None
    return rows if rows >= 0 else None


def rows_at_once(size: int, rows: int) -> int:
    """So many rows as take about 32 MB, that few large shapes need no more memory than many small ones."""
    each = max(1, size // max(rows, 1))
    return max(50, min(ROWS_AT_ONCE, BYTES_AT_ONCE // each))


@contextlib.contextmanager
def opened(
    path: Path,
    name: str | None,
    progress: Progress,
    *,
    at_once: int = ROWS_AT_ONCE,
    expected: int | None = None,
    crs: str | None = None,
    by_format: bool = False,
    reworded: Callable[[Any], Any] | None = None,
    **options: Any,
) -> Iterator[Opened]:
    """A layer, open as long as the block lasts. ``crs``: what another place than GDAL says of the system. ``reworded``: changes a batch's columns.
    ``options`` are the driver's. Refused, while the rows are walked: ``truncated``, ``surfaces_not_taken``.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(_quiet())
        try:
            meta, table = stack.enter_context(
                open_arrow(path, layer=name, batch_size=at_once, use_pyarrow=True, **options)
            )
        except (
            pyogrio.errors.DataLayerError,
            pyogrio.errors.GeometryError,
            pyogrio.errors.FieldError,
            ValueError,
        ) as error:
            yield Opened(dict(_UNKNOWN), map(_raised, [_not_opened(error)]))
            return
        found = Opened(meta, iter(()))
        stated_crs = stated(meta["crs"], by_format) if crs is None else crs
        within = _Tolerance(stated_crs, by_format)
        found.batches = _readable(_batches(table, found.notes, progress, expected, within, reworded))
        yield found


def _not_opened(error: Exception) -> Refused:
    """Why a layer could not be opened: the others of its file may be good."""
    kind = re.search(r"Geometry type is not supported: (-?[0-9]+)", str(error))
    surface = _SURFACES.get(abs(int(kind[1])) % 1000) if kind else None
    if surface:
        return Refused("surfaces_not_taken", type=surface, count="?")
    return Refused("unreadable", reason=f"{type(error).__name__}: {error}"[:200])


def _raised(refusal: Refused) -> Batch:
    raise refusal


def _readable(batches: Iterator[Batch]) -> Iterator[Batch]:
    """What a driver says of broken rows refuses the layer."""
    try:
        yield from batches
    except MemoryError:
        raise
    except (pa.ArrowException, OSError, ValueError, IndexError) as error:
        raise Refused("unreadable", reason=f"{type(error).__name__}: {error}"[:200]) from error


class _Tolerance:
    """Found out when the first curve comes: few files have any, and it takes another library."""

    def __init__(self, crs: str | None, by_format: bool) -> None:
        self.crs, self.by_format = crs, by_format
        self.known: list[float | None] = []

    def __call__(self) -> float | None:
        if not self.known:
            self.known.append(curves.tolerance(self.crs, self.by_format))
        return self.known[0]


def _batches(
    table: Any,
    notes: Notes,
    progress: Progress,
    expected: int | None,
    within: _Tolerance,
    reworded: Callable[[Any], Any] | None,
) -> Iterator[Batch]:
    column = _geometry(table.schema)
    read = bent = there = 0
    surfaces: dict[str, int] = {}
    with _quiet() as said:
        for batch in table:
            blobs = batch.column(column).to_pylist() if column else [None] * batch.num_rows
            shapes, reasons, some = _built(blobs, within)
            for blob in (blobs[at] for at in np.flatnonzero(shapely.is_missing(shapes)).tolist()):
                kind = _SURFACES.get(curves.kind_of(blob))
                if kind:
                    surfaces[kind] = surfaces.get(kind, 0) + 1
            told = batch if reworded is None else reworded(batch)
            yield Batch(shapes, blobs, attributes.told(told, column), reasons)
            read += len(blobs)
            bent += some
            there += sum(blob is not None for blob in blobs)
            progress(min(1.0, read / expected) if expected else 0.0)
    if expected is not None and read != expected:
        raise Refused("truncated", expected=expected, read=read)
    if surfaces and sum(surfaces.values()) == there:
        raise Refused("surfaces_not_taken", type=", ".join(sorted(surfaces)), count=there)
    if bent:
        notes.append(("curves_linearised", {"count": bent}))
    warned = dict.fromkeys(str(one.message)[:200] for one in said if "easured" not in str(one.message))
    notes.extend(("reader_warned", {"warning": warning}) for warning in list(warned)[:MOST_WARNINGS])


def _built(blobs: list[bytes | None], within: _Tolerance) -> tuple[Any, dict[int, str], int]:
    try:
        return curves.parsed(blobs), {}, 0
    except NotImplementedError:  # what shapely says to curves
        return curves.built(blobs, within())


def _geometry(schema: Any) -> str:
    """The column that holds shapes, under whatever name GDAL gives it; an empty word where there is none."""
    for one in schema:
        named = (one.metadata or {}).get(b"ARROW:extension:name") or getattr(
            one.type, "extension_name", ""
        ).encode()
        if named in (b"geoarrow.wkb", b"ogc.wkb"):
            return str(one.name)
    return ""


def layer(
    found: Opened,
    shown: str,
    crs: str | None,
    by_format: bool,
    encoding: str | None,
    *,
    nan_points: bool = False,
) -> FoundLayer:
    """``crs``: what the file says elsewhere; None to believe GDAL. An empty word is the file's own: it says that it knows no system."""
    meta = found.meta
    fields = [(str(name), str(kind)) for name, kind in zip(meta["fields"], meta["ogr_types"], strict=True)]
    said = (crs or None) if crs is not None else stated(meta["crs"], by_format)
    return FoundLayer(
        shown,
        said,
        by_format,
        encoding,
        fields,
        found.batches,
        _default(meta["geometry_type"]),
        nan_points,
        found.notes,
    )


def with_rows(layers: Iterator[tuple[Opened, FoundLayer]]) -> Iterator[FoundLayer]:
    """Of formats that always speak of the same layers, those with rows; the first one where none has any."""
    empty: FoundLayer | None = None
    any_rows = False
    for found, one in layers:
        if found.is_empty():
            empty = empty or one
            continue
        any_rows = True
        one.batches = found.batches
        yield one
    if not any_rows:
        if empty is None:
            raise Refused("no_layer")
        empty.batches = ()
        yield empty


@contextlib.contextmanager
def _quiet() -> Iterator[list[warnings.WarningMessage]]:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        yield said


def stated(crs: str | None, by_format: bool) -> str | None:
    """What GDAL found. Its own default for JSON is not something the file said; an undefined system is none."""
    if crs is None or crs.startswith(("LOCAL_CS", "ENGCRS", "ENGINEERINGCRS")) or "Undefined" in crs[:60]:
        return None
    return None if by_format and crs in ("EPSG:4326", "EPSG:4979", "OGC:CRS84") else crs


def _default(geometry_type: str | None) -> Any:
    word = geometry_type or ""
    return "line" if "Line" in word else "point" if "Point" in word else "polygon"
