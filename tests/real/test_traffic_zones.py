"""The 491 traffic zones of a real city, drawn by nobody in the project: their overlaps, their own areas, and what the report says of them."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator

import numpy as np
import pytest
import shapely
from sqlalchemy import Engine

from db import session
from db import workspace as workspaces
from db.actor import Actor
from db.cluster import Cluster
from db.settings import CHECKOUT
from gis import crs
from workflows.base_map import places
from workflows.base_map.intake import service as intake
from workflows.base_map.reports import follow_up
from workflows.base_map.reports import service as reports

ZONES = CHECKOUT.parent / "shared" / "data" / "shenzhen" / "traffic_zones"
NAME = f"zones_{os.getpid()}"

pytestmark = pytest.mark.skipif(
    not ZONES.is_dir(), reason="the zones (shared/data/shenzhen/traffic_zones) are not beside the checkout"
)


@pytest.fixture(scope="module")
def delivered(cluster: Cluster, actor: Actor) -> Iterator[tuple[Engine, int]]:
    """The workspace, and the number of the zones' report after its follow-up."""
    places.make(NAME, title="深圳", project=crs.parse("EPSG:4547"), actor=actor)
    engine = session.engine(NAME)
    imported = intake.import_delivery(engine, actor, ZONES)
    with session.read(engine) as connection:
        layers = reports.of_delivery(connection, imported.delivery)["layers"]
    (zones,) = [each for each in layers if each["kind"] == "polygon"]
    follow_up.run(engine, actor, zones["id"])
    yield engine, zones["id"]
    workspaces.drop(NAME)


def test_509_pairs_of_zones_overlap(delivered: tuple[Engine, int]) -> None:
    engine, number = delivered
    with session.read(engine) as connection:
        report = reports.layer_report(connection, number)
        overlaps = reports.faults(connection, number, code="overlap", limit=1_000)
        drawn = reports.faults_geojson(connection, number, code="overlap")["features"]
    assert report["follow_up"]["overlaps"] == 509
    assert len({(each["row"], each["params"]["other"]) for each in overlaps}) == len(drawn) == 509
    assert report["follow_up"]["overlap_m2"] == pytest.approx(530_666, abs=1)
    assert sum(each["params"]["area_m2"] for each in overlaps) == pytest.approx(530_666, abs=5)
    assert next(each for each in report["faults"] if each["code"] == "overlap")["severity"] == "warning"


def test_their_own_areas_are_a_web_maps(delivered: tuple[Engine, int]) -> None:
    engine, number = delivered
    with session.read(engine) as connection:
        report = reports.layer_report(connection, number)
    assert (report["area"]["declared_attribute"], report["area"]["unit"]) == ("AREA", "km2")
    (area,) = report["area"]["others"]
    assert (area["declared_attribute"], area["unit"], area["compared"]) == ("SHAPE_Area", "mercator", 491)
    west, south, east, north = report["extent_degrees"]
    assert area["ratio"] == pytest.approx(1 / math.cos(math.radians((south + north) / 2)) ** 2, rel=0.01)
    assert area["declared_m2"] / area["computed_m2"] == pytest.approx(area["ratio"], rel=0.005)
    assert west < 114 < east
    assert report["counts"]["read"] == report["counts"]["published"] == 491


def test_every_overlap_lies_where_two_zones_do(delivered: tuple[Engine, int]) -> None:
    engine, number = delivered
    with session.read(engine) as connection:
        drawn = reports.faults_geojson(connection, number, code="overlap")["features"]
    sizes = np.array([shapely.from_geojson(str(each["geometry"]).replace("'", '"')).area for each in drawn])
    assert (sizes > 0).all()
