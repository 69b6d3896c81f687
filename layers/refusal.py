"""The one way this house says no.

A refusal carries a code and what a sentence about it needs; it speaks no language and knows no HTTP. Sentences for the codes stand in
``api/locales``; the status of each code stands in ``api/errors``.
"""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """Something handed to Hetu cannot be taken as it is, and nothing was changed by trying."""

    def __init__(self, code: str, /, **params: Any) -> None:
        self.code = code
        self.params = params
        super().__init__(code, params)

    def __str__(self) -> str:
        told = ", ".join(f"{key}={value!r}" for key, value in self.params.items())
        return f"{self.code}({told})"
