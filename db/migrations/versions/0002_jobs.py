"""The job queue: procrastinate's own tables, in a schema of their own."""

from __future__ import annotations

from contextlib import closing

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    with closing(op.get_bind().connection.cursor()) as cursor:
        cursor.execute("CREATE SCHEMA jobs")
        cursor.execute("SET LOCAL search_path TO jobs, public")
        cursor.execute(SchemaManager.get_schema())
        cursor.execute("RESET search_path")


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward")
