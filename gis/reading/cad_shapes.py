"""Entities of a drawing as shapes, in the drawing's own units. What closes is an area; curves keep within a tolerance of what was drawn.

An entity that cannot be made a shape is a ValueError that says why; one that is none (a dimension, a picture) is None. ``NOT_TAKEN``: shapes in space.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.geometry import assembled
from gis.reading import arcs

Points = NDArray[np.float64]
MOST_VERTICES = 1_000_000  # of one entity
MOST_FIT_POINTS = 2_000
NOT_TAKEN = {
    "3DFACE", "MESH", "POLYFACE MESH", "POLYGON MESH", "REGION", "BODY", "3DSOLID", "SURFACE", "EXTRUDEDSURFACE", "LOFTEDSURFACE",
    "REVOLVEDSURFACE", "SWEPTSURFACE", "NURBSURFACE", "PLANESURFACE", "RAY", "XLINE", "ACAD_PROXY_ENTITY", "HELIX",
}  # fmt: skip
_TEXTBOX = 8  # a hatch's hole around its own label


def shape(entity: Any, tolerance: float) -> Any | None:
    make = _MAKERS.get(name(entity))
    return make(entity, tolerance) if make else None


def name(entity: Any) -> str:
    kind = str(entity.dxftype())
    if kind == "POLYLINE":
        if entity.is_poly_face_mesh:
            return "POLYFACE MESH"
        if entity.is_polygon_mesh:
            return "POLYGON MESH"
    return kind


def said(entity: Any, key: str, otherwise: Any = None) -> Any:
    """A property by its name, also where entities of this kind have none of that name."""
    return entity.dxf.get(key, otherwise) if entity.dxf.is_supported(key) else otherwise


def level(entity: Any) -> float | None:
    """The height the whole entity lies at, where it lies at one that is not zero."""
    if entity.dxftype() == "POLYLINE" and not entity.is_2d_polyline:
        return None
    for key in ("elevation", "insert", "location", "center"):
        value = said(entity, key)
        if value is not None:
            z = value if isinstance(value, int | float) else value[2]
            return float(z) if z and math.isfinite(z) else None
    return None


def _point(entity: Any, _: float) -> Any:
    return shapely.Point(_xy(entity.dxf.location))


def _text(entity: Any, _: float) -> Any:
    place = entity.dxf.insert
    return shapely.Point(_xy(place if entity.dxftype() == "MTEXT" else entity.ocs().to_wcs(place)))


def _line(entity: Any, _: float) -> Any:
    return _path(_heights((entity.dxf.start, entity.dxf.end)), closed=False)


def _lwpolyline(entity: Any, tolerance: float) -> Any:
    if len(entity) > MOST_VERTICES:
        raise ValueError(f"a polyline of {len(entity)} vertices")
    given = [(float(x), float(y), float(bulge)) for x, y, bulge in entity.get_points("xyb")]
    return _path(_out(entity, arcs.bulged(given, entity.closed, tolerance)), entity.closed)


def _polyline(entity: Any, tolerance: float) -> Any:
    vertices = [one for one in entity.vertices if not one.dxf.flags & 16]  # the frame of a spline is no line
    if len(vertices) > MOST_VERTICES:
        raise ValueError(f"a polyline of {len(vertices)} vertices")
    if entity.is_3d_polyline:
        return _path(_heights(one.dxf.location for one in vertices), entity.is_closed)
    given = [
        (float(one.dxf.location.x), float(one.dxf.location.y), float(one.dxf.get("bulge", 0.0)))
        for one in vertices
    ]
    return _path(_out(entity, arcs.bulged(given, entity.is_closed, tolerance)), entity.is_closed)


def _arc(entity: Any, tolerance: float) -> Any:
    dxf = entity.dxf
    start, end = math.radians(dxf.start_angle), math.radians(dxf.end_angle)
    sweep = (end - start) % math.tau or math.tau
    return _path(
        _out(entity, arcs.arc(_xy(dxf.center), abs(dxf.radius), start, sweep, tolerance)), closed=False
    )


def _circle(entity: Any, tolerance: float) -> Any:
    found = arcs.arc(_xy(entity.dxf.center), abs(entity.dxf.radius), 0.0, math.tau, tolerance)
    return _path(_out(entity, found[:-1]), closed=True)


def _ellipse(entity: Any, tolerance: float) -> Any:
    dxf = entity.dxf
    minor = entity.minor_axis
    sweep = (dxf.end_param - dxf.start_param) % math.tau
    whole = sweep < 1e-9 or sweep > math.tau - 1e-9
    found = arcs.ellipse(
        _xy(dxf.center),
        _xy(dxf.major_axis),
        _xy(minor),
        dxf.start_param,
        math.tau if whole else sweep,
        tolerance,
    )
    return _path(found[:-1] if whole else found, closed=whole)


def _spline(entity: Any, tolerance: float) -> Any:
    if entity.control_point_count():
        controls = np.array([_xy(one) for one in entity.control_points], dtype=float)
        found = arcs.spline(controls, list(entity.knots), list(entity.weights), entity.dxf.degree, tolerance)
    else:
        if entity.fit_point_count() > MOST_FIT_POINTS:
            raise ValueError(f"a spline through {entity.fit_point_count()} points")
        made = entity.construction_tool()
        controls = np.array([_xy(one) for one in made.control_points], dtype=float)
        found = arcs.spline(controls, made.knots(), made.weights(), made.degree, tolerance)
    return _path(found, entity.closed)


def _solid(entity: Any, _: float) -> Any:
    corners = np.array([_xy(one) for one in entity.wcs_vertices()], dtype=float)
    return _path(corners, closed=True)


def _hatch(entity: Any, tolerance: float) -> Any:
    rings = []
    for path in entity.paths:
        if path.path_type_flags & _TEXTBOX:
            continue
        points = _boundary(path, tolerance)
        if len(points) >= 3:
            rings.append([(float(x), float(y)) for x, y in _out(entity, points)[:, :2]])
    if not rings:
        raise ValueError("a hatch without a boundary")
    return assembled(rings)


def _boundary(path: Any, tolerance: float) -> Points:
    if hasattr(path, "vertices"):
        given = [(float(x), float(y), float(bulge)) for x, y, bulge in path.vertices]
        return _open(arcs.bulged(given, True, tolerance))
    pieces: list[Points] = []
    for edge in path.edges:
        points = _edge(edge, tolerance)
        if pieces and len(points) > 1:
            end = pieces[-1][-1]
            if np.hypot(*(points[-1] - end)) < np.hypot(*(points[0] - end)):
                points = points[::-1]
            elif len(pieces) == 1 and np.hypot(*(points[0] - pieces[0][0])) < np.hypot(*(points[0] - end)):
                pieces[0] = pieces[0][::-1]
        pieces.append(points)
    if not pieces:
        return np.empty((0, 2))
    whole = np.concatenate(pieces)
    if len(whole) > MOST_VERTICES:
        raise ValueError(f"a hatch of {len(whole)} vertices")
    return _open(whole)


def _edge(edge: Any, tolerance: float) -> Points:
    kind = edge.EDGE_TYPE
    if kind == "LineEdge":
        return np.array([_xy(edge.start), _xy(edge.end)], dtype=float)
    if kind == "ArcEdge":
        start, sweep = math.radians(edge.start_angle), math.radians(edge.end_angle - edge.start_angle)
        sweep = sweep % math.tau or math.tau
        found = arcs.arc(_xy(edge.center), abs(edge.radius), start, sweep, tolerance)
        return found if edge.ccw else found[::-1]
    if kind == "EllipseEdge":
        made = edge.construction_tool()
        sweep = (made.end_param - made.start_param) % math.tau or math.tau
        found = arcs.ellipse(
            _xy(made.center), _xy(made.major_axis), _xy(made.minor_axis), made.start_param, sweep, tolerance
        )
        return found if edge.ccw else found[::-1]
    controls = np.array([_xy(one) for one in edge.control_points], dtype=float)
    return arcs.spline(controls, edge.knot_values, edge.weights, edge.degree, tolerance)


def _path(points: Points, closed: bool) -> Any:
    """A line, or an area where it closes: by its flag, or by coming back to its first point."""
    if not len(points):
        raise ValueError("no vertices")
    back = len(points) > 3 and bool((points[0] == points[-1]).all())
    ring = _open(points)
    if (closed or back) and len(np.unique(ring[:, :2], axis=0)) >= 3:
        return shapely.Polygon(ring)
    if len(points) == 1:
        raise ValueError("a line of one point")
    return shapely.LineString(points)


def _open(points: Points) -> Points:
    while len(points) > 1 and bool((points[0] == points[-1]).all()):
        points = points[:-1]
    return points


def _out(entity: Any, points: Points) -> Points:
    """From the plane an entity is drawn in to the drawing's: most lie in it, mirrored ones do not."""
    ocs = entity.ocs()
    if not ocs.transform or not len(points):
        return points
    level_ = said(entity, "elevation", 0.0) or 0.0
    height = float(level_ if isinstance(level_, int | float) else level_[2])
    ux, uy, uz = (np.array(tuple(axis)) for axis in (ocs.ux, ocs.uy, ocs.uz))
    return np.asarray(np.outer(points[:, 0], ux) + np.outer(points[:, 1], uy) + height * uz)[:, :2]


def _heights(given: Iterable[Any]) -> Points:
    """With heights where they differ from zero."""
    points = np.array([(one[0], one[1], one[2]) for one in given], dtype=float).reshape(-1, 3)
    return points if points[:, 2].any() else points[:, :2]


def _xy(given: Sequence[float]) -> tuple[float, float]:
    return float(given[0]), float(given[1])


_MAKERS: dict[str, Callable[[Any, float], Any]] = {
    "POINT": _point, "LINE": _line, "LWPOLYLINE": _lwpolyline, "POLYLINE": _polyline, "ARC": _arc, "CIRCLE": _circle, "ELLIPSE": _ellipse,
    "SPLINE": _spline, "SOLID": _solid, "TRACE": _solid, "HATCH": _hatch, "MPOLYGON": _hatch, "TEXT": _text, "MTEXT": _text, "ATTRIB": _text,
}  # fmt: skip
