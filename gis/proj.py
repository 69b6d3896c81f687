"""The only door to pyproj, for ``gis.crs`` alone: definitions are looked up, compared and connected here. The network of PROJ stays off.

What PROJ says of a definition may quote its parameters, so none of its errors leaves this room: ``Unknown`` and ``Unconnected`` carry nothing.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple


class Unknown(Exception):
    """No definition that PROJ can read."""


class Unconnected(Exception):
    """PROJ knows no way between two systems."""


class Operation(NamedTuple):
    """``name``: its steps, joined by +. ``ballpark``: coordinates pass through where a shift of datums should be. ``run``: x, y to x, y."""

    name: str
    accuracy_m: float | None
    ballpark: bool
    run: Callable[..., Any]


@lru_cache(maxsize=256)
def definition(text: str) -> Any:
    """pyproj's CRS, flat where it can be made flat: without heights, of a compound system its map."""
    import pyproj
    from pyproj import network

    network.set_network_enabled(active=False)  # type: ignore[attr-defined]  # pyproj forgets to export it
    found = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pyproj warns about what PROJ strings lose; we keep WKT
            found = pyproj.CRS.from_user_input(text)
            found = found.to_2d() if found.is_geographic and len(found.axis_info) == 3 else found
            if found.is_compound:
                found = found.sub_crs_list[0]
    except pyproj.exceptions.CRSError:
        found = None
    if found is None:
        raise Unknown
    return found


def unbound(found: Any) -> Any:
    return found.source_crs if found.is_bound else found


def geodetic(found: Any) -> Any:
    return unbound(found).geodetic_crs


def bound(source: Any, by: Any) -> str:
    """WKT of ``source`` with the shift of datums that ``by`` carries."""
    from pyproj.crs import BoundCRS

    return str(BoundCRS(source, by.target_crs, by.coordinate_operation).to_wkt())


def code_of(found: Any) -> int | None:
    """PROJ's guess at the code, believed only where ellipsoid, datum and every parameter agree: names alone have fooled it."""
    if found.name == "WGS 84 (CRS84)":
        return 4326  # the same system; only the order of axes differs, and ours is always easting first
    for guess in found.list_authority(auth_name="EPSG", min_confidence=20):
        if substance(definition(f"EPSG:{guess.code}")) == substance(found):
            return int(guess.code)
    return None


def same(one: Any, other: Any) -> bool:
    """The same definition under another name; the order of axes does not count."""
    return bool(one.is_exact_same(other)) or substance(one) == substance(other)


def substance(found: Any) -> tuple[Any, ...]:
    """What makes two systems give the same coordinates: datum, ellipsoid, meridian, projection and its numbers, units, and the shift it carries;
    not names, not axis order.
    """
    map_, base = unbound(found), geodetic(found)
    ellipsoid, meridian = base.ellipsoid, base.prime_meridian
    numbers: tuple[Any, ...] = ()
    if map_.is_projected:
        method = map_.coordinate_operation
        numbers = (
            _plain(method.method_name),
            *_numbers(method),
            round(map_.axis_info[0].unit_conversion_factor, 12),
        )
    return (
        (_plain(found.target_crs.name), *_numbers(found.coordinate_operation)) if found.is_bound else (),
        _plain(base.datum.name if base.datum else "").removesuffix("ensemble"),
        round(ellipsoid.semi_major_metre, 3) if ellipsoid else None,
        round(ellipsoid.inverse_flattening, 6) if ellipsoid else None,
        round(meridian.longitude, 9) if meridian else None,
        round(base.axis_info[0].unit_conversion_factor, 12) if base.axis_info else None,
        numbers,
    )


def _numbers(method: Any) -> list[tuple[str, float]]:
    return sorted(
        (_plain(p.name), round(p.value * (p.unit_conversion_factor or 1.0), 12)) for p in method.params
    )


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def operation(source: Any, target: Any) -> Operation:
    """The best there is without grids, which are not shipped; raises Unconnected."""
    from pyproj import Transformer
    from pyproj.exceptions import ProjError
    from pyproj.transformer import TransformerGroup

    candidates: list[Any] = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "best transformation not available": the one used is recorded
            candidates = TransformerGroup(source, target, always_xy=True).transformers
    except (ProjError, IndexError):  # pyproj fails by index where there is no operation at all
        candidates = []
    if not candidates:
        raise Unconnected
    best = candidates[0]
    steps = [step for step in best.description.split(" + ") if not step.startswith("axis order change")]
    return Operation(
        " + ".join(steps) or "none: the same system",
        best.accuracy if best.accuracy >= 0 else None,
        any(step.has_ballpark_transformation for step in best.operations or ())
        or "ballpark" in best.description.lower(),
        # Made anew from its definition: a transformer taken out of a group must not be shared between threads, one made from a pipeline may.
        Transformer.from_pipeline(best.definition).transform,
    )
