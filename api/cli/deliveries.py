"""`intake`: what was delivered and what came of it; the report of one delivery as text, as a workbook or for programs. It reads and changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import terminal
from api.cli.optional_values import leaving_out
from api.cli.options import ForOption, JsonOption, WorkspaceOption
from layers.refusal import Refused

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from layers.model import Grade

LISTED = 30
FAULTS_SHOWN = 500


def intake(
    delivery: Annotated[
        int | None,
        typer.Argument(
            help="交付编号；不给则列出历次交付 | number of a delivery; without one, the list", min=1
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    for_: ForOption = None,
    as_json: JsonOption = False,
    xlsx: Annotated[
        str | None, typer.Option("--xlsx", metavar="[PATH]", help="报告存为 Excel | the report as a workbook")
    ] = None,
    faults: Annotated[
        str | None,
        typer.Option(
            "--faults", metavar="CODE", help="逐条列出某种问题，或 all | single faults of a kind, or all"
        ),
    ] = None,
) -> None:
    """历次交付，或一次交付的报告 | the deliveries so far, or the report of one."""
    from api.cli.places import opened

    _, engine = opened(workspace)
    if delivery is None:
        if xlsx is not None or faults is not None:
            raise Refused("delivery_wanted")
        _list(engine, as_json)
        return
    sees: Grade = for_ or "secret"
    with terminal.though_nobody_listens():
        _one(engine, delivery, sees, as_json, faults)
    if xlsx is not None:
        _keep(engine, delivery, sees, xlsx)


intake.command = leaving_out("--xlsx")  # type: ignore[attr-defined]


def _list(engine: Engine, as_json: bool) -> None:
    from api.cli import intake_table
    from db import session
    from workflows.base_map.reports import service as reports

    with session.read(engine) as connection:
        found = reports.deliveries(connection, LISTED)
    if as_json:
        terminal.answer_json(found)
        return
    intake_table.deliveries(_console(), found, intake_table.words(engine, terminal.speech()))


def _one(engine: Engine, delivery: int, sees: Grade, as_json: bool, code: str | None) -> None:
    from api.cli import intake_table
    from db import session
    from workflows.base_map.reports import service as reports

    with session.read(engine) as connection:
        told = reports.of_delivery(connection, delivery, sees)
        found = []
        if code is not None:
            wanted = None if code == "all" else code
            found = [
                (report, each)
                for report in told["layers"]
                for each in reports.faults(connection, report["id"], wanted, FAULTS_SHOWN, 0, sees)
            ]
    if as_json:
        terminal.answer_json(told if code is None else [{"layer": of["layer"], **each} for of, each in found])
        return
    words = intake_table.words(engine, terminal.speech())
    if code is None:
        intake_table.report(_console(), told, words)
    else:
        intake_table.faults(_console(), found, words)


def _keep(engine: Engine, delivery: int, sees: Grade, given: str) -> None:
    from api.cli.papers import Paper
    from api.documents import intake_sheet
    from db import session

    with session.read(engine) as connection:
        made, _ = intake_sheet.write(connection, delivery, terminal.speech(), sees)
    file: Path = Paper("xlsx", given).keep(made, f"intake-{delivery}")
    terminal.say("paper_kept", file=file)


def _console() -> Any:
    from rich.console import Console

    return Console(highlight=False, width=None if Console().is_terminal else 160)
