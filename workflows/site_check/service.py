"""Check a site or a proposal against every layer and rule, keep the answer, and give it again word for word."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection

import workflows
from db.actor import Actor
from gis.site import Site
from layers.codes import ClassSystem
from layers.model import Grade
from layers.refusal import Refused
from workflows.base_map import service as base_map
from workflows.base_map import store as base_map_store
from workflows.base_map import withdrawing
from workflows.base_map.catalogue import class_systems
from workflows.site_check import record, store, withheld
from workflows.site_check.answering import Question, answered
from workflows.site_check.judging import proposal as proposals
from workflows.site_check.judging.proposal import NOTHING, Proposal
from workflows.site_check.rulebook import book as rulebook
from workflows.site_check.rulebook.uses import USES

ZONE = ZoneInfo("Asia/Shanghai")
"""In which a day begins and ends."""

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # no letter that is read as another


def check(
    connection: Connection,
    actor: Actor,
    site: Site,
    *,
    proposal: Proposal = NOTHING,
    layers: Sequence[str] | None = None,
    valid_on: date | None = None,
    known_at: datetime | None = None,
    keep: bool = True,
) -> dict[str, Any]:
    """Measure ``site`` against the editions of all ``layers`` (default: every layer), judge it by the rulebook, and keep the answer.

    ``valid_on``: the day whose editions and rules hold (today); ``known_at``: only what Hetu knew then (now). Refused
    ``site_outside_district``, ``site_larger_than_district``, ``layer_unknown``, ``no_layers``, ``known_at_future``.
    """
    workspace = base_map.workspace(connection)
    district = base_map_store.outline(connection)
    if district is None:
        raise Refused("no_layers", workspace=workspace["name"])
    fits(site.geometry, district)
    made_at = store.moment(connection)
    if known_at is not None and known_at > made_at:
        raise Refused("known_at_future", got=known_at.isoformat(), now=made_at.isoformat())
    known = base_map.layers(connection, valid_on=valid_on, known_at=known_at)
    asked = Question(
        site=site.geometry,
        srid=workspace["srid"],
        proposal=proposal,
        layers=_chosen(known, layers),
        book=rulebook.in_use(connection, known_at),
        valid_on=valid_on or made_at.astimezone(ZONE).date(),
        systems=class_systems(connection),
    )
    answer = answered(connection, asked)
    answer["id"] = f"{made_at.astimezone(ZONE):%y%m%d}-{''.join(secrets.choice(_ALPHABET) for _ in range(8))}"
    answer["site"] |= {
        "crs": site.crs.label,
        "given": site.given,
        "source_crs": site.source_crs.label,
        "operation": site.operation,
        "width_m": site.width_m,
        "axis_length_m": site.axis_length_m,
    }
    answer |= {
        "format": record.FORMAT,
        "only": None if layers is None else list(layers),
        "checked_at": made_at.isoformat(),
        "known_at": (known_at or made_at).isoformat(),
        "calendar": {"zone": str(ZONE), "working_days": None},
        "catalogue": base_map_store.catalogue_id(connection),
        "workspace": workspace["name"],
        "product": workflows.PRODUCT,
        "checked_by": actor.id,
    }
    answer["sha256"] = record.seal(answer)
    if keep:
        store.keep(connection, actor, site.geometry, workspace["srid"], answer, withheld.by_grade(answer))
    return answer


def propose(connection: Connection, said: Mapping[str, Any]) -> Proposal:
    """A proposal as people write it; refused where a figure cannot be read or a use is no land and sea use (``proposal.parse``)."""
    return proposals.parse(said, class_systems(connection), USES)


def reissue(connection: Connection, id: str, sees: Grade = "secret") -> dict[str, Any]:
    """The answer exactly as it was given, or what of it somebody of a grade may see."""
    return withheld.shown_to(store.read(connection, id)[0], sees)


def latest(
    connection: Connection,
    limit: int = 50,
    offset: int = 0,
    sees: Grade = "secret",
    *,
    edition: int | None = None,
    withdrawn: bool = False,
) -> list[dict[str, Any]]:
    """The newest first: all, those that used ``edition``, or those that used one that was ``withdrawn`` since (their ids stand in each)."""
    gone = withdrawing.gone(connection)
    used = gone if withdrawn else None
    return store.latest(connection, limit, offset, sees, gone, used if edition is None else [edition])


def uses(connection: Connection) -> ClassSystem | None:
    """What may be intended: the classes of the land and sea use system, where the catalogue has it."""
    return class_systems(connection).get(USES)


def fits(site: BaseGeometry, district: BaseGeometry) -> None:
    if site.area > district.area:
        raise Refused(
            "site_larger_than_district",
            site_km2=round(site.area / 1e6, 2),
            district_km2=round(district.area / 1e6, 2),
        )
    if not site.intersects(district):
        raise Refused("site_outside_district", distance_km=round(site.distance(district) / 1000, 2))


def _chosen(known: list[dict[str, Any]], codes: Sequence[str] | None) -> list[dict[str, Any]]:
    if codes is None:
        return known
    unknown = sorted(set(codes) - {layer["code"] for layer in known})
    if unknown:
        raise Refused("layer_unknown", layer=unknown[0])
    return [layer for layer in known if layer["code"] in set(codes)]
