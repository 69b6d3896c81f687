"""A wrong edition is withdrawn in one step: for good, with a reason, and not before whoever does it knows what stands then and which checks used it.

A rollback is the same step for all that came after the edition that is to stand again. Nothing is deleted: what was known before still tells
the edition, and the checks that used it stay as they were given and say so (``site_check.later``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection

from db.actor import Actor
from db.sql import queries
from gis import edition as publishing
from layers.refusal import Refused
from workflows.base_map import district

sql = queries(__file__)

Step = Literal["edition", "delivery", "rollback"]
LONGEST_REASON = 2_000
CHECKS_LISTED = 100
STANDING = ("in_force", "unknown", "superseded")
"""The legal statuses of which an edition stands, where no other came after it."""


def numbered(connection: Connection, layer: str, seq: int) -> int:
    """The id of an edition by its layer and number; Refused ``edition_unknown``."""
    found: int | None = connection.execute(sql.by_number, {"layer": layer, "seq": seq}).scalar()
    if found is None:
        raise Refused("edition_unknown", edition=f"{layer} #{seq}")
    return found


def one(connection: Connection, layer: str, seq: int) -> int:
    """The same of an edition that still counts; Refused ``edition_withdrawn`` besides."""
    found = numbered(connection, layer, seq)
    row = connection.execute(sql.named, {"editions": [found]}).one()
    if row.state == "withdrawn":
        raise _gone(row)
    return found


def following(connection: Connection, layer: str, to_seq: int) -> list[int]:
    """What has to go so that edition ``to_seq`` stands again. Refused ``edition_unknown``, ``edition_withdrawn``, ``rollback_unfit`` (a draft, a plan
    on display), ``rollback_stands``.
    """
    to = one(connection, layer, to_seq)
    back = connection.execute(sql.named, {"editions": [to]}).one()
    if back.status not in STANDING:
        raise Refused("rollback_unfit", layer=layer, seq=to_seq, status=back.status)
    after = list(connection.execute(sql.after, {"to": to}).scalars())
    if not after:
        raise Refused("rollback_stands", layer=layer, seq=to_seq)
    return after


def counting(connection: Connection, delivery: int) -> list[int]:
    """What a delivery published, as far as it still counts. Refused ``import_unknown``, ``delivery_withdrawn``."""
    found = connection.execute(sql.of_delivery, {"delivery": delivery}).all()
    if not found:
        raise Refused("import_unknown", id=delivery)
    still = [row.id for row in found if row.state == "published"]
    if not still:
        raise Refused("delivery_withdrawn", delivery=delivery)
    return still


def foreseen(connection: Connection, editions: Sequence[int]) -> dict[str, Any]:
    """What withdrawing ``editions`` together would do; nothing is done.

    ``layers``: layer, name, name_en, grade, goes, in_force and displayed (numbers, now), stands and shows (then), empties: nothing is in force then and
    something is now; ``checks``: how many stored checks used them; ``built_upon``: edition, layer, seq, name of what counts and rests on them.
    """
    ids = {"editions": sorted(editions)}
    layers = [
        {**row, "empties": row["in_force"] is not None and row["stands"] is None}
        for row in connection.execute(sql.stand, ids).mappings()
    ]
    return {
        "layers": layers,
        "checks": connection.execute(sql.used, ids).scalar_one(),
        "built_upon": [dict(row) for row in connection.execute(sql.built_upon, ids).mappings()],
    }


def built(connection: Connection, editions: Sequence[int]) -> list[int]:
    """The editions, and whatever counts and was built upon them."""
    upon = connection.execute(sql.built_upon, {"editions": sorted(editions)})
    return sorted({*editions, *(row.edition for row in upon)})


def withdraw(
    connection: Connection,
    actor: Actor,
    edition: int,
    *,
    reason: str,
    expected_seq: int | None = None,
    leave_empty: bool = False,
    with_built: bool | None = None,
) -> dict[str, Any]:
    """Withdraw one edition. ``expected_seq``: the number of the edition that is to stand then, as whoever decided was told (0: none).

    ``leave_empty`` confirms that nothing is in force then, which reads "no data"; ``with_built`` says whether what was built upon the edition goes
    with it (None: refused where there is any). Refused ``withdrawal_reason``, ``edition_unknown``, ``edition_withdrawn``, ``edition_built_upon``,
    ``withdrawal_leaves_nothing``, ``standing_moved``. The answer: step, reason, by, at, withdrawn, checks (count, listed), and as in ``foreseen``
    layers and built_upon, what still rests on it.
    """
    return _step(connection, actor, "edition", [edition], reason, expected_seq, leave_empty, with_built)


def withdraw_delivery(
    connection: Connection,
    actor: Actor,
    delivery: int,
    reason: str,
    *,
    leave_empty: bool = False,
    with_built: bool | None = None,
) -> dict[str, Any]:
    """Withdraw what a delivery published, as far as it still counts, all or nothing; answer and refusals as in ``withdraw`` and ``counting``."""
    editions = counting(connection, delivery)
    return _step(connection, actor, "delivery", editions, reason, None, leave_empty, with_built)


def rollback(
    connection: Connection,
    actor: Actor,
    layer: str,
    to_seq: int,
    reason: str,
    *,
    with_built: bool | None = None,
) -> dict[str, Any]:
    """Let edition ``to_seq`` stand again: all that came after it is withdrawn together; drafts and plans on display stay. Answer and refusals as
    in ``withdraw`` and ``following``.
    """
    after = following(connection, layer, to_seq)
    return _step(connection, actor, "rollback", after, reason, to_seq, False, with_built)


def said(connection: Connection, editions: Sequence[int]) -> dict[int, dict[str, Any]]:
    """reason, by, at, step by edition, of those that were withdrawn with a reason."""
    rows = connection.execute(sql.said, {"editions": list(editions)}).mappings()
    return {row["edition"]: {key: row[key] for key in ("reason", "by", "at", "step")} for row in rows}


def gone(connection: Connection) -> list[int]:
    """Every edition that was withdrawn."""
    return list(connection.execute(sql.gone).scalars())


def _step(
    connection: Connection,
    actor: Actor,
    step: Step,
    editions: list[int],
    reason: str,
    expected_seq: int | None,
    leave_empty: bool,
    with_built: bool | None,
) -> dict[str, Any]:
    why = _reason(reason)
    meant = _locked(connection, editions, with_built)
    told = foreseen(connection, meant)
    if told["built_upon"] and with_built is None:
        upon = [f"{each['layer']} #{each['seq']}" for each in told["built_upon"]]
        raise Refused("edition_built_upon", n=len(upon), editions=upon)
    ids = {"editions": meant}
    of = {row.id: row.layer for row in connection.execute(sql.named, ids)}
    _expected(told, of[editions[0]], expected_seq, leave_empty)
    listed = list(connection.execute(sql.used_by, {**ids, "most": CHECKS_LISTED}).scalars())
    at: datetime = connection.execute(publishing.sql.moment).one().at
    connection.execute(sql.withdraw, {**ids, "at": at})
    connection.execute(sql.keep, {**ids, "reason": why, "by": actor.id, "step": step})
    district.follow(connection, {each["layer"] for each in told["layers"]})
    gone = connection.execute(sql.named, ids).all()
    return {
        "step": step,
        "reason": why,
        "by": actor.id,
        "at": at,
        "withdrawn": [{"edition": row.id, "layer": row.layer, "seq": row.seq} for row in gone],
        "layers": told["layers"],
        "checks": {"count": told["checks"], "listed": listed},
        "built_upon": told["built_upon"],
    }


def _locked(connection: Connection, editions: list[int], with_built: bool | None) -> list[int]:
    """The editions that go, in a moment in which nobody else publishes or withdraws in their layers: of two who come at once the second finds
    what the first did.
    """
    meant = built(connection, editions) if with_built else sorted(editions)
    layers = {row.layer for row in connection.execute(sql.named, {"editions": meant})}
    connection.execute(publishing.sql.one_publisher_per_layer, {"layers": sorted(layers)})
    now = built(connection, editions) if with_built else sorted(editions)
    rows = connection.execute(sql.named, {"editions": now}).all()
    missing = set(editions) - {row.id for row in rows}
    if missing:
        raise Refused("edition_unknown", edition=min(missing))
    gone = [row for row in rows if row.state == "withdrawn"]
    if gone:
        raise _gone(gone[0])
    beyond = [row for row in rows if row.layer not in layers]
    if beyond:  # built upon it a moment ago, in a layer that is not held
        raise Refused("standing_moved", layer=beyond[0].layer, expected=None, now=beyond[0].seq)
    return now


def _expected(told: dict[str, Any], of: str, expected_seq: int | None, leave_empty: bool) -> None:
    """What stands then in the layer ``of`` is what whoever decided was told; "no data" is never left behind by the way."""
    empty = [each["layer"] for each in told["layers"] if each["empties"]]
    if empty and not leave_empty:
        raise Refused("withdrawal_leaves_nothing", n=len(empty), layers=empty)
    stands = next(each["stands"] for each in told["layers"] if each["layer"] == of)
    if expected_seq is not None and (stands or 0) != expected_seq:
        raise Refused("standing_moved", layer=of, expected=expected_seq or None, now=stands)


def _reason(given: str) -> str:
    why = " ".join(given.split())
    if not why or len(why) > LONGEST_REASON:
        raise Refused("withdrawal_reason", most=LONGEST_REASON)
    return why


def _gone(row: Any) -> Refused:
    day = row.withdrawn_at.date().isoformat()
    return Refused("edition_withdrawn", layer=row.layer, seq=row.seq, day=day, by=row.by)
