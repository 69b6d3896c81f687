"""Files that are one table or several: GeoJSON, TopoJSON, GeoPackage, shapefile, FlatGeobuf. Before GDAL is let near a file, the file is looked at with
plain eyes: what text it carries, which tables are real, what system it states.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gis.reading import gdal, json_text, shapefile_text
from gis.reading import geopackage as geopackage_tables
from gis.reading.found import FoundLayer
from gis.reading.gdal import Progress
from layers.refusal import Refused


def geojson(path: Path, stem: str, scratch: Path, progress: Progress) -> Iterator[FoundLayer]:
    text = json_text.looked_at(path, scratch)
    try:
        with gdal.opened(text.path, None, progress, crs=text.crs, by_format=text.by_format) as found:
            name = text.name or stem
            layer = gdal.layer(found, name, text.crs, text.by_format, text.encoding, nan_points=True)
            layer.notes.extend(text.notes)
            yield layer
    finally:
        if text.path != path:
            text.path.unlink()


def topojson(path: Path, stem: str, scratch: Path, progress: Progress) -> Iterator[FoundLayer]:
    """Every object of a topology is a layer; the format has no place to state a system."""
    text = json_text.looked_at(path, scratch)
    try:
        names = [name for name, _ in gdal.layers_of(text.path)]
        for number, name in enumerate(names):
            shown = name if len(names) > 1 else stem
            with gdal.opened(text.path, name, progress, crs=text.crs, by_format=text.by_format) as found:
                layer = gdal.layer(found, shown, text.crs, text.by_format, text.encoding, nan_points=True)
                layer.notes.extend(() if number else text.notes)
                yield layer
    finally:
        if text.path != path:
            text.path.unlink()


def geopackage(path: Path, stem: str, scratch: Path, progress: Progress) -> Iterator[FoundLayer]:
    tables = geopackage_tables.real_tables(path)
    total = sum(rows for _, rows in tables)
    at_once = gdal.rows_at_once(path.stat().st_size, total)
    before = 0
    for name, rows in tables:
        start = before

        def along(share: float, start: int = start, rows: int = rows) -> None:
            progress((start + share * rows) / max(total, 1))

        with gdal.opened(path, name, along, at_once=at_once, expected=rows, IMMUTABLE="YES") as found:
            yield gdal.layer(found, name, None, False, "UTF-8")
        before += rows


def shapefile(path: Path, stem: str, scratch: Path, progress: Progress) -> Iterator[FoundLayer]:
    table = shapefile_text.looked_at(path)
    at_once = gdal.rows_at_once(path.stat().st_size, table.rows)
    with gdal.opened(
        path, None, progress, at_once=at_once, expected=table.rows, crs=table.crs, encoding=table.encoding
    ) as found:
        layer = gdal.layer(found, stem, table.crs, False, table.encoding, nan_points=True)
        layer.notes.extend(table.notes)
        yield layer


def flatgeobuf(path: Path, stem: str, scratch: Path, progress: Progress) -> Iterator[FoundLayer]:
    """The header counts the rows; where it says 0 it may mean that nobody knew."""
    try:
        rows = gdal.rows_of(path) or 0
    except IndexError as error:  # opened, and no layer in it: the header promises more bytes than there are
        raise Refused("truncated", expected="header", read=path.stat().st_size) from error
    at_once = gdal.rows_at_once(path.stat().st_size, rows)
    with gdal.opened(path, None, progress, at_once=at_once, expected=rows or None) as found:
        yield gdal.layer(found, stem, None, False, "UTF-8")
