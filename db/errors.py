"""How the ground says no: the same shape as a refusal of the plans, spoken about servers, folders and disks.

It carries a code and parameters and speaks no language; sentences stand in ``api/locales``. It does not know ``layers``.
"""

from __future__ import annotations

from typing import Any


class GroundError(Exception):
    """The ground (server, folder, disk, migration) does not hold; what was asked has not been done."""

    def __init__(self, code: str, /, **params: Any) -> None:
        self.code = code
        self.params = params
        super().__init__(code, params)

    def __str__(self) -> str:
        told = ", ".join(f"{key}={value!r}" for key, value in self.params.items())
        return f"{self.code}({told})"
