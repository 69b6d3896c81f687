"""Which workspace a command speaks of: the one named, the one set, or the demo; opened and brought up to date."""

from __future__ import annotations

from sqlalchemy import Engine

from db import session
from db import workspace as workspaces
from db.settings import Web, read
from db.workspace import Workspace


def opened(name: str | None) -> tuple[Workspace, Engine]:
    """GroundError ``workspace_unknown`` where there is none of that name."""
    chosen = name or read(Web).workspace
    # The database that was asked for: a copy of a workspace still calls itself by the name of the first.
    return workspaces.open(chosen), session.engine(chosen)
