"""The tables of what comes in, as SQLAlchemy sees them: reports, faults, tasks, changes, withdrawals, and the local systems that files may be in.

They are of the same metadata as those of ``db.tables``; whoever compares imports this page.
"""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from db.tables import geometry, metadata, moment

withdrawal = Table(
    "withdrawal",
    metadata,
    Column("edition_id", BigInteger, ForeignKey("hetu.edition.id"), primary_key=True, autoincrement=False),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    moment("at", nullable=False),
    Column("step", Text, nullable=False),
    Column("stood_after", BigInteger, ForeignKey("hetu.edition.id")),
)
delta = Table(
    "delta",
    metadata,
    Column("edition_id", BigInteger, ForeignKey("hetu.edition.id"), primary_key=True, autoincrement=False),
    Column("base_edition", BigInteger, ForeignKey("hetu.edition.id"), nullable=False),
    Column("added", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
    Column("removed", BigInteger, nullable=False),
)
delta_row = Table(
    "delta_row",
    metadata,
    Column("edition_id", BigInteger, ForeignKey("hetu.edition.id"), primary_key=True, autoincrement=False),
    Column("row", BigInteger, primary_key=True, autoincrement=False),
    Column("change", Text, nullable=False),
    Column("ident", Text, nullable=False),
    Column("id", BigInteger),
    Column("aside", Boolean, nullable=False),
)
intake_layer = Table(
    "intake_layer",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("delivery_id", BigInteger, ForeignKey("hetu.delivery.id"), nullable=False),
    Column("layer", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("source_layer", Text),
    Column("edition_id", BigInteger, ForeignKey("hetu.edition.id")),
    Column("supplier", Text),
    Column("report", JSONB, nullable=False),
    Column("score", Double),
    Column("follow_up", Text, nullable=False),
)
fault = Table(
    "fault",
    metadata,
    Column("intake_layer_id", BigInteger, ForeignKey("hetu.intake_layer.id"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("code", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("row", BigInteger),
    Column("feature", BigInteger),
    Column("params", JSONB, nullable=False),
    Column("geom", geometry()),
)
intake_task = Table(
    "intake_task",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("intake_layer_id", BigInteger, ForeignKey("hetu.intake_layer.id"), nullable=False),
    Column("supplier", Text),
    Column("state", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("due", Date, nullable=False),
    moment("opened_at", nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("answer", Text),
    moment("answered_at"),
    Column("answered_by", Text),
    moment("closed_at"),
    Column("closed_by", Text),
)
local_system = Table(
    "local_system",
    metadata,
    Column("name", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("area", ARRAY(Double)),
    Column("made_by", Text, nullable=False),
    moment("made_at", nullable=False),
)
