"""The intake reports: kept when it is known what becomes of a layer, read by whoever may see it; and how good each supplier's deliveries are.

How a report is drawn up stands in ``drawn_up``, what is added to it later in ``follow_up``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from db.sql import queries
from gis.inspection import MOST_STORED, SEVERITY
from layers.model import Grade, may_see
from layers.refusal import Refused
from workflows.base_map.intake import deliveries as deliveries_in_work
from workflows.base_map.reports.drawn_up import Drawn, as_json, draw_up
from workflows.base_map.reports.tasks import answer_task, close_task, open_task, task, tasks

__all__ = [
    "Drawn",
    "answer_task",
    "close_task",
    "deliveries",
    "draw_up",
    "faults",
    "faults_geojson",
    "keep",
    "layer_report",
    "of_delivery",
    "one",
    "open_task",
    "rewrite",
    "suppliers",
    "task",
    "tasks",
]

sql = queries(__file__)


def keep(connection: Connection, delivery: int, drawn: Drawn, edition: int | None) -> int:
    """Number of the report. ``edition``: the one that was published; None where the delivery was only checked, and then nothing follows it."""
    report = {**drawn.report, "edition": edition}
    if edition is None and drawn.follow_up == "waiting":
        report["follow_up"] = {"state": "not_needed"}
    score = report["quality"] and report["quality"]["score"]
    made: int = connection.execute(
        sql.keep,
        {
            "delivery": delivery,
            "layer": report["layer"],
            "source": report["source"],
            "source_layer": report["source_layer"],
            "edition": edition,
            "supplier": report["supplier"],
            "report": as_json(report),
            "score": score,
            "follow_up": report["follow_up"]["state"],
        },
    ).scalar_one()
    _add_faults(connection, made, drawn.faults, 0)
    return made


def _add_faults(connection: Connection, report: int, rows: Sequence[Mapping[str, Any]], after: int) -> None:
    if rows:
        numbered = [{"intake_layer": report, "n": n, **row} for n, row in enumerate(rows, start=after + 1)]
        connection.execute(sql.keep_fault, numbered)


def rewrite(
    connection: Connection,
    id: int,
    report: Mapping[str, Any],
    codes: Sequence[str] = (),
    rows: Sequence[Mapping[str, Any]] = (),
) -> None:
    """The report as it is from now on; ``rows`` take the place of the faults of these ``codes``."""
    score = report["quality"] and report["quality"]["score"]
    told = {"id": id, "report": as_json(report), "score": score, "follow_up": report["follow_up"]["state"]}
    connection.execute(sql.keep_report, told)
    if codes:
        connection.execute(sql.forget_faults, {"id": id, "codes": list(codes)})
        _add_faults(connection, id, rows, int(connection.execute(sql.last_fault, {"id": id}).scalar_one()))


def of_delivery(
    connection: Connection, delivery: int, sees: Grade = "secret", viewer: str = ""
) -> dict[str, Any]:
    """``{"delivery": ..., "layers": [report, ...]}`` for the actor ``viewer``; Refused ``import_unknown``."""
    found = connection.execute(sql.delivery, {"delivery": delivery}).mappings().first()
    if found is None:
        raise Refused("import_unknown", id=delivery)
    rows = connection.execute(sql.layers, {"delivery": delivery}).mappings()
    told = deliveries_in_work.shown_to(_plain(found), sees, viewer)
    return {"delivery": told, "layers": [_shown(row, sees) for row in rows]}


def layer_report(connection: Connection, intake_layer: int, sees: Grade = "secret") -> dict[str, Any]:
    """One report, with its ``id`` and ``delivery``; Refused ``intake_layer_unknown``."""
    row = one(connection, intake_layer)
    return {**_shown(row, sees), "delivery": row["delivery_id"]}


def one(connection: Connection, intake_layer: int) -> dict[str, Any]:
    """id, delivery_id, layer, edition_id, supplier, report, follow_up, grade, stanza; Refused ``intake_layer_unknown``."""
    row = connection.execute(sql.layer, {"id": intake_layer}).mappings().first()
    if row is None:
        raise Refused("intake_layer_unknown", layer=intake_layer)
    return dict(row)


def faults(
    connection: Connection,
    intake_layer: int,
    code: str | None = None,
    limit: int = 500,
    after: int = 0,
    sees: Grade = "secret",
) -> list[dict[str, Any]]:
    """n, code, severity, row, feature, params, placed, x, y: by number, after the ``after``-th. Without params and place for somebody whose grade is too low."""
    if code is not None and code not in SEVERITY:
        raise Refused("fault_code_unknown", got=code[:40], known=", ".join(SEVERITY))
    withheld = not may_see(sees, one(connection, intake_layer)["grade"])
    asked = {"id": intake_layer, "code": code, "limit": limit, "after": after}
    rows = [dict(row) for row in connection.execute(sql.faults, asked).mappings()]
    unseen = {"params": {}, "placed": False, "x": None, "y": None}
    return [{**row, **unseen} for row in rows] if withheld else rows


def faults_geojson(
    connection: Connection,
    intake_layer: int,
    code: str | None = None,
    limit: int = MOST_STORED,
    sees: Grade = "secret",
) -> dict[str, Any]:
    """A FeatureCollection in degrees of the faults that have a place; empty for somebody whose grade is too low."""
    rows: Iterable[Any] = ()
    if may_see(sees, one(connection, intake_layer)["grade"]):
        asked = {"id": intake_layer, "code": code, "limit": limit}
        rows = connection.execute(sql.drawn_faults, asked).mappings()
    features = [
        {
            "type": "Feature",
            "id": row["n"],
            "geometry": json.loads(row["shape"]),
            "properties": {key: row[key] for key in ("n", "code", "severity", "row", "feature", "params")},
        }
        for row in rows
    ]
    return {"type": "FeatureCollection", "features": features}


def deliveries(
    connection: Connection,
    limit: int = 50,
    before: int | None = None,
    supplier: str | None = None,
    state: str | None = None,
) -> list[dict[str, Any]]:
    """Newest first: id, name, state, purpose, supplier, layers (how many), score, faults (by severity), handed_over_by, received_at, ended_at."""
    asked = {"limit": limit, "before": before, "supplier": supplier, "state": state}
    return [_plain(row) for row in connection.execute(sql.deliveries, asked).mappings()]


def suppliers(connection: Connection) -> list[dict[str, Any]]:
    """supplier (None: nobody knows who), deliveries (how many), score_now (of the newest that has one), scores (delivery, at, score; oldest first), open_tasks."""
    waiting: dict[str | None, int] = {}
    for each in tasks(connection):
        if each["state"] != "closed":
            waiting[each["supplier"]] = waiting.get(each["supplier"], 0) + 1
    found: dict[str | None, list[dict[str, Any]]] = {}
    for row in connection.execute(sql.suppliers).mappings():
        found.setdefault(row["supplier"], []).append(_plain(row))
    return [
        {
            "supplier": supplier,
            "deliveries": len(rows),
            "score_now": next((row["score"] for row in reversed(rows) if row["score"] is not None), None),
            "scores": [
                {key: row[key] for key in ("delivery", "at", "score")}
                for row in rows
                if row["score"] is not None
            ],
            "open_tasks": waiting.get(supplier, 0),
        }
        for supplier, rows in found.items()
    ]


def _shown(row: Any, sees: Grade) -> dict[str, Any]:
    """Whoever may not see the layer sees counts and codes: no place, no sample, no value."""
    report = {"id": row["id"], **row["report"], "supplier": row["supplier"], "withheld": False}
    if may_see(sees, row["grade"]):
        return report
    moved = report["compared"] and {**report["compared"], "classes_moved": []}
    classes = report["classes"] and {**report["classes"], "unknown": {}}
    return {
        **report,
        "withheld": True,
        "samples": [],
        "notes": [],
        "extent_degrees": None,
        "faults": [{**each, "example": {}} for each in report["faults"]],
        "area": None,
        "classes": classes,
        "compared": moved,
    }


def _plain(row: Any) -> dict[str, Any]:
    return {**row, "score": None if row["score"] is None else float(row["score"])}
