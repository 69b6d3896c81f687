"""The way back: rules as the files they could have been read from, with nothing inherited and no key empty. Pure.

Comments and the order of keys are not kept; what the rules say is, to the last character of their versions. Cross-walks and use tables stand
in files of their own and are not written here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from layers.export import plain_basis, written
from layers.refusal import Refused
from workflows.site_check.rulebook.reader import Group, body_of
from workflows.site_check.rulebook.rule import FIGURE_UNITS, UNITS, Limit, Rule

_SHORT = 15
"""Significant digits that every double keeps."""


def files(groups: Iterable[Group], rules: Sequence[Rule]) -> dict[str, str]:
    """Text by file name, one per group: ``reader.load`` of a folder with these gives the same groups and rules."""
    return {f"{group.code}.yaml": written(_group(group, rules)) for group in groups}


def _group(group: Group, rules: Sequence[Rule]) -> dict[str, Any]:
    by_code: dict[str, list[Rule]] = {}
    for rule in rules:
        if rule.group == group.code:
            by_code.setdefault(rule.code, []).append(rule)
    return {"group": body_of(group), "rules": {code: _stanza(versions) for code, versions in by_code.items()}}


def _stanza(versions: Sequence[Rule]) -> dict[str, Any]:
    """What all versions say alike, and under ``versions`` what each says otherwise."""
    told = [dump(rule) for rule in versions]
    if len(told) == 1:
        return told[0]
    shared = {
        key: value
        for key, value in told[0].items()
        if all(key in other and other[key] == value for other in told)
    }
    return {
        **shared,
        "versions": [{key: value for key, value in each.items() if key not in shared} for each in told],
    }


def dump(rule: Rule) -> dict[str, Any]:
    """One version as a stanza with everything said."""
    said: Mapping[str, Any] = {
        "name": rule.name,
        "name_en": rule.name_en,
        "layer": rule.layer,
        "classes": list(rule.classes),
        "measure": rule.measure,
        "figure": rule.figure,
        "attribute": rule.attribute,
        "above": rule.above and f"{_plain(rule.above.value)} {rule.above.unit}",
        "plus": rule.plus,
        "table": rule.table,
        "limit": _limit(rule),
        "effect": rule.effect,
        "on_conflict": rule.on_conflict,
        "on_conditional": rule.on_conditional,
        "uses": list(rule.uses),
        "except": list(rule.excepted),
        "except_note": rule.except_note,
        "except_note_en": rule.except_note_en,
        "department": rule.department,
        "law": [
            {key: value for key, value in plain_basis(basis).items() if value is not None}
            for basis in rule.basis
        ],
        "since": rule.since.isoformat(),
        "until": rule.until and rule.until.isoformat(),
        "do": rule.do,
        "do_en": rule.do_en,
        "note": rule.note,
    }
    return {key: value for key, value in said.items() if value is not None and value != []}


def _limit(rule: Rule) -> str:
    limit = rule.limit
    if limit.value is None:
        return f"{limit.op} {limit.attribute} {limit.unit}"
    units = FIGURE_UNITS[rule.figure] if rule.figure else UNITS.get(rule.measure, {limit.unit: 1.0})
    return f"{limit.op} {_in_unit(limit, units[limit.unit])} {limit.unit}"


def _in_unit(limit: Limit, factor: float) -> str:
    """The shortest number that, read in the limit's unit, is the limit to the last bit."""
    assert limit.value is not None
    near = limit.value / factor
    for digits in range(1, _SHORT + 1):
        text = _plain(float(f"{near:.{digits}g}"))
        if float(text) * factor == limit.value:
            return text
    for number in (near, math.nextafter(near, math.inf), math.nextafter(near, -math.inf)):
        if number * factor == limit.value:
            return _plain(number)
    raise Refused("rule_unwritable", value=limit.value, unit=limit.unit)


def _plain(value: float) -> str:
    """Without an exponent, and without a point where nothing follows it."""
    text = f"{Decimal(repr(value)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
