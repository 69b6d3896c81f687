"""A delivered layer as a file on disk, the same bytes every time: GeoPackage mostly, and what else departments send.

GDAL writes through pyogrio; the format of each layer stands in `FORMATS`. It knows no ground and no recipe.
"""

from __future__ import annotations

import io
import json
import tempfile
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from pyogrio import raw

from demo import boundary_text
from demo.delivery import Delivered
from demo.topology import topojson
from layers.model import Layer

CRS = "EPSG:4547"
DAY = "2026-01-05T08:00:00.000Z"
FORMATS = {
    "urban_village": "shapefile",
    "place_name": "geojson",
    "kindergarten": "geojson",
    "market": "geojson",
    "police_station": "geojson",
    "emergency_shelter": "geojson",
    "greenway": "geojson",
    "wildlife_habitat": "geojson",
    "school_catchment": "topojson",
    "reserve_land": "boundary_text",
    "expropriation_area": "boundary_text",
}
_ENDINGS = {
    "geojson": ".geojson",
    "topojson": ".topojson",
    "boundary_text": ".txt",
    "shapefile": ".zip",
    "geopackage": ".gpkg",
}
# Themes whose offices name their files by the national short names rather than by our codes.
_SHORT_NAMES = ("administrative", "control_lines", "cadastre")


def format_of(layer: Layer) -> str:
    return FORMATS.get(layer.code, "geopackage")


def stem(layer: Layer) -> str:
    return layer.aliases[0] if layer.theme in _SHORT_NAMES and layer.aliases else layer.code


def file_name(layer: Layer) -> str:
    return stem(layer) + _ENDINGS[format_of(layer)]


def write(folder: Path, delivered: Delivered) -> Path:
    layer = delivered.layer
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": DAY, "OGR_SQLITE_SYNCHRONOUS": "OFF"})
    kind = format_of(layer)
    path = folder / file_name(layer)
    path.unlink(missing_ok=True)
    if kind == "geopackage":
        _ogr(
            path,
            delivered,
            driver="GPKG",
            layer=stem(layer),
            layer_options={"SPATIAL_INDEX": "NO"},
            dataset_options={"VERSION": "1.2"},
        )
    elif kind == "geojson":
        path.write_bytes(degrees(delivered))
    elif kind == "topojson":
        text = json.dumps(
            topojson(layer.code, json.loads(degrees(delivered))), ensure_ascii=False, separators=(",", ":")
        )
        path.write_text(text, encoding="utf-8")
    elif kind == "shapefile":
        _zipped_shapefile(path, delivered)
    else:
        numbers, names = delivered.columns[layer.identify[0]], delivered.columns[layer.identify[1]]
        plots = zip(numbers, names, delivered.shapes, strict=True)
        path.write_bytes(boundary_text.written([(str(n), str(m), p) for n, m, p in plots]))
    declare(folder, layer, delivered.coverage)
    return path


def package_name(layer: Layer) -> str:
    """What a layer's file is called where all of them are GeoPackages."""
    return stem(layer) + _ENDINGS["geopackage"]


def append(folder: Path, delivered: Delivered, before: int) -> Path:
    """The layer's rows into its GeoPackage, after the ``before`` that stand there already. Its shapes are of many parts by type, for those who come
    later may have some."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": DAY, "OGR_SQLITE_SYNCHRONOUS": "OFF"})
    path = folder / package_name(delivered.layer)
    new: dict[str, Any] = {"layer_options": {"SPATIAL_INDEX": "NO"}, "dataset_options": {"VERSION": "1.2"}}
    how = {"append": True} if before else new
    if not before:
        path.unlink(missing_ok=True)
    _ogr(path, delivered, parts=True, driver="GPKG", layer=stem(delivered.layer), **how)
    return path


def declare(folder: Path, layer: Layer, coverage: shapely.Geometry | None) -> None:
    """The area in which the file says anything, beside the file; nothing where the layer speaks for the whole district or for none."""
    if coverage is not None:
        (folder / f"{stem(layer)}.coverage.geojson").write_text(_coverage(coverage), encoding="utf-8")


def degrees(delivered: Delivered) -> bytes:
    """The layer as RFC 7946 GeoJSON: WGS 84 in degrees, nine decimals."""
    out = io.BytesIO()
    _ogr(
        out,
        delivered,
        driver="GeoJSON",
        layer=delivered.layer.code,
        layer_options={"RFC7946": "YES", "COORDINATE_PRECISION": "9"},
    )
    return out.getvalue()


def _ogr(path: Path | io.BytesIO, delivered: Delivered, parts: bool = False, **options: Any) -> None:
    """parts: the layer is one of shapes of several parts though none of these rows may have any."""
    shapes = delivered.shapes
    single, many = {"polygon": ("Polygon", 6), "line": ("LineString", 5), "point": ("Point", 4)}[
        delivered.layer.kind
    ]
    parts = parts and delivered.layer.kind != "point"
    multi = parts or bool((shapely.get_type_id(shapes) == many).any())
    if multi and (parts or delivered.layer.kind == "polygon"):
        shapes = _of_parts(shapes)
    columns = delivered.columns
    raw.write(
        path,
        shapely.to_wkb(shapes),
        [values if values.dtype.kind != "U" else values.astype(object) for values in columns.values()],
        np.array(list(columns), dtype=object),
        crs=CRS,
        geometry_type=("Multi" if multi else "") + single,
        **options,
    )


def _of_parts(shapes: np.ndarray) -> np.ndarray:
    """Each polygon or line as the only part of a shape of parts; none and empty ones stay as they are."""
    out = shapes.copy()
    for single, made in ((3, shapely.multipolygons), (1, shapely.multilinestrings)):
        alone = np.flatnonzero((shapely.get_type_id(shapes) == single) & ~shapely.is_empty(shapes))
        if len(alone):
            out[alone] = made(shapes[alone], indices=np.arange(len(alone)))
    return out


def _zipped_shapefile(path: Path, delivered: Delivered) -> None:
    """A shapefile in GB18030 whose .cpg got lost on the way, as it happens."""
    with tempfile.TemporaryDirectory() as scratch:
        inside = Path(scratch) / f"{delivered.layer.code}.shp"
        with warnings.catch_warnings():
            warnings.filterwarnings(
                "ignore", message=".*", category=RuntimeWarning
            )  # an empty geometry becomes a null one
            _ogr(
                inside, delivered, driver="ESRI Shapefile", encoding="GB18030",
                layer_options={"DBF_DATE_LAST_UPDATE": DAY[:10]},
            )  # fmt: skip
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in sorted(Path(scratch).iterdir()):
                if part.suffix != ".cpg":
                    entry = zipfile.ZipInfo(part.name, (2026, 1, 5, 8, 0, 0))
                    entry.compress_type = zipfile.ZIP_DEFLATED
                    archive.writestr(entry, part.read_bytes())


def _coverage(shape: shapely.Geometry) -> str:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4547"}}
    feature = {"type": "Feature", "properties": {}, "geometry": json.loads(shapely.to_geojson(shape))}
    return json.dumps({"type": "FeatureCollection", "crs": crs, "features": [feature]}, separators=(",", ":"))
