"""What follows the publication of a layer of areas: overlaps and gaps looked for tile by tile, told in its report; where there is no overlap at all, that
is proved, and a check need not dissolve the layer. Where the stanza says so, or where nothing is to be published, the same is done beforehand.

Idempotent: killed anywhere, it begins again and leaves the same rows.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
import shapely
import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from db import jobs, session
from db.actor import Actor
from db.errors import GroundError
from db.sql import queries
from gis.gaps import Box, Gaps
from gis.geometry import Rows, Shapes
from gis.inspection import MOST_STORED, Fault
from gis.topology import TILE, Topology, least_m2, tiles
from layers.model import Layer
from layers.refusal import Refused
from workflows.base_map import catalogue
from workflows.base_map.intake.deliveries import Progress
from workflows.base_map.reports import drawn_up, follow_up_rules, quality
from workflows.base_map.reports import service as reports
from workflows.base_map.reports.drawn_up import Drawn
from workflows.base_map.reports.follow_up_rules import Rule

TASK = "base_map.follow_up"
"""The job that looks at the borders of a published layer."""

MOST_TRIES = 3
CODES = ("overlap", "gap")
_TELL_SECONDS = 1.0

sql = queries(__file__)
log = structlog.get_logger()


def enqueue(connection: Connection, actor: Actor, report: int) -> None:
    """The job exists once the connection's transaction commits. To be called where ``Drawn.follow_up`` is "waiting"."""
    who = {"id": actor.id, "name": actor.name, "kind": actor.kind, "on_behalf_of": actor.on_behalf_of}
    jobs.enqueue(connection, TASK, queue=jobs.FOLLOW_UPS, report=report, actor=who)


def at_once(
    connection: Connection,
    drawn: Drawn,
    edition: int,
    stanza: Layer | None,
    on_progress: Progress | None = None,
) -> None:
    """Look at a staged edition now, in the transaction that stages it, and write what is found into ``drawn``. Does nothing where nothing waits, nor
    where nothing is asked of the layer.
    """
    rule = follow_up_rules.of(stanza, drawn.report["kind"])
    if drawn.follow_up != "waiting" or rule.topology == "none":
        return
    began = time.monotonic()
    found = _looked_at(connection, edition, rule, _teller(drawn.report["layer"], on_progress))
    if found.disjoint:
        connection.execute(sql.proved, {"edition": edition})
    rows = _rows(connection, found, rule)
    drawn.faults += rows
    _tell(drawn.report, found, rule, rows, time.monotonic() - began)


def refuse(drawn: Drawn, stanza: Layer | None) -> None:
    """Where the stanza blocks a layer whose borders are broken. Refused ``topology_broken`` with layer, overlaps, gaps, and x, y of the first."""
    rule = follow_up_rules.of(stanza, drawn.report["kind"])
    told = drawn.report["follow_up"]
    broken = (told.get("overlaps") or 0) + (told.get("gaps") or 0)
    if not rule.before or rule.topology == "none" or not broken:
        return
    first = next(row for row in drawn.faults if row["code"] in CODES)
    place = shapely.from_wkb(first["place"]).representative_point()
    raise Refused(
        "topology_broken",
        layer=drawn.report["layer"],
        overlaps=told.get("overlaps") or 0,
        gaps=told.get("gaps") or 0,
        x=round(place.x, 2),
        y=round(place.y, 2),
    )


def run(engine: Engine, actor: Actor, report: int, on_progress: Progress | None = None) -> dict[str, Any]:
    """The follow-up of a published layer, as its report tells it then. Refused ``intake_layer_unknown``, ``follow_up_in_work``."""
    with _held(engine, report):
        with session.read(engine) as connection:
            found = reports.one(connection, report)
            stanza = catalogue.catalogue_layers(connection).get(found["layer"])
        if found["follow_up"] in ("done", "not_needed") or found["edition_id"] is None:
            return dict(found["report"]["follow_up"])
        began = time.monotonic()
        rule = follow_up_rules.of(stanza, found["report"]["kind"])
        tell = _kept_teller(engine, actor, report, _teller(found["layer"], on_progress))
        try:
            tell(0, 1)
            with session.transaction(engine, actor, patient=True) as connection:
                topology = _looked_at(connection, found["edition_id"], rule, tell)
            with session.transaction(engine, actor, patient=True) as connection:
                return _keep(connection, report, topology, rule, began)
        except Exception as trouble:
            with suppress(SQLAlchemyError, GroundError), session.transaction(engine, actor) as connection:
                _fail(connection, report, type(trouble).__name__)
            raise


def run_job(engine: Engine, report: int, actor: dict[str, Any]) -> None:
    """The worker's part. What it finds stands in the report; a report that somebody else has in work is no failure."""
    try:
        run(engine, Actor(**actor), report)
    except Refused as no:
        log.warning("follow_up_left", report=report, code=no.code)


def resume_forsaken(engine: Engine, actor: Actor) -> list[int]:
    """Queue again what waits or runs and nobody has in work: its process died. Given up, and told as failed, after MOST_TRIES."""
    queued = []
    with session.transaction(engine, actor) as connection:
        for row in connection.execute(sql.forsaken, {"task": TASK}).all():
            if row.failed >= MOST_TRIES:
                _fail(connection, row.id, "given up")
            else:
                enqueue(connection, actor, row.id)
                queued.append(int(row.id))
    return queued


def _looked_at(
    connection: Connection, edition: int, rule: Rule, tell: Callable[[int, int], None]
) -> Topology:
    connection.execute(sql.show, {"edition": edition})
    topology = Topology(
        tolerance_m=rule.tolerance_m,
        gaps=_gaps(connection, edition, rule) if rule.gapless else None,
        proof_only=rule.topology == "none",
    )
    places = np.array([tuple(row) for row in connection.execute(sql.centres)], dtype=np.float64).reshape(
        -1, 3
    )
    every = tiles(places[:, :2], places[:, 2], TILE)
    for done, tile in enumerate(every):
        tell(done, len(every))
        topology.see(tile, *_meeting(connection, tile))
        if topology.stopped:
            break
    if topology.gaps is not None:
        topology.gaps.finish()
    connection.execute(sql.hide)
    tell(len(every), len(every))
    return topology


def _meeting(connection: Connection, box: Box) -> tuple[Rows, Shapes]:
    west, south, east, north = box
    rows = connection.execute(sql.meeting, {"west": west, "south": south, "east": east, "north": north}).all()
    ids = np.array([row.id for row in rows], dtype=np.int64)
    return ids, np.asarray(shapely.from_wkb([bytes(row.wkb) for row in rows]), dtype=object)


def _gaps(connection: Connection, edition: int, rule: Rule) -> Gaps:
    around = connection.execute(sql.extent).one()
    found = connection.execute(sql.coverage, {"edition": edition}).scalar()
    coverage = None if found is None else shapely.from_wkb(bytes(found))
    if coverage is not None:
        shapely.prepare(coverage)
    return Gaps(tuple(around), least_m2(rule.tolerance_m), MOST_STORED, coverage)


def _rows(connection: Connection, found: Topology, rule: Rule) -> list[dict[str, Any]]:
    if rule.topology == "none":
        return []
    srid = int(connection.execute(sql.srid).scalar_one())
    overlaps = [
        Fault(
            "overlap",
            rule.severity,
            one.one,
            {"other": one.other, "area_m2": round(one.area_m2, 2)},
            one.shape,
        )
        for one in found.stored
    ]
    gaps = [
        Fault(
            "gap",
            rule.severity,
            None,
            {"area_m2": round(one.area_m2, 2), "width_m": round(one.width_m, 2)},
            one.shape,
        )
        for one in (found.gaps.stored if found.gaps else ())
    ]
    return [drawn_up.row_of(fault, srid, rule.severity) for fault in (*overlaps, *gaps)]


def _tell(
    report: dict[str, Any], found: Topology, rule: Rule, rows: list[dict[str, Any]], seconds: float
) -> None:
    """Write it into the report: the counts among its faults, the follow-up, and the score anew."""
    looked = rule.topology != "none"
    report["follow_up"] = {
        "state": "done",
        "overlaps": found.overlaps if looked else None,
        "overlap_m2": round(found.overlap_m2, 2) if looked else None,
        "gaps": found.gaps and found.gaps.count,
        "gap_m2": found.gaps and round(found.gaps.area_m2, 2),
        "minor": found.minor + (found.gaps.minor if found.gaps else 0) if looked else None,
        "disjoint": found.disjoint,
        "at_least": found.stopped and looked,
        "seconds": round(seconds, 2),
    }
    counts = {"overlap": found.overlaps, "gap": found.gaps.count if found.gaps else 0} if looked else {}
    others = [each for each in report["faults"] if each["code"] not in CODES]
    report["faults"] = drawn_up.in_order([*others, *drawn_up.summed(counts, rows)])
    report["quality"] = quality.scored(report)


def _keep(connection: Connection, id: int, found: Topology, rule: Rule, began: float) -> dict[str, Any]:
    known = reports.one(connection, id)
    report = dict(known["report"])
    if found.disjoint:
        connection.execute(sql.proved, {"edition": known["edition_id"]})
    rows = _rows(connection, found, rule)
    _tell(report, found, rule, rows, time.monotonic() - began)
    reports.rewrite(connection, id, report, CODES, rows)
    return dict(report["follow_up"])


def _fail(connection: Connection, id: int, detail: str) -> None:
    report = dict(reports.one(connection, id)["report"])
    report["follow_up"] = {"state": "failed", "detail": detail}
    reports.rewrite(connection, id, report)


def _teller(layer: str, on_progress: Progress | None) -> Callable[[int, int], None]:
    return lambda done, total: None if on_progress is None else on_progress("topology", layer, done, total)


def _kept_teller(
    engine: Engine, actor: Actor, id: int, tell: Callable[[int, int], None]
) -> Callable[[int, int], None]:
    """Progress also for whoever watches a page, once a second."""
    told = 0.0

    def kept(done: int, total: int) -> None:
        nonlocal told
        tell(done, total)
        if time.monotonic() - told >= _TELL_SECONDS:
            told = time.monotonic()
            running = json.dumps({"state": "running", "done": done, "total": total})
            with session.transaction(engine, actor) as connection:
                connection.execute(sql.running, {"id": id, "told": running})

    return kept


@contextmanager
def _held(engine: Engine, id: int) -> Iterator[None]:
    """In work here and nowhere else, for as long as this process lives."""
    with engine.connect() as holder:
        try:
            with holder.begin():
                if not holder.execute(sql.try_to_hold, {"id": id}).scalar_one():
                    raise Refused("follow_up_in_work", report=id)
            yield
        finally:
            with suppress(SQLAlchemyError), holder.begin():
                holder.execute(sql.let_go, {"id": id})
            # The lock belongs to the session, and a pooled session lives on.
            holder.invalidate()
