"""A real city in PostGIS: every source layer adds up to its line in the key, and a site is answered, twice the same."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from db import session
from db import workspace as workspaces
from db.actor import Actor
from db.cluster import Cluster
from db.settings import CHECKOUT
from gis import crs, site
from workflows.base_map import places, service
from workflows.base_map.intake import service as intake
from workflows.site_check import later
from workflows.site_check import service as site_check

CITY = CHECKOUT.parent / "shared" / "data" / "cambridge"
NAME = f"city_{os.getpid()}"

pytestmark = pytest.mark.skipif(not CITY.is_dir(), reason="the city's data (shared/data/cambridge) is not beside the checkout")


@pytest.fixture(scope="module")
def imported(cluster: Cluster, actor: Actor) -> Iterator[intake.Imported]:
    places.make(NAME, title="Cambridge", project=crs.parse("EPSG:26986"), actor=actor)
    yield intake.import_delivery(session.engine(NAME), actor, CITY / "layers.zip")
    workspaces.drop(NAME)


@pytest.fixture
def city(imported: intake.Imported) -> Engine:
    return session.engine(NAME)


def test_read_is_published_and_set_aside_for_every_source(imported: intake.Imported) -> None:
    read: Counter[str] = Counter()
    aside: Counter[str] = Counter()
    for layer in imported.layers:
        assert layer["rows_read"] == layer["rows_published"] + layer["rows_set_aside"]
        read[layer["source"]] += layer["rows_read"]
        aside[layer["source"]] += layer["rows_set_aside"]
    with (CITY / "layers.csv").open(encoding="utf-8") as key:
        expected = {
            row["file"]: (int(float(row["n"])), sum(int(float(row[fault] or 0)) for fault in ("invalid", "empty", "null")))
            for row in csv.DictReader(key)
        }
    assert {file: (read[file], aside[file]) for file in read} == expected


def test_a_site_is_answered_by_every_layer_and_the_same_again(city: Engine, actor: Actor) -> None:
    given = site.from_box("-71.12,42.365,-71.11,42.372", crs.parse("EPSG:26986"))
    with session.transaction(city, actor) as connection:
        answer = site_check.check(connection, actor, given)
    states = Counter(layer["state"] for layer in answer["layers"])
    assert (len(answer["layers"]), states["failed"], states["clear"]) == (204, 0, 0)  # nobody vouches, so nothing is clear
    assert states["hit"] == 178
    assert answer["verdict"] == "no rule"
    assert all(layer["share"] is None or layer["share"] <= 1 for layer in answer["layers"])
    with session.read(city) as connection:
        assert later.again(connection, answer["id"])["same"]
        assert {layer["origin"] for layer in service.layers(connection)} == {"guessed"}


def test_areas_are_those_of_geos(city: Engine, actor: Actor) -> None:
    import geopandas

    from gis.overlay import measure

    with session.read(city) as connection:
        zoning: dict[str, Any] = next(layer for layer in service.layers(connection) if layer["code"] == "cdd_zoningdistricts")
        given = site.from_box("-71.12,42.365,-71.11,42.372", crs.parse("EPSG:26986"))
        hits = {hit.id: hit.area for hit in measure(connection, given.geometry, 26986, [zoning["edition"]]).hits}
    path = f"zip://{Path(CITY / 'layers.zip')}!{zoning['source']}"
    shapes = geopandas.read_file(path).to_crs(26986).intersection(given.geometry)
    assert hits == {row: pytest.approx(area, rel=1e-9, abs=1e-6) for row, area in shapes.area.items() if area > 1e-6}
