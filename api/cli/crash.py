"""`bench crash`: rounds of kill -9 in a home of their own, so that neither a running demo nor its database is ever near a victim."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import terminal
from api.cli.options import JsonOption
from db.cluster import Cluster
from db.lock import alone
from db.settings import folder, home, make_folder

if TYPE_CHECKING:
    from bench.crash import Round

NOT_OURS = ("DATABASE_URL", "HETU_WORKSPACE", "HETU_PORT", "HETU_HOST")


def crash(
    as_json: JsonOption = False,
    rounds: Annotated[int, typer.Option(min=1, max=1_000, help="多少轮 | how many rounds")] = 20,
    seed: Annotated[int, typer.Option(help="同一种子，同样的轮次 | the same seed draws the same rounds")] = 1,
) -> None:
    """发布 160 个图层时随机 kill -9 | kill -9 at random points of a 160-layer publish: every layer wholly old or wholly new."""
    from bench import crash as crashing

    speech = terminal.speech()

    def tell(round: Round) -> None:
        words = speech.say(
            f"cli.crash_{'good' if round.good else 'bad'}",
            number=round.number,
            victim=speech.say(f"cli.crash_{round.victim}"),
            phase=speech.say(f"cli.crash_{round.phase}"),
            seen=round.seen,
            side=speech.say(f"cli.crash_{round.side}") if round.side in ("old", "new") else round.side,
            faults="; ".join(round.faults),
            seconds=f"{round.seconds:.0f}",
        )
        (terminal.warn if as_json else terminal.answer)(words)

    with _own_home():
        report = crashing.run(rounds, seed, tell)
    if as_json:
        terminal.answer_json(report)
    else:
        terminal.answer(speech.say("cli.crash_summary", **{name: report[name] for name in ("rounds", "old", "new", "bad")}))  # fmt: skip
    if report["bad"]:
        raise typer.Exit(1)


@contextlib.contextmanager
def _own_home() -> Iterator[None]:
    """Empty at the start whatever an earlier run left, and gone at the end; what was set for the product is set aside meanwhile."""
    own = home().with_name(home().name + "-crash")
    before = {name: os.environ.get(name) for name in (*NOT_OURS, "HETU_HOME")}
    with alone(folder("run") / "crash.lock", patience=1.0):
        for name in NOT_OURS:
            os.environ.pop(name, None)
        os.environ["HETU_HOME"] = str(own)
        try:
            _clear()
            make_folder(own, 0o711)
            yield
        finally:
            _clear()
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


def _clear() -> None:
    if home().exists():
        Cluster(home()).stop()
        shutil.rmtree(home(), ignore_errors=True)
