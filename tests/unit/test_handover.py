"""What comes out of the sandbox is not believed: every way to lie about it is found out."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import shapely

from gis.handover import Part, has_nul, put
from gis.receiving import fetched
from gis.source_layer import SetAside
from layers.canonical import canonical
from layers.refusal import Refused

BOX = shapely.box(0, 0, 10, 10)
RING = shapely.Polygon([(0, 0), (9, 0), (9, 9), (0, 9)], [[(1, 1), (2, 1), (2, 2), (1, 2)]])
TWO = shapely.MultiPolygon([BOX, shapely.box(20, 20, 30, 30)])


def column(*shapes: object) -> np.ndarray:
    made = np.empty(len(shapes), dtype=object)
    made[:] = shapes
    return made


def part() -> Part:
    aside = (
        SetAside(1, "null_geometry", None, None, {}, None, '{"a":2}'),
        SetAside(3, "invalid_geometry", 1.5, 2.5, {"reason": "Self-intersection"}, b"\x01\x02", '{"a":4}'),
    )
    return Part(
        "polygon", column(BOX, TWO, RING), np.array([0, 2, 4]), ['{"a":1}', '{"a":"龙岗"}', "{}"], aside
    )


def test_what_is_put_is_fetched(tmp_path: Path) -> None:
    put(tmp_path, "0", part())
    found = fetched(tmp_path, "0", "polygon", 5)
    assert shapely.equals_exact(found.geometry, part().geometry).all()
    assert [one.geom_type for one in found.geometry] == ["Polygon", "MultiPolygon", "Polygon"]
    assert found.rows.tolist() == [0, 2, 4]
    assert found.attributes == part().attributes
    assert found.aside == part().aside


@pytest.mark.parametrize(
    ("kind", "shapes"),
    [
        ("line", [shapely.LineString([(0, 0), (1, 1)]), shapely.MultiLineString([[(0, 0), (1, 1)], [(2, 2), (3, 3)]])]),
        ("point", [shapely.Point(1, 2), shapely.MultiPoint([(1, 2), (3, 4)])]),
        ("polygon", []), ("line", []), ("point", []),
    ],
)  # fmt: skip
def test_every_kind_and_none(kind: str, shapes: list[object], tmp_path: Path) -> None:
    given = column(*shapes)
    put(tmp_path, "0", Part(kind, given, np.arange(len(shapes)), ["{}"] * len(shapes), ()))  # type: ignore[arg-type]
    found = fetched(tmp_path, "0", kind, len(shapes))  # type: ignore[arg-type]
    assert len(found.geometry) == len(shapes)
    assert not len(shapes) or shapely.equals_exact(found.geometry, given).all()


def numbers(path: Path, change: Callable[[np.ndarray], None], kind: type = np.int64) -> None:
    held = np.fromfile(path, dtype=kind)
    change(held)
    held.tofile(path)


def at(index: int, value: float) -> Callable[[np.ndarray], None]:
    return lambda held: held.__setitem__(index, value)


def bow_tie(held: np.ndarray) -> None:
    held[2:6] = [0, 10, 10, 10]


LIES: list[tuple[str, Callable[[Path], None]]] = [
    ("not a number", lambda f: numbers(f / "0.00000.coordinates", at(3, np.nan), np.float64)),
    ("infinite", lambda f: numbers(f / "0.00000.coordinates", at(3, np.inf), np.float64)),
    ("off the planet", lambda f: numbers(f / "0.00000.coordinates", at(3, 1e300), np.float64)),
    ("a ring that crosses itself", lambda f: numbers(f / "0.00000.coordinates", bow_tie, np.float64)),
    (
        "an odd number of numbers",
        lambda f: (f / "0.00000.coordinates").write_bytes((f / "0.00000.coordinates").read_bytes()[:-8]),
    ),
    ("half a number", lambda f: (f / "0.00000.coordinates").write_bytes((f / "0.00000.coordinates").read_bytes()[:-3])),
    ("offsets that fall", lambda f: numbers(f / "0.00000.offsets0", at(1, 99))),
    ("negative offsets", lambda f: numbers(f / "0.00000.offsets0", at(1, -5))),
    ("offsets out of range", lambda f: numbers(f / "0.00000.offsets0", at(-1, 10_000))),
    ("parts that do not add up", lambda f: numbers(f / "0.00000.offsets2", at(-1, 9))),
    ("an empty offset", lambda f: (f / "0.00000.offsets1").write_bytes(b"")),
    ("a row twice", lambda f: numbers(f / "0.00000.rows", at(1, 0))),
    ("a negative row", lambda f: numbers(f / "0.00000.rows", at(0, -1))),
    ("a row less", lambda f: (f / "0.00000.rows").write_bytes((f / "0.00000.rows").read_bytes()[:-8])),
    ("no JSON", lambda f: (f / "0.00000.attributes").write_text('{"a":1}\nnot json\n{}\n')),
    ("no object", lambda f: (f / "0.00000.attributes").write_text('{"a":1}\n[1]\n{}\n')),
    ("a NUL", lambda f: (f / "0.00000.attributes").write_text('{"a":"\\u0000"}\n{}\n{}\n')),
    ("half a character", lambda f: (f / "0.00000.attributes").write_text('{"a":"\\ud800"}\n{}\n{}\n')),
    ("not a number in text", lambda f: (f / "0.00000.attributes").write_text('{"a":NaN}\n{}\n{}\n')),
    (
        "depth",
        lambda f: (f / "0.00000.attributes").write_text('{"a":' + "[" * 100_000 + "]" * 100_000 + "}\n{}\n{}\n"),
    ),
    ("no UTF-8", lambda f: (f / "0.00000.attributes").write_bytes(b'{"a":"\xff"}\n{}\n{}\n')),
    ("a line less", lambda f: (f / "0.00000.attributes").write_text("{}\n{}\n")),
    (
        "an unknown code",
        lambda f: (f / "0.aside").write_text((f / "0.aside").read_text().replace("null_geometry", "rm -rf")),
    ),
    ("more bytes than there are", lambda f: (f / "0.wkb").write_bytes(b"")),
    ("set aside as a word", lambda f: (f / "0.aside").write_text('"x"\n"y"\n')),
    ("a missing file", lambda f: (f / "0.00000.rows").unlink()),
    ("a link to elsewhere", lambda f: ((f / "0.00000.rows").unlink(), (f / "0.00000.rows").symlink_to("/etc/passwd"))[1]),
    ("a folder", lambda f: ((f / "0.00000.rows").unlink(), (f / "0.00000.rows").mkdir())[1]),
]


@pytest.mark.parametrize(("lie"), [lie for _, lie in LIES], ids=[name for name, _ in LIES])
def test_lies_are_found_out(lie: Callable[[Path], None], tmp_path: Path) -> None:
    put(tmp_path, "0", part())
    lie(tmp_path)
    with pytest.raises(Refused) as refusal:
        fetched(tmp_path, "0", "polygon", 5)
    assert refusal.value.code == "reader_untrusted"


def test_a_count_that_differs_and_a_kind_that_is_none(tmp_path: Path) -> None:
    put(tmp_path, "0", part())
    for kind, count in (("polygon", 4), ("polygon", 6), ("raster", 5)):
        with pytest.raises(Refused, match="reader_untrusted"):
            fetched(tmp_path, "0", kind, count)  # type: ignore[arg-type]


def test_a_written_out_backslash_is_no_nul() -> None:
    assert has_nul(canonical({"a": "x\x00"}))
    assert not has_nul(canonical({"a": "\\u0000"}))
    assert has_nul(canonical({"a": "\\\x00"}))
    assert json.loads(canonical({"b": 1, "a": 2})) == {"a": 2, "b": 1}


def test_one_text_for_the_same_facts_and_none_for_what_is_no_json() -> None:
    assert canonical({"b": [1, None], "a": "龙岗"}) == '{"a":"龙岗","b":[1,null]}'
    for number in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="JSON"):
            canonical({"area": number})
