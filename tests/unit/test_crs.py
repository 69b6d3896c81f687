"""Coordinate systems: easting first, the operation named, no datum shift guessed."""

import numpy as np
import pytest

from gis import crs, zones
from layers.refusal import Refused

ESRI = (
    'PROJCS["CGCS2000_3_Degree_GK_CM_114E",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",'
    'SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],'
    'PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",114.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (4547, 4547),
        ("4547", 4547),
        ("EPSG:4547", 4547),
        ("urn:ogc:def:crs:EPSG::4526", 4526),
        ("http://www.opengis.net/def/crs/EPSG/0/4490", 4490),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", 4326),
        ("OGC:CRS84", 4326),
        ("EPSG:4979", 4326),
        (ESRI, 4547),
    ],
)
def test_systems_are_known_by_code_by_name_and_by_definition(given: str | int, code: int) -> None:
    found = crs.parse(given)
    # EPSG:4979 is WGS 84 with heights: on the map it is WGS 84.
    assert found.same_as(crs.parse(code))


def test_a_definition_is_believed_over_its_name() -> None:
    """PROJ takes this for EPSG:4547 because the names say so; the ellipsoid is that of Xian 1980."""
    liar = ESRI.replace("D_China_2000", "D_Xian_1980").replace(
        '"CGCS2000",6378137.0,298.257222101', '"Xian_1980",6378140.0,298.257'
    )
    assert crs.parse(liar).epsg is None
    assert crs.parse(ESRI.replace("114.0", "114.05")).epsg is None
    assert not crs.parse(liar).same_as(crs.parse(4547))


@pytest.mark.parametrize(
    "given",
    [
        "", "nonsense", "EPSG:99999", "+proj=longlat", "GCJ02", "EPSG:4547; drop table", True, "\ud800", "4547\n4547",
        "PROJCS[" * 200, ESRI.replace('UNIT["Meter",1.0]]', 'EXTENSION["PROJ4","+proj=tmerc +nadgrids=/etc/passwd"]]'),
    ],
)  # fmt: skip
def test_anything_else_is_refused(given: str) -> None:
    with pytest.raises(Refused) as refusal:
        crs.parse(given)
    assert refusal.value.code == "crs_unknown"
    refusal.value.params["got"].encode()


def test_a_height_system_is_no_map() -> None:
    with pytest.raises(Refused, match="crs_not_flat"):
        crs.parse("EPSG:5773")


def test_easting_comes_first_whatever_the_authority_says() -> None:
    way = crs.transformer(crs.parse(4490), crs.parse(4547))
    x, y = way(np.array([[114.1, 22.5]]))[0]
    assert x == pytest.approx(510289.6287, abs=1e-3)
    assert y == pytest.approx(2489170.7474, abs=1e-3)
    back = crs.transformer(crs.parse(4547), crs.parse(4490))(np.array([[x, y]]))
    assert back[0] == pytest.approx([114.1, 22.5], abs=1e-9)


def test_zone_numbered_twins_differ_by_the_zone_only() -> None:
    way = crs.transformer(crs.parse(4526), crs.parse(4547))
    assert way(np.array([[38500123.0, 2500456.0]]))[0] == pytest.approx([500123.0, 2500456.0], abs=1e-6)
    assert not crs.parse(4526).same_as(crs.parse(4547))


@pytest.mark.parametrize(
    ("source", "target"), [(2383, 4547), (4547, 2383), (2435, 4547), (4610, 4490), (4214, 4326), (4555, 4547)]
)
def test_secret_datum_shifts_are_refused_not_guessed(source: int, target: int) -> None:
    with pytest.raises(Refused) as refusal:
        crs.transformer(crs.parse(source), crs.parse(target))
    assert refusal.value.code == "datum_needs_parameters"
    assert refusal.value.params["datum"] in ("Xian 1980", "Beijing 1954", "New Beijing")


def test_within_such_a_datum_projecting_is_allowed() -> None:
    way = crs.transformer(crs.parse(4610), crs.parse(2383))
    assert way(np.array([[114.0, 22.5]]))[0][0] == pytest.approx(500000.0, abs=1e-6)


def test_the_operation_is_named_and_a_ballpark_is_called_one() -> None:
    way = crs.transformer(crs.parse(4326), crs.parse(4547))
    assert way.ballpark
    assert "Ballpark" in way.operation
    real = crs.transformer(crs.parse(4326), crs.parse(26986))
    assert not real.ballpark
    assert "NAD83 to WGS 84 (1)" in real.operation
    assert crs.transformer(crs.parse(ESRI), crs.parse(4547)).operation.startswith("none")


def test_numbers_out_of_reach_come_back_as_infinity_and_none_as_none() -> None:
    way = crs.transformer(crs.parse(4326), crs.parse(4547))
    assert not np.isfinite(way(np.array([[0.0, 1000.0]]))).all()
    assert way(np.empty((0, 2))).shape == (0, 2)


@pytest.mark.parametrize(
    ("system", "degrees", "zone", "prefixed", "code"),
    [
        ("cgcs2000", 3, 38, True, 4526), ("cgcs2000", 3, 38, False, 4547), ("cgcs2000", 6, 20, True, 4498),
        ("cgcs2000", 6, 20, False, 4509), ("xian80", 3, 38, False, 2383), ("beijing54", 6, 20, True, 21420),
    ],
)  # fmt: skip
def test_codes_of_chinese_zones(system: str, degrees: int, zone: int, prefixed: bool, code: int) -> None:
    assert zones.gauss_kruger(system, degrees, zone, prefixed) == code
    # The meridian of the zone is written in the definition behind the code: the table above is not taken on trust.
    meridian = zone * 3 if degrees == 3 else zone * 6 - 3
    there = crs.degrees_of(crs.parse(code))(
        np.array([[500000.0 + (zone * 1e6 if prefixed else 0), 2_500_000.0]])
    )
    assert there[0][0] == pytest.approx(meridian, abs=1e-9)


def test_zones_that_do_not_exist() -> None:
    assert zones.zone_of(38_500_000) == 38
    assert zones.zone_of(24_500_000) is None
    assert zones.zone_of(500_000) is None
    with pytest.raises(Refused, match="zone_unknown"):
        zones.gauss_kruger("cgcs2000", 6, 38, True)
