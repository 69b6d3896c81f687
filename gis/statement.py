"""What the sandbox says about a source it read, believed no further than it is checked here: names, counts, notes; never geometry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gis.receiving import plain_bytes
from gis.source_layer import Note, Repaired
from layers.refusal import Refused

LONGEST_NAME = 1_000  # signs


def statement(path: Path) -> list[dict[str, Any]]:
    """The layers of a source, each a mapping whose shape is checked as far as it is used; Refused ``reader_untrusted``, ``field_name_too_long``."""
    try:
        told = json.loads(plain_bytes(path))
        for layer in told:
            _named(layer["fields"])
            layer["fields"] = tuple((str(name)[:200], str(kind)[:40]) for name, kind in layer["fields"])
            layer["notes"] = tuple(Note(str(code)[:60], dict(params)) for code, params in layer["notes"])
            layer["parts"] = [_part(one) for one in layer["parts"]]
            layer["layer"] = str(layer["layer"])[:300]
            layer["encoding"] = None if layer["encoding"] is None else str(layer["encoding"])[:40]
            layer["crs"] = None if layer["crs"] is None else str(layer["crs"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Refused("reader_untrusted", reason="answer") from error
    return list(told)


def _named(fields: list[Any]) -> None:
    """A name longer than any is a file that means harm, or a table without a header; it would stand in every row."""
    longest = max((len(str(name)) for name, _ in fields), default=0)
    if longest > LONGEST_NAME:
        raise Refused("field_name_too_long", length=longest, most=LONGEST_NAME)


def _part(told: dict[str, Any]) -> dict[str, Any]:
    name = str(told["name"])
    if not name.replace("-", "").isalnum():
        raise ValueError("name")
    repaired = tuple(
        Repaired(int(row), str(why)[:300], _number(x), _number(y), float(before), float(after))
        for row, why, x, y, before, after in told["repaired"]
    )
    chunks = [int(count) for count in told["chunks"]]
    return {
        "kind": told["kind"],
        "name": name,
        "read": int(told["read"]),
        "chunks": chunks,
        "repaired": repaired,
    }


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
