"""The tables as SQLAlchemy sees them, for Alembic's comparison and for the few statements that are built from columns.

The migrations are the truth about the schema; a test holds this page against them.
"""

from __future__ import annotations

from geoalchemy2 import Geometry
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(schema="hetu")


def geometry() -> Geometry:
    return Geometry(geometry_type=None, srid=-1, spatial_index=False)


def moment(name: str, nullable: bool = True) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


catalogue = Table(
    "catalogue",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("body", JSONB, nullable=False),
    moment("loaded_at", nullable=False),
)
stanza = Table(
    "stanza",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("code", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("body", JSONB, nullable=False),
    moment("loaded_at", nullable=False),
    UniqueConstraint("code", "digest"),
)
workspace = Table(
    "workspace",
    metadata,
    Column("name", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("srid", Integer, nullable=False),
    Column("crs_wkt", Text, nullable=False),
    Column("outline", geometry()),
    Column("outline_basis", Text),
    Column("catalogue_id", BigInteger, ForeignKey("hetu.catalogue.id")),
    moment("made_at", nullable=False),
    Column("only_one", Boolean, nullable=False, unique=True),
)
layer = Table(
    "layer",
    metadata,
    Column("code", Text, primary_key=True),
    Column("origin", Text, nullable=False),
    Column("stanza_id", BigInteger, ForeignKey("hetu.stanza.id"), nullable=False),
    Column("position", Integer, nullable=False),
)
delivery = Table(
    "delivery",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("name", Text, nullable=False),
    Column("sha256", Text),
    Column("handed_over_by", Text, nullable=False),
    moment("received_at", nullable=False),
    moment("ended_at"),
    Column("state", Text, nullable=False),
    Column("progress", JSONB, nullable=False),
    Column("refused", JSONB, nullable=False),
    Column("ignored", JSONB, nullable=False),
    Column("reason", JSONB),
    Column("supplier", Text),
    Column("purpose", Text, nullable=False),
    Column("original", Text),
)
coverage = Table(
    "coverage",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("sha256", Text, nullable=False, unique=True),
    Column("geom", geometry(), nullable=False),
)
edition = Table(
    "edition",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("layer", Text, ForeignKey("hetu.layer.code"), nullable=False),
    Column("seq", Integer),
    Column("state", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("delivery_id", BigInteger, ForeignKey("hetu.delivery.id"), nullable=False),
    Column("based_on", BigInteger, ForeignKey("hetu.edition.id")),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("source_layer", Text),
    Column("format", Text, nullable=False),
    Column("crs_in", Text, nullable=False),
    Column("crs_basis", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("encoding", Text),
    Column("fields", JSONB, nullable=False),
    Column("samples", JSONB, nullable=False),
    Column("notes", JSONB, nullable=False),
    Column("rows_read", BigInteger, nullable=False),
    Column("rows_published", BigInteger, nullable=False),
    Column("rows_set_aside", BigInteger, nullable=False),
    Column("extent", geometry()),
    Column("coverage_id", BigInteger, ForeignKey("hetu.coverage.id")),
    Column("coverage_basis", Text, nullable=False),
    Column("coverage_word", Text),
    Column("disjoint", Boolean),
    Column("raster", JSONB),
    moment("staged_at", nullable=False),
    moment("published_at"),
    Column("valid_from", Date),
    moment("withdrawn_at"),
    UniqueConstraint("layer", "seq"),
)
current_edition = Table(
    "current_edition",
    metadata,
    Column("layer", Text, ForeignKey("hetu.layer.code"), primary_key=True),
    Column("edition_id", BigInteger, ForeignKey("hetu.edition.id"), nullable=False, unique=True),
)
displayed_edition = Table(
    "displayed_edition",
    metadata,
    Column("layer", Text, ForeignKey("hetu.layer.code"), primary_key=True),
    Column("edition_id", BigInteger, ForeignKey("hetu.edition.id"), nullable=False, unique=True),
)
feature = Table(
    "feature",
    metadata,
    Column("edition_id", BigInteger, primary_key=True, autoincrement=False),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("ident", Text),
    Column("name", Text),
    Column("class", Text),
    Column("attributes", JSONB, nullable=False),
    Column("geom", geometry(), nullable=False),
)
set_aside = Table(
    "set_aside",
    metadata,
    Column("edition_id", BigInteger, ForeignKey("hetu.edition.id"), primary_key=True, autoincrement=False),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("code", Text, nullable=False),
    Column("params", JSONB, nullable=False),
    Column("x", Double),
    Column("y", Double),
    Column("attributes", JSONB, nullable=False),
    Column("wkb", LargeBinary),
    Column("box", geometry()),
)
rule = Table(
    "rule",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("code", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("body", JSONB, nullable=False),
    moment("loaded_at", nullable=False),
    UniqueConstraint("code", "version"),
)
rulebook = Table(
    "rulebook",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("body", JSONB, nullable=False),
    moment("loaded_at", nullable=False),
)
rulebook_use = Table(
    "rulebook_use",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("rulebook_id", BigInteger, ForeignKey("hetu.rulebook.id"), nullable=False),
    moment("since", nullable=False),
    Column("taken_by", Text, nullable=False),
)
site_check = Table(
    "site_check",
    metadata,
    Column("id", Text, primary_key=True),
    moment("made_at", nullable=False),
    Column("made_by", Text, nullable=False),
    Column("site", geometry(), nullable=False),
    Column("verdict", Text, nullable=False),
    Column("summary", JSONB, nullable=False),
    Column("answer", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("editions", ARRAY(BigInteger), nullable=False),
    Column("product", Text, nullable=False),
    Column("valid_on", Date),
    moment("known_at"),
    Column("rulebook_id", BigInteger, ForeignKey("hetu.rulebook.id")),
    Column("proposal", JSONB),
    Column("shown", JSONB),
)
override = Table(
    "override",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("check_id", Text, ForeignKey("hetu.site_check.id"), nullable=False),
    Column("rule", Text, nullable=False),
    Column("says", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("person", Text, nullable=False),
    moment("made_at", nullable=False),
    Column("made_by", Text, nullable=False),
)
batch = Table(
    "batch",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("asked", JSONB, nullable=False),
    Column("queued", Boolean, nullable=False),
    moment("made_at", nullable=False),
    Column("made_by", Text, nullable=False),
    Column("valid_on", Date, nullable=False),
    moment("known_at", nullable=False),
    Column("rulebook_id", BigInteger, ForeignKey("hetu.rulebook.id")),
    Column("catalogue_id", BigInteger, ForeignKey("hetu.catalogue.id")),
    Column("pinned", JSONB, nullable=False),
    Column("product", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("columns", JSONB, nullable=False),
    Column("left_out", JSONB, nullable=False),
    moment("began_at"),
    moment("ended_at"),
    Column("reason", JSONB),
)
batch_site = Table(
    "batch_site",
    metadata,
    Column("batch_id", Text, ForeignKey("hetu.batch.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("source", Text, nullable=False),
    Column("row", BigInteger, nullable=False),
    Column("label", Text),
    Column("site", geometry()),
    Column("source_crs", Text),
    Column("width_m", Double),
    Column("proposal", JSONB),
    Column("state", Text, nullable=False),
    Column("reason", JSONB),
    Column("verdicts", JSONB),
    Column("shown", JSONB),
    moment("answered_at"),
    Column("check_id", Text, ForeignKey("hetu.site_check.id")),
)
idempotency = Table(
    "idempotency",
    metadata,
    Column("actor", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_sha256", Text, nullable=False),
    Column("status", Integer),
    Column("body", Text),
    moment("at", nullable=False),
)
journal = Table(
    "journal",
    metadata,
    Column("id", BigInteger, primary_key=True),
    moment("at", nullable=False),
    Column("actor", Text, nullable=False),
    Column("on_behalf_of", Text),
    Column("action", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("was", JSONB),
    Column("became", JSONB),
    Column("transaction", Text, nullable=False),  # xid8
)
