"""A delivery that cannot be decided asks, with what there is to answer; an answer for one file is taken for that file alone, and stands in its edition."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from sqlalchemy import Engine, text

from db import session
from db.actor import Actor
from gis import crs, local, shifted
from layers.refusal import Refused
from tests.little_district import OUTLINE, SOUTH, WEST
from tests.unit.test_local_systems import SEVEN
from workflows.base_map import store, systems
from workflows.base_map.intake import jobs
from workflows.base_map.intake import service as intake
from workflows.base_map.intake.said import Said, understood

PROJECT, DEGREES = crs.parse(4547), crs.parse(4326)
FROM, TO = crs.transformer(DEGREES, PROJECT), crs.transformer(PROJECT, DEGREES)
# A thousand parcels that tile the district, as a department draws them.
PARCELS = [
    shapely.box(x, y, x + 312.5, y + 312.5)
    for x in np.arange(WEST, WEST + 10_000, 312.5)
    for y in np.arange(SOUTH, SOUTH + 10_000, 312.5)
]
INNER = PARCELS[330:360]


def written(path: Path, shapes: list[Any], way: Any, first: int = 0) -> Path:
    """GeoJSON as it is mostly written: no word about a system."""
    features = [
        {
            "type": "Feature",
            "properties": {"PARCEL_ID": f"P{number}"},
            "geometry": shapely.geometry.mapping(shapely.transform(shape, way)),
        }
        for number, shape in enumerate(shapes, first)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def as_web_map(shift: Any) -> Any:
    return lambda xy: shifted.shifted(TO(xy), shift)


def asked(engine: Engine, actor: Actor, path: Path, said: Said = intake.NOTHING) -> list[dict[str, Any]]:
    with pytest.raises(Refused) as refusal:
        intake.import_delivery(engine, actor, path, said)
    assert refusal.value.code == "delivery_refused"
    return list(refusal.value.params["sources"])


def answers(**said: str) -> Said:
    return understood({"answers": {f"{name}.geojson": value for name, value in said.items()}})


def edition(engine: Engine, layer: str) -> tuple[Any, Any]:
    """The edition in force and its shapes, by row."""
    with session.read(engine) as connection:
        row = (
            connection.execute(
                text(
                    "SELECT e.* FROM hetu.edition AS e JOIN hetu.current_edition AS c ON c.edition_id = e.id WHERE e.layer = :layer"
                ),
                {"layer": layer},
            )
            .mappings()
            .one()
        )
        shapes = connection.execute(
            text("SELECT ST_AsBinary(geom) FROM hetu.feature WHERE edition_id = :id ORDER BY id"),
            {"id": row["id"]},
        ).scalars()
        return row, shapely.from_wkb([bytes(each) for each in shapes])


@pytest.fixture
def place(tmp_path: Path) -> Path:
    made = tmp_path / "delivery"
    made.mkdir()
    return made


def test_every_file_is_asked_about_and_answered_by_itself(engine: Engine, actor: Actor, place: Path) -> None:
    zoned = crs.transformer(PROJECT, crs.parse(4526))
    written(place / "zoned.geojson", INNER, zoned)
    written(place / "plain.geojson", INNER, lambda xy: xy)
    written(place / "sound.geojson", INNER, TO)
    found = {each["path"]: each for each in asked(engine, actor, place)}
    assert set(found) == {"zoned.geojson", "plain.geojson"}
    assert [each["crs"] for each in found["zoned.geojson"]["params"]["options"]] == ["EPSG:4526"]
    assert found["plain.geojson"]["params"]["options"][0]["crs"] == "EPSG:4547"
    assert found["plain.geojson"]["params"]["options"][0]["inside"] == 1.0
    # One answered, one not: nothing is published yet.
    (left,) = asked(engine, actor, place, answers(zoned="EPSG:4526"))
    assert left["path"] == "plain.geojson"
    intake.import_delivery(engine, actor, place, answers(zoned="EPSG:4526", plain="EPSG:4547"))
    for layer, label, basis in (
        ("zoned", "EPSG:4526", "declared"),
        ("plain", "EPSG:4547", "declared"),
        ("sound", "EPSG:4326", "format"),
    ):
        row, shapes = edition(engine, layer)
        assert (row["crs_in"], row["crs_basis"]) == (label, basis)
        assert shapely.hausdorff_distance(shapes, np.array(INNER)).max() < 0.01
        assert ("crs_answered" in [note["code"] for note in row["notes"]]) == (basis == "declared")


def test_an_answer_for_no_file_of_the_delivery_is_refused(engine: Engine, actor: Actor, place: Path) -> None:
    written(place / "plain.geojson", INNER, lambda xy: xy)
    with pytest.raises(Refused, match="answer_without_file"):
        intake.import_delivery(engine, actor, place, answers(plian="EPSG:4547"))


@pytest.mark.parametrize("shift", shifted.SHIFTS)
def test_a_layer_that_lies_as_web_maps_have_it_is_asked_about_and_taken_back(
    engine: Engine, actor: Actor, place: Path, shift: Any
) -> None:
    written(place / "parcels.geojson", PARCELS, as_web_map(shift))
    written(place / "sound.geojson", PARCELS, TO)
    (no,) = asked(engine, actor, place)
    assert (no["path"], no["code"]) == ("parcels.geojson", "coordinates_maybe_shifted")
    assert (no["params"]["shift"], no["params"]["because"]) == (shift, "boundary")
    middle = np.array([OUTLINE.centroid.coords[0]])
    away = np.hypot(*(FROM(shifted.shifted(TO(middle), shift)) - middle)[0])
    assert no["params"]["offset_m"] == pytest.approx(away, abs=10)
    assert {each["crs"] for each in no["params"]["options"]} == {"wgs84", "gcj02", "bd09"}
    assert no["params"]["options"][0]["crs"] == shift
    with session.read(engine) as connection:
        assert "parcels" not in store.filled(connection)

    intake.import_delivery(engine, actor, place, answers(parcels=shift))
    row, shapes = edition(engine, "parcels")
    assert shapely.hausdorff_distance(shapes, np.array(PARCELS)).max() < 0.05
    assert row["crs_in"] == {"gcj02": "GCJ-02", "bd09": "BD-09"}[shift]
    assert row["crs_basis"] == "declared"
    assert "approximate" in row["operation"]
    assert "shifted_back" in [note["code"] for note in row["notes"]]


def test_whoever_says_that_it_is_not_shifted_is_believed(engine: Engine, actor: Actor, place: Path) -> None:
    written(place / "parcels.geojson", PARCELS, as_web_map("gcj02"))
    intake.import_delivery(engine, actor, place, answers(parcels="wgs84"))
    row, shapes = edition(engine, "parcels")
    assert row["crs_in"] == "EPSG:4326"
    assert 300 < shapely.distance(shapes[0].centroid, PARCELS[0].centroid) < 800


def test_deep_inside_the_district_what_is_in_force_tells(engine: Engine, actor: Actor, place: Path) -> None:
    path = written(place / "inner.geojson", INNER, TO)
    intake.import_delivery(engine, actor, path)
    written(path, INNER, as_web_map("gcj02"))
    (no,) = asked(engine, actor, path)
    assert (no["params"]["shift"], no["params"]["because"]) == ("gcj02", "standing")
    assert no["params"]["compared"] == len(INNER)
    # The same parcels, drawn anew a few metres away, are an edition like any other; so are parcels nobody knew.
    written(path, INNER, lambda xy: TO(xy + np.array([4.0, -3.0])))
    intake.import_delivery(engine, actor, path)
    written(path, PARCELS[400:430], as_web_map("gcj02"), first=5_000)
    intake.import_delivery(engine, actor, path)


def test_the_rest_may_be_published_without_what_is_asked_about(
    engine: Engine, actor: Actor, place: Path
) -> None:
    written(place / "parcels.geojson", PARCELS, as_web_map("gcj02"))
    written(place / "sound.geojson", PARCELS, TO)
    done = intake.import_delivery(engine, actor, place, Said(skip_refused=True))
    assert [each["code"] for each in done.layers] == ["sound"]
    assert [each["code"] for each in done.refused] == ["coordinates_maybe_shifted"]


def test_a_job_reads_answers_in_the_words_of_the_workspace(
    engine: Engine, actor: Actor, tmp_path: Path
) -> None:
    """Said when the file was handed over, understood again when it is read: a local system that is gone by then refuses the delivery."""
    path = written(tmp_path / "old.geojson", INNER, crs.transformer(crs.parse(4547), crs.parse(4547)))
    with session.transaction(engine, actor) as connection:
        systems.add(connection, actor, "town", "", local.of_four("0 0 0 0", "EPSG:4547"))
    words = {"answers": {"old.geojson": "local:town"}}
    numbers = []
    with session.transaction(engine, actor) as connection:
        numbers = [jobs.submit_import(connection, actor, path, name="old.geojson", **words) for _ in range(2)]
        with pytest.raises(Refused, match="local_system_unknown"):
            jobs.submit_import(
                connection, actor, path, name="old.geojson", answers={"old.geojson": "local:nobody"}
            )
        with pytest.raises(Refused, match="layer_unknown"):
            jobs.submit_import(connection, actor, path, name="old.geojson", as_layer="nobody's layer")
    with session.read(engine) as connection:
        waiting = [
            row.args
            for row in connection.execute(
                text("SELECT args FROM jobs.procrastinate_jobs WHERE task_name = :task ORDER BY id"),
                {"task": jobs.IMPORT},
            )
        ]
    assert [each["said"]["answers"] for each in waiting] == [words["answers"]] * 2
    jobs.run_import(engine, **waiting[0])
    assert edition(engine, "old")[0]["crs_in"] == "local:town"
    with session.transaction(engine, actor) as connection:
        systems.drop(connection, "town")
    jobs.run_import(engine, **waiting[1])
    with session.read(engine) as connection:
        told = jobs.import_progress(connection, numbers[1])
    assert (told["state"], told["reason"]["code"]) == ("refused", "local_system_unknown")


def test_parameters_of_an_old_datum_open_a_file_that_states_it(
    engine: Engine, actor: Actor, tmp_path: Path
) -> None:
    stated = '{"type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2383"}}, '
    path = written(tmp_path / "old.geojson", INNER, lambda xy: xy)
    path.write_text(path.read_text().replace('{"type": "FeatureCollection", ', stated, 1))
    (no,) = asked(engine, actor, path)
    assert (no["code"], no["params"]["datum"]) == ("datum_needs_parameters", "Xian 1980")
    with session.transaction(engine, actor) as connection:
        systems.add(connection, actor, "xian", "", local.of_seven(" ".join(map(repr, SEVEN)), "EPSG:4610"))
        said = understood({"answers": {"old.geojson": "local:xian"}}, systems.reader(connection))
    intake.import_delivery(engine, actor, path, said)
    row, shapes = edition(engine, "old")
    assert (row["crs_in"], row["crs_basis"], row["operation"]) == (
        "local:xian",
        "declared",
        "local:xian to EPSG:4547",
    )
    assert 20 < shapely.distance(shapes[0].centroid, INNER[0].centroid) < 300
