"""Permissions as words and grades, and the functions that decide. Pure: no database, no HTTP, no time of day."""

from __future__ import annotations

from typing import Literal, get_args

from db.actor import Actor
from layers.model import Grade

Permission = Literal[
    "layer.read",
    "check.read",
    "check.write",
    "check.override",
    "import.read",
    "import.write",
    "edition.write",
    "health.read",
]
PERMISSIONS: frozenset[str] = frozenset(get_args(Permission))

_BY_KIND: dict[str, frozenset[str]] = {
    "demo": PERMISSIONS,
    "steward": PERMISSIONS,  # who runs the command line on the server
    "machine": frozenset({"health.read"}),
}
_SEES: dict[str, Grade] = {"demo": "restricted", "steward": "secret"}


def demo_actor() -> Actor:
    return Actor("demo", "演示用户", kind="demo")


def steward(name: str) -> Actor:
    """Who works at the command line, by the name of the account of the operating system."""
    return Actor(f"os:{name}", name, kind="steward")


def sees(actor: Actor) -> Grade:
    """The highest grade whose shapes ``actor`` sees; whoever is not known sees what the public sees."""
    return _SEES.get(actor.kind, "public")


def may(actor: Actor, permission: str) -> bool:
    """Whether ``actor`` may; a word that is no permission is an error of ours, never a silent no."""
    if permission not in PERMISSIONS:
        raise ValueError(f"unknown permission {permission!r}")
    return permission in _BY_KIND.get(actor.kind, frozenset())
