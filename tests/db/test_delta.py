"""A delivery of changes becomes a whole edition: features keep their numbers, what it does not touch stays, what it cannot mean is refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
import shapely
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from db import session
from db.actor import Actor
from gis import delta, edition
from gis.edition import Arrival, Coverage
from gis.source_layer import SetAside
from gis.stage import Features
from layers.refusal import Refused
from tests.little_district import OUTLINE, SRID, WEST_HALF, arrival, km
from workflows.base_map import service, store, withdrawing
from workflows.base_map.intake import deltas

LAYER = "detailed_plan"  # of the catalogue, and empty in the little district
A, B, C, D = (km(511 + n, 2511, 512 + n, 2512) for n in range(4))
MOVED = km(516, 2516, 517, 2517)


def row(ident: str | None, change: str | None = None, shape: Any = None, **more: Any) -> dict[str, Any]:
    told = {"编号": ident, "变化类型": change, **more}
    return {"shape": shape, "told": {key: value for key, value in told.items() if value is not None}}


def aside(at: int, ident: str | None, code: str = "invalid_geometry", change: str | None = None) -> SetAside:
    told = row(ident, change)["told"]
    return SetAside(at, code, None, None, {}, None, json.dumps(told, ensure_ascii=False))


def brought(
    rows: Sequence[dict[str, Any]],
    set_aside: Sequence[SetAside] = (),
    boxes: Sequence[tuple[float, float, float, float] | None] = (),
    fields: Sequence[str] = ("编号", "变化类型"),
    **more: Any,
) -> Arrival:
    """What an import stages of a file: row numbers as ids, rows without a shape and those of ``set_aside`` left out."""
    gone = {each.row for each in set_aside}
    free = [n for n in range(len(rows) + len(gone)) if n not in gone]
    bare = [
        SetAside(n, "null_geometry", None, None, {}, None, json.dumps(each["told"], ensure_ascii=False))
        for n, each in zip(free, rows, strict=True)
        if each["shape"] is None
    ]
    set_aside, boxes = [*set_aside, *bare], [*boxes, *[None] * len(bare)]
    numbers = [n for n, each in zip(free, rows, strict=True) if each["shape"] is not None]
    rows = [each for each in rows if each["shape"] is not None]
    shapes = np.array([each["shape"] for each in rows], dtype=object)
    like = arrival(LAYER, "polygon", [A], [None], Coverage(WEST_HALF, "file"))
    features = Features(
        ids=np.array(numbers, dtype=np.int64),
        idents=[each["told"].get("编号") for each in rows],
        classes=[None] * len(rows),
        attributes=[json.dumps(each["told"], ensure_ascii=False) for each in rows],
        geometry=shapes,
    )
    told = replace(
        like,
        features=features,
        set_aside=list(set_aside),
        boxes=list(boxes),
        fields=[(name, "text") for name in fields],
        extent=tuple(shapely.total_bounds(shapes).tolist()) if rows else None,
        disjoint=edition.proved_disjoint(shapes),
    )
    return replace(told, **more)


def publish(connection: Connection, arrived: Arrival) -> int:
    delivery = store.begin_delivery(connection, Actor("test", "检验"), "whole")
    made = edition.put(connection, delivery, SRID, arrived)
    edition.publish(connection, [(LAYER, made)])
    return made


def stage(connection: Connection, arrived: Arrival, said: str | None = None) -> tuple[int, delta.Completed]:
    """A delta staged and completed, not yet published."""
    delivery = store.begin_delivery(connection, Actor("test", "检验"), "changes")
    made = edition.put(connection, delivery, SRID, replace(arrived, coverage=edition.NOBODY))
    reading = deltas.reading(connection, LAYER, [name for name, _ in arrived.fields], said)
    done = deltas.complete(connection, made, reading, identify=("编号",))
    return made, done


def apply(connection: Connection, *rows: dict[str, Any], **more: Any) -> int:
    made, _ = stage(connection, brought(rows, **more))
    edition.publish(connection, [(LAYER, made)])
    return made


def features(connection: Connection, made: int) -> dict[str, tuple[int, Any, dict[str, Any]]]:
    """ident: number, shape, attributes."""
    found = connection.execute(
        text(
            "SELECT ident, id, ST_AsBinary(geom) AS geom, attributes FROM hetu.feature WHERE edition_id = :id"
        ),
        {"id": made},
    )
    return {each.ident: (each.id, shapely.from_wkb(bytes(each.geom)), each.attributes) for each in found}


def kept_aside(connection: Connection, made: int) -> dict[int, tuple[str, Any]]:
    found = connection.execute(
        text("SELECT id, code, ST_AsBinary(box) AS box FROM hetu.set_aside WHERE edition_id = :id"),
        {"id": made},
    )
    return {
        each.id: (each.code, None if each.box is None else shapely.from_wkb(bytes(each.box)))
        for each in found
    }


def told(connection: Connection, made: int) -> dict[str, Any]:
    (found,) = [each for each in service.editions(connection, LAYER) if each["id"] == made]
    return found


@pytest.fixture
def base(connection: Connection) -> int:
    """Three features of one row each."""
    return publish(connection, brought([row("a", shape=A), row("b", shape=B, 备注="旧"), row("c", shape=C)]))


def refused(code: str) -> Any:
    return pytest.raises(Refused, match=f"^{code}\\(")


def test_what_is_not_touched_stays_and_everything_keeps_its_number(connection: Connection, base: int) -> None:
    made = apply(connection, row("d", "新增", D), row("b", "修改", MOVED, 备注="新"), row("a", "删除", A))
    found = features(connection, made)
    assert {ident: number for ident, (number, _, _) in found.items()} == {"b": 1, "c": 2, "d": 3}
    assert found["b"][1].equals(MOVED)
    assert found["c"][1].equals(C)
    assert found["b"][2] == {
        "编号": "b",
        "备注": "新",
    }  # the word of the delta is no attribute of the feature
    assert features(connection, base)["b"][1].equals(B)  # nothing of the base changed
    now = told(connection, made)
    assert (now["current"], now["rows_published"], now["rows_read"], now["rows_set_aside"]) == (True, 3, 3, 0)
    assert now["delta"] == {"base": 1, "added": 1, "changed": 1, "removed": 1}
    assert now["coverage_basis"] == "file"  # as the base says, whatever the delta's file says
    assert [name for name, _ in now["fields"]] == ["编号", "变化类型"]


def test_the_edition_can_be_looked_at_as_any_other(connection: Connection, base: int) -> None:
    from gis import overlay

    made = apply(connection, row("d", "added", D), row("a", "removed", A))
    measured = overlay.measure(connection, km(511, 2511, 515, 2512), SRID, [base, made]).footprints
    assert measured == {base: pytest.approx(3e6), made: pytest.approx(3e6)}
    extent = connection.execute(
        text("SELECT ST_AsBinary(extent) FROM hetu.edition WHERE id = :id"), {"id": made}
    ).scalar_one()
    assert shapely.from_wkb(bytes(extent)).bounds == (512_000, 2_511_000, 515_000, 2_512_000)


def test_numbers_are_never_given_again(connection: Connection, base: int) -> None:
    wrong = apply(connection, row("d", "新增", D))
    withdrawing.withdraw(connection, Actor("test", "检验"), wrong, reason="x")
    again = apply(connection, row("e", "新增", D), row("c", "删除"))
    assert {ident: each[0] for ident, each in features(connection, again).items()} == {"a": 0, "b": 1, "e": 4}
    last = apply(connection, row("f", "新增", C))
    assert features(connection, last)["f"][0] == 5


def test_deltas_follow_one_another(connection: Connection, base: int) -> None:
    apply(connection, row("d", "新增", D))
    apply(connection, row("d", "变更", MOVED), row("a", "删除"))
    last = apply(connection, row("a", "新增", A))
    found = features(connection, last)
    assert {ident: each[0] for ident, each in found.items()} == {"b": 1, "c": 2, "d": 3, "a": 4}
    assert told(connection, last)["seq"] == 4


def test_a_removed_row_needs_no_geometry(connection: Connection, base: int) -> None:
    made = apply(connection, set_aside=[aside(0, "a", "null_geometry", "删除")])
    assert set(features(connection, made)) == {"b", "c"}
    assert kept_aside(connection, made) == {}
    assert told(connection, made)["disjoint"] is True  # part of what was proved


def test_nothing_is_proved_of_what_came_in(connection: Connection, base: int) -> None:
    assert told(connection, apply(connection, row("d", "新增", A)))["disjoint"] is None


def test_a_change_that_is_no_feature_leaves_a_place_where_nobody_knows(
    connection: Connection, base: int
) -> None:
    bad = [aside(0, "b", change="修改"), aside(1, "d", change="新增")]
    made = apply(connection, set_aside=bad, boxes=[MOVED.bounds, None])
    assert set(features(connection, made)) == {"a", "c"}
    kept = kept_aside(connection, made)
    assert set(kept) == {1, 3}
    assert kept[1][1].equals(shapely.box(*shapely.union_all([B, MOVED]).bounds))
    now = told(connection, made)
    assert (now["rows_published"], now["rows_set_aside"], now["rows_read"]) == (2, 2, 4)


def test_what_was_set_aside_stays_so_until_it_is_replaced(connection: Connection) -> None:
    publish(
        connection,
        brought([row("a", shape=A)], [aside(1, "b"), aside(2, "c"), aside(3, "d")], [B.bounds, None, None]),
    )
    made = apply(connection, row("b", "修改", B), row("c", "删除", C), row("e", "新增", D))
    assert {ident: each[0] for ident, each in features(connection, made).items()} == {"a": 0, "b": 1, "e": 4}
    assert list(kept_aside(connection, made)) == [3]


def test_another_attribute_may_say_it(connection: Connection, base: int) -> None:
    rows = [row("d", shape=D, 动作="Ｎｅｗ "), row("a", shape=A, 动作="DELETE")]
    with refused("delta_field"):
        stage(connection, brought(rows, fields=("编号", "动作")))
    _, done = stage(connection, brought(rows, fields=("编号", "动作")), said="动作")
    assert (done.added, done.changed, done.removed, done.kept) == (1, 0, 1, 2)


def test_of_two_attributes_that_may_say_it_neither_is_chosen(connection: Connection, base: int) -> None:
    with pytest.raises(Refused) as refusal:
        stage(connection, brought([row("d", "新增", D, BHLX="新增")], fields=("编号", "变化类型", "BHLX")))
    assert (refusal.value.code, refusal.value.params["found"]) == ("delta_field", ["变化类型", "BHLX"])


@pytest.mark.parametrize(
    ("rows", "code", "params"),
    [
        ([row("d", "拆分", D), row("e", None, D)], "delta_change_unknown", {"rows": [0, 1], "got": ["拆分"]}),
        ([row(None, "新增", D)], "delta_ident_unclear", {"where": "delta", "what": "missing", "rows": [0]}),
        ([row("", "新增", D)], "delta_ident_unclear", {"where": "delta", "what": "missing", "rows": [0]}),
        (
            [row("d", "新增", D), row("a", "删除", A), row("d", "修改", D)],
            "delta_ident_unclear",
            {"where": "delta", "what": "twice", "rows": [0, 2], "idents": ["d", "d"]},
        ),
        ([row("a", "修改", A), row("z", "修改", D)], "delta_not_there", {"rows": [1], "idents": ["z"]}),
        ([row("z", "删除", D)], "delta_not_there", {"rows": [0], "idents": ["z"]}),
        ([row("a", "新增", D)], "delta_already_there", {"rows": [0], "idents": ["a"], "seq": 1}),
        ([row(each, "删除", A) for each in "abc"], "delta_leaves_nothing", {"removed": 3}),
    ],
)
def test_what_it_cannot_mean_is_refused_with_its_rows(
    connection: Connection, base: int, rows: list[dict[str, Any]], code: str, params: dict[str, Any]
) -> None:
    for each in rows:  # an empty identifier is none
        each["told"] = {key: value or None for key, value in each["told"].items()}
    with pytest.raises(Refused) as refusal:
        stage(connection, brought(rows))
    assert refusal.value.code == code
    assert {key: refusal.value.params[key] for key in params} == params


def test_an_ident_that_stands_twice_in_the_base_cannot_be_changed(connection: Connection) -> None:
    publish(
        connection, brought([row("a", shape=A), row("a", shape=B), row(None, shape=C), row("d", shape=D)])
    )
    with pytest.raises(Refused) as refusal:
        stage(connection, brought([row("a", "修改", A)]))
    assert (refusal.value.code, refusal.value.params["where"]) == ("delta_ident_unclear", "base")
    _, done = stage(connection, brought([row("d", "删除", D)]))  # of what is clear it may speak
    assert (done.kept, done.removed) == (3, 1)


def test_without_an_edition_in_force_nothing_can_change(connection: Connection) -> None:
    with refused("delta_without_base"):
        stage(connection, brought([row("a", "新增", A)]))
    publish(connection, brought([row("a", shape=A)], status="draft"))
    with refused("delta_without_base"):
        stage(connection, brought([row("a", "修改", A)]))


def test_changes_do_not_hold_before_what_they_change(connection: Connection, base: int) -> None:
    with refused("delta_before_base"):
        stage(connection, brought([row("d", "新增", D)], valid_from=date(2001, 1, 1)))


def test_changes_of_another_kind_are_no_changes_of_the_layer(connection: Connection, base: int) -> None:
    with refused("kind_differs"):
        stage(connection, brought([row("d", "新增", D)], kind="point"))
    made, _ = stage(connection, brought([], [aside(0, "a", "null_geometry", "删除")], kind="point"))
    edition.publish(connection, [(LAYER, made)])
    assert told(connection, made)["kind"] == "polygon"


def test_who_changes_what_was_withdrawn_meanwhile_is_told(connection: Connection, base: int) -> None:
    second = publish(connection, brought([row("a", shape=A)]))
    made, _ = stage(connection, brought([row("d", "新增", D)]))
    withdrawing.withdraw(connection, Actor("test", "检验"), second, reason="x", with_built=False)
    with refused("delta_base_moved"):
        edition.publish(connection, [(LAYER, made)])


def test_who_changes_what_was_replaced_meanwhile_is_told(engine: Engine, actor: Actor) -> None:
    with session.transaction(engine, actor) as connection:
        publish(connection, brought([row("a", shape=A)]))
    with engine.connect() as slow:
        transaction = slow.begin()
        slow.execute(session.SET_ACTOR, {"actor": "slow", "on_behalf_of": ""})
        made, _ = stage(slow, brought([row("d", "新增", D)]))
        with session.transaction(engine, actor) as quick:
            apply(quick, row("e", "新增", D))
        with refused("edition_overtaken"):
            edition.publish(slow, [(LAYER, made)])
        transaction.rollback()
    with session.read(engine) as connection:
        left = connection.execute(
            text("SELECT count(*) FROM pg_tables WHERE tablename IN (:stage, :rows)"),
            {"stage": f"feature_{made}", "rows": f"delta_{made}"},
        ).scalar_one()
        assert left == 0
        assert [each["seq"] for each in service.editions(connection, LAYER)] == [2, 1]


def test_a_base_with_changes_upon_it_goes_only_when_that_is_said(connection: Connection, base: int) -> None:
    upon = apply(connection, row("d", "新增", D))
    who = Actor("test", "检验")
    with pytest.raises(Refused) as refusal:
        withdrawing.withdraw(connection, who, base, reason="x")
    assert (refusal.value.code, refusal.value.params["editions"]) == ("edition_built_upon", [f"{LAYER} #2"])
    done = withdrawing.withdraw(
        connection, who, base, reason="x", expected_seq=0, leave_empty=True, with_built=True
    )
    assert [each["edition"] for each in done["withdrawn"]] == [base, upon]


@pytest.mark.parametrize(
    "change",
    ["UPDATE hetu.delta SET added = 0", "UPDATE hetu.delta_row SET id = 9", "DELETE FROM hetu.delta_row",
     "DELETE FROM hetu.set_aside"],
)  # fmt: skip
def test_what_was_published_never_changes(connection: Connection, base: int, change: str) -> None:
    apply(connection, row("d", "新增", D), set_aside=[aside(1, "e", change="新增")])
    with pytest.raises(DBAPIError, match=r"was published|only added to"):
        connection.execute(text(change))


def test_the_rows_say_which_feature_they_became(connection: Connection, base: int) -> None:
    made = apply(connection, row("d", "新增", D), row("a", "删除", A))
    found = connection.execute(
        text("SELECT row, change, ident, id FROM hetu.delta_row WHERE edition_id = :id ORDER BY row"),
        {"id": made},
    )
    assert [tuple(each) for each in found] == [(0, "added", "d", 3), (1, "removed", "a", 0)]
    who = connection.execute(
        text("SELECT became FROM hetu.journal WHERE what = 'delta' AND key = :key"), {"key": str(made)}
    ).scalar_one()
    assert (who["base_edition"], who["added"], who["removed"]) == (base, 1, 1)


def test_a_grid_has_no_changes(connection: Connection) -> None:
    delivery = store.begin_delivery(connection, Actor("test", "检验"), "ground")
    grid = replace(
        arrival("elevation", "raster", [A], [None], Coverage(OUTLINE, "cells")),
        features=None,
        cells=4,
        raster={},
    )
    edition.publish(connection, [("elevation", edition.put(connection, delivery, SRID, grid))])
    with refused("delta_of_raster"):
        delta.base_of(connection, "elevation")
