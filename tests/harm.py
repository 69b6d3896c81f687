"""Files that mean harm, one maker per kind of harm, for whoever wants to hand them over: uploads, imports, readers. A new format joins by a line in
``SUFFIXES`` and, where it has a harm of its own, by an entry in ``FILES``.
"""

from __future__ import annotations

import io
import json
import math
import sqlite3
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import shapely

Make = Callable[[Path], Path]

SUFFIXES = (
    ".geojson", ".json", ".topojson", ".gpkg", ".shp", ".kml", ".kmz", ".gml", ".gpx", ".dxf", ".tab", ".mif", ".fgb", ".parquet", ".csv", ".xlsx",
    ".osm.pbf", ".tif", ".txt", ".zip", ".gdb",
)  # fmt: skip
"""Every ending a format taken here goes by."""
COMMAND = b'{"type":"gdal_streamed_alg","command_line":"gdal vector read /etc/passwd","relative_paths_relative_to_this_file":true}'
VRT = b'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/passwd</SrcDataSource><SrcLayer>x</SrcLayer></OGRVRTLayer></OGRVRTDataSource>'
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(12))


def written(name: str, content: bytes | str) -> Make:
    def make(place: Path) -> Path:
        path = place / name
        path.write_bytes(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
        return path

    return make


def star(points: int) -> list[list[float]]:
    """A ring that crosses itself everywhere; of 1,000 points about 32 KB as text."""
    ring = [[114.13 + 0.01 * math.cos(n * 2.4), 22.73 + 0.01 * math.sin(n * 2.4)] for n in range(points)]
    return [*ring, ring[0]]


def star_wkt(points: int) -> str:
    return "POLYGON((" + ",".join(f"{x:.12f} {y:.12f}" for x, y in star(points)) + "))"


def geojson(*geometries: Any, **properties: Any) -> str:
    features = [{"type": "Feature", "properties": properties, "geometry": each} for each in geometries]
    return json.dumps({"type": "FeatureCollection", "features": features})


def plain(**properties: Any) -> str:
    return geojson(
        {
            "type": "Polygon",
            "coordinates": [[[114.12, 22.7], [114.13, 22.7], [114.13, 22.71], [114.12, 22.7]]],
        },
        **properties,
    )


def kml(coordinates: str, before: str = "", doctype: str = "") -> str:
    return (
        f'<?xml version="1.0"?>{doctype}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{before}<Placemark><name>a</name>'
        f"<Polygon><outerBoundaryIs><LinearRing><coordinates>{coordinates}</coordinates></LinearRing></outerBoundaryIs></Polygon>"
        "</Placemark></Document></kml>"
    )


def gml(inside: str, doctype: str = "", more: str = "") -> str:
    return (
        f'<?xml version="1.0"?>{doctype}<ogr:FeatureCollection xmlns:ogr="http://ogr.maptools.org/" xmlns:gml="http://www.opengis.net/gml/3.2" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink" {more}><ogr:featureMember><ogr:a gml:id="a.0"><ogr:geom>{inside}</ogr:geom></ogr:a>'
        "</ogr:featureMember></ogr:FeatureCollection>"
    )


def gml_polygon(positions: str) -> str:
    return (
        '<gml:Polygon gml:id="p" srsName="urn:ogc:def:crs:EPSG::4326"><gml:exterior><gml:LinearRing><gml:posList>'
        f"{positions}</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>"
    )


def gpx(latitude: str, doctype: str = "") -> str:
    return (
        f'<?xml version="1.0"?>{doctype}<gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1">'
        f'<wpt lat="{latitude}" lon="114.1"><name>a</name></wpt></gpx>'
    )


def nested(opening: str, closing: str, depth: int, inside: str = "") -> str:
    return opening * depth + inside + closing * depth


def deep_wkb(depth: int) -> bytes:
    return struct.pack("<BII", 1, 7, 1) * depth + struct.pack("<BIdd", 1, 1, 114.1, 22.7)


def polygon_wkb(ring: list[tuple[float, float]]) -> bytes:
    """Written by hand: shapely warns of what no file warns of."""
    return struct.pack("<BIII", 1, 3, 1, len(ring)) + b"".join(struct.pack("<2d", *each) for each in ring)


def many_wkb() -> bytes:
    """A ring that says it has two thousand million points, and ends there."""
    return struct.pack("<BIII", 1, 3, 1, 2**31 - 1) + b"\0" * 32


def geopackage(wkb: bytes, *, view: bool = False) -> Make:
    """A GeoPackage with one geometry of these bytes, or with a view that recurses without end."""

    def make(place: Path) -> Path:
        from pyogrio.raw import write

        path = place / "a.gpkg"
        box = shapely.to_wkb(shapely.box(114.1, 22.7, 114.11, 22.71))
        write(path, np.array([box], dtype=object), [np.array(["a"], dtype=object)], ["n"], geometry_type="Unknown", crs="EPSG:4326", layer="a", driver="GPKG")  # fmt: skip
        with closing(sqlite3.connect(path)) as opened, opened:
            opened.execute("DROP TRIGGER IF EXISTS rtree_a_geom_update1")
            for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                opened.execute(f'DROP TRIGGER "{name}"')
            if view:
                opened.execute("ALTER TABLE a RENAME TO b")
                opened.execute("CREATE VIEW a AS WITH RECURSIVE f(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM f) SELECT n AS fid, (SELECT geom FROM b) AS geom, n FROM f")  # fmt: skip
            else:
                header = b"GP\x00\x01" + struct.pack("<i", 4326)
                opened.execute("UPDATE a SET geom = ?", (header + wkb,))
        return path

    return make


def packed(**members: bytes | str) -> Make:
    return _zip("a.zip", members)


def _zip(name: str, members: dict[str, bytes | str]) -> Make:
    def make(place: Path) -> Path:
        with zipfile.ZipFile(place / name, "w", zipfile.ZIP_DEFLATED) as into:
            for path, content in members.items():
                into.writestr(path, content)
        return place / name

    return make


def linked(place: Path) -> Path:
    with zipfile.ZipFile(place / "a.zip", "w") as into:
        link = zipfile.ZipInfo("a.geojson")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        into.writestr(link, "/etc/passwd")
    return place / "a.zip"


def many_entries(place: Path) -> Path:
    with zipfile.ZipFile(place / "a.zip", "w") as into:
        for number in range(70_000):
            into.writestr(f"{number}.txt", b"")
    return place / "a.zip"


def overlapping(place: Path) -> Path:
    """Many names for the same compressed bytes: 3 MB of zeros, forty times."""
    data = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = data.compress(b"\0" * 3_000_000) + data.flush()
    crc, name = zlib.crc32(b"\0" * 3_000_000), b"a.bin"
    local = (
        struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, 0, 8, 0, 33, crc, len(body), 3_000_000, len(name), 0)
        + name
        + body
    )
    entry = b"".join(
        struct.pack(
            "<4sHHHHHHIIIHHHHHII",
            b"PK\1\2",
            20,
            20,
            0,
            8,
            0,
            33,
            crc,
            len(body),
            3_000_000,
            6,
            0,
            0,
            0,
            0,
            0,
            0,
        )
        + b"%06d" % number
        for number in range(40)
    )
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 40, 40, len(entry), len(local), 0)
    (place / "a.zip").write_bytes(local + entry + end)
    return place / "a.zip"


def _workbook(sheet: str, shared: str = "") -> Make:
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    return _zip(
        "a.xlsx",
        {
            "[Content_Types].xml": f'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kinds}.worksheet+xml"/><Override PartName="/xl/sharedStrings.xml" ContentType="{kinds}.sharedStrings+xml"/></Types>',
            "_rels/.rels": '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": '<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="s" sheetId="1" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
            "xl/worksheets/sheet1.xml": sheet,
            "xl/sharedStrings.xml": shared or '<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="0"/>',
        },
    )  # fmt: skip


def _sheet(rows: str, doctype: str = "") -> str:
    return f'<?xml version="1.0"?>{doctype}<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>'


def _cells(*values: str) -> str:
    return "<row>" + "".join(f'<c t="str"><v>{each}</v></c>' for each in values) + "</row>"


def _dxf(*entities: str, blocks: str = "") -> str:
    return f"0\nSECTION\n2\nHEADER\n9\n$ACADVER\n1\nAC1027\n0\nENDSEC\n{blocks}0\nSECTION\n2\nENTITIES\n{''.join(entities)}0\nENDSEC\n0\nEOF\n"


def _polyline(*points: tuple[str, str], bulge: str = "0.0") -> str:
    return (
        f"0\nLWPOLYLINE\n5\n1A\n100\nAcDbEntity\n8\na\n100\nAcDbPolyline\n90\n{len(points)}\n70\n1\n"
        + "".join(f"10\n{x}\n20\n{y}\n42\n{bulge}\n" for x, y in points)
    )


def _blocks() -> str:
    """Each block ten times the one before: ten thousand million lines."""
    told = "".join(
        f"0\nBLOCK\n2\nb{n}\n70\n0\n10\n0\n20\n0\n"
        + (
            f"0\nINSERT\n2\nb{n - 1}\n10\n0\n20\n0\n" * 10
            if n
            else "0\nLINE\n8\na\n10\n512000\n20\n2512000\n11\n512001\n21\n2512001\n"
        )
        + "0\nENDBLK\n"
        for n in range(11)
    )
    return f"0\nSECTION\n2\nBLOCKS\n{told}0\nENDSEC\n"


def boundary(*points: str) -> str:
    rows = "\n".join(f"J{n},1,{each}" for n, each in enumerate(points, 1))
    return f"[属性描述]\n坐标系=2000国家大地坐标系\n几度分带=3\n投影类型=高斯克吕格\n计量单位=米\n带号=38\n精度=0.01\n转换参数=0,0,0,0,0,0,0\n[地块坐标]\n{len(points)},1.0,1,地块,面,,,,@\n{rows}\n"


def _osm(blob: bytes, raw_size: int) -> bytes:
    """One block of OSM PBF that says it unpacks to ``raw_size`` bytes."""

    def number(value: int) -> bytes:
        out = b""
        while value > 127:
            out, value = out + bytes([value & 127 | 128]), value >> 7
        return out + bytes([value])

    body = b"\x10" + number(raw_size) + b"\x1a" + number(len(blob)) + blob
    head = b"\x0a\x09OSMHeader\x18" + number(len(body))
    return struct.pack(">I", len(head)) + head + body


def _shapefile(points: int, parts: int) -> Make:
    """A polygon whose record promises more than there is."""

    def make(place: Path) -> Path:
        record = (
            struct.pack("<i4dii", 5, 0, 0, 1, 1, parts, points)
            + struct.pack("<i", 0)
            + struct.pack("<8d", *[0.0] * 8)
        )
        length = (100 + 8 + len(record)) // 2
        head = struct.pack(">7i", 9994, 0, 0, 0, 0, 0, length) + struct.pack(
            "<2i8d", 1000, 5, 0, 0, 1, 1, 0, 0, 0, 0
        )
        shp = head + struct.pack(">2i", 1, len(record) // 2) + record
        shx = (
            struct.pack(">7i", 9994, 0, 0, 0, 0, 0, 54) + head[28:] + struct.pack(">2i", 50, len(record) // 2)
        )
        dbf = (
            struct.pack("<4BIHH20x", 3, 126, 1, 1, 1, 65, 11)
            + struct.pack("<11sc4xBB14x", b"n", b"C", 10, 0)
            + b"\r"
            + b" a         "
        )
        return _zip("a.zip", {"a.shp": shp, "a.shx": shx, "a.dbf": dbf})(place)

    return make


BAD_NUMBERS = {"NaN": math.nan, "Infinity": math.inf, "1e308": 1e308}


def not_finite() -> Iterator[tuple[str, Make]]:
    """A coordinate that is no coordinate, in every format that can hold one."""
    for word, value in BAD_NUMBERS.items():
        ring = [(114.1, 22.7), (114.11, 22.7), (value, 22.71), (114.1, 22.7)]
        text = word if word != "Infinity" else "inf"
        yield (
            f"GeoJSON {word}",
            written(
                "a.geojson", geojson({"type": "Polygon", "coordinates": [[list(each) for each in ring]]})
            ),
        )
        yield f"TopoJSON {word}", written("a.topojson", json.dumps({"type": "Topology", "arcs": [[list(each) for each in ring]], "objects": {"a": {"type": "GeometryCollection", "geometries": [{"type": "Polygon", "arcs": [[0]]}]}}}))  # fmt: skip
        # GDAL itself writes no such shapefile (but for 1e308) and no such geodatabase.
        for driver, suffix in (
            ("GPKG", ".gpkg"),
            ("FlatGeobuf", ".fgb"),
            ("MapInfo File", ".mif"),
            *((("ESRI Shapefile", ".shp"),) if value == 1e308 else ()),
        ):
            yield f"{driver} {word}", _by_gdal(driver, suffix, ring)
        yield f"GeoParquet {word}", _parquet(polygon_wkb(ring))
        yield (
            f"KML {word}",
            written("a.kml", kml(" ".join(f"{x},{y}" for x, y in ring).replace(str(value), text))),
        )
        yield (
            f"GML {word}",
            written(
                "a.gml", gml(gml_polygon(" ".join(f"{y} {x}" for x, y in ring).replace(str(value), text)))
            ),
        )
        yield f"GPX {word}", written("a.gpx", gpx(text))
        yield f"CSV {word}", written("a.csv", f"lon,lat,name\n114.1,22.7,a\n{text},22.7,b\n")
        yield (
            f"CSV WKT {word}",
            written(
                "a.csv",
                f'WKT,name\n"POLYGON(({",".join(f"{x} {y}" for x, y in ring)}))",a\n'.replace(
                    str(value), text
                ),
            ),
        )
        yield (
            f"XLSX {word}",
            _workbook(_sheet(_cells("lon", "lat") + _cells("114.1", "22.7") + _cells(text, "22.7"))),
        )
        yield (
            f"DXF {word}",
            written(
                "a.dxf", _dxf(_polyline(("512000", "2512000"), (text, "2512000"), ("512010", "2512010")))
            ),
        )
        yield (
            f"boundary text {word}",
            written(
                "a.txt",
                boundary("2512000,38512000", f"{text},38512100", "2512100,38512100", "2512000,38512000"),
            ),
        )


def _by_gdal(driver: str, suffix: str, ring: list[tuple[float, float]]) -> Make:
    def make(place: Path) -> Path:
        from pyogrio.raw import write

        folder = place / "made"
        folder.mkdir()
        wkb = polygon_wkb(ring)
        options = {"SPATIAL_INDEX": "NO"} if driver in ("GPKG", "FlatGeobuf") else {}
        write(folder / f"a{suffix}", np.array([wkb], dtype=object), [np.array(["a"], dtype=object)], ["n"], geometry_type="Polygon", crs="EPSG:4326", driver=driver, layer="a", layer_options=options)  # fmt: skip
        with zipfile.ZipFile(place / "a.zip", "w") as into:
            for file in sorted(folder.rglob("*")):
                into.write(file, file.relative_to(folder).as_posix())
        return place / "a.zip"

    return make


def _parquet(wkb: bytes) -> Make:
    def make(place: Path) -> Path:
        import pyarrow as pa
        from pyarrow import parquet

        told = {
            "version": "1.0.0",
            "primary_column": "geometry",
            "columns": {"geometry": {"encoding": "WKB", "geometry_types": []}},
        }
        table = pa.table({"n": ["a"], "geometry": pa.array([wkb], pa.binary())}).replace_schema_metadata(
            {"geo": json.dumps(told)}
        )
        parquet.write_table(table, place / "a.parquet")
        return place / "a.parquet"

    return make


FILES: dict[str, Make] = {
    **{f"a command to GDAL as {suffix}": written(f"a{suffix}", COMMAND) for suffix in SUFFIXES},
    **{f"a VRT as {suffix}": written(f"a{suffix}", VRT) for suffix in SUFFIXES},
    "a VRT in a zip": _zip("a.zip", {"a.vrt": VRT}),
    "a command in a zip": _zip("a.zip", {"a.geojson": COMMAND}),
    "a command after a megabyte of features": written("a.geojson", '{"features":[' + ",".join(["{}"] * 400_000) + '],"type":"gdal_streamed_alg"}'),
    "lists in lists": written("a.geojson", '{"type":"FeatureCollection","features":' + "[" * 200_000 + "]" * 200_000 + "}"),
    "objects in objects": written("a.geojson", nested('{"type":"Feature","properties":', "}", 100_000, "1")),
    "collections in collections": written(
        "a.geojson", '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":' + nested('{"type":"GeometryCollection","geometries":[', "]}", 20_000) + "}]}"),
    "a star of 1,000 points": written("a.geojson", geojson({"type": "Polygon", "coordinates": [star(1_000)]})),
    "a star of 5,000 points": written("a.geojson", geojson({"type": "Polygon", "coordinates": [star(5_000)]})),
    "a star as WKT": written("a.csv", f'WKT,n\n"{star_wkt(1_000)}",1\n'),
    "a star as KML": written("a.kml", kml(" ".join(f"{x},{y}" for x, y in star(1_000)))),
    "a star as GML": written("a.gml", gml(gml_polygon(" ".join(f"{y} {x}" for x, y in star(1_000))))),
    "laughs in KML": written("a.kml", kml("&l11;", doctype=f"<!DOCTYPE kml [{LAUGHS}]>")),
    "laughs in GML": written("a.gml", gml(gml_polygon("&l11;"), doctype=f"<!DOCTYPE x [{LAUGHS}]>")),
    "laughs in GPX": written("a.gpx", gpx("&l11;", doctype=f"<!DOCTYPE gpx [{LAUGHS}]>")),
    "a file of the machine in KML": written("a.kml", kml("114,22 &x;", doctype='<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]>')),
    "a file of the machine in GML": written("a.gml", gml(gml_polygon("&x;"), doctype='<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>')),
    "a doctype after a megabyte of blanks": written("a.kml", '<?xml version="1.0"?>' + " " * 1_000_000 + kml("&l11;", doctype=f"<!DOCTYPE kml [{LAUGHS}]>")[21:]),
    "elements in elements": written("a.kml", kml("114,22 114,23 115,23 114,22", before=nested("<Folder>", "</Folder>", 50_000))),
    "surfaces in surfaces": written("a.gml", gml(nested("<gml:MultiGeometry><gml:geometryMember>", "</gml:geometryMember></gml:MultiGeometry>", 20_000))),
    "a GML point of 135 bytes": written("a.gml", gml('<gml:Point srsName="urn:x-ogc:def:crs:EPSG:' + "9" * 40 + '"><gml:pos srsDimension="-1">1</gml:pos></gml:Point>')),
    "a geometry of another place in GML": written("a.gml", gml('<gml:Surface xlink:href="file:///etc/passwd#x"/>')),
    "WKB in WKB": geopackage(deep_wkb(100_000)),
    "WKB of two thousand million points": geopackage(many_wkb()),
    "WKB that ends": geopackage(b"\x01\x03\x00"),
    "a view without end": geopackage(b"", view=True),
    "WKT in WKT": written("a.csv", "WKT,n\n\"" + nested("GEOMETRYCOLLECTION(", ")", 50_000, "POINT(114 22)") + '",1\n'),
    "EWKB as text": written("a.csv", f"geom,n\n{deep_wkb(20_000).hex()},1\n"),
    "WKB in WKB in Parquet": _parquet(deep_wkb(100_000)),
    "WKB of too many points in Parquet": _parquet(many_wkb()),
    "Parquet that ends": written("a.parquet", b"PAR1" + b"\0" * 64 + struct.pack("<I", 2**31 - 1) + b"PAR1"),
    "FlatGeobuf of four gigabytes": written("a.fgb", b"fgb\x03fgb\x00" + struct.pack("<I", 2**32 - 16) + b"\0" * 64),
    "a record of two thousand million points": _shapefile(2**31 - 1, 1),
    "a record of two thousand million parts": _shapefile(4, 2**31 - 1),
    "blocks in blocks": written("a.dxf", _dxf("0\nINSERT\n2\nb10\n8\na\n10\n0\n20\n0\n", blocks=_blocks())),
    "a bulge beyond all": written("a.dxf", _dxf(_polyline(("512000", "2512000"), ("512010", "2512000"), ("512010", "2512010"), bulge="1e308"))),
    "OSM of four gigabytes": written("a.osm.pbf", _osm(zlib.compress(b"\0" * 1_000_000), 2**32 - 1)),
    "OSM that unpacks to a gigabyte": written("a.osm.pbf", _osm(zlib.compress(zlib.compress(b"\0" * 30_000_000)), 31 << 20)),
    "a MapInfo region of two thousand million points": _zip("a.zip", {"a.mif": 'Version 300\nCharset "Neutral"\nDelimiter ","\nCoordSys Earth Projection 1, 104\nColumns 1\n n Char(10)\nData\n\nRegion 2147483647\n 2147483647\n114 22\n', "a.mid": '"a"\n'}),
    "laughs in a workbook": _workbook(_sheet(_cells("lon", "lat") + _cells("&l11;", "22"), doctype=f"<!DOCTYPE x [{LAUGHS}]>")),
    "a workbook that unpacks to a gigabyte": _workbook("<worksheet>" + " " * 300_000_000),
    "a header of a megabyte": written("a.csv", "lon,lat," + "h" * 1_000_000 + "\n114.1,22.7,x\n"),
    "a name of a megabyte": written("a.geojson", plain(**{"n" * 1_000_000: 1})),
    "a hundred thousand columns": written("a.csv", "lon,lat," + ",".join(f"c{n}" for n in range(100_000)) + "\n114.1,22.7\n"),
    "a boundary text with a header of a megabyte": written("a.txt", "[属性描述]\n" + "坐标系=" + "九" * 350_000 + "\n[地块坐标]\n"),
    "a boundary text that crosses itself": written("a.txt", boundary(*(f"{2512000 + 1000 * math.sin(n * 2.4):.3f},{38512000 + 1000 * math.cos(n * 2.4):.3f}" for n in range(1_000)))),
    "a link in a zip": linked,
    "a way out of a zip": _zip("a.zip", {"../../a.geojson": plain()}),
    "an absolute name in a zip": _zip("a.zip", {"/etc/cron.d/a": plain()}),
    "a drive in a zip": _zip("a.zip", {"C:\\a.geojson": plain()}),
    "seventy thousand entries": many_entries,
    "entries over entries": overlapping,
    "a bomb": _zip("a.zip", {"a.geojson": b"\0" * 60_000_000}),
    "a bomb in a KMZ": _zip("a.kmz", {"doc.kml": b" " * 60_000_000}),
    "a zip that is none": written("a.zip", b"PK\x03\x04" + b"\0" * 100),
    "a GeoTIFF larger than the world": written("a.tif", b"II*\0\x08\0\0\0\x03\0\0\x01\x04\0\x01\0\0\0\xff\xff\xff\x7f\x01\x01\x04\0\x01\0\0\0\xff\xff\xff\x7f\x02\x01\x03\0\x01\0\0\0\x20\0\0\0\0\0\0\0"),
    "nothing": written("a.geojson", b""),
    "NUL bytes": written("a.csv", b"lon,lat\n114.1,22.7\n" + b"\0" * 5_000),
}  # fmt: skip
"""Whoever asks about a site with one of these is refused."""

WORDS: dict[str, Make] = {
    "an integer beyond 64 bits": written("a.geojson", plain().replace('"properties": {}', '"properties": {"n": 99999999999999999999999}')),
    "an integer of 5,000 digits": written("a.geojson", plain().replace('"properties": {}', '"properties": {"n": ' + "9" * 5_000 + "}")),
    "NUL in a value": written("a.geojson", plain(n="a\0b")),
    "half a character": written("a.geojson", plain(n="\ud800")),
    "half a character as a name": written("a.geojson", plain(**{"\udfff": 1})),
    "NaN in a value": written("a.geojson", plain(n=math.nan)),
    "a value of a megabyte": written("a.geojson", plain(n="x" * 1_000_000)),
    "lists in a value": written("a.geojson", plain().replace('"properties": {}', '"properties": {"n": ' + "[" * 30_000 + "]" * 30_000 + "}")),
    "SQL in a name": written("a.geojson", plain(**{"'; DROP TABLE hetu.feature; --": "1"})),
    "a formula": written("a.geojson", plain(n="=cmd|'/c calc'!A1")),
    "NUL in a CSV": written("a.csv", b"lon,lat,n\n114.1,22.7,a\0b\n"),
    "bytes that are no text in a CSV": written("a.csv", b"lon,lat,n\n114.1,22.7,\xff\xfe\xfd\n"),
    "an integer beyond 64 bits in a CSV": written("a.csv", "lon,lat,n\n114.1,22.7,99999999999999999999999\n"),
}  # fmt: skip
"""Odd words beside good shapes: refused or taken, but never more than words."""


def bytes_of(make: Make, place: Path) -> tuple[str, io.BytesIO]:
    path = make(place)
    return path.name, io.BytesIO(path.read_bytes())
