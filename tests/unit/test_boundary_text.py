"""The boundary text format: what the numbers decide is decided, what they do not is refused with the line."""

import contextlib
from typing import get_args

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import mapping

from gis import boundary_site
from gis import boundary_text as bt
from gis.boundary_dialect import Closing, Dialect, Encoding, Points, Rings, dialect_of, write
from gis.geometry import assembled
from layers.refusal import Refused

HEAD = "[属性描述]\n坐标系=2000国家大地坐标系\n几度分带=3\n计量单位=米\n带号=38\n[地块坐标]\n"


def text(rows: str, head: str = HEAD, plot: str = "4,1.0000,D1,一号地,面,,,,@") -> bytes:
    return f"{head}{plot}\n{rows}".encode()


SQUARE = "J1,1,2500000,38500000\nJ2,1,2500000,38500100\nJ3,1,2500100,38500100\nJ4,1,2500100,38500000\n"


def test_a_plot_reads_northing_first_closed_or_not() -> None:
    for closing in ("", "J1,1,2500000,38500000\n", "J5,1,2500000,38500000\n", "J5,2,2500000,38500000\n"):
        found = bt.read(text(SQUARE + closing))
        assert [len(ring) for ring in found.plots[0].rings] == [4], closing
        assert found.plots[0].rings[0][0] == (38500000.0, 2500000.0)
        assert not found.swapped
        assert bt.crs_code(found) == 4526
        assert found.plots[0].declared_ha == 1.0


def test_swapped_columns_are_known_by_their_size() -> None:
    rows = "\n".join(f"{j},{r},{y},{x}" for j, r, x, y in (line.split(",") for line in SQUARE.split()))
    found = bt.read(text(rows))
    assert found.swapped
    assert found.plots == bt.read(text(SQUARE)).plots


def test_plain_eastings_take_the_zone_from_the_header() -> None:
    found = bt.read(text(SQUARE.replace("385", "5")))
    assert bt.crs_code(found) == 4547
    assert bt.crs_code(bt.read(text(SQUARE.replace("385", "5"), HEAD.replace("带号=38\n", "")))) is None


@pytest.mark.parametrize(
    ("system", "code"),
    [
        ("1980西安坐标系", 2362),
        ("1954北京坐标系", 2414),
        ("深圳独立坐标系", None),
        ("CGCS2000", 4526),
        ("", None),
    ],
)
def test_the_system_is_taken_at_its_word(system: str, code: int | None) -> None:
    assert bt.crs_code(bt.read(text(SQUARE, HEAD.replace("2000国家大地坐标系", system)))) == code


def test_degrees_are_told_apart() -> None:
    rows = "J1,1,22.60,114.10\nJ2,1,22.60,114.11\nJ3,1,22.61,114.11\n"
    found = bt.read(text(rows))
    assert bt.crs_code(found) == 4490
    assert found.plots[0].rings[0][0] == (114.10, 22.60)


@pytest.mark.parametrize(
    ("rows", "code", "line"),
    [
        ("J1,1,2500000,nan\n", "coordinates_not_finite", None),
        ("J1,1,2500000\n", "boundary_text_row", 8),
        ("J1,1,x,38500000\n", "boundary_text_row", 8),
        (SQUARE + "J5,1,38500000,2500000\n", "boundary_text_columns", 12),
        ("J1,1,1.0,1.0\n", "boundary_text_columns", 8),
        ("", "boundary_text_empty", None),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(rows: str, code: str, line: int | None) -> None:
    with pytest.raises(Refused) as refusal:
        bt.read(text(rows))
    assert refusal.value.code == code
    assert line is None or refusal.value.params["line"] == line


@pytest.mark.parametrize(
    ("change", "code"),
    [(("带号=38", "带号=39"), "zone_contradicts"), (("计量单位=米", "计量单位=里"), "unit_unknown")],
)
def test_contradictions_are_refused(change: tuple[str, str], code: str) -> None:
    with pytest.raises(Refused) as refusal:
        bt.crs_code(bt.read(text(SQUARE, HEAD.replace(*change))))
    assert refusal.value.code == code


def test_mixed_zones_are_refused() -> None:
    with pytest.raises(Refused, match="zones_mixed"):
        bt.crs_code(bt.read(text(SQUARE.replace("J4,1,2500100,385", "J4,1,2500100,395"))))


def test_header_fields_are_counted() -> None:
    assert bt.read(text(SQUARE, plot="4,,D1,名,面" + "," * 9 + "@")).plots[0].number == "D1"
    for plot in ("4,,D1,名,面,@", "4,,D1,名,面" + "," * 12 + "@", "4,,D1,名,圆,,,,@"):
        with pytest.raises(Refused, match="boundary_text_header"):
            bt.read(text(SQUARE, plot=plot))


def test_holes_and_parts_are_told_by_containment_not_by_number() -> None:
    hole = "J5,2,2500040,38500040\nJ6,2,2500060,38500040\nJ7,2,2500060,38500060\nJ8,2,2500040,38500060\n"
    apart = "J9,3,2500200,38500200\nJ10,3,2500210,38500200\nJ11,3,2500210,38500210\nJ12,3,2500200,38500210\n"
    for rows in (SQUARE + hole + apart, apart + SQUARE + hole):
        (plot,) = bt.read(text(rows)).plots
        assert assembled(plot.rings).area == pytest.approx(10_000 - 400 + 100)


def test_rings_of_one_number_are_told_apart_by_closing() -> None:
    rows = (
        SQUARE
        + "J1,1,2500000,38500000\nJ5,1,2500040,38500040\nJ6,1,2500060,38500040\nJ7,1,2500060,38500060\nJ5,1,2500040,38500040\n"
    )
    (plot,) = bt.read(text(rows)).plots
    assert [len(ring) for ring in plot.rings] == [4, 3]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings(encoding: str) -> None:
    data = text(SQUARE).decode().replace("\n", "\r\n").encode(encoding)
    assert bt.looks_like(data)
    assert bt.read(data).plots[0].name == "一号地"


number = st.integers(0, 999_999).map(lambda value: value / 1000)
point = st.tuples(number.map(lambda value: 38_500_000 + value), number.map(lambda value: 2_500_000 + value))
rings = st.lists(
    st.lists(point, min_size=3, max_size=6, unique=True).map(tuple),
    min_size=1,
    max_size=3,
    unique_by=lambda ring: ring[0],
)
word = st.text(st.sampled_from("AZ09地块 -_/()=一"), max_size=8).map(str.strip)


@st.composite
def plot(draw: st.DrawFn) -> bt.Plot:
    made = tuple(draw(rings))
    called = tuple(
        tuple(draw(st.sampled_from(("J", "", "界"))) + str(draw(st.integers(1, 99))) for _ in ring)
        for ring in made
    )
    return bt.Plot(
        number=draw(word), name=draw(word), kind="polygon", rings=made, declared_points=draw(st.none() | st.integers(0, 999)),
        declared_ha=draw(st.none() | number), rest=tuple(draw(st.lists(word, min_size=3, max_size=8))), labels=draw(st.sampled_from((called, ()))),
    )  # fmt: skip


plots = st.lists(plot(), min_size=1, max_size=3)
dialects = st.builds(
    Dialect, encoding=st.sampled_from(get_args(Encoding)), newline=st.sampled_from(["\r\n", "\n"]), ends_with_newline=st.booleans(),
    fields=st.none() | st.just(13), blank=st.sampled_from(["", " "]), kind_word=st.booleans(), closing=st.sampled_from(get_args(Closing)),
    rings=st.sampled_from(get_args(Rings)), points=st.sampled_from(get_args(Points)), swapped=st.booleans(),
    decimals=st.sampled_from([3, 4, None]), area_decimals=st.sampled_from([3, 4, None]), labels=st.booleans(),
)  # fmt: skip


@settings(deadline=None)
@given(plots, dialects)
def test_what_is_written_in_any_dialect_reads_back_and_is_written_again_to_the_byte(
    given_plots: list[bt.Plot], dialect: Dialect
) -> None:
    whole = bt.BoundaryText((("坐标系", "2000国家大地坐标系"), ("转换参数", ",,,,,,")), tuple(given_plots))
    if (
        dialect.rings == "all one"
        and dialect.closing == "none"
        and any(len(each.rings) > 1 for each in given_plots)
    ):
        with pytest.raises(Refused, match="boundary_text_unwritable"):
            write(whole, dialect)
        return
    data = write(whole, dialect)
    found = bt.read(data)
    assert found.header == whole.header
    assert found.swapped == dialect.swapped
    for one, other in zip(found.plots, given_plots, strict=True):
        assert one.rings == other.rings
        assert (one.number, one.name, one.declared_ha) == (other.number, other.name, other.declared_ha)
        assert one.rest[: len(other.rest)] == other.rest
        assert one.labels == other.labels or not (dialect.labels and other.labels)
    assert write(found, dialect_of(data)) == data


@pytest.mark.parametrize("zone", [True, False])
def test_the_zone_comes_before_the_easting_or_not(zone: bool) -> None:
    given_text = bt.read(text(SQUARE.replace("38500100", "38500100.123")))
    data = write(given_text, Dialect(zone=zone))
    assert bt.crs_code(bt.read(data)) == (4526 if zone else 4547)
    assert (b"38500100.123" in data) == zone
    assert b"500100.123" in data
    back = write(bt.read(data), Dialect(zone=True))
    assert bt.read(back).plots[0].rings == given_text.plots[0].rings
    nowhere = bt.BoundaryText((), bt.read(text(SQUARE.replace("385", "5"))).plots)
    with pytest.raises(Refused, match="zone_unknown"):
        write(nowhere, Dialect(zone=True))


ONE = "J1,1,2500000,38500000|J2,1,2500000,38500100|J3,1,2500100,38500100"
# Lines parted by |, with the sign that ends a line, whether the last has one, and the encoding.
MADE_UP = {
    "gbk, first label again": (
        ("[属性描述]|坐标系=2000国家大地坐标系|带号=38|[地块坐标]|4,1.0000,D1,一号地,面,,,,@|J1,1,2500000.000,38500000.000|"
        "J2,1,2500000.000,38500100.000|J3,1,2500100.000,38500100.000|J1,1,2500000.000,38500000.000"), "\r\n", True, "gb18030"),
    "utf-8, next label, no zone, blanks": (
        ("[属性描述]|坐标系=2000国家大地坐标系|[地块坐标]|3,,D1,一号地,面, , , ,@|J1,1,2500000.5,500000.5|J2,1,2500000.5,500100.5|"
        "J3,1,2500100.5,500100.5|J4,1,2500000.5,500000.5"), "\n", False, "utf-8"),
    "not closed, swapped, thirteen fields": (
        "[属性描述]|[地块坐标]|3,0.5,D1,一号地,面,G49,建设,Z1,M,甲,乙,丙,丁,@|1,0,38500000,2500000|2,0,38500100,2500000|3,0,38500100,2500100",
        "\n", True, "utf-8-sig"),
    "rings through the file, no word, no comma": (
        f"[属性描述]|[地块坐标]|,,D1,一号地,,a,b,c@|{ONE}|,,D2,二号地,,a,b,c@|" + ONE.replace(",1,", ",2,"), "\r\n", True, "gb18030"),
    "one number for all rings": (
        (f"[属性描述]|[地块坐标]|8,,D1,一号地,面,,,,@|{ONE}|J1,1,2500000,38500000|J4,1,2500020,38500050|J5,1,2500020,38500080|"
        "J6,1,2500050,38500080|J4,1,2500020,38500050"), "\r\n", True, "utf-16"),
    "lines and points": (
        ("[属性描述]|[地块坐标]|2,,L1,线路,线,,,,@|P1,1,2500000,38500000|P2,1,2500000,38500100|2,,P1,点位,点,,,,@|A,1,2500000,38500000|"
        "B,1,2500000,38500100"), "\n", True, "utf-8"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(MADE_UP))
def test_files_as_offices_write_them_are_written_again_to_the_byte(name: str) -> None:
    words, newline, ends, encoding = MADE_UP[name]
    data = (words.replace("|", newline) + (newline if ends else "")).encode(encoding)
    assert write(bt.read(data), dialect_of(data)) == data


def test_labels_of_points_are_kept() -> None:
    found = bt.read(text(SQUARE.replace("J3", "J3-1") + "J1,1,2500000,38500000\n"))
    assert found.plots[0].labels == (("J1", "J2", "J3-1", "J4"),)


def test_a_file_in_no_dialect_keeps_its_plots() -> None:
    data = text(SQUARE.replace("J2,1,2500000,", "J2,1,2500000.0,"))
    again = write(bt.read(data), dialect_of(data))
    assert again != data
    assert bt.read(again).plots[0].rings == bt.read(data).plots[0].rings


@given(
    st.binary(max_size=300) | st.text(max_size=200).map(lambda rest: (HEAD + rest).encode("utf-8", "replace"))
)
def test_no_bytes_do_more_than_be_refused(data: bytes) -> None:
    with contextlib.suppress(Refused):
        bt.crs_code(bt.read(data))


def test_words_the_format_cannot_carry_are_not_written() -> None:
    for name in ("a,b", "a@", "a\nb", " a"):
        with pytest.raises(Refused, match="boundary_text_unwritable"):
            write(bt.BoundaryText((), (bt.Plot("1", name, "polygon", (((1.0, 2.0),),)),)))


def test_a_site_is_written_for_the_project_system_and_reads_back() -> None:
    area = shapely.box(510_000, 2_500_000, 510_100, 2_500_100) - shapely.box(
        510_040, 2_500_040, 510_060, 2_500_060
    )
    area = shapely.union(area, shapely.box(510_200, 2_500_000, 510_210, 2_500_010.00049))
    data = boundary_site.text(mapping(area), "EPSG:4547", "K7", "一号")
    found = bt.read(data)
    assert found.header == (
        ("坐标系", "2000国家大地坐标系"), ("几度分带", "3"), ("投影类型", "高斯克吕格"), ("计量单位", "米"), ("带号", "38"), ("精度", "0.001"),
        ("转换参数", ",,,,,,"),
    )  # fmt: skip
    assert bt.crs_code(found) == 4547
    (one,) = found.plots
    assert (one.number, one.name, one.declared_points, one.declared_ha) == ("K7", "一号", 15, 0.97)
    assert assembled(one.rings).area == pytest.approx(area.area, abs=0.02)
    assert (one.rings[0][0], one.rings[0][1]) == ((510_000.0, 2_500_100.0), (510_100.0, 2_500_100.0)), (
        "from the north-west, clockwise"
    )
    assert data.decode("gb18030").splitlines()[10].startswith("J1,1,2500100.000,510000.000")
    assert write(found, dialect_of(data)) == data


@pytest.mark.parametrize("code", ["EPSG:4526", "EPSG:4491", "EPSG:2362", "EPSG:21453"])
def test_every_zone_has_its_header(code: str) -> None:
    prefix = (
        0 if code == "EPSG:21453" else {"EPSG:4526": 38, "EPSG:4491": 13, "EPSG:2362": 38}[code] * 1_000_000
    )
    data = boundary_site.text(
        mapping(shapely.box(prefix + 5e5, 2.5e6, prefix + 5e5 + 10, 2.5e6 + 10)), code, "1"
    )
    assert f"EPSG:{bt.crs_code(bt.read(data))}" == code


@pytest.mark.parametrize("code", ["EPSG:26986", "EPSG:3857", "a local grid"])
def test_other_systems_have_no_words_in_the_format(code: str) -> None:
    with pytest.raises(Refused, match="boundary_text_other_system"):
        boundary_site.text(mapping(shapely.box(0, 0, 1, 1)), code, "1")
