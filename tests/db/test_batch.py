"""Many sites of one file: every row the answer of a check of its own, all for one moment, none lost and none twice whatever dies meanwhile."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyproj
import pytest
import shapely
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from api.batches import Words, wording
from api.language import LANGUAGES, Speech
from db import session
from db.actor import Actor
from db.settings import CHECKOUT
from gis import edition
from gis.edition import Coverage
from layers import catalogue
from layers.model import GRADES
from layers.refusal import Refused
from tests.little_district import OUTLINE, SRID, arrival, km
from workflows.base_map import store as base_map_store
from workflows.site_check import answering, service, withheld
from workflows.site_check.batches import compact
from workflows.site_check.batches import service as batch
from workflows.site_check.batches import store as batch_store
from workflows.site_check.batches import work as batch_work
from workflows.site_check.rulebook import book as rulebook

degrees = pyproj.Transformer.from_crs(SRID, 4326, always_xy=True).transform
FARMLAND, RED_LINE, CLEAR = (
    km(512, 2518, 512.2, 2518.2),
    km(515.6, 2514.1, 515.8, 2514.2),
    km(517, 2517, 517.1, 2517.1),
)
PATIENCE_SECONDS = 90.0


def feature(shape: shapely.Geometry | None, **told: Any) -> dict[str, Any]:
    turned = (
        None
        if shape is None
        else json.loads(shapely.to_geojson(shapely.transform(shape, degrees, interleaved=False)))
    )
    return {"type": "Feature", "properties": told, "geometry": turned}


def written(path: Path, *features: dict[str, Any]) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}), encoding="utf-8")
    return path


def submitted(engine: Engine, actor: Actor, path: Path, **said: Any) -> str:
    with session.transaction(engine, actor) as connection:
        return batch.submit(connection, actor, path, name=path.name, **{"queued": False, **said})


def answered(engine: Engine, actor: Actor, path: Path, **said: Any) -> str:
    id = submitted(engine, actor, path, **said)
    batch_work.run(engine, actor, id)
    return id


def rows(engine: Engine, id: str, grade: Any = "secret") -> list[dict[str, Any]]:
    with session.read(engine) as connection:
        return list(batch.lookup(connection, id, grade).rows(connection))


def progress(engine: Engine, id: str, grade: Any = "secret") -> dict[str, Any]:
    with session.read(engine) as connection:
        return batch.progress(connection, id, grade)


def raw(engine: Engine, id: str) -> list[Any]:
    with session.read(engine) as connection:
        asked = text("SELECT * FROM hetu.batch_site WHERE batch_id = :id ORDER BY number")
        return list(connection.execute(asked, {"id": id}).mappings())


@pytest.fixture
def common(module_workspace: str) -> Engine:
    """Of one workspace for all whose batches do not stand in each other's way."""
    return session.engine(module_workspace)


@pytest.fixture
def three(tmp_path: Path) -> Path:
    return written(
        tmp_path / "three.geojson",
        feature(FARMLAND, 名称="田", 用途="0804", 建筑高度=24),
        feature(RED_LINE, 名称="线", 用途="0804"),
        feature(CLEAR, 名称="空", 建筑高度="60 m"),
    )


def test_a_row_says_what_a_full_check_of_it_says_to_every_grade(
    common: Engine, actor: Actor, three: Path
) -> None:
    id = answered(common, actor, three, proposal={"use": "0701"})
    for row in raw(common, id):
        with session.transaction(common, actor) as connection:
            check = batch.full_check(connection, actor, id, row["number"])
            full = service.reissue(connection, check)
            assert batch.full_check(connection, actor, id, row["number"]) == check  # made once
        assert (full["valid_on"], full["proposal"]) == (
            progress(common, id)["valid_on"].isoformat(),
            row["proposal"],
        )
        for grade in GRADES:
            shown = withheld.shown_to(full, grade)
            assert compact.seen(row["shown"], grade) == compact.of(shown)
            assert row["verdicts"][grade] == shown["verdict"]


def test_what_was_made_small_opens_to_the_same_reasons_and_questions(
    common: Engine, actor: Actor, three: Path
) -> None:
    id = answered(common, actor, three)
    for row in rows(common, id):
        with session.transaction(common, actor) as connection:
            full = service.reissue(connection, batch.full_check(connection, actor, id, row["number"]))
        small = row["answer"]
        kept = [each for each in full["findings"] if each["state"] != "holds not"]
        assert [each["rule"] for each in small["findings"]] == [each["rule"] for each in kept]
        assert small["states"]["holds not"] == len(full["findings"]) - len(kept)
        assert [each["params"].get("rule") for each in small["reasons"]] == [
            each["params"].get("rule") for each in full["reasons"]
        ]
        assert small["questions"] == full["questions"]
        for one, other in zip(small["findings"], kept, strict=True):
            told = (
                "name",
                "state",
                "effect",
                "worst",
                "layer_name",
                "measure",
                "limit",
                "above",
                "department",
                "why",
                "basis",
            )
            assert {key: one[key] for key in told} == {key: other[key] for key in told}
            assert one["amount"]["unit"] == other["amount"]["unit"]
            assert one["amount"]["low"] == pytest.approx(other["amount"]["low"], abs=0.01)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_row_is_told_in_the_sentence_of_its_full_check(
    common: Engine, actor: Actor, three: Path, language: str
) -> None:
    id = answered(common, actor, three)
    for row in rows(common, id):
        with session.transaction(common, actor) as connection:
            full = service.reissue(connection, batch.full_check(connection, actor, id, row["number"]))
            words = wording(connection, Speech(language))
        assert Words(words).lead(row) == words.lead(full)
        holding = [each for each in full["findings"] if each["state"] == "holds"]
        small = [each for each in row["answer"]["findings"] if each["state"] == "holds"]
        assert [words.found(each) for each in small] == [words.found(each) for each in holding]
        assert [words.limit(each) for each in small] == [words.limit(each) for each in holding]


def test_rows_that_are_no_sites_say_why_and_cost_the_others_nothing(
    common: Engine, actor: Actor, tmp_path: Path
) -> None:
    bowtie = shapely.Polygon(
        [(513_000, 2_517_000), (513_100, 2_517_100), (513_100, 2_517_000), (513_000, 2_517_100)]
    )
    road = shapely.LineString([(513_000, 2_512_500), (513_400, 2_512_500)])
    path = written(
        tmp_path / "mixed.geojson",
        feature(FARMLAND, name="good"),
        feature(None, name="nothing"),
        feature(bowtie, name="bowtie"),
        feature(road, name="road"),
        feature(road, name="wide road", width_m=12),
        feature(road, name="wide in words", width_m="broad"),
        feature(km(600, 2517, 601, 2518), name="elsewhere"),
        feature(km(505, 2505, 525, 2525), name="larger than the district"),
        feature(CLEAR, name="feet", height="60 feet"),
        feature(CLEAR, name="negative", far=-2),
        feature(CLEAR, name="letters", use="R2"),
        feature(CLEAR, name="a number", use=804),
        feature(CLEAR, name="also good"),
    )
    id = answered(common, actor, path)
    found = {row["label"]: row["reason"] and row["reason"]["code"] for row in rows(common, id)}
    assert found == {
        "good": None, "nothing": "null_geometry", "bowtie": "invalid_geometry", "road": "line_without_width", "wide road": None,
        "wide in words": "width_out_of_range", "elsewhere": "site_outside_district", "larger than the district": "site_larger_than_district",
        "feet": "proposal_unit", "negative": "proposal_range", "letters": "use_of_another_system", "a number": "use_unknown",
        "also good": None,
    }  # fmt: skip
    told = progress(common, id)
    assert (told["state"], told["rows"], told["states"]) == (
        "done",
        13,
        {"waiting": 0, "answered": 3, "refused": 10},
    )
    assert sum(told["verdicts"].values()) == 3
    wide = next(row for row in rows(common, id) if row["label"] == "wide road")
    assert wide["area"] == pytest.approx(400 * 12, rel=0.001)


def test_a_row_has_its_own_proposal_and_for_the_rest_that_of_all(
    common: Engine, actor: Actor, three: Path
) -> None:
    found = rows(
        common, answered(common, actor, three, proposal={"use": "0701", "height": "30 m", "setback": 6})
    )
    told = [{key: row["proposal"][key] for key in ("use", "height", "setback")} for row in found]
    assert told == [
        {"use": "0804", "height": 24.0, "setback": 6.0},
        {"use": "0804", "height": 30.0, "setback": 6.0},
        {"use": "0701", "height": 60.0, "setback": 6.0},
    ]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"proposal": {"height": "sixty"}}, "proposal_figure"),
        ({"proposal": {"use": "R2"}}, "use_of_another_system"),
        ({"proposal": {"colour": "red"}}, "proposal_unknown"),
        ({"width_m": 0.0}, "width_out_of_range"),
        ({"source_crs": "EPSG:0"}, "crs_unknown"),
    ],
)
def test_what_is_said_for_all_is_refused_while_somebody_listens(
    engine: Engine, actor: Actor, three: Path, said: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refused) as refusal:
        submitted(engine, actor, three, **said)
    assert refusal.value.code == code
    with session.read(engine) as connection:
        assert batch.latest(connection) == []


def test_a_moment_to_come_is_refused(common: Engine, actor: Actor, three: Path) -> None:
    with session.read(common) as connection:
        tomorrow = connection.execute(text("SELECT now()")).scalar_one() + timedelta(days=1)
    with pytest.raises(Refused) as refusal:
        submitted(common, actor, three, known_at=tomorrow)
    assert refusal.value.code == "known_at_future"


@pytest.mark.parametrize(
    ("count", "text_", "code"),
    [
        (batch.MOST + 1, None, "too_many_sites"),
        (0, None, "site_empty"),
        (1, '{"type":"FeatureCollection","features":[', None),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_whole_and_the_batch_is_over(
    common: Engine, actor: Actor, tmp_path: Path, count: int, text_: str | None, code: str | None
) -> None:
    path = tmp_path / "given.geojson"
    small = feature(CLEAR)["geometry"]
    if text_ is None:
        written(path, *[{"type": "Feature", "properties": {}, "geometry": small}] * count)
    else:
        path.write_text(text_, encoding="utf-8")
    id = submitted(common, actor, path)
    with pytest.raises(Refused) as refusal:
        batch_work.run(common, actor, id)
    assert code in (None, refusal.value.code)
    told = progress(common, id)
    assert (told["state"], told["reason"]["code"], told["rows"]) == ("refused", refusal.value.code, 0)
    batch_work.run(common, actor, id)  # it stays over
    with pytest.raises(Refused) as refusal, session.transaction(common, actor) as connection:
        batch.resume(connection, actor, id)
    assert refusal.value.code == "batch_over"


def test_rows_answer_for_the_moment_at_which_they_were_handed_over(
    engine: Engine, actor: Actor, three: Path, tmp_path: Path
) -> None:
    """A new edition and another rulebook between handing over and answering change nothing of it, nor of its full checks."""
    before = answered(engine, actor, three)
    id = submitted(engine, actor, three)
    with session.transaction(engine, actor) as connection:
        delivery = base_map_store.begin_delivery(connection, actor, "later")
        new = arrival(
            "permanent_basic_farmland", "polygon", [OUTLINE], ["0101"], Coverage(OUTLINE, "district")
        )
        edition.publish(connection, [(new.layer, edition.put(connection, delivery, SRID, new))])
        base_map_store.end_delivery(connection, delivery, "published", sha256="1" * 64)
        loaded = catalogue.load()
        book = rulebook.read(loaded)
        fewer = rulebook.Rulebook(0, book.groups, book.rules[:5], book.crosswalks, book.tables)
        rulebook.load(connection, actor, fewer)
    batch_work.run(engine, actor, id)
    assert [row["shown"] for row in raw(engine, id)] == [row["shown"] for row in raw(engine, before)]
    after = answered(engine, actor, three)
    assert [row["shown"] for row in raw(engine, after)] != [row["shown"] for row in raw(engine, before)]
    with session.transaction(engine, actor) as connection:
        full = service.reissue(connection, batch.full_check(connection, actor, id, 1))
    assert compact.of(full) == compact.seen(raw(engine, id)[0]["shown"], "secret")


def test_who_may_not_see_a_layer_is_told_by_no_row_how_much_of_it(
    common: Engine, actor: Actor, tmp_path: Path
) -> None:
    path = written(tmp_path / "half.geojson", feature(km(511.9, 2518, 512.1, 2518.2), use="0804"))
    id = answered(common, actor, path)
    whole, public = (rows(common, id, grade)[0]["answer"] for grade in ("secret", "public"))
    known, told = (
        next(each for each in answer["findings"] if each["rule"] == "farmland_occupied")
        for answer in (whole, public)
    )
    assert (known["state"], known["amount"]["low"]) == ("holds", pytest.approx(20_000, abs=1))
    assert (told["state"], told["withheld"]) == ("holds", "hit")
    assert told["amount"] == {"low": None, "high": None, "unit": "m2"}
    assert (told["share"], told["nearest"]) == (None, None)
    assert public["withheld"] > 100
    kept = raw(common, id)[0]["shown"]
    assert str(known["amount"]["low"]) in json.dumps(kept["secret"])
    assert str(known["amount"]["low"]) not in json.dumps(kept["public"])


def many(path: Path, count: int) -> Path:
    shapes = [
        km(
            511 + 0.04 * (n % 200),
            2511 + 0.04 * (n // 200),
            511.03 + 0.04 * (n % 200),
            2511.03 + 0.04 * (n // 200),
        )
        for n in range(count)
    ]
    return written(path, *[feature(shape, name=f"{n}", use="0804") for n, shape in enumerate(shapes)])


def worked(workspace: str, id: str) -> subprocess.Popen[bytes]:
    """A process of its own that answers the batch."""
    words = (
        "import sys; from db import session; from db.actor import Actor; from workflows.site_check.batches import work as batch_work; "
        "batch_work.CHUNK = 5; batch_work.run(session.engine(sys.argv[1]), Actor('test', 'test'), sys.argv[2], hands=2)"
    )
    return subprocess.Popen(
        [sys.executable, "-c", words, workspace, id],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
    )


def until(met: Callable[[], bool], alive: subprocess.Popen[bytes] | None = None) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not met():
        assert alive is None or alive.poll() is None, "it ended"
        assert time.monotonic() < end
        time.sleep(0.02)


def test_killed_and_continued_no_row_is_lost_and_none_is_answered_twice(
    engine: Engine, workspace: str, actor: Actor, tmp_path: Path
) -> None:
    id = submitted(engine, actor, many(tmp_path / "many.geojson", 80))
    for least in (5, 20):
        process = worked(workspace, id)
        until(lambda least=least: progress(engine, id)["states"]["answered"] >= least, process)  # type: ignore[misc]
        process.send_signal(signal.SIGKILL)
        process.wait()
        told = progress(engine, id)
        assert told["states"]["waiting"] > 0
        assert told["states"]["answered"] % 5 == 0  # whole chunks and nothing of those in its hands
        until(lambda: progress(engine, id)["interrupted"])  # the server hears of it a moment later
    first = {row["number"]: row["answered_at"] for row in raw(engine, id) if row["state"] == "answered"}
    batch_work.run(engine, actor, id)
    after = raw(engine, id)
    assert [row["number"] for row in after] == list(range(1, 81))
    assert {row["state"] for row in after} == {"answered"}
    assert {number: after[number - 1]["answered_at"] for number in first} == first
    told = progress(engine, id)
    assert (told["state"], told["interrupted"], sum(told["verdicts"].values())) == ("done", False, 80)


def test_a_file_that_was_half_read_is_read_again(common: Engine, actor: Actor, three: Path) -> None:
    id = submitted(common, actor, three)
    with session.transaction(common, actor) as connection:  # as a process leaves it that died while it read
        batch_store.begin(connection, id)
    assert progress(common, id)["interrupted"]
    batch_work.run(common, actor, id)
    assert progress(common, id)["states"] == {"waiting": 0, "answered": 3, "refused": 0}


def test_one_process_has_it_in_work(common: Engine, actor: Actor, three: Path) -> None:
    id = submitted(common, actor, three)
    with batch_work.held(common, id):
        assert not progress(common, id)["interrupted"]
        with pytest.raises(Refused) as refusal:
            batch_work.run(common, actor, id)
        assert refusal.value.code == "batch_in_work"
        with pytest.raises(Refused) as refusal, session.transaction(common, actor) as connection:
            batch.resume(connection, actor, id)
        assert refusal.value.code == "batch_in_work"
    batch_work.run(common, actor, id)
    assert progress(common, id)["state"] == "done"


@pytest.mark.parametrize(
    ("trouble", "code"),
    [(Refused("measuring_took_too_long"), "measuring_took_too_long"), (TypeError("a slip"), "row_failed")],
)
def test_a_row_that_cannot_be_answered_costs_the_others_nothing(
    common: Engine, actor: Actor, three: Path, monkeypatch: pytest.MonkeyPatch, trouble: Exception, code: str
) -> None:
    def but_one(connection: Any, asked: answering.Question) -> dict[str, Any]:
        if asked.proposal.height == 24:
            connection.execute(text("CREATE TABLE IF NOT EXISTS left_behind (n integer)"))
            raise trouble
        return answering.answered(connection, asked)

    monkeypatch.setattr(batch_work, "answered", but_one)
    id = answered(common, actor, three)
    assert [row["reason"] and row["reason"]["code"] for row in rows(common, id)] == [code, None, None]
    with session.read(common) as connection:
        assert connection.execute(text("SELECT to_regclass('left_behind')")).scalar() is None


def test_trouble_of_the_servers_stops_it_and_it_goes_on_later(
    engine: Engine, actor: Actor, three: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(connection: Any, asked: answering.Question) -> dict[str, Any]:
        return connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))  # type: ignore[no-any-return]

    id = submitted(engine, actor, three)
    with monkeypatch.context() as while_gone:
        while_gone.setattr(batch_work, "answered", gone)
        with pytest.raises(DBAPIError):
            batch_work.run(engine, actor, id)
    assert progress(engine, id)["states"]["waiting"] == 3
    batch_work.run(engine, actor, id)
    assert progress(engine, id)["states"]["answered"] == 3


def test_what_was_answered_stays_as_it_was(engine: Engine, actor: Actor, three: Path) -> None:
    id = answered(engine, actor, three)
    for statement in (
        "UPDATE hetu.batch_site SET verdicts = '{}' WHERE number = 1",
        "DELETE FROM hetu.batch_site WHERE number = 2",
    ):
        with (
            pytest.raises(DBAPIError, match="does not change"),
            session.transaction(engine, actor) as connection,
        ):
            connection.execute(text(statement))
    with session.read(engine) as connection:
        told = connection.execute(
            text(
                "SELECT action, became ->> 'state' FROM hetu.journal WHERE what = 'batch' AND key = :id ORDER BY id"
            ),
            {"id": id},
        )
        assert [tuple(row) for row in told] == [
            ("insert", "waiting"), ("update", "reading"), ("update", "answering"), ("update", "done"),
        ]  # fmt: skip


def test_a_worker_takes_up_what_another_left_but_not_for_ever(
    engine: Engine, actor: Actor, three: Path
) -> None:
    id = submitted(engine, actor, three, queued=True)
    worker = Actor("worker", "worker", kind="machine")

    def jobs(status: str) -> int:
        with session.read(engine) as connection:
            asked = text(
                "SELECT count(*) FROM jobs.procrastinate_jobs WHERE args ->> 'batch' = :id AND status = :status"
            )
            return int(connection.execute(asked, {"id": id, "status": status}).scalar_one())

    assert (jobs("todo"), batch.resume_forsaken(engine, worker)) == (1, [])
    for failed in range(1, batch.MOST_TRIES + 1):
        with session.transaction(engine, actor) as connection:
            connection.execute(
                text("UPDATE jobs.procrastinate_jobs SET status = 'doing' WHERE status = 'todo'")
            )
        assert batch.resume_forsaken(engine, worker) == []  # somebody has it
        with session.transaction(engine, actor) as connection:
            connection.execute(
                text("UPDATE jobs.procrastinate_jobs SET status = 'failed' WHERE status = 'doing'")
            )
        assert batch.resume_forsaken(engine, worker) == ([id] if failed < batch.MOST_TRIES else [])
    assert progress(engine, id)["interrupted"]
    with session.transaction(engine, actor) as connection:
        batch.resume(connection, actor, id)  # a person wants it to go on
    assert jobs("todo") == 1


def test_a_workspace_without_rules_lists_states_and_concludes_nothing(
    engine: Engine, actor: Actor, three: Path
) -> None:
    with session.transaction(engine, actor) as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("DELETE FROM hetu.rulebook_use"))
    id = answered(engine, actor, three)
    found = rows(engine, id)
    assert {row["answer"]["verdict"] for row in found} == {"no rule"}
    assert found[0]["answer"]["summary"]["hit"] > 0
    assert found[0]["answer"]["findings"] == []


@pytest.mark.parametrize("number", [0, 4, 10_000])
def test_a_row_that_is_not_there(common: Engine, actor: Actor, three: Path, number: int) -> None:
    id = answered(common, actor, three)
    with pytest.raises(Refused) as refusal, session.transaction(common, actor) as connection:
        batch.full_check(connection, actor, id, number)
    assert refusal.value.code == "batch_row_unknown"
