"""A wrong edition is withdrawn in one step: with a reason, knowing what stands then and which checks used it; the checks say so ever after."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import shapely
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from db import session
from db.actor import Actor
from gis import crs, edition
from gis.edition import Coverage
from gis.site import Site
from layers.refusal import Refused
from tests.little_district import OUTLINE, SRID, WEST_HALF, arrival, km
from workflows.base_map import service as base_map
from workflows.base_map import store as base_map_store
from workflows.base_map import withdrawing
from workflows.site_check import later, service

FARMLAND = "permanent_basic_farmland"
EMPTY = "detailed_plan"  # of the catalogue, and without an edition in the little district
WHY = "坐标系报错，整层偏移"


@pytest.fixture
def steward(actor: Actor) -> Actor:
    return actor


def publish(
    connection: Connection,
    layer: str = FARMLAND,
    shapes: list[shapely.Geometry] | None = None,
    delivery: int | None = None,
    **more: Any,
) -> int:
    delivery = delivery or base_map_store.begin_delivery(connection, Actor("test", "检验"), "a plan")
    shapes = shapes or [km(512, 2518, 512.5, 2519)]
    new = arrival(layer, "polygon", shapes, ["0101"] * len(shapes), Coverage(OUTLINE, "district"))
    made = edition.put(connection, delivery, SRID, replace(new, **more))
    edition.publish(connection, [(layer, made)])
    return made


def check(connection: Connection, actor: Actor, shape: shapely.Geometry) -> dict[str, Any]:
    project = crs.parse(SRID)
    site = Site(shape, project, {"box": "drawn by hand"}, project, "noop")
    return service.check(connection, actor, site)


def in_force(connection: Connection, layer: str = FARMLAND) -> int | None:
    found: int | None = base_map.layer(connection, layer)["seq"]
    return found


def refused(code: str) -> Any:
    return pytest.raises(Refused, match=f"^{code}\\(")


def test_the_edition_before_stands_again_and_the_answer_says_so(
    connection: Connection, steward: Actor
) -> None:
    wrong = publish(connection)
    done = withdrawing.withdraw(connection, steward, wrong, reason=f"  {WHY}\n ", expected_seq=1)
    assert in_force(connection) == 1
    assert (done["step"], done["reason"], done["by"]) == ("edition", WHY, steward.id)
    assert done["withdrawn"] == [{"edition": wrong, "layer": FARMLAND, "seq": 2}]
    (layer,) = done["layers"]
    assert (layer["layer"], layer["in_force"], layer["stands"], layer["empties"]) == (FARMLAND, 2, 1, False)
    told = {each["seq"]: each for each in base_map.editions(connection, FARMLAND)}
    assert (told[2]["state"], told[2]["withdrawn_because"], told[2]["withdrawn_by"]) == (
        "withdrawn",
        WHY,
        steward.id,
    )
    assert told[2]["withdrawn_at"] == done["at"]


def test_what_is_foreseen_is_what_happens(connection: Connection, steward: Actor) -> None:
    publish(connection, EMPTY, valid_from=date(2015, 1, 1))
    shown = publish(connection, EMPTY, status="on_display")
    adopted = publish(connection, EMPTY)
    foreseen = withdrawing.foreseen(connection, [adopted])
    (layer,) = foreseen["layers"]
    assert (layer["in_force"], layer["displayed"], layer["stands"], layer["shows"]) == (3, None, 1, 2)
    assert in_force(connection, EMPTY) == 3  # nothing was done
    withdrawing.withdraw(connection, steward, adopted, reason=WHY)
    now = base_map.layer(connection, EMPTY)
    assert (now["seq"], now["displayed"]["edition"]) == (1, shown)


def test_no_data_is_never_left_behind_by_the_way(connection: Connection, steward: Actor) -> None:
    only = publish(connection, EMPTY)
    with refused("withdrawal_leaves_nothing"):
        withdrawing.withdraw(connection, steward, only, reason=WHY)
    assert in_force(connection, EMPTY) == 1
    done = withdrawing.withdraw(connection, steward, only, reason=WHY, expected_seq=0, leave_empty=True)
    assert done["layers"][0]["empties"] is True
    assert in_force(connection, EMPTY) is None
    kept = connection.execute(
        text("SELECT stood_after FROM hetu.withdrawal WHERE edition_id = :id"), {"id": only}
    ).scalar_one()
    assert kept is None


def test_a_draft_takes_nothing_away(connection: Connection, steward: Actor) -> None:
    draft = publish(connection, EMPTY, status="draft")
    done = withdrawing.withdraw(connection, steward, draft, reason=WHY)
    assert done["layers"][0]["empties"] is False


@pytest.mark.parametrize("reason", ["", "   ", "\n", "x" * 2001])
def test_a_reason_is_said(connection: Connection, steward: Actor, reason: str) -> None:
    with refused("withdrawal_reason"):
        withdrawing.withdraw(connection, steward, publish(connection), reason=reason)


def test_whoever_was_told_another_outcome_is_asked_again(connection: Connection, steward: Actor) -> None:
    middle, wrong = publish(connection), publish(connection)
    withdrawing.withdraw(connection, steward, middle, reason=WHY)  # somebody else, meanwhile
    with pytest.raises(Refused) as refusal:
        withdrawing.withdraw(connection, steward, wrong, reason=WHY, expected_seq=2)
    assert (refusal.value.code, refusal.value.params) == (
        "standing_moved",
        {"layer": FARMLAND, "expected": 2, "now": 1},
    )
    assert in_force(connection) == 3


def test_an_edition_is_withdrawn_once(connection: Connection, steward: Actor) -> None:
    wrong = publish(connection)
    withdrawing.withdraw(connection, steward, wrong, reason=WHY)
    with pytest.raises(Refused) as refusal:
        withdrawing.withdraw(connection, steward, wrong, reason="once more")
    assert refusal.value.code == "edition_withdrawn"
    assert (refusal.value.params["seq"], refusal.value.params["by"]) == (2, steward.id)
    for unknown in (987_654, 0, -1):
        with refused("edition_unknown"):
            withdrawing.withdraw(connection, steward, unknown, reason=WHY)
    with refused("edition_unknown"):
        withdrawing.numbered(connection, FARMLAND, 99)


def test_of_two_at_once_one_withdraws_and_one_is_told(engine: Engine, steward: Actor) -> None:
    with session.transaction(engine, steward) as connection:
        wrong = publish(connection)

    def go(who: str) -> str:
        try:
            with session.transaction(engine, Actor(who, who)) as connection:
                withdrawing.withdraw(connection, Actor(who, who), wrong, reason=f"says {who}")
        except Refused as no:
            return no.code
        return "done"

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(go, ["li", "wang", "zhao", "qian"]))
    assert sorted(said) == ["done", "edition_withdrawn", "edition_withdrawn", "edition_withdrawn"]
    with session.read(engine) as connection:
        assert withdrawing.said(connection, [wrong])[wrong]["reason"].startswith("says ")
        lines = connection.execute(
            text("SELECT count(*) FROM hetu.journal WHERE what = 'withdrawal' AND key = :id"),
            {"id": str(wrong)},
        ).scalar_one()
    assert lines == 1


def test_a_publication_and_a_withdrawal_wait_for_each_other(engine: Engine, steward: Actor) -> None:
    """Whoever decided on "edition 1 stands then" is not taken at his word when edition 3 came in between."""
    with session.transaction(engine, steward) as connection:
        wrong = publish(connection)
    with engine.connect() as slow:
        transaction = slow.begin()
        slow.execute(session.SET_ACTOR, {"actor": "slow", "on_behalf_of": ""})
        publish(slow)  # holds the layer
        with ThreadPoolExecutor(1) as pool:

            def go() -> str:
                try:
                    with session.transaction(engine, steward) as connection:
                        withdrawing.withdraw(connection, steward, wrong, reason=WHY, expected_seq=1)
                except Refused as no:
                    return no.code
                return "done"

            waiting = pool.submit(go)
            transaction.commit()
            assert waiting.result(30) == "standing_moved"
    with session.read(engine) as connection:
        assert in_force(connection) == 3


def test_a_delivery_goes_as_a_whole(connection: Connection, steward: Actor) -> None:
    delivery = base_map_store.begin_delivery(connection, steward, "two plans")
    farmland = publish(connection, FARMLAND, delivery=delivery)
    plan = publish(connection, EMPTY, delivery=delivery)
    with refused("withdrawal_leaves_nothing"):
        withdrawing.withdraw_delivery(connection, steward, delivery, WHY)
    assert (in_force(connection), in_force(connection, EMPTY)) == (2, 1)
    done = withdrawing.withdraw_delivery(connection, steward, delivery, WHY, leave_empty=True)
    assert {each["edition"] for each in done["withdrawn"]} == {farmland, plan}
    assert (in_force(connection), in_force(connection, EMPTY)) == (1, None)
    moments = connection.execute(
        text("SELECT DISTINCT withdrawn_at FROM hetu.edition WHERE delivery_id = :id"), {"id": delivery}
    ).all()
    assert len(moments) == 1  # nobody knew the half of it, not for a moment
    with refused("delivery_withdrawn"):
        withdrawing.withdraw_delivery(connection, steward, delivery, WHY)
    with refused("import_unknown"):
        withdrawing.withdraw_delivery(connection, steward, 987_654, WHY)


def test_a_rollback_withdraws_all_that_came_after(connection: Connection, steward: Actor) -> None:
    good = publish(connection, EMPTY, valid_from=date(2010, 1, 1))
    for day in (date(2012, 1, 1), date(2014, 1, 1)):
        publish(connection, EMPTY, valid_from=day)
    archive = publish(connection, EMPTY, valid_from=date(2001, 1, 1), status="superseded")
    shown = publish(connection, EMPTY, status="on_display")
    draft = publish(connection, EMPTY, status="draft")
    done = withdrawing.rollback(connection, steward, EMPTY, 1, WHY)
    assert [each["seq"] for each in done["withdrawn"]] == [2, 3]
    now = base_map.layer(connection, EMPTY)
    assert (now["edition"], now["displayed"]["edition"]) == (good, shown)
    states = {each["id"]: each["state"] for each in base_map.editions(connection, EMPTY)}
    assert states[archive] == states[draft] == "published"
    with refused("rollback_stands"):
        withdrawing.rollback(connection, steward, EMPTY, 1, WHY)
    with refused("edition_withdrawn"):
        withdrawing.rollback(connection, steward, EMPTY, 2, WHY)
    for seq in (5, 6):
        with refused("rollback_unfit"):
            withdrawing.rollback(connection, steward, EMPTY, seq, WHY)


def test_slopes_go_with_the_elevations_they_were_derived_from(connection: Connection, steward: Actor) -> None:
    delivery = base_map_store.begin_delivery(connection, steward, "ground")
    ground = publish(connection, "elevation", delivery=delivery)
    slope = publish(connection, "slope", delivery=delivery, raster={"derived_from": "elevation"})
    with pytest.raises(Refused) as refusal:
        withdrawing.withdraw(connection, steward, ground, reason=WHY, leave_empty=True)
    assert (refusal.value.code, refusal.value.params["editions"]) == ("edition_built_upon", ["slope #1"])
    done = withdrawing.withdraw(
        connection, steward, ground, reason=WHY, expected_seq=0, leave_empty=True, with_built=True
    )
    assert {each["edition"] for each in done["withdrawn"]} == {ground, slope}
    assert done["built_upon"] == []


def test_what_was_built_upon_it_may_stay_and_is_told(connection: Connection, steward: Actor) -> None:
    delivery = base_map_store.begin_delivery(connection, steward, "ground")
    ground = publish(connection, "elevation", delivery=delivery)
    publish(connection, "slope", delivery=delivery, raster={"derived_from": "elevation"})
    done = withdrawing.withdraw(connection, steward, ground, reason=WHY, leave_empty=True, with_built=False)
    assert [each["layer"] for each in done["built_upon"]] == ["slope"]
    assert in_force(connection, "slope") == 1


def test_the_district_is_again_what_it_was(connection: Connection, steward: Actor) -> None:
    wrong = publish(connection, "district", [WEST_HALF])
    base_map_store.keep_outline(connection, WEST_HALF, SRID, "layer")  # as an import does
    withdrawing.withdraw(connection, steward, wrong, reason=WHY)
    outline = base_map_store.outline(connection)
    assert outline is not None
    assert outline.equals(OUTLINE)


@pytest.mark.parametrize("change", ["UPDATE hetu.withdrawal SET reason = 'x'", "DELETE FROM hetu.withdrawal"])
def test_a_reason_stands(connection: Connection, steward: Actor, change: str) -> None:
    withdrawing.withdraw(connection, steward, publish(connection), reason=WHY)
    with pytest.raises(DBAPIError, match="only added to"):
        connection.execute(text(change))


def test_checks_that_used_it_are_counted_listed_and_marked(connection: Connection, steward: Actor) -> None:
    before = check(connection, steward, km(512.1, 2518.1, 512.2, 2518.2))
    wrong = publish(connection)
    used = [check(connection, steward, km(512.1, 2518.1, 512.2, 2518.2)) for _ in range(3)]
    done = withdrawing.withdraw(connection, steward, wrong, reason=WHY)
    assert done["checks"]["count"] == 3
    assert set(done["checks"]["listed"]) == {each["id"] for each in used}
    (mark,) = later.marks(connection, used[0])
    assert mark == {
        "layer": FARMLAND,
        "edition": wrong,
        "seq": 2,
        "mark": "withdrawn",
        "stands": 1,
        "at": done["at"],
        "reason": WHY,
        "by": steward.id,
    }
    assert later.marks(connection, before) == []  # its edition stands again

    listed = service.latest(connection, withdrawn=True)
    assert {each["id"] for each in listed} == {each["id"] for each in used}
    assert all(each["withdrawn"] == [wrong] for each in listed)
    assert {each["id"] for each in service.latest(connection, edition=wrong)} == {each["id"] for each in used}
    every = {each["id"]: each["withdrawn"] for each in service.latest(connection)}
    assert every[before["id"]] == []


def test_a_followed_edition_is_marked_without_a_reason(connection: Connection, steward: Actor) -> None:
    before = check(connection, steward, km(512.1, 2518.1, 512.2, 2518.2))
    publish(connection)
    (mark,) = later.marks(connection, before)
    assert (mark["mark"], mark["stands"], mark["at"], mark["reason"]) == ("superseded", 2, None, None)


def test_the_reason_is_not_told_to_a_grade_that_may_not_see_the_layer(
    connection: Connection, steward: Actor
) -> None:
    wrong = publish(connection)
    made = check(connection, steward, km(512.1, 2518.1, 512.2, 2518.2))
    withdrawing.withdraw(connection, steward, wrong, reason=WHY)
    told = service.reissue(connection, made["id"], sees="public")
    mark = next(each for each in later.marks(connection, told) if each["layer"] == FARMLAND)
    assert (mark["mark"], mark["reason"], mark["by"]) == ("withdrawn", None, None)
    (newest, *_) = base_map.editions(connection, FARMLAND, "public")
    assert newest["withdrawn_because"] is None


def test_checks_are_found_by_their_editions_without_reading_them_all(engine: Engine, steward: Actor) -> None:
    """A hundred thousand checks; the index answers which used an edition that few of them did."""
    with session.transaction(engine, steward, patient=True) as connection:
        made = check(connection, steward, km(512.1, 2518.1, 512.2, 2518.2))
        connection.execute(text("ALTER TABLE hetu.site_check DISABLE TRIGGER USER"))
        connection.execute(
            text("""
            INSERT INTO hetu.site_check (id, made_at, made_by, site, verdict, summary, answer, sha256, editions, product)
            SELECT 'n' || n, made_at - n * interval '1 minute', made_by, site, verdict, summary, '{}', sha256,
                   ARRAY(SELECT generate_series(1000, 1020)) || (2000 + n % 5000), product
            FROM hetu.site_check, generate_series(1, 20000) AS n WHERE id = :id
            """),
            {"id": made["id"]},
        )
        connection.execute(text("ANALYZE hetu.site_check"))
    with session.read(engine) as connection:
        plan = connection.execute(
            text(
                "EXPLAIN SELECT count(*) FROM hetu.site_check WHERE editions && CAST(ARRAY[2007] AS bigint[])"
            )
        ).scalars()
        assert "site_check_editions" in "\n".join(plan)
        assert withdrawing.foreseen(connection, [2007])["checks"] == 4
