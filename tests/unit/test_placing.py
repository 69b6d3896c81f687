"""Into the project's coordinates: nothing that was valid before is lost on the way, and what had to be mended is named."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from gis import crs, placing, readers
from gis.crs import Crs, Transformation
from gis.placing import Place
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
    assert placing.whereabouts(shapely.bounds(points), np.arange(2), WGS84, anywhere).tolist() == [
        False,
        False,
    ]
    with pytest.raises(Refused, match="axes_swapped"):
        placing.whereabouts(np.array([[22.0, 114.0, 22.0, 114.0]]), np.arange(1), WGS84, anywhere)


OUTLINE = shapely.box(505_000, 2_500_000, 540_000, 2_525_000)
SPOTS = np.random.default_rng(2).uniform((508_000, 2_502_000), (538_000, 2_523_000), (400, 2))


def question(xy: Any, outline: Any = OUTLINE, project: Crs = HERE, known: Any = ()) -> Refused:
    boxes = np.hstack((xy, xy))
    with pytest.raises(Refused) as refusal:
        placing.settled(
            None, False, None, "a", boxes, np.arange(len(xy)), Place(project, outline, tuple(known))
        )
    return refusal.value


def written(code: int) -> Any:
    return crs.transformer(HERE, crs.parse(code))(SPOTS)


@pytest.mark.parametrize(
    ("code", "because", "among"),
    [
        (4526, "zone_in_easting", {"EPSG:4526"}), (4498, "zone_in_easting", {"EPSG:4498"}), (4547, "project", {"EPSG:4547"}),
        (4548, "plain_easting", {"EPSG:4548"}), (4490, "degrees", {"EPSG:4490", "EPSG:4326"}), (3857, "web_mercator", {"EPSG:3857"}),
        (32650, "utm", {"EPSG:32650"}),
    ],
)  # fmt: skip
def test_what_the_numbers_could_be_is_offered_and_never_taken(
    code: int, because: str, among: set[str]
) -> None:
    """Every system the file could be in is tried on the ground; the one it was written in is always among those offered."""
    no = question(written(code))
    assert no.code == "crs_question"
    offered = {each["crs"]: each for each in no.params["options"]}
    assert among <= offered.keys()
    assert no.params["crs"] == list(offered)
    one = offered[f"EPSG:{code}"]
    assert one["because"] == because
    assert one["inside"] > 0.98
    assert one["centre_degrees"] == pytest.approx(
        crs.degrees_of(HERE)(np.median(SPOTS, axis=0, keepdims=True))[0], abs=0.01
    )
    # Nobody offers Xian 1980 or Beijing 1954: they need parameters first.
    assert not [each for each in offered if 2327 <= int(each[5:]) <= 2442]


def test_only_what_falls_on_the_district_is_offered() -> None:
    assert {each["crs"] for each in question(SPOTS).params["options"]} == {"EPSG:4547"}
    # Of a zone of six degrees and its twin in UTM the ground cannot tell: a kilometre apart, both in the district. Its twin among the zones of
    # three degrees is the same system under another code, and is offered once.
    found = {each["crs"] for each in question(written(4509)).params["options"]}
    assert found == {"EPSG:4548", "EPSG:32650"}
    assert crs.parse(4548).same_as(crs.parse(4509))
    # Without an outline the area of the project's system is all there is, and it is as wide as a zone.
    assert "EPSG:4547" in {each["crs"] for each in question(SPOTS, None).params["options"]}


def test_where_nothing_falls_on_the_district_nothing_is_offered() -> None:
    assert question(SPOTS + np.array([400_000.0, 900_000.0])).code == "no_crs"
    assert question(np.array([[1e9, 1e9]])).code == "no_crs"
    assert question(np.array([[5.0, 5.0]])).code == "no_crs"
    assert question(np.empty((0, 2))).code == "no_crs"
    assert question(written(4490)[:, ::-1]).code == "axes_swapped"
    mixed = np.vstack((written(4526), written(4526) + np.array([1e6, 0.0])))
    no = question(mixed)
    assert (no.code, no.params["zones"]) == ("zones_mixed", [38, 39])


def test_a_registered_local_system_is_offered_where_it_fits() -> None:
    from gis import local

    city = local.opened("city", local.of_four("2400000 400000 0 0", "EPSG:4547"))
    no = question(SPOTS - [400_000.0, 2_400_000.0], known=[city])
    assert [(each["crs"], each["because"]) for each in no.params["options"]] == [
        ("local:city", "local_system")
    ]


def test_a_project_elsewhere_is_asked_in_its_own_terms() -> None:
    boston = crs.parse(26986)
    outline = shapely.box(230_000, 898_000, 240_000, 905_000)
    xy = np.random.default_rng(1).uniform((231_000, 899_000), (239_000, 904_000), (50, 2))
    assert question(xy, outline, boston).params["crs"] == ["EPSG:26986"]
    degrees = crs.transformer(boston, WGS84)(xy)
    assert question(degrees, outline, boston).params["crs"] == ["EPSG:4269", "EPSG:4326"]


def test_a_format_that_means_degrees_and_holds_metres_is_asked_too() -> None:
    """GeoJSON written in the national grid: the format says WGS 84, the numbers say otherwise."""
    xy = written(4526)
    with pytest.raises(Refused) as refusal:
        placing.settled(None, True, None, "a", np.hstack((xy, xy)), np.arange(len(xy)), Place(HERE, OUTLINE))
    assert refusal.value.code == "metres_not_degrees"
    assert [each["crs"] for each in refusal.value.params["options"]] == ["EPSG:4526"]
    crs_in, basis, far = placing.settled(
        None, True, placing.answered("EPSG:4526"), "a", np.hstack((xy, xy)), np.arange(len(xy)), Place(HERE)
    )
    assert (crs_in.epsg, basis, far.any()) == (4526, "declared", False)
    # What the file itself says is put right in the file.
    with pytest.raises(Refused) as refusal:
        placing.settled("EPSG:4490", False, None, "a", np.hstack((xy, xy)), np.arange(len(xy)), Place(HERE))
    assert "options" not in refusal.value.params


def test_answers_to_a_suspicion_of_a_shift() -> None:
    for text, label in (
        ("gcj02", "GCJ-02"),
        ("GCJ-02", "GCJ-02"),
        ("bd-09", "BD-09"),
        ("WGS84", "EPSG:4326"),
        ("4547", "EPSG:4547"),
    ):
        assert placing.answered(text).label == label
    gcj = placing.answered("gcj02")
    for stated in ("EPSG:4326", "EPSG:4490", "EPSG:3857", "GCJ02", None):
        crs_in, basis = placing.resolved(stated, stated is None, gcj, "poi_gcj02")
        assert (crs_in.label, basis) == ("GCJ-02", "declared")
    with pytest.raises(Refused, match="crs_contradicts_file"):
        placing.resolved("EPSG:26986", False, gcj, "")
    for stated, name, because in ((None, "poi_GCJ-02", "name"), ("BD09", "", "stated")):
        with pytest.raises(Refused) as refusal:
            placing.resolved(stated, True, None, name)
        assert refusal.value.params["because"] == because
        assert [each["crs"] for each in refusal.value.params["options"]] == ["wgs84", "gcj02", "bd09"]


def test_an_answer_for_a_file_that_is_not_there_is_a_slip_of_the_pen() -> None:
    placing.unanswerable({"a.shp": HERE}, {"a.shp", "b.shp"})
    with pytest.raises(Refused) as refusal:
        placing.unanswerable({"c.shp": HERE}, {"a.shp", "b.shp"})
    assert (refusal.value.code, refusal.value.params) == (
        "answer_without_file",
        {"file": "c.shp", "known": ["a.shp", "b.shp"]},
    )


XIAN_PRJ = (
    'PROJCS["Xian_1980_3_Degree_GK_CM_114E",GEOGCS["GCS_Xian_1980",DATUM["D_Xian_1980",SPHEROID["Xian_1980",6378140.0,298.257]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],'
    'PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",114.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)
BEIJING_PRJ = (
    'PROJCS["Beijing_1954_GK_Zone_20",GEOGCS["GCS_Beijing_1954",DATUM["D_Beijing_1954",SPHEROID["Krasovsky_1940",6378245.0,298.3]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",20500000.0],'
    'PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",117.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)
OLD_NAMES = {
    "xian": XIAN_PRJ, "beijing": BEIJING_PRJ, "xian, a name of an office": XIAN_PRJ.replace("Xian_1980_3_Degree_GK_CM_114E", "80"),
    "xian, odd meridian": XIAN_PRJ.replace("114.0,", "114.05,").replace("[\"Central_Meridian\",114.0]", "[\"Central_Meridian\",114.05]"),
    "unnamed datum on the ellipsoid of Xian": XIAN_PRJ.replace("D_Xian_1980", "D_Local").replace("GCS_Xian_1980", "GCS_Local"),
    "unnamed datum on Krassowsky's": BEIJING_PRJ.replace("D_Beijing_1954", "D_Local").replace("GCS_Beijing_1954", "GCS_Local"),
    "xian in degrees": "EPSG:4610", "new beijing": "EPSG:4555", "beijing by zone": "EPSG:21420",
}  # fmt: skip


@pytest.mark.parametrize("way", OLD_NAMES)
def test_the_old_datums_are_refused_under_every_name_they_come_by(way: str) -> None:
    with pytest.raises(Refused) as refusal:
        crs.transformer(crs.parse(OLD_NAMES[way]), HERE)
    assert refusal.value.code == "datum_needs_parameters"
