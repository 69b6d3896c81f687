"""Into the project's coordinates: nothing that was valid before is lost on the way, and what had to be mended is named."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from gis import crs, placing, readers
from gis.crs import Crs, Transformation
from layers.refusal import Refused

HERE = crs.parse(4547)
WGS84 = crs.parse(4326)


def coarse(x: Any, y: Any, errcheck: bool) -> tuple[Any, Any]:
    """A projection so rough that it breaks shapes: a grid of 0.01 degrees; and nothing south of 22 can be expressed."""
    assert errcheck is False
    return np.where(y < 22, np.inf, np.round(x * 100)), np.round(y * 100)


def ring(*points: tuple[float, float]) -> dict[str, Any]:
    shape = {"type": "Polygon", "coordinates": [[*points, points[0]]]}
    return {"type": "Feature", "properties": {}, "geometry": shape}


SOUND = ring((114.0, 22.5), (114.1, 22.5), (114.1, 22.6))
COLLAPSING = ring((114.0, 22.5), (114.001, 22.5), (114.001, 22.501))
BEYOND = ring((114.0, 21.5), (114.1, 21.5), (114.1, 21.6))


def test_broken_by_projecting_is_mended_and_named_or_set_aside_never_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rough(source: Crs, target: Crs) -> Transformation:
        return Transformation(source, target, "rough", None, False, coarse)

    monkeypatch.setattr(placing, "transformer", rough)
    bow = ring((114.0, 22.5), (114.10, 22.5), (114.10, 22.60), (114.06, 22.496), (114.0, 22.60))
    crossing = ring((114.0, 22.5), (114.104, 22.5), (114.10, 22.60), (114.06, 22.5001), (114.0, 22.60))
    path = tmp_path / "a.geojson"
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": [SOUND, crossing, COLLAPSING, BEYOND, bow]})
    )
    (layer,) = readers.read(path, project_crs=HERE).sources
    assert layer.read == 5 == len(layer.geometry) + len(layer.set_aside)
    assert shapely.is_valid(layer.geometry).all()
    told = {one.row: one for one in layer.set_aside}
    assert told[2].code == "invalid_geometry"
    assert told[2].params["reason"].startswith("after projecting")
    assert told[3].code == "outside_projection"
    assert told[4].code == "invalid_geometry"
    assert not told[4].params["reason"].startswith("after projecting")  # it crossed itself in degrees already
    assert layer.rows.tolist() == [0, 1]
    (note,) = (one for one in layer.notes if one.code == "projection_repaired")
    assert note.params == {"count": 1, "rows": [1]}


def test_the_order_of_belief() -> None:
    assert placing.resolved("EPSG:4547", False, None, "") == (HERE, "file")
    assert placing.resolved("EPSG:4547", True, HERE, "") == (HERE, "file")
    assert placing.resolved(None, True, HERE, "") == (HERE, "declared")
    assert placing.resolved(None, True, None, "") == (WGS84, "format")
    assert placing.resolved(None, False, HERE, "poi_gcj02") == (HERE, "declared")
    for stated, by_format, declared, name, code in (
        (None, False, None, "", "no_crs"),
        ("EPSG:4526", False, HERE, "", "crs_contradicts_file"),
        (None, True, None, "poi_GCJ-02", "coordinates_maybe_shifted"),
        ("BD09", True, HERE, "", "coordinates_maybe_shifted"),
    ):
        with pytest.raises(Refused) as refusal:
            placing.resolved(stated, by_format, declared, name)
        assert refusal.value.code == code


def test_a_project_whose_area_nobody_knows_takes_what_is_possible() -> None:
    from dataclasses import replace

    anywhere = replace(HERE, area=None)
    points = np.array([shapely.Point(114, 22), shapely.Point(-71, 42)])
    assert placing.whereabouts(shapely.bounds(points), np.arange(2), WGS84, anywhere).tolist() == [False, False]
    with pytest.raises(Refused, match="axes_swapped"):
        placing.whereabouts(np.array([[22.0, 114.0, 22.0, 114.0]]), np.arange(1), WGS84, anywhere)
