"""The intake report of a layer, drawn up while its stage is there: what was seen of its rows, put together with what is known of its edition.

How rows are looked at is ``gis.inspection``'s business, what a score is ``quality``'s; who may read it is ``reports``'.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from db.sql import queries
from gis.geometry import ewkb
from gis.inspection import MOST_STORED, SEVERITY, Fault, Inspector
from layers.model import Layer
from workflows.base_map import model, store
from workflows.base_map.reports import compared, follow_up_rules, quality

sql = queries(__file__)


@dataclass(slots=True)
class Drawn:
    """A layer's report as it is to be kept. ``faults``: rows for the table, without the number of the report."""

    report: dict[str, Any]
    faults: list[dict[str, Any]] = field(repr=False)

    @property
    def follow_up(self) -> str:
        return str(self.report["follow_up"]["state"])


def draw_up(
    connection: Connection,
    edition: int,
    inspector: Inspector | None,
    *,
    stanza: Layer | None,
    supplier: str | None = None,
    numbers: Mapping[int, int] | None = None,
) -> Drawn:
    """The report of a staged edition, compared with the one in force. To be called before the edition is published or undone; of a grid there is no
    ``inspector``. ``supplier``: as the delivery says; else the department of the layer. ``numbers``: of the features by rows of the file, where they
    are not the same.
    """
    told = connection.execute(sql.staged, {"edition": edition}).mappings().one()
    rule = follow_up_rules.of(stanza, told["kind"])
    aside = {row.code: int(row.n) for row in connection.execute(sql.set_aside_counts, {"edition": edition})}
    found = {} if inspector is None else _found(inspector)
    found_rows = _fault_rows(connection, edition, told["srid"], inspector, numbers)
    rows = [*_aside_rows(connection, edition), *found_rows]
    counts = {**aside, **found}
    seen = {} if inspector is None else inspector.attributes.summary()
    tolerance = stanza.tolerance_m if stanza else model.TOLERANCE_M
    report: dict[str, Any] = {
        "layer": told["layer"],
        "source": told["source"],
        "source_layer": told["source_layer"],
        "format": told["format"],
        "kind": told["kind"],
        "edition": edition,
        "supplier": supplier or department(connection, stanza),
        "department": stanza.department if stanza else None,
        "counts": {
            "read": told["rows_read"],
            "published": told["rows_published"],
            "set_aside": told["rows_set_aside"],
            "repaired": counts.get("repaired", 0),
            "empty": counts.get("empty_geometry", 0),
            "null": counts.get("null_geometry", 0),
        },
        "crs": {
            "in": told["crs_in"],
            "basis": told["crs_basis"],
            "operation": told["operation"],
            "out": f"EPSG:{told['srid']}",
        },
        "encoding": told["encoding"],
        "samples": told["samples"],
        "notes": told["notes"],
        "fields": [
            {"name": name, "type": kind, **seen.get(name, {"filled": None, "seen_types": {}})}
            for name, kind in told["fields"]
        ],
        "extent_degrees": [told[side] for side in ("west", "south", "east", "north")]
        if told["placed"]
        else None,
        "faults": summed(counts, rows),
        "area": None if inspector is None else inspector.area.summary(),
        "classes": _classes(inspector),
        "compared": compared.with_in_force(connection, edition, tolerance),
        "judged": _judged(inspector, rule, seen),
        "follow_up": follow_up_rules.begun(rule, told["kind"], told["disjoint"], told["rows_published"]),
    }
    report["quality"] = quality.scored(report)
    return Drawn(report, rows)


def row_of(fault: Fault, srid: int, severity: str | None = None) -> dict[str, Any]:
    """A fault of a published feature as it stands in the table."""
    return {
        "code": fault.code,
        "severity": severity or fault.severity,
        "row": fault.row,
        "feature": fault.row,
        "params": as_json(fault.params),
        "place": None if fault.geometry is None else ewkb(fault.geometry, srid),
    }


def summed(counts: Mapping[str, int], rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One line a code, the gravest first: code, severity, count, stored, example."""
    first: dict[str, Mapping[str, Any]] = {}
    stored: dict[str, int] = {}
    for row in rows:
        first.setdefault(row["code"], row)
        stored[row["code"]] = stored.get(row["code"], 0) + 1
    lines = [
        {
            "code": code,
            "severity": first[code]["severity"] if code in first else SEVERITY.get(code, "error"),
            "count": count,
            "stored": stored.get(code, 0),
            "example": json.loads(first[code]["params"]) if code in first else {},
        }
        for code, count in counts.items()
        if count
    ]
    return in_order(lines)


def in_order(lines: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The gravest first."""
    order = {code: at for at, code in enumerate(SEVERITY)}
    return sorted((dict(line) for line in lines), key=lambda line: order.get(line["code"], -1))


def department(connection: Connection, stanza: Layer | None) -> str | None:
    """How the department of a layer is called: whoever delivers it, where nobody says otherwise."""
    if stanza is None:
        return None
    known: Mapping[str, Any] = store.catalogue(connection).get("departments", {}).get(stanza.department, {})
    return str(known.get("zh") or stanza.department)


def _found(inspector: Inspector) -> dict[str, int]:
    inspector.faults()  # what is only known at the end
    return dict(inspector.counts)


def _fault_rows(
    connection: Connection,
    edition: int,
    srid: int,
    inspector: Inspector | None,
    numbers: Mapping[int, int] | None,
) -> list[dict[str, Any]]:
    if inspector is None:
        return []
    faults = inspector.faults()

    def feature(row: int | None) -> int | None:
        return row if row is None or numbers is None else numbers.get(row, row)

    placeless = sorted(
        {int(feature(one.row) or 0) for one in faults if one.geometry is None and one.row is not None}
    )
    places: dict[int, Any] = {}
    if placeless:
        connection.execute(sql.show, {"edition": edition})
        places = {row.id: row for row in connection.execute(sql.places, {"ids": placeless})}
        connection.execute(sql.hide)
    rows = []
    for one in faults:
        row = row_of(one, srid) | {"feature": feature(one.row)}
        known = places.get(row["feature"]) if one.row is not None else None
        if known is not None and one.geometry is None:
            row["place"] = bytes(known.place).hex()
            if one.code == "duplicate_ident":
                row["params"] = as_json({"ident": (known.ident or "")[:80], **one.params})
        rows.append(row)
    return rows


def _aside_rows(connection: Connection, edition: int) -> list[dict[str, Any]]:
    found = connection.execute(sql.set_aside, {"edition": edition, "most": MOST_STORED})
    return [
        {
            "code": row.code,
            "severity": SEVERITY.get(row.code, "error"),
            "row": row.row,
            "feature": None,
            "params": as_json(row.params),
            "place": None if row.place is None else bytes(row.place).hex(),
        }
        for row in found
    ]


def _classes(inspector: Inspector | None) -> dict[str, Any] | None:
    if inspector is None or not inspector.classified:
        return None
    unknown = dict(inspector.unknown_classes.most_common(100))
    return {"missing": inspector.counts["class_missing"], "unknown": unknown}


def _judged(
    inspector: Inspector | None, rule: follow_up_rules.Rule, seen: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """What the score rests on, beside the counts."""
    return {
        "topology": rule.topology,
        "identified": inspector is not None and inspector.identified,
        "classified": inspector is not None and inspector.classified,
        "placed": inspector is not None and inspector.placed,
        "without_ident": 0 if inspector is None else inspector.without_ident,
        "values": sum(each["filled"] for each in seen.values()),
    }


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
