"""A small drawing of a site and what it hits: plain SVG, so that it prints and needs no map, no script and no network."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup

WIDTH, HEIGHT, MARGIN = 520.0, 320.0, 28.0
METRES_PER_DEGREE = 111_320.0
ENOUGH_VERTICES = 60_000

Point = tuple[float, float]


def sketch(site: Mapping[str, Any], found: Mapping[str, Any], called: str) -> Markup:
    """``site``: a GeoJSON geometry in degrees; ``found``: the FeatureCollection of its hits, drawn beneath it; ``called``: for the blind."""
    corners = [point for part in _parts(site) for point in part]
    if not corners:
        return Markup("")
    west, east = min(x for x, _ in corners), max(x for x, _ in corners)
    south, north = min(y for _, y in corners), max(y for _, y in corners)
    shrink = math.cos(math.radians((south + north) / 2))
    span_x, span_y = max((east - west) * shrink, 1e-6), max(north - south, 1e-6)
    scale = min((WIDTH - 2 * MARGIN) / span_x, (HEIGHT - 2 * MARGIN) / span_y)
    centre_x, centre_y = (west + east) / 2, (south + north) / 2

    def place(point: Point) -> Point:
        return (
            WIDTH / 2 + (point[0] - centre_x) * shrink * scale,
            HEIGHT / 2 - (point[1] - centre_y) * scale,
        )

    drawn, vertices = [], 0
    for feature in found.get("features", []):
        shape = feature.get("geometry")
        if not shape or vertices > ENOUGH_VERTICES:
            continue
        path, count = _path(shape, place)
        vertices += count
        kind = "hit" if shape["type"].endswith("Polygon") else "hit-line"
        drawn.append(Markup('<path class="{}" d="{}"/>').format(kind, path))
    outline, _ = _path(site, place)
    metres = _round((WIDTH / 4) / scale * METRES_PER_DEGREE)
    bar = metres / METRES_PER_DEGREE * scale
    label = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"
    return Markup(
        '<svg viewBox="0 0 {w:g} {h:g}" role="img" aria-label="{called}">{hits}<path class="site" d="{site}"/>'
        '<line class="scale" x1="12" x2="{end:.1f}" y1="{y:g}" y2="{y:g}"/><text x="12" y="{t:g}">{label}</text></svg>'
    ).format(
        called=called,
        w=WIDTH,
        h=HEIGHT,
        hits=Markup("").join(drawn),
        site=outline,
        end=12 + bar,
        y=HEIGHT - 12,
        t=HEIGHT - 20,
        label=label,
    )


def _path(shape: Mapping[str, Any], place: Any) -> tuple[str, int]:
    pieces, count, close = [], 0, "Z" if shape["type"].endswith("Polygon") else ""
    for part in _parts(shape):
        placed = [place(point) for point in part]
        if len(placed) == 1:
            x, y = placed[0]
            pieces.append(f"M{x - 3:.1f} {y:.1f}h6M{x:.1f} {y - 3:.1f}v6")
        else:
            pieces.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in placed) + close)
        count += len(placed)
    return "".join(pieces), count


def _parts(shape: Mapping[str, Any]) -> Iterator[list[Point]]:
    if shape["type"] == "GeometryCollection":
        for inner in shape["geometries"]:
            yield from _parts(inner)
        return
    yield from _rings(shape["coordinates"])


def _rings(coordinates: Any) -> Iterator[list[Point]]:
    if coordinates and isinstance(coordinates[0], (int, float)):
        yield [(float(coordinates[0]), float(coordinates[1]))]
    elif coordinates and isinstance(coordinates[0][0], (int, float)):
        yield [(float(x), float(y)) for x, y, *_ in coordinates]
    else:
        for inner in coordinates:
            yield from _rings(inner)


def _round(metres: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not longer."""
    power = 10 ** math.floor(math.log10(max(metres, 1e-3)))
    return max(step * power for step in (1, 2, 5) if step * power <= metres or step == 1)
