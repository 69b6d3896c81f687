"""A batch being answered: its file is read once, then its rows are answered in chunks, each chunk a transaction, by several hands at once.

A process that dies loses the chunks in its hands and nothing else: their rows wait again, whoever goes on finds them, and no row is answered
twice. One row that cannot be answered costs the others nothing.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import Event, Lock
from typing import Any

import structlog
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from db import session
from db.actor import Actor
from db.errors import GroundError
from gis import crs, sites
from gis.overlay import servers_fault
from gis.sandbox import UPLOAD, Limits
from layers.refusal import Refused
from workflows.base_map import service as base_map
from workflows.base_map import store as base_map_store
from workflows.base_map import systems
from workflows.base_map.catalogue import class_systems
from workflows.site_check import service
from workflows.site_check.answering import Question, answered
from workflows.site_check.batches import columns as batch_columns
from workflows.site_check.batches import compact, store
from workflows.site_check.batches import service as batch
from workflows.site_check.judging.proposal import NOTHING, Proposal, parse
from workflows.site_check.rulebook import book as rulebook
from workflows.site_check.rulebook.uses import USES

CHUNK = 20
HANDS = min(4, (os.cpu_count() or 1) + 1)
"""While one hand waits for the database, another judges."""
PATIENCE_SECONDS = 1.5

SLIPS = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError, ShapelyError)
"""What goes wrong over one row alone, and is a mistake of ours."""

log = structlog.get_logger()
Progress = Callable[[str, str, int, int], None]
"""phase ("reading" or "answering"), the file, done, total."""


def run(
    engine: Engine,
    actor: Actor,
    id: str,
    *,
    on_progress: Progress | None = None,
    hands: int = HANDS,
    limits: Limits = UPLOAD,
) -> None:
    """Answer what of the batch is not answered yet. Refused ``batch_unknown``, ``batch_in_work``; where the file holds no site, with what stands in
    the way, and the batch is over.
    """
    with held(engine, id):
        with session.read(engine) as connection:
            found = store.one(connection, id)
        if found["state"] in ("done", "refused"):
            return
        tell = on_progress or (lambda phase, name, done, total: None)
        if found["state"] != "answering":
            _read(engine, actor, found, tell, limits)
        _answer(engine, actor, found, tell, hands)
        with session.transaction(engine, actor) as connection:
            store.end(connection, id, "done")


def run_job(engine: Engine, batch: str, actor: dict[str, Any]) -> None:
    """The worker's part. What is wrong with the file stands in the batch's row; it is no failure of the job."""
    try:
        run(engine, Actor(**actor), batch)
    except (Refused, GroundError) as no:
        log.warning("batch_stopped", batch=batch, code=no.code)


@contextmanager
def held(engine: Engine, id: str) -> Iterator[None]:
    """In work here and nowhere else, for as long as this process lives."""
    with engine.connect() as holder:
        try:
            _hold(holder, id)
            yield
        finally:
            with suppress(SQLAlchemyError), holder.begin():
                store.let_go(holder, id)
            # The lock belongs to the session, and a pooled session lives on.
            holder.invalidate()


def _hold(holder: Connection, id: str) -> None:
    """The server hears of a process that was killed a moment later than whoever goes on for it."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        with holder.begin():
            if store.try_to_hold(holder, id):
                return
        if time.monotonic() > until:
            raise Refused("batch_in_work", batch=id)
        time.sleep(0.1)


def _read(engine: Engine, actor: Actor, found: dict[str, Any], tell: Progress, limits: Limits) -> None:
    id, name, asked = found["id"], found["name"], found["asked"]
    with session.transaction(engine, actor) as connection:
        store.begin(connection, id)
        project = crs.parse(base_map.workspace(connection)["srid"])
        district = base_map_store.outline(connection)
    try:
        with session.read(engine) as connection:  # a local system may be gone since
            declared = systems.meant(connection, asked["source_crs"]) if asked["source_crs"] else None
        read = sites.read(
            Path(found["file"]),
            project,
            most=batch.MOST,
            source_crs=declared,
            limits=limits,
            on_progress=lambda _, done, total: tell("reading", name, done, total),
        )
        columns = {
            source: batch_columns.columns(fields, read.formats[source])
            for source, fields in read.fields.items()
        }
        assert district is not None
        with session.transaction(engine, actor, patient=True) as connection:
            desk = _Desk(connection, project, district, columns, asked)
            store.keep_rows(connection, id, project_srid(connection), [desk.kept(row) for row in read.rows])
            left_out = [
                {"path": each.path, "code": each.code, "params": each.params} for each in read.refused
            ]
            store.was_read(connection, id, columns, left_out)
    except Refused as no:
        with session.transaction(engine, actor) as connection:
            store.end(connection, id, "refused", {"code": no.code, "params": no.params})
        raise


def project_srid(connection: Connection) -> int:
    srid: int = base_map.workspace(connection)["srid"]
    return srid


class _Desk:
    """Takes rows of the file one by one: the site, and what is proposed on it; or the reason why it is none."""

    def __init__(
        self,
        connection: Connection,
        project: crs.Crs,
        district: BaseGeometry,
        columns: dict[str, dict[str, str]],
        asked: dict[str, Any],
    ) -> None:
        self._connection, self._project, self._district = connection, project, district
        self._columns, self._asked = columns, asked
        self._common = {key: value for key, value in asked["proposal"].items() if value is not None}
        self._systems = class_systems(connection)

    def kept(self, row: sites.Row) -> store.Kept:
        told_by = self._columns[row.source]
        site, proposal, reason = None, None, None
        try:
            width = batch_columns.width(row.attributes, told_by, self._asked["width_m"])
            site = row.site(self._project, width)
            service.fits(site.geometry, self._district)
            said = batch_columns.said(row.attributes, told_by, self._common)
            proposal = parse(said, self._systems, USES)
        except Refused as no:
            reason = {"code": no.code, "params": no.params}
        return store.Kept(
            number=row.number,
            source=row.source,
            row=row.row,
            label=batch_columns.label(row.attributes, told_by),
            site=None if site is None else site.geometry,
            source_crs=row.crs.label,
            width_m=None if site is None else site.width_m,
            proposal=None if proposal is None else proposal.body(),
            reason=reason,
        )


def _answer(engine: Engine, actor: Actor, found: dict[str, Any], tell: Progress, hands: int) -> None:
    id, name = found["id"], found["name"]
    pinned = _pinned(engine, found)
    with session.read(engine) as connection:
        states, _ = store.counts(connection, id, "secret")
    total = sum(states.values())
    done = total - states.get("waiting", 0)
    stop, counting = Event(), Lock()

    def hand() -> None:
        nonlocal done
        try:
            while not stop.is_set():
                with session.transaction(engine, actor) as connection:
                    rows = store.claim(connection, id, CHUNK)
                    for number, site, proposal in rows:
                        _answer_row(connection, id, pinned, number, site, proposal)
                if not rows:
                    return
                with counting:
                    done += len(rows)
                    tell("answering", name, done, total)
        except BaseException:
            stop.set()  # the others end with the chunk in their hands
            raise

    tell("answering", name, done, total)
    with ThreadPoolExecutor(hands, thread_name_prefix="batch") as pool:
        working = [pool.submit(hand) for _ in range(hands)]
        try:
            for each in working:
                each.result()
        except BaseException:
            stop.set()
            raise


def _pinned(engine: Engine, found: dict[str, Any]) -> Question:
    """What every row is asked, but for its site and what is proposed on it."""
    with session.read(engine) as connection:
        return Question(
            site=None,
            srid=project_srid(connection),
            proposal=NOTHING,
            layers=found["layers"],
            book=found["rulebook_id"] and rulebook.by_id(connection, found["rulebook_id"]),
            valid_on=found["valid_on"],
            systems=class_systems(connection, found["catalogue_id"]),
        )


def _answer_row(
    connection: Connection,
    id: str,
    pinned: Question,
    number: int,
    site: BaseGeometry,
    proposal: dict[str, Any],
) -> None:
    asked = replace(pinned, site=site, proposal=Proposal(**proposal))
    try:
        with connection.begin_nested():
            verdicts, shown = compact.by_grade(answered(connection, asked))
        store.answer(connection, id, number, verdicts, shown)
    except Refused as no:
        store.refuse(connection, id, number, no.code, no.params)
    except SLIPS as slip:
        log.exception("row_failed", batch=id, number=number)
        store.refuse(connection, id, number, "row_failed", {"detail": type(slip).__name__})
    except DBAPIError as error:
        trouble = _of_geometry(error)
        store.refuse(connection, id, number, trouble.code, trouble.params)


def _of_geometry(error: DBAPIError) -> Refused:
    """Why one row cannot be measured; trouble of the server's is raised again, for it concerns every row."""
    try:
        if servers_fault(error):
            raise error
    except Refused as too_long:
        return too_long
    return Refused("row_failed", detail=str(error.orig).split("\n")[0])
