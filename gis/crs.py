"""Coordinate reference systems: the only door to pyproj. Easting (or longitude) comes first everywhere in this house, whatever an authority says.

It knows which operation leads from one system to another, names it, and refuses to guess a datum shift that has no public parameters. It knows no
file and no geometry: only numbers in ``(n, 2)`` arrays. The network of PROJ stays off: the same input gives the same metres everywhere.
Systems whose definition nobody may see are called by a name of the house (``gis.local``): nothing that PROJ says about them leaves this room.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Protocol

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


class Step(Protocol):
    """From the numbers of a system to those of the system it rests on, easting first; hashable, and silent about its own numbers."""

    name: str
    accuracy_m: float | None

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
        if self.step != other.step:
            return False
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


def transformer(source: Crs, target: Crs) -> Transformation:
    """Refused: ``datum_needs_parameters`` (Xian 1980, Beijing 1954, and every other pair of datums that PROJ would pass through as if they were one)."""
    return _transformer(source, target)


def degrees_of(crs: Crs) -> Transformation:
    """To longitude and latitude on the system's own datum: no shift of datums is involved."""
    plain = _unbound(crs)
    return _transformer(plain, _describe(_geodetic(_of(plain))))


def rests_on(crs: Crs, stated: Crs) -> Crs | None:
    """``stated`` with the shift of datums that ``crs`` carries, where both stand on the same datum; None where they do not."""
    mine, other = _of(crs), _of(stated)
    if crs.step is not None or stated.step is not None or not mine.is_bound or other.is_bound:
        return None
    if _substance(_geodetic(mine)) != _substance(_geodetic(other)):
        return None
    if _substance(mine.source_crs) != _substance(other) and not mine.source_crs.is_geographic:
        return None  # made for one projection and no other
    from pyproj.crs import BoundCRS

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wkt = str(BoundCRS(other, mine.target_crs, mine.coordinate_operation).to_wkt())
    return replace(crs, wkt=wkt, geographic=stated.geographic, unit_metre=stated.unit_metre, area=stated.area)


def _unbound(crs: Crs) -> Crs:
    found = _of(crs)
    return replace(crs, wkt=str(found.source_crs.to_wkt())) if found.is_bound else crs


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


def sealed(name: str, wkt: str) -> Crs:
    """The same as ``parse`` for a definition that nobody may see; Refused ``local_system_unreadable``, whatever is wrong with it."""
    try:
        found = _parse.__wrapped__(wkt)
        datum = found.datum if any(word in found.datum.lower() for word in _SECRET) else ""
        return replace(found, epsg=None, name=name, datum=datum or "", sealed=True)
    except Refused as refusal:
        code = "local_system_not_flat" if refusal.code == "crs_not_flat" else "local_system_unreadable"
    raise Refused(code, name=name)  # outside of the handler: no error that quotes the definition hangs on this one


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
    shift = found.coordinate_operation if found.is_bound else None
    if found.is_projected:
        method = (found.source_crs if found.is_bound else found).coordinate_operation
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
        shift and (_plain(found.target_crs.name), [round(p.value, 9) for p in shift.params]),
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
    if target.sealed or target.step is not None:
        raise Refused("crs_not_connected", source=source.label, target=target.label)
    if source.step is not None:
        return _stepping(source, target)
    if source.same_as(target):
        return Transformation(source, target, "none: the same system", 0.0, False, None)
    if _of(source).is_bound:
        return _shifting(source, target)
    for crs in (source, target):
        secret = any(word in crs.datum.lower() for word in _SECRET) and not _of(crs).is_bound
        if secret and source.datum != target.datum:
            raise Refused(
                "datum_needs_parameters", source=source.label, target=target.label, datum=crs.datum
            )
    return _told(_best(source, target))


def _stepping(source: Crs, target: Crs) -> Transformation:
    step = source.step
    assert step is not None
    rest = _transformer(replace(source, step=None), target)
    operation = step.name if rest.stays else f"{step.name} + {rest.operation}"
    return _told(
        Transformation(
            source, target, operation, step.accuracy_m, rest.ballpark, lambda x, y, errcheck: tuple(rest(step(np.column_stack((x, y)))).T)
        )
    )


def _shifting(source: Crs, target: Crs) -> Transformation:
    """By the parameters a definition carries to their hub, then on. Asked for both at once, PROJ passes coordinates through unchanged wherever
    the hub is not the target's own datum, without a word.
    """
    hub = _describe(_of(source).target_crs)
    first, then = _best(source, hub), _transformer(hub, target)
    operation = first.operation if then.stays else f"{first.operation} + {then.operation}"

    def run(x: Any, y: Any, errcheck: bool) -> Any:
        return tuple(then(first(np.column_stack((x, y)))).T)

    return _told(Transformation(source, target, operation, None, first.ballpark or then.ballpark, run))


def _told(way: Transformation) -> Transformation:
    """Of a sealed system nothing is told but that it was carried."""
    if not way.source.sealed:
        return way
    return replace(way, operation=f"{way.source.label} to {way.target.label}")


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
    if ballpark and abs(axes[0] - axes[1]) > 1.0:
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
