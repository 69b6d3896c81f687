"""The answer key: what an import of the delivery must report, what a check of each test site must answer, and what every rule says there.

Computed by GEOS on the generated geometry (`demo.measuring`, `demo.judging`), never by the product. README of the JSON's shape: `READ_ME`
below.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import shapely

from demo import files, rasters, rule_key
from demo.delivery import Delivered
from demo.discord import discord
from demo.ground import Ground
from demo.measuring import Answer, Index, cells_in
from demo.sites import CONTROL_LINES, DEMO_SITE, Site
from layers.codes import ClassSystem

READ_ME = {
    "layers": "per layer: file, features read, kept, set aside by reason with rows (0-based); total and per class in m2 (polygons), m (lines) or pieces (points); overlap_m2: sum of areas less their union",
    "sites": "per site and layer: state, hits as [row, ident, class code, amount], share by union, covered_share (null: nobody says where the layer speaks)",
    "exact": "false where the file's format rounds (degrees): compare with 0.001 m times the perimeter, elsewhere with 1e-6 relative",
    "rasters": "cells whose centre lies in the site; saying: those above the stanza's threshold",
    "rules": "day: on which the rules hold that are judged; pairs of site and rule judged, and left out for standing too near a limit to tell",
    "rule_sites": "sites chosen to show a rule, [rule, state, effect] under shows; told as below, without layers",
    "proposal, rules, left_out, verdict": "per site: what is proposed there; per rule that concerns it [state, effect where it holds or the gravest it could have, measured amount where it holds, in m2, m, %, pieces or as the figure]; rules left out with their gravest effect; null where these could decide it",
    "conflicts": "patches on which the statutory plan says another use than the master plan, as seeded; slivers: what moved vertices leave between them",
}


def compute(
    g: Ground,
    delivered: list[Delivered],
    images: list[rasters.Delivered],
    index: dict[str, Index],
    sites: list[Site],
    systems: Mapping[str, ClassSystem],
) -> dict[str, Any]:
    indexes = [index[one.layer.code] for one in delivered]
    judged, on_rules = rule_key.compute(g, index, images, systems, sites)
    return {
        "read_me": READ_ME,
        "seed": g.seed,
        "size": g.size.name,
        "srid": 4547,
        "outline": _geojson(g.outline),
        "demo_site": DEMO_SITE,
        "control_lines": list(CONTROL_LINES),
        "layers": {
            one.layer.code: layer_entry(one, index) for one, index in zip(delivered, indexes, strict=True)
        }
        | {image.layer.code: raster_entry(image) for image in images},
        "sites": [
            _site(site, delivered, indexes, images) | told for site, told in zip(sites, judged, strict=True)
        ],
        **on_rules,
        **_plans(g, delivered),
    }


def layer_entry(one: Delivered, index: Index, streamed: bool = False) -> dict[str, Any]:
    """streamed: the file is one of those of a great district, and nobody asks how its features overlap."""
    measure = {"polygon": shapely.area, "line": shapely.length, "point": lambda shapes: np.ones(len(shapes))}[
        one.layer.kind
    ]
    amounts = measure(index.shapes)
    by_class: dict[str, float] = {}
    if one.class_codes is not None:
        known, where = np.unique(one.class_codes[index.rows].astype(str), return_inverse=True)
        by_class = dict(zip(known.tolist(), np.bincount(where, amounts).tolist(), strict=True))
    aside: dict[str, list[int]] = {}
    for fault in one.set_aside:
        aside.setdefault(fault.code, []).append(fault.row)
    overlap = 0.0
    if one.layer.kind == "polygon" and not streamed and not shapely.coverage_is_valid(index.shapes):
        overlap = max(0.0, float(amounts.sum() - shapely.union_all(index.shapes).area))
    return {
        "file": files.package_name(one.layer) if streamed else files.file_name(one.layer),
        "format": "geopackage" if streamed else files.format_of(one.layer),
        "exact": streamed or files.format_of(one.layer) not in ("geojson", "topojson"),
        "kind": one.layer.kind,
        "read": len(one.shapes),
        "kept": len(index.rows),
        "set_aside": aside,
        "total": float(amounts.sum()),
        "classes": by_class,
        "overlap_m2": None if streamed else round(overlap, 4),
        "self_overlap": None if streamed else overlap > 0.01,
        "coverage": one.layer.coverage,
        "coverage_m2": None if index.speaks is None else float(index.speaks.area),
    }


def raster_entry(image: rasters.Delivered) -> dict[str, Any]:
    values = image.cells[image.cells != rasters.NODATA].astype(np.float64)
    return {
        "file": f"{files.stem(image.layer)}.tif",
        "format": "geotiff",
        "kind": "raster",
        "cells": int(image.cells.size),
        "with_value": len(values),
        "mean": float(values.mean()),
        "min": float(values.min()),
        "max": float(values.max()),
        "cell_m": image.cell,
        "coverage": image.layer.coverage,
    }


def _site(
    site: Site, delivered: list[Delivered], indexes: list[Index], images: list[rasters.Delivered]
) -> dict[str, Any]:
    return site_entry(site) | {
        "layers": {
            one.layer.code: answer_entry(one, index.answer(site.shape))
            for one, index in zip(delivered, indexes, strict=True)
        },
        "rasters": {image.layer.code: cells_in(image, site.shape) for image in images},
    }


def site_entry(site: Site) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": site.name,
        "why": site.why,
        "area_m2": site.shape.area,
        "geometry": _geojson(site.shape),
    }
    if site.axis is not None:
        told |= {"axis": _geojson(site.axis), "width_m": site.width_m}
    return told


def answer_entry(one: Delivered, answer: Answer, before: int = 0) -> dict[str, Any]:
    """before: rows that stand before these in the layer's file."""
    ident = one.columns[one.layer.identify[0]]
    hits = [
        [
            before + int(row),
            str(ident[row]),
            None if one.class_codes is None else str(one.class_codes[row]),
            float(amount),
        ]
        for row, amount in zip(answer.rows, answer.amounts, strict=True)
    ]
    told: dict[str, Any] = {"state": answer.state, "covered_share": answer.covered}
    return told | ({"hits": hits, "share": answer.share} if hits else {})


def _classes(one: Delivered) -> np.ndarray:
    assert one.class_codes is not None
    return one.class_codes.astype(str)


def _plans(g: Ground, delivered: list[Delivered]) -> dict[str, Any]:
    """Seeded conflicts and slivers, and how every pair of classes of the two plans overlaps, over all intersecting pairs."""
    by_code = {one.layer.code: one for one in delivered}
    statutory, master = by_code["statutory_plan"], by_code["land_use_master_plan"]
    tree = shapely.STRtree(master.shapes)
    a, b = tree.query(statutory.shapes, predicate="intersects")
    order = np.lexsort((b, a))
    a, b = a[order], b[order]
    area = shapely.area(shapely.intersection(statutory.shapes[a], master.shapes[b]))
    pairs = np.char.add(np.char.add(_classes(statutory)[a], "|"), _classes(master)[b])
    known, where = np.unique(pairs[area > 0], return_inverse=True)
    patches = list(_patches(g, statutory, master, a, b, area))
    return {
        "conflicts": patches,
        "slivers": _slivers(g, statutory, master, a, b, area),
        "plan_pairs_m2": dict(zip(known.tolist(), np.bincount(where, area[area > 0]).tolist(), strict=True)),
        "plans_meet_m2": float(area.sum()),
    }


def _patches(
    g: Ground, statutory: Delivered, master: Delivered, a: np.ndarray, b: np.ndarray, area: np.ndarray
) -> Iterator[dict[str, Any]]:
    ours_says, theirs_says = _classes(statutory), _classes(master)
    for plot in discord(g).plots:
        inner = shapely.point_on_surface(g.plots[plot])
        ours = _holder(statutory, inner)
        theirs = _holder(master, inner)
        pair = np.flatnonzero((a == ours) & (b == theirs))[0]
        yield {
            "statutory_row": ours,
            "master_row": theirs,
            "statutory_class": str(ours_says[ours]),
            "master_class": str(theirs_says[theirs]),
            "area_m2": float(area[pair]),
            "x": inner.x,
            "y": inner.y,
        }


def _holder(one: Delivered, point: shapely.Point) -> int:
    return int(np.flatnonzero(shapely.intersects(one.shapes, point))[0])


def _slivers(
    g: Ground, statutory: Delivered, master: Delivered, a: np.ndarray, b: np.ndarray, area: np.ndarray
) -> list[dict[str, Any]]:
    """Pairs that overlap only because a vertex stands off: beside each moved vertex the scrap of less than 400 m2."""
    ours_says, theirs_says = _classes(statutory), _classes(master)
    scraps = np.flatnonzero((area > 0.01) & (area < 400))
    shared = shapely.intersection(statutory.shapes[a[scraps]], master.shapes[b[scraps]])
    out = []
    for x, y, dx, dy in discord(g).moved:
        between = shapely.Point(x + dx / 2, y + dy / 2)
        for k in np.flatnonzero(shapely.distance(shared, between) < 0.01):
            pair = scraps[k]
            out.append(
                {
                    "x": float(x), "y": float(y), "moved_m": float(np.hypot(dx, dy)), "statutory_row": int(a[pair]),
                    "master_row": int(b[pair]), "statutory_class": str(ours_says[a[pair]]),
                    "master_class": str(theirs_says[b[pair]]), "area_m2": float(area[pair]),
                }
            )  # fmt: skip
    return out


def _geojson(shape: shapely.Geometry) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(shapely.to_geojson(shape))
    return loaded
