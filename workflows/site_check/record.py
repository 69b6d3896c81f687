"""What of an answer is kept, hashed and compared: the facts, without words, at the rounding at which two measurements are the same. Pure.

Answers of format 1 were given before rules were loaded; their facts are taken as they were then, so that they can still be proved.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from layers.canonical import canonical as canonical  # noqa: PLC0414 - whoever keeps an answer writes it as it was sealed

FORMAT = 2
Answer = Mapping[str, Any]

_FIRST_VALUES = ("cells", "unit", "rule", "min", "mean", "max", "above", "above_share")
_ROUNDED = {"m2": 2, "m": 2, "%": 4}


def facts(answer: Answer, format: int | None = None) -> dict[str, Any]:
    """Editions, states and figures: areas to 0.01 m2, lengths to 0.01 m, shares to 1e-6; since format 2 also what was asked and found."""
    format = int(answer.get("format", 1)) if format is None else format
    told = {
        "site": {
            "area_m2": _round(answer["site"]["area_m2"], 2),
            "geometry": answer["site"]["project_geometry"],
        },
        "verdict": "no rule" if format == 1 else answer["verdict"],
        "editions": {code: pinned["id"] for code, pinned in answer["editions"].items()},
        "layers": [_layer(layer, format) for layer in answer["layers"]],
    }
    if format == 1:
        return told
    rules, displayed = answer["rules"], answer["displayed"]
    return {
        **told,
        "valid_on": answer["valid_on"],
        "proposal": answer["proposal"],
        "rulebook": None if rules is None else rules["digest"],
        "findings": [_finding(each) for each in answer["findings"]],
        "displayed": None
        if displayed is None
        else {
            "verdict": displayed["verdict"],
            "editions": {code: pinned["id"] for code, pinned in displayed["editions"].items()},
            "findings": [_finding(each) for each in displayed["findings"]],
        },
    }


def _layer(layer: Answer, format: int) -> dict[str, Any]:
    values = layer["values"]
    if format == 1 and values is not None:
        values = {key: values[key] for key in _FIRST_VALUES if key in values}
    return {
        "code": layer["code"],
        "state": layer["state"],
        "area_m2": _round(layer["area_m2"], 2),
        "length_m": _round(layer["length_m"], 2),
        "count": layer["count"],
        "covered_share": _round(layer["covered_share"], 6),
        "set_aside": layer["set_aside"],
        "values": values,
        "hits": sorted(
            [hit["id"], hit["class"], _round(hit["area_m2"], 2), _round(hit["length_m"], 2)]
            for hit in layer["hits"]
        ),
    }


def _finding(finding: Answer) -> dict[str, Any]:
    amount = finding["amount"]
    digits = _ROUNDED.get(amount["unit"], 6)
    return {
        "rule": finding["rule"],
        "version": finding["version"],
        "state": finding["state"],
        "effect": finding["effect"],
        "low": _round(amount["low"], digits),
        "high": _round(amount["high"], digits),
        "limit": _round(finding["limit_applied"], 6),
    }


def seal(answer: Answer) -> str:
    """sha256 of the answer's facts."""
    return hashlib.sha256(canonical(facts(answer)).encode()).hexdigest()


def differences(before: Answer, now: Answer) -> list[dict[str, Any]]:
    """Where the facts of two answers differ: what was and what is, by layer and by rule. Empty where they are the same."""
    format = int(before.get("format", 1))
    was, become = facts(before, format), facts(now, format)
    listed = {"layers": ("layer", "code"), "findings": ("rule", "rule")}
    found = [
        {"what": key, "was": was[key], "now": become[key]}
        for key in was
        if key not in listed and was[key] != become[key]
    ]
    for key, (what, name) in listed.items():
        then = {each[name]: each for each in was.get(key, [])}
        today = {each[name]: each for each in become.get(key, [])}
        changed = [code for code in sorted(then.keys() | today.keys()) if then.get(code) != today.get(code)]
        found += [
            {"what": what, "code": code, "was": then.get(code), "now": today.get(code)} for code in changed
        ]
    return found


def _round(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits) + 0.0
