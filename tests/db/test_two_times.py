"""The base map answers for a day and for what was known at a moment, and tells plans on display apart from plans in force."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from alembic import command
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from db import session
from db import workspace as workspaces
from db.actor import Actor
from gis import crs, edition
from gis.edition import Coverage
from layers.refusal import Refused
from tests.little_district import OUTLINE, SRID, arrival, km
from workflows.base_map import service, store

BEIJING = ZoneInfo("Asia/Shanghai")
LAYER = "detailed_plan"  # of the catalogue, and empty in the little district


def publish(
    connection: Connection, status: str = "in_force", valid_from: str | None = None, layer: str = LAYER
) -> int:
    """One edition of the layer, published now."""
    delivery = store.begin_delivery(connection, Actor("test", "检验"), "a plan")
    new = replace(
        arrival(layer, "polygon", [km(511, 2511, 512, 2512)], ["R2"], Coverage(OUTLINE, "district")),
        status=status,
        valid_from=None if valid_from is None else date.fromisoformat(valid_from),
    )
    made = edition.put(connection, delivery, SRID, new)
    edition.publish(connection, [(layer, made)])
    return made


def now(connection: Connection) -> datetime:
    found: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    return found


def today(connection: Connection) -> date:
    return now(connection).astimezone(BEIJING).date()


def layer(connection: Connection, code: str = LAYER, **asked: Any) -> dict[str, Any]:
    on = {"valid_on": date.fromisoformat(asked.pop("on"))} if "on" in asked else {}
    return next(each for each in service.layers(connection, **on, **asked) if each["code"] == code)


def stands(connection: Connection, **asked: Any) -> tuple[int | None, int | None]:
    """Numbers of the edition in force and of the one on display."""
    found = layer(connection, **asked)
    return found["edition"], None if found["displayed"] is None else found["displayed"]["edition"]


def same_by_rows_and_pointers(connection: Connection) -> None:
    """What the pointers say is what the rows say for today."""
    assert service.layers(connection) == [
        {key: value for key, value in each.items() if key != "first_valid_from"}
        for each in service.layers(connection, valid_on=today(connection))
    ]


def test_an_edition_holds_from_the_day_it_is_published_unless_it_says_otherwise(
    connection: Connection,
) -> None:
    publish(connection)
    assert layer(connection)["valid_from"] == today(connection)
    publish(connection, valid_from="2021-03-01", layer="block")
    assert layer(connection, "block")["valid_from"] == date(2021, 3, 1)


def test_an_older_edition_that_comes_later_is_only_history(connection: Connection) -> None:
    newer = publish(connection, valid_from="2020-01-01")
    older = publish(connection, valid_from="2010-01-01")
    assert stands(connection) == (newer, None)
    assert [each["current"] for each in service.editions(connection, LAYER)] == [False, True]
    assert stands(connection, on="2019-12-31") == (older, None)
    assert stands(connection, on="2020-01-01") == (newer, None)
    same_by_rows_and_pointers(connection)


def test_of_two_that_hold_from_one_day_the_later_counts(connection: Connection) -> None:
    publish(connection, valid_from="2020-01-01")
    mended = publish(connection, valid_from="2020-01-01")
    assert stands(connection) == stands(connection, on="2020-06-01") == (mended, None)


def test_before_the_first_edition_the_layer_says_from_when_on_there_is_one(connection: Connection) -> None:
    publish(connection, valid_from="2020-01-01")
    publish(connection, valid_from="2010-05-01")
    before = layer(connection, on="2010-04-30")
    assert (before["edition"], before["published_at"], before["first_valid_from"]) == (
        None,
        None,
        date(2010, 5, 1),
    )
    assert "first_valid_from" not in layer(connection, on="2010-05-01")
    assert "first_valid_from" not in layer(connection)
    assert "first_valid_from" not in layer(connection, "block", on="2010-04-30")


def test_what_was_not_yet_known_does_not_count(connection: Connection) -> None:
    first = publish(connection, valid_from="2010-01-01")
    then = now(connection)
    second = publish(connection, valid_from="2015-01-01")
    assert stands(connection, on="2016-01-01", known_at=then) == (first, None)
    assert stands(connection, on="2016-01-01", known_at=now(connection)) == (second, None)
    unheard_of = layer(connection, known_at=then - timedelta(days=1))
    assert unheard_of["edition"] is None
    assert "first_valid_from" not in unheard_of


def test_a_moment_alone_asks_for_its_own_day(connection: Connection) -> None:
    publish(connection, valid_from="2010-01-01")
    first_of_today = publish(connection)
    assert stands(connection, known_at=now(connection)) == (first_of_today, None)


def test_a_guessed_layer_is_not_there_before_it_was_known(connection: Connection) -> None:
    then = now(connection) - timedelta(days=36_500)
    assert "hydrants" not in {each["code"] for each in service.layers(connection, known_at=then)}
    assert "hydrants" in {each["code"] for each in service.layers(connection, valid_on=date(1990, 1, 1))}
    assert (
        layer(connection, "hydrants", on="1990-01-01")["first_valid_from"]
        == layer(connection, "hydrants")["valid_from"]
    )


def test_a_draft_moves_nothing_and_may_be_of_the_future(connection: Connection) -> None:
    force = publish(connection, valid_from="2020-01-01")
    publish(connection, "draft", valid_from="2999-01-01")
    publish(connection, "draft")
    assert stands(connection) == stands(connection, on="2999-06-01") == (force, None)
    same_by_rows_and_pointers(connection)


@pytest.mark.parametrize("status", ["in_force", "unknown", "superseded"])
def test_what_holds_only_later_is_not_in_force(connection: Connection, status: str) -> None:
    with pytest.raises(Refused) as refusal:
        publish(connection, status, valid_from="2999-01-01")
    assert refusal.value.code == "valid_from_future"
    assert refusal.value.params == {
        "layer": LAYER,
        "valid_from": "2999-01-01",
        "today": today(connection).isoformat(),
    }


def test_a_plan_on_display_stands_beside_the_one_in_force_until_it_is_adopted(connection: Connection) -> None:
    force = publish(connection, valid_from="2020-01-01")
    shown = publish(connection, "on_display", valid_from="2999-01-01")  # it is to hold only then
    displayed = layer(connection)["displayed"]
    assert stands(connection) == (force, shown)
    assert displayed["status"] == "on_display"
    assert displayed["valid_from"] == date(2999, 1, 1)
    assert set(displayed) == {
        *(
            "edition",
            "seq",
            "status",
            "published_at",
            "valid_from",
            "coverage_basis",
            "coverage_id",
            "disjoint",
            "raster",
        ),
        *("source", "format", "crs_in", "crs_basis", "sha256", "kind", "features"),
    }
    assert service.layer(connection, LAYER)["displayed"] == displayed
    same_by_rows_and_pointers(connection)
    while_shown = now(connection)

    better = publish(connection, "on_display")
    assert stands(connection) == (force, better)
    adopted = publish(connection)
    assert stands(connection) == (adopted, None)
    assert stands(connection, known_at=while_shown) == (force, shown)
    same_by_rows_and_pointers(connection)


def test_an_adoption_dated_before_its_display_came_in_ends_it_too(connection: Connection) -> None:
    publish(connection, valid_from="2020-01-01")
    publish(connection, "on_display")
    adopted = publish(connection, valid_from="2024-01-01")
    assert stands(connection) == (adopted, None)
    same_by_rows_and_pointers(connection)


def test_history_does_not_end_a_display(connection: Connection) -> None:
    force = publish(connection, valid_from="2020-01-01")
    shown = publish(connection, "on_display")
    publish(connection, valid_from="2010-01-01")
    assert stands(connection) == (force, shown)
    same_by_rows_and_pointers(connection)


def test_a_display_of_old_is_not_on_display_today(connection: Connection) -> None:
    older = publish(connection, valid_from="2010-01-01")
    force = publish(connection, valid_from="2020-01-01")
    archived = publish(connection, "on_display", valid_from="2019-03-01")
    assert stands(connection) == (force, None)
    assert stands(connection, on="2019-06-01") == (older, archived)
    assert stands(connection, on="2019-02-28") == (older, None)
    same_by_rows_and_pointers(connection)


def test_a_superseded_edition_held_until_another_followed(connection: Connection) -> None:
    alone = publish(connection, "superseded", valid_from="2005-01-01")
    assert stands(connection, on="2006-01-01") == (None, None)  # nobody knows how long it held
    force = publish(connection, valid_from="2020-01-01")
    assert stands(connection, on="2006-01-01") == (alone, None)
    late = publish(connection, "superseded", valid_from="2012-01-01")
    assert stands(connection, on="2013-01-01") == (late, None)
    assert stands(connection) == (force, None)
    same_by_rows_and_pointers(connection)


def test_what_was_withdrawn_counts_no_more_and_was_known_before(connection: Connection) -> None:
    first = publish(connection, valid_from="2010-01-01")
    second = publish(connection, valid_from="2015-01-01")
    before = now(connection)
    edition.withdraw(connection, second)
    assert stands(connection) == stands(connection, on="2016-01-01") == (first, None)
    assert stands(connection, on="2016-01-01", known_at=before) == (second, None)
    told = {each["id"]: each for each in store.editions_by_id(connection, [first, second])}
    assert (told[second]["state"], told[first]["withdrawn_at"]) == ("withdrawn", None)
    assert before < told[second]["withdrawn_at"] < now(connection)
    same_by_rows_and_pointers(connection)
    edition.withdraw(connection, first)
    assert stands(connection) == (None, None)
    with pytest.raises(Refused, match="edition_unknown"):
        edition.withdraw(connection, first)


def test_a_withdrawn_adoption_leaves_the_plan_on_display(connection: Connection) -> None:
    force = publish(connection, valid_from="2020-01-01")
    shown = publish(connection, "on_display")
    adopted = publish(connection)
    edition.withdraw(connection, adopted)
    assert stands(connection) == (force, shown)
    edition.withdraw(connection, shown)
    assert stands(connection) == (force, None)


@pytest.mark.parametrize(
    "change",
    [
        "valid_from = '2001-01-01'",
        "published_at = now()",
        "withdrawn_at = now()",
        "state = 'withdrawn', source = 'x'",
    ],
)
def test_the_two_times_of_a_published_edition_stay(engine: Engine, actor: Actor, change: str) -> None:
    with pytest.raises(DBAPIError, match="was published"), session.transaction(engine, actor) as connection:
        connection.execute(text(f"UPDATE hetu.edition SET {change}"))


@pytest.mark.parametrize(
    "change", ["state = 'published', withdrawn_at = NULL", "withdrawn_at = now() + interval '1 day'"]
)
def test_what_is_withdrawn_stays_withdrawn(connection: Connection, change: str) -> None:
    gone = publish(connection)
    edition.withdraw(connection, gone)
    with pytest.raises(DBAPIError, match="was published"):
        connection.execute(text(f"UPDATE hetu.edition SET {change} WHERE id = :id"), {"id": gone})


def test_the_pointers_are_journaled(connection: Connection) -> None:
    shown = publish(connection, "on_display")
    publish(connection)
    lines = connection.execute(
        text(
            "SELECT action, was, became FROM hetu.journal WHERE what = 'displayed_edition' AND key = :layer ORDER BY id"
        ),
        {"layer": LAYER},
    ).all()
    told = {"layer": LAYER, "edition_id": shown}
    assert [tuple(line) for line in lines] == [("insert", None, told), ("delete", told, None)]


def test_whoever_staged_upon_less_is_told_whatever_the_status(engine: Engine, actor: Actor) -> None:
    """An older edition that came meanwhile moved no pointer, and still the second publisher did not know of it."""

    def staged(connection: Connection) -> int:
        delivery = store.begin_delivery(connection, actor, "history")
        new = arrival(
            "statutory_plan", "polygon", [km(511, 2511, 512, 2512)], ["R2"], Coverage(OUTLINE, "district")
        )
        return edition.put(connection, delivery, SRID, replace(new, valid_from=date(2001, 1, 1)))

    with engine.connect() as slow:
        transaction = slow.begin()
        slow.execute(session.SET_ACTOR, {"actor": "slow", "on_behalf_of": ""})
        overtaken = staged(slow)
        with session.transaction(engine, actor) as quick:
            edition.publish(quick, [("statutory_plan", staged(quick))])
        with pytest.raises(Refused) as refusal:
            edition.publish(slow, [("statutory_plan", overtaken)])
        transaction.rollback()
    assert (refusal.value.code, refusal.value.params) == (
        "edition_overtaken",
        {"layer": "statutory_plan", "seq": 2},
    )


def test_an_edition_is_known_from_when_it_is_seen_not_from_when_its_import_began(
    engine: Engine, actor: Actor
) -> None:
    with session.transaction(engine, actor) as connection:
        began = connection.execute(text("SELECT now()")).scalar_one()
        meanwhile = now(connection)
        made = publish(connection)
    with session.read(engine) as connection:
        (told,) = store.editions_by_id(connection, [made])
        assert began < meanwhile < told["published_at"]


# What stood in a workspace before there were two times, as the product of that day wrote it.
BEFORE = """
INSERT INTO hetu.stanza (code, digest, body) SELECT code, 'x', '{"name": "n", "kind": "polygon"}'
FROM unnest(ARRAY['a', 'b', 'c', 'd']) AS code;
INSERT INTO hetu.layer (code, origin, stanza_id, position) SELECT code, 'catalogue', id, 1 FROM hetu.stanza;
INSERT INTO hetu.delivery (name, handed_over_by) VALUES ('d', 'p');
INSERT INTO hetu.edition (layer, seq, state, status, delivery_id, kind, source, format, crs_in, crs_basis, operation, coverage_basis, published_at)
SELECT layer, seq, state, status, (SELECT id FROM hetu.delivery), 'polygon', 's', 'f', 'EPSG:4547', 'file', 'noop', 'none', CAST(at AS timestamptz)
FROM (VALUES ('a', 1, 'published', 'in_force',   '2024-01-01 20:00+00'),
             ('a', 2, 'published', 'in_force',   '2024-06-01 02:00+00'),
             ('b', 1, 'published', 'unknown',    '2024-01-01 02:00+00'),
             ('b', 2, 'published', 'draft',      '2024-02-01 02:00+00'),
             ('c', 1, 'published', 'on_display', '2024-03-01 02:00+00'),
             ('d', 1, 'published', 'in_force',   '2024-03-01 02:00+00'),
             ('d', 2, 'withdrawn', 'in_force',   '2024-04-01 02:00+00')) AS told (layer, seq, state, status, at);
INSERT INTO hetu.edition (layer, status, delivery_id, kind, source, format, crs_in, crs_basis, operation, coverage_basis)
SELECT 'a', 'in_force', id, 'polygon', 's', 'f', 'EPSG:4547', 'file', 'noop', 'none' FROM hetu.delivery;
INSERT INTO hetu.current_edition SELECT DISTINCT ON (layer) layer, id FROM hetu.edition WHERE seq IS NOT NULL ORDER BY layer, seq DESC;
"""


@pytest.fixture
def of_before(cluster: object) -> Iterator[Engine]:
    """A workspace as migration 0002 left it, with rows."""
    name = f"o_{uuid.uuid4().hex[:16]}"
    workspaces.make(name, title="", srid=SRID, crs_wkt=crs.parse(SRID).wkt, actor=Actor("old", "old"))
    engine = session.engine(name)
    with session.transaction(engine, Actor("old", "old")) as connection:
        connection.execute(text("DROP SCHEMA hetu CASCADE"))
        connection.execute(text("DROP SCHEMA jobs CASCADE"))
        connection.execute(text("DELETE FROM public.alembic_version"))
        config = workspaces._alembic()
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        make = {"name": name, "title": "旧", "srid": SRID, "crs_wkt": crs.parse(SRID).wkt}
        connection.execute(workspaces.sql.make, make)
        connection.execute(text(BEFORE))
    yield engine
    workspaces.drop(name)


def test_a_workspace_of_before_opens_with_its_editions_dated(of_before: Engine) -> None:
    opened = workspaces.open(str(of_before.url.database).removeprefix("hetu_"))
    assert opened.title == "旧"
    with session.read(of_before) as connection:
        editions = connection.execute(
            text(
                "SELECT layer || seq AS edition, valid_from, withdrawn_at IS NOT NULL AS withdrawn FROM hetu.edition WHERE seq IS NOT NULL"
            )
        ).mappings()
        told = {each["edition"]: each for each in editions}
        assert told["a1"]["valid_from"] == date(2024, 1, 2)  # four in the morning in Beijing
        assert told["a2"]["valid_from"] == date(2024, 6, 1)
        assert [name for name, each in told.items() if each["withdrawn"]] == ["d2"]
        found = {each["code"]: each for each in service.layers(connection)}
        assert {code: each["seq"] for code, each in found.items()} == {"a": 2, "b": 1, "c": None, "d": 1}
        assert found["c"]["displayed"]["seq"] == 1
        assert layer(connection, "a", on="2024-03-01")["seq"] == 1
        same_by_rows_and_pointers(connection)
        who = (
            connection.execute(text("SELECT DISTINCT actor FROM hetu.journal WHERE became ? 'valid_from'"))
            .scalars()
            .all()
        )
        assert who == ["migration 0003"]


def test_a_workspace_of_before_goes_on(of_before: Engine, actor: Actor) -> None:
    workspaces.open(str(of_before.url.database).removeprefix("hetu_"))
    with session.transaction(of_before, actor) as connection:
        made = publish(connection, layer="b")
        assert stands(connection, code="b") == (made, None)
        assert layer(connection, "b")["seq"] == 3
