"""Who acts. Every write names an actor, and on whose behalf; what an actor may do is decided in workflows.people."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    id: str
    name: str
    kind: str = "person"  # "person", "machine" or, until people sign in, "demo"
    on_behalf_of: str | None = None
