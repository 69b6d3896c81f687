"""An answer looked at later: measured again on what it pinned, asked anew for today, and marked where an edition was withdrawn since."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection

from db.actor import Actor
from gis import crs
from gis.site import Site
from layers.model import Grade
from workflows.base_map import service as base_map
from workflows.base_map import store as base_map_store
from workflows.base_map import withdrawing
from workflows.base_map.catalogue import class_systems
from workflows.site_check import changes, record, service, store, withheld
from workflows.site_check.answering import Question, answered
from workflows.site_check.judging.proposal import NOTHING, Proposal
from workflows.site_check.model import TOLD
from workflows.site_check.rulebook import book as rulebook

Answer = Mapping[str, Any]

_OF_EDITION = (
    *(
        "seq",
        "status",
        "published_at",
        "valid_from",
        "sha256",
        "source",
        "crs_in",
        "crs_basis",
        "coverage_basis",
    ),
    *("coverage_id", "disjoint", "raster"),
)


def again(connection: Connection, id: str, sees: Grade = "secret") -> dict[str, Any]:
    """Measured anew on the pinned editions, by the pinned rules: ``same``, the stored ``answer``, ``differences`` where there are any."""
    before, site = store.read(connection, id)
    displayed = before.get("displayed") or {"editions": {}}
    ids = [each["id"] for group in (before["editions"], displayed["editions"]) for each in group.values()]
    editions = {row["id"]: row for row in base_map_store.editions_by_id(connection, ids)}
    layers = [
        _as_then(layer, editions, displayed["editions"].get(layer["code"])) for layer in before["layers"]
    ]
    rules = before.get("rules")
    asked = Question(
        site=site,
        srid=base_map.workspace(connection)["srid"],
        proposal=proposal_of(before),
        layers=layers,
        book=None if not rules else rulebook.by_id(connection, rules["rulebook"]),
        valid_on=date.fromisoformat(before.get("valid_on") or before["checked_at"][:10]),
        systems=class_systems(connection, before.get("catalogue")),
    )
    found = record.differences(before, answered(connection, asked))
    unseen = {layer["code"] for layer in before["layers"] if withheld.hidden(layer, sees)}
    asked_of = [*before.get("findings", []), *(before.get("displayed") or {}).get("findings", [])]
    of_layer = {each["rule"]: each["layer"] for each in asked_of}
    return {
        "same": not found and record.seal(before) == before["sha256"],
        "answer": withheld.shown_to(before, sees),
        "differences": [
            each
            for each in found
            if not unseen & {each.get("code"), of_layer.get(str(each.get("code")))}
            and not (unseen and each["what"] == "displayed")
        ],
    }


def today(connection: Connection, actor: Actor, id: str, sees: Grade = "secret") -> dict[str, Any]:
    """The same site and proposal asked anew, and kept: ``then``, ``now``, and ``changes`` with the edition or rule that made each of them."""
    before, _ = store.read(connection, id)
    site = site_of(connection, id)
    now = service.check(
        connection, actor, site, proposal=proposal_of(before), layers=_still_there(connection, before)
    )
    then, shown = withheld.shown_to(before, sees), withheld.shown_to(now, sees)
    return {"then": then, "now": shown, "changes": changes.between(then, shown)}


def site_of(connection: Connection, id: str) -> Site:
    """The site of a check, to be asked about again; Refused ``check_unknown``."""
    before, geometry = store.read(connection, id)
    project = crs.parse(base_map.workspace(connection)["srid"])
    said = before["site"]
    return Site(
        geometry, project, {"check": id}, project, "noop", said.get("width_m"), said.get("axis_length_m")
    )


def _still_there(connection: Connection, before: Answer) -> list[str] | None:
    """The layers that were chosen then, less those that are no more; None where every layer was asked."""
    if before.get("only") is None:
        return None
    known = {layer["code"] for layer in base_map.layers(connection)}
    return [code for code in before["only"] if code in known]


def marks(connection: Connection, answer: Answer) -> list[dict[str, Any]]:
    """Editions of the answer that were withdrawn, or followed by another, since it was given: layer, edition, seq, mark, ``stands`` (the number of
    the edition in force now, or None), and of withdrawn ones ``at``, and ``reason`` and ``by`` where they were said and the layer may be seen.
    """
    pinned = {each["id"]: code for code, each in answer["editions"].items()}
    current = {layer["code"]: layer for layer in base_map.layers(connection)}
    closed = {layer["code"] for layer in answer["layers"] if layer.get("withheld")}
    said = withdrawing.said(connection, list(pinned))
    found = []
    for row in base_map_store.editions_by_id(connection, list(pinned)):
        code, now = pinned[row["id"]], current.get(pinned[row["id"]], {})
        withdrawn = row["state"] == "withdrawn"
        if not withdrawn and now.get("edition") == row["id"]:
            continue
        why = said.get(row["id"], {}) if code not in closed else {}
        found.append(
            {
                "layer": code,
                "edition": row["id"],
                "seq": row["seq"],
                "mark": "withdrawn" if withdrawn else "superseded",
                "stands": now.get("seq"),
                "at": row["withdrawn_at"],
                "reason": why.get("reason"),
                "by": why.get("by"),
            }
        )
    return sorted(found, key=lambda each: (each["mark"] != "withdrawn", each["layer"]))


def proposal_of(answer: Answer) -> Proposal:
    return Proposal(**answer["proposal"]) if answer.get("proposal") else NOTHING


def _as_then(
    told: Answer, editions: Mapping[int, Answer], displayed: Mapping[str, Any] | None
) -> dict[str, Any]:
    """A layer as the stored answer saw it: its words from the answer, its editions from the base map."""
    words = {key: told.get(key) for key in TOLD} | {"tolerance_m": told.get("tolerance_m") or 0.0}
    reason = told["reason"] or {}
    if reason.get("code") == "no_edition_on_day":
        words["first_valid_from"] = reason["params"]["first"]
    edition = editions.get(told["edition"], {})
    shown = None if displayed is None else editions[displayed["id"]]
    return {
        **dict.fromkeys(_OF_EDITION),
        **{key: edition.get(key) for key in _OF_EDITION},
        **words,
        "displayed": None
        if shown is None
        else {"edition": shown["id"], **{key: shown[key] for key in _OF_EDITION}},
    }
