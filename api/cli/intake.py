"""`import`: a file, a folder or a zip becomes editions of a workspace, which is made where it lacks; or a draft catalogue to edit."""

from __future__ import annotations

import getpass
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import terminal
from api.cli.options import JsonOption, WorkspaceOption
from api.cli.progress import progress
from layers.refusal import Refused

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from workflows.base_map.intake.said import Said
    from workflows.base_map.intake.service import Imported


def import_(
    path: Annotated[Path, typer.Argument(help="文件、文件夹或 zip | file, folder or zip")],
    workspace: WorkspaceOption = None,
    project_crs: Annotated[
        str | None,
        typer.Option(
            "--project-crs", help="新工作区的坐标系，如 EPSG:4547 | CRS of a workspace that is made now"
        ),
    ] = None,
    source_crs: Annotated[
        str | None, typer.Option("--source-crs", help="文件未写明的坐标系 | CRS of files that state none")
    ] = None,
    title: Annotated[
        str | None, typer.Option("--title", help="新工作区的名称 | title of a workspace made now")
    ] = None,
    catalogue: Annotated[
        Path | None,
        typer.Option(
            "--catalogue", help="先载入此文件夹的图层目录 | load the layer catalogue in this folder first"
        ),
    ] = None,
    vouched_by: Annotated[
        str | None,
        typer.Option(
            "--vouched-by",
            help="由此人担保未知图层覆盖全区；否则未命中即“无数据” | who vouches that unknown layers cover the district; without it, no hit means no data",
        ),
    ] = None,
    nodata: Annotated[
        str | None,
        typer.Option(
            "--nodata",
            help="未声明无数据值的栅格：哪个值表示没有数据，或 none | for rasters that declare none: the value that means no data, or none",
        ),
    ] = None,
    as_layer: Annotated[
        str | None,
        typer.Option(
            "--as",
            help="只有一个数据源时，作为目录中的此图层入库 | the layer of the catalogue that the one source is",
        ),
    ] = None,
    status: Annotated[
        str | None,
        typer.Option(
            "--status",
            help="整批的法律状态：draft 草案、on_display 公示中、in_force 现行；默认按图层目录 | legal status of the delivery; default: as the catalogue says",
        ),
    ] = None,
    valid_from: Annotated[
        str | None,
        typer.Option(
            "--valid-from",
            help="生效日期，如 2021-03-01；默认为发布当日 | first day on which it holds; default: the day of publication",
        ),
    ] = None,
    skip_refused: Annotated[
        bool,
        typer.Option(
            "--skip-refused", help="略过读不了的文件 | publish the rest where a file cannot be read"
        ),
    ] = False,
    supplier: Annotated[
        str | None,
        typer.Option("--supplier", help="供方：哪个部门或单位交来的 | who delivers; faults go back there"),
    ] = None,
    answer: Annotated[
        list[str] | None,
        typer.Option(
            "--answer",
            metavar="FILE=CRS",
            help="对某个文件的回答，可重复 | the answer for one file, may be repeated",
        ),
    ] = None,
    repair: Annotated[
        bool,
        typer.Option(
            "--repair",
            help="修复无效图形并注明，而不是搁置 | mend invalid areas and mark them, instead of setting them aside",
        ),
    ] = False,
    delta: Annotated[
        bool, typer.Option("--delta", help="文件只含变化 | the files hold changes only")
    ] = False,
    change_field: Annotated[
        str | None,
        typer.Option("--change-field", help="说明变化种类的字段 | the field that says what a change does"),
    ] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="只检查，不发布，留下报告 | publish nothing, only the report stays"),
    ] = False,
    follow_up: Annotated[
        bool,
        typer.Option(
            "--follow-up/--no-follow-up",
            help="发布后随即检查重叠与缝隙，或留给后台 | look for overlaps and gaps now, or leave it to the worker",
        ),
    ] = True,
    draft: Annotated[
        bool,
        typer.Option(
            "--draft", help="不入库，只写出可编辑的图层目录 | publish nothing, write a catalogue to edit"
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """入库：读取、检查、发布 | read, check and publish what was handed over."""
    from db import workspace as workspaces
    from db.settings import Web, read
    from workflows import people
    from workflows.base_map.intake import service as intake

    words = {
        "source_crs": source_crs,
        "answers": _answers(answer or []),
        "vouched_by": vouched_by,
        "nodata": nodata,
        "as_layer": as_layer,
        "status": status,
        "valid_from": valid_from,
        "supplier": supplier,
        "delta": delta,
        "change_field": change_field,
        "repair": repair,
        "skip_refused": skip_refused,
        "only_check": check,
    }
    if draft:
        from api.cli.drafting import draft_of

        terminal.answer(draft_of(path, words))
        return
    steward = people.steward(getpass.getuser())
    made_now = (workspace or read(Web).workspace) not in workspaces.names()
    engine = _place(workspace, project_crs, title, catalogue, steward)
    try:
        said = _said(engine, words)
        with progress() as tell:
            imported = intake.import_delivery(engine, steward, path, said, on_progress=tell)
    except Refused as refusal:
        _refused(refusal)
        if made_now:  # nothing came of it: the next try may choose another system
            workspaces.drop(workspace or read(Web).workspace)
        raise
    if follow_up and not check:
        _follow_up(engine, steward, imported.delivery)
    told = _report(engine, imported.delivery)
    if as_json:
        terminal.answer_json({**_plain(imported), "report": told["layers"]})
    else:
        _table(engine, imported, told)
    if _lacks_rules(engine):
        terminal.say("rules_lacking")


def _said(engine: Engine, words: dict[str, Any]) -> Said:
    """A coordinate system may be one of the workspace's own."""
    from db import session
    from workflows.base_map import systems
    from workflows.base_map.intake.said import understood

    with session.read(engine) as connection:
        return understood(words, systems.reader(connection))


def _refused(refusal: Refused) -> None:
    """One line per source that was not taken, and below it the answers there are to what it asks."""
    speech = terminal.speech()
    for each in refusal.params.get("sources", []):
        inside = f" › {each['params']['layer']}" if each["params"].get("layer") else ""
        terminal.warn(f"✕ {each['path']}{inside}: {speech.reason(each['code'], each['params'])}")
        for option in each["params"].get("options", []):
            because = f"crs_because.{option['because']}"
            told = {**option, "because": speech.say(because) if speech.has(because) else option["because"]}
            if option.get("centre_degrees") is None:
                terminal.say("question_plain", **told)
            else:
                lon, lat = option["centre_degrees"]
                terminal.say("question", **told, lon=lon, lat=lat)


def _lacks_rules(engine: Engine) -> bool:
    """A catalogue without rules: a check there would conclude nothing, and nobody would know why."""
    from db import session
    from workflows.base_map import service
    from workflows.site_check.rulebook import book as rulebook

    with session.read(engine) as connection:
        return bool(service.themes(connection)) and rulebook.in_use(connection) is None


def _place(
    name: str | None, project_crs: str | None, title: str | None, catalogue: Path | None, actor: Any
) -> Engine:
    from db import session
    from db import workspace as workspaces
    from db.settings import Web, read
    from gis import crs
    from workflows.base_map import places, service

    chosen = name or read(Web).workspace
    if project_crs is not None:
        places.make(chosen, title=title or chosen, project=crs.parse(project_crs), actor=actor)
    elif chosen not in workspaces.names():
        raise Refused("workspace_needs_crs", workspace=chosen)
    workspaces.open(chosen)
    engine = session.engine(chosen)
    if catalogue is not None:
        from layers.catalogue import load

        with session.transaction(engine, actor) as connection:
            service.load_catalogue(connection, load(catalogue))
    return engine


def _plain(imported: Imported) -> dict[str, Any]:
    return {
        "delivery": imported.delivery,
        "name": imported.name,
        "sha256": imported.sha256,
        "isolation": imported.isolation,
        "totals": _totals(imported),
        "layers": imported.layers,
        "refused": imported.refused,
        "ignored": imported.ignored,
    }


def _totals(imported: Imported) -> dict[str, int]:
    keys = ("rows_read", "rows_published", "rows_set_aside")
    featured = [layer for layer in imported.layers if layer["kind"] != "raster"]  # a raster counts cells
    return {"layers": len(imported.layers), **{key: sum(each[key] for each in featured) for key in keys}}


def _answers(given: list[str]) -> dict[str, str]:
    """``FILE=CRS`` as words of a delivery; Refused ``answer_unreadable``."""
    answers = {}
    for each in given:
        path, sign, system = each.rpartition("=")
        if not sign or not path.strip() or not system.strip():
            raise Refused("answer_unreadable", got=each[:80])
        answers[path.strip()] = system.strip()
    return answers


def _report(engine: Engine, delivery: int) -> dict[str, Any]:
    from db import session
    from workflows.base_map.reports import service as reports

    with session.read(engine) as connection:
        return reports.of_delivery(connection, delivery)


def _follow_up(engine: Engine, actor: Any, delivery: int) -> None:
    """What the catalogue asks of a layer as a whole, looked at now; whoever interrupts it leaves it to the worker."""
    from workflows.base_map.reports import follow_up

    for report in _report(engine, delivery)["layers"]:
        if (report["follow_up"] or {}).get("state") == "waiting":
            with progress() as tell, suppress(Refused):  # the worker may have it in work already
                follow_up.run(engine, actor, report["id"], on_progress=tell)


def _table(engine: Engine, imported: Imported, told: dict[str, Any]) -> None:
    from rich.console import Console

    from api.cli import intake_table

    speech = terminal.speech()
    console = Console(highlight=False, width=None if Console().is_terminal else 160)
    intake_table.sources(console, told, intake_table.words(engine, speech))
    idle = [layer["code"] for layer in imported.layers if not layer["current"] and not layer["displayed"]]
    if idle:
        console.print(speech.say("cli.kept_only", n=len(idle), layers=idle), style="yellow")
    if imported.ignored:
        console.print(speech.say("cli.ignored", n=len(imported.ignored), files=imported.ignored), style="dim")
