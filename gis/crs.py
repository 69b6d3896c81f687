"""Coordinate reference systems. Easting (or longitude) comes first everywhere in this house, whatever an authority says.

It knows which operation leads from one system to another, names it, and refuses to guess a datum shift that has no public parameters. It knows no
file and no geometry: only numbers in ``(n, 2)`` arrays. The same input gives the same metres everywhere.
Systems whose definition nobody may see are called by a name of the house (``gis.local``): nothing that PROJ says about them leaves this room.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from gis import proj
from gis.shown import shown
from layers.refusal import Refused

Coordinates = NDArray[np.float64]
Box = tuple[float, float, float, float]

# Longer or deeper than any real definition; the parser behind is C++ and gets nothing it could choke on.
MOST_TEXT = 20_000
DEEPEST = 16
_CODE = re.compile(
    r"(?:EPSG:{1,2}|urn:ogc:def:crs:EPSG:[0-9.]*:|https?://www\.opengis\.net/def/crs/EPSG/[0-9.]+/)?(\d{4,6})",
    re.I,
)
_CRS84 = re.compile(
    r"(?:urn:ogc:def:crs:)?OGC:(?:1\.3)?:?CRS84|CRS84|https?://www\.opengis\.net/def/crs/OGC/1\.3/CRS84", re.I
)
_WKT = re.compile(r"\s*(?:PROJ|GEO|BOUND|COMPD|COMPOUND|BASE|DERIVEDPROJ|ENG)[A-Z]*(?:CS|CRS)\s*\[", re.I)
_GRID_FILE = re.compile(r"(?:nadgrids|geoidgrids|grids)=(?!@null\b)", re.I)
# Their parameters to CGCS2000 are secret and local; PROJ would pass them through unchanged, about 100 m off, without a word.
_SECRET = re.compile(r"(?:xian|beijing|peking|new[ _]beijing)[ _]?(?:19)?(?:80|54)|new[ _]beijing", re.I)
_KNOWN = re.compile(r"World Geodetic System 1984|China 2000", re.I)


class Step(Protocol):
    """From the numbers of a system to those of the system it rests on, easting first; hashable, and silent about its own numbers."""

    @property
    def name(self) -> str: ...
    @property
    def accuracy_m(self) -> float | None: ...
    def __call__(self, xy: Coordinates) -> Coordinates: ...


@dataclass(frozen=True, slots=True)
class Crs:
    """A coordinate system. ``area`` is its area of use in degrees (west, south, east, north), ``unit_metre`` the metres in a unit (nan for degrees).

    ``wkt`` may carry transformation parameters that a user gave: it is for computing, never for logs, answers or the repository.
    ``step``: what comes before ``wkt`` holds. ``sealed``: nothing is told of it but its name.
    """

    epsg: int | None
    name: str
    wkt: str = field(repr=False)
    geographic: bool = False
    unit_metre: float = 1.0
    area: Box | None = None
    datum: str = ""
    step: Step | None = field(default=None, repr=False)
    sealed: bool = False

    @property
    def label(self) -> str:
        """``EPSG:4547``, ``local:NAME`` of a sealed system, or the name where no code is known."""
        if self.sealed or self.step is not None:
            return self.name
        return f"EPSG:{self.epsg}" if self.epsg is not None else f"{self.name} (no EPSG code)"

    def same_as(self, other: Crs) -> bool:
        """Equal in substance: the same code, or the same definition under another name; the order of axes does not count."""
        if self.epsg is not None and self.epsg == other.epsg:
            return True
        return self.step == other.step and proj.same(_of(self), _of(other))


@dataclass(frozen=True, slots=True)
class Transformation:
    """From one system to another by one named operation; calling it maps ``(n, 2)`` to ``(n, 2)``, easting first.

    ``ballpark``: PROJ knows no shift between the two datums and passes coordinates through (harmless between WGS 84 and CGCS2000, said all the same).
    """

    source: Crs
    target: Crs
    operation: str
    accuracy_m: float | None
    ballpark: bool
    _run: Callable[..., Any] | None = field(repr=False, compare=False)

    @property
    def stays(self) -> bool:
        """Whether every number stays as it is."""
        return self._run is None

    def __call__(self, xy: Coordinates) -> Coordinates:
        """Numbers outside what the projection can express come back as inf."""
        given = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
        if self._run is None or not len(given):
            return given.copy()
        x, y = self._run(given[:, 0], given[:, 1], errcheck=False)
        return np.column_stack((x, y))


def parse(given: str | int) -> Crs:
    """``4547``, ``"EPSG:4547"``, an OGC URN, ``CRS84`` or WKT. Refused: ``crs_unknown``, ``crs_not_flat``."""
    text = str(given).strip() if isinstance(given, (str, int)) and not isinstance(given, bool) else ""
    return _parse(text)


def wkt_of_json(told: str) -> str:
    """PROJJSON, as GeoParquet states its system, in WKT. Refused: ``crs_unknown``."""
    deep = max(told.count("{"), told.count("[")) > 1_000
    if len(told) > MOST_TEXT or deep or _GRID_FILE.search(told):
        raise Refused("crs_unknown", got=shown(told))
    try:
        return str(proj.definition(told).to_wkt())
    except proj.Unknown as error:
        raise Refused("crs_unknown", got=shown(told)) from error


def sealed(name: str, wkt: str) -> Crs:
    """The same for a definition that nobody may see. Refused with the name alone: ``local_system_unreadable``, ``local_system_not_flat``."""
    try:
        found = _parsed(wkt.strip())
        datum = _SECRET.search(found.datum) or _KNOWN.search(found.datum)
        return replace(found, epsg=None, name=name, datum=datum[0] if datum else "", sealed=True)
    except Refused as refusal:
        code = "local_system_not_flat" if refusal.code == "crs_not_flat" else "local_system_unreadable"
    raise Refused(
        code, name=name
    )  # not in the handler: no error that quotes the definition hangs on this one


def transformer(source: Crs, target: Crs) -> Transformation:
    """Refused: ``datum_needs_parameters`` (Xian 1980, Beijing 1954, and every other pair of datums that PROJ would pass through as if they were one)."""
    return _transformer(source, target)


def carries_shift(crs: Crs) -> bool:
    """Whether its definition says how to leave its datum."""
    return bool(_of(crs).is_bound)


def degrees_of(crs: Crs) -> Transformation:
    """To longitude and latitude on the system's own datum: no shift of datums is involved."""
    found = _of(crs)
    plain = replace(crs, wkt=str(found.source_crs.to_wkt())) if found.is_bound else crs
    return _transformer(plain, _describe(proj.geodetic(found)))


def rests_on(crs: Crs, stated: Crs) -> Crs | None:
    """``stated`` with the shift of datums that ``crs`` carries, where both stand on one datum; None where they do not, or where ``crs`` was made for
    another projection.
    """
    mine, other = _of(crs), _of(stated)
    if crs.step is not None or stated.step is not None or not mine.is_bound or other.is_bound:
        return None
    if not proj.same(proj.geodetic(mine), proj.geodetic(other)):
        return None
    if not mine.source_crs.is_geographic and not proj.same(mine.source_crs, other):
        return None
    return replace(
        crs,
        wkt=proj.bound(other, mine),
        geographic=stated.geographic,
        unit_metre=stated.unit_metre,
        area=stated.area,
    )


def _of(crs: Crs) -> Any:
    return proj.definition(f"EPSG:{crs.epsg}" if crs.epsg is not None else crs.wkt)


@lru_cache(maxsize=256)
def _parse(text: str) -> Crs:
    return _parsed(text)


def _parsed(text: str) -> Crs:
    code = _CODE.fullmatch(text)
    if code:
        wanted = f"EPSG:{int(code[1])}"
    elif _CRS84.fullmatch(text):
        wanted = "OGC:CRS84"
    elif (
        _WKT.match(text)
        and len(text) <= MOST_TEXT
        and _depth(text) <= DEEPEST
        and not _GRID_FILE.search(text)
    ):
        wanted = text
    else:
        raise Refused("crs_unknown", got=shown(text, 120))
    try:
        return _describe(proj.definition(wanted))
    except proj.Unknown:
        raise Refused("crs_unknown", got=shown(text, 120)) from None


def _describe(found: Any) -> Crs:
    plain = proj.unbound(found)
    if not (plain.is_geographic or plain.is_projected) or len(plain.axis_info) != 2:
        raise Refused("crs_not_flat", got=shown(plain.name, 120))
    epsg = None if found.is_bound else proj.code_of(plain)
    known = proj.definition(f"EPSG:{epsg}") if epsg is not None else plain
    area = known.area_of_use
    unit = float("nan") if plain.is_geographic else float(plain.axis_info[0].unit_conversion_factor)
    datum = proj.geodetic(plain).datum
    return Crs(
        epsg=epsg,
        name=str(known.name),
        wkt=str(found.to_wkt()),
        geographic=bool(plain.is_geographic),
        unit_metre=unit,
        area=(area.west, area.south, area.east, area.north) if area else None,
        datum=str(datum.name) if datum else "",
    )


def _depth(text: str) -> int:
    depth = deepest = 0
    for sign in re.findall(r"[\[\]()]", text):
        depth += 1 if sign in "[(" else -1
        deepest = max(deepest, depth)
    return deepest


@lru_cache(maxsize=256)
def _transformer(source: Crs, target: Crs) -> Transformation:
    if target.sealed or target.step is not None:
        raise Refused("crs_not_connected", source=source.label, target=target.label)
    if source.step is not None:
        plain = replace(source, step=None)
        return _in_turn(source, source.step, _transformer(plain, target), source.step.name)
    if source.same_as(target):
        return Transformation(source, target, "none: the same system", 0.0, False, None)
    found = _of(source)
    if found.is_bound:
        # By the parameters it carries to their hub, and on from there. Asked for both at once, PROJ passes coordinates through unchanged wherever
        # the hub is not the target's own datum, without a word.
        hub = _describe(found.target_crs)
        name = f"the parameters in its definition to {hub.label}"  # what PROJ calls it is what the definition calls it
        return _in_turn(source, _best(source, hub), _transformer(hub, target), name)
    for crs in (source, target):
        if _SECRET.search(crs.datum) and not _of(crs).is_bound and source.datum != target.datum:
            raise Refused("datum_needs_parameters", source=source.label, target=target.label, datum=crs.datum)
    return _told(_best(source, target))


def _in_turn(source: Crs, first: Step | Transformation, then: Transformation, name: str) -> Transformation:
    def run(x: Coordinates, y: Coordinates, errcheck: bool) -> tuple[Coordinates, Coordinates]:
        there = then(first(np.column_stack((x, y))))
        return there[:, 0], there[:, 1]

    operation = name if then.stays else f"{name} + {then.operation}"
    ballpark = then.ballpark or (isinstance(first, Transformation) and first.ballpark)
    return _told(Transformation(source, then.target, operation, first.accuracy_m, ballpark, run))


def _told(way: Transformation) -> Transformation:
    """Of a sealed system nothing is told but that it was carried."""
    if not way.source.sealed:
        return way
    return replace(way, operation=f"{way.source.label} to {way.target.label}")


def _best(source: Crs, target: Crs) -> Transformation:
    a, b = _of(source), _of(target)
    try:
        best = proj.operation(a, b)
    except proj.Unconnected:
        raise Refused("crs_not_connected", source=source.label, target=target.label) from None
    axes = (proj.geodetic(a).ellipsoid.semi_major_metre, proj.geodetic(b).ellipsoid.semi_major_metre)
    if best.ballpark and abs(axes[0] - axes[1]) > 1.0:
        raise Refused("datum_needs_parameters", source=source.label, target=target.label, datum=source.datum)
    return Transformation(source, target, best.name, best.accuracy_m, best.ballpark, best.run)
