"""The worker's process: takes jobs of one workspace from the queue, and sweeps up after processes that died. ``python -m api.worker``"""

from __future__ import annotations

import asyncio
import contextlib
import functools

import structlog

from db import jobs, session
from db.actor import Actor
from db.settings import Web, read
from workflows.base_map import deliveries
from workflows.base_map import jobs as base_map_jobs

SWEEP_SECONDS = 30
WORKER = Actor("worker", "后台任务", kind="machine")
log = structlog.get_logger()


async def work(workspace: str) -> None:
    engine = session.engine(workspace)
    app = jobs.worker_app(
        workspace, {base_map_jobs.IMPORT: functools.partial(base_map_jobs.run_import, engine)}
    )
    async with app.open_async():
        sweeper = asyncio.create_task(sweep(app, workspace))
        try:
            await app.run_worker_async(concurrency=1, name=f"hetu-{workspace}", delete_jobs="never")
        finally:
            sweeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sweeper


async def sweep(app: object, workspace: str) -> None:
    """Deliveries and jobs that nobody holds any more: their process was killed, and the database undid what it was doing."""
    while True:
        try:
            gone = await asyncio.to_thread(deliveries.abandoned, session.engine(workspace), WORKER)
            buried = await jobs.bury_stalled(app)  # type: ignore[arg-type]
            if gone or buried:
                log.warning("swept", deliveries=gone, jobs=buried)
        except Exception as trouble:  # noqa: BLE001 - the database may be away for a while; the next round tries again
            log.warning("sweep_failed", trouble=str(trouble))
        await asyncio.sleep(SWEEP_SECONDS)


def main() -> None:
    asyncio.run(work(read(Web).workspace))


if __name__ == "__main__":
    main()
