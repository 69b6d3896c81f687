"""Documents about a stored check, made to be signed, sent and kept: the same check gives the same bytes again.

What is printed is arranged once (``report``); PDF, Word and Excel lay it out. Later words of persons and later marks of editions change a
document; nothing else does: it carries the check's date, not today's.
"""

from __future__ import annotations

from api.documents.writing import KINDS, Kind, Written, prepared, write

__all__ = ["KINDS", "Kind", "Written", "prepared", "write"]
