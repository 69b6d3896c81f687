"""Plots in the boundary text format (国土 TXT), as a land office would send them: GBK, CRLF, northing first, zone before the easting."""

from __future__ import annotations

import shapely

ZONE = 38
_HEAD = """[属性描述]
坐标系=2000国家大地坐标系
几度分带=3
投影类型=高斯克吕格
计量单位=米
带号=38
精度=0.001
转换参数=,,,,,,
[地块坐标]"""


def written(plots: list[tuple[str, str, shapely.Polygon]]) -> bytes:
    """(number, name, polygon) each; rings close, with the first point's number repeated."""
    lines = _HEAD.split("\n")
    for number, name, polygon in plots:
        rings = [polygon.exterior, *polygon.interiors]
        count = sum(len(ring.coords) for ring in rings)
        lines.append(f"{count},{polygon.area / 1e4:.4f},{number},{name},面,,,,@")
        point = 0
        for ring_number, ring in enumerate(rings, 1):
            first = point + 1
            xy = shapely.get_coordinates(ring)
            for k, (x, y) in enumerate(xy):
                point += 1
                shown = first if k == len(xy) - 1 else point
                lines.append(f"J{shown},{ring_number},{y:.3f},{ZONE * 1_000_000 + x:.3f}")
    return ("\r\n".join(lines) + "\r\n").encode("gbk")
