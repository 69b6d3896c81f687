"""A report as it is drawn up from a stage, kept, and told to readers of different grades; what changed since the edition in force; tasks and suppliers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, text

from db.actor import Actor
from gis import edition
from gis.edition import Arrival
from gis.inspection import Inspector
from gis.readers import SetAside
from gis.stage import Features
from layers.refusal import Refused
from tests.little_district import OUTLINE, SRID, arrival, km
from workflows.base_map import catalogue, store
from workflows.base_map.reports import compared
from workflows.base_map.reports import service as reports

FARM = "permanent_basic_farmland"
DUE = date(2100, 1, 1)


def staged(
    connection: Connection,
    layer: str,
    shapes: Sequence[BaseGeometry],
    *,
    idents: Sequence[str | None] | None = None,
    classes: Sequence[str | None] | None = None,
    rows: Sequence[dict[str, Any]] | None = None,
    set_aside: Sequence[SetAside] = (),
    boxes: Sequence[tuple[float, float, float, float] | None] = (),
    inspector: Inspector | None = None,
) -> tuple[int, int]:
    """Number of the delivery and of the edition, staged."""
    told = list(rows or [{} for _ in shapes])
    features = Features(
        ids=np.arange(len(shapes)),
        idents=list(idents or [None] * len(shapes)),
        classes=list(classes or [None] * len(shapes)),
        attributes=[json.dumps(each, ensure_ascii=False) for each in told],
        geometry=np.array(list(shapes), dtype=object),
    )
    plain: Arrival = arrival(layer, "polygon", list(shapes), list(features.classes), edition.NOBODY)
    fields = tuple((name, "any") for name in (told[0] if told else {}))
    whole = replace(
        plain, features=features, fields=fields, set_aside=set_aside, boxes=boxes, samples=[*told[:1]]
    )
    delivery = store.begin_delivery(connection, Actor("test", "检验", kind="demo"), f"{layer}.zip")
    if inspector is not None:
        inspector.see(features.ids, features.geometry, told, features.classes, features.idents)
    return delivery, edition.put(connection, delivery, SRID, whole)


def looking(**about: Any) -> Inspector:
    return Inspector(
        "polygon", outline=OUTLINE, identified=True, classified=True, codes={"0101", "0103"}, **about
    )


def kept(connection: Connection, delivery: int, number: int, inspector: Inspector, layer: str = FARM) -> int:
    stanza = catalogue.catalogue_layers(connection).get(layer)
    drawn = reports.draw_up(connection, number, inspector, stanza=stanza)
    edition.publish(connection, [(layer, number)])
    return reports.keep(connection, delivery, drawn, number)


@pytest.fixture
def farmland(connection: Connection) -> tuple[int, int]:
    """Delivery and report of a farmland layer with a fault of almost every kind."""
    inspector = looking(tolerance_m=1.0)
    shapes = [
        km(511, 2512, 512, 2513),
        km(513, 2512, 514, 2513),
        km(511, 2512, 512, 2513),
        km(519.5, 2512, 520.5, 2513),
    ]
    aside = SetAside(9, "invalid_geometry", 1.0, 2.0, {"reason": "Self-intersection"}, None, "{}")
    rows = [{"BSM": n, "TBMJ": 1_000_000.0 if n else 1_100_000.0} for n in range(4)]
    delivery, number = staged(
        connection,
        FARM,
        shapes,
        idents=["A", "B", "C", "A"],
        classes=["0101", "0199", None, "0103"],
        rows=rows,
        set_aside=[aside],
        boxes=[(511_000, 2_512_000, 511_010, 2_512_010)],
        inspector=inspector,
    )
    return delivery, kept(connection, delivery, number, inspector)


def test_every_fault_is_counted_placed_and_told_with_its_row(
    connection: Connection, farmland: tuple[int, int]
) -> None:
    told = reports.of_delivery(connection, farmland[0])
    (report,) = told["layers"]
    assert {each["code"]: (each["severity"], each["count"], each["stored"]) for each in report["faults"]} == {
        "invalid_geometry": ("error", 1, 1),
        "duplicate_ident": ("error", 1, 1),
        "class_unknown": ("error", 1, 1),
        "duplicate": ("warning", 1, 1),
        "out_of_district": ("warning", 1, 1),
        "class_missing": ("warning", 1, 1),
        "area_differs": ("warning", 1, 1),
    }
    assert report["counts"] == {
        "read": 5,
        "published": 4,
        "set_aside": 1,
        "repaired": 0,
        "empty": 0,
        "null": 0,
    }
    rows = {each["code"]: each for each in reports.faults(connection, farmland[1])}
    assert all(each["placed"] for each in rows.values())
    assert rows["duplicate_ident"]["params"] == {"ident": "A", "of": 0}
    assert (rows["invalid_geometry"]["row"], rows["invalid_geometry"]["feature"]) == (9, None)
    assert (rows["duplicate"]["row"], rows["duplicate"]["params"]) == (2, {"of": 0})
    assert report["classes"] == {"missing": 1, "unknown": {"0199": 1}}
    assert report["area"]["differ"] == 1
    assert report["fields"][1] == {"name": "TBMJ", "type": "any", "filled": 4, "seen_types": {"number": 4}}
    department = store.catalogue(connection)["departments"][report["department"]]["zh"]
    assert (report["supplier"], told["delivery"]["supplier"]) == (department, department)
    west, south, east, north = report["extent_degrees"]
    assert 114.0 < west < east < 114.3
    assert 22.6 < south < north < 22.8


def test_places_are_drawn_in_degrees(connection: Connection, farmland: tuple[int, int]) -> None:
    drawn = reports.faults_geojson(connection, farmland[1], code="out_of_district")
    (feature,) = drawn["features"]
    shape = shapely.from_geojson(json.dumps(feature["geometry"]))
    assert 114.0 < shape.bounds[0] < 114.3
    assert feature["properties"]["params"]["outside_m2"] == pytest.approx(499_000, abs=2_000)
    assert len(reports.faults_geojson(connection, farmland[1])["features"]) == 7


def test_pages_of_faults_follow_one_another(connection: Connection, farmland: tuple[int, int]) -> None:
    whole = [each["n"] for each in reports.faults(connection, farmland[1])]
    first = reports.faults(connection, farmland[1], limit=3)
    rest = reports.faults(connection, farmland[1], after=first[-1]["n"])
    assert [each["n"] for each in (*first, *rest)] == whole == list(range(1, 8))
    assert [each["code"] for each in reports.faults(connection, farmland[1], code="duplicate")] == [
        "duplicate"
    ]


def test_whoever_may_not_see_the_layer_sees_counts_and_no_values(
    connection: Connection, farmland: tuple[int, int]
) -> None:
    (open_report,) = reports.of_delivery(connection, farmland[0], "secret")["layers"]
    (report,) = reports.of_delivery(connection, farmland[0], "public")["layers"]
    assert (report["withheld"], open_report["withheld"]) == (True, False)
    assert [(each["code"], each["count"]) for each in report["faults"]] == [
        (each["code"], each["count"]) for each in open_report["faults"]
    ]
    assert report["counts"] == open_report["counts"]
    told = json.dumps(report, ensure_ascii=False, default=str)
    assert "0199" not in told
    assert "1100000" not in told
    assert (report["samples"], report["extent_degrees"], report["area"]) == ([], None, None)
    assert reports.faults_geojson(connection, farmland[1], sees="public")["features"] == []
    assert {
        (bool(each["params"]), each["placed"])
        for each in reports.faults(connection, farmland[1], sees="public")
    } == {(False, False)}


def test_a_checked_delivery_leaves_its_report_and_no_edition(connection: Connection) -> None:
    inspector = looking()
    savepoint = connection.begin_nested()
    delivery, number = staged(connection, FARM, [km(511, 2512, 512, 2513)], inspector=inspector)
    stanza = catalogue.catalogue_layers(connection)[FARM]
    drawn = reports.draw_up(connection, number, inspector, stanza=stanza, supplier="某测绘院")
    savepoint.rollback()
    delivery = store.begin_delivery(connection, Actor("test", "检验", kind="demo"), "again.zip")
    made = reports.keep(connection, delivery, drawn, None)
    report = reports.layer_report(connection, made)
    assert (report["edition"], report["delivery"], report["supplier"]) == (None, delivery, "某测绘院")
    assert (
        connection.execute(
            text("SELECT count(*) FROM hetu.edition WHERE id = :n"), {"n": number}
        ).scalar_one()
        == 0
    )
    assert {each["code"] for each in reports.faults(connection, made)} == {"class_missing"}


def test_what_changed_since_the_edition_in_force(connection: Connection) -> None:
    square = [km(511 + n * 0.2, 2512, 511.1 + n * 0.2, 2512.1) for n in range(8)]
    idents = ["a", "b", "c", "d", "e", None, None, "twice"]
    classes = ["0101"] * 8
    delivery, number = staged(
        connection, FARM, square, idents=idents, classes=classes, rows=[{"n": n} for n in range(8)]
    )
    edition.publish(connection, [(FARM, number)])
    turned = shapely.Polygon(list(square[1].exterior.coords)[2:-1] + list(square[1].exterior.coords)[:3])
    # nudged by less than the tolerance, moved by more, renamed but in place, gone, and one whose place is new
    now = [
        shapely.transform(square[0], lambda xy: xy + 0.2),
        turned,
        shapely.transform(square[2], lambda xy: xy + 5),
        square[3],
        square[5],
        square[6],
        km(519, 2512, 519.1, 2512.1),
        square[7],
        square[4],
    ]
    _, later = staged(
        connection,
        FARM,
        now,
        idents=["a", "b", "c", "d", None, "f", "new", "twice", "twice"],
        classes=["0101", "0101", "0103", "0103", "0101", "0101", "0101", "0101", "0101"],
        rows=[{"n": n} for n in (0, 1, 2, 3, 5, 6, 9, 7, 4)],
    )
    told = compared.with_in_force(connection, later, 1.0)
    assert told is not None
    moved = told.pop("classes_moved")
    assert told == {"edition": number, "seq": 2, "same": 6, "changed": 2, "moved": 1, "added": 1, "gone": 0}
    assert moved == [{"from": "0101", "to": "0103", "count": 2, "area_m2": 20_000.0}]
    assert compared.with_in_force(connection, later, 0.1)["moved"] == 2  # type: ignore[index]
    assert delivery


def test_without_an_edition_in_force_nothing_is_compared(connection: Connection) -> None:
    _, number = staged(connection, "wetland", [km(511, 2512, 512, 2513)])
    assert compared.with_in_force(connection, number, 1.0) is None


def test_a_task_is_opened_answered_and_closed_and_each_step_is_journaled(
    connection: Connection, farmland: tuple[int, int], actor: Actor
) -> None:
    number = reports.open_task(connection, actor, farmland[1], "  请改正重复的标识 ", DUE)
    (open_one,) = reports.tasks(connection, state="open")
    assert (open_one["id"], open_one["layer_id"], open_one["delivery"], open_one["words"]) == (
        number,
        farmland[1],
        farmland[0],
        "请改正重复的标识",
    )
    assert open_one["late"] is False
    reports.answer_task(connection, actor, number, "已改")
    assert reports.tasks(connection, state="answered")[0]["answer"] == "已改"
    reports.close_task(connection, actor, number)
    assert reports.task(connection, number)["state"] == "closed"
    steps = connection.execute(
        text(
            "SELECT action, became ->> 'state' AS state FROM hetu.journal WHERE what = 'intake_task' ORDER BY id"
        )
    )
    assert [tuple(step) for step in steps] == [
        ("insert", "open"),
        ("update", "answered"),
        ("update", "closed"),
    ]
    with pytest.raises(Refused, match="task_closed"):
        reports.answer_task(connection, actor, number, "noch etwas")


@pytest.mark.parametrize(
    ("words", "due", "code"),
    [
        ("", DUE, "task_words"),
        ("x" * 4_001, DUE, "task_words"),
        ("x\x00", DUE, "task_words"),
        ("x", date(2020, 1, 1), "task_due_past"),
    ],
)
def test_tasks_that_cannot_be(
    connection: Connection, farmland: tuple[int, int], actor: Actor, words: str, due: date, code: str
) -> None:
    with pytest.raises(Refused, match=code):
        reports.open_task(connection, actor, farmland[1], words, due)


def test_nothing_is_known_of_what_is_not_there(connection: Connection, actor: Actor) -> None:
    for code, asked in {
        "import_unknown": lambda: reports.of_delivery(connection, 999_999),
        "intake_layer_unknown": lambda: reports.faults(connection, 999_999),
        "task_unknown": lambda: reports.close_task(connection, actor, 999_999),
    }.items():
        with pytest.raises(Refused, match=code):
            asked()
    with pytest.raises(Refused, match="intake_layer_unknown"):
        reports.open_task(connection, actor, 999_999, "x", DUE)


def test_suppliers_and_deliveries_are_told_with_their_scores(
    connection: Connection, farmland: tuple[int, int], actor: Actor
) -> None:
    reports.open_task(connection, actor, farmland[1], "x", DUE)
    inspector = looking()
    delivery, number = staged(
        connection, FARM, [km(511, 2512, 512, 2513)], idents=["A"], classes=["0101"], inspector=inspector
    )
    kept(connection, delivery, number, inspector)
    (supplier,) = reports.suppliers(connection)
    assert (supplier["deliveries"], supplier["open_tasks"], supplier["score_now"]) == (2, 1, 100.0)
    assert [each["delivery"] for each in supplier["scores"]] == [farmland[0], delivery]
    assert supplier["scores"][0]["score"] < 90
    newest, before, *_ = reports.deliveries(connection, limit=10)
    assert (newest["id"], newest["layers"], newest["score"]) == (delivery, 1, 100.0)
    assert before["faults"] == {"error": 3, "warning": 4, "note": 0}
    assert [each["id"] for each in reports.deliveries(connection, supplier=supplier["supplier"])] == [
        delivery,
        farmland[0],
    ]
    assert [each["id"] for each in reports.deliveries(connection, before=delivery, limit=1)] == [farmland[0]]
    assert reports.deliveries(connection, state="checked") == []
