"""Checks side by side: what each says of every rule that holds or is open in any of them, and what makes them hard to compare. Pure.

It ranks nothing: which alternative is the better one is for people to say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from layers.refusal import Refused
from workflows.site_check.judging.judge import STATES, order
from workflows.site_check.rulebook.rule import EFFECTS

LEAST, MOST = 2, 6
Answer = Mapping[str, Any]

_CELL = (
    *(
        "rule",
        "name",
        "name_en",
        "version",
        "state",
        "effect",
        "worst",
        "measure",
        "figure",
        "amount",
        "share",
        "above",
    ),
    *("limit_applied", "why", "nearest", "sliver", "edition", "withheld"),
)


def beside(answers: Sequence[Answer]) -> dict[str, Any]:
    """``checks`` in the order given, ``differs``: why a difference may not be the site's, ``rules``: each with a cell per check, None where the
    check was not asked it. Answers are given as their reader may see them. Refused ``alternatives_count``.
    """
    few([answer["id"] for answer in answers])
    return {
        "checks": [_check(answer) for answer in answers],
        "differs": list(_differs(answers)),
        "rules": _rules(answers),
    }


def few(ids: Sequence[str]) -> list[str]:
    """Numbers of so many checks as can stand beside one another, each once. Refused ``alternatives_count``."""
    each_once = list(dict.fromkeys(ids))
    if not LEAST <= len(each_once) <= MOST:
        raise Refused("alternatives_count", least=LEAST, most=MOST, got=len(each_once))
    return each_once


def _check(answer: Answer) -> dict[str, Any]:
    findings = answer.get("findings") or []
    holding = Counter(each["effect"] for each in findings if each["state"] == "holds")
    states = Counter(each["state"] for each in findings)
    displayed = answer.get("displayed")
    return {
        "id": answer["id"],
        "verdict": answer["verdict"],
        "checked_at": answer["checked_at"],
        "valid_on": answer.get("valid_on"),
        "known_at": answer.get("known_at"),
        "rulebook": (answer.get("rules") or {}).get("digest"),
        "proposal": answer.get("proposal"),
        "use_name": answer.get("use_name"),
        "area_m2": answer["site"]["area_m2"],
        "layers": answer["summary"],
        "states": {state: states[state] for state in STATES},
        "effects": {effect: holding[effect] for effect in EFFECTS},
        "questions": answer.get("questions") or [],
        "displayed": displayed and displayed["verdict"],
        "withheld": len((answer.get("withheld") or {"layers": ()})["layers"]),
    }


def _differs(answers: Sequence[Answer]) -> Iterable[dict[str, Any]]:
    for name, told in (
        ("valid_on", [answer.get("valid_on") or answer["checked_at"][:10] for answer in answers]),
        ("rulebook", [((answer.get("rules") or {}).get("digest") or "—")[:12] for answer in answers]),
    ):
        if len(set(told)) > 1:
            yield {
                "code": name,
                "params": {"told": [f"{a['id']} {t}" for a, t in zip(answers, told, strict=True)]},
            }
    asked = [{layer["code"] for layer in answer["layers"]} for answer in answers]
    if len({frozenset(each) for each in asked}) > 1:
        yield {"code": "layers", "params": {}}
    in_all = set.intersection(*asked)
    moved = [
        code
        for code in sorted(in_all)
        if len({(answer["editions"].get(code) or {"id": None})["id"] for answer in answers}) > 1
    ]
    if moved:
        yield {"code": "editions", "params": {"n": len(moved), "layers": moved}}
    if any(answer.get("withheld") for answer in answers):
        yield {"code": "withheld", "params": {}}


def _rules(answers: Sequence[Answer]) -> list[dict[str, Any]]:
    """The gravest first, as the gravest of its cells."""
    found: dict[str, list[Answer | None]] = {}
    for place, answer in enumerate(answers):
        for finding in answer.get("findings") or []:
            found.setdefault(finding["rule"], [None] * len(answers))[place] = finding
    rows = [
        (min(order(cell) for cell in cells if cell is not None), rule, cells)
        for rule, cells in found.items()
        if any(cell is not None and cell["state"] != "holds not" for cell in cells)
    ]
    return [_row(cells) for _, _, cells in sorted(rows, key=lambda row: row[:2])]


def _row(cells: Sequence[Answer | None]) -> dict[str, Any]:
    one = next(cell for cell in cells if cell is not None)
    told = ("rule", "name", "name_en", "group", "layer", "layer_name", "layer_name_en", "department")
    return {
        **{key: one[key] for key in told},
        "cells": [None if cell is None else _cell(cell) for cell in cells],
    }


def _cell(finding: Answer) -> dict[str, Any]:
    return {key: finding[key] for key in _CELL if key in finding}
