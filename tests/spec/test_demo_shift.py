"""Every layer of the demo district beside its outline: as delivered none looks shifted, and shifted none is taken for another shift."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from sqlalchemy import text

from db import session
from gis import crs, shifted
from gis.shifted import SHIFTS, Shift
from workflows.base_map import store

PROJECT, DEGREES = crs.parse(4547), crs.parse(4326)
TO, FROM = crs.transformer(PROJECT, DEGREES), crs.transformer(DEGREES, PROJECT)
LARGEST = 4_000  # features: what is larger says nothing that the others do not


@pytest.fixture(scope="module")
def laid(demo: tuple[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The outline, and the shapes of each layer."""
    with session.read(session.engine(demo[0])) as connection:
        assert store.workspace(connection)["outline_basis"] == "layer"
        layers = connection.execute(
            text(
                "SELECT layer, id FROM hetu.edition WHERE state = 'published' AND rows_published BETWEEN 1 AND :most"
            ),
            {"most": LARGEST},
        ).all()
        shapes = {
            row.layer: shapely.from_wkb(
                [
                    bytes(each)
                    for each in connection.execute(
                        text("SELECT ST_AsBinary(geom) FROM hetu.feature WHERE edition_id = :id"),
                        {"id": row.id},
                    ).scalars()
                ]
            )
            for row in layers
        }
        return store.outline(connection), {code: each for code, each in shapes.items() if len(each)}


def test_as_delivered_no_layer_looks_shifted(laid: tuple[Any, dict[str, Any]]) -> None:
    outline, layers = laid
    assert len(layers) > 150
    found = {code: shifted.noticed([(each, ())], outline, {}, TO, FROM) for code, each in layers.items()}
    assert {code: one for code, one in found.items() if one is not None} == {}


@pytest.mark.parametrize("shift", SHIFTS)
def test_shifted_those_that_meet_the_outline_are_noticed_for_what_they_are(
    laid: tuple[Any, dict[str, Any]], shift: Shift
) -> None:
    outline, layers = laid
    found = {}
    for code, shapes in layers.items():
        moved = shapely.transform(np.asarray(shapes), lambda xy: FROM(shifted.shifted(TO(xy), shift)))
        one = shifted.noticed([(moved, ())], outline, {}, TO, FROM)
        if one is not None:
            found[code] = one.shift
    assert set(found.values()) == {shift}
    assert {"district", "subdistrict", "statutory_plan_unit"} <= found.keys()
    assert len(found) > len(layers) / 4
