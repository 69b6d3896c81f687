"""Whether a worker is alive is asked of the queue, by the words that stand in the compose file."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from db import session
from db.settings import CHECKOUT

PATIENCE_SECONDS = 60.0


def started(workspace: str, *words: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "api.worker", *words],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), "HETU_WORKSPACE": workspace, **environment},
        stdout=subprocess.PIPE if words else subprocess.DEVNULL,
        stderr=subprocess.STDOUT if words else subprocess.DEVNULL,
        text=True,
    )


def health(workspace: str, **environment: str) -> tuple[int, str]:
    asked = started(workspace, "--health", **environment)
    said, _ = asked.communicate(timeout=PATIENCE_SECONDS)
    return asked.returncode, said


@pytest.fixture
def worker(workspace: str) -> Iterator[subprocess.Popen[str]]:
    running = started(workspace)
    yield running
    running.kill()
    running.wait()


def test_without_a_worker_nobody_is_well(workspace: str) -> None:
    status, said = health(workspace)
    assert status == 1
    assert "no_worker" in said


def test_a_live_worker_is_well_until_it_falls_silent(workspace: str, worker: subprocess.Popen[str]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while health(workspace)[0] != 0:
        assert worker.poll() is None, "the worker ended"
        assert time.monotonic() < end, "the worker never said that it is there"
    worker.kill()
    worker.wait()
    with session.engine(workspace).begin() as connection:  # a minute later
        connection.execute(
            text("UPDATE jobs.procrastinate_workers SET last_heartbeat = last_heartbeat - interval '61 s'")
        )
    assert health(workspace)[0] == 1


def test_without_a_database_nobody_can_say(workspace: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    status, said = health(workspace, DATABASE_URL=f"postgresql://nobody@127.0.0.1:{port}/nothing")
    assert status == 1
    assert "nobody_can_say" in said
    assert "Traceback" not in said
