"""The attributes of rows as JSON text, one object a row, keys sorted: the same text for the same row."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import orjson

from gis.handover import has_nul
from layers.canonical import canonical

_DAYS = (datetime.date, datetime.datetime, datetime.time)


def told(batch: Any, column: str) -> list[str]:
    """Of an Arrow batch, all columns but the geometry's. A name that comes twice gets a number, so that no column swallows another."""
    import pyarrow as pa

    named: dict[str, Any] = {}
    for name, values in zip(batch.schema.names, batch.columns, strict=True):
        if name == column:
            continue
        unique, count = name, 2
        while unique in named:
            unique, count = f"{name}_{count}", count + 1
        named[unique] = values.storage if isinstance(values, pa.ExtensionArray) else values
    if not named:
        return ["{}"] * batch.num_rows
    names = sorted(named)
    columns = (named[name].to_pylist() for name in names)
    return [text(dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True)]


def text(row: dict[str, Any]) -> str:
    """One row, its keys sorted already or not. What JSON has no word for is written as text (days, bytes) or left empty (NaN)."""
    try:
        told = orjson.dumps(
            row, default=_plain, option=orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME
        ).decode()
    except (TypeError, ValueError):  # lone surrogates, integers beyond 64 bits, keys that are no text
        told = canonical({str(key): _plain(value) for key, value in row.items()})
    if has_nul(told):
        told = canonical({key.replace("\x00", "␀"): _without_nul(value) for key, value in row.items()})
    return told


def _without_nul(value: Any) -> Any:
    return value.replace("\x00", "␀") if isinstance(value, str) else _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    if isinstance(value, _DAYS):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return [_plain(one) for one in value] if isinstance(value, list) else value
