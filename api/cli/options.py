"""Options that several commands share, said once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from layers.model import Grade

WorkspaceOption = Annotated[
    str | None, typer.Option("--workspace", "-w", help="工作区 | workspace (HETU_WORKSPACE, demo)")
]
PortOption = Annotated[
    int | None,
    typer.Option(min=1, max=65535, help="本机端口 | loopback port (HETU_PORT; else the first free one)"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="只输出 JSON | nothing but JSON")]

# The proposal. All are words, read where every proposal is read: "60", "60 m", "1.2 ha".
UseOption = Annotated[
    str | None,
    typer.Option(
        "--use",
        help="拟用途：用地用海分类代码或名称，如 0804 | intended use: a land and sea use code or name",
    ),
]
HeightOption = Annotated[
    str | None, typer.Option("--height", help="建筑高度（米）| height of the building in metres")
]
RatioOption = Annotated[str | None, typer.Option("--far", help="容积率 | floor area ratio")]
FloorAreaOption = Annotated[
    str | None, typer.Option("--floor-area", help="建筑面积（平方米）| floor area in m²")
]
SetbackOption = Annotated[
    str | None,
    typer.Option(
        "--setback", help="建筑退让地块边界（米）| how far buildings keep inside the site, in metres"
    ),
]
OnOption = Annotated[
    str | None,
    typer.Option(
        "--on", help="按哪一天的规划和规则，如 2024-06-01；默认今天 | the day whose plans and rules hold"
    ),
]
KnownAtOption = Annotated[
    str | None,
    typer.Option(
        "--known-at",
        help="只用那一刻已入库的资料，如 2024-06-01T12:00 | only what was known at that moment",
    ),
]
ForOption = Annotated[
    Grade | None,
    typer.Option("--for", help="按此密级的人所见 | as somebody of this grade may see it"),
]


def proposed(
    use: str | None, height: str | None, ratio: str | None, floor_area: str | None, setback: str | None
) -> Mapping[str, str]:
    """What was said of the proposal, as it was said."""
    said = {
        "use": use,
        "height": height,
        "floor_area_ratio": ratio,
        "floor_area": floor_area,
        "setback": setback,
    }
    return {name: word for name, word in said.items() if word is not None}
