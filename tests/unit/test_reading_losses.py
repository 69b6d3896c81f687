"""What GDAL would change without a word: coordinates that are no numbers become nought, texts are cut, large integers rounded, arcs broken. It is said, or refused."""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from pyogrio.raw import write

from gis import crs, readers
from gis.reading import json_losses, mapinfo, xml_numbers
from gis.source_layer import Reading

HERE = crs.parse(4547)
LON, LAT = 114.1, 22.6
GOOD = f"{LAT} {LON} {LAT} {LON + 0.01} {LAT + 0.01} {LON + 0.01} {LAT} {LON}"


def gml(*features: tuple[str, str], spelt: str = "posList") -> str:
    members = "".join(
        f'<ogr:featureMember><ogr:{name} gml:id="f{at}"><gml:boundedBy><gml:Envelope><gml:pos>nan nan</gml:pos><gml:pos>nan nan</gml:pos></gml:Envelope>'
        '</gml:boundedBy><ogr:geom><gml:Polygon srsName="urn:ogc:def:crs:EPSG::4326"><gml:exterior><gml:LinearRing>'
        f"<gml:{spelt}>{places}</gml:{spelt}></gml:LinearRing></gml:exterior></gml:Polygon></ogr:geom><ogr:coordinates>inf N</ogr:coordinates></ogr:{name}></ogr:featureMember>"
        for at, (name, places) in enumerate(features)
    )
    return (
        '<?xml version="1.0"?><ogr:FeatureCollection xmlns:ogr="http://ogr.maptools.org/" xmlns:gml="http://www.opengis.net/gml/3.2">'
        f"{members}</ogr:FeatureCollection>"
    )


def read(path: Path) -> Reading:
    return readers.read(path, project_crs=HERE)


def refused(path: Path) -> list[tuple[str, list[int], int]]:
    return [(one.code, one.params["rows"], one.params["count"]) for one in read(path).refused]


def noted(path: Path) -> dict[str, dict[str, Any]]:
    (layer,) = read(path).sources
    return {note.code: note.params for note in layer.notes}


@pytest.mark.parametrize("word", ["nan", "NaN", "inf", "-INF", "Infinity", "1e400", "9" * 400, "here"])
def test_a_coordinate_of_gml_that_is_no_number_refuses_its_layer_with_the_row(
    tmp_path: Path, word: str
) -> None:
    broken = GOOD.replace(str(LAT + 0.01), word)
    path = tmp_path / "a.gml"
    path.write_text(gml(("plot", GOOD), ("road", GOOD), ("plot", broken), ("plot", broken)))
    found = read(path)
    assert [(one.code, one.params["rows"], one.params["count"]) for one in found.refused] == [
        ("coordinates_not_finite", [1, 2], 2)
    ]
    assert [(layer.layer, layer.read) for layer in found.sources] == [("road", 1)]


def test_numbers_of_gml_with_commas_exponents_and_words_beside_them_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "a.gml"
    path.write_text(gml(("plot", GOOD.replace(str(LON + 0.01), "1.1411E+2"))))
    (layer,) = read(path).sources
    assert len(layer.geometry) == 1
    points = [f"{LON},{LAT}", f"{LON + 0.01},{LAT}", f"inf,{LAT}", f"{LON},{LAT}"]
    path.write_text(gml(("plot", " ".join(points)), spelt="coordinates"))
    assert refused(path) == [("coordinates_not_finite", [0], 1)]


def test_a_word_cut_in_two_by_a_block_is_still_noticed() -> None:
    watching = xml_numbers.OfGml()
    for depth, local in enumerate(("FeatureCollection", "featureMember", "plot", "geom", "Point", "pos")):
        listens = watching.opens(local, depth, {})
    assert listens
    for text in ("22.6 1", "14.1 n", "an"):
        watching.says(text)
    watching.closes(5)
    assert watching.broken == {"plot": [0]}


@pytest.mark.parametrize("word", ["nan", "inf", "1e400", "north"])
def test_a_place_of_gpx_that_is_no_number_refuses_the_layers_it_stands_in(tmp_path: Path, word: str) -> None:
    good = f'<trkpt lat="{LAT}" lon="{LON}"/>'
    path = tmp_path / "a.gpx"
    path.write_text(
        f'<?xml version="1.0"?><gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1"><wpt lat="{LAT}" lon="{LON}"/>'
        f'<trk><trkseg>{good}{good}</trkseg></trk><trk><trkseg>{good}<trkpt lat="{LAT}" lon="{word}"/></trkseg></trk></gpx>'
    )
    found = read(path)
    assert {(one.params["layer"], one.code, tuple(one.params["rows"])) for one in found.refused} == {
        ("tracks", "coordinates_not_finite", (1,)),
        ("track_points", "coordinates_not_finite", (3,)),
    }
    assert [(layer.layer, layer.read) for layer in found.sources] == [("waypoints", 1)]


@pytest.mark.parametrize("word", ["nan", "-inf", "1e400"])
def test_a_coordinate_of_kml_that_is_no_number_refuses_its_layer_with_the_row(
    tmp_path: Path, word: str
) -> None:
    path = tmp_path / "a.kml"
    marks = "".join(
        f"<Placemark><Point><coordinates>{x},{LAT}</coordinates></Point></Placemark>" for x in (LON, word)
    )
    path.write_text(
        f'<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{marks}</Document></kml>'
    )
    assert refused(path) == [("coordinates_not_finite", [1], 1)]


def document(properties: str) -> str:
    return (
        f'{{"type": "FeatureCollection", "features": [{{"type": "Feature", "properties": {properties}, '
        f'"geometry": {{"type": "Point", "coordinates": [{LON}, {LAT}]}}}}]}}'
    )


@pytest.mark.parametrize(
    ("properties", "notes"),
    [
        (r'{"a": "x\u0000y", "b": "\\u0000", "c": "\\\u0000"}', {"text_cut_at_nul": 2}),
        (
            r'{"a": "\ud83d\ude00", "b": "\ud83dx", "c": "\uDE00", "d": "\\ud83d", "e": "\ud83d\n\ude00"}',
            {"half_characters": 3},
        ),
        (r'{"\ud800": 1}', {"half_characters": 1}),
        (
            '{"a": 9223372036854775807, "b": -9223372036854775808, "c": -9223372036854775809, "d": 0.12345678901234567890123}',
            {"large_integers_rounded": 1},
        ),
        ('{"a": "x, 99999999999999999999999, \\"", "b": 1234567890123456789012e2}', {}),
        ('{"a": ' + "9" * 300 + "}", {"large_integers_rounded": 1}),
    ],
)
def test_what_json_loses_is_noted_with_its_count(
    tmp_path: Path, properties: str, notes: dict[str, int]
) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(document(properties))
    assert {code: told["count"] for code, told in json_losses.noticed(path)} == notes
    losses = {"text_cut_at_nul", "half_characters", "large_integers_rounded"}
    assert {code: told["count"] for code, told in noted(path).items() if code in losses} == notes


def test_a_topology_and_features_in_lines_say_it_too(tmp_path: Path) -> None:
    point = {"type": "Point", "coordinates": [LON, LAT], "properties": {"n": "a\0"}}
    path = tmp_path / "a.topojson"
    path.write_text(json.dumps({"type": "Topology", "arcs": [], "objects": {"a": point}}))
    assert noted(path)["text_cut_at_nul"] == {"count": 1}
    feature = '{"type": "Feature", "properties": {"n": 99999999999999999999}, "geometry": {"type": "Point", "coordinates": [114.1, 22.6]}}'
    path = tmp_path / "lines.geojson"
    path.write_text(f"{feature}\n{feature}\n")
    assert noted(path)["large_integers_rounded"] == {"count": 2}


def test_a_sign_of_json_that_lies_across_two_blocks_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.json"
    text = '{"a": "' + "x" * 90 + r'\u0000"}'
    path.write_text(text)
    for size in range(90, 105):
        monkeypatch.setattr(json_losses, "_BLOCK", size)
        assert json_losses.noticed(path) == (("text_cut_at_nul", {"count": 1}),)


def test_an_ellipse_of_a_native_table_is_told_from_the_table(tmp_path: Path) -> None:
    shapes = shapely.to_wkb(np.array([shapely.Point(LON, LAT), None, shapely.Point(LON, LAT)], dtype=object))
    write(tmp_path / "a.tab", shapes, [np.array(["a", "b", "c"], dtype=object)], fields=["n"], crs="EPSG:4326", geometry_type="Point", driver="MapInfo File")  # fmt: skip
    assert "arcs_by_reader" not in noted(tmp_path / "a.tab")
    at = struct.unpack("<3I", (tmp_path / "a.id").read_bytes())
    assert at[1] == 0
    objects = bytearray((tmp_path / "a.map").read_bytes())
    assert len({objects[at[0]], objects[at[2]]}) == 1
    # the first point becomes an ellipse of short numbers around the middle of its block, in the place of both
    start = min(at[0], at[2])
    objects[start : start + 15] = struct.pack("<Bi4hBB", 0x19, 1, -900, -900, 900, 900, 1, 1)
    struct.pack_into("<h", objects, start - 20 + 2, 15)
    (tmp_path / "a.map").write_bytes(objects)
    (tmp_path / "a.id").write_bytes(struct.pack("<3I", start, 0, 0))
    assert mapinfo.mapinfo_arcs.of_table(tmp_path / "a.tab") == 1
    told = noted(tmp_path / "a.tab")
    assert told["arcs_by_reader"] == {"count": 1}


def test_integers_are_told_from_those_that_fit(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(
        "[9223372036854775807, 9223372036854775808, 0000000000000000000000001, " + "9" * 5_000 + "]"
    )
    assert json_losses.noticed(path) == (("large_integers_rounded", {"count": 2}),)


def test_a_row_that_could_not_be_read_is_no_invalid_shape(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"id,lon,lat\n1,{LON},{LAT}\n2,east,{LAT}\n3,,\n")
    (layer,) = read(path).sources
    assert [(one.row, one.code) for one in layer.set_aside] == [(1, "row_unreadable"), (2, "null_geometry")]
    assert "east" in layer.set_aside[0].params["reason"]
    path = tmp_path / "b.txt"
    path.write_text(
        "[属性描述]\n坐标系=2000国家大地坐标系\n几度分带=3\n投影类型=高斯克吕格\n计量单位=米\n带号=38\n精度=0.01\n转换参数=0,0,0,0,0,0,0\n[地块坐标]\n"
        "2,1.0,1,地块,面,,,,@\nJ1,1,2512000,38512000\nJ2,1,2512000,38512100\n"
    )
    (layer,) = read(path).sources
    assert [(one.row, one.code) for one in layer.set_aside] == [(0, "invalid_geometry")]
