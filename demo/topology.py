"""TopoJSON: polygons of one coverage as arcs, each shared boundary once. It knows GeoJSON coordinates, nothing of layers."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import Any

Point = tuple[float, float]


def topojson(name: str, collection: dict[str, Any]) -> dict[str, Any]:
    """A GeoJSON feature collection of polygons as a topology without quantisation."""
    beside: dict[Point, set[Point]] = defaultdict(set)
    for feature in collection["features"]:
        for ring in _rings(feature["geometry"]):
            for a, b in pairwise(ring):
                beside[a].add(b)
                beside[b].add(a)
    arcs: dict[tuple[Point, ...], int] = {}
    geometries = []
    for feature in collection["features"]:
        parts = _parts(feature["geometry"])
        shaped = [[_arcs(ring, beside, arcs) for ring in part] for part in parts]
        whole = (
            {"type": "Polygon", "arcs": shaped[0]}
            if len(shaped) == 1
            else {"type": "MultiPolygon", "arcs": shaped}
        )
        geometries.append(whole | {"properties": feature["properties"]})
    objects = {name: {"type": "GeometryCollection", "geometries": geometries}}
    return {"type": "Topology", "objects": objects, "arcs": [[list(p) for p in arc] for arc in arcs]}


def _parts(geometry: dict[str, Any]) -> list[list[list[Point]]]:
    many = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return [[[(p[0], p[1]) for p in ring] for ring in part] for part in many]


def _rings(geometry: dict[str, Any]) -> list[list[Point]]:
    return [ring for part in _parts(geometry) for ring in part]


def _arcs(
    ring: list[Point], beside: dict[Point, set[Point]], arcs: dict[tuple[Point, ...], int]
) -> list[int]:
    """The ring as numbers of arcs, cut where boundaries meet; ~n is arc n walked backwards."""
    open_ring = ring[:-1]
    nodes = [k for k, p in enumerate(open_ring) if len(beside[p]) > 2] or [open_ring.index(min(open_ring))]
    out = []
    for start, end in zip(nodes, [*nodes[1:], nodes[0] + len(open_ring)], strict=True):
        arc = tuple(open_ring[k % len(open_ring)] for k in range(start, end + 1))
        back = arc[::-1]
        if back in arcs:
            out.append(~arcs[back])
        else:
            out.append(arcs.setdefault(arc, len(arcs)))
    return out
