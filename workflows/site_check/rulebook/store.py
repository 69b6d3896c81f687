"""Rules and rulebooks row by row. It runs statements, decides nothing and never commits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from db.actor import Actor
from db.sql import queries
from layers.canonical import canonical
from workflows.site_check.rulebook.rule import Rule

sql = queries(__file__)


def keep_rules(connection: Connection, rules: Iterable[Rule]) -> None:
    rows = [{"code": rule.code, "version": rule.version, "body": canonical(rule.body)} for rule in rules]
    if rows:
        connection.execute(sql.keep_rule, rows)


def keep_rulebook(connection: Connection, digest: str, body: Mapping[str, Any]) -> int:
    return int(
        connection.execute(sql.keep_rulebook, {"digest": digest, "body": canonical(body)}).scalar_one()
    )


def take(connection: Connection, actor: Actor, id: int) -> None:
    connection.execute(sql.one_taker_at_a_time)
    connection.execute(sql.take, {"id": id, "actor": actor.id})


def in_use(connection: Connection, known_at: datetime | None) -> tuple[int, str] | None:
    """id, digest"""
    row = connection.execute(sql.in_use, {"known_at": known_at}).first()
    return None if row is None else (row.id, row.digest)


def digest(connection: Connection, id: int) -> str:
    return str(connection.execute(sql.digest, {"id": id}).scalar_one())


def body(connection: Connection, id: int) -> dict[str, Any]:
    found: dict[str, Any] = connection.execute(sql.body, {"id": id}).scalar_one()
    return found


def rules(connection: Connection, id: int) -> dict[tuple[str, str], dict[str, Any]]:
    """Bodies of a rulebook's rules by code and version."""
    return {(row.code, row.version): row.body for row in connection.execute(sql.rules, {"id": id})}
