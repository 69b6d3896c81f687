"""Curves as points: arcs, bulges, ellipses and splines, so close that no chord is farther from its curve than a tolerance. Pure numbers, two dimensions.

A curve that would take too many points, or is none, is a ValueError that says so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
MOST_POINTS = 200_000
MOST_CONTROLS = 50_000
HIGHEST_DEGREE = 12
_FINEST = 4_096  # chords in one span of a spline


def arc(centre: tuple[float, float], radius: float, start: float, sweep: float, tolerance: float) -> Points:
    """From ``start`` through ``sweep`` (radians, negative is clockwise), both ends included."""
    return ellipse(centre, (radius, 0.0), (0.0, radius), start, sweep, tolerance)


def ellipse(
    centre: tuple[float, float],
    major: tuple[float, float],
    minor: tuple[float, float],
    start: float,
    sweep: float,
    tolerance: float,
) -> Points:
    """``centre + major cos t + minor sin t``: the image of a circle, so that the longer axis bounds the chords."""
    longest = max(math.hypot(*major), math.hypot(*minor))
    if not (math.isfinite(longest) and math.isfinite(start) and math.isfinite(sweep) and longest > 0):
        raise ValueError("an arc without a radius")
    step = 4 * math.asin(math.sqrt(min(tolerance / (2 * longest), 0.1)))
    count = max(1, math.ceil(abs(sweep) / step))
    if count > MOST_POINTS:
        raise ValueError(f"an arc of {count} points")
    angles = start + sweep * np.linspace(0.0, 1.0, count + 1)
    return np.asarray(
        np.array(centre)
        + np.outer(np.cos(angles), np.array(major))
        + np.outer(np.sin(angles), np.array(minor))
    )


def bulged(points: Sequence[tuple[float, float, float]], closed: bool, tolerance: float) -> Points:
    """Vertices with the bulge of the segment that follows: the tangent of a quarter of its angle, negative is clockwise."""
    if not points:
        return np.empty((0, 2))
    pieces: list[Points] = []
    total = 0
    for at, (x, y, bulge) in enumerate(points):
        last = at + 1 == len(points)
        if not bulge or (last and not closed):
            pieces.append(np.array([[x, y]]))
            continue
        there = points[0] if last else points[at + 1]
        pieces.append(_segment((x, y), (there[0], there[1]), bulge, tolerance)[:-1])
        total += len(pieces[-1])
        if total > MOST_POINTS:
            raise ValueError("arcs of too many points")
    return np.concatenate(pieces)


def _segment(one: tuple[float, float], other: tuple[float, float], bulge: float, tolerance: float) -> Points:
    sweep = 4 * math.atan(bulge)
    dx, dy = other[0] - one[0], other[1] - one[1]
    chord = math.hypot(dx, dy)
    if not math.isfinite(bulge) or not math.isfinite(chord):
        raise ValueError("a bulge that is no number")
    if (
        chord == 0 or abs(bulge) * chord / 2 <= tolerance
    ):  # half the chord times the bulge is how far it bulges
        return np.array([one, other], dtype=float)
    away = (1 - bulge * bulge) / (4 * bulge)  # of the centre from the chord, in chords
    centre = ((one[0] + other[0]) / 2 - dy * away, (one[1] + other[1]) / 2 + dx * away)
    radius = chord * (1 + bulge * bulge) / (4 * abs(bulge))
    start = math.atan2(one[1] - centre[1], one[0] - centre[0])
    found = arc(centre, radius, start, sweep, tolerance)
    found[0], found[-1] = one, other
    return found


def spline(
    controls: Points, knots: Sequence[float], weights: Sequence[float], degree: int, tolerance: float
) -> Points:
    """A B-spline, rational where there are weights, by halving each span until its chords are close enough."""
    count = len(controls)
    given = np.asarray(knots, dtype=float)
    if count > MOST_CONTROLS or not 1 <= degree <= HIGHEST_DEGREE or degree >= count:
        raise ValueError(f"a spline of degree {degree} with {count} control points")
    if len(given) != count + degree + 1 or not np.isfinite(given).all() or (np.diff(given) < 0).any():
        raise ValueError(f"a spline of {count} control points with {len(given)} knots")
    heavy = np.ones(count) if not len(weights) else np.asarray(weights, dtype=float)
    if (
        len(heavy) != count
        or not (np.isfinite(heavy).all() and (heavy > 0).all())
        or not np.isfinite(controls).all()
    ):
        raise ValueError("a spline with weights or points that are no numbers")
    lifted = np.column_stack((controls * heavy[:, None], heavy))
    pieces: list[Points] = []
    total = 0
    for span in range(degree, count):
        if given[span + 1] > given[span]:
            pieces.append(_span(lifted, given, degree, span, tolerance)[0 if not pieces else 1 :])
            total += len(pieces[-1])
            if total > MOST_POINTS:
                raise ValueError("a spline of too many points")
    if not pieces:
        raise ValueError("a spline whose knots are all one")
    return np.concatenate(pieces)


def _span(lifted: Points, knots: Points, degree: int, span: int, tolerance: float) -> Points:
    chords = 1 if degree == 1 else 4
    while True:
        fine = _at(lifted, knots, degree, span, np.linspace(knots[span], knots[span + 1], 2 * chords + 1))
        coarse, between = fine[::2], fine[1::2]
        off = _off(coarse[:-1], coarse[1:], between)
        if off <= tolerance / 2 or chords >= _FINEST:
            if off > tolerance:
                raise ValueError("a spline of too many points")
            return coarse
        chords *= 2


def _off(starts: Points, ends: Points, points: Points) -> float:
    """How far the farthest point is from its chord."""
    along = ends - starts
    length = np.einsum("ij,ij->i", along, along)
    share = np.einsum("ij,ij->i", points - starts, along) / np.where(length > 0, length, 1.0)
    foot = starts + along * np.clip(share, 0.0, 1.0)[:, None]
    return float(np.hypot(*(points - foot).T).max())


def _at(lifted: Points, knots: Points, degree: int, span: int, where: Points) -> Points:
    """De Boor's scheme for many parameters of one span."""
    work = [
        np.repeat(lifted[span - degree + index][None, :], len(where), axis=0) for index in range(degree + 1)
    ]
    for level in range(1, degree + 1):
        for index in range(degree, level - 1, -1):
            low, high = knots[index + span - degree], knots[index + 1 + span - level]
            share = ((where - low) / (high - low))[:, None]
            work[index] = (1 - share) * work[index - 1] + share * work[index]
    found = work[degree]
    return np.asarray(found[:, :2] / found[:, 2:3])
