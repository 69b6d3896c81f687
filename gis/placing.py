"""From the coordinates a file carries to the coordinates of the project: which system they are in, whether they lie where that system says, and how
they are carried over. A wrong system is refused with what to do about it; it is never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gis.crs import Crs, Transformation, carries_shift, degrees_of, parse, rests_on, transformer
from gis.geometry import Rows, Shapes, carried, fault, mended
from gis.questions import asked, options
from gis.shifted import SHIFTS
from gis.shown import MOST_ROWS_NAMED, shown
from gis.unshifting import Unshifting, shift_options, shifted_from
from gis.zones import zone_of
from layers.refusal import Refused

Basis = Literal["file", "declared", "format"]
NEAR_DEGREES = 3.0  # about 300 km: a project's neighbours, no other project
_SHIFTED = re.compile(r"gcj[-_ ]?0?2|bd[-_ ]?0?9(?!\d)|mars|火星|高德|百度|amap", re.I)


@dataclass(frozen=True, slots=True)
class Placed:
    """``geometry``: in the project CRS, in step with the rows given. ``lost``: index -> why it could not be carried (its geometry is None)."""

    geometry: Shapes
    repaired: Rows
    lost: dict[int, tuple[str, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a delivery goes. ``outline``: the district in the project's plane; ``known``: local systems of the workspace."""

    project: Crs
    outline: BaseGeometry | None = None
    known: tuple[Crs, ...] = ()


def settled(
    stated: str | None,
    by_format: bool,
    declared: Crs | None,
    name: str,
    boxes: NDArray[np.float64],
    rows: Rows,
    place: Place,
) -> tuple[Crs, Basis, NDArray[np.bool_]]:
    """``resolved`` and ``whereabouts`` in one, for whoever has the numbers at hand: where the file cannot be believed the refusal carries ``options``,
    systems to answer with.
    """
    xy = _middles(boxes)
    try:
        crs, basis = resolved(stated, by_format, declared, name)
    except Refused as refusal:
        if refusal.code != "no_crs":
            raise
        raise asked(xy, place.project, place.outline, place.known) from None
    try:
        return crs, basis, whereabouts(boxes, rows, crs, place.project)
    except Refused as refusal:
        if basis != "file" and (found := options(xy, place.project, place.outline, place.known)):
            refusal.params["options"] = found
        raise


def resolved(stated: str | None, by_format: bool, declared: Crs | None, name: str) -> tuple[Crs, Basis]:
    """What the file says, then what the user declares, then what the format means. Refused: ``no_crs``, ``crs_contradicts_file``, ``crs_unknown``,
    ``coordinates_maybe_shifted`` (names that speak of GCJ-02 or BD-09, 600 m off and looking like WGS 84, unless the user declares a system).
    """
    if stated is not None:
        if _SHIFTED.search(stated[:80]):
            if declared is not None and isinstance(declared.step, Unshifting):
                return declared, "declared"
            raise _shifted("stated", stated[:80])
        found = parse(stated)
        if declared is None or found.same_as(declared):
            return found, "file"
        meant = _over(declared, found)
        if meant is None:
            raise Refused("crs_contradicts_file", file_says=found.label, declared=declared.label)
        return meant, "declared"
    if declared is not None:
        return declared, "declared"
    if _SHIFTED.search(name):
        raise _shifted("name", name)
    if by_format:
        return parse(4326), "format"
    raise Refused("no_crs")


def _over(declared: Crs, stated: Crs) -> Crs | None:
    """What a person may say although the file says something: that it is shifted, which no file says, and with which parameters a datum is left."""
    if isinstance(declared.step, Unshifting):
        on_earth = any(word in stated.datum for word in ("World Geodetic System 1984", "China 2000"))
        return shifted_from(declared.step.shift, stated) if on_earth else None
    return rests_on(declared, stated)


def answered(text: str) -> Crs:
    """A person's answer: ``wgs84`` (it is not shifted), ``gcj02``, ``bd09``, or what ``gis.crs.parse`` takes. Refused ``parameters_in_the_open`` where it
    brings the parameters of a datum along: an answer is kept and shown.
    """
    word = re.sub(r"[-_ ]", "", text.strip().lower())
    if word in SHIFTS:
        return shifted_from(word, parse(4326))
    found = parse(4326 if word == "wgs84" else text)
    if carries_shift(found):
        raise Refused("parameters_in_the_open")
    return found


def unanswerable(answers: Mapping[str, object], paths: Collection[str]) -> None:
    """Refused ``answer_without_file``: an answer to a question nobody asked is a slip of the pen."""
    for path in answers:
        if path not in paths:
            raise Refused("answer_without_file", file=shown(path, 200), known=sorted(paths)[:MOST_ROWS_NAMED])


def _shifted(because: str, text: str) -> Refused:
    found = _SHIFTED.search(text)
    word = shown(found[0]) if found else ""
    return Refused("coordinates_maybe_shifted", because=because, word=word, options=shift_options())


def placed(shapes: Shapes, source: Crs, project: Crs) -> tuple[Placed, Transformation]:
    """Validity was judged before, in the source's own CRS; what becomes invalid by projecting is repaired within bounds and named."""
    way = transformer(source, project)
    moved = carried(shapes, way) if len(shapes) else shapes
    lost: dict[int, tuple[str, dict[str, Any]]] = {}
    with np.errstate(invalid="ignore"):
        whole = np.isfinite(shapely.bounds(moved)).all(axis=1) if len(moved) else np.empty(0, dtype=bool)
    for index in np.flatnonzero(~whole).tolist():
        moved[index] = None
        lost[index] = ("outside_projection", {"project_crs": project.label})
    repaired: list[int] = []
    for index in np.flatnonzero(whole & ~shapely.is_valid(moved)).tolist():
        reason, _, _ = fault(moved[index])
        better = mended(moved[index])
        if better is None:
            lost[index] = ("invalid_geometry", {"reason": f"after projecting: {reason}"})
        else:
            repaired.append(index)
        moved[index] = better
    return Placed(moved, np.array(repaired, dtype=np.int64), lost), way


def whereabouts(boxes: NDArray[np.float64], rows: Rows, source: Crs, project: Crs) -> NDArray[np.bool_]:
    """Which single shapes are far from the project, by their boxes (n, 4); when most of them are, the system is wrong and the layer is refused:
    ``axes_swapped``, ``degrees_not_metres``, ``metres_not_degrees``, ``zone_before_easting``, ``impossible_degrees``, ``outside_project_area``.
    """
    if not len(boxes):
        return np.zeros(0, dtype=bool)
    xy = _middles(boxes)
    here = _near(xy, source, project)
    if here.mean() < 0.5:
        _wrong(xy, source, project)
    if source.geographic:
        impossible = np.flatnonzero(
            (np.abs(boxes[:, [0, 2]]) > 360).any(axis=1) | (np.abs(boxes[:, [1, 3]]) > 90 + 1e-9).any(axis=1)
        )
        if len(impossible):
            raise Refused(
                "impossible_degrees",
                rows=rows[impossible[:MOST_ROWS_NAMED]].tolist(),
                count=len(impossible),
                crs=source.label,
            )
    return ~here


def _middles(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack(((boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2))


def _near(xy: NDArray[np.float64], source: Crs, project: Crs) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        return _within(degrees_of(source)(xy), project)


def _within(degrees: NDArray[np.float64], project: Crs) -> NDArray[np.bool_]:
    west, south, east, north = project.area or (-180.0, -90.0, 180.0, 90.0)
    x, y = degrees[:, 0], degrees[:, 1]
    # On a map of one district latitudes beyond the pole are no margin.
    south, north = max(south - NEAR_DEGREES, -90.0), min(north + NEAR_DEGREES, 90.0)
    return np.asarray((x >= west - NEAR_DEGREES) & (x <= east + NEAR_DEGREES) & (y >= south) & (y <= north))


def _wrong(xy: NDArray[np.float64], source: Crs, project: Crs) -> None:
    """Most shapes lie elsewhere: find out what would bring them here, and say it."""
    params = {"crs": source.label, "project_crs": project.label}
    if _near(xy[:, ::-1], source, project).mean() >= 0.5:
        raise Refused("axes_swapped", **params)
    small = (np.abs(xy) <= 180).all(axis=1).mean() >= 0.5
    if not source.geographic and small:
        swapped = _within(xy[:, ::-1], project).mean() >= 0.5 and not _within(xy, project).mean() >= 0.5
        raise Refused("degrees_not_metres", **params, swapped=bool(swapped))
    zones = {zone_of(float(easting)) for easting in np.max(xy, axis=1)}
    if source.geographic and not small and (np.abs(xy) > 360).any(axis=1).mean() >= 0.5:
        raise Refused("metres_not_degrees", **params, zone=zones.pop() if len(zones) == 1 else None)
    zone = zones.pop() if len(zones) == 1 else None
    if (
        zone is not None
        and not source.geographic
        and _near(xy - [zone * 1e6, 0.0], source, project).mean() >= 0.5
    ):
        raise Refused("zone_before_easting", **params, zone=zone)
    lonlat = degrees_of(source)(xy)
    lonlat = lonlat[np.isfinite(lonlat).all(axis=1)]
    corner = (
        [round(float(value), 4) for value in (*lonlat.min(axis=0), *lonlat.max(axis=0))]
        if len(lonlat)
        else []
    )
    raise Refused("outside_project_area", **params, found=corner, area=list(project.area or ()))
