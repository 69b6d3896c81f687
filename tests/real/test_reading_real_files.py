"""Files that nobody in the project made, read as they came, against the answer keys beside them."""

import csv
import math
from collections import Counter
from pathlib import Path

import pytest
import shapely

from gis import boundary_dialect, boundary_text, crs, readers, site
from gis.geometry import assembled
from gis.readers import Reading

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="../shared/data is not here: real files are not part of the repository"
)
SHENZHEN = crs.parse(4547)


@pytest.fixture(scope="module")
def cambridge() -> Reading:
    return readers.read(DATA / "cambridge" / "layers.zip", project_crs=crs.parse(26986))


def key() -> dict[str, dict[str, str]]:
    with (DATA / "cambridge" / "layers.csv").open(encoding="utf-8", newline="") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


def test_cambridge_every_file_adds_up_to_its_line_in_the_key(cambridge: Reading) -> None:
    read, aside = Counter[str](), Counter[str]()
    for layer in cambridge.sources:
        assert layer.read == len(layer.geometry) + len(layer.set_aside)
        read[layer.path] += layer.read
        aside[layer.path] += len(layer.set_aside)
    rows = key()
    assert set(read) == set(rows)
    for path, row in rows.items():
        assert read[path] == int(float(row["n"])), path
        assert aside[path] == sum(int(float(row[column])) for column in ("invalid", "empty", "null")), path
    assert (sum(read.values()), sum(aside.values())) == (148_377, 102)


def test_cambridge_what_was_set_aside_has_its_reason_and_place(cambridge: Reading) -> None:
    aside = [one for layer in cambridge.sources for one in layer.set_aside]
    assert Counter(one.code for one in aside) == {"invalid_geometry": 101, "empty_geometry": 1}
    for one in aside:
        if one.code == "invalid_geometry":
            assert one.params["reason"]
            assert -71.2 < (one.x or 0) < -71.0
            assert 42.3 < (one.y or 0) < 42.5
        assert one.wkb


def test_cambridge_kinds_are_split_and_systems_marked(cambridge: Reading) -> None:
    kinds = {(layer.stem, layer.kind): layer.read for layer in cambridge.sources}
    assert (kinds["BASEMAP_Porches", "polygon"], kinds["BASEMAP_Porches", "line"]) == (4832, 6)
    assert (kinds["INFRA_ParkBenches", "line"], kinds["INFRA_ParkBenches", "point"]) == (3016, 1)
    assert len(cambridge.sources) == 204
    assert {(layer.crs_in.epsg, layer.crs_basis) for layer in cambridge.sources} == {(4326, "format")}
    assert {layer.operation for layer in cambridge.sources} == {
        "Inverse of NAD83 to WGS 84 (1) + SPCS83 Massachusetts Mainland zone (meter)"
    }
    assert cambridge.refused == ()
    assert cambridge.ignored == ("CDD/Zoning_Districts/ZoneListFromMunicode.csv", "LICENSE.md")


def test_cambridge_nothing_breaks_by_projecting(cambridge: Reading) -> None:
    """No feature that is valid in degrees is invalid in metres here; if one ever is, it is named and not lost."""
    assert [note for layer in cambridge.sources for note in layer.notes] == []
    assert all(shapely.is_valid(layer.geometry).all() for layer in cambridge.sources)


def test_shenzhen_has_its_true_area_not_mercators() -> None:
    zones, stations = readers.read(DATA / "shenzhen" / "traffic_zones", project_crs=SHENZHEN).sources
    assert (stations.format, stations.kind, stations.read) == ("CSV", "point", 1706)
    assert (zones.read, zones.crs_in.epsg, zones.crs_basis, zones.encoding) == (491, 3857, "file", "UTF-8")
    mercator = zones.samples[0]["SHAPE_Area"]
    assert mercator / zones.geometry[0].area == pytest.approx(1.18, abs=0.01)
    (districts,) = readers.read(
        DATA / "shenzhen" / "districts_wgs84" / "sz.json", project_crs=SHENZHEN
    ).sources
    longgang = next(
        area for area, text in zip(districts.geometry, districts.attributes, strict=True) if "龙岗" in text
    )
    assert longgang.area / 1e6 == pytest.approx(388.16, abs=0.1)


@pytest.mark.parametrize(("name", "area"), [("plot_000.txt", 12_247.096), ("plot_001.txt", 744.199)])
def test_boundary_text_in_the_wild(name: str, area: float) -> None:
    data = (DATA / "boundary_txt" / name).read_bytes()
    text = boundary_text.read(data)
    assert boundary_text.crs_code(text) == 4526
    assert assembled(text.plots[0].rings).area == pytest.approx(area, abs=1e-3)
    assert boundary_dialect.write(text, boundary_dialect.dialect_of(data)) == data
    # The plot lies west of the district's meridian by more than a degree; the planar area of the twin system is the same.
    assert site.from_file(DATA / "boundary_txt" / name, SHENZHEN).geometry.area == pytest.approx(
        area, abs=1e-3
    )
    assert site.from_boundary_text(data, SHENZHEN).geometry.area == pytest.approx(area, abs=1e-3)


def test_a_site_in_the_city_from_a_box() -> None:
    found = site.from_box("-71.12,42.365,-71.11,42.372", crs.parse(26986))
    height, width = 0.007 * 111_070, 0.01 * 111_320 * math.cos(math.radians(42.3685))
    assert found.geometry.area == pytest.approx(height * width, rel=5e-3)
