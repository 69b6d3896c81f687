"""A site or a project as people give it: a box, a shape, pasted boundary text, a file. What comes out is one valid area in the project's coordinate
system, and a record of what was given. It knows no layer, no district and no database.

Shapes that came as numbers and are small, finite and valid are built here; anything larger, and every file, goes through the sandbox.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon

from gis import boundary_text, drawn, quarantine
from gis.crs import Crs
from gis.crs import parse as parse_crs
from gis.geometry import fault
from gis.joining import joined, told, width_of
from gis.placing import placed, resolved, whereabouts
from gis.sandbox import DRAWN, UPLOAD, Limits
from gis.shown import shown
from layers.refusal import Refused

MOST_DRAWN = 2_000  # vertices that need no sandbox
MOST_VERTICES = 100_000
SMALLEST_M2 = 1e-4  # half a square inch: below it a shape is a line


@dataclass(frozen=True, slots=True)
class Site:
    """``geometry`` is valid, in ``crs``. Lines with a width keep ``width_m`` and ``axis_length_m``; ``given`` is JSON for the record."""

    geometry: Polygon | MultiPolygon
    crs: Crs
    given: dict[str, Any]
    source_crs: Crs
    operation: str
    width_m: float | None = None
    axis_length_m: float | None = None


def parse(
    given: Any, project_crs: Crs, *, source_crs: Crs | None = None, width_m: float | None = None
) -> Site:
    """Chooses: a mapping is GeoJSON; text is a box, GeoJSON text, boundary text or the path of a file. Refused: ``site_not_understood``."""
    if isinstance(given, dict):
        return from_geojson(given, project_crs, width_m)
    if isinstance(given, Path):
        return from_file(given, project_crs, source_crs=source_crs, width_m=width_m)
    if not isinstance(given, str) or not given.strip():
        raise Refused("site_not_understood", got=type(given).__name__ if not isinstance(given, str) else "")
    text = given.strip().removeprefix("\ufeff")
    if text.startswith("{"):
        return from_geojson(drawn.read_text(text), project_crs, width_m)
    if "\n" in text or "[地块坐标]" in text:
        return from_boundary_text(text, project_crs, source_crs=source_crs, width_m=width_m)
    if text.count(",") == 3 and all(_is_number(part) for part in text.split(",")):
        return from_box(text, project_crs, width_m)
    try:
        there = Path(text).exists()
    except (OSError, ValueError):
        there = False
    if not there:
        raise Refused("site_not_understood", got=shown(text, 80))
    return from_file(Path(text), project_crs, source_crs=source_crs, width_m=width_m)


def from_box(text: str, project_crs: Crs, width_m: float | None = None) -> Site:
    """``"west,south,east,north"`` in degrees. Refused: ``box_unreadable``, ``box_order``, ``box_outside_degrees``, ``zero_area``."""
    if width_m is not None:
        raise Refused("width_without_line", width_m=width_m)
    parts = str(text).split(",")
    if len(parts) != 4 or not all(_is_number(part) for part in parts):
        raise Refused("box_unreadable", got=shown(text, 80))
    west, south, east, north = (float(part) for part in parts)
    params = {"west": west, "south": south, "east": east, "north": north}
    if max(abs(south), abs(north)) > 90 and max(abs(west), abs(east)) <= 90:
        raise Refused("box_order", **params, reason="latitude first")
    if max(abs(west), abs(east)) > 180 or max(abs(south), abs(north)) > 90:
        raise Refused("box_outside_degrees", **params)
    if west > east or south > north:
        raise Refused("box_order", **params, reason="west after east" if west > east else "south after north")
    if west == east or south == north:
        raise Refused("zero_area", area_m2=0.0)
    return _settled(
        [shapely.box(west, south, east, north)],
        parse_crs(4326),
        project_crs,
        {"box": [west, south, east, north]},
        None,
    )


def from_geojson(given: Any, project_crs: Crs, width_m: float | None = None) -> Site:
    """A parsed GeoJSON geometry, Feature or FeatureCollection, in degrees (its ``crs`` member, where there is one, is honoured)."""
    width_m = width_of(width_m)
    if not isinstance(given, dict):
        raise Refused("site_not_understood", got=type(given).__name__)
    crs, _ = resolved(drawn.stated_crs(given), True, None, "")
    found = list(drawn.geometries(given, 0))
    count = 0
    for _, numbers in found:
        count += drawn.vertices(numbers, 0, MOST_VERTICES - count, MOST_VERTICES)
    record: dict[str, Any] = (
        {"geojson": drawn.plain(found)}
        if count <= MOST_DRAWN
        else {"geojson_sha256": hashlib.sha256(drawn.written(given)).hexdigest(), "vertices": count}
    )
    if count > MOST_DRAWN:
        return _through_sandbox(
            drawn.written(
                {"type": "FeatureCollection", **drawn.crs_member(given), "features": drawn.features(found)}
            ),
            ".geojson",
            project_crs,
            None,
            width_m,
            record,
        )
    return _settled(
        [drawn.built(kind, numbers) for kind, numbers in found], crs, project_crs, record, width_m
    )


def from_boundary_text(
    text: str | bytes, project_crs: Crs, *, source_crs: Crs | None = None, width_m: float | None = None
) -> Site:
    """Pasted 国土 TXT, one plot or several; what ``gis.boundary_text`` refuses, this refuses."""
    from gis.reading.plots import built

    width_m = width_of(width_m)
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    if len(data) > boundary_text.MOST_BYTES or not boundary_text.looks_like(data):
        raise Refused("site_not_understood", got="text without [地块坐标]")
    given = boundary_text.read(data)
    count = sum(len(ring) for plot in given.plots for ring in plot.rings)
    if count > MOST_VERTICES:
        raise Refused("too_many_vertices", count=count, most=MOST_VERTICES)
    code = boundary_text.crs_code(given)
    if code is None and source_crs is None and given.says("坐标系"):
        raise Refused("local_grid", system=shown(given.says("坐标系"), 40))
    record: dict[str, Any] = {
        "boundary_text_sha256": hashlib.sha256(data).hexdigest(),
        "plots": [plot.number for plot in given.plots][:100],
    }
    if count <= MOST_DRAWN:
        record["boundary_text"] = shown(boundary_text.decoded(data)[0], len(data))
    else:
        return _through_sandbox(data, ".txt", project_crs, source_crs, width_m, record)
    crs, _ = resolved(f"EPSG:{code}" if code else None, False, source_crs, "")
    shapes, reasons = built(given.plots)
    if reasons:
        plot = given.plots[min(reasons)]
        raise Refused("site_ring_too_short", plot=plot.number, line=plot.line)
    return _settled(list(shapes), crs, project_crs, record, width_m)


def from_file(
    path: Path,
    project_crs: Crs,
    *,
    source_crs: Crs | None = None,
    width_m: float | None = None,
    limits: Limits = UPLOAD,
) -> Site:
    """Any file that intake takes, through the sandbox; all its features together are the site. One bad feature refuses it: a site is never partial."""
    from gis.readers import read

    width_m = width_of(width_m)
    reading = read(Path(path), project_crs=project_crs, source_crs=source_crs, limits=limits)
    if reading.refused:
        raise Refused(reading.refused[0].code, **reading.refused[0].params)
    for layer in reading.sources:
        for one in layer.set_aside:
            if one.code == "invalid_geometry":
                raise Refused(
                    "site_self_crossing", row=one.row, x=one.x, y=one.y, reason=one.params.get("reason", "")
                )
            raise Refused("site_bad_feature", row=one.row, why=one.code, **one.params)
    shapes = [shape for layer in reading.sources for shape in layer.geometry]
    if not shapes:
        raise Refused("site_empty")
    record = {
        "file": reading.name,
        "sha256": reading.sha256,
        "layers": [layer.layer for layer in reading.sources][:100],
    }
    first = reading.sources[0]
    return of_shapes(shapes, first.crs_in, project_crs, first.operation, record, width_m)


def _through_sandbox(
    data: bytes,
    suffix: str,
    project_crs: Crs,
    source_crs: Crs | None,
    width_m: float | None,
    record: dict[str, Any],
) -> Site:
    with quarantine.room("site") as room:
        place = room / f"site{suffix}"
        place.write_bytes(data)
        site = from_file(place, project_crs, source_crs=source_crs, width_m=width_m, limits=DRAWN)
    return Site(
        site.geometry,
        site.crs,
        record | ({"width": told(width_m)} if width_m else {}),
        site.source_crs,
        site.operation,
        site.width_m,
        site.axis_length_m,
    )


def _settled(
    shapes: Sequence[Any], crs: Crs, project_crs: Crs, record: dict[str, Any], width_m: float | None
) -> Site:
    """Shapes in the coordinates they were given in: judged there, carried over, made one."""
    if not shapes or all(shape.is_empty for shape in shapes):
        raise Refused("site_empty")
    for row, shape in enumerate(shapes):
        if not shapely.is_valid(shape):
            reason, x, y = fault(shape)
            if (
                not shape.area and not np.ptp(shapely.get_coordinates(shape), axis=0).all()
            ) or reason.startswith("Too few"):
                raise Refused("zero_area", area_m2=0.0)
            raise Refused("site_self_crossing", row=row, x=x, y=y, reason=reason)
    given = np.array(shapes, dtype=object)
    far = np.flatnonzero(whereabouts(shapely.bounds(given), np.arange(len(given)), crs, project_crs))
    carried, way = placed(given, crs, project_crs)
    if carried.lost:
        code, params = next(iter(carried.lost.values()))
        raise Refused(
            code if code != "invalid_geometry" else "site_self_crossing",
            **{"row": next(iter(carried.lost)), **params},
        )
    if len(far):
        raise Refused(
            "site_outside_project_area",
            rows=far[:20].tolist(),
            project_crs=project_crs.label,
            area=list(project_crs.area or ()),
        )
    return of_shapes(list(carried.geometry), crs, project_crs, way.operation, record, width_m)


def of_shapes(
    shapes: Sequence[Any],
    crs: Crs,
    project_crs: Crs,
    operation: str,
    record: dict[str, Any],
    width_m: float | None,
) -> Site:
    """All shapes, in the project CRS, as one area; lines and points widened when a width is given, refused when it is not."""
    vertices = int(shapely.get_num_coordinates(np.array(shapes, dtype=object)).sum())
    if vertices > MOST_VERTICES:
        raise Refused("too_many_vertices", count=vertices, most=MOST_VERTICES)
    areas = [shape for shape in shapes if shape.geom_type in ("Polygon", "MultiPolygon")]
    axes = [shape for shape in shapes if shape.geom_type in ("LineString", "MultiLineString")]
    points = [shape for shape in shapes if shape.geom_type in ("Point", "MultiPoint")]
    if (axes or points) and width_m is None:
        raise Refused("line_without_width" if axes else "point_without_width")
    if width_m is not None and not (axes or points):
        raise Refused("width_without_line", width_m=width_m)
    length = float(shapely.length(axes).sum()) if axes else None
    if axes and not length:
        raise Refused("zero_area", area_m2=0.0)
    if width_m is not None:
        record = {**record, "width": told(width_m)}
    # The unit of the project CRS need not be the metre; a width always is.
    whole = joined(areas, axes, points, (width_m or 0.0) / 2 / project_crs.unit_metre)
    parts = [part for part in shapely.get_parts(whole) if part.geom_type == "Polygon" and not part.is_empty]
    area = float(shapely.area(parts).sum()) * project_crs.unit_metre**2 if parts else 0.0
    if area < SMALLEST_M2:
        raise Refused("zero_area", area_m2=area)
    geometry = parts[0] if len(parts) == 1 else MultiPolygon(parts)
    if not shapely.is_valid(geometry):
        reason, x, y = fault(geometry)
        raise Refused("site_self_crossing", row=0, x=x, y=y, reason=reason)
    axis_m = None if length is None else length * project_crs.unit_metre
    return Site(geometry, project_crs, record, crs, operation, width_m, axis_m)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
