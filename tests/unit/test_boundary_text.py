"""The boundary text format: what the numbers decide is decided, what they do not is refused with the line."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis import boundary_text as bt
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
plots = st.lists(
    st.builds(
        bt.Plot, number=word, name=word, kind=st.just("polygon"), rings=rings.map(tuple), declared_points=st.none(),
        declared_ha=st.none() | number.map(abs), rest=st.lists(word, min_size=3, max_size=8).map(tuple),
    ),
    min_size=1, max_size=3,
)  # fmt: skip


@given(plots, st.sampled_from(["UTF-8", "GB18030"]))
def test_what_is_written_reads_back(given_plots: list[bt.Plot], encoding: str) -> None:
    whole = bt.BoundaryText((("坐标系", "2000国家大地坐标系"), ("转换参数", ",,,,,,")), tuple(given_plots))
    found = bt.read(bt.write(whole, encoding))  # type: ignore[arg-type]
    assert found.header == whole.header
    for one, other in zip(found.plots, given_plots, strict=True):
        assert one.rings == other.rings
        assert (one.number, one.name, one.rest, one.declared_ha) == (
            other.number,
            other.name,
            other.rest,
            other.declared_ha,
        )


@given(
    st.binary(max_size=300) | st.text(max_size=200).map(lambda rest: (HEAD + rest).encode("utf-8", "replace"))
)
def test_no_bytes_do_more_than_be_refused(data: bytes) -> None:
    with contextlib.suppress(Refused):
        bt.crs_code(bt.read(data))


def test_words_the_format_cannot_carry_are_not_written() -> None:
    for name in ("a,b", "a@", "a\nb", " a"):
        with pytest.raises(Refused, match="boundary_text_unwritable"):
            bt.write(bt.BoundaryText((), (bt.Plot("1", name, "polygon", (((1.0, 2.0),),)),)))
