"""Files of other houses in every format: each file of the folder is read, set aside or refused by its name, and one that cannot be read takes no other with it."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import shapely

from gis import crs, readers
from gis.readers import Reading, SourceLayer

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "formats"
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="../shared/data is not here: real files are not part of the repository"
)
BASE = "fiona/testopenfilegdb.gdb.zip/testopenfilegdb.gdb"


@pytest.fixture(scope="module")
def found() -> Reading:
    return readers.read(DATA, project_crs=crs.parse(4326))


def layers(found: Reading, path: str) -> dict[tuple[str, str], SourceLayer]:
    return {(layer.layer, layer.kind): layer for layer in found.sources if layer.path == path}


def aside(layer: SourceLayer) -> dict[str, int]:
    return dict(Counter(one.code for one in layer.set_aside))


def notes(layer: SourceLayer) -> dict[str, int]:
    return {note.code: int(note.params.get("count", 1)) for note in layer.notes}


def test_nothing_is_passed_over(found: Reading) -> None:
    told = {layer.path for layer in found.sources} | {one.path for one in found.refused}
    whole = {file.relative_to(DATA).as_posix() for file in DATA.rglob("*") if file.is_file()}
    beside = {".dbf", ".shx", ".prj", ".cpg", ".xsd"}  # parts of a shapefile, and a schema
    for path in whole:
        assert Path(path).suffix in beside or any(one.startswith(path) for one in told), path
    assert found.ignored == ()
    for layer in found.sources:
        assert layer.read == layer.count + len(layer.set_aside)


@pytest.mark.parametrize(
    ("path", "format", "expected"),
    [
        ("fiona/coutwildrnp.zip/coutwildrnp.shp", "Shapefile", {("coutwildrnp", "polygon"): (67, {}, {})}),
        ("fiona/gre.shp", "Shapefile", {("gre", "polygon"): (1, {}, {})}),
        ("fiona/grenada.geojson", "GeoJSON", {("grenada", "polygon"): (1, {}, {})}),
        ("fiona/issue627.geojson", "GeoJSON", {("issue627", "polygon"): (3, {}, {})}),
        ("fiona/test_tz.geojson", "GeoJSON", {("test_tz", "point"): (1, {}, {})}),
        (
            "fiona/trio.seq", "GeoJSON",
            {("trio", "polygon"): (1, {}, {}), ("trio", "line"): (1, {}, {}), ("trio", "point"): (1, {}, {})},
        ),
        ("fiona/test_gpx.gpx", "GPX", {("tracks", "line"): (1, {}, {}), ("track_points", "point"): (19, {}, {})}),
        ("pyogrio/curve.gpkg", "GeoPackage", {("curve", "line"): (1, {}, {"curves_linearised": 1})}),
        ("pyogrio/curvepolygon.gpkg", "GeoPackage", {("curvepolygon", "polygon"): (1, {}, {"curves_linearised": 1})}),
        ("pyogrio/multisurface.gpkg", "GeoPackage", {("multisurface", "polygon"): (1, {}, {"curves_linearised": 1})}),
        (
            "pyogrio/line_zm.gpkg", "GeoPackage",
            {("line_zm", "line"): (1, {}, {"heights_dropped": 1, "measures_dropped": 1})},
        ),
        ("pyogrio/test_gpkg_nulls.gpkg", "GeoPackage", {("test_gpkg_nulls", "point"): (4, {}, {})}),
        (
            "pyogrio/sample.osm.pbf", "OSM PBF",  # the way's nodes are not in the extract: a ring of one point
            {("points", "point"): (8, {}, {}), ("multipolygons", "polygon"): (1, {"invalid_geometry": 1}, {})},
        ),
    ],
)  # fmt: skip
def test_what_is_read_and_set_aside(
    path: str,
    format: str,
    expected: dict[tuple[str, str], tuple[int, dict[str, int], dict[str, int]]],
    found: Reading,
) -> None:
    told = layers(found, path)
    assert {layer.format for layer in told.values()} == {format}
    assert {key: (layer.read, aside(layer), notes(layer)) for key, layer in told.items()} == expected


@pytest.mark.parametrize(
    ("path", "codes"),
    [
        ("fiona/multicurve.gml", {"no_crs", "crs_question"}),
        ("fiona/test_tin.shp", {"surfaces_not_taken"}),
    ],
)
def test_what_is_refused_by_its_name(path: str, codes: set[str], found: Reading) -> None:
    (refusal,) = (one for one in found.refused if one.path == path)
    assert refusal.code in codes
    assert layers(found, path) == {}


def test_every_class_of_the_geodatabase(found: Reading) -> None:
    told = layers(found, BASE)
    assert len(told) == 30
    assert {layer.format for layer in told.values()} == {"FileGDB"}
    assert notes(next(iter(told.values()))) == {"tables_without_shapes": 3}
    for (name, _), layer in told.items():
        nothing = name in ("null_polygon", "empty_polygon", "empty_multipoint", "empty_polygonm")
        assert aside(layer) == ({"null_geometry": layer.read} if nothing else {}), name
        assert ("heights_dropped" in notes(layer)) == (("25D" in name or "zm" in name) and not nothing), name
        assert ("measures_dropped" in notes(layer)) == (name.endswith("m") and not nothing), name
    assert told["polygon", "polygon"].samples[0]["str"] == "foo_é"
    refused = {one.params.get("layer"): one.code for one in found.refused if one.path == BASE}
    assert refused.pop("multipatch") == "surfaces_not_taken"
    assert set(refused) == {"hole", "several_polygons", "testnotnullable"}
    assert set(refused.values()) <= {"no_crs", "crs_question"}


def test_lines_of_curves_lie_on_their_arcs(found: Reading) -> None:
    """The answer is the arc through the three points that the file names."""
    declared = readers.read(
        DATA / "fiona" / "multicurve.gml", project_crs=crs.parse(4326), source_crs=crs.parse(4326)
    )
    (layer,) = declared.sources
    assert notes(layer)["curves_linearised"] == 1
    given = np.array([[1.414634, 47.17073], [2.423818, 47.48377], [1.407531, 46.72668]])
    centre, radius = _circle(given)
    told = shapely.get_coordinates(layer.geometry[0])
    for point in given:
        assert np.abs(told - point).sum(axis=1).min() < 1e-12
    on_it = np.abs(np.hypot(*(told - centre).T) - radius) < 1e-9
    assert on_it.sum() > 1_000  # a millimetre in degrees is little
    middles = (told[:-1] + told[1:])[on_it[:-1] & on_it[1:]] / 2
    sagitta = radius - np.hypot(*(middles - centre).T)
    assert np.sort(sagitta)[: len(sagitta) - 3].max() < 9e-9


def _circle(points: np.ndarray) -> tuple[np.ndarray, float]:
    equations = np.column_stack((2 * points, np.ones(3)))
    x, y, c = np.linalg.solve(equations, (points**2).sum(axis=1))
    return np.array([x, y]), float(np.sqrt(c + x * x + y * y))
