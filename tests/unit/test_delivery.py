"""What is handed over: hostile archives refused by name with nothing left behind, content over names, everything else accounted for."""

import contextlib
import io
import json
import os
import stat
import struct
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis import archive, delivery
from layers.refusal import Refused

POINT = json.dumps({"type": "Point", "coordinates": [1, 1]}).encode()
BUDGET = 64 << 20


@pytest.fixture(autouse=True)
def own_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of its own, so that "nothing left" can be looked at."""
    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


def zipped(
    path: Path, *entries: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED
) -> Path:
    with zipfile.ZipFile(path, "w", method) as opened:
        for name, data in entries:
            opened.writestr(name, data)
    return path


def taken(path: Path, budget: int = BUDGET) -> delivery.Delivery:
    with delivery.taken(path, budget) as found:
        return found


def refused(path: Path, own_tmp: Path, budget: int = BUDGET) -> Refused:
    with pytest.raises(Refused) as refusal:
        taken(path, budget)
    assert list(own_tmp.iterdir()) == []
    return refusal.value


@pytest.mark.parametrize(
    "name",
    [
        "../evil.geojson",
        "/etc/evil.geojson",
        "a/../../b.geojson",
        "C:/evil.geojson",
        "..\\evil.geojson",
        "a\nb.geojson",
    ],
)
def test_names_that_point_elsewhere(name: str, tmp_path: Path, own_tmp: Path) -> None:
    refusal = refused(zipped(tmp_path / "a.zip", ("good.geojson", POINT), (name, POINT)), own_tmp)
    assert refusal.code == "zip_path"


def test_links_and_devices(tmp_path: Path, own_tmp: Path) -> None:
    for kind in (stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR):
        link = zipfile.ZipInfo("link.geojson")
        link.external_attr = (kind | 0o777) << 16
        assert refused(zipped(tmp_path / "a.zip", (link, b"/etc/passwd")), own_tmp).code == "zip_link"


def test_too_many_entries(tmp_path: Path, own_tmp: Path) -> None:
    path = zipped(
        tmp_path / "a.zip", *((f"{number}", b"") for number in range(70_000)), method=zipfile.ZIP_STORED
    )
    refusal = refused(path, own_tmp)
    assert refusal.code == "zip_entries"
    assert refusal.params["entries"] >= 65_535


def overlapping() -> bytes:
    """Two entries of the table of contents that name the same bytes: how a small file becomes a huge one."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("a.geojson", b" " * 1000 + POINT)
        opened.writestr("b.geojson", b" " * 1000 + POINT)
    data = made.getvalue()
    second = data.rfind(b"PK\x01\x02")
    return data[: second + 42] + struct.pack("<I", 0) + data[second + 46 :]


def test_entries_that_share_bytes(tmp_path: Path, own_tmp: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(overlapping())
    assert refused(path, own_tmp).code == "zip_overlap"


def test_an_entry_that_reaches_into_the_table_of_contents(tmp_path: Path, own_tmp: Path) -> None:
    path = zipped(tmp_path / "a.zip", ("a.geojson", POINT))
    data = path.read_bytes()
    contents = data.rfind(b"PK\x01\x02")
    path.write_bytes(data[: contents + 20] + struct.pack("<I", 5000) + data[contents + 24 :])
    assert refused(path, own_tmp).code == "zip_overlap"


def test_ratio_and_size(tmp_path: Path, own_tmp: Path) -> None:
    path = zipped(tmp_path / "a.zip", ("a.geojson", b" " * (20 << 20)))
    assert refused(path, own_tmp).code == "zip_ratio"
    assert refused(path, own_tmp, budget=1 << 20).code == "zip_too_large"
    plain = tmp_path / "b.geojson"
    plain.write_bytes(POINT + b" " * 1000)
    assert refused(plain, own_tmp, budget=100).code == "too_large"


def test_a_size_that_was_a_lie(tmp_path: Path, own_tmp: Path) -> None:
    path = zipped(tmp_path / "a.zip", ("a.geojson", os.urandom(100_000)))
    data = bytearray(path.read_bytes())
    contents = data.rfind(b"PK\x01\x02")
    data[contents + 24 : contents + 28] = struct.pack("<I", 10)
    path.write_bytes(bytes(data))
    assert refused(path, own_tmp).code == "zip_broken"


def test_encrypted_method_duplicate_and_broken(tmp_path: Path, own_tmp: Path) -> None:
    path = zipped(tmp_path / "a.zip", ("a.geojson", POINT))
    data = bytearray(path.read_bytes())
    contents = data.rfind(b"PK\x01\x02")
    data[contents + 8] |= 1
    path.write_bytes(bytes(data))
    assert refused(path, own_tmp).code == "zip_encrypted"
    assert (
        refused(zipped(tmp_path / "b.zip", ("a.geojson", POINT), method=zipfile.ZIP_BZIP2), own_tmp).code
        == "zip_method"
    )
    with pytest.warns(UserWarning, match="Duplicate"):
        zipped(tmp_path / "c.zip", ("a.geojson", POINT), ("a.geojson", POINT))
    assert refused(tmp_path / "c.zip", own_tmp).code == "zip_duplicate"
    (tmp_path / "d.zip").write_bytes(b"PK\x03\x04 and no more")
    assert refused(tmp_path / "d.zip", own_tmp).code == "zip_broken"


def test_one_level_of_nesting_and_no_second(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", ("a.geojson", POINT)).read_bytes()
    middle = zipped(tmp_path / "middle.zip", ("deep/inner.zip", inner), ("b.geojson", POINT)).read_bytes()
    found = taken(zipped(tmp_path / "outer.zip", ("middle.zip", middle), ("one.zip", inner)))
    assert [source.path for source in found.sources] == ["middle.zip/b.geojson", "one.zip/a.geojson"]
    assert [(one.path, one.code) for one in found.refused] == [("middle.zip/deep/inner.zip", "zip_nested")]


def test_names_packed_by_windows_are_read_as_gbk(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", ("xxxx.geojson", POINT))
    path.write_bytes(path.read_bytes().replace(b"xxxx", "龙岗".encode("gb18030")))
    assert [source.stem for source in taken(path).sources] == ["龙岗"]


def test_a_folder_is_taken_without_junk_and_its_hash_does_not_depend_on_order(
    tmp_path: Path, own_tmp: Path
) -> None:
    folder = tmp_path / "hand over"
    (folder / "__MACOSX").mkdir(parents=True)
    (folder / "__MACOSX" / "a.geojson").write_bytes(POINT)
    (folder / "._a.geojson").write_bytes(POINT)
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "a.geojson").write_bytes(POINT)
    (folder / "readme.md").write_text("words")
    (folder / "index.html").write_text("<!DOCTYPE html><p>words")
    found = taken(folder)
    assert [source.path for source in found.sources] == ["a.geojson"]
    assert found.ignored == ("index.html", "readme.md")
    assert list(own_tmp.iterdir()) == []
    (folder / "z.geojson").write_bytes(POINT)
    changed = taken(folder)
    assert changed.sha256 != found.sha256
    (folder / "z.geojson").unlink()
    assert taken(folder).sha256 == found.sha256


def test_links_in_a_folder_are_not_followed(tmp_path: Path, own_tmp: Path) -> None:
    folder = tmp_path / "f"
    folder.mkdir()
    (folder / "a.geojson").symlink_to("/etc/passwd")
    assert refused(folder, own_tmp).code == "link_in_folder"
    (folder / "a.geojson").unlink()
    (folder / "b").symlink_to("/etc")
    assert refused(folder, own_tmp).code == "link_in_folder"


ALG = b'{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read /etc/passwd"}'
VRT = b'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (ALG, "gdal_command"),
        (b'{"features": [], "type": "gdal_streamed_alg"}', "gdal_command"),
        (b'{"ty\\u0070e": "gdal_streamed_alg"}', "gdal_command"),
        (VRT, "gdal_command"),
        (b'<?xml version="1.0"?><VRTDataset/>', "gdal_command"),
        (b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x/>', "xml_doctype"),
        (b"<!DOCTYPE html><p>", "xml_doctype"),
        (b"AC1032\x00" + b"\x00" * 90, "dwg_not_taken"),
        (b"PARE" + b"\x00" * 90, "parquet_encrypted"),
        (b'{"geometryType": "esriGeometryPoint", "features": []}', "esri_json_not_taken"),
        (b"words and no more", "not_what_its_name_says"),
        (b'{"name": "package"}', "not_what_its_name_says"),
        (b"[1, 2]", "not_what_its_name_says"),
    ],
)
def test_content_decides_whatever_the_name_says(content: bytes, code: str, tmp_path: Path) -> None:
    folder = tmp_path / "f"
    folder.mkdir()
    (folder / "a.geojson").write_bytes(content)
    (folder / "good.txt").write_bytes(POINT)  # GeoJSON under a name that promises none
    found = taken(folder)
    assert [(one.path, one.code) for one in found.refused] == [("a.geojson", code)]
    assert [source.path for source in found.sources] == ["good.txt"]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b'{"features": [], "a": {"type": "gdal_streamed_alg"}, "type": "FeatureCollection"}', "GeoJSON"),
        (b'\xef\xbb\xbf {"type": "Topology", "objects": {}, "arcs": []}', "TopoJSON"),
        (
            b'{"bbox": [1, 2, 3, 4], "features": [' + b" " * 100_000 + b'], "type": "FeatureCollection"}',
            "GeoJSON",
        ),
        ("[属性描述]\n[地块坐标]\n".encode("gb18030"), "boundary text"),
        (b"SQLite format 3\x00" + b"\x00" * 100, "GeoPackage"),
        (b"PAR1" + b"\x00" * 90, "GeoParquet"),
        (b"fgb\x03fgb\x01" + b"\x00" * 90, "FlatGeobuf"),
        (b"\x00\x00\x00\x0e\x0a\x09OSMHeader\x18\x10", "OSM PBF"),
        (b'<?xml version="1.0"?>\n<!-- <gpx> a <kml> --><kml xmlns="x"/>', "KML"),
        ('\ufeff<?xml version="1.0" encoding="UTF-16"?><kml/>'.encode("utf-16-le"), "KML"),
        (b'<wfs:FeatureCollection xmlns:wfs="x">', "GML"),
        (b'<gpx version="1.1"/>', "GPX"),
        (b'Version 300\r\nCharset "Neutral"\r\nColumns 0\r\nData\r\n', "MapInfo"),
        (b'\x1e{"type": "Feature"}\n', "GeoJSON"),
    ],
)
def test_formats_known_by_content(content: bytes, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "something.bin"
    path.write_bytes(content)
    assert [source.format for source in taken(path).sources] == [kind]


def test_a_single_file_that_is_nothing_is_refused_not_ignored(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("words and no more\n")
    found = taken(path)
    assert [one.code for one in found.refused] == ["format_unknown"]
    assert not found.ignored


def test_a_shapefile_is_its_parts(tmp_path: Path) -> None:
    folder = tmp_path / "f"
    folder.mkdir()
    shp = b"\x00\x00\x27\x0a" + b"\x00" * 24 + b"\xe8\x03\x00\x00" + b"\x00" * 68
    for name in ("A.SHP", "a.shx", "a.dbf", "a.sbn", "a.shp.xml", "b.shp", "b.dbf"):
        (folder / name).write_bytes(shp if name.lower().endswith(".shp") else b"x")
    found = taken(folder)
    assert [source.path for source in found.sources] == ["A.SHP"]
    assert [(one.path, one.code, one.params["missing"]) for one in found.refused] == [
        ("b.shp", "shapefile_incomplete", ".shx")
    ]
    assert found.ignored == ()
    alone = taken(folder / "b.shp")
    assert [one.code for one in alone.refused] == ["shapefile_incomplete"]


def test_the_hash_of_a_bare_shapefile_covers_its_table(tmp_path: Path) -> None:
    shp = b"\x00\x00\x27\x0a" + b"\x00" * 24 + b"\xe8\x03\x00\x00" + b"\x00" * 68
    for name in ("a.shp", "a.shx", "a.dbf"):
        (tmp_path / name).write_bytes(shp)
    before = taken(tmp_path / "a.shp").sha256
    (tmp_path / "a.dbf").write_bytes(b"other")
    assert taken(tmp_path / "a.shp").sha256 != before


def test_documents_that_are_zips_are_passed_over(tmp_path: Path) -> None:
    book = zipped(
        tmp_path / "book.xlsx", ("[Content_Types].xml", b"<x/>"), ("xl/a.xml", b"<x/>")
    ).read_bytes()
    found = taken(zipped(tmp_path / "a.zip", ("book.xlsx", book), ("a.geojson", POINT)))
    assert found.ignored == ("book.xlsx",)
    assert [source.path for source in found.sources] == ["a.geojson"]


def test_nothing_there(tmp_path: Path, own_tmp: Path) -> None:
    assert refused(tmp_path / "none.geojson", own_tmp).code == "no_such_file"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=30))
def test_no_name_in_an_archive_reaches_the_disk(name: str, tmp_path: Path, own_tmp: Path) -> None:
    path = tmp_path / "a.zip"
    try:
        zipped(path, (name, POINT))
    except (ValueError, UnicodeError, IndexError):  # names that zipfile itself will not write
        return
    with contextlib.suppress(Refused), delivery.taken(path, BUDGET) as found:
        names = sorted(one.name for one in own_tmp.rglob("*") if one.is_file())
        assert names in ([], ["source.geojson"])
        assert len(found.sources) + len(found.ignored) <= 1
    assert list(own_tmp.iterdir()) == []


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 400), value=st.integers(0, 255))
def test_a_zip_with_any_byte_changed_is_read_or_refused(
    at: int, value: int, tmp_path: Path, own_tmp: Path
) -> None:
    path = zipped(tmp_path / "a.zip", ("a.geojson", POINT), ("b/c.geojson", POINT + b" " * 50))
    data = bytearray(path.read_bytes())
    data[at % len(data)] = value
    path.write_bytes(bytes(data))
    with contextlib.suppress(Refused):
        taken(path)
    assert list(own_tmp.iterdir()) == []


def test_the_bound_on_entries_is_the_one_the_house_promises() -> None:
    assert archive.MOST_ENTRIES < 70_000
