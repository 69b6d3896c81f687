"""Making a district's workspace: its system must be one in which a coordinate is a metre, for every area printed is taken from it."""

from __future__ import annotations

from db import workspace as workspaces
from db.actor import Actor
from db.workspace import Workspace
from gis.crs import Crs
from layers.refusal import Refused

WEB_MAPS = {3857, 3395, 3785, 900913, 102100}
"""Mercator's metres are no metres: at 42 degrees north every area comes out 1.8 times too large."""


def make(name: str, *, title: str, project: Crs, actor: Actor) -> Workspace:
    """The workspace in ``project``, made if it is not there. Refused ``project_crs_not_metric``: degrees, feet, Mercator, or no EPSG code."""
    if project.epsg is None or project.geographic or project.unit_metre != 1.0 or project.epsg in WEB_MAPS:
        raise Refused("project_crs_not_metric", got=project.label)
    return workspaces.make(name, title=title, srid=project.epsg, crs_wkt=project.wkt, actor=actor)
