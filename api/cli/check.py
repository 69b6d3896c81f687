"""`check`: a site or a proposal against every layer and rule, told answer first or as JSON and kept as documents; and an earlier answer once
more: as it was given, measured again on what it pinned, or asked anew for today.
"""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import terminal
from api.cli.optional_values import leaving_out
from api.cli.options import (
    FloorAreaOption,
    ForOption,
    HeightOption,
    JsonOption,
    KnownAtOption,
    OnOption,
    RatioOption,
    SetbackOption,
    UseOption,
    WorkspaceOption,
    proposed,
)
from layers.refusal import Refused

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from layers.model import Grade

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
    use: UseOption = None,
    height: HeightOption = None,
    far: RatioOption = None,
    floor_area: FloorAreaOption = None,
    setback: SetbackOption = None,
    on: OnOption = None,
    known_at: KnownAtOption = None,
    workspace: WorkspaceOption = None,
    for_: ForOption = None,
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
            "--again", help="按原版本和原规则重新量算一次检查 | measure a check again on what it pinned"
        ),
    ] = None,
    today: Annotated[
        str | None,
        typer.Option(
            "--today", help="同一方案按今天再查一次并比较 | the same asked for today, and what changed"
        ),
    ] = None,
    shown: Annotated[
        str | None, typer.Option("--show", help="已存档的答案 | a stored answer, as it was given")
    ] = None,
    as_json: JsonOption = False,
    pdf: Annotated[
        str | None, typer.Option("--pdf", metavar="[PATH]", help="PDF 报告 | report as PDF")
    ] = None,
    docx: Annotated[
        str | None, typer.Option("--docx", metavar="[PATH]", help="Word 报告 | report as Word")
    ] = None,
    xlsx: Annotated[
        str | None, typer.Option("--xlsx", metavar="[PATH]", help="Excel 表 | findings as a workbook")
    ] = None,
    gpkg: Annotated[
        str | None,
        typer.Option("--gpkg", metavar="[PATH]", help="命中图斑 GeoPackage | the hits as GeoPackage"),
    ] = None,
    geojson: Annotated[
        str | None, typer.Option("--geojson", metavar="[PATH]", help="命中图斑 GeoJSON | the hits as GeoJSON")
    ] = None,
    txt: Annotated[
        str | None,
        typer.Option("--txt", metavar="[PATH]", help="地块界址点文本（国土 TXT）| the site as boundary text"),
    ] = None,
    map_: Annotated[
        str | None,
        typer.Option("--map", metavar="[PATH]", help="可离线打开的地图 | a map that opens offline"),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="列出全部规则和图层 | list every rule and layer")
    ] = False,
) -> None:
    """检查一个地块或项目 | check a site or a project against every layer and rule.

    --pdf 等可以不写路径，文件即按检查编号命名 | --pdf and the others may stand without a path: the file is named after the check.
    """
    from api.cli.papers import wanted
    from api.cli.places import opened

    if sum(each is not None for each in (site, again, today, shown)) != 1:
        raise Refused("site_or_again")
    said = proposed(use, height, far, floor_area, setback)
    if site is None and (said or on or known_at or layer or width or source_crs):
        raise Refused("check_stands")
    papers = wanted(pdf=pdf, docx=docx, xlsx=xlsx, gpkg=gpkg, geojson=geojson, txt=txt, map=map_)
    place, engine = opened(workspace)
    sees: Grade = for_ or "secret"
    same = True
    if site is not None:
        given = _site(engine, site, place.srid, source_crs, width)
        answer = _checked(engine, given, said, on, known_at, layer, sees)
        _show(engine, answer, as_json, everything)
    elif again is not None:
        answer, same = _again(engine, again, sees, as_json, everything)
    elif today is not None:
        answer = _today(engine, today, sees, as_json, everything)
    else:
        answer = _stored(engine, str(shown), sees, as_json, everything)
    for paper in papers:
        terminal.say("paper_kept", file=paper.write(engine, answer, sees))
    if not same:
        raise typer.Exit(DIFFERENT)


check.command = leaving_out("--pdf", "--docx", "--xlsx", "--gpkg", "--geojson", "--txt", "--map")  # type: ignore[attr-defined]


def _site(engine: Engine, given: str, srid: int, source_crs: str | None, width: float | None) -> Any:
    from db import session
    from gis import crs
    from gis.site import parse
    from workflows.base_map import systems

    declared = None
    if source_crs:
        with session.read(engine) as connection:
            declared = systems.meant(connection, source_crs)
    return parse(given, crs.parse(srid), source_crs=declared, width_m=width)


def _checked(
    engine: Engine,
    site: Any,
    said: Any,
    on: str | None,
    known_at: str | None,
    layers: list[str] | None,
    sees: Grade,
) -> dict[str, Any]:
    from api.rest.asked import moment
    from db import session
    from layers.days import day
    from workflows import people
    from workflows.site_check import service, withheld

    valid_on, known = (None if on is None else day(on)), moment(known_at)
    steward = people.steward(getpass.getuser())
    with session.transaction(engine, steward) as connection:
        answer = service.check(
            connection,
            steward,
            site,
            proposal=service.propose(connection, said),
            layers=layers or None,
            valid_on=valid_on,
            known_at=known,
        )
    return withheld.shown_to(answer, sees)


def _again(
    engine: Engine, id: str, sees: Grade, as_json: bool, everything: bool
) -> tuple[dict[str, Any], bool]:
    from db import session
    from workflows.site_check import later

    with session.read(engine) as connection:
        found = later.again(connection, id, sees)
    if as_json:
        terminal.answer_json(found)
    else:
        _show(engine, found["answer"], False, everything, later_on=True)
    answer: dict[str, Any] = found["answer"]
    if found["same"]:
        terminal.say("again_same", check=answer["id"], sha256=answer["sha256"])
    else:
        codes = [each.get("code") or each["what"] for each in found["differences"]]
        what = ", ".join(codes[:8]) or "sha256"
        terminal.say("again_different", check=answer["id"], n=len(codes), what=what)
    return answer, bool(found["same"])


def _today(engine: Engine, id: str, sees: Grade, as_json: bool, everything: bool) -> dict[str, Any]:
    from api.cli.answer import show_changes
    from db import session
    from workflows import people
    from workflows.site_check import later

    steward = people.steward(getpass.getuser())
    with session.transaction(engine, steward) as connection:
        told = later.today(connection, steward, id, sees)
    if as_json:
        terminal.answer_json(told)
    else:
        _show(engine, told["now"], False, everything)
        show_changes(told, wording(engine))
    answer: dict[str, Any] = told["now"]
    return answer


def _stored(engine: Engine, id: str, sees: Grade, as_json: bool, everything: bool) -> dict[str, Any]:
    from db import session
    from workflows.site_check import service

    with session.read(engine) as connection:
        answer = service.reissue(connection, id, sees)
    _show(engine, answer, as_json, everything, later_on=True)
    return answer


def _show(
    engine: Engine, answer: dict[str, Any], as_json: bool, everything: bool, later_on: bool = False
) -> None:
    from api.cli.answer import show
    from db import session
    from workflows.site_check import later

    marks = []
    if later_on:
        with session.read(engine) as connection:
            marks = later.marks(connection, answer)
    with terminal.though_nobody_listens():
        if as_json:
            terminal.answer_json({**answer, "marks": marks} if marks else answer)
        else:
            show(answer, wording(engine), everything, marks)


def wording(engine: Engine) -> Any:
    """Findings in the terminal's language, with the offices of the workspace's catalogue."""
    from api import legend
    from api.findings import Wording
    from db import session

    speech = terminal.speech()
    with session.read(engine) as connection:
        book = legend.read(connection)
    return Wording(speech, lambda code: book.department(code, speech))
