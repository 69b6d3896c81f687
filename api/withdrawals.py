"""What a person or a program says to withdraw editions, read the same way from a form and from JSON; and what came of it, for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from api.payload import LARGEST
from db.actor import Actor
from layers.refusal import Refused
from workflows.base_map import withdrawing

FIELDS = ("reason", "expected_seq", "leave_empty", "with_built")
_WORDS = {"yes": True, "true": True, "on": True, "no": False, "false": False}


def asked(said: Mapping[str, Any]) -> dict[str, Any]:
    """reason, expected_seq, leave_empty, with_built as the services take them. Refused ``field_unknown``, ``field_text``, ``field_whole``,
    ``field_choice``.
    """
    if unknown := sorted(set(said) - set(FIELDS)):
        raise Refused("field_unknown", field=unknown[0][:80])
    reason = said.get("reason", "")
    if not isinstance(reason, str):
        raise Refused("field_text", field="reason")
    return {
        "reason": reason,
        "expected_seq": _whole(said, "expected_seq"),
        "leave_empty": bool(_choice(said, "leave_empty")),
        "with_built": _choice(said, "with_built"),
    }


def edition(
    connection: Connection, actor: Actor, layer: str, seq: str, said: Mapping[str, Any]
) -> dict[str, Any]:
    """Refused as ``withdrawing.withdraw`` and ``asked`` do."""
    meant = asked(said)
    return plain(withdrawing.withdraw(connection, actor, numbered(connection, layer, seq), **meant))


def rollback(
    connection: Connection, actor: Actor, layer: str, seq: str, said: Mapping[str, Any]
) -> dict[str, Any]:
    """Refused as ``withdrawing.rollback`` and ``asked`` do; what is to stand is said by ``seq``, so nothing is left empty."""
    meant = asked(said)
    numbered(connection, layer, seq)
    done = withdrawing.rollback(
        connection, actor, layer, int(seq), meant["reason"], with_built=meant["with_built"]
    )
    return plain(done)


def delivery(connection: Connection, actor: Actor, id: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """Refused as ``withdrawing.withdraw_delivery`` and ``asked`` do."""
    meant = asked(said)
    done = withdrawing.withdraw_delivery(
        connection,
        actor,
        delivery_number(id),
        meant["reason"],
        leave_empty=meant["leave_empty"],
        with_built=meant["with_built"],
    )
    return plain(done)


def numbered(connection: Connection, layer: str, seq: str) -> int:
    """The edition that an address means; Refused ``edition_unknown``."""
    if not seq.isascii() or not seq.isdigit() or len(seq) > 9:
        raise Refused("edition_unknown", edition=f"{layer} #{seq}"[:80])
    return withdrawing.numbered(connection, layer, int(seq))


def delivery_number(id: str) -> int:
    """Refused ``import_unknown``."""
    if not id.isascii() or not id.isdigit() or len(id) > 19 or int(id) > LARGEST:
        raise Refused("import_unknown", id=id[:40])
    return int(id)


def plain(done: Mapping[str, Any]) -> dict[str, Any]:
    return {**done, "at": done["at"].isoformat()}


def _whole(said: Mapping[str, Any], field: str) -> int | None:
    value = said.get(field)
    if value is None or value == "":
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 9:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9:
        return value
    raise Refused("field_whole", field=field, got=str(value)[:40])


def _choice(said: Mapping[str, Any], field: str) -> bool | None:
    value = said.get(field)
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in _WORDS:
        return _WORDS[value]
    raise Refused("field_choice", field=field)
