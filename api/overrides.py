"""A person's word beside a finding, as those who read and write it may: what stands by a finding that is withheld is withheld with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from db.actor import Actor
from layers.model import Grade
from layers.refusal import Refused
from workflows.site_check import overrides, service

FIELDS = ("rule", "says", "reason", "person")
SAYS = overrides.SAYS


def of(connection: Connection, id: str, sees: Grade) -> list[dict[str, Any]]:
    """Refused ``check_unknown``."""
    closed = _withheld(connection, id, sees)
    return [each for each in overrides.of(connection, id) if each["rule"] not in closed]


def add(
    connection: Connection, actor: Actor, id: str, said: Mapping[str, Any], sees: Grade
) -> dict[str, Any]:
    """Refused ``field_unknown``, ``field_text``, ``override_withheld``, and whatever ``overrides.add`` refuses."""
    if unknown := sorted(set(said) - set(FIELDS)):
        raise Refused("field_unknown", field=unknown[0][:80])
    words = {}
    for name in FIELDS:
        words[name] = said.get(name, "")
        if not isinstance(words[name], str):
            raise Refused("field_text", field=name)
    if words["rule"] in _withheld(connection, id, sees):
        raise Refused("override_withheld", rule=words["rule"])
    return overrides.add(connection, actor, id, **words)


def _withheld(connection: Connection, id: str, sees: Grade) -> set[str]:
    answer = service.reissue(connection, id, sees=sees)
    return {each["rule"] for each in answer.get("findings", []) if each.get("withheld")}
