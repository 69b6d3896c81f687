"""What belongs together goes together, and whatever is not read is refused by its name with something to do about it, or passed over by name."""

import zipfile
from pathlib import Path

import pytest

from gis import delivery
from gis.formats import recognise

POINT = b'{"type": "Point", "coordinates": [1, 1]}'
KML = b'<kml xmlns="http://www.opengis.net/kml/2.2"><Document/></kml>'
TABLES = ("a00000001.gdbtable", "a00000001.gdbtablx", "a00000002.gdbtable", "a00000002.gdbtablx")
BESIDE = ("gdb", "timestamps", "a00000001.gdbindexes", "a00000002.spx", "a00000002.\u540d.atx", "x.lock")
NATIVE = b'!table\r\n!version 300\r\n!charset WindowsSimpChinese\r\n\r\nDefinition Table\r\n  Type NATIVE Charset "Neutral"\r\n'


def taken(path: Path) -> delivery.Delivery:
    with delivery.taken(path, 64 << 20) as found:
        for source in found.sources:
            assert (found.folder / source.inside).exists()
        assert len(found.weights()) == len(found.sources)
        return found


def refusals(found: delivery.Delivery) -> list[tuple[str, str]]:
    return [(one.path, one.code) for one in found.refused]


def geodatabase(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True)
    for name in names or (*TABLES, *BESIDE):
        (folder / name).write_bytes(b"x")
    return folder


def packed(path: Path, folder: Path, prefix: str = "") -> Path:
    with zipfile.ZipFile(path, "w") as opened:
        for file in sorted(folder.rglob("*")):
            opened.write(file, prefix + file.relative_to(folder).as_posix())
    return path


def test_a_geodatabase_is_one_source_wherever_it_lies(tmp_path: Path) -> None:
    bare = geodatabase(tmp_path / "bare" / "\u57ce\u5e02.gdb")
    assert [(one.path, one.format, one.stem) for one in taken(bare).sources] == [
        ("城市.gdb", "FileGDB", "城市")
    ]
    assert [(one.path, one.stem) for one in taken(bare.parent).sources] == [("城市.gdb", "城市")]
    within = packed(tmp_path / "a.zip", bare.parent)
    assert [(one.path, one.stem) for one in taken(within).sources] == [("城市.gdb", "城市")]
    at_the_top = packed(tmp_path / "plan.gdb.zip", bare)
    assert [(one.path, one.stem) for one in taken(at_the_top).sources] == [("plan.gdb.zip", "plan")]
    folder = tmp_path / "nested"
    folder.mkdir()
    packed(folder / "plan.gdb.zip", bare)
    (folder / "b.geojson").write_bytes(POINT)
    found = taken(folder)
    assert [(one.path, one.format, one.stem) for one in found.sources] == [
        ("b.geojson", "GeoJSON", "b"), ("plan.gdb.zip", "FileGDB", "plan"),
    ]  # fmt: skip
    assert (found.ignored, found.refused) == ((), ())


def test_only_a_geodatabases_tables_reach_the_room_under_names_that_fit_their_pattern(tmp_path: Path) -> None:
    bare = geodatabase(
        tmp_path / "x.gdb", *TABLES, *BESIDE, "A00000003.GDBTABLE", "aevil.gdbtable", "a00000004.gdbtable.exe"
    )
    with delivery.taken(bare, 64 << 20) as found:
        (source,) = found.sources
        names = sorted(one.name for one in (found.folder / source.inside).iterdir())
    assert names == sorted((*TABLES, "a00000003.gdbtable"))


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (("a00000002.gdbtable", "a00000002.gdbtablx"), "gdb_incomplete"),
        (("gdb", "timestamps"), "gdb_incomplete"),
        ((*TABLES, "a00000009.cdf"), "gdb_compressed"),
    ],
)
def test_a_geodatabase_that_is_none(names: tuple[str, ...], code: str, tmp_path: Path) -> None:
    geodatabase(tmp_path / "x.gdb", *names)
    assert refusals(taken(tmp_path)) == [("x.gdb", code)]


def test_a_zip_with_a_geodatabase_that_points_out_of_it_is_refused_whole(tmp_path: Path) -> None:
    path = tmp_path / "x.gdb.zip"
    with zipfile.ZipFile(path, "w") as opened:
        for name in (*TABLES, "../a00000009.gdbtable"):
            opened.writestr(f"x.gdb/{name}", b"x")
    with pytest.raises(delivery.Refused) as refusal:
        taken(path)
    assert refusal.value.code == "zip_path"


def test_a_kmz_is_its_document_and_what_else_lies_in_it_is_told(tmp_path: Path) -> None:
    def kmz(path: Path, *names: str) -> Path:
        with zipfile.ZipFile(path, "w") as opened:
            for name in names:
                opened.writestr(name, KML if name.endswith(".kml") else b"\x89PNG")
        return path

    alone = taken(kmz(tmp_path / "a.kmz", "doc.kml", "files/icon.png", "files/other.kml"))
    assert [(one.path, one.format, one.stem) for one in alone.sources] == [
        ("a.kmz", "KMZ", "a"), ("files/other.kml", "KML", "other"),
    ]  # fmt: skip
    assert alone.ignored == ("files/icon.png",)
    assert [one.path for one in taken(kmz(tmp_path / "b.kmz", "z.kml")).sources] == ["b.kmz"]
    assert [(one.path, one.format) for one in taken(kmz(tmp_path / "c.zip", "z.kml")).sources] == [
        ("z.kml", "KML")
    ]
    folder = tmp_path / "f"
    folder.mkdir()
    kmz(folder / "a.kmz", "doc.kml", "icon.png")
    found = taken(folder)
    assert [(one.path, one.format) for one in found.sources] == [("a.kmz", "KMZ")]
    assert found.ignored == ("a.kmz/icon.png",)


def test_a_mapinfo_table_is_its_four_files_and_a_mif_its_two(tmp_path: Path) -> None:
    for suffix in ("dat", "map", "id", "ind"):
        (tmp_path / f"A.{suffix.upper()}").write_bytes(b"x")
    (tmp_path / "A.TAB").write_bytes(NATIVE)
    (tmp_path / "b.tab").write_bytes(NATIVE)
    (tmp_path / "c.mif").write_bytes(b"Version 300\nColumns 0\nData\n")
    (tmp_path / "c.mid").write_bytes(b"x")
    (tmp_path / "d.tab").write_bytes(NATIVE.replace(b"NATIVE", b"ACCESS"))
    (tmp_path / "e.tab").write_bytes(NATIVE.replace(b'NATIVE Charset "Neutral"', b'"RASTER"'))
    (tmp_path / "f.wor").write_bytes(b'!Workspace\r\n!Version 300\r\nOpen Table "/etc/passwd"\r\n')
    found = taken(tmp_path)
    assert [(one.path, one.format) for one in found.sources] == [("A.TAB", "MapInfo"), ("c.mif", "MapInfo")]
    assert refusals(found) == [
        ("b.tab", "mapinfo_incomplete"),
        ("d.tab", "mapinfo_not_native"),
        ("f.wor", "project_not_taken"),
    ]
    assert found.ignored == ("e.tab",)
    assert [one.path for one in taken(tmp_path / "A.TAB").sources] == ["A.TAB"]
    assert [one.path for one in taken(tmp_path / "c.mif").sources] == ["c.mif"]


def test_schemas_and_indexes_beside_their_file_are_not_spoken_of(tmp_path: Path) -> None:
    (tmp_path / "a.gml").write_bytes(b'<g:FeatureCollection xmlns:g="http://www.opengis.net/gml"/>')
    (tmp_path / "a.xsd").write_bytes(b"<schema/>")
    (tmp_path / "a.gfs").write_bytes(b"<GMLFeatureClassList/>")
    (tmp_path / "b.xsd").write_bytes(b"<schema/>")
    (tmp_path / "c.gml").write_bytes(b'<base:SpatialDataSet xmlns:gml="http://www.opengis.net/gml/3.2"/>')
    found = taken(tmp_path)
    assert [(one.path, one.format) for one in found.sources] == [("a.gml", "GML"), ("c.gml", "GML")]
    assert (found.ignored, found.refused) == (("b.xsd",), ())


STRANGERS = [
    ("a.dwg", b"AC1032\x00" + b"\x00" * 90, "dwg_not_taken", ""),
    ("a.dgn", b"\x08\x09\xfe\x02" + b"\x00" * 90, "dgn_not_taken", ""),
    ("b.dgn", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 90, "dgn_not_taken", ""),
    ("a.wp", b"WMAP`D23" + b"\x00" * 90, "mapgis_not_taken", ""),
    ("a.udbx", b"SQLite format 3\x00" + b"\x00" * 90, "supermap_not_taken", ""),
    ("a.udb", b"\x01\x02\x03\x04", "supermap_not_taken", ""),
    ("a.vct", b"HeadBegin\r\nDataMark:LANDUSE-VCT\r\n", "vct_not_taken", ""),
    ("a.vrt", b"<OGRVRTDataSource/>", "gdal_command", "VRT"),
    ("a.qgs", b"<!DOCTYPE qgis PUBLIC 'http://x/qgis.dtd' 'SYSTEM'>\n<qgis version='3'/>", "project_not_taken", "QGIS"),
    ("a.mxd", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 90, "project_not_taken", "ArcMap"),
    ("a.lyrx", b'{"type": "CIMLayerDocument", "version": "3.0"}', "project_not_taken", "ArcGIS Pro"),
    ("a.lpk", b"7z\xbc\xaf\x27\x1c" + b"\x00" * 90, "package_not_taken", ""),
    ("a.mdb", b"\x00\x01\x00\x00Standard Jet DB\x00" + b"\x00" * 90, "access_not_taken", ""),
    ("a.json", b'{"displayFieldName": "", "geometryType": "esriGeometryPolygon"}', "esri_json_not_taken", ""),
    ("a.osm", b"<?xml version='1.0'?><osm version='0.6'/>", "osm_xml_not_taken", ""),
    ("a.h5", b"\x89HDF\r\n\x1a\n" + b"\x00" * 90, "grid_not_taken", "HDF"),
    ("a.nc", b"CDF\x01" + b"\x00" * 90, "grid_not_taken", "NetCDF"),
    ("a.img", b"EHFA_HEADER_TAG\x00", "grid_not_taken", "ERDAS IMAGINE"),
    ("a.asc", b"ncols 10\r\nnrows 10\r\nxllcorner 0\r\n", "grid_not_taken", "ASCII grid"),
    ("a.las", b"LASF" + b"\x00" * 90, "points_not_taken", "LAS"),
    ("a.ifc", b"ISO-10303-21;\nHEADER;", "model_not_taken", "IFC"),
    ("a.gml", b"<core:CityModel xmlns:gml='http://www.opengis.net/gml'/>", "model_not_taken", "CityGML"),
    ("a.mbtiles", b"SQLite format 3\x00" + b"\x00" * 52 + b"MPBX", "tiles_not_taken", "MBTiles"),
    ("a.pmtiles", b"PMTiles\x03", "tiles_not_taken", "PMTiles"),
    ("a.e00", b"EXP  0 /home/x.E00\n", "coverage_not_taken", ""),
    ("a.rar", b"Rar!\x1a\x07\x01\x00", "archive_not_taken", "RAR"),
    ("a.7z", b"7z\xbc\xaf\x27\x1c" + b"\x00" * 90, "archive_not_taken", "7z"),
    ("a.tar.gz", b"\x1f\x8b\x08\x00", "archive_not_taken", "gzip"),
    ("a.xml", b"<LandXML/>", "format_not_taken", "LandXML"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "code", "what"), STRANGERS)
def test_strangers_are_refused_by_name_in_a_folder_too(
    name: str, content: bytes, code: str, what: str, tmp_path: Path
) -> None:
    folder = tmp_path / "f"
    folder.mkdir()
    (folder / name).write_bytes(content)
    (folder / "z.geojson").write_bytes(POINT)
    found = taken(folder)
    assert [(one.path, one.code, one.params.get("what", "")) for one in found.refused] == [(name, code, what)]
    assert [one.path for one in found.sources] == ["z.geojson"]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.pdf", b"%PDF-1.7\n", "pdf_not_taken"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 90, "document_not_taken"),
    ],
)
def test_papers_beside_the_data_are_passed_over_and_alone_refused(
    name: str, content: bytes, code: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    assert taken(tmp_path).ignored == (name,)
    assert refusals(taken(tmp_path / name)) == [(name, code)]


def test_a_sign_is_believed_before_a_name(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"WMAP`D22")
    assert recognise(path, "a.shp").code == "mapgis_not_taken"
    path.write_bytes(POINT)
    assert recognise(path, "a.udb").format == "GeoJSON"
