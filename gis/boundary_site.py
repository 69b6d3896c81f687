"""A site as boundary text (国土 TXT), as land offices hand plots to one another: in the project's own plane, the header filled, north-west corner first,
clockwise. Only for systems that the format has words for.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from gis.boundary_dialect import Dialect, write
from gis.boundary_text import BoundaryText, Plot, Point
from gis.zones import gauss_kruger
from layers.refusal import Refused

PRECISION_M = 0.001
System = Literal["cgcs2000", "xian80", "beijing54"]
_NAMES: dict[System, str] = {
    "cgcs2000": "2000国家大地坐标系",
    "xian80": "1980西安坐标系",
    "beijing54": "1954北京坐标系",
}
_ZONES = {3: range(25, 46), 6: range(13, 24)}
_BY_CODE: dict[int, tuple[System, int, int]] = {
    gauss_kruger(system, degrees, zone, prefixed): (system, degrees, zone)
    for system in _NAMES
    for degrees, zones in _ZONES.items()
    for zone in zones
    for prefixed in (False, True)
}


def text(given: Mapping[str, Any], crs: str, number: str, name: str = "") -> bytes:
    """``given``: areas as GeoJSON in ``crs`` ("EPSG:4547"), metres. Refused: ``boundary_text_other_system``."""
    code = re.fullmatch(r"EPSG:([0-9]{4,6})", crs)
    known = _BY_CODE.get(int(code[1])) if code else None
    if known is None:
        raise Refused("boundary_text_other_system", crs=crs)
    system, degrees, zone = known
    site = shape(given)
    header = (
        ("坐标系", _NAMES[system]), ("几度分带", str(degrees)), ("投影类型", "高斯克吕格"), ("计量单位", "米"), ("带号", str(zone)),
        ("精度", str(PRECISION_M)), ("转换参数", ",,,,,,"),
    )  # fmt: skip
    rings = tuple(ring for part in shapely.get_parts(site) for ring in _rings(part))
    labels = itertools.count(1)
    plot = Plot(
        number=number,
        name=name,
        kind="polygon",
        rings=rings,
        declared_ha=round(float(shapely.area(site)) / 10_000, 4),
        rest=("", "", ""),
        labels=tuple(tuple(f"J{next(labels)}" for _ in ring) for ring in rings),
    )
    return write(BoundaryText(header, (plot,)), Dialect())


def _rings(part: BaseGeometry) -> list[tuple[Point, ...]]:
    turned = shapely.orient_polygons(part, exterior_cw=True)
    found = [_ring(shapely.get_coordinates(ring)) for ring in (turned.exterior, *turned.interiors)]
    return [ring for ring in found if len(ring) >= 3]


def _ring(points: NDArray[np.float64]) -> tuple[Point, ...]:
    """To the millimetre, without points that have become one, from the north-western one on."""
    rounded = np.round(points[:-1], 3)
    rounded = rounded[(rounded != np.roll(rounded, 1, axis=0)).any(axis=1)]
    if not len(rounded):
        return ()
    first = int(np.argmin(rounded[:, 0] - rounded[:, 1]))
    return tuple((float(x), float(y)) for x, y in np.roll(rounded, -first, axis=0))
