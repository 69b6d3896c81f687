"""Coordinate reference systems: the only door to pyproj. Easting (or longitude) comes first everywhere in this house, whatever an authority says.

It knows which operation leads from one system to another, names it, and refuses to guess a datum shift that has no public parameters. It knows no
file and no geometry: only numbers in ``(n, 2)`` arrays. The network of PROJ stays off: the same input gives the same metres everywhere.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
_WKT = re.compile(r"\s*(?:PROJ|GEO|BOUND|COMPD|COMPOUND|BASE)[A-Z]*(?:CS|CRS)\s*\[", re.I)
_GRID_FILE = re.compile(r"(?:nadgrids|geoidgrids|grids)=(?!@null\b)", re.I)
# Their parameters to CGCS2000 are secret and local; PROJ would pass them through unchanged, about 100 m off, without a word.
_SECRET = ("xian 1980", "xian_1980", "beijing 1954", "beijing_1954", "new beijing", "new_beijing")


@dataclass(frozen=True, slots=True)
class Crs:
    """A coordinate system. ``area`` is its area of use in degrees (west, south, east, north), ``unit_metre`` the metres in a unit (nan for degrees).

    ``wkt`` may carry transformation parameters that a user gave: it is for computing, never for logs, answers or the repository.
    """

    epsg: int | None
    name: str
    wkt: str = field(repr=False)
    geographic: bool = False
    unit_metre: float = 1.0
    area: Box | None = None
    datum: str = ""

    @property
    def label(self) -> str:
        """``EPSG:4547``, or the name where no code is known."""
        return f"EPSG:{self.epsg}" if self.epsg is not None else f"{self.name} (no EPSG code)"

    def same_as(self, other: Crs) -> bool:
        """Equal in substance: the same code, or the same definition under another name; the order of axes does not count."""
        if self.epsg is not None and self.epsg == other.epsg:
            return True
        return bool(_of(self).is_exact_same(_of(other))) or _substance(_of(self)) == _substance(_of(other))


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


def transformer(source: Crs, target: Crs) -> Transformation:
    """Refused: ``datum_needs_parameters`` (Xian 1980, Beijing 1954, and every other pair of datums that PROJ would pass through as if they were one)."""
    return _transformer(source, target)


def zone_of(easting: float) -> int | None:
    """The zone before an 8-digit easting: 13-23 count 6 degrees, 25-45 count 3. It tells the zone, never the datum."""
    zone = int(easting // 1_000_000)
    return zone if 13 <= zone <= 23 or 25 <= zone <= 45 else None


def gauss_kruger(system: str, degrees: int, zone: int, prefixed: bool) -> int:
    """The EPSG code of a Chinese Gauss-Kruger zone; ``system`` is cgcs2000, xian80 or beijing54. Refused: ``zone_unknown``.

    Codes run in order of zone: with the zone before the easting (prefixed), or by central meridian with a plain easting.
    """
    first = {
        ("cgcs2000", 3): (4513, 4534), ("cgcs2000", 6): (4491, 4502),
        ("xian80", 3): (2349, 2370), ("xian80", 6): (2327, 2338),
        ("beijing54", 3): (2401, 2422), ("beijing54", 6): (21413, 21453),
    }.get((system, degrees))  # fmt: skip
    lowest, highest = (25, 45) if degrees == 3 else (13, 23)
    if first is None or not lowest <= zone <= highest:
        raise Refused("zone_unknown", system=system, degrees=degrees, zone=zone)
    return first[0 if prefixed else 1] + zone - lowest


def degrees_of(crs: Crs) -> Transformation:
    """To longitude and latitude on the system's own datum: no shift is involved."""
    return _transformer(crs, _describe(_geodetic(_of(crs))))


def _of(crs: Crs) -> Any:
    return _pyproj(f"EPSG:{crs.epsg}" if crs.epsg is not None else crs.wkt)


@lru_cache(maxsize=256)
def _pyproj(text: str) -> Any:
    import pyproj
    from pyproj import network

    network.set_network_enabled(active=False)  # type: ignore[attr-defined]  # pyproj forgets to export it
    return pyproj.CRS.from_user_input(text)


@lru_cache(maxsize=256)
def _parse(text: str) -> Crs:
    from pyproj.exceptions import CRSError

    seen = shown(text, 120)
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
        raise Refused("crs_unknown", got=seen)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pyproj warns about what PROJ strings lose; we keep WKT
            found = _pyproj(wanted)
            found = found.to_2d() if found.is_geographic and len(found.axis_info) == 3 else found
            if found.is_compound:
                found = found.sub_crs_list[0]
            return _describe(found)
    except CRSError as error:
        raise Refused("crs_unknown", got=seen) from error


def _describe(found: Any) -> Crs:
    plain = found.source_crs if found.is_bound else found
    if not (plain.is_geographic or plain.is_projected) or len(plain.axis_info) != 2:
        raise Refused("crs_not_flat", got=shown(plain.name, 120))
    epsg = None if found.is_bound else _identify(plain)
    known = _pyproj(f"EPSG:{epsg}") if epsg is not None else plain
    area = known.area_of_use
    unit = float("nan") if plain.is_geographic else float(plain.axis_info[0].unit_conversion_factor)
    return Crs(
        epsg=epsg,
        name=str(known.name),
        wkt=str(found.to_wkt()),
        geographic=bool(plain.is_geographic),
        unit_metre=unit,
        area=(area.west, area.south, area.east, area.north) if area else None,
        datum=str(_geodetic(plain).datum.name) if _geodetic(plain).datum else "",
    )


def _identify(found: Any) -> int | None:
    """PROJ's guess at the code, believed only where ellipsoid, datum and every parameter agree: names alone have fooled it."""
    if found.name == "WGS 84 (CRS84)":
        return 4326  # the same system; only the order of axes differs, and ours is always easting first
    for guess in found.list_authority(auth_name="EPSG", min_confidence=20):
        if _substance(_pyproj(f"EPSG:{guess.code}")) == _substance(found):
            return int(guess.code)
    return None


def _substance(found: Any) -> tuple[Any, ...]:
    """What makes two systems give the same coordinates: datum, ellipsoid, meridian, projection and its numbers, units; not names, not axis order."""
    base = _geodetic(found)
    ellipsoid, meridian = base.ellipsoid, base.prime_meridian
    numbers: tuple[Any, ...] = ()
    if found.is_projected:
        method = found.coordinate_operation
        numbers = (
            _plain(method.method_name),
            tuple(
                sorted(
                    (_plain(p.name), round(p.value * (p.unit_conversion_factor or 1.0), 9))
                    for p in method.params
                )
            ),
            round(found.axis_info[0].unit_conversion_factor, 12),
        )
    return (
        bool(found.is_bound),
        _plain(base.datum.name if base.datum else "").removesuffix("ensemble"),
        round(ellipsoid.semi_major_metre, 3) if ellipsoid else None,
        round(ellipsoid.inverse_flattening, 6) if ellipsoid else None,
        round(meridian.longitude, 9) if meridian else None,
        round(base.axis_info[0].unit_conversion_factor, 12) if base.axis_info else None,
        numbers,
    )


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _geodetic(found: Any) -> Any:
    plain = found.source_crs if found.is_bound else found
    return plain.geodetic_crs


def _depth(text: str) -> int:
    depth = deepest = 0
    for sign in re.findall(r"[\[\]()]", text):
        depth += 1 if sign in "[(" else -1
        deepest = max(deepest, depth)
    return deepest


@lru_cache(maxsize=256)
def _transformer(source: Crs, target: Crs) -> Transformation:
    if source.same_as(target):
        return Transformation(source, target, "none: the same system", 0.0, False, None)
    given = {
        crs: any(word in crs.datum.lower() for word in _SECRET) and not _of(crs).is_bound
        for crs in (source, target)
    }
    if any(given.values()) and source.datum != target.datum:
        raise Refused(
            "datum_needs_parameters",
            source=source.label,
            target=target.label,
            datum=source.datum if given[source] else target.datum,
        )
    return _best(source, target)


def _best(source: Crs, target: Crs) -> Transformation:
    from pyproj import Transformer
    from pyproj.exceptions import ProjError
    from pyproj.transformer import TransformerGroup

    a, b = _of(source), _of(target)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # "best transformation not available": grids are not shipped; the operation used is recorded instead
            candidates = TransformerGroup(a, b, always_xy=True).transformers
    except (ProjError, IndexError) as error:  # pyproj fails by index where there is no operation at all
        raise Refused("crs_not_connected", source=source.label, target=target.label) from error
    if not candidates:
        raise Refused("crs_not_connected", source=source.label, target=target.label)
    best = candidates[0]
    ballpark = (
        any(step.has_ballpark_transformation for step in best.operations or ())
        or "ballpark" in best.description.lower()
    )
    axes = (_geodetic(a).ellipsoid.semi_major_metre, _geodetic(b).ellipsoid.semi_major_metre)
    if ballpark and not (a.is_bound or b.is_bound) and abs(axes[0] - axes[1]) > 1.0:
        raise Refused("datum_needs_parameters", source=source.label, target=target.label, datum=source.datum)
    steps = [step for step in best.description.split(" + ") if not step.startswith("axis order change")]
    # Made anew from its definition: a transformer taken out of a group must not be shared between threads, one made from a pipeline may.
    run = Transformer.from_pipeline(best.definition)
    return Transformation(
        source,
        target,
        " + ".join(steps) or "none: the same system",
        best.accuracy if best.accuracy >= 0 else None,
        ballpark,
        run.transform,
    )
