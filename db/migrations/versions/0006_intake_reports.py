"""Intake reports: what is wrong with which row of a delivery, how good it is, and tasks back to whoever delivered it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    # The bare cursor: a driver looking for parameters would trip over the text.
    with closing(op.get_bind().connection.cursor()) as cursor:
        cursor.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("migrations only go forward")
