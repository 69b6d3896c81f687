"""`check`: a site against every layer of a workspace, as a table, as JSON, as a map to keep; and an earlier answer once more."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import terminal
from api.cli.options import JsonOption, WorkspaceOption
from layers.refusal import Refused

if TYPE_CHECKING:
    from sqlalchemy import Engine

DIFFERENT = 2


def check(
    site: Annotated[
        str | None,
        typer.Option(
            "--site",
            "-s",
            help="地块：西,南,东,北（度）；GeoJSON；界址点文本；或文件 | west,south,east,north in degrees; GeoJSON; boundary text; or a file",
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
    width: Annotated[
        float | None, typer.Option("--width", help="线状项目的宽度（米）| width of a line in metres")
    ] = None,
    source_crs: Annotated[
        str | None, typer.Option("--source-crs", help="文件未写明的坐标系 | CRS of a file that states none")
    ] = None,
    layer: Annotated[
        list[str] | None, typer.Option("--layer", "-l", help="只查这些图层 | only these layers")
    ] = None,
    again: Annotated[
        str | None,
        typer.Option(
            "--again", help="按原版本重新量算一次检查 | measure an earlier check again on its editions"
        ),
    ] = None,
    map_: Annotated[
        Path | None, typer.Option("--map", help="另存一张可离线打开的地图 | keep a map that opens offline")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="列出全部图层 | list every layer, clear ones too")
    ] = False,
) -> None:
    """检查一个地块或项目 | check a site or a project against every layer."""
    from api.cli.places import opened
    from db import session
    from gis import crs
    from gis.site import parse
    from workflows import people
    from workflows.site_check import service

    if (site is None) == (again is None):
        raise Refused("site_or_again")
    place, engine = opened(workspace)
    if again is not None:
        with session.read(engine) as connection:
            found = service.again(connection, again)
        _show(found["answer"] if not as_json else found, as_json, everything)
        _tell_again(found)
        answer = found["answer"]
    else:
        given = parse(
            site,
            crs.parse(place.srid),
            source_crs=crs.parse(source_crs) if source_crs else None,
            width_m=width,
        )
        steward = people.steward(getpass.getuser())
        with session.transaction(engine, steward) as connection:
            answer = service.check(connection, steward, given, layers=layer or None)
        _show(answer, as_json, everything)
    if map_ is not None:
        _keep_map(engine, answer, map_)
    if again is not None and not found["same"]:
        raise typer.Exit(DIFFERENT)


def _show(told: dict[str, Any], as_json: bool, everything: bool) -> None:
    from api.cli.answer import table

    if as_json:
        terminal.answer_json(told)
    else:
        table(told, everything)


def _tell_again(found: dict[str, Any]) -> None:
    if found["same"]:
        terminal.say("again_same", check=found["answer"]["id"], sha256=found["answer"]["sha256"])
        return
    codes = [each.get("code") or each["what"] for each in found["differences"]]
    terminal.say(
        "again_different", check=found["answer"]["id"], n=len(codes), what=", ".join(codes[:8]) or "sha256"
    )


def _keep_map(engine: Engine, answer: dict[str, Any], path: Path) -> None:
    from api.keepsake import check_map
    from db import session
    from workflows.site_check import service

    with session.read(engine) as connection:
        hits = service.hits_geojson(connection, answer["id"])
    try:
        path.write_text(check_map(answer, hits, terminal.speech()), encoding="utf-8")
    except OSError as refusal:
        raise Refused("cannot_write", file=str(path), reason=refusal.strerror or str(refusal)) from refusal
    terminal.say("map_kept", file=path)
