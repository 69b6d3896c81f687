"""What stands after a crash: every layer's pointer, its rows and their hash, and everything that must not be there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from db.settings import folder
from db.sql import queries

sql = queries(__file__)


@dataclass(frozen=True, slots=True)
class Layer:
    """``rows`` and ``hash`` of what is really there; of a raster, its file."""

    edition: int
    delivery: int
    rows: int | None
    hash: str | None
    file: str | None


def layers(connection: Connection) -> dict[str, Layer]:
    return {
        row.layer: Layer(row.edition, row.delivery, row.rows, row.hash, row.file)
        for row in connection.execute(sql.layers)
    }


def side(before: Mapping[str, Layer], now: Mapping[str, Layer], new_rows: int) -> str:
    """ "old": every layer exactly as before; "new": every layer of one later delivery, with all the rows that delivery holds; else what is wrong."""
    if now == before:
        return "old"
    if set(now) != set(before):
        return f"layers came or went: {sorted(set(now) ^ set(before))[:3]}"
    deliveries = {layer.delivery for layer in now.values()}
    if len(deliveries) > 1 or deliveries <= {layer.delivery for layer in before.values()}:
        kept = sum(now[code] == before[code] for code in now)
        return f"mixed: {kept} of {len(now)} layers as before, deliveries {sorted(deliveries)}"
    for code, layer in now.items():
        if layer.rows is not None and (layer.rows != new_rows or layer.hash == before[code].hash):
            return f"{code}: {layer.rows} rows instead of {new_rows}"
        if layer.rows is None and layer.file == before[code].file:
            return f"{code}: the old raster file"
    return "new"


def faults(connection: Connection) -> list[str]:
    """Everything that must not be there once the janitor was through; nothing when all is well."""
    found: list[str] = []
    for name in ("stages", "unattached", "staged", "in_work", "journal", "journal_of_editions"):
        rows = connection.execute(getattr(sql, name)).all()
        if rows:
            found.append(f"{name}: {[tuple(row) for row in rows[:3]]}")
    found += [
        f"layer {row.layer}: {row.rows} of {row.said} rows, delivery {row.state}"
        for row in connection.execute(sql.layers)
        if row.state != "published" or (row.kind != "raster" and row.rows != row.said)
    ]
    told = {row.file for row in connection.execute(sql.files)}
    there = {file.name for file in folder("rasters").iterdir()}
    if told != there:
        found.append(f"rasters: orphans {sorted(there - told)[:3]}, missing {sorted(told - there)[:3]}")
    found += [f"quarantine: {room.name}" for room in folder("quarantine").iterdir()]
    found += [f"originals: {file.name}" for file in folder("originals").glob("*/*.partial")]
    return found


def newest(connection: Connection) -> Any:
    return connection.execute(sql.newest).first()


def in_work(connection: Connection) -> list[int]:
    return [row.id for row in connection.execute(sql.in_work)]
