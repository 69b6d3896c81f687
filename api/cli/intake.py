"""`import`: a file, a folder or a zip becomes editions of a workspace, which is made where it lacks; or a draft catalogue to edit."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from api.cli import terminal
from api.cli.options import JsonOption, WorkspaceOption
from api.cli.progress import progress
from layers.refusal import Refused

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from gis.cells import Nodata
    from gis.crs import Crs
    from layers.model import Kind
    from workflows.base_map.intake import Imported


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
    from workflows.base_map import intake
    from workflows.base_map.said import understood

    said = understood(
        {
            "source_crs": source_crs,
            "vouched_by": vouched_by,
            "nodata": nodata,
            "as_layer": as_layer,
            "status": status,
            "valid_from": valid_from,
            "skip_refused": skip_refused,
        }
    )
    if draft:
        terminal.answer(_draft(path, said.source_crs, said.nodata))
        return
    steward = people.steward(getpass.getuser())
    made_now = (workspace or read(Web).workspace) not in workspaces.names()
    engine = _place(workspace, project_crs, title, catalogue, steward)
    try:
        with progress() as tell:
            imported = intake.import_delivery(
                engine,
                steward,
                path,
                said,
                on_progress=tell,
            )
    except Refused as refusal:
        for each in refusal.params.get("sources", []):
            terminal.warn(f"✕ {each['path']}: {terminal.speech().reason(each['code'], each['params'])}")
        if made_now:  # nothing came of it: the next try may choose another system
            workspaces.drop(workspace or read(Web).workspace)
        raise
    if as_json:
        terminal.answer_json(_plain(imported))
    else:
        _table(imported)
    if _lacks_rules(engine):
        terminal.say("rules_lacking")


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


def _draft(path: Path, declared: Crs | None, nodata: Nodata | None) -> str:
    """The guesses as a catalogue: read as an import reads, in degrees (grids as they are), and nothing is kept. What could not be
    read is said beside it.
    """
    from gis import crs, readers
    from layers.draft import DraftEntry, draft
    from workflows.base_map import sources

    with progress() as tell:
        reading = readers.read(
            path,
            project_crs=crs.parse(4326),
            source_crs=declared,
            grids_as_they_are=True,
            nodata=nodata,
            on_progress=lambda name, done, total: tell("reading", name, done, total),
        )
    for no in reading.refused:
        terminal.warn(f"✕ {no.path}: {terminal.speech().reason(no.code, no.params)}")
    guesses = [sources.guessed(*each) for each in sources.named(reading)]
    return draft(
        DraftEntry(each.name, cast("Kind", each.kind), each.source, each.identify, each.classify, each.code)
        for each in guesses
    )


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
    return {
        "layers": len(imported.layers),
        **{key: sum(layer[key] for layer in featured) for key in keys},
    }


def _table(imported: Imported) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    speech = terminal.speech()
    console = Console(highlight=False, width=None if Console().is_terminal else 140)
    made = Table(box=None, pad_edge=False, header_style="dim")
    made.add_column(speech.say("cli.column_layer"), overflow="fold")
    made.add_column(speech.say("cli.column_kind"))
    for column in ("read", "published", "set_aside", "edition"):
        made.add_column(speech.say(f"cli.column_{column}"), justify="right")
    for column in ("status", "valid_from", "origin"):
        made.add_column(speech.say(f"cli.column_{column}"))
    for layer in imported.layers:
        counts = (layer["rows_read"], layer["rows_published"], layer["rows_set_aside"])
        made.add_row(
            escape(layer["code"]),
            speech.say(f"kind.{layer['kind']}"),
            *(f"{count:,}" for count in counts),
            f"#{layer['seq']}",
            speech.say(f"status.{layer['status']}"),
            layer["valid_from"].isoformat(),
            speech.say(f"origin.{layer['origin']}"),
        )
    console.print(made)
    for each in imported.refused:
        console.print(
            f"[magenta]✕[/] {escape(each['path'])}: {escape(speech.reason(each['code'], each['params']))}"
        )
    idle = [layer["code"] for layer in imported.layers if not layer["current"] and not layer["displayed"]]
    if idle:
        console.print(speech.say("cli.kept_only", n=len(idle), layers=idle), style="yellow")
    if imported.ignored:
        console.print(speech.say("cli.ignored", n=len(imported.ignored), files=imported.ignored), style="dim")
    totals = _totals(imported)
    console.print(
        f"[bold]{speech.say('cli.imported', n=totals['layers'], read=totals['rows_read'], published=totals['rows_published'], aside=totals['rows_set_aside'])}[/]"
    )
