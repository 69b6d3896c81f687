"""Who may do what. Until people sign in there is one demo actor on a loopback address, and every page says so."""

from __future__ import annotations

from workflows.people.model import PERMISSIONS, Permission, demo_actor, may, sees, steward

__all__ = ["PERMISSIONS", "Permission", "demo_actor", "may", "sees", "steward"]
