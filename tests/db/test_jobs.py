"""Deliveries through the web: a job exists when its transaction did, a worker takes it, and a killed worker leaves nothing half-done."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from db import session
from db.actor import Actor
from db.settings import CHECKOUT
from layers.refusal import Refused
from tests.db.test_intake import _left_over, big_delivery, collection, hills, point, rows
from workflows.base_map.intake import again, jobs

__all__ = ["big_delivery"]

Worker = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture
def worker(workspace: str) -> Iterator[Worker]:
    """Starts a worker of the test's workspace; whatever still runs at the end is killed."""
    running: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), "HETU_WORKSPACE": workspace}
        running.append(
            subprocess.Popen(
                [sys.executable, "-m", "api.worker"],
                cwd=CHECKOUT,
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
        return running[-1]

    yield start
    for each in running:
        each.kill()
        each.wait()


def told(engine: Engine, delivery: int) -> dict[str, Any]:
    with session.read(engine) as connection:
        return jobs.import_progress(connection, delivery)


def until(
    engine: Engine, delivery: int, met: Callable[[dict[str, Any]], bool], patience: float = 90.0
) -> dict[str, Any]:
    end = time.monotonic() + patience
    while not met(found := told(engine, delivery)):
        assert time.monotonic() < end, found
        time.sleep(0.05)
    return found


def submitted(engine: Engine, actor: Actor, path: Path, name: str) -> int:
    with session.transaction(engine, actor) as connection:
        return jobs.submit_import(connection, actor, path, name=name)


def test_a_job_exists_when_its_transaction_does(engine: Engine, actor: Actor, tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_text(collection(point(114.1, 22.7)))
    with engine.connect() as connection:
        undone = connection.begin()
        connection.execute(session.SET_ACTOR, {"actor": actor.id, "on_behalf_of": ""})
        jobs.submit_import(connection, actor, path, name="a.geojson")
        undone.rollback()
    assert rows(engine, "SELECT count(*) FROM jobs.procrastinate_jobs") == [(0,)]
    submitted(engine, actor, path, "a.geojson")
    assert rows(engine, "SELECT count(*) FROM jobs.procrastinate_jobs") == [(1,)]


def test_an_unknown_delivery_and_a_system_that_is_none_are_said_at_once(
    engine: Engine, actor: Actor, tmp_path: Path
) -> None:
    with session.transaction(engine, actor) as connection:
        with pytest.raises(Refused, match="import_unknown"):
            jobs.import_progress(connection, 999_999)
        with pytest.raises(Refused, match="crs_unknown"):
            jobs.submit_import(connection, actor, tmp_path, name="x.zip", source_crs="EPSG:0")
        with pytest.raises(Refused, match="nodata_unreadable"):
            jobs.submit_import(connection, actor, tmp_path, name="x.zip", nodata="nothing")


def test_the_answer_about_nodata_goes_along_with_the_file(
    engine: Engine, actor: Actor, tmp_path: Path
) -> None:
    path = hills(tmp_path / "noise.tif", nodata=None)
    with session.transaction(engine, actor) as connection:
        asked, answered = (
            jobs.submit_import(connection, actor, path, name="noise.tif", nodata=nodata)
            for nodata in (None, "30")
        )
    for (arguments,) in rows(engine, "SELECT args FROM jobs.procrastinate_jobs ORDER BY id"):
        jobs.run_import(engine, **arguments)
    assert told(engine, asked)["reason"]["params"]["sources"][0]["code"] == "raster_nodata"
    assert [layer["rows_read"] for layer in told(engine, answered)["layers"]] == [12]


def test_status_and_day_go_along_with_the_file(engine: Engine, actor: Actor, tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_text(collection(point(114.1, 22.7)))
    with session.transaction(engine, actor) as connection:
        said = jobs.submit_import(connection, actor, path, name="a.geojson", status="on_display", valid_from="2021-03-01")
        unsaid = jobs.submit_import(connection, actor, path, name="a.geojson")
    for (arguments,) in rows(engine, "SELECT args FROM jobs.procrastinate_jobs ORDER BY id"):
        if arguments["delivery"] == unsaid:  # as an earlier landing enqueued it
            arguments = {**{key: arguments[key] for key in ("delivery", "path", "actor")}, "source_crs": None}
        jobs.run_import(engine, **arguments)
    shown, plain = (told(engine, each)["layers"][0] for each in (said, unsaid))
    assert (shown["status"], shown["valid_from"].isoformat()) == ("on_display", "2021-03-01")
    assert (plain["status"], plain["current"]) == ("unknown", True)


def test_a_worker_reads_what_was_handed_over_under_the_name_it_came_by(
    engine: Engine, actor: Actor, worker: Worker, tmp_path: Path
) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_text(collection(point(114.1, 22.7, id=1), point(114.2, 22.7, id=2)))
    bad.write_text("no geojson at all")
    first = submitted(engine, actor, good, "../消防栓 (新).geojson")
    second = submitted(engine, actor, bad, "b.geojson")
    worker()
    published = until(engine, first, lambda found: found["state"] not in ("waiting", "reading"))
    assert (published["state"], [layer["code"] for layer in published["layers"]]) == (
        "published",
        ["消防栓_新"],
    )
    refused = until(engine, second, lambda found: found["state"] not in ("waiting", "reading"))
    assert refused["state"] == "refused"
    assert refused["reason"]["code"]


def test_kill_9_of_the_worker_in_the_middle(
    engine: Engine, actor: Actor, worker: Worker, big_delivery: Path, tmp_path: Path
) -> None:
    import shutil

    before = rows(engine, "SELECT * FROM hetu.current_edition ORDER BY 1")
    packed = Path(shutil.make_archive(str(tmp_path / "big"), "zip", big_delivery))
    first = worker()
    delivery = submitted(engine, actor, packed, "big.zip")
    until(engine, delivery, lambda found: found["progress"].get("phase") == "publishing")
    first.send_signal(signal.SIGKILL)
    first.wait()
    worker()  # its sweep finds the delivery that nobody holds
    swept = until(engine, delivery, lambda found: found["state"] != "reading")
    assert (swept["state"], swept["layers"]) == ("abandoned", [])
    assert rows(engine, "SELECT * FROM hetu.current_edition ORDER BY 1") == before
    assert _left_over(engine) == []
    again = submitted(engine, actor, packed, "big.zip")
    assert (
        until(engine, again, lambda found: found["state"] not in ("waiting", "reading"))["state"]
        == "published"
    )


def test_the_journal_tells_who_handed_it_over(engine: Engine, actor: Actor, tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_text(collection(point(114.1, 22.7)))
    delivery = submitted(engine, actor, path, "a.geojson")
    with session.read(engine) as connection:
        line = connection.execute(
            text("SELECT actor, action FROM hetu.journal WHERE what = 'delivery' AND key = :key"),
            {"key": str(delivery)},
        ).one()
    assert tuple(line) == ("test", "insert")


def test_a_checked_delivery_is_published_once(engine: Engine, actor: Actor, tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_text(collection(point(114.1, 22.7)))
    with session.transaction(engine, actor) as connection:
        checked = jobs.submit_import(connection, actor, path, name="a.geojson", only_check=True)
    for (arguments,) in rows(engine, "SELECT args FROM jobs.procrastinate_jobs ORDER BY id"):
        jobs.run_import(engine, **arguments)
    assert told(engine, checked)["state"] == "checked"
    with session.transaction(engine, actor) as connection:
        published = again.hand_over(connection, actor, checked, {"only_check": ""}, "secret")
    with pytest.raises(Refused, match="checked_published") as no, session.transaction(engine, actor) as connection:
        again.hand_over(connection, actor, checked, {"only_check": ""}, "secret")
    assert no.value.params["other"] == published
    with session.transaction(engine, actor) as connection:  # to check it once more is anybody's right
        again.hand_over(connection, actor, checked, {"only_check": True}, "secret")
