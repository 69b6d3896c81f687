"""What to ask where a file states no coordinate system: which systems its numbers could be in, each tried on the ground before it is offered.

Magnitudes tell a zone or that they are degrees; where the numbers fall tells which candidates are possible. Neither tells a datum, and nothing here is
ever taken without a person's answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis.crs import Coordinates, Crs, degrees_of, parse
from gis.shown import shown
from gis.zones import gauss_kruger, zone_of
from layers.refusal import Refused

MOST_POINTS = 20_000
MOST_OPTIONS = 8
MARGIN_DEGREES = 0.05  # a layer of a district may reach a little beyond it, whatever the district's size
_DEGREES, _WEB_MERCATOR = (4490, 4326), 3857


def asked(
    xy: Coordinates, project: Crs, outline: BaseGeometry | None = None, known: Sequence[Crs] = ()
) -> Refused:
    """The refusal that asks: ``crs_question`` with ``options``, or why there is nothing to ask: ``axes_swapped``, ``zones_mixed``, ``no_crs``.

    ``xy`` (n, 2): a point of each feature, easting first; ``outline``: the district in the project's plane; ``known``: local systems of the workspace.
    """
    xy = _sample(xy)
    zones = sorted({zone_of(east) or 0 for east in xy[:, 0].tolist()})
    if len(zones) > 1 and 0 not in zones and len(zones) < 6:
        return Refused("zones_mixed", zones=zones)
    found = options(xy, project, outline, known)
    if found:
        return Refused(
            "crs_question", options=found, crs=[each["crs"] for each in found], project_crs=project.label
        )
    if options(xy[:, ::-1], project, outline):
        return Refused("axes_swapped", crs="—", project_crs=project.label)
    return Refused("no_crs")


def options(
    xy: Coordinates, project: Crs, outline: BaseGeometry | None = None, known: Sequence[Crs] = ()
) -> list[dict[str, Any]]:
    """``crs``, ``label``, ``because``, ``centre_degrees`` and ``inside``, the share of features inside the district (None where nobody
    delivered one): the likeliest first.
    """
    xy = _sample(xy)
    if not len(xy):
        return []
    ground = _Ground(project, outline)
    found: list[tuple[float, int, dict[str, Any]]] = []
    offered: list[Crs] = []
    for crs, because in (*_candidates(xy, project), *((one, "local_system") for one in known)):
        with np.errstate(invalid="ignore", over="ignore"):
            lonlat = degrees_of(crs)(xy)
            lonlat = lonlat[np.isfinite(lonlat).all(axis=1)]
        if len(lonlat) < len(xy) / 2 or ground.near(lonlat) < 0.5:
            continue
        if any(crs.label == other.label or crs.same_as(other) for other in offered):
            continue  # a zone of three degrees and one of six share a meridian: one system under two codes
        offered.append(crs)
        inside = ground.inside(lonlat)
        option = {
            "crs": crs.label,
            "label": shown(crs.name),
            "because": because,
            "centre_degrees": [round(float(each), 5) for each in np.median(lonlat, axis=0)],
            "inside": round(inside, 3) if ground.delivered else None,
        }
        found.append((-round(inside, 2), len(found), option))
    return [option for _, _, option in sorted(found, key=lambda each: each[:2])][:MOST_OPTIONS]


def _sample(xy: Coordinates) -> Coordinates:
    given = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    return given[:: max(1, len(given) // MOST_POINTS)]


def _candidates(xy: Coordinates, project: Crs) -> Iterator[tuple[Crs, str]]:
    """In the order in which they are likely; the rest is decided on the ground."""
    east, north = np.median(xy, axis=0).tolist()
    if abs(east) <= 360 and abs(north) <= 90:
        yield from ((parse(code), "degrees") for code in _of_degrees(project))
        return
    zone = zone_of(east)
    if zone is not None:
        degrees = 3 if zone >= 25 else 6
        yield parse(gauss_kruger("cgcs2000", degrees, zone, True)), "zone_in_easting"
    else:
        yield project, "project"
        if _is_of_china(project):
            for degrees, first, last in ((3, 25, 45), (6, 13, 23)):
                for number in range(first, last + 1):
                    yield parse(gauss_kruger("cgcs2000", degrees, number, False)), "plain_easting"
        yield from ((parse(code), "utm") for code in _utm(project))
    yield parse(_WEB_MERCATOR), "web_mercator"


def _of_degrees(project: Crs) -> tuple[int, ...]:
    if _is_of_china(project):
        return _DEGREES
    own = degrees_of(project).target.epsg
    return (4326,) if own is None or own == 4326 else (own, 4326)


def _is_of_china(project: Crs) -> bool:
    return "China 2000" in project.datum


def _utm(project: Crs) -> tuple[int, ...]:
    """The zones of UTM that the project's area meets, three at most."""
    if project.area is None:
        return ()
    west, south, east, _ = project.area
    first = 32600 if south >= 0 else 32700
    zones = range(int((west + 180) // 6) + 1, int((east + 180) // 6) + 2)
    return tuple(first + zone for zone in zones if 1 <= zone <= 60)[:3]


class _Ground:
    """The district in degrees, or the area of the project's system where nobody delivered one."""

    def __init__(self, project: Crs, outline: BaseGeometry | None) -> None:
        self.delivered = outline is not None and not outline.is_empty
        if outline is None or outline.is_empty:
            self.outline = shapely.box(*(project.area or (-180.0, -90.0, 180.0, 90.0)))
        else:
            self.outline = shapely.transform(outline, degrees_of(project))
        west, south, east, north = self.outline.bounds
        # Half its own size around it: a neighbour's plans may come along, another city's do not.
        across, along = max((east - west) / 2, MARGIN_DEGREES), max((north - south) / 2, MARGIN_DEGREES)
        self.around = (west - across, south - along, east + across, north + along)
        if not self.delivered:
            self.around = self.outline.bounds
        shapely.prepare(self.outline)

    def near(self, lonlat: Coordinates) -> float:
        west, south, east, north = self.around
        x, y = lonlat[:, 0], lonlat[:, 1]
        return float(((x >= west) & (x <= east) & (y >= south) & (y <= north)).mean())

    def inside(self, lonlat: Coordinates) -> float:
        return float(shapely.intersects_xy(self.outline, lonlat[:, 0], lonlat[:, 1]).mean())
