"""Web maps' shift: the formulas beside figures that are published, and noticed only where something stands that the layer can be compared with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import shapely

from gis import crs, shifted, unshifting
from gis.shifted import SHIFTS, Shift, Suspicion, noticed
from tests.house.tree import ROOT

PROJECT = crs.parse(4547)
TO, FROM = crs.transformer(PROJECT, crs.parse(4326)), crs.transformer(crs.parse(4326), PROJECT)
DISTRICTS = ROOT.parent / "shared/data/shenzhen/districts_wgs84/sz.json"
# Coast to the south, inlets: no line of it lies over another when it is moved.
ANGLES = np.linspace(0, 2 * np.pi, 240, endpoint=False)
REACH = 9_000 + 2_500 * np.sin(5 * ANGLES) + 900 * np.sin(17 * ANGLES + 1)
OUTLINE = shapely.Polygon(
    np.column_stack((525_000 + REACH * np.cos(ANGLES), 2_512_000 + REACH * np.sin(ANGLES)))
)


def moved(shapes: Any, shift: Shift) -> Any:
    """As a web map would have them, taken for WGS 84."""
    return shapely.transform(shapes, lambda xy: FROM(shifted.shifted(TO(xy), shift)))


def seen(
    shapes: Any, outline: Any = OUTLINE, standing: Any = None, idents: Sequence[str] = ()
) -> Suspicion | None:
    return noticed([(np.asarray(shapes), idents)], outline, standing or {}, TO, FROM)


def parcels(size: float = 700.0) -> Any:
    """Squares that fill the district, cut at its outline."""
    west, south, east, north = OUTLINE.bounds
    boxes = [
        shapely.box(x, y, x + size, y + size)
        for x in np.arange(west, east, size)
        for y in np.arange(south, north, size)
    ]
    cut = shapely.intersection(np.array(boxes), OUTLINE)
    return cut[shapely.area(cut) > 0]


def places(count: int, seed: int = 5) -> Any:
    rng = np.random.default_rng(seed)
    west, south, east, north = OUTLINE.bounds
    xy = np.column_stack((rng.uniform(west, east, count), rng.uniform(south, north, count)))
    return shapely.points(xy[shapely.contains_xy(OUTLINE, xy[:, 0], xy[:, 1])])


def test_the_formulas_give_the_figures_that_are_published() -> None:
    """The point that descriptions of the two systems are illustrated with."""
    there = shifted.shifted(np.array([[116.404, 39.915]]), "gcj02")
    assert there[0] == pytest.approx([116.41024449916938, 39.91640428150164], abs=1e-9)
    there = shifted.shifted(np.array([[116.404, 39.915]]), "bd09")
    assert there[0] == pytest.approx([116.41662724378733, 39.922699552216216], abs=1e-9)


@pytest.mark.parametrize("shift", SHIFTS)
def test_there_and_back_over_the_whole_country_to_a_millimetre(shift: Shift) -> None:
    lon, lat = np.meshgrid(np.linspace(74, 135, 60), np.linspace(18, 53, 40))
    places = np.column_stack((lon.ravel(), lat.ravel()))
    there = shifted.shifted(places, shift)
    away = np.hypot(*((there - places) * 111_000).T)
    assert away.min() > 30
    assert away.max() < 2_200  # in degrees of latitude, whichever way it points
    assert np.abs(shifted.unshifted(there, shift) - places).max() < 1e-8


def test_abroad_nothing_is_shifted() -> None:
    boston = np.array([[-71.1, 42.3]])
    assert shifted.shifted(boston, "gcj02").tolist() == boston.tolist()
    assert shifted.unshifted(boston, "bd09").tolist() == boston.tolist()


@pytest.mark.parametrize("shift", SHIFTS)
def test_a_layer_that_draws_the_outline_is_noticed_and_measured(shift: Shift) -> None:
    assert seen(parcels()) is None
    found = seen(moved(parcels(), shift))
    assert found is not None
    assert (found.shift, found.because) == (shift, "boundary")
    assert found.share > 0.95
    assert found.before < 0.4
    away = shapely.distance(OUTLINE.centroid, moved(OUTLINE.centroid, shift))
    assert found.told()["offset_m"] == pytest.approx(away, abs=15)


@pytest.mark.parametrize("shift", SHIFTS)
def test_points_that_keep_within_the_district_are_noticed_by_those_that_do_not(shift: Shift) -> None:
    assert seen(places(6_000)) is None
    found = seen(moved(places(6_000), shift))
    assert found is not None
    assert (found.shift, found.because) == (shift, "containment")


def test_pieces_are_seen_one_by_one_as_if_they_were_one() -> None:
    shapes = moved(parcels(), "gcj02")
    whole = noticed([(shapes, ())], OUTLINE, {}, TO, FROM)
    pieces = noticed([(part, ()) for part in np.array_split(shapes, 7)], OUTLINE, {}, TO, FROM)
    assert whole is not None
    assert pieces is not None
    assert (pieces.shift, pieces.share, pieces.before) == (whole.shift, whole.share, whole.before)


@pytest.mark.parametrize("shift", SHIFTS)
def test_features_in_force_settle_it_whatever_the_outline_says(shift: Shift) -> None:
    shapes = places(40)
    idents = [f"P{number}" for number in range(len(shapes))]
    standing = {
        ident: tuple(shapely.get_coordinates(shape)[0]) for ident, shape in zip(idents, shapes, strict=True)
    }
    found = seen(moved(shapes, shift), None, standing, idents)
    assert found is not None
    assert (found.shift, found.because, found.compared) == (shift, "standing", len(shapes))
    assert seen(shapes, None, standing, idents) is None
    # An outline that was itself delivered shifted raises no question about a layer that lies on what stands.
    squares = parcels()
    box = shapely.bounds(squares)
    middles = {str(n): ((x0 + x1) / 2, (y0 + y1) / 2) for n, (x0, y0, x1, y1) in enumerate(box.tolist())}
    assert seen(squares, moved(OUTLINE, shift), middles, list(middles)) is None
    assert seen(moved(squares, shift), moved(OUTLINE, shift), middles, list(middles)) is not None


def test_what_moved_otherwise_is_no_shift() -> None:
    """A layer that lies 600 m off to the west, one that is far denser than any line of the district, one that reaches beyond it, one that lies deep within."""
    west = shapely.transform(parcels(), lambda xy: xy - [600.0, 0.0])
    assert seen(west) is None
    rng = np.random.default_rng(3)
    low, high = np.array(OUTLINE.bounds[:2]) - 3_000, np.array(OUTLINE.bounds[2:]) + 3_000
    xy = rng.uniform(low, high, (40_000, 2))
    assert seen(shapely.buffer(shapely.points(xy), 40)) is None
    assert seen(shapely.buffer(shapely.points(xy[:500]), 40)) is None
    assert seen([shapely.Point(525_000, 2_512_000).buffer(4_000)]) is None
    # A few buildings at the edge say nothing about a whole layer.
    edge = shapely.Point(shapely.get_coordinates(OUTLINE)[40]).buffer(300)
    assert seen(moved([edge], "gcj02")) is None


def test_without_an_outline_and_without_what_stands_there_is_nothing_to_compare() -> None:
    assert seen(moved(parcels(), "gcj02"), None) is None
    assert seen([], OUTLINE) is None
    assert seen(moved(parcels(), "gcj02"), shapely.Polygon()) is None


def test_taken_back_by_the_persons_answer_it_lies_where_it_should() -> None:
    shapes = parcels()[:20]
    for shift in SHIFTS:
        for stated in (4326, 4490, 3857):
            system = unshifting.shifted_from(shift, crs.parse(stated))
            carry = crs.transformer(crs.parse(4326), crs.parse(stated))
            given = shapely.transform(
                shapes, lambda xy, shift=shift, carry=carry: carry(shifted.shifted(TO(xy), shift))
            )
            way = crs.transformer(system, PROJECT)
            assert shapely.hausdorff_distance(shapely.transform(given, way), shapes).max() < 0.01
            assert "approximate, about 1 m" in way.operation
            assert way.accuracy_m == 1.0
            assert system.label == {"gcj02": "GCJ-02", "bd09": "BD-09"}[shift]


@pytest.fixture(scope="module")
def shenzhen() -> dict[str, Any]:
    if not DISTRICTS.exists():
        pytest.skip("the districts of Shenzhen are not on this machine")
    told = json.loads(DISTRICTS.read_text(encoding="utf-8"))
    found = {each["properties"]["qh"]: shapely.geometry.shape(each["geometry"]) for each in told["features"]}
    return {name: shapely.transform(shape, FROM) for name, shape in found.items()}


def test_real_districts_are_told_from_their_shifted_selves(shenzhen: dict[str, Any]) -> None:
    city = shapely.union_all(list(shenzhen.values()))
    districts = np.array(list(shenzhen.values()))
    assert seen(districts, city) is None
    for shift in SHIFTS:
        found = seen(moved(districts, shift), city)
        assert found is not None
        assert found.shift == shift
    # One district of the neighbours' is no evidence about the outline of another.
    assert seen([shenzhen["南山"]], shenzhen["龙岗"]) is None


def test_traffic_zones_of_another_survey_are_noticed_once_they_are_shifted(shenzhen: dict[str, Any]) -> None:
    """Their outline is drawn by other hands, a hundred metres coarse."""
    from gis import readers

    path = DISTRICTS.parents[1] / "traffic_zones/SZ_districts.shp"
    if not path.exists():
        pytest.skip("the traffic zones are not on this machine")
    (layer,) = [one for one in readers.read(path, project_crs=PROJECT).sources if one.kind == "polygon"]
    city = shapely.union_all(list(shenzhen.values()))
    assert seen(layer.geometry, city) is None
    for shift in SHIFTS:
        found = seen(moved(layer.geometry, shift), city)
        assert found is not None
        assert (found.shift, found.because) == (shift, "boundary")
