"""SQL stands beside its speaker, same stem: ``overlay.py`` reads ``overlay.sql``.

A file holds blocks, each a line ``-- name --``, a comment that says what comes out, and one statement. Parameters are ``:name``;
write ``CAST(:site AS geometry)``, for ``:site::geometry`` is silently not a bind.
"""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

from sqlalchemy import TextClause, text

BLOCK = re.compile(r"^-- (\w+) --$", re.MULTILINE)


def parse(source: str) -> dict[str, TextClause]:
    _, *parts = BLOCK.split(source)
    names, bodies = parts[::2], parts[1::2]
    if len(set(names)) != len(names):
        raise ValueError(f"a query name stands twice: {sorted(n for n in names if names.count(n) > 1)}")
    return {name: text(body.strip().removesuffix(";")) for name, body in zip(names, bodies, strict=True)}


def queries(module_file: str) -> SimpleNamespace:
    """The named statements of the .sql file beside ``module_file``."""
    return SimpleNamespace(**parse(Path(module_file).with_suffix(".sql").read_text(encoding="utf-8")))
