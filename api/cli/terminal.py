"""How the command line speaks: the language of the terminal, answers on standard output, everything else on standard error.

Refusals become a sentence and exit 1; an interruption ends politely; what nobody foresaw is written to the log, whole.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

import typer

from api.language import Speech
from db.errors import GroundError
from db.settings import folder, home
from layers.refusal import Refused

INTERRUPTED = 130
SURPRISED = 70
FULL = os.strerror(errno.ENOSPC)


def speech() -> Speech:
    """HETU_LANG, else the terminal's own; Chinese unless it is English."""
    asked = next((said for name in ("HETU_LANG", "LC_ALL", "LANG") if (said := os.environ.get(name))), "")
    return Speech("en" if asked.lower().startswith("en") else "zh-CN")


def say(key: str, /, **params: Any) -> None:
    """A sentence for the person, beside the answer."""
    print(speech().say(f"cli.{key}", **params), file=sys.stderr, flush=True)  # noqa: T201 - this is the console


def warn(text: str) -> None:
    """What is in words already, beside the answer."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - this is the console


def answer(text: str) -> None:
    """What was asked for."""
    print(text, flush=True)  # noqa: T201 - this is the console


def answer_json(value: Any) -> None:
    answer(json.dumps(value, ensure_ascii=False, indent=2, default=_dated))


def _dated(value: Any) -> str:
    if isinstance(value, date):  # a moment is one too
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")


@contextlib.contextmanager
def courtesy() -> Iterator[None]:
    try:
        yield
    except (GroundError, Refused) as refusal:
        _refuse(refusal.code, refusal.params)
        raise typer.Exit(1) from refusal
    except KeyboardInterrupt as stop:
        say("interrupted")
        raise typer.Exit(INTERRUPTED) from stop
    except BrokenPipeError as closed:
        # Whoever read our answer has enough (a pipe into head); Python would complain again at its own end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from closed
    except Exception as surprise:
        if type(surprise).__module__.partition(".")[0] in {"typer", "click"}:
            raise  # usage errors and exits, which typer shows by itself
        known = _known(surprise)
        if known:
            _refuse(*known)
            raise typer.Exit(1) from surprise
        _record(surprise)
        raise typer.Exit(SURPRISED) from surprise


@contextlib.contextmanager
def though_nobody_listens() -> Iterator[None]:
    """Whoever reads the answer may have enough of it (a pipe into head); what was asked for beside it is made all the same."""
    try:
        yield
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # rich leaves by the latter when its pipe is closed
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refuse(code: str, params: Mapping[str, Any]) -> None:
    print(speech().reason(code, params), file=sys.stderr, flush=True)  # noqa: T201 - this is the console


def _known(surprise: Exception) -> tuple[str, Mapping[str, Any]] | None:
    """What the house has a sentence for although a library said it: a full disk, a database that went away."""
    from api.errors import known

    if FULL in str(surprise):
        return "disk_full", {"folder": str(home())}
    _, code, params = known(surprise)
    return None if code == "unexpected" else (code, params)


def _record(surprise: Exception) -> None:
    log = home() / "logs" / "cli.log"
    with (
        contextlib.suppress(OSError, GroundError),
        (folder("logs") / log.name).open("a", encoding="utf-8") as book,
    ):
        book.write(f"{datetime.now(UTC).isoformat()} {' '.join(sys.argv[1:])}\n")
        traceback.print_exception(surprise, file=book)
    first = (str(surprise).splitlines() or [""])[0]
    say("surprise", what=f"{type(surprise).__name__}: {first}", log=log)
