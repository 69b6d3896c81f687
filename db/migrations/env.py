"""Alembic's entry: runs the migrations on the connection that db.workspace hands over."""

from __future__ import annotations

from alembic import context
from geoalchemy2 import alembic_helpers

from db.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    version_table_schema="public",
    include_object=alembic_helpers.include_object,
    process_revision_directives=alembic_helpers.writer,
    render_item=alembic_helpers.render_item,
)
with context.begin_transaction():
    context.run_migrations()
