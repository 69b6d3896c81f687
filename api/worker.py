"""The worker's process: takes jobs of one workspace from the queue, and sweeps up after processes that died. ``python -m api.worker``

With ``--health`` it asks instead whether a worker of the workspace is alive: exit 0 when one is, 1 when none is or nobody can say.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import sys

import structlog
from sqlalchemy import exc

from db import jobs, session
from db.actor import Actor
from db.errors import GroundError
from db.settings import Web, read
from db.sql import queries
from workflows.base_map import deliveries
from workflows.base_map import jobs as base_map_jobs
from workflows.site_check.batches import service as batch
from workflows.site_check.batches import work as batch_work

SWEEP_SECONDS = 30
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
            batch.TASK: functools.partial(batch_work.run_job, engine),
        },
    )
    async with app.open_async():
        # Two desks: ten thousand sites keep no delivery waiting. The first hears the signals, and ends the other with itself.
        name = f"hetu-{workspace}"
        beside = [
            asyncio.create_task(sweep(app, workspace)),
            asyncio.create_task(
                app.run_worker_async(
                    queues=[jobs.BATCHES],
                    concurrency=1,
                    name=f"{name}-batches",
                    delete_jobs="never",
                    install_signal_handlers=False,
                )
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
    """Deliveries, batches and jobs that nobody holds any more: their process was killed, and the database undid what it was doing. A batch goes
    on where it was.
    """
    while True:
        try:
            gone = await asyncio.to_thread(deliveries.abandoned, session.engine(workspace), WORKER)
            buried = await jobs.bury_stalled(app)  # type: ignore[arg-type]
            resumed = await asyncio.to_thread(batch.resume_forsaken, session.engine(workspace), WORKER)
            if gone or buried or resumed:
                log.warning("swept", deliveries=gone, jobs=buried, batches=resumed)
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
