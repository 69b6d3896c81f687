"""Withdrawing editions as a person does it: what would stand and which checks used it are told first, then a reason is asked for. One page for one
edition, for all that came after one, and for a whole delivery; it works without a script.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api import errors, language, withdrawals
from api.auth import EditionWrite
from api.ground import Ground, Workspace
from api.pages.frame import page
from api.payload import Form
from db.actor import Actor
from layers.refusal import Refused
from workflows.base_map import service as base_map
from workflows.base_map import store, withdrawing

router = APIRouter(include_in_schema=False)

MENDED = ("withdrawal_reason", "withdrawal_leaves_nothing", "edition_built_upon", "standing_moved")
"""Refusals that come back with what was typed: whoever reads them can do better at once."""


@dataclass(frozen=True, slots=True)
class Meant:
    """What is about to be withdrawn, and where one goes from there. ``title``: the key and parameters of its sentence; ``own``: the layer of whose
    standing edition the form speaks, or None for a whole delivery.
    """

    editions: Sequence[int]
    title: str
    told: Mapping[str, Any]
    back: str
    own: str | None = None
    act: str = "withdrawal.act"
    delivery: Mapping[str, Any] = field(default_factory=dict)


@router.get("/layers/{code}/editions/{seq}/withdrawal")
def ask(actor: EditionWrite, ground: Workspace, request: Request, code: str, seq: str) -> HTMLResponse:
    return _asked(ground, request, lambda connection: _one(connection, code, seq))


@router.post("/layers/{code}/editions/{seq}/withdrawal")
def withdraw(
    actor: EditionWrite, ground: Workspace, request: Request, code: str, seq: str, said: Form
) -> Response:
    def act(connection: Connection) -> str:
        withdrawals.edition(connection, actor, code, seq, _chosen(said))
        return _layer(code)

    return _done(ground, actor, request, said, lambda connection: _one(connection, code, seq), act)


@router.get("/layers/{code}/editions/{seq}/rollback")
def ask_rollback(
    actor: EditionWrite, ground: Workspace, request: Request, code: str, seq: str
) -> HTMLResponse:
    return _asked(ground, request, lambda connection: _after(connection, code, seq))


@router.post("/layers/{code}/editions/{seq}/rollback")
def rollback(
    actor: EditionWrite, ground: Workspace, request: Request, code: str, seq: str, said: Form
) -> Response:
    def act(connection: Connection) -> str:
        withdrawals.rollback(connection, actor, code, seq, _chosen(said))
        return _layer(code)

    return _done(ground, actor, request, said, lambda connection: _after(connection, code, seq), act)


@router.get("/intake/{id}/withdrawal")
def ask_delivery(actor: EditionWrite, ground: Workspace, request: Request, id: str) -> HTMLResponse:
    return _asked(ground, request, lambda connection: _whole(connection, id))


@router.post("/intake/{id}/withdrawal")
def withdraw_delivery(
    actor: EditionWrite, ground: Workspace, request: Request, id: str, said: Form
) -> Response:
    def act(connection: Connection) -> str:
        done = withdrawals.delivery(connection, actor, id, _chosen(said))
        return _layer(done["layers"][0]["layer"])

    return _done(ground, actor, request, said, lambda connection: _whole(connection, id), act)


def _one(connection: Connection, code: str, seq: str) -> Meant:
    layer = base_map.layer(connection, code)
    withdrawals.numbered(connection, code, seq)
    edition = withdrawing.one(connection, code, int(seq))
    delivered = _delivered(connection, code, edition)
    return Meant(
        [edition], "withdrawal.title", {**layer, "seq": int(seq)}, _layer(code), own=code, delivery=delivered
    )


def _after(connection: Connection, code: str, seq: str) -> Meant:
    layer = base_map.layer(connection, code)
    withdrawals.numbered(connection, code, seq)
    editions = withdrawing.following(connection, code, int(seq))
    told = {**layer, "seq": int(seq)}
    return Meant(
        editions, "withdrawal.rollback_title", told, _layer(code), own=code, act="withdrawal.rollback_act"
    )


def _whole(connection: Connection, id: str) -> Meant:
    number = withdrawals.delivery_number(id)
    editions = withdrawing.counting(connection, number)
    found = store.delivery(connection, number) or {}
    told = {"delivery": number, "file": found.get("name")}
    return Meant(editions, "withdrawal.delivery_title", told, f"/intake/{number}")


def _delivered(connection: Connection, code: str, edition: int) -> Mapping[str, Any]:
    """The delivery of an edition, where it published other layers too."""
    number = next(
        each["delivery_id"] for each in base_map.editions(connection, code) if each["id"] == edition
    )
    found = store.delivery(connection, number) or {"layers": []}
    return {"id": number, "layers": len(found["layers"])} if len(found["layers"]) > 1 else {}


def _layer(code: str) -> str:
    return f"/layers/{code}#editions"


def _asked(ground: Ground, request: Request, meant: Callable[[Connection], Meant]) -> HTMLResponse:
    ground.place()
    with ground.read() as connection:
        return _page(request, connection, meant(connection))


def _done(
    ground: Ground,
    actor: Actor,
    request: Request,
    said: Mapping[str, str],
    meant: Callable[[Connection], Meant],
    act: Callable[[Connection], str],
) -> Response:
    ground.place()
    try:
        with ground.write(actor) as connection:
            there = act(connection)
    except Refused as no:
        if no.code not in MENDED:
            raise
        with ground.read() as connection:
            return _page(request, connection, meant(connection), said, no)
    return RedirectResponse(there, 303)


def _stands(foreseen: Mapping[str, Any], meant: Meant) -> int | None:
    """The number that stands then in the layer the page speaks of, 0: none; None: it speaks of a whole delivery."""
    found = [each["stands"] or 0 for each in foreseen["layers"] if each["layer"] == meant.own]
    return found[0] if found else None


def _chosen(said: Mapping[str, str]) -> dict[str, str]:
    """What stands then depends on whether what was built upon it goes too; the form says both."""
    too = said.get("with_built") == "yes"
    told = {name: value for name, value in said.items() if name != "expected_with_built"}
    return told | ({"expected_seq": said.get("expected_with_built", "")} if too else {})


def _page(
    request: Request,
    connection: Connection,
    meant: Meant,
    said: Mapping[str, str] | None = None,
    no: Refused | None = None,
) -> HTMLResponse:
    foreseen = withdrawing.foreseen(connection, meant.editions)
    speech = language.of(request)
    stands = _stands(foreseen, meant)
    with_built = stands
    if foreseen["built_upon"]:
        whole = withdrawing.built(connection, meant.editions)
        with_built = _stands(withdrawing.foreseen(connection, whole), meant)
    told = dict(meant.told)
    named = {"layer": speech.name(told), "seq": told.get("seq")}
    if meant.own is None:
        named = {"delivery": told["delivery"], "name": told["file"]}
    return page(
        request,
        "withdrawal.html",
        status=200 if no is None else errors.known(no)[0],
        title=speech.say(meant.title, **named),
        act=meant.act,
        back=meant.back,
        delivery=meant.delivery,
        foreseen=foreseen,
        editions=meant.editions,
        empties=[each for each in foreseen["layers"] if each["empties"]],
        expected=stands,
        expected_with_built=with_built,
        said={"reason": "", "leave_empty": "", "with_built": "", **(said or {})},
        wrong=None if no is None else speech.reason(no.code, no.params),
        wrong_code=None if no is None else no.code,
    )
