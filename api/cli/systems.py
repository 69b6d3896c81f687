"""`systems`: local coordinate systems whose parameters are secret. They come from a file, never from the command line, and are never shown again."""

from __future__ import annotations

import getpass
import os
import stat
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli import terminal
from api.cli.options import JsonOption, WorkspaceOption
from layers.refusal import Refused

app = typer.Typer(
    add_completion=False,
    invoke_without_command=True,
    help="地方坐标系（参数加密保存）| local coordinate systems, their parameters sealed",
)
NameArgument = Annotated[str, typer.Argument(help="名称，使用时写 local:名称 | used as local:NAME")]


@app.callback()
def systems(ctx: typer.Context, workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """地方坐标系：名称、范围、登记人；从不显示参数 | local coordinate systems: name, area, by whom; never parameters."""
    if ctx.invoked_subcommand is not None:
        return
    from api.cli.places import opened
    from db import session
    from workflows.base_map import systems as registry

    _, engine = opened(workspace)
    with session.read(engine) as connection:
        found = registry.systems(connection)
    if as_json:
        terminal.answer_json(found)
    else:
        _table(found)


@app.command()
def add(
    name: NameArgument,
    title: Annotated[str, typer.Option("--title", help="它是什么坐标系 | what system it is")] = "",
    wkt_file: Annotated[
        Path | None,
        typer.Option(
            "--wkt-file", help="WKT 文件（投影，或带 TOWGS84 的定义）| WKT: a projection, or one with TOWGS84"
        ),
    ] = None,
    helmert7: Annotated[
        Path | None,
        typer.Option(
            "--helmert7",
            help="七参数文件：dx,dy,dz（米）rx,ry,rz（角秒）s（ppm）| file of seven parameters from --base to CGCS2000",
        ),
    ] = None,
    similarity4: Annotated[
        Path | None,
        typer.Option(
            "--similarity4",
            help="四参数文件：dx（北）,dy（东）（米），旋转（角秒），尺度（ppm），到 --base | file of four parameters to the plane of --base",
        ),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            "--base",
            help="七参数：从哪个基准，如 EPSG:4610；四参数：到哪个平面，如 EPSG:4547 | the datum they leave, or the plane they lead to",
        ),
    ] = None,
    to: Annotated[
        str, typer.Option("--to", help="七参数到哪个基准 | the datum that seven parameters lead to")
    ] = "EPSG:4490",
    turn: Annotated[
        str,
        typer.Option(
            "--turn", help="旋转的约定：position_vector（布尔莎）或 coordinate_frame | sense of rotation"
        ),
    ] = "position_vector",
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """登记一个地方坐标系；参数只从文件读取 | register a local system; parameters come from a file only."""
    from api.cli.places import opened
    from db import session
    from gis import local
    from workflows import people
    from workflows.base_map import systems as registry

    given = [file for file in (wkt_file, helmert7, similarity4) if file is not None]
    if len(given) != 1 or (wkt_file is None) == (base is None):
        raise Refused("local_system_one_way")
    local.named(name)
    text = _secret(given[0])
    if wkt_file is not None:
        definition = local.of_wkt(text)
    elif helmert7 is not None:
        definition = local.of_seven(text, str(base), turn=turn, to=to)
    else:
        definition = local.of_four(text, str(base))
    _, engine = opened(workspace)
    steward = people.steward(getpass.getuser())
    with session.transaction(engine, steward) as connection:
        told = registry.add(connection, steward, name, title, definition)
    if _others_read(given[0]):
        terminal.say("system_file_open", file=given[0])
    if as_json:
        terminal.answer_json(told)
    else:
        terminal.answer(terminal.speech().say("cli.system_added", name=told["name"], title=told["title"]))


@app.command()
def check(
    name: NameArgument,
    point: Annotated[str, typer.Argument(help="控制点：东,北（或 经度,纬度）| a control point: east,north")],
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """把一个控制点转到工作区坐标系，只给结果 | carry a control point over; the result only."""
    from api.cli.places import opened
    from db import session
    from workflows.base_map import systems as registry

    try:
        east, north = (float(part) for part in point.split(","))
    except ValueError:
        raise Refused("local_point_unreadable", got=point[:60]) from None
    _, engine = opened(workspace)
    with session.read(engine) as connection:
        found = registry.control_point(connection, name, east, north)
    if as_json:
        terminal.answer_json(found)
    else:
        x, y = found["found"]
        lon, lat = found["degrees"]
        terminal.answer(
            terminal.speech().say(
                "cli.system_point",
                x=f"{x:.3f}",
                y=f"{y:.3f}",
                crs=found["project_crs"],
                lon=f"{lon:.7f}",
                lat=f"{lat:.7f}",
            )
        )


@app.command()
def drop(name: NameArgument, workspace: WorkspaceOption = None) -> None:
    """注销一个地方坐标系；已入库的版本不变 | forget a local system; editions that came by it stay."""
    from api.cli.places import opened
    from db import session
    from workflows import people
    from workflows.base_map import systems as registry

    _, engine = opened(workspace)
    with session.transaction(engine, people.steward(getpass.getuser())) as connection:
        registry.drop(connection, name)
    terminal.answer(terminal.speech().say("cli.system_dropped", name=name))


def _secret(path: Path) -> str:
    """The text of a file; no refusal repeats any of it."""
    from gis.local import MOST_BYTES

    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as refusal:
        raise Refused("local_file_unreadable", file=str(path), reason=refusal.strerror or "") from None
    if len(data) > MOST_BYTES:
        raise Refused("local_file_too_large", file=str(path), most=MOST_BYTES)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused("local_system_unreadable", name=path.name)


def _others_read(path: Path) -> bool:
    try:
        return bool(stat.S_IMODE(os.stat(path).st_mode) & 0o077)  # noqa: PTH116 - of what was read, links followed
    except OSError:
        return False


def _table(found: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from api.numbers import Figures

    speech = terminal.speech()
    if not found:
        terminal.answer(speech.say("cli.systems_none"))
        return
    figures = Figures(speech)
    made = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("system", "system_title", "system_area", "system_by", "system_at"):
        made.add_column(speech.say(f"cli.column_{column}"), overflow="fold")
    for each in found:
        area = "—" if each["area"] is None else ", ".join(f"{number:g}" for number in each["area"])
        made.add_row(
            escape(f"local:{each['name']}"),
            escape(each["title"]),
            area,
            escape(each["made_by"]),
            figures.moment(each["made_at"]),
        )
    Console(highlight=False, width=None if Console().is_terminal else 140).print(made)
