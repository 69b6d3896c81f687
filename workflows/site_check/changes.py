"""Two answers for one site: what a rule or a layer says differently, and which edition or rule made the difference. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workflows.site_check.judging.verdict import Finding

Answer = Mapping[str, Any]
_COMPARED = ("state", "effect", "amount", "limit_applied")
_OF_LAYER = ("state", "area_m2", "length_m", "count", "covered_share")


def between(then: Answer, now: Answer) -> list[dict[str, Any]]:
    """The verdict first where it changed, then rules, then layers that changed though no rule did. Each with ``was``, ``now``, ``because``."""
    found = []
    if then["verdict"] != now["verdict"]:
        found.append({"what": "verdict", "was": then["verdict"], "now": now["verdict"], "because": []})
    rules = list(_rules(then, now))
    told = {layer for each in rules for layer in (each["layer"],)}
    found += rules
    before = {layer["code"]: layer for layer in then["layers"]}
    for layer in now["layers"]:
        was = before.pop(layer["code"], None)
        if layer["code"] not in told and (was is None or _differs(was, layer, _OF_LAYER)):
            found.append(_layer_change(layer["code"], was, layer, then, now))
    found += [_layer_change(code, was, None, then, now) for code, was in before.items()]
    return found


def _rules(then: Answer, now: Answer) -> list[dict[str, Any]]:
    before = {each["rule"]: each for each in then.get("findings", [])}
    after = {each["rule"]: each for each in now.get("findings", [])}
    found = []
    for rule in [*after, *(code for code in before if code not in after)]:
        was, become = before.get(rule), after.get(rule)
        one = become or was
        assert one is not None
        if was is not None and become is not None and not _differs(was, become, _COMPARED):
            continue
        if was is None and become is not None and become["state"] == "holds not":
            continue  # a new rule that says nothing here
        if become is None and was is not None and was["state"] == "holds not":
            continue
        found.append(
            {
                "what": "rule",
                "rule": rule,
                "name": one["name"],
                "name_en": one["name_en"],
                "layer": one["layer"],
                "was": _short(was),
                "now": _short(become),
                "because": _because(one["layer"], was, become, then, now),
            }
        )
    return found


def _because(
    layer: str, was: Finding | None, become: Finding | None, then: Answer, now: Answer
) -> list[dict[str, Any]]:
    causes = _edition_changed(layer, then, now)
    versions = [None if each is None else each["version"] for each in (was, become)]
    if versions[0] is None:
        causes.append({"code": "rule_new", "params": {"since": become and become["since"]}})
    elif versions[1] is None:
        causes.append({"code": "rule_gone", "params": {}})
    elif versions[0] != versions[1]:
        causes.append({"code": "rule_changed", "params": {"was": versions[0], "now": versions[1]}})
    return causes or [{"code": "measured_otherwise", "params": {}}]


def _edition_changed(layer: str, then: Answer, now: Answer) -> list[dict[str, Any]]:
    was, become = (answer["editions"].get(layer) for answer in (then, now))
    if (was and was["id"]) == (become and become["id"]):
        return []
    return [
        {
            "code": "edition",
            "params": {"layer": layer, "was": was and was["seq"], "now": become and become["seq"]},
        }
    ]


def _layer_change(
    code: str, was: Answer | None, become: Answer | None, then: Answer, now: Answer
) -> dict[str, Any]:
    one = become or was
    assert one is not None
    told = [None if each is None else {key: each[key] for key in _OF_LAYER} for each in (was, become)]
    because = _edition_changed(code, then, now) or [{"code": "measured_otherwise", "params": {}}]
    return {
        "what": "layer", "layer": code, "name": one["name"], "name_en": one["name_en"],
        "was": told[0], "now": told[1], "because": because,
    }  # fmt: skip


def _short(finding: Finding | None) -> dict[str, Any] | None:
    return None if finding is None else {key: finding[key] for key in _COMPARED}


def _differs(was: Mapping[str, Any], become: Mapping[str, Any], keys: tuple[str, ...]) -> bool:
    return any(_rounded(was.get(key)) != _rounded(become.get(key)) for key in keys)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 2) + 0.0
    if isinstance(value, Mapping):
        return {key: _rounded(inner) for key, inner in value.items()}
    return value
