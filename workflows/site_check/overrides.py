"""A person's word beside a finding, with reason and name. It stands beside what was found and changes none of it."""

from __future__ import annotations

import unicodedata
from typing import Any, Literal, get_args

from sqlalchemy import Connection

from db.actor import Actor
from layers.refusal import Refused
from workflows.site_check import store

Says = Literal["does not apply", "permitted", "forbidden", "conditional"]
SAYS: tuple[Says, ...] = get_args(Says)
LONGEST_REASON = 2000
LONGEST_NAME = 60


def add(
    connection: Connection, actor: Actor, id: str, *, rule: str, says: str, reason: str, person: str
) -> dict[str, Any]:
    """Refused ``check_unknown``, ``override_rule``, ``override_says``, ``override_reason``, ``override_person``."""
    answer, _ = store.read(connection, id)
    reason, person = reason.strip(), person.strip()
    if _unseen(reason.replace("\n", "").replace("\r", "")):
        raise Refused("override_reason", most=LONGEST_REASON)
    if _unseen(person):
        raise Refused("override_person", most=LONGEST_NAME)
    if rule not in {each["rule"] for each in answer.get("findings", [])}:
        raise Refused("override_rule", rule=rule[:80], check=id)
    if says not in SAYS:
        raise Refused("override_says", got=says[:40], known=list(SAYS))
    if not 0 < len(reason) <= LONGEST_REASON:
        raise Refused("override_reason", most=LONGEST_REASON)
    if not 0 < len(person) <= LONGEST_NAME:
        raise Refused("override_person", most=LONGEST_NAME)
    return store.keep_override(
        connection,
        {"check": id, "rule": rule, "says": says, "reason": reason, "person": person, "actor": actor.id},
    )


def _unseen(text: str) -> bool:
    """Signs that are not seen or that turn the direction of writing: a name made of them signs nothing."""
    return any(unicodedata.category(sign) in ("Cc", "Cf", "Co", "Cs", "Cn") for sign in text)


def of(connection: Connection, id: str) -> list[dict[str, Any]]:
    """rule, says, reason, person, made_at, made_by: in the order in which they were given."""
    return store.overrides(connection, id)
