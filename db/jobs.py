"""Long work waits in Postgres: enqueued inside the transaction that wants it, so that a rollback leaves no job and a commit exactly one.

Procrastinate keeps the queue, in the schema ``jobs``; our side enqueues through SQLAlchemy and psycopg2, its worker brings psycopg 3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from procrastinate import App, PsycopgConnector
from procrastinate.contrib.sqlalchemy import SQLAlchemyPsycopg2Connector
from sqlalchemy import Connection

from db import cluster, session

_enqueuer = App(connector=SQLAlchemyPsycopg2Connector())


DELIVERIES = "default"
BATCHES = "batches"
FOLLOW_UPS = "follow_ups"
"""Queues: what waits in one keeps nothing in the others waiting."""


def enqueue(connection: Connection, task: str, *, queue: str = DELIVERIES, **arguments: Any) -> int:
    """Number of the job, which exists once the connection's transaction commits. ``arguments`` are JSON."""
    return _enqueuer.configure_task(task, connection=connection, queue=queue).defer(**arguments)


def worker_app(workspace: str, tasks: Mapping[str, Callable[..., Any]]) -> App:
    """The worker's side: an app that knows ``tasks`` by name and reads the workspace's queue."""
    url = cluster.url(session.database_name(workspace)).replace("postgresql+psycopg2://", "postgresql://", 1)
    app = App(connector=PsycopgConnector(conninfo=url, kwargs={"options": "-c search_path=jobs,public"}))
    for name, function in tasks.items():
        app.task(name=name)(function)
    return app


async def bury_stalled(app: App) -> int:
    """Jobs whose worker died are marked failed; what they were doing was undone by the database. How many there were."""
    stalled = list(await app.job_manager.get_stalled_jobs())
    for job in stalled:
        await app.job_manager.finish_job(job, status=_failed(), delete_job=False)
    return len(stalled)


def _failed() -> Any:
    from procrastinate.jobs import Status

    return Status.FAILED
