"""A batch on the worker's queue: a worker that is killed leaves it to the next, which goes on where it was."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sqlalchemy import Engine

from db.actor import Actor
from tests.db.test_batch import many, progress, raw, submitted
from tests.db.test_jobs import Worker, worker

__all__ = ["worker"]

PATIENCE_SECONDS = 200.0


def until_answered(engine: Engine, id: str, least: int) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while progress(engine, id)["states"]["answered"] < least:
        assert time.monotonic() < end, progress(engine, id)
        time.sleep(0.1)


def test_a_worker_answers_what_was_handed_over(
    engine: Engine, actor: Actor, worker: Worker, tmp_path: Path
) -> None:
    id = submitted(engine, actor, many(tmp_path / "some.geojson", 30), queued=True)
    worker()
    until_answered(engine, id, 30)


@pytest.mark.all
@pytest.mark.timeout(600)
def test_the_next_worker_goes_on_by_itself(
    engine: Engine, actor: Actor, worker: Worker, tmp_path: Path
) -> None:
    id = submitted(engine, actor, many(tmp_path / "many.geojson", 200), queued=True)
    first = worker()
    until_answered(engine, id, 20)
    first.kill()
    first.wait()
    kept = {row["number"]: row["answered_at"] for row in raw(engine, id) if row["state"] == "answered"}
    assert len(kept) < 200
    worker()
    until_answered(engine, id, 200)
    after = {row["number"]: row["answered_at"] for row in raw(engine, id)}
    assert len(after) == 200
    assert {number: after[number] for number in kept} == kept
