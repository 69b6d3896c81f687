"""`rules`: what rules a workspace goes by, one rule with its drawings, rule files in and out. It reads and loads; what rules mean is not its business."""

from __future__ import annotations

import getpass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import terminal
from api.cli.options import JsonOption, OnOption, WorkspaceOption
from layers.refusal import Refused

if TYPE_CHECKING:
    from api.findings import Wording
    from workflows.site_check.rulebook.book import Rulebook

app = typer.Typer(add_completion=False, invoke_without_command=True, help="在用的规则 | the rules in use")


@app.callback()
def rules(
    ctx: typer.Context, workspace: WorkspaceOption = None, on: OnOption = None, as_json: JsonOption = False
) -> None:
    """在用的规则：层、量、限、效力和依据 | the rules in use: layer, measure, limit, effect and law."""
    if ctx.invoked_subcommand is not None:
        return
    from api.cli import rule_table
    from api.numbers import BEIJING
    from layers.days import day

    asked = day(on) if on is not None else datetime.now(BEIJING).date()
    engine, book = _in_use(workspace)
    if as_json:
        terminal.answer_json(rule_table.told(book, asked))
    else:
        rule_table.show(book, asked, _words(engine))


@app.command()
def load(
    folder: Annotated[
        Path | None,
        typer.Argument(
            help="规则文件夹；默认为随产品所附的规则 | folder of rule files; default: the shipped ones"
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """载入规则，成为不变的版本 | load rule files into immutable versions."""
    from api.cli.places import opened
    from db import session
    from workflows import people
    from workflows.base_map import catalogue
    from workflows.site_check.rulebook import book as rulebook
    from workflows.site_check.rulebook import reader

    _, engine = opened(workspace)
    steward = people.steward(getpass.getuser())
    with session.transaction(engine, steward) as connection:
        before = rulebook.in_use(connection)
        read = rulebook.read(catalogue.stored(connection), folder or reader.FOLDER)
        book = rulebook.load(connection, steward, read)
    known = set() if before is None else {(rule.code, rule.version) for rule in before.rules}
    now = {(rule.code, rule.version) for rule in book.rules}
    same = before is not None and before.digest == book.digest
    if as_json:
        told = {"rulebook": book.id, "digest": book.digest, "rules": len(now), "new": len(now - known)}
        terminal.answer_json({**told, "gone": len(known - now), "same": same})
        return
    terminal.answer(
        terminal.speech().say(
            "cli.rules_stand" if same else "cli.rules_loaded",
            n=len({code for code, _ in now}),
            versions=len(now),
            new=len(now - known),
            gone=len(known - now),
            digest=book.digest[:12],
        )
    )


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="写到此文件夹 | folder to write to")],
    workspace: WorkspaceOption = None,
) -> None:
    """把在用的规则写成文件 | write the rules in use as files, which load gives back word for word."""
    from workflows.site_check.rulebook import writer

    _, book = _in_use(workspace)
    texts = writer.files(book.groups, book.rules)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # A file of another time would be loaded along with these.
        if strange := sorted({path.name for path in folder.glob("*.yaml")} - texts.keys()):
            raise Refused("folder_holds_others", folder=str(folder), files=strange)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as refusal:
        raise Refused("cannot_write", file=str(folder), reason=refusal.strerror or str(refusal)) from refusal
    terminal.answer(
        terminal.speech().say("cli.rules_exported", n=len(texts), folder=folder, digest=book.digest[:12])
    )


@app.command()
def show(
    code: Annotated[str, typer.Argument(help="规则代码 | code of the rule")],
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """一条规则：各版本、依据、图例 | one rule: its versions, its law, its drawings."""
    from api.cli import rule_table
    from workflows.site_check.rulebook import manual

    engine, book = _in_use(workspace)
    versions = [rule for rule in book.rules if rule.code == code]
    if not versions:
        raise Refused("rule_unknown", rule=code[:80])
    entry = manual.entries().get(code)
    if as_json:
        drawn = {"paragraphs": entry.paragraphs, "drawings": entry.drawings} if entry else {}
        terminal.answer_json(
            {"versions": [{**rule.body, "version": rule.version} for rule in versions], **drawn}
        )
        return
    rule_table.sheet(versions, entry, _words(engine))


def _words(engine: Any) -> Wording:
    from api.cli.check import wording

    found: Wording = wording(engine)
    return found


def _in_use(workspace: str | None) -> tuple[Any, Rulebook]:
    """A workspace and the rules it is judged by; Refused ``no_rulebook``."""
    from api.cli.places import opened
    from db import session
    from workflows.site_check.rulebook import book as rulebook

    _, engine = opened(workspace)
    with session.read(engine) as connection:
        book = rulebook.in_use(connection)
    if book is None:
        raise Refused("no_rulebook")
    return engine, book
