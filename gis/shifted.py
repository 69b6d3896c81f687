"""GCJ-02 and BD-09: what web maps of the country do to coordinates, and how it is noticed. Such files look like WGS 84 and lie
some 500 m (GCJ-02) or 1,100 m (BD-09) off.

Whether a file is shifted cannot be told from its numbers. It can be told beside something that stands where it should: the district's own outline, and
features that are in force under the same identifier. This room compares and never decides: a suspicion becomes a question to a person.
Pure: plane coordinates and degrees come in with the two ways between them; no file, no CRS library, no database.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray

Coordinates = NDArray[np.float64]
Way = Callable[[Coordinates], Coordinates]
Shift = Literal["gcj02", "bd09"]
SHIFTS: tuple[Shift, ...] = ("gcj02", "bd09")
NAMES = {"gcj02": "GCJ-02", "bd09": "BD-09"}

WEST, SOUTH, EAST, NORTH = 72.004, 0.8293, 137.8347, 55.8271  # where anything is shifted
CLOSE_M = 25.0  # lines that are one line, copied twice
NEAR_M = 100.0  # lines that are one line, surveyed twice
APART_M = 150.0  # where the shift is smaller than this it could be any other fault
MOST_POINTS = 200_000  # vertices looked at per layer
_AXIS, _ECCENTRICITY = 6378245.0, 0.00669342162296594323  # Krassowsky, as the shift is defined on it
_ARCS = 64


@dataclass(frozen=True, slots=True)
class Suspicion:
    """``because``: ``standing`` (features in force), ``boundary`` (the layer draws the district's outline) or ``containment`` (it keeps within it).
    ``share`` of what was compared that fits when shifted back, ``before`` as it came; ``east_m``, ``north_m``: how far it lies off.
    """

    shift: Shift
    because: Literal["standing", "boundary", "containment"]
    east_m: float
    north_m: float
    share: float
    before: float
    compared: int

    def told(self) -> dict[str, Any]:
        """Parameters of the refusal."""
        return {
            "shift": self.shift,
            "shift_name": NAMES[self.shift],
            "because": self.because,
            "offset_m": round(math.hypot(self.east_m, self.north_m)),
            "east_m": round(self.east_m),
            "north_m": round(self.north_m),
            "share": round(self.share, 3),
            "before": round(self.before, 3),
            "compared": self.compared,
        }


def shifted(lonlat: Coordinates, shift: Shift) -> Coordinates:
    """From WGS 84 to the shifted system, (n, 2) degrees. Outside the country nothing is shifted."""
    given = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
    lon, lat = given[:, 0], given[:, 1]
    inside = (lon >= WEST) & (lon <= EAST) & (lat >= SOUTH) & (lat <= NORTH)
    there = np.where(inside[:, None], _gcj02(given), given)
    if shift == "bd09":
        there = np.where(inside[:, None], _bd09(there), given)
    return there


def unshifted(lonlat: Coordinates, shift: Shift) -> Coordinates:
    """Back to WGS 84, to a millimetre of the formula; how well a map followed the formula is another matter (about 1 m)."""
    given = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
    found = given.copy()
    for _ in range(12):  # the shift changes by less than a hundredth of itself over its own length
        step = given - shifted(found, shift)
        found += np.where(np.isfinite(step), step, 0.0)
    return found


def _gcj02(lonlat: Coordinates) -> Coordinates:
    lon, lat = lonlat[:, 0], lonlat[:, 1]
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    waves = 20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (waves + 20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (waves + 20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    phi = np.radians(lat)
    flat = 1.0 - _ECCENTRICITY * np.sin(phi) ** 2
    meridian = _AXIS * (1.0 - _ECCENTRICITY) / (flat * np.sqrt(flat))
    parallel = _AXIS / np.sqrt(flat) * np.cos(phi)
    return np.column_stack((lon + np.degrees(east / parallel), lat + np.degrees(north / meridian)))


def _bd09(lonlat: Coordinates) -> Coordinates:
    x, y = lonlat[:, 0], lonlat[:, 1]
    turn = np.pi * 3000.0 / 180.0
    far = np.hypot(x, y) + 0.00002 * np.sin(y * turn)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * turn)
    return np.column_stack((far * np.cos(angle) + 0.0065, far * np.sin(angle) + 0.006))


class Watch:
    """What one layer looks like beside what stands; it sees the layer piece by piece and keeps only counts.

    ``outline``: the district in the project's plane (None where nobody delivered it); ``standing``: identifier -> place in the plane of features in
    force of the same layer; ``to_degrees`` and ``from_degrees``: between the plane and WGS 84.
    """

    def __init__(
        self,
        outline: Any | None,
        standing: Mapping[str, tuple[float, float]],
        to_degrees: Way,
        from_degrees: Way,
    ) -> None:
        def moved(xy: Coordinates, shift: Shift) -> Coordinates:
            return from_degrees(shifted(to_degrees(xy), shift))

        self._moved = moved
        self._standing = standing
        self._met: list[tuple[float, float, float, float]] = []
        self._outlines: dict[str, Any] = {}
        if outline is None or outline.is_empty:
            return
        line = outline.boundary
        every = max(line.length / 1500, CLOSE_M)
        marks = np.concatenate([_marks(part, every) for part in shapely.get_parts(line)])
        self._arc = np.arange(len(marks)) * _ARCS // len(marks)
        self._marks: dict[str, Coordinates] = {"none": marks} | {
            shift: moved(marks, shift) for shift in SHIFTS
        }
        self._hit = {
            reach: {name: np.zeros(len(marks), dtype=bool) for name in self._marks}
            for reach in (CLOSE_M, NEAR_M)
        }
        for name in self._marks:
            there = (
                outline if name == "none" else shapely.transform(outline, lambda xy, to=name: moved(xy, to))
            )
            self._outlines[name] = there.buffer(2 * CLOSE_M)
            shapely.prepare(self._outlines[name])
        self._near = shapely.STRtree(shapely.points(marks))
        self._outside = dict.fromkeys(self._marks, 0)
        self._arcs: set[int] = set()
        self._points = 0

    def see(self, shapes: NDArray[np.object_]) -> None:
        """One piece of the layer in the plane, beside the outline."""
        if not self._outlines or not len(shapes):
            return
        lines = np.where(shapely.get_dimensions(shapes) == 2, shapely.boundary(shapes), shapes)
        tree = shapely.STRtree(lines)
        for reach, hits in self._hit.items():
            for name, marks in self._marks.items():
                waiting = np.flatnonzero(~hits[name])
                found = tree.query(shapely.points(marks[waiting]), predicate="dwithin", distance=reach)[0]
                hits[name][waiting[np.unique(found)]] = True
        room = MOST_POINTS - self._points
        if room > 0:
            xy = shapely.get_coordinates(shapes)
            xy = xy[:: max(1, math.ceil(len(xy) / max(room // 4, 1_000)))]
            self._points += len(xy)
            self._contain(xy)

    def meet(self, shapes: NDArray[np.object_], idents: Sequence[str | None]) -> None:
        """Features beside those that stand under the same identifiers; a few hundred are enough."""
        box = shapely.bounds(shapes)
        for index, ident in enumerate(idents):
            there = self._standing.get(ident) if ident else None
            if there is not None and len(self._met) < 2_000:
                x, y = (box[index, 0] + box[index, 2]) / 2, (box[index, 1] + box[index, 3]) / 2
                self._met.append((x, y, *there))

    def suspicion(self) -> Suspicion | None:
        """None where nothing speaks for a shift, or the layer lies on what stands."""
        told, found = self._beside_standing()
        if told or not self._outlines:
            return found
        return self._along_boundary() or self._within()

    def _contain(self, xy: Coordinates) -> None:
        for name, outline in self._outlines.items():
            out = ~shapely.contains_xy(outline, xy[:, 0], xy[:, 1])
            self._outside[name] += int(out.sum())
            if name == "none" and out.any():
                nearest = self._near.nearest(shapely.points(xy[out][:5_000]))
                self._arcs.update(self._arc[nearest].tolist())

    def _beside_standing(self) -> tuple[bool, Suspicion | None]:
        """Whether features in force settle the matter, and what they say."""
        if len(self._met) < 3:
            return False, None
        met = np.array(self._met)
        came, stands = met[:, :2], met[:, 2:]
        fits: dict[str, float] = {"none": _close(came, stands)}
        for shift in SHIFTS:
            fits[shift] = _close(came, self._moved(stands, shift))
        best = max(fits, key=lambda name: fits[name])
        if fits[best] < 0.5:
            return False, None  # the features themselves changed
        if best == "none":
            return True, None
        return True, self._told(best, "standing", came - stands, fits[best], fits["none"], len(met))

    def _along_boundary(self) -> Suspicion | None:
        """A good part of the outline is drawn in the layer where a shift would put it, and nowhere else. A layer so dense that it meets every line
        says nothing.
        """
        for hits in self._hit.values():
            share = {name: float(hit.mean()) for name, hit in hits.items()}
            best = max(SHIFTS, key=lambda shift: share[shift])
            others = max(value for name, value in share.items() if name != best)
            if share[best] >= 0.3 and share[best] >= 2 * others:
                return self._at_marks(best, "boundary", share[best], share["none"], len(self._marks["none"]))
        return None

    def _within(self) -> Suspicion | None:
        """All of it keeps within the outline once shifted back, and crosses it in many places as it came."""
        out = {name: count / max(self._points, 1) for name, count in self._outside.items()}
        best = min(SHIFTS, key=lambda shift: out[shift])
        many = self._outside["none"] >= 20 and out["none"] >= 0.003 and len(self._arcs) >= _ARCS // 8
        if not many or out[best] > out["none"] / 10:
            return None
        return self._at_marks(best, "containment", 1 - out[best], 1 - out["none"], self._points)

    def _at_marks(
        self, shift: Shift, because: Any, share: float, before: float, compared: int
    ) -> Suspicion | None:
        away = self._marks[shift] - self._marks["none"]
        return self._told(shift, because, away, share, before, compared)

    def _told(
        self, shift: Any, because: Any, away: Coordinates, share: float, before: float, compared: int
    ) -> Suspicion | None:
        east, north = np.median(away, axis=0).tolist()
        if math.hypot(east, north) < APART_M:
            return None
        return Suspicion(shift, because, east, north, share, before, compared)


def noticed(
    pieces: Iterable[tuple[NDArray[np.object_], Sequence[str | None]]],
    outline: Any | None,
    standing: Mapping[str, tuple[float, float]],
    to_degrees: Way,
    from_degrees: Way,
) -> Suspicion | None:
    """A whole layer, piece by piece: shapes in the project's plane and their identifiers."""
    watch = Watch(outline, standing, to_degrees, from_degrees)
    for shapes, idents in pieces:
        watch.meet(shapes, idents)
        watch.see(shapes)
    return watch.suspicion()


def _close(came: Coordinates, there: Coordinates) -> float:
    return float((np.hypot(*(came - there).T) <= 2 * CLOSE_M).mean())


def _marks(part: Any, every: float) -> Coordinates:
    places = shapely.line_interpolate_point(part, np.arange(0, part.length, every))
    return np.asarray(shapely.get_coordinates(places), dtype=np.float64)
