"""The small drawing: what is given is what is drawn, whatever its shape."""

from __future__ import annotations

import re
from typing import Any

import pytest

from api.sketch import HEIGHT, WIDTH, sketch

SQUARE = {
    "type": "Polygon",
    "coordinates": [[[114.0, 22.0], [114.01, 22.0], [114.01, 22.01], [114.0, 22.01], [114.0, 22.0]]],
}


def drawn(site: dict[str, Any], *shapes: dict[str, Any]) -> str:
    return str(sketch(site, {"features": [{"geometry": shape} for shape in shapes]}, "a sketch"))


def numbers(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", path)]


def test_the_site_stands_in_the_middle_with_north_up() -> None:
    (path,) = re.findall(r'<path class="site" d="([^"]+)"', drawn(SQUARE))
    corners = numbers(path)
    assert all(0 < x < WIDTH and 0 < y < HEIGHT for x, y in corners)
    assert sum(x for x, _ in corners[:4]) / 4 == pytest.approx(WIDTH / 2, abs=0.2)
    assert corners[0][1] > corners[2][1]  # the southern corner is lower on the sheet
    tall, wide = corners[0][1] - corners[2][1], corners[1][0] - corners[0][0]
    assert tall > wide  # a degree of longitude is shorter than one of latitude


@pytest.mark.parametrize(
    "shape",
    [
        {"type": "Point", "coordinates": [114.005, 22.005]},
        {"type": "MultiPoint", "coordinates": [[114.005, 22.005], [114.006, 22.006]]},
        {"type": "LineString", "coordinates": [[114.0, 22.0], [114.01, 22.01, 5.0]]},
        {"type": "MultiLineString", "coordinates": [[[114.0, 22.0], [114.01, 22.01]]]},
        {"type": "MultiPolygon", "coordinates": [SQUARE["coordinates"]]},
        {
            "type": "GeometryCollection",
            "geometries": [SQUARE, {"type": "Point", "coordinates": [114.0, 22.0]}],
        },
    ],
    ids=lambda shape: shape["type"],
)
def test_every_kind_of_shape_is_drawn(shape: dict[str, Any]) -> None:
    assert re.search(r'<path class="hit[^"]*" d="M[^"]+"', drawn(SQUARE, shape))


def test_the_scale_is_a_round_figure() -> None:
    assert re.search(r">(1|2|5)0* (m|km)<", drawn(SQUARE))


def test_nothing_to_draw_is_nothing() -> None:
    assert drawn({"type": "Polygon", "coordinates": []}) == ""
