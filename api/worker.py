"""The worker's process: takes jobs of one workspace from the queue, and sweeps up after processes that died. ``python -m api.worker``

With ``--health`` it asks instead whether a worker of the workspace is alive: exit 0 when one is, 1 when none is or nobody can say.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import itertools
import sys
from dataclasses import asdict

import structlog
from sqlalchemy import exc

from db import jobs, session
from db.actor import Actor
from db.errors import GroundError
from db.settings import Web, read
from db.sql import queries
from workflows.base_map.intake import janitor
from workflows.base_map.intake import jobs as base_map_jobs
from workflows.base_map.reports import follow_up
from workflows.site_check.batches import service as batch
from workflows.site_check.batches import work as batch_work

SWEEP_SECONDS = 30
RASTERS_EVERY = 120  # rounds: an hour
SILENT_SECONDS = 60  # a worker says every ten seconds that it is there
WORKER = Actor("worker", "后台任务", kind="machine")
log = structlog.get_logger()
sql = queries(__file__)


async def work(workspace: str) -> None:
    engine = session.engine(workspace)
    app = jobs.worker_app(
        workspace,
        {
            base_map_jobs.IMPORT: functools.partial(base_map_jobs.run_import, engine),
            follow_up.TASK: functools.partial(follow_up.run_job, engine),
            batch.TASK: functools.partial(batch_work.run_job, engine),
        },
    )
    async with app.open_async():
        # Three desks: neither ten thousand sites nor the borders of a large layer keep a delivery waiting. The first hears the signals, and ends the
        # others with itself.
        name = f"hetu-{workspace}"
        beside = [
            asyncio.create_task(sweep(app, workspace)),
            *(
                asyncio.create_task(
                    app.run_worker_async(
                        queues=[queue],
                        concurrency=1,
                        name=f"{name}-{queue}",
                        delete_jobs="never",
                        install_signal_handlers=False,
                    )
                )
                for queue in (jobs.BATCHES, jobs.FOLLOW_UPS)
            ),
        ]
        try:
            await app.run_worker_async(
                queues=[jobs.DELIVERIES], concurrency=1, name=name, delete_jobs="never"
            )
        finally:
            for each in beside:
                each.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await each


async def sweep(app: object, workspace: str) -> None:
    """Deliveries, batches and jobs that nobody holds any more, and what they left on disk: their process was killed, and the database undid what it
    was doing. A batch goes on where it was.
    """
    for turn in itertools.count():
        try:
            gone = await asyncio.to_thread(
                janitor.sweep, session.engine(workspace), WORKER, rasters=turn % RASTERS_EVERY == 0
            )
            buried = await jobs.bury_stalled(app)  # type: ignore[arg-type]
            resumed = await asyncio.to_thread(batch.resume_forsaken, session.engine(workspace), WORKER)
            followed = await asyncio.to_thread(follow_up.resume_forsaken, session.engine(workspace), WORKER)
            if gone or buried or resumed or followed:
                log.warning("swept", **asdict(gone), jobs=buried, batches=resumed, follow_ups=followed)
        except Exception as trouble:  # noqa: BLE001 - the database may be away for a while; the next round tries again
            log.warning("sweep_failed", trouble=str(trouble))
        await asyncio.sleep(SWEEP_SECONDS)


def alive(workspace: str) -> bool:
    """Whether the queue heard of a worker lately: a process that hangs is there and still does not say so."""
    with session.read(session.engine(workspace)) as connection:
        found: bool = connection.execute(sql.alive, {"seconds": SILENT_SECONDS}).scalar_one()
    return found


def health() -> int:
    try:
        workspace = read(Web).workspace
        if alive(workspace):
            return 0
        log.error("no_worker", workspace=workspace, silent_seconds=SILENT_SECONDS)
    except (GroundError, exc.SQLAlchemyError) as trouble:
        log.error("nobody_can_say", trouble=str(trouble))
    return 1


def main() -> None:
    words = argparse.ArgumentParser(prog="python -m api.worker", description=__doc__)
    words.add_argument("--health", action="store_true", help="is a worker of the workspace alive?")
    if words.parse_args().health:
        sys.exit(health())
    asyncio.run(work(read(Web).workspace))


if __name__ == "__main__":
    main()
