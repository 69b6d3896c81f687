"""Zones of the national grids: what an easting tells of its zone, and which code a zone has. Pure numbers."""

from __future__ import annotations

from layers.refusal import Refused


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
