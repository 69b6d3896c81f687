"""What the SQL measures, on shapes whose answers one can work out by hand."""

from __future__ import annotations

import pytest
import shapely
from sqlalchemy import Connection

from gis import overlay
from tests.little_district import SRID, km
from workflows.base_map import service as base_map


@pytest.fixture
def editions(connection: Connection) -> dict[str, int]:
    return {layer["code"]: layer["edition"] for layer in base_map.layers(connection) if layer["edition"]}


def measure(
    connection: Connection, site: shapely.Geometry, editions: dict[str, int], *codes: str
) -> overlay.Measured:
    return overlay.measure(connection, site, SRID, [editions[code] for code in codes])


def test_area_of_every_hit(connection: Connection, editions: dict[str, int]) -> None:
    measured = measure(connection, km(512.5, 2518.5, 513.25, 2518.6), editions, "permanent_basic_farmland")
    assert {hit.ident: hit.area for hit in measured.hits} == {
        "permanent_basic_farmland-0": pytest.approx(50_000),
        "permanent_basic_farmland-1": pytest.approx(25_000),
    }
    assert measured.footprints[editions["permanent_basic_farmland"]] == pytest.approx(75_000)


def test_touching_is_no_hit(connection: Connection, editions: dict[str, int]) -> None:
    assert measure(connection, km(511, 2518, 512, 2519), editions, "permanent_basic_farmland").hits == []


def test_a_layer_that_overlaps_itself_counts_its_ground_once(
    connection: Connection, editions: dict[str, int]
) -> None:
    measured = measure(connection, km(515.5, 2514, 516, 2515), editions, "ecological_red_line")
    assert [hit.area for hit in measured.hits] == [pytest.approx(500_000)] * 2
    assert measured.footprints[editions["ecological_red_line"]] == pytest.approx(500_000)


def test_length_of_lines_and_number_of_points(connection: Connection, editions: dict[str, int]) -> None:
    measured = measure(connection, km(511.5, 2511, 513.25, 2513), editions, "road_centreline", "place_name")
    by_edition = {
        edition: [hit for hit in measured.hits if hit.edition == edition] for edition in editions.values()
    }
    assert [hit.length for hit in by_edition[editions["road_centreline"]]] == [pytest.approx(1750)]
    assert sorted(hit.ident or "" for hit in by_edition[editions["place_name"]]) == [
        "place_name-1",
        "place_name-2",
    ]


def test_a_line_along_the_edge_and_a_point_on_it(connection: Connection, editions: dict[str, int]) -> None:
    measured = measure(connection, km(511, 2512, 512, 2513), editions, "road_centreline", "place_name")
    assert {hit.ident for hit in measured.hits} == {"road_centreline-0", "place_name-0", "place_name-1"}


def test_shapes_of_the_hits_are_what_they_share(connection: Connection, editions: dict[str, int]) -> None:
    edition = editions["permanent_basic_farmland"]
    shapes = overlay.parts(connection, km(512.5, 2518.5, 512.6, 2518.6), SRID, [(edition, 0)])
    shape = shapely.geometry.shape(shapes[edition, 0])
    assert shape.geom_type == "Polygon"
    assert 113 < shape.centroid.x < 115


def test_measuring_refuses_to_lie_when_the_geometry_library_gives_up(
    connection: Connection, editions: dict[str, int]
) -> None:
    """An invalid row (put there behind our back) fails its own layer; the others are measured."""
    from sqlalchemy import text

    plan = editions["statutory_plan"]
    bowtie = "SRID=4547;POLYGON((511000 2513000,514000 2516000,514000 2513000,511000 2516000,512000 2517000,511000 2513000))"
    connection.execute(text("SET LOCAL session_replication_role = replica"))  # past the trigger that keeps published rows
    connection.execute(
        text("UPDATE hetu.feature SET geom = ST_GeomFromEWKT(:w) WHERE edition_id = :e"),
        {"w": bowtie, "e": plan},
    )
    measured = measure(
        connection, km(511.2, 2513.1, 513.9, 2515.7), editions, "statutory_plan", "subdistrict"
    )
    assert set(measured.failed) == {plan}
    assert [hit.edition for hit in measured.hits] == [editions["subdistrict"]]


def test_a_coverage_that_defeats_the_library_fails_alone(connection: Connection) -> None:
    from sqlalchemy import text

    broken = "SRID=4547;POLYGON((510000 2510000,520000 2520000,520000 2510000,510000 2520000,515000 2521000,510000 2510000))"
    insert = "INSERT INTO hetu.coverage (sha256, geom) VALUES ('broken', ST_GeomFromEWKT(:w)) RETURNING id"
    wrong = connection.execute(text(insert), {"w": broken}).scalar_one()
    right = connection.execute(text("SELECT min(id) FROM hetu.coverage")).scalar_one()
    covered, failed = overlay.covered(connection, km(511, 2511, 512, 2516), SRID, [wrong, right])
    assert list(covered) == [right]
    assert list(failed) == [wrong]


def test_rows_of_a_published_edition_stay(connection: Connection, editions: dict[str, int]) -> None:
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    for statement in ("UPDATE hetu.feature SET class = 'x'", "DELETE FROM hetu.feature WHERE edition_id = :e"):
        with pytest.raises(DBAPIError, match="does not change"), connection.begin_nested():
            connection.execute(text(statement), {"e": editions["statutory_plan"]} if ":e" in statement else {})
