"""Who acts. Every journaled write names an actor, and on whose behalf; what an actor may do is decided in workflows.people."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    id: str
    name: str
    kind: str = (
        "person"  # what workflows.people decides by: "demo" until people sign in, "steward", "machine"
    )
    on_behalf_of: str | None = None
