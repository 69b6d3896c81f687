"""A delivery with its report as intake would leave it, made by hand: every part of a report, and a stranger's words in every place that may hold some."""

from __future__ import annotations

import json
from typing import Any

import shapely
from sqlalchemy import Connection

from db.actor import Actor
from gis.geometry import ewkb
from tests.little_district import SRID
from workflows.base_map import store
from workflows.base_map.reports import service as reports
from workflows.base_map.reports.drawn_up import Drawn

HOSTILE = "<script>alert(1)</script>"
FORMULA = "=HYPERLINK(1)"
SPOT = shapely.box(512_100.0, 2_518_100.0, 512_140.0, 2_518_120.0)

FAULTS: tuple[tuple[str, str, int | None, dict[str, Any], Any], ...] = (
    ("invalid_geometry", "error", 4, {"reason": "Self-intersection"}, shapely.Point(512_500, 2_518_500)),
    ("null_geometry", "warning", 7, {}, None),
    ("overlap", "error", 1, {"other": 2, "area_m2": 800.0}, SPOT),
    ("class_unknown", "error", 2, {"value": HOSTILE}, shapely.Point(512_600, 2_518_200)),
    ("sliver", "warning", 3, {"width_m": 0.35, "area_m2": 12.4, "part": True}, shapely.Point(513_400, 2_518_300)),
    ("repaired", "note", 9, {"reason": "Self-intersection", "before": 10.0, "after": 12.0}, shapely.Point(513_800, 2_518_800)),
)  # fmt: skip


def report(**told: Any) -> dict[str, Any]:
    """Of the layer of farmland, unless said otherwise."""
    lines = [
        {"code": code, "severity": severity, "count": 1, "stored": 1, "example": params}
        for code, severity, _, params, _ in FAULTS
    ]
    return {
        "layer": "permanent_basic_farmland", "source": "fields.shp", "source_layer": "fields", "format": "Shapefile", "kind": "polygon",
        "edition": None, "supplier": "农业农村局", "department": "natural_resources",
        "counts": {"read": 12, "published": 10, "set_aside": 2, "repaired": 1, "empty": 0, "null": 1},
        "crs": {"in": "EPSG:4490", "basis": "file", "operation": "CGCS2000 / 3-degree Gauss-Kruger CM 114E", "out": "EPSG:4547"},
        "encoding": "GB18030", "samples": [{"名称": HOSTILE, "TBMJ": 12.5, FORMULA: FORMULA}, {"名称": "＋1", "TBMJ": None}],
        "notes": [{"code": "heights_dropped", "params": {"count": 3}}],
        "fields": [{"name": "TBMJ", "type": "number", "filled": 9, "seen_types": {"number": 8, "text": 1}}],
        "extent_degrees": [114.11, 22.76, 114.14, 22.78], "faults": lines,
        "area": {"declared_attribute": "TBMJ", "unit": "m2", "ratio": 1.0, "declared_m2": 1_999_000.0, "computed_m2": 2_000_000.0, "compared": 9, "differ": 1},
        "classes": {"missing": 1, "unknown": {HOSTILE: 1}},
        "compared": {
            "edition": 1, "seq": 1, "same": 5, "added": 3, "gone": 2, "changed": 1, "moved": 1,
            "classes_moved": [{"from": "0101", "to": FORMULA, "count": 2, "area_m2": 3333.0}],
        },
        "judged": {"topology": "no_overlaps", "identified": True, "classified": True, "placed": True, "without_ident": 0, "values": 9},
        "follow_up": {"state": "done", "overlaps": 1, "overlap_m2": 800.0, "gaps": 0, "gap_m2": 0.0, "seconds": 0.4, "disjoint": False},
        "quality": {"score": 87.5, "parts": [{"code": "validity", "weight": 60.0, "share": 0.75, "points": 45.0}, {"code": "topology", "weight": 40.0, "share": 0.9, "points": 36.0}]},
        **told,
    }  # fmt: skip


def rows() -> list[dict[str, Any]]:
    return [
        {
            "code": code,
            "severity": severity,
            "row": row,
            "feature": None,
            "params": json.dumps(params),
            "place": None if shape is None else ewkb(shape, SRID),
        }
        for code, severity, row, params, shape in FAULTS
    ]


def make(
    connection: Connection, actor: Actor, *, state: str = "checked", name: str = "农业农村局.zip", **told: Any
) -> tuple[int, int]:
    """Number of the delivery, and of the report of its one layer. ``told``: what the report says otherwise."""
    delivery = store.begin_delivery(connection, actor, name)
    store.end_delivery(connection, delivery, state, sha256="ab" * 32, ignored=["readme.txt"])
    drawn = Drawn(report(**told), rows() if told.get("faults") != [] else [])
    return delivery, reports.keep(connection, delivery, drawn, None)
