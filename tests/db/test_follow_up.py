"""What follows publication: overlaps and gaps written into the report, once however often it is begun; proof where there is none; and where the stanza
says so, no publication.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, Engine, text

from db import session
from db.actor import Actor
from gis import edition, topology
from gis.inspection import Inspector
from gis.stage import Features
from layers.model import Layer
from layers.refusal import Refused
from tests.little_district import OUTLINE, SRID, arrival, km
from workflows.base_map import catalogue, store
from workflows.base_map.reports import follow_up
from workflows.base_map.reports import service as reports

SURVEY = "land_use_survey"
BOARD: list[BaseGeometry] = [
    shapely.box(510_500 + x * 100, 2_515_000 + y * 100, 510_600 + x * 100, 2_515_100 + y * 100)
    for y in range(5)
    for x in range(5)
]


def put(
    connection: Connection,
    layer: str,
    shapes: list[BaseGeometry],
    coverage: edition.Coverage = edition.NOBODY,
) -> tuple[int, int, Inspector]:
    features = Features(
        ids=np.arange(len(shapes)),
        idents=[str(n) for n in range(len(shapes))],
        classes=[None] * len(shapes),
        attributes=["{}"] * len(shapes),
        geometry=np.array(shapes, dtype=object),
    )
    plain = arrival(layer, "polygon", shapes, list(features.classes), coverage)
    delivery = store.begin_delivery(connection, Actor("test", "检验", kind="demo"), f"{layer}.zip")
    inspector = Inspector("polygon")
    inspector.see(features.ids, features.geometry, None, None, features.idents)
    return (
        delivery,
        edition.put(connection, delivery, SRID, replace(plain, features=features, disjoint=None)),
        inspector,
    )


def stanza_of(connection: Connection, layer: str, **changes: Any) -> Layer:
    return replace(catalogue.catalogue_layers(connection)[layer], **changes)


Published = Callable[..., int]


@pytest.fixture
def published(engine: Engine, actor: Actor) -> Published:
    """Publishes shapes as a layer and keeps its report; number of the report."""

    def publish(layer: str, shapes: list[BaseGeometry], queued: bool = False) -> int:
        with session.transaction(engine, actor) as connection:
            stanza = catalogue.catalogue_layers(connection).get(layer)
            if stanza is None:
                store.keep_layer(
                    connection, layer, "guessed", {"name": layer, "kind": "polygon", "source": "x"}, 10_001
                )
            delivery, number, inspector = put(
                connection, layer, shapes, edition.Coverage(OUTLINE, "district")
            )
            drawn = reports.draw_up(connection, number, inspector, stanza=stanza)
            edition.publish(connection, [(layer, number)])
            made = reports.keep(connection, delivery, drawn, number)
            if queued:
                follow_up.enqueue(connection, actor, made)
            return made

    return publish


def report_of(engine: Engine, number: int) -> dict[str, Any]:
    with session.read(engine) as connection:
        return reports.layer_report(connection, number)


def faults_of(engine: Engine, number: int) -> list[dict[str, Any]]:
    with session.read(engine) as connection:
        return reports.faults(connection, number)


def is_disjoint(engine: Engine, number: int) -> bool | None:
    with session.read(engine) as connection:
        found: bool | None = connection.execute(
            text(
                "SELECT e.disjoint FROM hetu.edition e JOIN hetu.intake_layer l ON l.edition_id = e.id WHERE l.id = :id"
            ),
            {"id": number},
        ).scalar()
    return found


def test_a_layer_without_overlaps_is_proved_and_its_score_counts_it(
    engine: Engine, actor: Actor, published: Published
) -> None:
    number = published(SURVEY, BOARD)
    before = report_of(engine, number)
    assert (before["follow_up"], is_disjoint(engine, number)) == ({"state": "waiting"}, None)
    told = follow_up.run(engine, actor, number)
    after = report_of(engine, number)
    assert after["follow_up"] == told
    assert (told["state"], told["overlaps"], told["gaps"], told["minor"], told["disjoint"]) == (
        "done",
        0,
        0,
        0,
        True,
    )
    assert is_disjoint(engine, number) is True
    assert "topology" in {part["code"] for part in after["quality"]["parts"]} - {
        part["code"] for part in before["quality"]["parts"]
    }


@pytest.mark.parametrize("tile", [topology.TILE, 20])
def test_overlaps_and_gaps_are_told_once_however_often_it_runs(
    engine: Engine, actor: Actor, published: Published, monkeypatch: pytest.MonkeyPatch, tile: int
) -> None:
    monkeypatch.setattr(follow_up, "TILE", tile)
    broken = list(BOARD)
    broken[12] = shapely.box(
        510_700, 2_515_200, 510_803, 2_515_298
    )  # 3 m into the next, and 2 m short of the one above
    number = published(SURVEY, [*broken, km(510.5, 2515, 510.55, 2515.05)])
    seen: list[tuple[str, str]] = []
    told = follow_up.run(engine, actor, number, lambda phase, name, done, total: seen.append((phase, name)))
    assert (told["overlaps"], told["overlap_m2"], told["gaps"], told["gap_m2"]) == (2, 2_794.0, 1, 200.0)
    assert set(seen) == {("topology", SURVEY)}
    rows = faults_of(engine, number)
    assert [
        (each["code"], each["severity"], each["row"], each["params"], each["placed"])
        for each in rows
        if each["code"] == "overlap"
    ] == [
        ("overlap", "error", 0, {"other": 25, "area_m2": 2500.0}, True),
        ("overlap", "error", 12, {"other": 13, "area_m2": 294.0}, True),
    ]
    (gap,) = [each for each in rows if each["code"] == "gap"]
    assert (gap["params"]["area_m2"], gap["row"]) == (200.0, None)
    report = report_of(engine, number)
    assert {each["code"]: each["count"] for each in report["faults"]}["overlap"] == 2
    assert is_disjoint(engine, number) is None
    # As if the process had died after it wrote, and before anybody heard of it.
    with session.transaction(engine, actor) as connection:
        connection.execute(text("UPDATE hetu.intake_layer SET follow_up = 'running'"))
    follow_up.run(engine, actor, number)
    assert faults_of(engine, number) == [
        {**each, "n": again["n"]} for each, again in zip(rows, faults_of(engine, number), strict=True)
    ]
    assert len(report_of(engine, number)["faults"]) == len(report["faults"])
    assert follow_up.run(engine, actor, number) == report_of(engine, number)["follow_up"], "done is done"


def test_a_layer_that_may_overlap_is_only_proved_or_not(
    engine: Engine, actor: Actor, published: Published
) -> None:
    one, other = published("wetland", BOARD), published("forest_park", [*BOARD, BOARD[3]])
    assert follow_up.run(engine, actor, one)["disjoint"] is True
    told = follow_up.run(engine, actor, other)
    assert (told["disjoint"], told["overlaps"], told["gaps"]) == (False, None, None)
    assert {each["code"] for each in faults_of(engine, other)} == {"duplicate"}
    assert (is_disjoint(engine, one), is_disjoint(engine, other)) == (True, None)


def test_overlaps_of_a_layer_nobody_knows_are_a_warning(
    engine: Engine, actor: Actor, published: Published
) -> None:
    number = published("zones", [BOARD[0], km(510.55, 2515, 510.65, 2515.1)])
    told = follow_up.run(engine, actor, number)
    assert (told["overlaps"], told["gaps"]) == (1, None)
    assert [(each["code"], each["severity"]) for each in faults_of(engine, number)] == [
        ("overlap", "warning")
    ]


def test_what_is_in_work_elsewhere_is_left_alone(engine: Engine, actor: Actor, published: Published) -> None:
    number = published(SURVEY, BOARD)
    with follow_up._held(engine, number), pytest.raises(Refused, match="follow_up_in_work"):
        follow_up.run(engine, actor, number)
    assert follow_up.run(engine, actor, number)["state"] == "done"


def test_what_a_dead_process_left_is_queued_again_and_given_up_at_last(
    engine: Engine, actor: Actor, published: Published
) -> None:
    queued, lost = published(SURVEY, BOARD, True), published("wetland", BOARD)
    assert follow_up.resume_forsaken(engine, actor) == [lost]
    assert follow_up.resume_forsaken(engine, actor) == [], "its job waits"
    with session.transaction(engine, actor) as connection:
        connection.execute(text("UPDATE jobs.procrastinate_jobs SET status = 'failed'"))
    assert follow_up.resume_forsaken(engine, actor) == [queued, lost]
    for _ in range(follow_up.MOST_TRIES):
        with session.transaction(engine, actor) as connection:
            connection.execute(text("UPDATE jobs.procrastinate_jobs SET status = 'failed'"))
        follow_up.resume_forsaken(engine, actor)
    assert report_of(engine, lost)["follow_up"] == {"state": "failed", "detail": "given up"}
    follow_up.run_job(
        engine, lost, {"id": actor.id, "name": actor.name, "kind": actor.kind, "on_behalf_of": None}
    )
    assert report_of(engine, lost)["follow_up"]["state"] == "done", "a person may still want it"


def test_trouble_stands_in_the_report(
    engine: Engine, actor: Actor, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trouble(*_: object) -> None:
        raise MemoryError

    number = published(SURVEY, BOARD)
    monkeypatch.setattr(topology.Topology, "see", trouble)
    with pytest.raises(MemoryError):
        follow_up.run(engine, actor, number)
    assert report_of(engine, number)["follow_up"] == {"state": "failed", "detail": "MemoryError"}


def test_a_stanza_may_block_what_is_broken(connection: Connection) -> None:
    stanza = stanza_of(connection, SURVEY, topology_when="before")
    _, number, inspector = put(connection, SURVEY, [*BOARD, km(510.55, 2515, 510.56, 2515.01)])
    drawn = reports.draw_up(connection, number, inspector, stanza=stanza)
    follow_up.at_once(connection, drawn, number, stanza)
    assert drawn.report["follow_up"]["overlaps"] == 1
    with pytest.raises(Refused) as refusal:
        follow_up.refuse(drawn, stanza)
    assert (refusal.value.code, refusal.value.params) == (
        "topology_broken",
        {"layer": SURVEY, "overlaps": 1, "gaps": 0, "x": 510_555.0, "y": 2_515_005.0},
    )
    follow_up.refuse(drawn, replace(stanza, topology_when="after"))


def test_a_checked_layer_is_looked_at_before_it_is_gone(connection: Connection) -> None:
    stanza = stanza_of(connection, SURVEY)
    savepoint = connection.begin_nested()
    _, number, inspector = put(connection, SURVEY, [*BOARD, BOARD[7]])
    drawn = reports.draw_up(connection, number, inspector, stanza=stanza)
    follow_up.at_once(connection, drawn, number, stanza)
    savepoint.rollback()
    delivery = store.begin_delivery(connection, Actor("test", "检验", kind="demo"), "checked.zip")
    made = reports.keep(connection, delivery, drawn, None)
    told = reports.layer_report(connection, made)
    assert (told["follow_up"]["state"], told["follow_up"]["overlaps"]) == ("done", 1)
    drawn_places = reports.faults_geojson(connection, made, code="overlap")["features"]
    assert shapely.from_geojson(json.dumps(drawn_places[0]["geometry"])).area > 0
