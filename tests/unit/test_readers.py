"""Files of every kind and every kind of trouble, through the real sandbox: what is read, what is set aside, what is refused, by code."""

import json
import sqlite3
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from gis import crs, readers, readers_room, sandbox
from gis.drivers import all_but
from gis.readers import Reading, SourceLayer
from layers.refusal import Refused

HERE = crs.parse(4547)
LON, LAT = 114.1, 22.6
SQUARE = [[LON, LAT], [LON + 0.01, LAT], [LON + 0.01, LAT + 0.01], [LON, LAT + 0.01], [LON, LAT]]


def feature(kind: str | None, coordinates: Any = None, **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": kind and {"type": kind, "coordinates": coordinates},
    }


GOOD = feature("Polygon", [SQUARE], name="好")


def collection(*features: dict[str, Any], **members: Any) -> str:
    return json.dumps(
        {"type": "FeatureCollection", **members, "features": list(features)}, ensure_ascii=False
    )


def star(points: int) -> list[list[float]]:
    ring = (np.random.default_rng(5).random((points, 2)) * 0.01 + [LON, LAT]).tolist()
    return [*ring, ring[0]]


def named(code: str | int) -> dict[str, Any]:
    return {"crs": {"type": "name", "properties": {"name": code}}}


def deep(levels: int) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "Point", "coordinates": [LON, LAT]}
    for _ in range(levels):
        made = {"type": "GeometryCollection", "geometries": [made]}
    return {"type": "Feature", "properties": {}, "geometry": made}


GEOJSON: dict[str, str | bytes] = {
    "good": collection(GOOD, feature("MultiPoint", [[LON, LAT]]), feature("LineString", SQUARE)),
    "none": collection(),
    "star": collection(feature("Polygon", [star(2000)]), GOOD),
    "two_points": collection(feature("Polygon", [SQUARE[:2]]), feature("LineString", SQUARE[:1]), GOOD),
    "nan": collection(GOOD, feature("Point", [float("nan"), 1])),
    "infinity": collection(feature("LineString", [[float("inf"), 1], [1, 1]]), GOOD),
    "huge": collection(GOOD, GOOD, feature("LineString", [[1e308, 1], [1, 1]])),
    "null": collection(feature(None, a=1), GOOD, feature("Polygon", [])),
    "collections": collection(deep(1), GOOD, deep(40)),
    "too_deep": '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":'
    + '{"type":"GeometryCollection","geometries":[' * 5000
    + "]}" * 5000
    + "}]}",
    "heights": collection(feature("Point", [LON, LAT, 12.5])),
    "truncated": collection(GOOD, GOOD)[:-40],
    "swapped": collection(feature("Polygon", [[[y, x] for x, y in SQUARE]])),
    "elsewhere": collection(feature("Point", [-71.1, 42.3])),
    "metres": collection(feature("Point", [510_000, 2_500_000])),
    "one_stray": collection(GOOD, feature("Point", [0, 0]), GOOD, GOOD),
    "beyond_the_pole": collection(GOOD, GOOD, feature("Point", [LON, 99])),
    "states_metres": collection(
        feature("Point", [510_000, 2_500_000]), **named("urn:ogc:def:crs:EPSG::4547")
    ),
    "states_metres_late": '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"crs":"x"},"geometry":'
    '{"type":"Point","coordinates":[510000,2500000]}}],"crs":{"type":"EPSG","properties":{"code":4547}}}',
    "states_shifted": collection(GOOD, **named("GCJ02")),
    "states_nonsense": collection(GOOD, **named("whatever")),
    "states_nothing": collection(GOOD, crs=None),
    "states_xian": collection(feature("Point", [510_000, 2_500_000]), **named("EPSG:2383")),
    "gbk": collection(GOOD).encode("gb18030"),
    "no_text": collection(GOOD).encode().replace("好".encode(), b"\xff\xff"),
    "poi_gcj02": collection(GOOD),
    "odd_words": collection(
        feature(
            "Point",
            [LON, LAT],
            **{"a": "x\x00y", "b": "\\u0000", "c": None, "d": {"e": [1]}, "=f": "2020-01-01"},
        )
    ),
    "a_single_shape": json.dumps({"type": "Polygon", "coordinates": [SQUARE]}),
}
TOPO = {
    "type": "Topology",
    "objects": {
        "one": {
            "type": "GeometryCollection",
            "geometries": [{"type": "Polygon", "arcs": [[0]], "properties": {"a": 1}}],
        },
        "two": {
            "type": "GeometryCollection",
            "geometries": [{"type": "Point", "coordinates": [LON, LAT], "properties": {}}],
        },
    },
    "arcs": [SQUARE],
}


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    """All of them in one delivery: a bad file must not take a good one with it."""
    folder = tmp_path_factory.mktemp("delivery")
    for name, content in GEOJSON.items():
        (folder / f"{name}.geojson").write_bytes(content if isinstance(content, bytes) else content.encode())
    (folder / "both.topojson").write_text(json.dumps(TOPO))
    return readers.read(folder, project_crs=HERE)


def layers(reading: Reading, name: str) -> list[SourceLayer]:
    assert [one for one in reading.refused if one.path.startswith(f"{name}.")] == []
    return [one for one in reading.sources if one.path.startswith(f"{name}.")]


def refusal(reading: Reading, name: str) -> readers.RefusedSource:
    assert [one for one in reading.sources if one.path.startswith(f"{name}.")] == []
    (one,) = (one for one in reading.refused if one.path.startswith(f"{name}."))
    return one


def test_the_sum_holds_for_every_source(everything: Reading) -> None:
    for layer in everything.sources:
        assert (
            layer.read == len(layer.geometry) + len(layer.set_aside) == len(layer.rows) + len(layer.set_aside)
        )
        assert len(layer.attributes) == len(layer.geometry)
        assert shapely.is_valid(layer.geometry).all()
        assert (layer.extent is None) == (len(layer.geometry) == 0)
    assert everything.isolation == sandbox.isolation()


def test_mixed_kinds_are_split_under_one_source(everything: Reading) -> None:
    found = {one.kind: one for one in layers(everything, "good")}
    assert set(found) == {"polygon", "line", "point"}
    assert [found[kind].rows.tolist() for kind in ("polygon", "point", "line")] == [[0], [1], [2]]
    assert found["polygon"].attributes == ['{"name":"好"}']
    assert found["polygon"].samples[0] == {"name": "好"}
    assert found["polygon"].crs_basis == "format"
    assert found["polygon"].crs_in.epsg == 4326
    assert found["polygon"].encoding == "UTF-8"
    assert "Ballpark" in found["polygon"].operation
    assert [note.code for note in found["polygon"].notes] == ["no_datum_shift"]
    x = crs.transformer(crs.parse(4326), HERE)(np.array(SQUARE))
    assert found["polygon"].extent == pytest.approx((*x.min(axis=0), *x.max(axis=0)))


def test_an_empty_file_of_features_is_read_as_nothing(everything: Reading) -> None:
    (layer,) = layers(everything, "none")
    assert (layer.read, layer.kind, layer.extent) == (0, "polygon", None)


def test_a_tangled_ring_is_set_aside_with_its_first_crossing(everything: Reading) -> None:
    (layer,) = layers(everything, "star")
    (aside,) = layer.set_aside
    assert (aside.row, aside.code, aside.params["reason"]) == (0, "invalid_geometry", "Self-intersection")
    assert LON < (aside.x or 0) < LON + 0.01
    assert LAT < (aside.y or 0) < LAT + 0.01
    assert aside.wkb
    assert layer.rows.tolist() == [1]


def test_rings_and_lines_of_too_few_points_are_set_aside(everything: Reading) -> None:
    by_kind = {layer.kind: layer for layer in layers(everything, "two_points")}
    assert [(one.row, one.code) for one in by_kind["polygon"].set_aside] == [(0, "invalid_geometry")]
    assert [(one.row, one.code, one.x, one.y) for one in by_kind["line"].set_aside] == [
        (1, "invalid_geometry", LON, LAT)
    ]
    assert by_kind["polygon"].rows.tolist() == [2]


@pytest.mark.parametrize(("name", "row"), [("nan", 1), ("infinity", 0), ("huge", 2)])
def test_numbers_that_are_none_refuse_the_layer_by_row(name: str, row: int, everything: Reading) -> None:
    found = refusal(everything, name)
    assert (found.code, found.params["rows"], found.params["count"]) == ("coordinates_not_finite", [row], 1)


def test_nothing_and_emptiness_are_set_aside(everything: Reading) -> None:
    (layer,) = layers(everything, "null")
    assert [(one.row, one.code, one.attributes) for one in layer.set_aside] == [
        (0, "null_geometry", '{"a":1,"name":null}'),
        (2, "empty_geometry", '{"a":null,"name":null}'),
    ]


def test_collections_are_no_layer_kind(everything: Reading) -> None:
    (layer,) = layers(everything, "collections")
    assert [(one.row, one.code, one.params["type"]) for one in layer.set_aside] == [
        (0, "not_a_layer_kind", "GeometryCollection"),
        (2, "not_a_layer_kind", "GeometryCollection"),
    ]
    assert refusal(everything, "too_deep").code == "unreadable"


def test_heights_are_dropped_and_counted(everything: Reading) -> None:
    (layer,) = layers(everything, "heights")
    assert not shapely.has_z(layer.geometry).any()
    assert ("heights_dropped", {"count": 1}) in [(note.code, note.params) for note in layer.notes]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("truncated", "unreadable"), ("swapped", "axes_swapped"), ("elsewhere", "outside_project_area"), ("metres", "metres_not_degrees"),
        ("beyond_the_pole", "impossible_degrees"), ("states_shifted", "coordinates_maybe_shifted"), ("states_nonsense", "crs_unknown"),
        ("states_nothing", "crs_question"), ("states_xian", "datum_needs_parameters"), ("poi_gcj02", "coordinates_maybe_shifted"),
        ("no_text", "encoding_unknown"),
    ],
)  # fmt: skip
def test_refused_by_name_and_the_rest_is_read(name: str, code: str, everything: Reading) -> None:
    found = refusal(everything, name)
    assert found.code == code
    assert found.params["file"] == f"{name}.geojson"


def test_a_single_stray_is_named_not_refused(everything: Reading) -> None:
    found = {layer.kind: layer for layer in layers(everything, "one_stray")}
    assert found["polygon"].rows.tolist() == [0, 2, 3]
    assert ("far_from_project", {"count": 1, "rows": [1]}) in [
        (note.code, note.params) for note in found["point"].notes
    ]
    # It would make the district reach to wherever it lies.
    assert found["point"].count == 0
    assert [(one.row, one.code) for one in found["point"].set_aside] == [(1, "outside_projection")]
    assert found["point"].extent is None


def test_the_old_crs_member_is_honoured_wherever_it_stands(everything: Reading) -> None:
    for name in ("states_metres", "states_metres_late"):
        (layer,) = layers(everything, name)
        assert (layer.crs_basis, layer.crs_in.epsg) == ("file", 4547)
        assert layer.extent == (510_000, 2_500_000, 510_000, 2_500_000)


def test_gb18030_is_found_and_recorded(everything: Reading) -> None:
    (layer,) = layers(everything, "gbk")
    assert (layer.encoding, layer.attributes) == ("GB18030", ['{"name":"好"}'])


def test_odd_words_survive_as_json_a_database_takes(everything: Reading) -> None:
    (layer,) = layers(everything, "odd_words")
    assert "\x00" not in str(layer.samples)
    assert layer.samples[0]["b"] == "\\u0000"
    assert layer.samples[0]["c"] is None
    assert json.loads(layer.samples[0]["d"]) == {"e": [1]}
    assert layer.samples[0]["=f"] == "2020-01-01"


def test_a_bare_shape_is_a_layer(everything: Reading) -> None:
    assert layers(everything, "a_single_shape")[0].read == 1


def test_every_object_of_a_topology_is_a_layer(everything: Reading) -> None:
    assert [(one.layer, one.kind, one.crs_basis) for one in layers(everything, "both")] == [
        ("one", "polygon", "format"),
        ("two", "point", "format"),
    ]


def written(
    path: Path,
    driver: str,
    shapes: list[Any],
    values: list[str],
    *,
    field: str = "名称",
    code: str | None = "EPSG:4490",
    **how: Any,
) -> Path:
    from pyogrio.raw import write

    kind = how.pop("kind", shapes[0].geom_type if shapes else "Polygon")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no CRS, on purpose
        write(
            str(path), geometry=shapely.to_wkb(np.array(shapes, dtype=object)), field_data=[np.array(values, dtype=object)], fields=[field],
            crs=code, geometry_type=kind, driver=driver, **how,
        )  # fmt: skip
    return path


BOX = shapely.box(LON, LAT, LON + 0.01, LAT + 0.01)


def changed(path: Path, *statements: str | tuple[str, tuple[Any, ...]]) -> Path:
    opened = sqlite3.connect(path)
    for (trigger,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        opened.execute('DROP TRIGGER "{}"'.format(trigger.replace('"', '""')))
    for statement in statements:
        opened.execute(*([statement] if isinstance(statement, str) else statement))
    opened.commit()
    opened.close()
    return path


def nested_blob(levels: int) -> bytes:
    return (
        b"GP\x00\x01" + struct.pack("<i", 4490) + b"".join(b"\x01" + struct.pack("<II", 7, 1) for _ in range(levels))
        + b"\x01" + struct.pack("<Idd", 1, LON, LAT)
    )  # fmt: skip


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    folder = tmp_path_factory.mktemp("databases")
    good = written(folder / "good.gpkg", "GPKG", [BOX], ["龙岗"], layer="地块")
    written(
        good, "GPKG", [shapely.Point(LON, LAT), shapely.Point(LON, LAT)], ["a", "b"], layer="点", append=False
    )
    written(folder / "no_crs.gpkg", "GPKG", [BOX], ["x"], code=None)
    whole = written(folder / "truncated.gpkg", "GPKG", [BOX] * 3000, ["x"] * 3000).read_bytes()
    (folder / "truncated.gpkg").write_bytes(whole[: len(whole) // 2])
    changed(
        written(folder / "view.gpkg", "GPKG", [BOX], ["x"], layer="real"),
        "CREATE VIEW loop AS WITH RECURSIVE r(fid, geom) AS (SELECT 1, (SELECT geom FROM real) UNION ALL SELECT fid + 1, geom FROM r) SELECT * FROM r",
        "INSERT INTO gpkg_contents(table_name, data_type, identifier, srs_id) VALUES ('loop', 'features', 'loop', 4490)",
        "INSERT INTO gpkg_geometry_columns VALUES ('loop', 'geom', 'POLYGON', 4490, 0, 0)",
    )
    changed(
        written(folder / "contents_is_a_view.gpkg", "GPKG", [BOX], ["x"], layer="real"),
        "ALTER TABLE gpkg_contents RENAME TO kept",
        "CREATE VIEW gpkg_contents AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n FROM r) SELECT kept.* FROM kept, r",
    )
    changed(folder / "plain.gpkg", "CREATE TABLE a(b)")
    changed(
        written(folder / "nested.gpkg", "GPKG", [BOX], ["x"], layer="n"),
        ("INSERT INTO n(geom) VALUES (?)", (nested_blob(3000),)),
    )
    changed(written(folder / "quoted.gpkg", "GPKG", [BOX], ["x"], layer='a "quoted" name; --'))
    return readers.read(folder, project_crs=HERE)


def test_every_table_of_a_geopackage_is_a_layer(databases: Reading) -> None:
    assert [(one.layer, one.kind, one.read, one.crs_basis) for one in layers(databases, "good")] == [
        ("地块", "polygon", 1, "file"),
        ("点", "point", 2, "file"),
    ]
    assert layers(databases, "quoted")[0].layer == 'a "quoted" name; --'
    assert layers(databases, "good")[0].operation == "3-degree Gauss-Kruger CM 114E"


def test_views_are_not_read(databases: Reading) -> None:
    assert [one.layer for one in layers(databases, "view")] == ["real"]
    assert refusal(databases, "contents_is_a_view").code == "sqlite_no_geopackage"


@pytest.mark.parametrize(
    ("name", "code"), [("no_crs", "crs_question"), ("truncated", "truncated"), ("plain", "sqlite_no_geopackage")]
)
def test_databases_that_are_refused(name: str, code: str, databases: Reading) -> None:
    assert refusal(databases, name).code == code


def test_geometry_nested_three_thousand_deep_is_set_aside(databases: Reading) -> None:
    (layer,) = layers(databases, "nested")
    assert [(one.row, one.code) for one in layer.set_aside] == [(1, "not_a_layer_kind")]


def shapefile(
    folder: Path, name: str, text: str, encoding: str, *, cpg: str | None = None, **how: Any
) -> None:
    written(folder / f"{name}.shp", "ESRI Shapefile", [BOX, BOX], [text, "plain"], encoding=encoding, **how)
    (folder / f"{name}.cpg").unlink(missing_ok=True)
    if cpg is not None:
        (folder / f"{name}.cpg").write_text(cpg)


@pytest.fixture(scope="module")
def shapefiles(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    folder = tmp_path_factory.mktemp("shapefiles")
    shapefile(folder, "gbk", "龙岗区坪地街道", "gb18030")
    shapefile(folder, "utf8", "龙岗区坪地街道", "utf-8")
    shapefile(folder, "cut", "龙" * 84 + "a龙", "utf-8")
    shapefile(folder, "states_gbk", "龙岗", "gb18030", cpg="GBK")
    shapefile(folder, "lies", "龙岗区", "gb18030", cpg="UTF-8")
    shapefile(folder, "doubtful", "龙岗区坪地街道六联", "utf-8", cpg="GBK")
    shapefile(folder, "neither", "plain", "utf-8")
    table = folder / "neither.dbf"
    table.write_bytes(table.read_bytes().replace(b"plain", b"\xff\xff\xff\xff\xff", 1))
    shapefile(folder, "no_prj", "x", "utf-8")
    (folder / "no_prj.prj").unlink()
    shapefile(folder, "shifted_prj", "x", "utf-8")
    (folder / "shifted_prj.prj").write_text('LOCAL_CS["深圳独立坐标系"]')
    shapefile(folder, "deleted", "龙岗", "utf-8")
    held = bytearray((folder / "deleted.dbf").read_bytes())
    held[struct.unpack_from("<H", held, 8)[0]] = ord("*")
    (folder / "deleted.dbf").write_bytes(held)
    shapefile(folder, "short", "x", "utf-8")
    whole = (folder / "short.dbf").read_bytes()
    (folder / "short.dbf").write_bytes(whole[:-90])
    with zipfile.ZipFile(folder / "packed.zip", "w") as packed:
        for part in ("shp", "shx", "dbf", "prj"):
            packed.write(folder / f"gbk.{part}", f"folder/packed.{part}")
    return readers.read(folder, project_crs=HERE)


@pytest.mark.parametrize(
    ("name", "encoding", "text", "note"),
    [
        ("gbk", "GB18030", "龙岗区坪地街道", None),
        ("utf8", "UTF-8", "龙岗区坪地街道", None),
        ("states_gbk", "GB18030", "龙岗", None),
        ("lies", "GB18030", "龙岗区", "encoding_overruled"),
        ("packed", "GB18030", "龙岗区坪地街道", None),
    ],
)
def test_the_bytes_of_a_shapefile_decide_its_encoding(
    name: str, encoding: str, text: str, note: str | None, shapefiles: Reading
) -> None:
    (layer,) = layers(shapefiles, name)
    assert layer.encoding == encoding
    assert layer.samples[0] == {"名称": text}
    assert layer.fields[0][0] == "名称"
    assert [one.code for one in layer.notes] == ([note] if note else [])
    assert layer.crs_in.epsg == 4490


def test_rows_the_table_marks_as_deleted_are_left_out_and_counted(shapefiles: Reading) -> None:
    (layer,) = layers(shapefiles, "deleted")
    assert (layer.read, layer.attributes) == (1, ['{"名称":"plain"}'])
    assert [(note.code, note.params) for note in layer.notes] == [("rows_marked_deleted", {"count": 1})]


def test_a_text_cut_in_the_middle_of_a_character_is_still_utf8(shapefiles: Reading) -> None:
    (layer,) = layers(shapefiles, "cut")
    assert layer.encoding == "UTF-8"
    assert layer.samples[0]["名称"].startswith("龙" * 84)


def test_text_that_fits_two_encodings_is_marked(shapefiles: Reading) -> None:
    assert {note.code for layer in layers(shapefiles, "doubtful") for note in layer.notes} <= {
        "encoding_doubtful",
        "encoding_overruled",
    }
    assert [note for layer in layers(shapefiles, "doubtful") for note in layer.notes]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("neither", "encoding_unknown"),
        ("no_prj", "crs_question"),
        ("shifted_prj", "crs_unknown"),
        ("short", "truncated"),
    ],
)
def test_shapefiles_that_are_refused(name: str, code: str, shapefiles: Reading) -> None:
    assert refusal(shapefiles, name).code == code


def test_a_declared_system_serves_files_that_state_none_and_no_others(tmp_path: Path) -> None:
    (tmp_path / "plain.geojson").write_text(collection(feature("Point", [510_000, 2_500_000])))
    (tmp_path / "same.geojson").write_text(
        collection(feature("Point", [510_000, 2_500_000]), **named("EPSG:4547"))
    )
    (tmp_path / "other.geojson").write_text(
        collection(feature("Point", [38_510_000, 2_500_000]), **named("EPSG:4526"))
    )
    found = readers.read(tmp_path, project_crs=HERE, source_crs=HERE)
    assert {layer.stem: layer.crs_basis for layer in found.sources} == {"plain": "declared", "same": "file"}
    (other,) = found.refused
    assert (other.code, other.params["file_says"], other.params["declared"]) == (
        "crs_contradicts_file",
        "EPSG:4526",
        "EPSG:4547",
    )


def test_a_zone_before_the_easting_and_degrees_under_a_metric_system(tmp_path: Path) -> None:
    (tmp_path / "zone.geojson").write_text(collection(feature("Point", [38_510_000, 2_500_000])))
    (tmp_path / "degrees.geojson").write_text(collection(feature("Point", [LON, LAT])))
    (tmp_path / "swapped.geojson").write_text(collection(feature("Point", [2_500_000, 510_000])))
    found = readers.read(tmp_path, project_crs=HERE, source_crs=HERE)
    assert {one.path: one.code for one in found.refused} == {
        "zone.geojson": "zone_before_easting", "degrees.geojson": "degrees_not_metres", "swapped.geojson": "axes_swapped",
    }  # fmt: skip
    assert next(one.params["zone"] for one in found.refused if one.path == "zone.geojson") == 38


def test_boundary_text_is_a_layer_and_its_claims_are_compared(tmp_path: Path) -> None:
    path = tmp_path / "plots.txt"
    rows = "J1,1,2500000,38500000\nJ2,1,2500000,38500100\nJ3,1,2500100,38500100\nJ4,1,2500100,38500000\n"
    short = "J1,1,2500000,38500000\nJ2,1,2500000,38500100\n"
    head = "[属性描述]\n坐标系=2000国家大地坐标系\n几度分带=3\n带号=38\n[地块坐标]\n"
    path.write_bytes((head + "4,1.5,D1,甲,面,,,,@\n" + rows + "2,,D2,乙,面,,,,@\n" + short).encode("gb18030"))
    (layer,) = readers.read(path, project_crs=HERE).sources
    assert (layer.format, layer.encoding, layer.crs_in.epsg, layer.crs_basis) == (
        "boundary text",
        "GB18030",
        4526,
        "file",
    )
    assert layer.geometry[0].area == pytest.approx(10_000)
    assert [(one.row, one.code) for one in layer.set_aside] == [(1, "invalid_geometry")]
    (note,) = layer.notes
    assert (note.code, note.params["declared_ha"], note.params["computed_ha"]) == ("area_differs", 1.5, 1.0)


def test_progress_grows_to_the_whole(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.geojson").write_text(collection(GOOD))
    seen: list[tuple[str, int, int]] = []
    readers.read(tmp_path, project_crs=HERE, on_progress=lambda *told: seen.append(told))
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)
    assert seen[-1][1] == seen[-1][2]
    assert {path for path, _, _ in seen} == {"a.geojson", "b.geojson"}


def test_without_walls_the_same_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "isolation", lambda: "limits only")
    (tmp_path / "a.geojson").write_text(collection(GOOD))
    found = readers.read(tmp_path / "a.geojson", project_crs=HERE)
    assert found.isolation == "limits only"
    assert found.sources[0].read == 1


def test_time_used_up_refuses_the_delivery_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tempfile

    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    path = tmp_path / "a.geojson"
    path.write_text(collection(*[feature("Polygon", [star(300)])] * 3_000))
    with pytest.raises(Refused) as refused:
        readers.read(path, project_crs=HERE, limits=sandbox.Limits("tiny", 1, 60, 2 << 30, 1 << 30, 1 << 30))
    assert refused.value.code == "reader_cpu"
    assert list(place.iterdir()) == []


def test_a_file_that_kills_the_process_does_not_take_the_others_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.geojson").write_text(collection(GOOD))
    real: Callable[..., None] = sandbox.run

    def dies_at_b(*given: Any, on_message: Callable[[dict[str, Any]], None], **how: Any) -> None:
        def heard(message: dict[str, Any]) -> None:
            if message.get("start") == "000001":
                on_message(message)
                raise Refused("reader_killed", signal="SIGSEGV", limits="bulk")
            on_message(message)

        real(*given, on_message=heard, **how)

    monkeypatch.setattr(sandbox, "run", dies_at_b)
    found = readers.read(tmp_path, project_crs=HERE)
    assert [layer.stem for layer in found.sources] == ["a", "c"]
    assert [(one.path, one.code) for one in found.refused] == [("b.geojson", "reader_killed")]


def test_gdal_skip_names_every_driver_but_ours() -> None:
    named_ones = set(all_but(readers_room.ALLOWED).split(","))
    assert not named_ones & set(readers_room.ALLOWED)
    assert {"OGR_VRT", "VRT", "GDALG", "HTTP", "CSV", "SQLite", "GTiff", "WFS"} <= named_ones
