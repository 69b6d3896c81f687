"""A repeated request gives the first answer: the key is claimed by a unique row, so a hundred at once still do the work once."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from db.actor import Actor
from db.errors import GroundError
from db.sql import queries

sql = queries(__file__)

LONGEST_KEY = 200


def once(
    connection: Connection, actor: Actor, key: str, request_sha256: str, make: Callable[[], tuple[int, str]]
) -> tuple[int, str]:
    """(status, body) of the first request with this key by this actor; ``make`` runs only for the first.

    A second request waits for the first one's transaction. GroundError ``idempotency_key_reused`` where the same key came with
    another request.
    """
    if not 0 < len(key) <= LONGEST_KEY:
        raise GroundError("idempotency_key", longest=LONGEST_KEY)
    named = {"actor": actor.id, "key": key}
    if connection.execute(sql.claim, {**named, "request_sha256": request_sha256}).first() is not None:
        status, body = make()
        connection.execute(sql.keep, {**named, "status": status, "body": body})
        return status, body
    first = connection.execute(sql.first_answer, named).one()
    if first.request_sha256 != request_sha256:
        raise GroundError("idempotency_key_reused", key=key)
    return first.status, first.body
