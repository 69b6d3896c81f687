"""The one drawing of a site and what it hits: plain SVG with its colours in its own attributes, so that it stands in a page, in a PDF and,
made into pixels, in a Word file; it needs no map, no script and no network.

It knows how shapes are put on a sheet and how an effect is told by colour and hatching. What a sheet of a document carries beside them
(grid, north, legend) is ``api.documents.picture``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

WIDTH, HEIGHT, MARGIN = 520.0, 320.0, 28.0
METRES_PER_DEGREE = 111_320.0
ENOUGH_VERTICES = 60_000

INK = {
    "forbid": "#b3261e",
    "restrict": "#8a5a00",
    "needs_opinion": "#b07d17",
    "inform": "#2f5f8f",
    "conform": "#22703f",
    "": "#5f6f8a",
}
"""Colour of an effect; the last is that of a hit without a rule."""
SITE_INK, PAPER, TEXT = "#083c3f", "#ffffff", "#1c2829"
ORDER = ("", "conform", "inform", "needs_opinion", "restrict", "forbid")
"""What is drawn over what: the gravest lies on top."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Frame:
    """A window onto the ground: its ``middle`` there, and how many units of the sheet one unit of the ground is. Eastings are shrunk by
    ``shrink``, as degrees of longitude are. ``left``, ``top``, ``width``, ``height`` on the sheet.
    """

    middle: Point
    scale: float
    shrink: float = 1.0
    left: float = 0.0
    top: float = 0.0
    width: float = WIDTH
    height: float = HEIGHT

    def place(self, point: Point) -> Point:
        return (
            self.left + self.width / 2 + (point[0] - self.middle[0]) * self.shrink * self.scale,
            self.top + self.height / 2 - (point[1] - self.middle[1]) * self.scale,
        )


@dataclass(frozen=True, slots=True)
class Drawn:
    """A shape that is hit: GeoJSON geometry, and the gravest effect it has (``known``), or "" where no rule holds because of it."""

    geometry: Mapping[str, Any]
    effect: str


def sketch(site: Mapping[str, Any], found: Mapping[str, Any], called: str) -> Markup:
    """``site``: a GeoJSON geometry in degrees; ``found``: the FeatureCollection of its hits, drawn beneath it; ``called``: for the blind."""
    box = bounds(site)
    if box is None:
        return Markup("")
    west, south, east, north = box
    shrink = math.cos(math.radians((south + north) / 2))
    span_x, span_y = max((east - west) * shrink, 1e-6), max(north - south, 1e-6)
    scale = min((WIDTH - 2 * MARGIN) / span_x, (HEIGHT - 2 * MARGIN) / span_y)
    frame = Frame(((west + east) / 2, (south + north) / 2), scale, shrink)
    shapes = [
        Drawn(feature["geometry"], known(feature.get("properties", {}).get("effect")))
        for feature in found.get("features", [])
        if feature.get("geometry")
    ]
    return Markup(
        '<svg viewBox="0 0 {w:g} {h:g}" role="img" aria-label="{called}">{defs}{hits}{site}{bar}</svg>'
    ).format(
        called=called,
        w=WIDTH,
        h=HEIGHT,
        defs=hatches(),
        hits=hits(frame, shapes),
        site=outline(frame, site),
        bar=scale_bar(frame, METRES_PER_DEGREE, (12, HEIGHT - 12), WIDTH / 4, 12),
    )


def known(effect: str | None) -> str:
    return effect if effect in INK else ""


def hatches() -> Markup:
    """The patterns that tell an effect without its colour: dense and falling, rising, rising and broken, dotted, level."""
    lines = {
        "forbid": (6, 45, "M0 0V6", "none", 1.1),
        "restrict": (9, -45, "M0 0V9", "none", 0.7),
        "needs_opinion": (10, -45, "M0 0V10", "5 5", 0.8),
        "conform": (9, 90, "M0 0V9", "none", 0.5),
    }
    made = [
        Markup(
            '<pattern id="hatch-{effect}" width="{size}" height="{size}" patternUnits="userSpaceOnUse" patternTransform="rotate({turn})">'
            '<path d="{path}" fill="none" stroke="{ink}" stroke-width="{width}" stroke-dasharray="{dash}"/></pattern>'
        ).format(effect=effect, size=size, turn=turn, path=path, dash=dash, width=width, ink=INK[effect])
        for effect, (size, turn, path, dash, width) in lines.items()
    ]
    dots = Markup(
        '<pattern id="hatch-inform" width="7" height="7" patternUnits="userSpaceOnUse">'
        '<circle cx="2" cy="2" r="0.9" fill="{ink}"/></pattern>'
    ).format(ink=INK["inform"])
    return Markup("<defs>{}{}</defs>").format(Markup("").join(made), dots)


def hits(frame: Frame, shapes: Sequence[Drawn]) -> Markup:
    """All shapes, the gravest on top; the first ``ENOUGH_VERTICES`` of them, for more nobody could tell apart."""
    pieces: dict[str, list[Markup]] = {effect: [] for effect in ORDER}
    vertices = 0
    for shape in shapes:
        if vertices > ENOUGH_VERTICES:
            break
        path, count = path_of(shape.geometry, frame)
        vertices += count
        pieces[shape.effect].append(_hit(path, shape))
    return Markup("").join(piece for effect in ORDER for piece in pieces[effect])


def _hit(path: str, shape: Drawn) -> Markup:
    ink, area = INK[shape.effect], str(shape.geometry["type"]).endswith("Polygon")
    kind = ("hit" if area else "hit-line") + (f"-{shape.effect}" if shape.effect else "")
    if not area:
        return Markup(
            '<path class="{}" d="{}" fill="none" stroke="{}" stroke-width="2" stroke-linecap="round"/>'
        ).format(kind, path, ink)
    fill = f"url(#hatch-{shape.effect})" if shape.effect else "none"
    return Markup(
        '<path class="{}" d="{}" fill="{}" fill-rule="evenodd" stroke="{}" stroke-width="0.8"/>'
    ).format(kind, path, fill, ink)


def outline(frame: Frame, site: Mapping[str, Any]) -> Markup:
    path, _ = path_of(site, frame)
    return Markup(
        '<path d="{0}" fill="none" stroke="{1}" stroke-width="4.4" stroke-linejoin="round"/>'
        '<path class="site" d="{0}" fill="none" stroke="{2}" stroke-width="2.2" stroke-linejoin="round"/>'
    ).format(path, PAPER, SITE_INK)


def scale_bar(frame: Frame, metres: float, at: Point, most: float, size: float) -> Markup:
    """A round length, not longer than ``most`` on the sheet. ``metres``: in one unit of the ground; ``size``: of its letters."""
    length = round_below(most / frame.scale * metres)
    bar = length / metres * frame.scale
    told = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    x, y = at
    return Markup(
        '<path class="scale" d="M{x:g} {up:.1f}V{y:g}H{end:.1f}V{up:.1f}" fill="none" stroke="{ink}" stroke-width="1.4"/>'
        '<text x="{x:g}" y="{t:.1f}" font-size="{size:g}" fill="{ink}">{told}</text>'
    ).format(x=x, y=y, up=y - 4, end=x + bar, t=y - 7, size=size, told=told, ink=TEXT)


def path_of(shape: Mapping[str, Any], frame: Frame) -> tuple[str, int]:
    """The shape as the ``d`` of a path, and how many points it has."""
    pieces, count, close = [], 0, "Z" if shape["type"].endswith("Polygon") else ""
    for part in parts(shape):
        placed = [frame.place(point) for point in part]
        if len(placed) == 1:
            x, y = placed[0]
            pieces.append(f"M{x - 3:.1f} {y:.1f}h6M{x:.1f} {y - 3:.1f}v6")
        else:
            pieces.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in placed) + close)
        count += len(placed)
    return "".join(pieces), count


def bounds(shape: Mapping[str, Any]) -> tuple[float, float, float, float] | None:
    """west, south, east, north; None where there is nothing to draw."""
    corners = [point for part in parts(shape) for point in part]
    if not corners:
        return None
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return min(xs), min(ys), max(xs), max(ys)


def parts(shape: Mapping[str, Any]) -> Iterator[list[Point]]:
    if shape["type"] == "GeometryCollection":
        for inner in shape["geometries"]:
            yield from parts(inner)
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


def round_below(metres: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not longer."""
    power = 10.0 ** math.floor(math.log10(max(metres, 1e-3)))
    return max(step * power for step in (1, 2, 5) if step * power <= metres or step == 1)
