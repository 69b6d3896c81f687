"""A check years later: pinned to its day and its rules, asked anew, told to those who may see it, and contradicted by a named person."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
import shapely
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from db import session
from db.actor import Actor
from gis import crs, edition
from gis.edition import Coverage
from gis.site import Site
from layers.refusal import Refused
from tests.little_district import OUTLINE, SRID, arrival, km
from workflows.base_map import service as base_map
from workflows.base_map import store as base_map_store
from workflows.site_check import drawing, later, overrides, record, service, store, withheld
from workflows.site_check.rulebook import book as rulebook
from workflows.site_check.rulebook.rule import Limit

FARM = km(512.5, 2518.5, 513.25, 2518.6)
"""75,000 m2, all of it permanent basic farmland."""


def site(shape: shapely.Geometry = FARM) -> Site:
    project = crs.parse(SRID)
    return Site(shape, project, {"box": "drawn by hand"}, project, "noop")


def check(engine: Engine, actor: Actor, shape: shapely.Geometry = FARM, **asked: Any) -> dict[str, Any]:
    said = asked.pop("said", {})
    with session.transaction(engine, actor) as connection:
        return service.check(
            connection, actor, site(shape), proposal=service.propose(connection, said), **asked
        )


def publish(engine: Engine, actor: Actor, code: str, shapes: list[shapely.Geometry], **more: Any) -> int:
    with session.transaction(engine, actor) as connection:
        delivery = base_map_store.begin_delivery(connection, actor, "later")
        kind = {"Polygon": "polygon", "LineString": "line", "Point": "point"}[shapes[0].geom_type]
        one = replace(
            arrival(code, kind, shapes, ["0101"] * len(shapes), Coverage(OUTLINE, "district")), **more
        )
        staged = edition.put(connection, delivery, SRID, one)
        edition.publish(connection, [(code, staged)])
        base_map_store.end_delivery(connection, delivery, "published", sha256="1" * 64)
        return staged


def finding(answer: dict[str, Any], rule: str = "farmland_occupied") -> dict[str, Any]:
    (found,) = [each for each in answer["findings"] if each["rule"] == rule]
    return found


def test_a_check_pins_all_it_follows_from(engine: Engine, actor: Actor) -> None:
    answer = check(engine, actor, said={"use": "0804", "height": "60 m"})
    assert (answer["verdict"], finding(answer)["effect"]) == ("cannot be built", "forbid")
    assert finding(answer)["amount"] == {"low": 75_000.0, "high": 75_000.0, "unit": "m2"}
    assert answer["proposal"] == {
        "use": "0804",
        "height": 60.0,
        "floor_area_ratio": None,
        "floor_area": None,
        "setback": None,
    }
    assert answer["rules"]["versions"]["farmland_occupied"] == finding(answer)["version"]
    assert answer["calendar"] == {"zone": "Asia/Shanghai", "working_days": None}
    assert answer["sha256"] == record.seal(answer)
    json.dumps(answer, allow_nan=False)


def test_again_by_the_rules_and_editions_of_its_day(engine: Engine, actor: Actor) -> None:
    before = check(engine, actor, said={"use": "0701"})
    publish(engine, actor, "permanent_basic_farmland", [km(518, 2511, 519, 2512)])
    with session.transaction(engine, actor) as connection:
        book = rulebook.in_use(connection)
        assert book is not None
        milder = tuple(
            replace(rule, limit=Limit("over", 1e6, None, "m2")) if rule.code == "farmland_occupied" else rule
            for rule in book.rules
        )
        rulebook.load(connection, actor, replace(book, rules=milder))
    with session.read(engine) as connection:
        assert later.again(connection, before["id"]) == {"same": True, "answer": before, "differences": []}


def test_today_instead_says_which_edition_made_the_difference(engine: Engine, actor: Actor) -> None:
    before = check(engine, actor, said={"use": "0701"})
    publish(engine, actor, "permanent_basic_farmland", [km(518, 2511, 519, 2512)])
    with session.transaction(engine, actor) as connection:
        found = later.today(connection, actor, before["id"])
    assert found["then"]["id"] == before["id"] != found["now"]["id"]
    (change,) = [each for each in found["changes"] if each.get("rule") == "farmland_occupied"]
    assert (change["was"]["state"], change["now"]["state"]) == ("holds", "holds not")
    assert change["because"] == [
        {"code": "edition", "params": {"layer": "permanent_basic_farmland", "was": 1, "now": 2}}
    ]
    with session.read(engine) as connection:
        assert [(each["layer"], each["mark"]) for each in later.marks(connection, before)] == [
            ("permanent_basic_farmland", "superseded")
        ]


def test_today_instead_says_which_rule_made_the_difference(engine: Engine, actor: Actor) -> None:
    before = check(engine, actor, said={"use": "0701"})
    with session.transaction(engine, actor) as connection:
        book = rulebook.in_use(connection)
        assert book is not None
        rules = [rule for rule in book.rules if rule.code != "red_line_occupied"]
        changed = tuple(
            replace(rule, limit=Limit("over", 1e6, None, "m2")) if rule.code == "farmland_occupied" else rule
            for rule in rules
        )
        rulebook.load(connection, actor, replace(book, rules=changed))
        found = later.today(connection, actor, before["id"])
    (change,) = [each for each in found["changes"] if each.get("rule") == "farmland_occupied"]
    assert [because["code"] for because in change["because"]] == ["rule_changed"]
    assert "red_line_occupied" not in [
        each.get("rule") for each in found["changes"]
    ]  # it said nothing here, then or now


def test_a_check_for_another_day_takes_the_edition_and_the_rules_of_that_day(
    engine: Engine, actor: Actor
) -> None:
    publish(
        engine, actor, "permanent_basic_farmland", [km(512, 2518, 512.75, 2519)], valid_from=date(2018, 1, 1)
    )
    answer = check(engine, actor, valid_on=date(2018, 6, 1), said={"use": "0701"})
    assert finding(answer)["amount"]["low"] == pytest.approx(25_000)
    assert finding(answer)["until"] == "2020-01-01"
    silent = next(layer for layer in answer["layers"] if layer["code"] == "ecological_red_line")
    assert (silent["state"], silent["reason"]["code"]) == ("no data", "no_edition_on_day")


def test_what_was_not_known_at_a_moment_does_not_count(engine: Engine, actor: Actor) -> None:
    moment = datetime.now(UTC)
    publish(engine, actor, "permanent_basic_farmland", [km(518, 2511, 519, 2512)])
    assert finding(check(engine, actor, known_at=moment))["amount"]["low"] == 75_000.0
    assert finding(check(engine, actor))["state"] == "holds not"
    with pytest.raises(Refused, match="known_at_future"):
        check(engine, actor, known_at=datetime.now(UTC) + timedelta(hours=1))


def test_before_any_rule_was_loaded_nothing_is_concluded(engine: Engine, actor: Actor) -> None:
    with session.transaction(engine, actor) as connection:
        (since,) = connection.execute(text("SELECT min(since) FROM hetu.rulebook_use")).one()
    answer = check(engine, actor, known_at=since - timedelta(seconds=1))
    assert (answer["verdict"], answer["rules"], answer["findings"]) == ("no rule", None, [])


def test_a_day_on_which_no_rule_holds_clears_nothing(engine: Engine, actor: Actor) -> None:
    answer = check(engine, actor, valid_on=date(1980, 1, 1))
    assert (answer["verdict"], answer["reasons"][0]["code"]) == ("no rule", "no_rule_applies")
    with session.read(engine) as connection:
        assert service.reissue(connection, answer["id"], "public")["verdict"] == "no rule"


def test_a_plan_on_display_is_told_apart_from_the_one_in_force(engine: Engine, actor: Actor) -> None:
    publish(engine, actor, "permanent_basic_farmland", [km(517, 2517, 518, 2518)], status="on_display")
    answer = check(engine, actor, km(517.2, 2517.2, 517.4, 2517.4), said={"use": "0701"})
    assert finding(answer)["state"] == "holds not"
    displayed = answer["displayed"]
    assert (displayed["verdict"], finding(displayed)["state"]) == ("cannot be built", "holds")
    assert answer["verdict"] != "cannot be built"
    with session.read(engine) as connection:
        assert later.again(connection, answer["id"])["same"]


def test_a_withdrawn_edition_is_marked_and_the_answer_stands(engine: Engine, actor: Actor) -> None:
    answer = check(engine, actor)
    with session.transaction(engine, actor) as connection:
        edition.withdraw(connection, answer["editions"]["permanent_basic_farmland"]["id"])
    with session.read(engine) as connection:
        assert later.marks(connection, answer)[0]["mark"] == "withdrawn"
        assert later.again(connection, answer["id"])["same"]


def secret(engine: Engine, actor: Actor) -> dict[str, Any]:
    publish(engine, actor, "military_protection", [km(517, 2517, 518, 2518)])
    return check(engine, actor, km(517.2, 2517.2, 517.4, 2517.4), said={"use": "0701"})


def test_what_somebody_may_not_see_is_withheld_and_said_so(engine: Engine, actor: Actor) -> None:
    answer = secret(engine, actor)
    with session.read(engine) as connection:
        shown = service.reissue(connection, answer["id"], "restricted")
        hits = drawing.hits_geojson(connection, answer["id"], sees="restricted")
    layer = next(each for each in shown["layers"] if each["code"] == "military_protection")
    assert (layer["state"], layer["hits"], layer["area_m2"], layer["share"]) == ("hit", [], None, None)
    assert shown["withheld"]["layers"]["military_protection"] == "hit"
    (told,) = [each for each in shown["findings"] if each["layer"] == "military_protection"]
    assert (told["state"], told["amount"]["low"], told["features"], told["withheld"]) == (
        "holds",
        None,
        [],
        "hit",
    )
    assert "military_protection" not in [feature["properties"]["code"] for feature in hits["features"]]
    assert shown["sha256"] == answer["sha256"]


def as_asked(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer as if the stanza allowed no more than to ask the office."""
    layers = [
        {**each, "coarse": "ask"} if each["code"] == "military_protection" else each
        for each in answer["layers"]
    ]
    return withheld.shown_to({**answer, "layers": layers}, "restricted")


def test_where_the_office_is_to_be_asked_nothing_tells_a_site_that_meets_from_one_that_does_not(
    engine: Engine, actor: Actor
) -> None:
    met = as_asked(secret(engine, actor))
    missed = as_asked(check(engine, actor, km(516.2, 2517.2, 516.4, 2517.4), said={"use": "0701"}))
    told = [
        (
            next(layer for layer in each["layers"] if layer["code"] == "military_protection"),
            [one for one in each["findings"] if one["layer"] == "military_protection"],
            each["verdict"],
            each["summary"],
        )
        for each in (met, missed)
    ]
    assert told[0] == told[1]
    assert (told[0][0]["state"], told[0][0]["reason"]["code"], told[0][1][0]["state"]) == (
        "no data",
        "withheld",
        "cannot say",
    )


def test_a_list_tells_each_grade_what_its_answer_tells(engine: Engine, actor: Actor) -> None:
    answer = secret(engine, actor)
    with session.read(engine) as connection:
        for grade in ("public", "internal", "restricted", "secret"):
            shown, listed = (
                service.reissue(connection, answer["id"], grade),
                service.latest(connection, 1, sees=grade),
            )
            assert (listed[0]["verdict"], listed[0]["summary"]) == (shown["verdict"], shown["summary"])


def test_a_persons_word_stands_beside_the_finding(engine: Engine, actor: Actor) -> None:
    answer = check(engine, actor)
    with session.transaction(engine, actor) as connection:
        said = overrides.add(
            connection,
            actor,
            answer["id"],
            rule="farmland_occupied",
            says="permitted",
            reason="国务院已批准",
            person="张某",
        )
    with session.read(engine) as connection:
        assert overrides.of(connection, answer["id"]) == [said]
        assert service.reissue(connection, answer["id"]) == answer
        (line,) = connection.execute(
            text("SELECT actor, action FROM hetu.journal WHERE what = 'override'")
        ).all()
    assert (said["made_by"], tuple(line)) == ("test", ("test", "insert"))


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"rule": "no_such_rule"}, "override_rule"),
        ({"says": "fine"}, "override_says"),
        ({"reason": "  "}, "override_reason"),
        ({"reason": "字" * 2001}, "override_reason"),
        ({"person": ""}, "override_person"),
        ({"person": "\u200b"}, "override_person"),
        ({"person": "张\u202e某"}, "override_person"),
        ({"reason": "\u200b"}, "override_reason"),
    ],
)
def test_a_word_without_rule_reason_or_name_is_refused(
    engine: Engine, actor: Actor, changed: dict[str, str], code: str
) -> None:
    answer = check(engine, actor)
    said = {"rule": "farmland_occupied", "says": "permitted", "reason": "批文", "person": "张某"} | changed
    with session.transaction(engine, actor) as connection, pytest.raises(Refused) as refusal:
        overrides.add(connection, actor, answer["id"], **said)
    assert refusal.value.code == code


@pytest.mark.parametrize("table", ["rule", "rulebook", "rulebook_use", "override"])
def test_what_is_only_added_to_cannot_be_changed(engine: Engine, actor: Actor, table: str) -> None:
    answer = check(engine, actor)
    with session.transaction(engine, actor) as connection:
        overrides.add(
            connection,
            actor,
            answer["id"],
            rule="farmland_occupied",
            says="permitted",
            reason="批文",
            person="张某",
        )
    with session.transaction(engine, actor) as connection, pytest.raises(DBAPIError, match="only added to"):
        connection.execute(text(f"DELETE FROM hetu.{table}"))


def test_loading_the_same_rules_again_changes_nothing(engine: Engine, actor: Actor) -> None:
    with session.transaction(engine, actor) as connection:
        book = rulebook.in_use(connection)
        assert book is not None
        assert rulebook.load(connection, actor, book).id == book.id
        counted = connection.execute(text("SELECT count(*) FROM hetu.rulebook_use")).scalar_one()
    assert counted == 1


def test_an_answer_from_before_there_were_rules_opens_and_proves_itself(engine: Engine, actor: Actor) -> None:
    """As the first landing stored it: no format, no proposal, no findings, rasters without a histogram."""
    answer = check(engine, actor)
    old = {
        key: answer[key]
        for key in ("id", "checked_at", "checked_by", "editions", "product", "site", "summary", "workspace")
    }
    words = (
        "code",
        "name",
        "name_en",
        "theme",
        "kind",
        "department",
        "origin",
        "grade",
        "edition",
        "state",
        "reason",
        "area_m2",
        "share",
    )
    words += ("covered_share", "set_aside", "length_m", "count", "values", "class_names", "hits")
    old |= {
        "verdict": "no rule",
        "reasons": [{"code": "no_rule_loaded", "params": {}}],
        "layers": [{key: each[key] for key in words} for each in answer["layers"]],
    }
    old["id"] = "241101-oldcheck"
    old["sha256"] = record.seal(old)
    with session.transaction(engine, actor) as connection:
        connection.execute(
            text(
                "INSERT INTO hetu.site_check (id, made_at, made_by, site, verdict, summary, answer, sha256, editions, product)"
                " SELECT :id, made_at, made_by, site, 'no rule', summary, :answer, :sha256, editions, product FROM hetu.site_check WHERE id = :new"
            ),
            {"id": old["id"], "answer": record.canonical(old), "sha256": old["sha256"], "new": answer["id"]},
        )
    with session.transaction(engine, actor) as connection:
        assert store.read(connection, old["id"])[0] == old
        assert later.again(connection, old["id"])["same"]
        assert service.reissue(connection, old["id"], "public")["id"] == old["id"]
        assert later.today(connection, actor, old["id"])["now"]["verdict"] == "cannot be built"
        assert {each["verdict"] for each in service.latest(connection, 5, sees="public")} >= {"no rule"}


def test_the_base_map_of_today_is_not_asked_by_a_day_of_the_past(engine: Engine, actor: Actor) -> None:
    with session.read(engine) as connection:
        layers = base_map.layers(connection, valid_on=date(1999, 1, 1))
    assert {layer["edition"] for layer in layers} == {None}
    assert np.all(
        [
            layer.get("first_valid_from") is not None
            for layer in layers
            if layer["code"] in ("district", "permanent_basic_farmland")
        ]
    )
