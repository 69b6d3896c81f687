"""The workspace a server shows: its pool, opened when first asked for, and what never changes about it.

One server shows one workspace. A page or an answer opens its own transaction, ``read`` or ``write``, and it is committed there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Connection, Engine

from db import session
from db.actor import Actor
from gis import crs
from workflows.base_map import service as base_map
from workflows.base_map import systems


@dataclass(frozen=True, slots=True)
class Place:
    """What stands in every page's head, and the system in which sites are measured."""

    name: str
    title: str
    project: crs.Crs


class Ground:
    def __init__(self, request: Request) -> None:
        self._state = request.app.state

    @property
    def engine(self) -> Engine:
        held: Engine | None = self._state.engine
        return held if held is not None else session.engine(self._state.workspace)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with session.read(self.engine) as connection:
            yield connection

    @contextmanager
    def write(self, actor: Actor) -> Iterator[Connection]:
        with session.transaction(self.engine, actor) as connection:
            yield connection

    def system(self, text: str) -> crs.Crs:
        """What a person calls a coordinate system here, local ones of the workspace included."""
        with self.read() as connection:
            return systems.meant(connection, text)

    def place(self) -> Place:
        """Read once: neither name nor coordinate system of a workspace ever changes."""
        if self._state.place is None:
            with self.read() as connection:
                told = base_map.workspace(connection)
            self._state.place = Place(told["name"], told["title"], crs.parse(told["srid"]))
        place: Place = self._state.place
        return place


Workspace = Annotated[Ground, Depends(Ground)]
