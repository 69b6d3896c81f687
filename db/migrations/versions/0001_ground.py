"""The ground: catalogue versions, layers, deliveries, editions, features, checks, idempotency keys, journal."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    # The bare cursor: the text holds format() patterns that a driver looking for parameters would trip over.
    with closing(op.get_bind().connection.cursor()) as cursor:
        cursor.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward")
