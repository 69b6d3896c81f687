"""Into which classes the values under a site fall: edges that people would choose, and the share of the site in each class. Pure.

A class holds what lies above its lower edge and not above its upper one, so that the shares above an edge add up to the share above that
level; the first class holds its lower edge too. It knows no raster and no site, only numbers.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

SLOPE_CLASSES = (0.0, 2.0, 6.0, 15.0, 25.0, 35.0, 45.0, 60.0, 90.0)
"""Degrees. Up to 25 the five classes of slope in China's land surveys (to 2, 6, 15, 25 and above; memory), the last of them divided further."""

MOST_CLASSES = 12
FINEST = 0.001  # figures are told to a thousandth
AT_ONCE = 4_000_000  # values classed at a time


def histogram(
    values: NDArray[np.float64], whole: int, unit: str | None = None, above: float | None = None
) -> list[dict[str, Any]]:
    """``from``, ``to`` in the unit of ``values`` and ``share`` of the ``whole`` (cells) for each class, the lowest first. ``values`` stem from
    float32 and are compared as such. ``above``: a level that must be an edge, for what lies above it says something.
    """
    if not values.size:
        return []
    least, most = float(values.min()), float(values.max())
    if least == most:
        only = round(least, 3)
        return [{"from": only, "to": only, "share": round(values.size / whole, 6)}]
    edges = _edges(least, most, unit)
    if above is not None and edges[0] <= above < edges[-1]:
        edges = _with(edges, above, least)
    counts = np.zeros(len(edges) - 1, dtype=np.int64)
    bounds = np.array(edges, dtype=np.float32).astype(np.float64)
    for start in range(0, values.size, AT_ONCE):
        found = np.searchsorted(bounds, values[start : start + AT_ONCE], side="left")
        counts += np.bincount(np.maximum(found - 1, 0), minlength=counts.size)
    last = int(np.flatnonzero(counts)[-1]) + 1  # no empty classes beyond the highest value
    return [
        {"from": low, "to": high, "share": round(int(count) / whole, 6)}
        for low, high, count in zip(edges[:last], edges[1:], counts, strict=False)
    ]


def _edges(least: float, most: float, unit: str | None) -> list[float]:
    if unit == "degree" and least >= SLOPE_CLASSES[0] and most <= SLOPE_CLASSES[-1]:
        return list(SLOPE_CLASSES)
    step, digits = _step(least, most)
    return [
        round(place * step, digits) + 0.0
        for place in range(math.floor(least / step), math.ceil(most / step) + 1)
    ]


def _step(least: float, most: float) -> tuple[float, int]:
    """The finest round step that makes at most ``MOST_CLASSES`` classes, and to how many digits its multiples are written."""
    power = math.floor(math.log10(max((most - least) / MOST_CLASSES, FINEST)))
    for exponent in (power, power + 1):
        for mantissa in (1.0, 2.0, 2.5, 5.0):
            step = max(mantissa * 10.0**exponent, FINEST)
            if math.ceil(most / step) - math.floor(least / step) <= MOST_CLASSES:
                return step, max(0, 1 - exponent)
    return 10.0 ** (power + 2), max(0, -power)


def _with(edges: list[float], above: float, least: float) -> list[float]:
    """``above`` as an edge. Where it is the lowest one, what lies just at it (ground that is dry) has a class of its own."""
    if above == edges[0]:
        return [above, *edges] if least <= above else edges
    return edges if above in edges else sorted([*edges, above])
