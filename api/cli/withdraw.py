"""`withdraw`: a wrong edition, all that came after a good one, or all of a delivery, in one step and with a reason."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import terminal
from api.cli.options import JsonOption, WorkspaceOption
from layers.refusal import Refused

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from db.actor import Actor

CHECKS_NAMED = 12


def withdraw(
    layer: Annotated[str | None, typer.Argument(help="图层代码 | code of the layer")] = None,
    seq: Annotated[int | None, typer.Argument(help="版次 | number of the edition", min=1)] = None,
    reason: Annotated[str, typer.Option("--reason", help="撤回原因（必填）| why, required")] = "",
    delivery: Annotated[
        int | None,
        typer.Option("--delivery", min=1, help="整批撤回：交付编号 | all that this delivery published"),
    ] = None,
    back_to: Annotated[
        int | None,
        typer.Option(
            "--back-to",
            min=1,
            help="恢复到此版次：撤回其后的版本 | withdraw all that came after this edition",
        ),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="确认撤回后可以无数据 | it may leave a layer without data")
    ] = False,
    with_built: Annotated[
        bool | None,
        typer.Option(
            "--with-built/--leave-built",
            help="由它而来的版本一并撤回或保留 | editions made from it go too, or stay",
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """撤回错误的版本，不可恢复；用过它的检查会标明 | withdraw a wrong edition for good; checks that used it say so."""
    from api.cli.places import opened
    from api.withdrawals import plain
    from db import session
    from workflows import people
    from workflows.base_map import withdrawing

    by_layer = layer is not None and (seq is None) != (back_to is None)
    by_delivery = delivery is not None and layer is None and seq is None and back_to is None
    if by_layer == by_delivery or (by_layer and delivery is not None):
        raise Refused("withdraw_what")
    _, engine = opened(workspace)
    steward = people.steward(getpass.getuser())
    with session.transaction(engine, steward) as connection:
        if delivery is not None:
            done = withdrawing.withdraw_delivery(
                connection, steward, delivery, reason, leave_empty=yes, with_built=with_built
            )
        elif back_to is not None:
            done = withdrawing.rollback(
                connection, steward, str(layer), back_to, reason, with_built=with_built
            )
        else:
            done = _one(connection, steward, str(layer), int(seq or 0), reason, yes, with_built)
    if as_json:
        terminal.answer_json(plain(done))
    else:
        _show(done)


def _one(
    connection: Connection,
    actor: Actor,
    layer: str,
    seq: int,
    reason: str,
    yes: bool,
    with_built: bool | None,
) -> dict[str, Any]:
    from workflows.base_map import service, withdrawing

    service.layer(connection, layer)  # a layer nobody knows is told as such
    edition = withdrawing.numbered(connection, layer, seq)
    return withdrawing.withdraw(
        connection, actor, edition, reason=reason, leave_empty=yes, with_built=with_built
    )


def _show(done: dict[str, Any]) -> None:
    speech = terminal.speech()
    gone = speech.list([f"{each['layer']} #{each['seq']}" for each in done["withdrawn"]])
    terminal.answer(speech.say("cli.withdrawal_done", editions=gone, reason=done["reason"]))
    nothing = speech.say("cli.withdrawal_nothing")
    for each in done["layers"]:
        now, then = (nothing if each[key] is None else f"#{each[key]}" for key in ("in_force", "stands"))
        terminal.answer(
            "  " + speech.say("cli.withdrawal_stands", layer=speech.name(each), now=now, then=then)
        )
    checks = done["checks"]
    terminal.answer(speech.say("cli.withdrawal_checks", n=checks["count"]))
    if checks["listed"]:
        more = " …" if checks["count"] > CHECKS_NAMED else ""
        named = speech.list(checks["listed"][:CHECKS_NAMED]) + more
        terminal.answer("  " + speech.say("cli.withdrawal_listed", checks=named))
    if done["built_upon"]:
        upon = [f"{each['layer']} #{each['seq']}" for each in done["built_upon"]]
        terminal.answer(speech.say("cli.withdrawal_built", editions=upon))
