"""Boundary text as a layer: a plot is a feature; holes and parts are told by containment; the area the file claims is compared, never used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from gis import boundary_text
from gis.boundary_text import Plot
from gis.geometry import Shapes, assembled
from gis.reading.found import Batch, FoundLayer
from gis.shown import MOST_ROWS_NAMED
from layers.canonical import canonical

# The format writes hectares with four decimals; what differs by more than that and a thousandth is worth a look.
_ROUNDING_HA, _SHARE = 1e-4, 1e-3


def read(path: Path, stem: str, scratch: Path, progress: Callable[[float], None]) -> Iterator[FoundLayer]:
    text = boundary_text.read(path.read_bytes())
    shapes, reasons = built(text.plots)
    code = boundary_text.crs_code(text)
    degrees = all(
        abs(value) <= 180 for plot in text.plots for ring in plot.rings for point in ring for value in point
    )
    notes: list[tuple[str, dict[str, Any]]] = []
    if text.swapped:
        notes.append(("columns_swapped", {}))
    notes += [] if degrees else _areas(text.plots, shapes)
    counted = [
        plot.number
        for plot in text.plots
        if plot.declared_points not in (None, _points(plot), _points(plot) + len(plot.rings))
    ]
    if counted:
        notes.append(
            ("declared_points_differ", {"plots": ", ".join(counted[:MOST_ROWS_NAMED]), "count": len(counted)})
        )
    fields = [(name, "text") for name in ("number", "name", "rest")] + [
        ("declared_ha", "float"),
        ("declared_points", "int"),
    ]
    rows = Batch(shapes, [None] * len(shapes), [_attributes(plot) for plot in text.plots], reasons)
    yield FoundLayer(
        stem,
        f"EPSG:{code}" if code else None,
        False,
        text.encoding,
        fields,
        [rows],
        unshaped="invalid_geometry",
        notes=notes,
    )


def built(plots: tuple[Plot, ...]) -> tuple[Shapes, dict[int, str]]:
    """A shape per plot (None where its rings make none, with the reason)."""
    shapes = np.empty(len(plots), dtype=object)
    reasons: dict[int, str] = {}
    for row, plot in enumerate(plots):
        try:
            shapes[row] = _shape(plot)
        except (ValueError, shapely.GEOSException):
            reasons[row] = "rings or lines of too few points"
    return shapes, reasons


def _shape(plot: Plot) -> Any:
    rings = [ring for ring in plot.rings if ring]
    if not rings:
        return shapely.Polygon()
    if plot.kind == "polygon":
        return assembled(rings)
    if plot.kind == "line":
        lines = [shapely.LineString(ring) for ring in rings]
        return lines[0] if len(lines) == 1 else shapely.MultiLineString(lines)
    points = [shapely.Point(point) for ring in rings for point in ring]
    return points[0] if len(points) == 1 else shapely.MultiPoint(points)


def _points(plot: Plot) -> int:
    return sum(map(len, plot.rings))


def _areas(plots: tuple[Plot, ...], shapes: Shapes) -> list[tuple[str, dict[str, Any]]]:
    computed = shapely.area(shapes) / 10_000
    differ = [
        (plot, float(ha))
        for plot, ha in zip(plots, computed.tolist(), strict=True)
        if plot.declared_ha is not None
        and plot.kind == "polygon"
        and abs(plot.declared_ha - ha) > _ROUNDING_HA + _SHARE * abs(ha)
    ]
    if not differ:
        return []
    plot, ha = differ[0]
    return [
        (
            "area_differs",
            {
                "count": len(differ),
                "plot": plot.number,
                "declared_ha": plot.declared_ha,
                "computed_ha": round(ha, 4),
            },
        )
    ]


def _attributes(plot: Plot) -> str:
    told = {
        "number": plot.number, "name": plot.name, "rest": list(plot.rest),
        "declared_ha": plot.declared_ha, "declared_points": plot.declared_points,
    }  # fmt: skip
    return canonical(
        {key: value.replace("\x00", "") if isinstance(value, str) else value for key, value in told.items()}
    )
