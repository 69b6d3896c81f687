"""`compare`: stored checks side by side, rule by rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import terminal
from api.cli.options import ForOption, JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from api.beside import Beside


def compare(
    checks: Annotated[list[str], typer.Argument(help="两到六次检查的编号 | numbers of two to six checks")],
    workspace: WorkspaceOption = None,
    for_: ForOption = None,
    as_json: JsonOption = False,
) -> None:
    """几次检查并排比较 | checks side by side, as alternatives."""
    from api.batches import wording
    from api.beside import Beside
    from api.cli.places import opened
    from db import session
    from workflows.site_check import alternatives, service

    ids = alternatives.few(checks)
    _, engine = opened(workspace)
    with session.read(engine) as connection:
        answers = [service.reissue(connection, id, for_ or "secret") for id in ids]
        words = wording(connection, terminal.speech())
    told = alternatives.beside(answers)
    if as_json:
        terminal.answer_json(told)
        return
    names = {layer["code"]: words.speech.name(layer) for each in answers for layer in each["layers"]}
    _table(told, Beside(words, names))


def _table(told: dict[str, Any], words: Beside) -> None:
    from rich.markup import escape
    from rich.table import Table

    from api.cli.answer import mark, width
    from api.findings import kind_of

    console, speech, figures = width(), words.of.speech, words.of.figures
    for each in told["differs"]:
        console.print(f"! {escape(words.differs(each))}", style="magenta")
    if not told["differs"]:
        console.print(speech.say("alternatives.same"), style="dim")
    made = Table(box=None, pad_edge=False, header_style="bold")
    made.add_column("", overflow="fold")
    for check in told["checks"]:
        made.add_column(check["id"], overflow="fold")
    checks = told["checks"]
    made.add_row(
        speech.say("batch.column.verdict"),
        *(f"{mark(each['verdict'])} {escape(words.verdict(each['verdict']))}" for each in checks),
    )
    made.add_row(
        speech.say("alternatives.area"), *(figures.square_metres(each["area_m2"]) for each in checks)
    )
    made.add_row(
        speech.say("alternatives.proposal"),
        *(escape(words.of.speech.list(words.proposal(each))) or "—" for each in checks),
    )
    made.add_row(
        speech.say("alternatives.questions"),
        *(escape(words.of.speech.list(words.questions(each))) or "—" for each in checks),
    )
    for row in told["rules"]:
        made.add_row(
            escape(words.of.speech.name(row)),
            *(
                f"[dim]{escape(words.cell(cell))}[/]"
                if cell is None or cell["state"] == "holds not"
                else f"{mark(kind_of(cell))} {escape(words.cell(cell))}"
                for cell in row["cells"]
            ),
        )
    console.print(made)
    if not told["rules"]:
        console.print(speech.say("alternatives.none"))
