"""Who asks, and what a route asks of them: a permission is a type in the handler's signature.

Until people sign in everybody is the demo actor, on loopback only, and every page says so. What an actor may do is decided in
``workflows.people``.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Request

from db.actor import Actor
from layers.model import GRADES, Grade
from layers.refusal import Refused
from workflows import people


class Permitted:
    """Gives the actor of the request to a handler, or refuses with the permission that is lacking."""

    def __init__(self, permission: str) -> None:
        self.permission = permission

    def __call__(self, request: Request) -> Actor:
        actor = people.demo_actor()
        if not people.may(actor, self.permission):
            raise Refused("not_permitted", actor=actor.name, permission=self.permission)
        return actor


CheckRead = Annotated[Actor, Depends(Permitted("check.read"))]
CheckWrite = Annotated[Actor, Depends(Permitted("check.write"))]
CheckOverride = Annotated[Actor, Depends(Permitted("check.override"))]
LayerRead = Annotated[Actor, Depends(Permitted("layer.read"))]
ImportRead = Annotated[Actor, Depends(Permitted("import.read"))]
ImportWrite = Annotated[Actor, Depends(Permitted("import.write"))]
EditionWrite = Annotated[Actor, Depends(Permitted("edition.write"))]
HealthRead = Annotated[Actor, Depends(Permitted("health.read"))]

For = Annotated[
    Grade | None,
    Query(alias="for", description="As somebody of this grade would see it; never more than the actor sees."),
]


def seen(actor: Actor, lowered: Grade | None) -> Grade:
    """The grade at which an answer is shown: the actor's own, or a lower one that was asked for."""
    return min(people.sees(actor), lowered or "secret", key=GRADES.index)
