"""`batch`: every site of a file checked, told in a few lines and kept as a table and a map; one that was interrupted goes on where it was."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

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

REFUSED_SHOWN = 10
LISTED = 30


def batch(
    file: Annotated[
        Path | None, typer.Argument(help="地块文件，每行一个地块 | file with one site a row")
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
        float | None, typer.Option("--width", help="线、点的宽度（米）| width of lines and points in metres")
    ] = None,
    source_crs: Annotated[
        str | None, typer.Option("--source-crs", help="文件未写明的坐标系 | CRS of a file that states none")
    ] = None,
    going_on: Annotated[
        str | None,
        typer.Option(
            "--continue", help="接着做一次批量检查，或再看它的结果 | go on with a batch, or see it again"
        ),
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="已有的批量检查 | the batches so far")] = False,
    as_json: JsonOption = False,
    xlsx: Annotated[
        str | None, typer.Option("--xlsx", metavar="[PATH]", help="Excel 表 | a workbook of all sites")
    ] = None,
    csv: Annotated[
        str | None, typer.Option("--csv", metavar="[PATH]", help="CSV 表 | a table as text")
    ] = None,
    gpkg: Annotated[
        str | None,
        typer.Option("--gpkg", metavar="[PATH]", help="全部地块及结论 | all sites with their verdict"),
    ] = None,
) -> None:
    """一次检查一个文件里的全部地块 | check every site in a file (at most 10,000).

    列名为 用途、建筑高度、容积率、建筑面积、退线（或 use、height、far、floor_area、setback）的，各行用自己的方案。
    """
    from api.cli.papers import wanted
    from api.cli.places import opened

    if listed:
        _, engine = opened(workspace)
        _list(engine, as_json)
        return
    if (file is None) == (going_on is None):
        raise Refused("batch_or_continue")
    said = proposed(use, height, far, floor_area, setback)
    if going_on is not None and (said or on or known_at or width or source_crs):
        raise Refused("batch_stands")
    papers = wanted(xlsx=xlsx, csv=csv, gpkg=gpkg)
    _, engine = opened(workspace)
    id = going_on or _submitted(engine, cast(Path, file), said, on, known_at, width, source_crs)
    _run(engine, id)
    sees: Grade = for_ or "secret"
    _told(engine, id, sees, as_json)
    for paper in papers:
        terminal.say("paper_kept", file=paper.keep(_content(engine, paper.kind, id, sees), id))


batch.command = leaving_out("--xlsx", "--csv", "--gpkg")  # type: ignore[attr-defined]


def _submitted(
    engine: Engine,
    file: Path,
    said: Any,
    on: str | None,
    known_at: str | None,
    width: float | None,
    source_crs: str | None,
) -> str:
    from api.rest.asked import moment
    from db import session
    from layers.days import day
    from workflows import people
    from workflows.site_check.batches import service as batches

    if not file.is_file():
        raise Refused("no_such_file", file=str(file))
    valid_on, known = (None if on is None else day(on)), moment(known_at)
    steward = people.steward(getpass.getuser())
    with session.transaction(engine, steward) as connection:
        return batches.submit(
            connection,
            steward,
            file,
            name=file.name,
            proposal=said,
            width_m=width,
            source_crs=source_crs,
            valid_on=valid_on,
            known_at=known,
            queued=False,
        )


def _run(engine: Engine, id: str) -> None:
    from api.cli.progress import progress
    from workflows import people
    from workflows.site_check.batches import work as batch_work

    try:
        with progress() as tell:
            batch_work.run(engine, people.steward(getpass.getuser()), id, on_progress=tell)
    except KeyboardInterrupt:
        terminal.say("batch_interrupted", batch=id)
        raise


def _told(engine: Engine, id: str, sees: Grade, as_json: bool) -> None:
    from api.batches import Words, counted, told, wording
    from api.cli.answer import mark, width
    from db import session
    from workflows.site_check.batches import service as batches

    speech = terminal.speech()
    with session.read(engine) as connection:
        found = batches.progress(connection, id, sees)
        lookup = batches.lookup(connection, id, sees)
        if as_json:
            rows = [told(row) for row in lookup.rows(connection)]
            terminal.answer_json({**found, "sites": rows})
            return
        refused = list(lookup.rows(connection, state="refused", limit=REFUSED_SHOWN))
        words = Words(wording(connection, speech))
    console = width()
    console.print(
        f"[bold]{speech.say('cli.batch_done', n=found['rows'], name=found['name'], batch=id)}[/]", markup=True
    )
    console.print(
        speech.say(
            "cli.answer_moment",
            day=words.of.figures.day(found["valid_on"]),
            known=words.of.figures.moment(found["known_at"]),
        ),
        style="dim",
    )
    for key, sign, n in counted(found):
        kind = key.rpartition(".")[2].replace("_", " ")
        console.print(f"{sign if kind == 'refused' else mark(kind)} {n:>6,}  {speech.say(key)}")
    for row in refused:
        called = row["label"] or words.place(row)
        console.print(f"  {row['number']} {called}: {words.reason(row)}", markup=False, style="magenta")
    if found["states"]["refused"] > len(refused):
        console.print(speech.say("cli.and_more", n=found["states"]["refused"] - len(refused)), style="dim")
    for each in found["left_out"]:
        console.print(f"✕ {each['path']}: {speech.reason(each['code'], each['params'])}", markup=False)


def _content(engine: Engine, kind: str, id: str, sees: Grade) -> bytes:
    from api.documents import batch_sheet
    from db import session

    with session.read(engine) as connection:
        return batch_sheet.write(
            cast(Literal["xlsx", "csv", "gpkg"], kind), connection, id, terminal.speech(), sees
        )


def _list(engine: Engine, as_json: bool) -> None:
    from rich.markup import escape
    from rich.table import Table

    from api.cli.answer import width
    from api.numbers import Figures
    from db import session
    from workflows.site_check.batches import service as batches

    with session.read(engine) as connection:
        found = batches.latest(connection, LISTED)
    if as_json:
        terminal.answer_json(found)
        return
    speech = terminal.speech()
    figures = Figures(speech)
    made = Table(box=None, pad_edge=False, header_style="dim")
    for word in ("id", "file", "rows", "state_column", "valid_on", "made", "who"):
        made.add_column(
            speech.say(f"batch.{word}"), justify="right" if word == "rows" else "left", overflow="fold"
        )
    for each in found:
        made.add_row(
            each["id"],
            escape(each["name"]),
            figures.count(each["rows"]),
            speech.say(f"batch.stage.{each['state']}")
            + (f" ({each['rows'] - each['waiting']})" if each["state"] == "answering" else ""),
            figures.day(each["valid_on"]),
            figures.moment(each["made_at"]),
            escape(each["made_by"]),
        )
    width().print(made if found else speech.say("batch.empty"))
