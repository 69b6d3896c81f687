"""Drawings: what is drawn becomes shapes within a millimetre, blocks come apart within bounds, and what is no shape is counted by name."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ezdxf
import numpy as np
import pytest
import shapely
from ezdxf import bbox
from hypothesis import given, settings
from hypothesis import strategies as st

from gis import crs, readers
from gis.reading import arcs, cad, cad_count, cad_walk
from gis.reading.found import FoundLayer
from layers.refusal import Refused

HERE = crs.parse(4547)
X, Y = 500_000.0, 2_500_000.0


def drawing(version: str = "R2010", units: int = 6) -> Any:
    made = ezdxf.new(version)
    made.units = units
    return made


def read(document: Any, folder: Path, **how: Any) -> dict[str, FoundLayer]:
    path = folder / "drawing.dxf"
    document.saveas(path, **how)
    return {one.layer: one for one in cad.read(path, "drawing", folder, lambda share: None)}


def rows(layer: FoundLayer) -> list[tuple[Any, dict[str, Any], str | None]]:
    found: list[tuple[Any, dict[str, Any], str | None]] = []
    for batch in layer.batches:
        for at, (shape, told) in enumerate(zip(batch.shapes, batch.attributes, strict=True)):
            found.append((shape, json.loads(told), batch.reasons.get(at)))
    return found


def shapes(document: Any, folder: Path, layer: str = "0") -> list[Any]:
    return [shape for shape, _, _ in rows(read(document, folder)[layer])]


def noted(layer: FoundLayer) -> dict[str, dict[str, Any]]:
    return dict(layer.notes)


def test_closed_polylines_are_areas_and_open_ones_lines(tmp_path: Path) -> None:
    made = drawing()
    space = made.modelspace()
    ring = [(X, Y), (X + 10, Y), (X + 10, Y + 10), (X, Y + 10)]
    space.add_lwpolyline(ring, close=True)
    space.add_lwpolyline([*ring, ring[0]])
    space.add_lwpolyline(ring)
    space.add_polyline2d(ring, close=True)
    space.add_polyline3d([(x, y, 5.0) for x, y in ring])
    space.add_line(ring[0], ring[1])
    space.add_lwpolyline(ring[:2], close=True)
    found = shapes(made, tmp_path)
    assert [one.geom_type for one in found] == [
        "Polygon",
        "Polygon",
        "LineString",
        "Polygon",
        "LineString",
        "LineString",
        "LineString",
    ]
    assert [round(one.area) for one in found] == [100, 100, 0, 100, 0, 0, 0]
    assert [bool(shapely.has_z(one)) for one in found] == [False] * 4 + [True, False, False]


@settings(deadline=None)
@given(
    st.floats(0.01, 5_000),
    st.floats(0, math.tau),
    st.floats(0.01, math.tau),
    st.sampled_from([1, -1]),
    st.floats(0.1, 1),
)
def test_no_chord_is_farther_than_a_millimetre_from_its_curve(
    radius: float, start: float, sweep: float, way: int, ratio: float
) -> None:
    found = arcs.ellipse((X, Y), (radius, 0), (0, radius * ratio), start, way * sweep, 0.001)
    fine = start + way * sweep * np.linspace(0, 1, 997)
    curve = shapely.points(X + radius * np.cos(fine), Y + radius * ratio * np.sin(fine))
    assert shapely.distance(curve, shapely.LineString(found)).max() <= 0.001 + 1e-6


@pytest.mark.parametrize("bulge", [1.0, -1.0, 0.4142135623730951, -0.1, 0.001, 3.0])
def test_a_bulge_is_the_arc_it_stands_for(bulge: float) -> None:
    found = arcs.bulged([(0, 0, bulge), (100, 0, 0)], False, 0.001)
    sweep = 4 * math.atan(bulge)
    radius = (
        50 / math.sin(abs(sweep) / 2) if abs(sweep) < math.pi else 50 / math.sin(math.pi - abs(sweep) / 2)
    )
    assert np.hypot(*np.diff(found, axis=0).T).sum() == pytest.approx(abs(sweep) * radius, abs=0.02)
    middle = found[len(found) // 2]
    assert math.copysign(1, middle[1]) == math.copysign(1, -bulge), (
        "positive bulges lie to the right of their chord"
    )
    deepest = np.abs(found[:, 1]).max()
    assert deepest == pytest.approx(abs(bulge) * 50, abs=0.002)


def test_arcs_circles_and_ellipses(tmp_path: Path) -> None:
    made = drawing()
    space = made.modelspace()
    space.add_circle((X, Y), 100)
    space.add_arc((X, Y), 100, 350, 80)
    space.add_ellipse((X, Y), (200, 0), 0.5)
    space.add_ellipse((X, Y), (200, 0), 0.5, 0, math.pi)
    space.add_lwpolyline([(X, Y, 1), (X + 100, Y, 1)], format="xyb", close=True)
    found = shapes(made, tmp_path)
    assert [one.geom_type for one in found] == ["Polygon", "LineString", "Polygon", "LineString", "Polygon"]
    assert found[0].area == pytest.approx(math.pi * 1e4, abs=0.5)
    assert found[1].length == pytest.approx(math.pi / 2 * 100, abs=0.01)
    assert found[2].area == pytest.approx(math.pi * 200 * 100, abs=1)
    assert found[4].area == pytest.approx(math.pi * 2500, abs=0.3)


def test_a_mirrored_entity_lies_where_it_is_seen(tmp_path: Path) -> None:
    made = drawing()
    below = {"extrusion": (0, 0, -1)}
    made.modelspace().add_arc((-X, Y), 100, 0, 90, dxfattribs=below)
    made.modelspace().add_lwpolyline(
        [(-X, Y, 0.5), (-X - 10, Y, 0), (-X - 10, Y + 10, 0)], format="xyb", close=True, dxfattribs=below
    )
    made.modelspace().add_text("面", dxfattribs={"insert": (-X, Y), **below})
    for shape, entity in zip(shapes(made, tmp_path), made.modelspace(), strict=True):
        if entity.dxftype() != "TEXT":
            told = bbox.extents([entity], fast=False)
            assert shape.bounds == pytest.approx(
                (told.extmin.x, told.extmin.y, told.extmax.x, told.extmax.y), abs=0.05
            )
        else:
            assert (shape.x, shape.y) == (X, Y)


def test_splines_follow_their_curve(tmp_path: Path) -> None:
    made = drawing()
    space = made.modelspace()
    free = space.add_open_spline(
        [(X, Y), (X + 50, Y + 80), (X + 100, Y - 40), (X + 160, Y), (X + 200, Y + 60)]
    )
    space.add_rational_spline([(X, Y), (X + 50, Y + 80), (X + 100, Y)], [1, 0.5, 1], degree=2)
    space.add_spline([(X, Y), (X + 30, Y + 10), (X + 60, Y)])
    found = shapes(made, tmp_path)
    curve = shapely.points([(point.x, point.y) for point in free.construction_tool().approximate(3_000)])
    assert shapely.distance(curve, found[0]).max() < 0.001
    assert [one.geom_type for one in found] == ["LineString"] * 3


@pytest.mark.parametrize(
    "bad",
    [
        lambda: arcs.spline(np.zeros((60_000, 2)), range(60_004), [], 3, 0.001),
        lambda: arcs.spline(np.zeros((4, 2)), [0, 0, 0, 0, 1, 1, 1], [], 3, 0.001),
        lambda: arcs.spline(np.zeros((4, 2)), [0, 0, 0, 0, math.nan, 1, 1, 1], [], 3, 0.001),
        lambda: arcs.spline(np.zeros((4, 2)), [1, 1, 1, 1, 0, 0, 0, 0], [], 3, 0.001),
        lambda: arcs.spline(np.zeros((4, 2)), [0] * 8, [], 3, 0.001),
        lambda: arcs.spline(np.zeros((40, 2)), range(71), [], 30, 0.001),
        lambda: arcs.spline(np.array([(0, 0), (1e12, 1e12), (0, 1e12), (5, 5)]), [0, 0, 0, 0, 1, 1, 1, 1], [], 3, 0.001),
        lambda: arcs.arc((0, 0), 1e12, 0, 6, 0.001),
        lambda: arcs.arc((0, 0), math.inf, 0, 6, 0.001),
        lambda: arcs.bulged([(0, 0, math.nan), (1, 1, 0)], False, 0.001),
    ],
)  # fmt: skip
def test_curves_without_end_are_no_curves(bad: Callable[[], Any]) -> None:
    with pytest.raises(ValueError, match=r"spline|arc|bulge"):
        bad()


def test_hatches_are_areas_with_holes(tmp_path: Path) -> None:
    made = drawing()
    hatch = made.modelspace().add_hatch()
    hatch.paths.add_polyline_path([(X, Y), (X + 100, Y), (X + 100, Y + 100), (X, Y + 100)])
    hatch.paths.add_polyline_path([(X + 40, Y + 40, 1), (X + 60, Y + 40, 1)], is_closed=True, flags=16)
    edges = made.modelspace().add_hatch().paths.add_edge_path()
    edges.add_line((X, Y), (X + 10, Y))
    edges.add_arc((X + 10, Y + 10), 10, 270, 360)
    edges.add_line((X, Y), (X + 20, Y + 10))  # drawn from its other end
    label = made.modelspace().add_hatch()
    label.paths.add_polyline_path([(X, Y), (X + 10, Y), (X + 10, Y + 10), (X, Y + 10)])
    label.paths.add_polyline_path([(X + 4, Y + 4), (X + 6, Y + 4), (X + 6, Y + 6)], flags=2 | 8)
    holed, quarter, labelled = shapes(made, tmp_path)
    assert holed.area == pytest.approx(10_000 - math.pi * 100, abs=0.1)
    assert len(holed.interiors) == 1
    assert quarter.area == pytest.approx(100 * math.pi / 4, abs=0.02)
    assert quarter.is_valid
    assert labelled.area == pytest.approx(100)


def test_solids_points_and_texts(tmp_path: Path) -> None:
    made = drawing()
    space = made.modelspace()
    space.add_solid([(X, Y), (X + 10, Y), (X, Y + 10), (X + 10, Y + 10)])
    space.add_point((X, Y, 12.5))
    space.add_text("居住用地", dxfattribs={"insert": (X, Y), "layer": "注记"})
    space.add_mtext(r"A\P{\H2;B}", dxfattribs={"insert": (X, Y), "layer": "注记"})
    found = read(made, tmp_path)
    solid, point = rows(found["0"])
    assert solid[0].area == pytest.approx(100)
    assert (point[0].geom_type, point[1]["elevation"]) == ("Point", 12.5)
    assert [told["text"] for _, told, _ in rows(found["注记"])] == ["居住用地", "A\nB"]


def test_attributes_of_an_entity(tmp_path: Path) -> None:
    made = drawing()
    made.layers.add("GCD", color=3, linetype="CONTINUOUS")
    made.appids.add("SOUTH")
    line = made.modelspace().add_line((X, Y), (X + 1, Y), dxfattribs={"layer": "GCD"})
    line.set_xdata("SOUTH", [(1000, "202101"), (1040, 2.5)])
    flat = made.modelspace().add_lwpolyline(
        [(X, Y), (X + 5, Y)], dxfattribs={"layer": "GCD", "elevation": 50.0, "true_color": 0x112233}
    )
    found = read(made, tmp_path)["GCD"]
    (_, one, _), (_, other, _) = rows(found)
    assert (one["code"], one["xdata"], one["color"], one["handle"]) == (
        "202101",
        {"SOUTH": ["202101", 2.5]},
        3,
        line.dxf.handle,
    )
    assert (other["elevation"], other["color"], other["handle"]) == (50.0, "#112233", flat.dxf.handle)
    assert {name for name, _ in found.fields} >= {
        "layer",
        "type",
        "color",
        "linetype",
        "handle",
        "code",
        "xdata",
        "elevation",
    }


def test_blocks_come_apart_where_they_are_placed(tmp_path: Path) -> None:
    made = drawing()
    inner = made.blocks.new("inner")
    inner.add_circle((0, 0), 1)
    inner.add_line((0, 0), (1, 0), dxfattribs={"layer": "fixed"})
    outer = made.blocks.new("outer")
    outer.add_blockref("inner", (10, 0), dxfattribs={"xscale": 2, "yscale": 1})
    outer.add_attdef("NO", (0, 0))
    placed = made.modelspace().add_blockref(
        "outer", (X, Y), dxfattribs={"layer": "trees", "rotation": 90, "color": 5}
    )
    placed.add_attrib("NO", "T-7", (X, Y))
    made.modelspace().add_blockref(
        "inner",
        (X, Y),
        dxfattribs={
            "layer": "grid",
            "row_count": 2,
            "column_count": 3,
            "row_spacing": 10,
            "column_spacing": 10,
        },
    )
    found = read(made, tmp_path)
    assert set(found) == {"trees", "fixed", "grid"}
    text, ellipse = rows(found["trees"])
    assert (text[1]["text"], text[1]["tag"], text[1]["block"]) == ("T-7", "NO", "outer")
    assert ellipse[0].area == pytest.approx(math.pi * 2, abs=0.02)
    assert (ellipse[0].centroid.x, ellipse[0].centroid.y) == pytest.approx((X, Y + 10), abs=1e-3)
    assert (ellipse[1]["block"], ellipse[1]["handle"]) == ("outer", placed.dxf.handle)
    assert len(rows(found["grid"])) == 6
    assert noted(found["fixed"])["cad_blocks_taken_apart"]["count"] == 3


def test_a_block_that_holds_itself_is_left_out_and_counted(tmp_path: Path) -> None:
    made = drawing()
    one, other = made.blocks.new("one"), made.blocks.new("other")
    one.add_line((0, 0), (1, 0))
    one.add_blockref("other", (0, 0))
    other.add_blockref("one", (0, 0))
    made.modelspace().add_blockref("one", (X, Y))
    (layer,) = read(made, tmp_path).values()
    assert len(rows(layer)) == 1
    assert noted(layer)["cad_blocks_in_themselves"] == {"count": 1}


def test_a_million_inserts_within_inserts_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cad_walk, "MOST_OF_BLOCKS", 5_000)
    made = drawing()
    made.blocks.new("b0").add_point((0, 0))
    for level in range(1, 7):
        block = made.blocks.new(f"b{level}")
        for at in range(10):
            block.add_blockref(f"b{level - 1}", (at, 0))
    made.modelspace().add_blockref("b6", (X, Y))
    with pytest.raises(Refused, match="cad_too_many_parts"):
        read(made, tmp_path)
    grid = drawing()
    grid.blocks.new("b").add_point((0, 0))
    grid.modelspace().add_blockref(
        "b",
        (X, Y),
        dxfattribs={"row_count": 30_000, "column_count": 30_000, "row_spacing": 1, "column_spacing": 1},
    )
    with pytest.raises(Refused, match="cad_too_many_parts"):
        read(grid, tmp_path)


def test_blocks_of_too_many_parts_are_refused_before_any_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = drawing()
    made.blocks.new("b0").add_point((0, 0))
    for level in range(1, 11):
        block = made.blocks.new(f"b{level}")
        for at in range(10):
            block.add_blockref(f"b{level - 1}", (at, 0))
    made.modelspace().add_blockref("B10", (X, Y))
    monkeypatch.setattr(cad_walk.Walk, "_of", lambda *_: pytest.fail("something was made"))
    with pytest.raises(Refused, match="cad_too_many_parts"):
        read(made, tmp_path)


def test_the_parts_counted_beforehand_are_those_that_are_made(tmp_path: Path) -> None:
    made = drawing()
    made.blocks.new("b0").add_point((0, 0))
    for level in range(1, 15):  # deeper than blocks are taken apart
        block = made.blocks.new(f"b{level}")
        block.add_line((0, 0), (1, 0))
        block.add_attdef("NO", (0, 0))
        block.add_blockref(
            f"b{level - 1}", (0, 0), dxfattribs={"column_count": 1 + level % 2, "column_spacing": 1}
        )
    for level in (3, 14):
        made.modelspace().add_blockref(f"b{level}", (X, Y), dxfattribs={"row_count": 2, "row_spacing": 5})
    walk = cad_walk.Walk(made)
    assert len(list(walk.pieces())) > 100
    assert cad_count.least_parts(made, cad_walk.DEEPEST) == walk.made
    loop = made.blocks.new("loop")
    loop.add_blockref("loop", (0, 0))
    loop.add_blockref("b3", (0, 0))
    made.modelspace().add_blockref("loop", (X, Y))
    again = cad_walk.Walk(made)
    list(again.pieces())
    assert walk.made <= cad_count.least_parts(made, cad_walk.DEEPEST) <= again.made


def test_what_is_no_flat_shape_is_refused_by_name_and_what_is_no_shape_is_counted(tmp_path: Path) -> None:
    made = drawing()
    space = made.modelspace()
    space.add_3dface([(X, Y), (X + 1, Y), (X + 1, Y + 1), (X, Y + 1)])
    space.add_polymesh((3, 3))
    with space.add_mesh().edit_data() as mesh:
        mesh.add_face([(X, Y, 0), (X + 1, Y, 0), (X, Y + 1, 0)])
    space.add_ray((X, Y), (1, 0))
    space.add_point((X, Y))
    space.add_linear_dim(base=(X, Y + 5), p1=(X, Y), p2=(X + 10, Y)).render()
    layer = read(made, tmp_path)["0"]
    found = rows(layer)
    assert [why for _, _, why in found] == [
        "no flat shape: 3DFACE",
        "no flat shape: POLYGON MESH",
        "no flat shape: MESH",
        "no flat shape: RAY",
        None,
    ]
    assert noted(layer)["cad_not_taken"] == {"count": 4, "types": "3DFACE 1, POLYGON MESH 1, MESH 1, RAY 1"}
    assert noted(layer)["cad_passed_over"] == {"count": 1, "types": "DIMENSION 1"}


@pytest.mark.parametrize(
    ("version", "page", "written", "encoding"),
    [
        ("R2000", "ANSI_936", "gbk", "GB18030"),
        ("R2000", "ANSI_1252", "gbk", "GB18030"),
        ("R2000", "ANSI_936", "utf-8", "UTF-8"),
        ("R2007", "ANSI_936", "utf-8", "UTF-8"),
        ("R2018", "ANSI_1252", "gbk", "GB18030"),
    ],
)
def test_the_bytes_of_a_drawing_decide_its_encoding(
    version: str, page: str, written: str, encoding: str, tmp_path: Path
) -> None:
    made = drawing(version)
    made.modelspace().add_text("NAME_GOES_HERE", dxfattribs={"insert": (X, Y), "layer": "LAYER_HERE"})
    path = tmp_path / "drawing.dxf"
    made.saveas(path)
    text = (
        path.read_bytes()
        .decode("utf-8")
        .replace("NAME_GOES_HERE", "龙岗区坪地街道六联")
        .replace("LAYER_HERE", "规划用地")
    )
    text = text.replace("ANSI_1252", page)
    path.write_bytes(text.encode(written))
    (layer,) = cad.read(path, "drawing", tmp_path, lambda share: None)
    assert (layer.layer, layer.encoding) == ("规划用地", encoding)
    assert rows(layer)[0][1]["text"] == "龙岗区坪地街道六联"


def test_western_letters_are_no_chinese(tmp_path: Path) -> None:
    made = drawing("R2000")
    made.modelspace().add_text("Straße, Café à côté", dxfattribs={"insert": (X, Y)})
    (layer,) = read(made, tmp_path, encoding="cp1252").values()
    assert rows(layer)[0][1]["text"] == "Straße, Café à côté"


@pytest.mark.parametrize(
    ("units", "size", "first", "note"),
    [
        (6, 1.0, X, None),
        (0, 1.0, X, "cad_units_assumed"),
        (4, 1.0, X, "cad_units_overruled"),
        (4, 1000.0, X, "cad_units_scaled"),
        (2, 1 / 0.3048, X / 0.3048, "cad_units_kept"),
    ],
)
def test_the_unit_is_said_and_checked_by_the_size_of_the_numbers(
    units: int, size: float, first: float, note: str | None, tmp_path: Path
) -> None:
    made = drawing(units=units)
    made.modelspace().add_circle((X * size, Y * size), 10 * size)
    layer = read(made, tmp_path)["0"]
    circle = rows(layer)[0][0]
    assert circle.centroid.x == pytest.approx(first, abs=0.01)
    assert {code for code, _ in layer.notes} == ({note} if note else set())
    metres = circle.area * (0.3048**2 if units == 2 else 1)
    assert metres == pytest.approx(math.pi * 100, abs=0.1)


def test_binary_drawings_are_read(tmp_path: Path) -> None:
    made = drawing()
    made.modelspace().add_text("面", dxfattribs={"insert": (X, Y)})
    made.saveas(tmp_path / "drawing.dxf", fmt="bin")
    (layer,) = readers.read(tmp_path / "drawing.dxf", project_crs=HERE, source_crs=HERE).sources
    assert (layer.format, layer.count, layer.samples[0]["text"]) == ("DXF", 1, "面")


def test_a_drawing_through_the_sandbox(tmp_path: Path) -> None:
    made = drawing("R2000")
    made.modelspace().add_lwpolyline(
        [(X, Y), (X + 10, Y), (X + 10, Y + 10)], close=True, dxfattribs={"layer": "红线"}
    )
    made.modelspace().add_line((X, Y), (X + 10, Y), dxfattribs={"layer": "红线"})
    made.modelspace().add_3dface([(X, Y), (X + 1, Y), (X + 1, Y + 1)], dxfattribs={"layer": "体"})
    made.saveas(tmp_path / "总图.dxf", encoding="gbk")
    found = readers.read(tmp_path / "总图.dxf", project_crs=HERE, source_crs=HERE)
    assert {(one.layer, one.kind, one.read, one.count) for one in found.sources} == {
        ("红线", "polygon", 1, 1), ("红线", "line", 1, 1), ("体", "polygon", 1, 0),
    }  # fmt: skip
    assert {one.crs_basis for one in found.sources} == {"declared"}
    (asked,) = readers.read(tmp_path / "总图.dxf", project_crs=HERE).refused[:1]
    assert asked.code in ("no_crs", "crs_question")


BROKEN = {
    "cut": lambda text: text[: len(text) * 3 // 4],
    "no_entities": lambda text: text.replace("ENTITIES", "NOTHING_"),
    "odd_code": lambda text: text.replace("AcDbEntity", "AcDbEntity\nxyz\nabc", 1),
    "numbers": lambda text: text.replace("500000.0", "fifty"),
    "huge": lambda text: text.replace("500000.0", "1e308"),
    "nan": lambda text: text.replace("500000.0", "nan"),
    "nul": lambda text: text.replace("LINE", "LI\x00NE"),
    "head_only": lambda text: "  0\nSECTION\n",
}


@pytest.mark.parametrize("name", list(BROKEN))
def test_broken_drawings_are_refused_or_saved_and_never_crash(name: str, tmp_path: Path) -> None:
    made = drawing("R2000")
    made.modelspace().add_line((X, Y), (X + 1, Y))
    made.saveas(tmp_path / "whole.dxf")
    path = tmp_path / f"{name}.dxf"
    path.write_text(BROKEN[name]((tmp_path / "whole.dxf").read_text()))
    found = readers.read(path, project_crs=HERE, source_crs=HERE)
    codes = {one.code for one in found.refused}
    assert codes <= {"cad_unreadable", "cad_empty", "coordinates_not_finite", "format_unknown"}
    assert (
        codes
        or any(note.code == "cad_recovered" for layer in found.sources for note in layer.notes)
        or found.sources
    )
    if name in ("huge",):
        assert codes == {"coordinates_not_finite"}


def test_dwg_stays_refused(tmp_path: Path) -> None:
    (tmp_path / "a.dxf").write_bytes(b"AC1032\x00" + bytes(100))
    assert [one.code for one in readers.read(tmp_path / "a.dxf", project_crs=HERE).refused] == [
        "dwg_not_taken"
    ]
