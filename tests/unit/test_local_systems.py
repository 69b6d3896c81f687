"""Systems of a place of its own: they compute what their parameters say, and nothing they do, say or refuse repeats a parameter."""

from __future__ import annotations

import json
import math
import traceback
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from db import seal
from db.errors import GroundError
from gis import crs, local, placing
from layers.refusal import Refused

PROJECT = crs.parse(4547)
SEVEN = (24.31713, -131.29371, 76.53197, 0.713931, -0.371193, 1.197137, -3.917131)
FOUR = (2_472_713.197, 391_739.571, 4_317.9317, 7.13917)
ALL = [f"{abs(number):.15g}" for number in (*SEVEN, *FOUR)]
XIAN = crs.parse(2383)


def seven(base: str = "EPSG:4610", **said: str) -> str:
    return local.of_seven(" ".join(map(repr, SEVEN)), base, **said)


def by_hand(lon: float, lat: float, turned: float = 1.0) -> tuple[float, float]:
    """Bursa-Wolf from the ellipsoid of Xian 1980 to that of CGCS2000, written out."""

    def earth(lon: float, lat: float, a: float, f: float) -> np.ndarray:
        e2 = f * (2 - f)
        n = a / math.sqrt(1 - e2 * math.sin(lat) ** 2)
        return np.array(
            [
                n * math.cos(lat) * math.cos(lon),
                n * math.cos(lat) * math.sin(lon),
                n * (1 - e2) * math.sin(lat),
            ]
        )

    dx, dy, dz, *angles, ppm = SEVEN
    rx, ry, rz = (turned * angle * math.pi / 648_000 for angle in angles)
    turn = np.array([[1, -rz, ry], [rz, 1, -rx], [-ry, rx, 1]])
    there = np.array([dx, dy, dz]) + (1 + ppm * 1e-6) * turn @ earth(
        math.radians(lon), math.radians(lat), 6378140, 1 / 298.257
    )
    a, f = 6378137, 1 / 298.257222101
    e2, across = f * (2 - f), math.hypot(there[0], there[1])
    phi = math.atan2(there[2], across * (1 - e2))
    for _ in range(20):
        n = a / math.sqrt(1 - e2 * math.sin(phi) ** 2)
        phi = math.atan2(there[2] + e2 * n * math.sin(phi), across)
    return math.degrees(math.atan2(there[1], there[0])), math.degrees(phi)


@pytest.mark.parametrize(("turn", "sense"), [("position_vector", 1.0), ("coordinate_frame", -1.0)])
def test_seven_parameters_carry_as_they_do_by_hand(turn: str, sense: float) -> None:
    system = local.opened("xian", seven(turn=turn))
    found = crs.transformer(system, crs.parse(4490))(np.array([[114.2, 22.7]]))[0]
    assert found == pytest.approx(by_hand(114.2, 22.7, sense), abs=2e-9)
    passed = crs.transformer(system, PROJECT)(np.array([[114.2, 22.7]]))[0]
    assert math.dist(passed, crs.transformer(crs.parse(4490), PROJECT)(np.array([[114.2, 22.7]]))[0]) > 50


def test_they_reach_a_project_whose_datum_is_not_their_hub() -> None:
    """PROJ, asked for both at once, leaves the parameters out without a word."""
    system = local.opened("xian", seven())
    there = crs.transformer(system, crs.parse(32650))(np.array([[114.2, 22.7]]))
    hub = crs.transformer(crs.parse(4490), crs.parse(32650))(np.array([by_hand(114.2, 22.7)]))
    assert there[0] == pytest.approx(hub[0], abs=1e-3)


def test_a_definition_with_parameters_in_it_is_not_passed_through() -> None:
    bound = crs.parse(
        'PROJCS["Xian_1980_3_Degree_GK_CM_114E",GEOGCS["GCS_Xian_1980",DATUM["D_Xian_1980",SPHEROID["Xian_1980",6378140.0,298.257],'
        'TOWGS84[24.3,-131.3,76.5,0.7,-0.4,1.2,-3.9]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],'
        'PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",114.0],PARAMETER["Scale_Factor",1.0],'
        'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
    )
    given = np.array([[520_000.0, 2_510_000.0]])
    there = crs.transformer(bound, PROJECT)(given)
    assert 50 < math.dist(there[0], given[0]) < 300
    assert not [
        number for number in ("24.3", "131.3", "76.5") if number in crs.transformer(bound, PROJECT).operation
    ]
    with pytest.raises(Refused, match="parameters_in_the_open") as refusal:
        placing.answered(bound.wkt)  # in a file it may stand; said openly it would be kept and shown
    assert refusal.value.params == {}
    other = crs.parse(bound.wkt.replace("24.3", "99.3"))
    assert not bound.same_as(other)


def test_four_parameters_carry_as_surveyors_write_them() -> None:
    system = local.opened("city", local.of_four("\n".join(map(repr, FOUR)), "EPSG:4547"))
    dx, dy, seconds, ppm = FOUR
    angle, scale = seconds * math.pi / 648_000, 1 + ppm * 1e-6
    x, y = 20_123.4, 110_456.7  # north, east
    north = dx + scale * (x * math.cos(angle) - y * math.sin(angle))
    east = dy + scale * (x * math.sin(angle) + y * math.cos(angle))
    assert crs.transformer(system, PROJECT)(np.array([[y, x]]))[0] == pytest.approx([east, north], abs=1e-6)
    degrees = crs.degrees_of(system)(np.array([[y, x]]))[0]
    assert degrees == pytest.approx(crs.degrees_of(PROJECT)(np.array([[east, north]]))[0], abs=1e-9)


def test_parameters_of_a_datum_serve_every_map_on_it() -> None:
    system = local.opened("xian", seven())
    for code in (2383, 2362, 4610):
        stated = crs.parse(code)
        meant, basis = placing.resolved(f"EPSG:{code}", False, system, "")
        assert (meant.label, basis) == ("local:xian", "declared")
        here = crs.transformer(crs.parse(4610), stated)(np.array([[114.2, 22.7]]))
        there = crs.transformer(meant, crs.parse(4490))(here)
        assert there[0] == pytest.approx(by_hand(114.2, 22.7), abs=1e-8)
    for code in (4547, 2435):  # another datum is another matter
        with pytest.raises(Refused, match="crs_contradicts_file"):
            placing.resolved(f"EPSG:{code}", False, system, "")
    of_one_map = local.opened("xian", seven("EPSG:2383"))
    assert placing.resolved("EPSG:2383", False, of_one_map, "")[0].label == "local:xian"
    with pytest.raises(Refused, match="crs_contradicts_file"):
        placing.resolved("EPSG:2382", False, of_one_map, "")


def test_a_city_grid_written_as_a_projection_is_taken() -> None:
    wkt = crs.parse(4547).wkt.replace("114", "114.0512345").replace("500000", "51234.567")
    system = local.opened("grid", local.of_wkt(wkt))
    way = crs.transformer(system, PROJECT)
    assert way.operation == "local:grid to EPSG:4547"
    centre = way(np.array([[51234.567, 2_500_000.0]]))
    assert crs.degrees_of(PROJECT)(centre)[0][0] == pytest.approx(114.0512345, abs=1e-9)


BAD: list[Callable[[], object]] = [
    lambda: local.of_seven("24.31713 131.29371", "EPSG:4610"),
    lambda: local.of_seven("24.31713 131.29371 76.53197 0.713931 0.371193 1.197137 3.917131e400", "EPSG:4610"),
    lambda: local.of_seven("24.31713 131.29371 76.53197 0.713931 0.371193 1.197137 3.917131x", "EPSG:4610"),
    lambda: local.of_seven(seven(), "EPSG:4610", turn="left"),
    lambda: local.of_four("2472713.197 391739.571 4317.9317 7.13917", "EPSG:4490"),
    lambda: local.opened("x", local.of_wkt('PROJCS["24.31713 131.29371",nonsense[76.53197]]')),
    lambda: local.opened("x", local.of_wkt("+proj=tmerc +towgs84=24.31713,131.29371,76.53197")),
    lambda: local.opened("x", local.of_wkt('ENGCRS["24.31713",EDATUM["131.29371"],CS[Cartesian,2],AXIS["x",east],AXIS["y",north],LENGTHUNIT["m",1]]')),
    lambda: local.opened("x", local.of_wkt("")),
    lambda: local.opened("a b", seven()),
    lambda: crs.transformer(PROJECT, local.opened("xian", seven())),
    lambda: local.opened("x", local.of_wkt(XIAN.wkt.replace("500000", "513197.571"))) and crs.transformer(
        local.opened("x", local.of_wkt(XIAN.wkt.replace("500000", "513197.571"))), PROJECT
    ),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(BAD)))
def test_what_is_refused_is_refused_without_a_word_of_it(number: int) -> None:
    with pytest.raises((Refused, GroundError)) as refusal:
        BAD[number]()
    whole = "".join(traceback.format_exception(refusal.value)).replace("tests/unit", "")
    # The lines of this test's own source are quoted by the traceback and are no words of the product.
    said = "\n".join(line for line in whole.splitlines() if not line.startswith("    "))
    assert not [digits for digits in (*ALL, "513197") if digits in said], said
    assert refusal.value.__cause__ is None


def test_nothing_a_system_shows_of_itself_is_a_parameter() -> None:
    xian = local.opened("xian", seven())
    meant, _ = placing.resolved("EPSG:2383", False, xian, "")
    city = local.opened("city", local.of_four(" ".join(map(repr, FOUR)), "EPSG:4547"))
    for system in (xian, meant, city):
        way = crs.transformer(system, PROJECT)
        shown = [
            repr(system),
            str(system),
            system.label,
            system.name,
            system.datum,
            repr(way),
            str(way),
            way.operation,
        ]
        shown += [repr(crs.degrees_of(system)), repr(system.step)]
        assert not [digits for digits in ALL if any(digits in text for text in shown)], shown
        assert system.label.startswith("local:")


@pytest.mark.parametrize(
    "text",
    [
        "24.3,-131.2,76.5,0.7,-0.3,1.1,-3.9", "24.3 -131.2 76.5\n0.7 -0.3 1.1\n-3.9\n", "\ufeffdx=24.3\ndy=-131.2\ndz=76.5\nrx=0.7\nry=-0.3\nrz=1.1\ns=-3.9",
        "# of 2019\ndx: 24.3; dy: -131.2; dz: 76.5  # metres\nrx = 0.7, ry = -0.3, rz = 1.1\nscale ppm = -3.9",
    ],
)  # fmt: skip
def test_parameters_may_be_written_as_offices_write_them(text: str) -> None:
    assert json.loads(local.of_seven(text, "EPSG:4610"))["helmert7"] == [
        24.3,
        -131.2,
        76.5,
        0.7,
        -0.3,
        1.1,
        -3.9,
    ]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HETU_HOME", str(tmp_path))
    return tmp_path


def test_a_seal_opens_with_its_key_at_its_place_and_nowhere_else(place: Path) -> None:
    kept = seal.sealed(b"24.31713", "local_system/a")
    again = seal.sealed(b"24.31713", "local_system/a")
    assert kept.value != again.value
    assert b"24.31713" not in kept.value
    assert seal.opened(kept.value, "local_system/a") == b"24.31713"
    with pytest.raises(GroundError, match="seal_broken"):
        seal.opened(kept.value, "local_system/b")
    for at in (0, 3, 12, len(kept.value) - 1):
        bad = bytearray(kept.value)
        bad[at] ^= 1
        with pytest.raises(GroundError, match=r"seal_broken|seal_key_missing"):
            seal.opened(bytes(bad), "local_system/a")
    with pytest.raises(GroundError, match="seal_broken"):
        seal.opened(b"", "local_system/a")


def test_the_key_is_for_its_owner_alone(place: Path) -> None:
    kept = seal.sealed(b"x", "here")
    path = place / seal.FILE
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    for use in (lambda: seal.opened(kept.value, "here"), lambda: seal.sealed(b"y", "here")):
        with pytest.raises(GroundError) as refusal:
            use()
        assert (refusal.value.code, refusal.value.params["mode"]) == ("seal_key_open", "640")
    path.chmod(0o600)
    other = path.with_suffix(".new")
    path.rename(other)
    with pytest.raises(GroundError, match="seal_key_missing"):
        seal.opened(kept.value, "here")
    newer = seal.sealed(b"z", "here")
    path.write_text(other.read_text() + path.read_text())  # a key is added behind the old one
    assert (seal.opened(kept.value, "here"), seal.opened(newer.value, "here")) == (b"x", b"z")
    assert seal.sealed(b"", "here").key_id == newer.key_id != kept.key_id
    path.write_text("not hex")
    with pytest.raises(GroundError, match="seal_key_unreadable"):
        seal.opened(kept.value, "here")
