"""The answer for a site: four states, shares, coverage, and the same answer again."""

from __future__ import annotations

from typing import Any

import pytest
import shapely
from sqlalchemy import Connection, Engine

from db import session
from db.actor import Actor
from gis import crs
from gis.site import Site
from layers.refusal import Refused
from tests.little_district import SRID, km
from workflows.site_check import drawing, later, service


def site(shape: shapely.Geometry) -> Site:
    project = crs.parse(SRID)
    return Site(shape, project, {"box": "drawn by hand"}, project, "noop")


def checked(connection: Connection, actor: Actor, shape: shapely.Geometry) -> dict[str, dict[str, Any]]:
    answer = service.check(connection, actor, site(shape))
    return {layer["code"]: layer for layer in answer["layers"]}


def test_every_layer_is_listed_in_one_of_four_states(connection: Connection, actor: Actor) -> None:
    answer = service.check(connection, actor, site(km(512.5, 2518.5, 513.25, 2518.6)))
    assert len(answer["layers"]) >= 160
    assert {layer["state"] for layer in answer["layers"]} <= {"hit", "clear", "no data", "failed"}
    assert sum(answer["summary"].values()) == len(answer["layers"])
    assert answer["verdict"] == "cannot be built"  # permanent basic farmland


def test_a_hit_names_feature_class_area_share_and_edition(connection: Connection, actor: Actor) -> None:
    farmland = checked(connection, actor, km(512.5, 2518.5, 513.25, 2518.6))["permanent_basic_farmland"]
    assert farmland["state"] == "hit"
    assert farmland["share"] == pytest.approx(1.0)
    assert [(hit["class"], round(hit["area_m2"]), round(hit["share"], 4)) for hit in farmland["hits"]] == [
        ("0101", 50_000, 0.6667),
        ("0103", 25_000, 0.3333),
    ]
    assert {hit["edition"] for hit in farmland["hits"]} == {farmland["edition"]}


def test_shares_never_exceed_the_whole(connection: Connection, actor: Actor) -> None:
    line = checked(connection, actor, km(515.5, 2514, 516, 2515))["ecological_red_line"]
    assert sum(hit["share"] for hit in line["hits"]) == pytest.approx(2.0)
    assert line["share"] == 1.0
    assert line["area_m2"] == pytest.approx(500_000)


def test_clear_only_where_an_edition_speaks(connection: Connection, actor: Actor) -> None:
    layers = checked(connection, actor, km(517, 2517, 517.2, 2517.2))
    assert layers["permanent_basic_farmland"]["state"] == "clear"
    assert (
        layers["town_development_boundary"]["state"],
        layers["town_development_boundary"]["reason"]["code"],
    ) == ("no data", "no_edition")
    assert (layers["hydrants"]["state"], layers["hydrants"]["reason"]["code"]) == (
        "no data",
        "nobody_vouches",
    )
    assert (layers["statutory_plan"]["state"], layers["statutory_plan"]["reason"]["code"]) == (
        "no data",
        "outside_coverage",
    )


def test_across_the_edge_of_a_coverage_both_shares_are_told(connection: Connection, actor: Actor) -> None:
    plan = checked(connection, actor, km(514.5, 2517, 515.5, 2517.2))["statutory_plan"]
    assert plan["state"] == "no data"
    assert plan["covered_share"] == pytest.approx(0.5)
    assert plan["reason"] == {
        "code": "partly_covered",
        "params": {"clear_share": pytest.approx(0.5), "no_data_share": pytest.approx(0.5)},
    }


def test_a_site_beyond_the_district_is_not_clear_there(connection: Connection, actor: Actor) -> None:
    farmland = checked(connection, actor, km(519, 2517, 521, 2518))["permanent_basic_farmland"]
    assert farmland["state"] == "no data"
    assert farmland["covered_share"] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        (km(600, 2517, 601, 2518), "site_outside_district"),
        (km(500, 2500, 530, 2530), "site_larger_than_district"),
    ],
)
def test_sites_that_cannot_be_meant(
    connection: Connection, actor: Actor, shape: shapely.Geometry, code: str
) -> None:
    with pytest.raises(Refused) as refusal:
        service.check(connection, actor, site(shape))
    assert refusal.value.code == code


def test_stored_word_for_word_and_the_same_when_measured_again(engine: Engine, actor: Actor) -> None:
    with session.transaction(engine, actor) as connection:
        answer = service.check(connection, actor, site(km(512.5, 2513.2, 513.25, 2518.6)))
    with session.read(engine) as connection:
        assert service.reissue(connection, answer["id"]) == answer
        assert later.again(connection, answer["id"]) == {"same": True, "answer": answer, "differences": []}


def test_a_changed_row_behind_our_back_is_noticed(engine: Engine, actor: Actor) -> None:
    from sqlalchemy import text

    with session.transaction(engine, actor) as connection:
        answer = service.check(connection, actor, site(km(512.5, 2518.5, 513.25, 2518.6)))
        connection.execute(text("SET LOCAL session_replication_role = replica"))  # past the trigger that keeps published rows
        connection.execute(text("DELETE FROM hetu.feature WHERE ident = 'permanent_basic_farmland-1'"))
    with session.read(engine) as connection:
        again = later.again(connection, answer["id"])
    assert not again["same"]
    assert [each["code"] for each in again["differences"] if each["what"] == "layer"] == ["permanent_basic_farmland"]
    assert "farmland_occupied" in [each["code"] for each in again["differences"] if each["what"] == "rule"]


def test_hits_can_be_drawn(engine: Engine, actor: Actor) -> None:
    with session.transaction(engine, actor) as connection:
        answer = service.check(connection, actor, site(km(512.5, 2518.5, 513.25, 2518.6)))
        drawn = drawing.hits_geojson(connection, answer["id"], "permanent_basic_farmland")
    assert [feature["properties"]["ident"] for feature in drawn["features"]] == [
        "permanent_basic_farmland-0",
        "permanent_basic_farmland-1",
    ]


def test_the_journal_knows_who_checked(engine: Engine, actor: Actor) -> None:
    from sqlalchemy import text

    with session.transaction(engine, actor) as connection:
        answer = service.check(connection, actor, site(km(517, 2517, 517.2, 2517.2)))
        line = connection.execute(
            text("SELECT actor, action, what FROM hetu.journal WHERE key = :id"), {"id": answer["id"]}
        ).one()
    assert tuple(line) == ("test", "insert", "site_check")
