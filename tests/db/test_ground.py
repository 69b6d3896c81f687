"""The ground keeps its promises whoever stands on it: migrations, journal, editions that do not change, keys that work once."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from geoalchemy2 import alembic_helpers
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from db import idempotency, session
from db import tables_of_intake as tables
from db import workspace as workspaces
from db.actor import Actor
from db.errors import GroundError
from tests.little_district import OUTLINE, SRID, arrival, km


def test_the_tables_are_what_the_migrations_make(connection: Connection) -> None:
    def ours(thing: object, name: str | None, kind: str, reflected: bool, other: object) -> bool:
        if (
            kind == "table"
            and reflected
            and (getattr(thing, "schema", None) != "hetu" or (name or "").startswith("feature_"))
        ):
            return False
        return bool(alembic_helpers.include_object(thing, name, kind, reflected, other)) and kind != "index"

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SQLAlchemy knows no xid8 and says so
        context = MigrationContext.configure(
            connection, opts={"include_schemas": True, "include_object": ours}
        )
        differences = compare_metadata(context, tables.metadata)
    told = [each for each in differences if "transaction" not in str(each)]
    assert told == []


def test_a_workspace_made_twice_is_the_same_one(workspace: str, actor: Actor) -> None:
    again = workspaces.make(workspace, title="another", srid=SRID, crs_wkt="", actor=actor)
    assert again.title == "小区域"
    with pytest.raises(GroundError) as refusal:
        workspaces.make(workspace, title="", srid=26986, crs_wkt="", actor=actor)
    assert refusal.value.code == "workspace_crs"


@pytest.mark.parametrize("name", ["", "Demo", "a-b", "1a", "a" * 50, "a;drop", "示范", "../x"])
def test_names_that_cannot_name_a_workspace(name: str) -> None:
    with pytest.raises(GroundError) as refusal:
        workspaces.open(name)
    assert refusal.value.code == "workspace_name"


def test_an_unknown_workspace_tells_which_there_are(template: str) -> None:
    with pytest.raises(GroundError) as refusal:
        workspaces.open("nowhere")
    assert refusal.value.code == "workspace_unknown"
    assert template in refusal.value.params["known"]


def test_no_write_without_an_actor(engine: Engine) -> None:
    with pytest.raises(DBAPIError, match="no actor"), engine.begin() as connection:
        connection.execute(text("UPDATE hetu.workspace SET title = 'x'"))


def test_the_journal_tells_who_what_from_and_to(engine: Engine) -> None:
    with session.transaction(engine, Actor("li", "李", on_behalf_of="wang")) as connection:
        connection.execute(text("UPDATE hetu.workspace SET title = '新名'"))
        line = (
            connection.execute(text("SELECT * FROM hetu.journal ORDER BY id DESC LIMIT 1")).mappings().one()
        )
    assert (line["actor"], line["on_behalf_of"], line["action"], line["what"]) == (
        "li",
        "wang",
        "update",
        "workspace",
    )
    assert (line["was"]["title"], line["became"]["title"]) == ("小区域", "新名")


@pytest.mark.parametrize(
    "statement", ["UPDATE hetu.journal SET actor = 'x'", "DELETE FROM hetu.journal", "TRUNCATE hetu.journal"]
)
def test_the_journal_is_only_added_to(engine: Engine, actor: Actor, statement: str) -> None:
    with pytest.raises(DBAPIError, match="only added to"), session.transaction(engine, actor) as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE hetu.edition SET rows_read = rows_read + 1, rows_published = rows_published + 1",
        "UPDATE hetu.edition SET source = 'x'",
        "UPDATE hetu.edition SET state = 'staged'",
        "DELETE FROM hetu.edition",
    ],
)
def test_a_published_edition_never_changes(engine: Engine, actor: Actor, statement: str) -> None:
    with pytest.raises(DBAPIError, match="was published"), session.transaction(engine, actor) as connection:
        connection.execute(text(statement))


def test_one_key_works_once_however_many_come_at_the_same_time(engine: Engine, actor: Actor) -> None:
    made: list[int] = []

    def ask(number: int) -> tuple[int, str]:
        def make() -> tuple[int, str]:
            made.append(number)
            return 201, f"the answer of {number}"

        with session.transaction(engine, actor) as connection:
            return idempotency.once(connection, actor, "one key", "the same request", make)

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(ask, range(40)))
    assert len(made) == 1
    assert answers == {(201, f"the answer of {made[0]}")}


def test_a_key_belongs_to_one_request_and_one_person(engine: Engine, actor: Actor) -> None:
    with session.transaction(engine, actor) as connection:
        idempotency.once(connection, actor, "k", "a", lambda: (201, "mine"))
        with pytest.raises(GroundError) as refusal:
            idempotency.once(connection, actor, "k", "b", lambda: (201, "other"))
        assert refusal.value.code == "idempotency_key_reused"
        other = Actor("zhao", "赵")
        assert idempotency.once(connection, other, "k", "a", lambda: (201, "theirs")) == (201, "theirs")


def test_a_request_that_failed_may_come_again_with_its_key(engine: Engine, actor: Actor) -> None:
    def broken() -> tuple[int, str]:
        raise RuntimeError

    with pytest.raises(RuntimeError), session.transaction(engine, actor) as connection:
        idempotency.once(connection, actor, "k", "a", broken)
    with session.transaction(engine, actor) as connection:
        assert idempotency.once(connection, actor, "k", "a", lambda: (201, "now")) == (201, "now")


def test_the_second_publisher_of_a_layer_is_told(engine: Engine, actor: Actor) -> None:
    """Both staged upon the same edition; the first publishes; the second is refused and nothing of either is lost."""
    from gis import edition
    from gis.edition import Coverage
    from layers.refusal import Refused
    from workflows.base_map import service, store

    def staged(connection: Connection) -> int:
        delivery = store.begin_delivery(connection, actor, "new lines")
        new = arrival(
            "ecological_red_line", "polygon", [km(511, 2511, 512, 2512)], ["1"], Coverage(OUTLINE, "district")
        )
        return edition.put(connection, delivery, SRID, new)

    with engine.connect() as slow:
        transaction = slow.begin()
        slow.execute(session.SET_ACTOR, {"actor": "slow", "on_behalf_of": ""})
        overtaken = staged(slow)
        with session.transaction(engine, actor) as quick:
            edition.publish(quick, [("ecological_red_line", staged(quick))])
        with pytest.raises(Refused) as refusal:
            edition.publish(slow, [("ecological_red_line", overtaken)])
        transaction.rollback()
    assert (refusal.value.code, refusal.value.params) == (
        "edition_overtaken",
        {"layer": "ecological_red_line", "seq": 2},
    )
    with session.read(engine) as connection:
        assert [each["seq"] for each in service.editions(connection, "ecological_red_line")] == [2, 1]


def test_an_edition_before_stays_readable(engine: Engine, actor: Actor) -> None:
    from gis import edition, overlay
    from gis.edition import Coverage
    from workflows.base_map import service, store

    with session.transaction(engine, actor) as connection:
        old = service.layer(connection, "permanent_basic_farmland")["edition"]
        delivery = store.begin_delivery(connection, actor, "less farmland")
        smaller = arrival(
            "permanent_basic_farmland",
            "polygon",
            [km(512, 2518, 512.5, 2519)],
            ["0101"],
            Coverage(OUTLINE, "district"),
        )
        edition.publish(
            connection, [("permanent_basic_farmland", edition.put(connection, delivery, SRID, smaller))]
        )
    with session.read(engine) as connection:
        now = service.layer(connection, "permanent_basic_farmland")
        assert (now["seq"], now["features"]) == (2, 1)
        site = km(512, 2518, 514, 2519)
        then_and_now = overlay.measure(connection, site, SRID, [old, now["edition"]]).footprints
    assert then_and_now == {old: pytest.approx(2_000_000), now["edition"]: pytest.approx(500_000)}


def test_of_two_who_publish_at_the_same_moment_one_wins_and_one_is_told(engine: Engine, actor: Actor) -> None:
    import threading

    from gis import edition
    from gis.edition import Coverage
    from layers.refusal import Refused
    from workflows.base_map import service, store

    both_staged = threading.Barrier(2)

    def publish(name: str) -> str:
        try:
            with session.transaction(engine, Actor(name, name)) as connection:
                delivery = store.begin_delivery(connection, actor, name)
                new = arrival("statutory_plan", "polygon", [km(511, 2511, 512, 2512)], ["R2"], Coverage(OUTLINE, "district"))
                staged = edition.put(connection, delivery, SRID, new)
                both_staged.wait(20)
                edition.publish(connection, [("statutory_plan", staged)])
        except Refused as refusal:
            return refusal.code
        return "published"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(publish, ("one", "two"))) == ["edition_overtaken", "published"]
    with session.read(engine) as connection:
        assert [each["seq"] for each in service.editions(connection, "statutory_plan")] == [2, 1]


@pytest.mark.parametrize("system", ["EPSG:4326", "EPSG:2249", "EPSG:3857"])
def test_a_district_is_measured_in_metres(system: str, actor: Actor) -> None:
    """Degrees, and feet: 1 ft2 printed as 1 m2 would be wrong by 10.76."""
    from gis import crs
    from layers.refusal import Refused
    from workflows.base_map import places

    with pytest.raises(Refused, match="project_crs_not_metric"):
        places.make("feet", title="", project=crs.parse(system), actor=actor)
    assert "feet" not in workspaces.names()
