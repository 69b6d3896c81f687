"""Each format that GDAL or Arrow reads, made here, through the real sandbox: its Chinese text, its system, its shapes; and hostile ones, by code."""

import json
import socket
import struct
import threading
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from gis import crs, readers, sandbox
from gis.readers import Reading, SourceLayer

HERE = crs.parse(4547)
LON, LAT = 114.1, 22.6
BOX = shapely.box(LON, LAT, LON + 0.01, LAT + 0.01)
OTHER = shapely.box(LON + 0.02, LAT, LON + 0.03, LAT + 0.01)
TEXTS = ["龙岗", "坪地街道", "甲"]
SHAPES = [BOX, OTHER, BOX]


def written(
    path: Path, driver: str, shapes: list[Any] = SHAPES, code: str | None = "EPSG:4490", **how: Any
) -> Path:
    from pyogrio.raw import write

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write(
            str(path), geometry=shapely.to_wkb(np.array(shapes, dtype=object)), field_data=[np.array(TEXTS[: len(shapes)], dtype=object)],
            fields=["名称"], crs=code, geometry_type=how.pop("kind", "Polygon"), driver=driver, **how,
        )  # fmt: skip
    return path


def kml(*marks: str, head: str = "") -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>{head}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{"".join(marks)}</Document></kml>'


def mark(name: str, more: str = "") -> str:
    return (
        f'<Placemark><name>{name}</name><ExtendedData><Data name="类别"><value>绿地</value></Data></ExtendedData>{more}'
        f"<Polygon><outerBoundaryIs><LinearRing><coordinates>{LON},{LAT},3 {LON + 0.01},{LAT},3 {LON + 0.01},{LAT + 0.01},3 {LON},{LAT},3"
        "</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>"
    )


FOLDERS = (
    '<Schema id="s"><SimpleField name="面积" type="double"/><SimpleField name="编号" type="int"/></Schema>'
    f"<Folder><Placemark><name>点</name><Point><coordinates>{LON}, {LAT}</coordinates></Point></Placemark>"
    '<Folder><name>里</name><Placemark id="p1"><name>线</name><TimeStamp><when>2024-05-01</when></TimeStamp>'
    '<ExtendedData><SchemaData schemaUrl="#s"><SimpleData name="面积">1.5</SimpleData><SimpleData name="编号">x7</SimpleData></SchemaData></ExtendedData>'
    f"<MultiGeometry><LineString><coordinates>{LON},{LAT} {LON + 0.1},{LAT}</coordinates></LineString>"
    f"<LineString><coordinates>{LON},{LAT},7 {LON},{LAT + 0.1},9</coordinates></LineString></MultiGeometry></Placemark></Folder>"
    f"<name>外</name><Placemark><MultiGeometry><Point><coordinates>{LON},{LAT}</coordinates></Point><LineString><coordinates>{LON},{LAT} {LON},"
    f"{LAT + 1}</coordinates></LineString></MultiGeometry></Placemark><Placemark><name>无</name></Placemark>"
    "<Placemark><Point><coordinates>东,北</coordinates></Point></Placemark></Folder>"
    '<Folder><name>里</name><Placemark><gx:Track xmlns:gx="x"><when>2024</when>'
    f"<gx:coord>{LON} {LAT} 1</gx:coord><gx:coord>{LON + 0.1} {LAT} 2</gx:coord></gx:Track></Placemark></Folder>"
)


def gml(body: str, head: str = "", srs: str = "urn:ogc:def:crs:EPSG::4490", where: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<ogr:FeatureCollection xmlns:ogr="urn:ogr" xmlns:gml="http://www.opengis.net/gml/3.2" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" {where}>'
        f'<ogr:featureMember><ogr:plot gml:id="plot.1"><gml:boundedBy><gml:Envelope><gml:lowerCorner>1 1</gml:lowerCorner>'
        f"<gml:upperCorner>2 2</gml:upperCorner></gml:Envelope></gml:boundedBy><ogr:geometryProperty>{body.replace('SRS', srs)}</ogr:geometryProperty><ogr:名称>龙岗</ogr:名称>"
        "</ogr:plot></ogr:featureMember></ogr:FeatureCollection>"
    )


RING = f"{LAT} {LON} {LAT} {LON + 0.01} {LAT + 0.01} {LON + 0.01} {LAT} {LON}"
GML_BOX = (
    '<gml:Polygon srsName="SRS" gml:id="p"><gml:exterior><gml:LinearRing><gml:posList>'
    f"{RING}</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>"
)
GPX = (
    f'<?xml version="1.0"?><gpx version="1.1" creator="x"><wpt lat="{LAT}" lon="{LON}"><name>龙岗</name></wpt>'
    f'<trk><name>线</name><trkseg><trkpt lat="{LAT}" lon="{LON}"><ele>1</ele></trkpt><trkpt lat="{LAT + 0.01}" lon="{LON}"/></trkseg></trk></gpx>'
)
MIF = (
    'Version 300\r\nCharset "Neutral"\r\nDelimiter ","\r\nCoordSys Earth Projection 1, 104\r\nColumns 1\r\n  名称 Char(60)\r\nData\r\n\r\n'
    f"Region 1\r\n  4\r\n{LON} {LAT}\r\n{LON + 0.01} {LAT}\r\n{LON + 0.01} {LAT + 0.01}\r\n{LON} {LAT}\r\n"
    f"Ellipse {LON} {LAT} {LON + 0.01} {LAT + 0.01}\r\n"
)
MID = '"龙岗区"\r\n"坪地街道"\r\n'


def varint(number: int) -> bytes:
    made = bytearray()
    while number >= 0x80:
        made.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*made, number))


def tagged(field: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return varint(field << 3) + varint(value)
    return varint(field << 3 | 2) + varint(len(value)) + value


def zigzag(numbers: list[int]) -> bytes:
    deltas = np.diff([0, *numbers]).tolist()
    return b"".join(varint(one << 1 if one >= 0 else (-one << 1) - 1) for one in deltas)


def pbf_block(kind: bytes, data: bytes) -> bytes:
    blob = tagged(2, len(data)) + tagged(3, zlib.compress(data))
    head = tagged(1, kind) + tagged(3, len(blob))
    return struct.pack(">I", len(head)) + head + blob


def pbf(ways: int) -> bytes:
    """Nodes, then ways that are squares of four nodes with a name, then one more node with a tag: interleaved, as it comes."""
    strings = [b"", b"building", b"yes", b"name", "龙岗".encode(), b"highway", b"crossing"]
    table = tagged(1, b"".join(tagged(1, one) for one in strings))
    wide = (
        np.random.default_rng(3).integers(2_000, 8_000, ways).tolist()
    )  # GDAL takes what packs too well for a bomb
    corners = [(0, 0), (1, 0), (1, 1), (0, 1)]
    ids = list(range(1, 4 * ways + 1))
    lons = [int(LON * 1e7) + 8_000 * way + dx * wide[way] for way in range(ways) for dx, _ in corners]
    lats = [int(LAT * 1e7) + dy * wide[way] for way in range(ways) for _, dy in corners]
    dense = tagged(1, zigzag(ids)) + tagged(8, zigzag(lats)) + tagged(9, zigzag(lons))
    blocks = [table + tagged(2, tagged(2, dense))]
    rows = []
    for way in range(ways):
        refs = [4 * way + 1, 4 * way + 2, 4 * way + 3, 4 * way + 4, 4 * way + 1]
        rows.append(
            tagged(
                3,
                tagged(1, way + 1)
                + tagged(2, b"\x01\x03")
                + tagged(3, b"\x02\x04")
                + tagged(8, zigzag(refs)),
            )
        )
    blocks.append(table + tagged(2, b"".join(rows)))
    crossing = (
        tagged(1, zigzag([9_000_001]))
        + tagged(8, zigzag([int(LAT * 1e7)]))
        + tagged(9, zigzag([int(LON * 1e7)]))
        + tagged(10, b"\x05\x06\x00")
    )
    blocks.append(table + tagged(2, tagged(2, crossing)))
    head = pbf_block(b"OSMHeader", tagged(4, b"OsmSchema-V0.6") + tagged(4, b"DenseNodes"))
    return head + b"".join(pbf_block(b"OSMData", block) for block in blocks)


def parquet(path: Path, column: Any, geo: Any) -> Path:
    table = pa.table({"名称": pa.array(TEXTS[: len(column)]), "几何": column})
    if geo is not None:
        table = table.replace_schema_metadata({"geo": geo if isinstance(geo, str) else json.dumps(geo)})
    pq.write_table(table, path, row_group_size=2)
    return path


def says(encoding: str = "WKB", **more: Any) -> dict[str, Any]:
    return {
        "version": "1.1.0",
        "primary_column": "几何",
        "columns": {"几何": {"encoding": encoding, "geometry_types": [], **more}},
    }


WKB = pa.array([shapely.to_wkb(BOX), None, shapely.to_wkb(OTHER)])


def reworded(geodatabase: Path, old: str, new: str) -> None:
    """The catalogue's XML with other words in the same room: blanks fill what is left."""
    (table,) = (one for one in geodatabase.glob("*.gdbtable") if old.encode() in one.read_bytes())
    fitting = new.encode().ljust(len(old.encode()))
    assert len(fitting) == len(old.encode())
    table.write_bytes(table.read_bytes().replace(old.encode(), fitting))


def with_domain(folder: Path) -> None:
    """A field with an alias and a domain, which pyogrio cannot write: in place of words of the catalogue that nobody needs."""
    from pyogrio.raw import open_arrow

    path = written(folder / "coded.gdb", "OpenFileGDB", layer="地块")
    with open_arrow(path, layer="GDB_Items", use_pyarrow=True) as (_, table):
        rows = {row["Name"]: row["Definition"] for batch in table for row in batch.to_pylist()}
    field = rows["地块"]
    start = field.index("<IsNullable>", field.index("<Name>名称"))
    reworded(
        path,
        field[start : field.index("</GPFieldInfoEx>", start)],
        "<AliasName>现状名</AliasName><DomainName>D</DomainName>",
    )
    workspace = next(text for name, text in rows.items() if text and "DEWorkspace" in text)
    codes = "".join(
        f"<CodedValue><Name>{word}</Name><Code>{code}</Code></CodedValue>"
        for word, code in (("龙岗区", "龙岗"), ("某村", "甲"))
    )
    reworded(
        path,
        workspace,
        f"<GPCodedValueDomain2><DomainName>D</DomainName><CodedValues>{codes}</CodedValues></GPCodedValueDomain2>",
    )


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    folder = tmp_path_factory.mktemp("good")
    written(folder / "flat.fgb", "FlatGeobuf")
    written(folder / "base.gdb", "OpenFileGDB", layer="地块")
    with_domain(folder)
    written(folder / "tab.tab", "MapInfo File", code="EPSG:4326", layer_options={"ENCODING": "CP936"})
    (folder / "neutral.mif").write_bytes(MIF.encode("gb18030"))
    (folder / "neutral.mid").write_bytes(MID.encode("gb18030"))
    metric = 'Version 300\nCharset "WindowsSimpChinese"\nDelimiter ","\nCoordSys Earth Projection 8, 104, "m", 114, 0, 1, 500000, 0\nColumns 0\nData\n\n'
    box = "510000 2500000 510200 2500200"
    (folder / "arcs.mif").write_text(
        f"{metric}ELLIPSE {box}\n    Pen (1,2,0)\nEllipse {box}\nRoundrect {box}\n  20\n"
    )
    (folder / "arcs_of_lines.mif").write_text(f"{metric}Arc {box}\n  0 90\n    Pen (1,2,0)\n")
    (folder / "utf8.mif").write_bytes(MIF.encode())
    (folder / "utf8.mid").write_bytes(MID.encode())
    link = "<NetworkLink><Link><href>http://127.0.0.1:9/x.kml</href></Link></NetworkLink>"
    overlay = "<GroundOverlay><name>图</name><Icon><href>i.png</href></Icon></GroundOverlay>"
    (folder / "marks.kml").write_text(kml(mark("甲"), mark("乙"), link, overlay))
    (folder / "folders.kml").write_text(kml(FOLDERS))
    (folder / "gbk.kml").write_bytes(kml(mark("甲")).replace("UTF-8", "GB2312").encode("gb18030"))
    (folder / "lies.kml").write_bytes(kml(mark("甲")).encode("gb18030"))
    (folder / "wide.kml").write_bytes(kml(mark("甲")).replace("UTF-8", "UTF-16").encode("utf-16"))
    with zipfile.ZipFile(folder / "packed.kmz", "w") as opened:
        opened.writestr("doc.kml", kml(mark("甲")))
    (folder / "axes.gml").write_text(gml(GML_BOX))
    (folder / "gbk.gml").write_bytes(gml(GML_BOX).replace("UTF-8", "GBK").encode("gb18030"))
    (folder / "arc.gml").write_text(
        gml(
            '<gml:Curve srsName="SRS" gml:id="c"><gml:segments><gml:Arc><gml:posList>2500000 510000 2500100 510100 2500000 510200</gml:posList></gml:Arc>'
            "</gml:segments></gml:Curve>", srs="EPSG:4547",
        ).replace("2500000 510000 2500100 510100 2500000 510200", "510000 2500000 510100 2500100 510200 2500000")
    )  # fmt: skip
    (folder / "ways.gpx").write_text(GPX)
    (folder / "map.osm.pbf").write_bytes(pbf(3_000))
    china = json.loads(crs_json())
    parquet(folder / "wkb.parquet", WKB, says(crs=china))
    parquet(folder / "nothing_said.parquet", WKB, says())
    point = pa.struct([("x", pa.float64()), ("y", pa.float64())])
    ring = [{"x": x, "y": y} for x, y in BOX.exterior.coords]
    parquet(folder / "points.parquet", pa.array([ring[0], None, ring[1]], point), says("point"))
    parquet(folder / "lines.parquet", pa.array([ring, ring, None], pa.list_(point)), says("linestring"))
    parquet(
        folder / "polygons.parquet",
        pa.array([None, [ring], [ring]], pa.list_(pa.list_(point))),
        says("polygon"),
    )
    many = pa.array([[[ring]], [], None], pa.list_(pa.list_(pa.list_(point))))
    parquet(folder / "many.parquet", many, says("multipolygon"))
    return readers.read(folder, project_crs=HERE)


def crs_json() -> str:
    import pyproj

    return str(pyproj.CRS(4490).to_json())


def layers(reading: Reading, name: str) -> list[SourceLayer]:
    assert [one for one in reading.refused if one.path == name] == []
    return [one for one in reading.sources if one.path == name]


def one(reading: Reading, name: str) -> SourceLayer:
    (found,) = layers(reading, name)
    return found


def notes(layer: SourceLayer) -> dict[str, dict[str, Any]]:
    return {note.code: note.params for note in layer.notes if note.code != "no_datum_shift"}


@pytest.mark.parametrize(
    ("name", "format", "encoding", "system", "basis", "rows"),
    [
        ("flat.fgb", "FlatGeobuf", "UTF-8", 4490, "file", 3),
        ("base.gdb", "FileGDB", "UTF-8", 4490, "file", 3),
        ("tab.tab", "MapInfo", "GB18030", 4326, "file", 3),
        ("neutral.mif", "MapInfo", "GB18030", 4326, "file", 2),
        ("utf8.mif", "MapInfo", "UTF-8", 4326, "file", 2),
        ("axes.gml", "GML", "UTF-8", 4490, "file", 1),
        ("gbk.gml", "GML", "GB18030", 4490, "file", 1),
        ("wkb.parquet", "GeoParquet", "UTF-8", 4490, "file", 3),
        ("nothing_said.parquet", "GeoParquet", "UTF-8", 4326, "format", 3),
    ],
)
def test_chinese_text_and_the_system_come_over(
    name: str, format: str, encoding: str, system: int, basis: str, rows: int, good: Reading
) -> None:
    layer = one(good, name)
    assert (layer.format, layer.kind, layer.encoding, layer.crs_in.epsg, layer.crs_basis, layer.read) == (
        format, "polygon", encoding, system, basis, rows,
    )  # fmt: skip
    assert any(
        str(sample["名称"]).startswith("龙岗") for sample in layer.samples
    )  # FlatGeobuf comes in an order of its own
    corner = crs.transformer(crs.parse(4490), HERE)(np.array([[LON, LAT]]))[0]
    assert layer.extent is not None
    assert layer.extent[:2] == pytest.approx(corner, abs=1.5)


def test_codes_of_a_geodatabase_stay_and_their_words_stand_beside_them(good: Reading) -> None:
    layer = one(good, "coded.gdb")
    assert [(sample["名称"], sample["名称@"]) for sample in layer.samples] == [
        ("龙岗", "龙岗区"),
        ("坪地街道", None),
        ("甲", "某村"),
    ]
    assert layer.fields == (("名称", "OFTString"), ("名称@", "domain"))
    assert notes(layer) == {
        "field_aliases": {"count": 1, "aliases": "名称 = 现状名"}, "coded_values": {"count": 1, "fields": "名称@"},
    }  # fmt: skip


def test_kml_and_kmz_are_wgs84_with_their_words_and_their_heights_told(good: Reading) -> None:
    layer = one(good, "marks.kml")
    assert (layer.crs_in.epsg, layer.crs_basis, layer.read) == (4326, "format", 2)
    assert (layer.samples[0]["name"], layer.samples[0]["类别"], layer.samples[0]["@z"]) == (
        "甲",
        "绿地",
        [3.0, 3.0],
    )
    assert notes(layer) == {
        "links_not_followed": {"count": 1},
        "overlays_not_read": {"count": 1},
        "heights_dropped": {"count": 2},
    }
    packed = one(good, "packed.kmz")
    assert (packed.format, packed.stem, packed.samples[0]["name"]) == ("KMZ", "packed", "甲")
    for name, encoding in (("gbk.kml", "GB18030"), ("lies.kml", "GB18030"), ("wide.kml", "UTF-16")):
        assert (one(good, name).encoding, one(good, name).samples[0]["name"]) == (encoding, "甲")


def test_the_folders_of_a_kml_are_layers_and_their_marks_keep_what_they_are(good: Reading) -> None:
    found = {(layer.layer, layer.kind): layer for layer in layers(good, "folders.kml")}
    assert set(found) == {("外", "point"), ("外/里 1", "line"), ("里 2", "line")}
    outer, inner, track = found["外", "point"], found["外/里 1", "line"], found["里 2", "line"]
    assert (outer.read, len(outer.geometry)) == (4, 1)
    assert [(each.row, each.code) for each in outer.set_aside] == [
        (1, "not_a_layer_kind"), (2, "null_geometry"), (3, "row_unreadable"),
    ]  # fmt: skip
    assert inner.samples[0] == {
        "id": "p1",
        "name": "线",
        "when": "2024-05-01",
        "面积": 1.5,
        "编号": "x7",
        "@z": [7.0, 9.0],
    }
    assert inner.geometry[0].geom_type == "MultiLineString"
    assert (track.read, track.samples[0]["@z"]) == (1, [1.0, 2.0])


def test_an_arc_of_gml_is_made_into_a_line(good: Reading) -> None:
    layer = one(good, "arc.gml")
    assert (layer.kind, layer.crs_in.epsg, notes(layer)) == (
        "line",
        4547,
        {"curves_linearised": {"count": 1}},
    )
    spread = np.hypot(*(shapely.get_coordinates(layer.geometry[0]) - [510_100, 2_500_000]).T)
    assert np.abs(spread - 100).max() < 1e-6
    assert layer.geometry[0].length == pytest.approx(np.pi * 100, abs=1e-2)


def test_ellipses_and_arcs_of_a_mif_lie_on_their_curve(good: Reading) -> None:
    layer = one(good, "arcs.mif")
    assert notes(layer) == {"curves_linearised": {"count": 2}, "arcs_by_reader": {"count": 1}}
    (line,) = (found for found in layers(good, "arcs_of_lines.mif") if found.kind == "line")
    for shape, sweep in ((layer.geometry[0], 2 * np.pi), (line.geometry[0], np.pi / 2)):
        spread = np.hypot(*(shapely.get_coordinates(shape) - [510_100, 2_500_100]).T)
        assert np.abs(spread - 100).max() < 1e-4  # the two ellipsoids differ by as much
        assert shape.length == pytest.approx(100 * sweep, abs=1e-2)
    middles = shapely.get_coordinates(layer.geometry[0])
    middles = (middles[:-1] + middles[1:]) / 2
    assert 100 - np.hypot(*(middles - [510_100, 2_500_100]).T).min() <= 1.1e-3


def test_gpx_and_osm_give_the_layers_that_have_rows(good: Reading) -> None:
    assert [(one.layer, one.kind, one.read, one.crs_basis) for one in layers(good, "ways.gpx")] == [
        ("waypoints", "point", 1, "format"), ("tracks", "line", 1, "format"), ("track_points", "point", 2, "format"),
    ]  # fmt: skip
    osm = layers(good, "map.osm.pbf")
    assert [(one.layer, one.kind, one.read) for one in osm] == [
        ("points", "point", 1),
        ("multipolygons", "polygon", 3_000),
    ]
    assert osm[1].samples[0]["name"] == "龙岗"
    assert not osm[1].set_aside


def test_every_encoding_of_geoparquet_comes_with_its_gaps(good: Reading) -> None:
    for name, kind, aside in (
        ("wkb", "polygon", [(1, "null_geometry")]), ("points", "point", [(1, "null_geometry")]), ("lines", "line", [(2, "null_geometry")]),
        ("polygons", "polygon", [(0, "null_geometry")]), ("many", "polygon", [(1, "empty_geometry"), (2, "null_geometry")]),
    ):  # fmt: skip
        layer = one(good, f"{name}.parquet")
        assert (layer.kind, layer.read, [(each.row, each.code) for each in layer.set_aside]) == (
            kind,
            3,
            aside,
        )
    whole = crs.transformer(crs.parse(4490), HERE)(shapely.get_coordinates(BOX))
    assert shapely.get_coordinates(one(good, "polygons.parquet").geometry[0]) == pytest.approx(whole)


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    folder = tmp_path_factory.mktemp("bad")
    (folder / "ok.geojson").write_text(json.dumps({"type": "Point", "coordinates": [LON, LAT]}))
    entity = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    (folder / "doctype.gml").write_text(gml(GML_BOX, head=entity))
    (folder / "late_doctype.gml").write_text(gml(GML_BOX, head=f"<!-- <gpx> {'x' * 80_000} -->{entity}"))
    (folder / "late_doctype.kml").write_text(kml(mark("x"), head=f"<!-- <kml> {'x' * 80_000} -->{entity}"))
    (folder / "wide_doctype.kml").write_bytes(
        kml(mark("x"), head=entity).replace("UTF-8", "UTF-16").encode("utf-16")
    )
    (folder / "cut.kml").write_text(kml(mark("x"), mark("y"))[:-150])
    (folder / "deep.kml").write_text(kml("<Folder>" * 5_000 + "</Folder>" * 5_000))
    (folder / "cut.gml").write_text(gml(GML_BOX)[:-40])
    (folder / "solid.gml").write_text(
        gml(
            '<gml:TriangulatedSurface srsName="EPSG:4490" gml:id="t"><gml:patches><gml:Triangle><gml:exterior><gml:LinearRing><gml:posList srsDimension="3">'
            f"{LON} {LAT} 1 {LON + 1} {LAT} 1 {LON + 1} {LAT + 1} 1 {LON} {LAT} 1</gml:posList></gml:LinearRing></gml:exterior></gml:Triangle>"
            "</gml:patches></gml:TriangulatedSurface>"
        )
    )
    (folder / "no_words.kml").write_bytes(kml(mark("x")).encode().replace(b">x<", b">\xff\xff\xff<"))
    (folder / "cut.gpx").write_text(GPX[:-30])
    whole = written(folder / "cut.fgb", "FlatGeobuf").read_bytes()
    (folder / "cut.fgb").write_bytes(whole[:-60])
    (folder / "head.fgb").write_bytes(whole[: len(whole) // 3])
    (folder / "garbage.fgb").write_bytes(b"fgb\x03fgb\x01" + b"\xff" * 900)
    whole = pbf(50)
    (folder / "cut.osm.pbf").write_bytes(whole[: len(whole) // 2])
    (folder / "garbage.osm.pbf").write_bytes(whole[:20] + b"\xff" * 500)
    base = written(folder / "cut.gdb", "OpenFileGDB", layer="a")
    for table in base.glob("*.gdbtable"):
        if table.stat().st_size > 300:
            table.write_bytes(table.read_bytes()[:-90])
    base = written(folder / "short.gdb", "OpenFileGDB", layer="a")
    last = max(base.glob("*.gdbtable"))
    last.write_bytes(last.read_bytes()[:-200])
    (folder / "short.mif").write_text(MIF[: MIF.index("Ellipse") - 30])
    (folder / "short.mid").write_text(MID)
    parquet(folder / "no_geo.parquet", WKB, None)
    parquet(folder / "no_json.parquet", WKB, "{")
    parquet(folder / "deep.parquet", WKB, "[" * 100_000)
    parquet(folder / "no_column.parquet", WKB, {"primary_column": "x", "columns": {"x": {"encoding": "WKB"}}})
    parquet(folder / "no_bytes.parquet", pa.array([1, 2, 3]), says())
    parquet(folder / "odd.parquet", WKB, says("twkb"))
    parquet(folder / "globe.parquet", WKB, says(edges="spherical"))
    parquet(folder / "nobody_knows.parquet", WKB, says(crs=None))
    parquet(folder / "wrong_levels.parquet", pa.array([[1.0], [2.0], None]), says("multipolygon"))
    (folder / "cut.parquet").write_bytes((folder / "odd.parquet").read_bytes()[:-100])
    broken = bytearray((folder / "nobody_knows.parquet").read_bytes())
    broken[4:200] = b"\xff" * 196
    (folder / "broken.parquet").write_bytes(broken)
    return readers.read(folder, project_crs=HERE)


def test_a_bad_file_takes_no_good_one_with_it(bad: Reading) -> None:
    assert one(bad, "ok.geojson").read == 1
    assert [layer.path for layer in bad.sources] == ["ok.geojson"]


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("doctype.gml", {"xml_doctype"}), ("late_doctype.gml", {"xml_doctype"}), ("late_doctype.kml", {"xml_doctype"}),
        ("wide_doctype.kml", {"xml_doctype"}), ("cut.kml", {"unreadable"}), ("deep.kml", {"unreadable"}), ("cut.gml", {"unreadable"}),
        ("solid.gml", {"surfaces_not_taken"}), ("no_words.kml", {"encoding_unknown"}), ("cut.gpx", {"unreadable"}),
        ("cut.fgb", {"unreadable", "truncated"}), ("head.fgb", {"unreadable", "truncated"}), ("garbage.fgb", {"unreadable", "truncated"}),
        ("cut.osm.pbf", {"unreadable", "truncated"}), ("garbage.osm.pbf", {"unreadable"}), ("cut.gdb", {"unreadable", "truncated"}),
        ("short.gdb", {"unreadable", "truncated"}), ("short.mif", {"unreadable", "truncated"}),
        ("no_geo.parquet", {"parquet_without_geometry"}), ("no_json.parquet", {"parquet_metadata"}), ("deep.parquet", {"parquet_metadata"}),
        ("no_column.parquet", {"parquet_metadata"}), ("no_bytes.parquet", {"parquet_metadata"}), ("odd.parquet", {"parquet_encoding"}),
        ("globe.parquet", {"parquet_edges"}), ("nobody_knows.parquet", {"no_crs", "crs_question"}), ("wrong_levels.parquet", {"parquet_metadata"}),
        ("cut.parquet", {"unreadable"}), ("broken.parquet", {"unreadable"}),
    ],
)  # fmt: skip
def test_what_is_refused_says_why(name: str, codes: set[str], bad: Reading) -> None:
    (refusal,) = (each for each in bad.refused if each.path == name)
    assert refusal.code in codes, refusal


@pytest.fixture
def listener() -> Iterator[tuple[int, list[bytes]]]:
    """Somebody who hears any request."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        ends = threading.Event()

        def listen() -> None:
            while not ends.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                with connection:
                    connection.settimeout(1)
                    heard.append(connection.recv(1_000))

        thread = threading.Thread(target=listen)
        thread.start()
        yield server.getsockname()[1], heard
        ends.set()
        thread.join()


@pytest.mark.parametrize("isolation", ["bubblewrap", "limits only"])
def test_nothing_that_a_document_names_is_fetched_or_opened(
    isolation: str, listener: tuple[int, list[bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if isolation == "limits only":
        monkeypatch.setattr(sandbox, "isolation", lambda: isolation)
    port, heard = listener
    address = f"http://127.0.0.1:{port}"
    folder = tmp_path / "delivery"
    folder.mkdir()
    secret = tmp_path / "secret.kml"
    secret.write_text(kml(mark("SECRET")))
    style = f"<styleUrl>{address}/style.kml#a</styleUrl>"
    links = "".join(
        f"<NetworkLink><Link><href>{where}</href></Link></NetworkLink>"
        for where in (f"{address}/more.kml", secret.as_uri(), str(secret))
    )
    overlay = f"<GroundOverlay><Icon><href>{address}/i.png</href></Icon></GroundOverlay>"
    (folder / "a.kml").write_text(kml(mark("a", style), links, overlay))
    schema = f'xsi:schemaLocation="urn:ogr {address}/a.xsd http://x/ {tmp_path}/a.xsd"'
    (tmp_path / "a.xsd").write_text("<schema/>")
    (folder / "a.gml").write_text(gml(GML_BOX, where=schema))
    (folder / "b.gml").write_text(gml(f'<gml:Polygon xlink:href="{address}/b.gml#p"/>{GML_BOX}'))
    (folder / "c.gpx").write_text(
        GPX.replace('version="1.1"', f'version="1.1" xmlns:xsi="x" xsi:schemaLocation="x {address}/c.xsd"')
    )
    (folder / "d.tab").write_bytes(
        b'!table\n!version 300\nDefinition Table\n  File "/etc/passwd"\n  Type NATIVE Charset "Neutral"\n  Fields 0\n'
    )
    for part in ("dat", "map", "id"):
        (folder / f"d.{part}").write_bytes(b"x" * 600)
    found = readers.read(folder, project_crs=HERE)
    assert heard == []
    assert {layer.path for layer in found.sources} >= {"a.kml", "a.gml", "c.gpx"}
    assert "SECRET" not in str([layer.samples for layer in found.sources])
    assert "root:" not in str(found.refused)
    assert notes(one(found, "a.kml"))["links_not_followed"] == {"count": 3}
    assert "lowerCorner" not in str([layer.samples for layer in found.sources])
