"""How the command line speaks: the language of the terminal, answers on standard output, everything else on standard error.

Refusals become a sentence and exit 1; an interruption ends politely; what nobody foresaw is written to the log, whole.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import typer

from api.language import Speech
from db.errors import GroundError
from db.settings import folder
from layers.refusal import Refused

INTERRUPTED = 130


def speech() -> Speech:
    """HETU_LANG, else the terminal's own; Chinese unless it is English."""
    asked = next((said for name in ("HETU_LANG", "LC_ALL", "LANG") if (said := os.environ.get(name))), "")
    return Speech("en" if asked.lower().startswith("en") else "zh-CN")


def say(key: str, /, **params: Any) -> None:
    """A sentence for the person, beside the answer."""
    print(speech().say(f"cli.{key}", **params), file=sys.stderr, flush=True)  # noqa: T201 - this is the console


def answer(text: str) -> None:
    """What was asked for."""
    print(text, flush=True)  # noqa: T201 - this is the console


def answer_json(value: Any) -> None:
    answer(json.dumps(value, ensure_ascii=False, indent=2))


@contextlib.contextmanager
def courtesy() -> Iterator[None]:
    try:
        yield
    except (GroundError, Refused) as refusal:
        print(speech().reason(refusal.code, refusal.params), file=sys.stderr)  # noqa: T201 - this is the console
        raise typer.Exit(1) from refusal
    except KeyboardInterrupt as stop:
        say("interrupted")
        raise typer.Exit(INTERRUPTED) from stop
    except BrokenPipeError as closed:
        # Whoever read our answer has enough (a pipe into head); Python would complain again at its own end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from closed
    except Exception as surprise:
        if _typers_own(surprise):
            raise
        log = folder("logs") / "cli.log"
        with log.open("a") as book:
            book.write(
                f"{datetime.now(UTC).isoformat()} {' '.join(sys.argv[1:])}\n{traceback.format_exc()}\n"
            )
        say(
            "surprise",
            what=f"{type(surprise).__name__}: {str(surprise).splitlines()[0] if str(surprise) else ''}",
            log=log,
        )
        raise typer.Exit(70) from surprise


def _typers_own(surprise: Exception) -> bool:
    """Usage errors and exits, which typer shows by itself."""
    return type(surprise).__module__.split(".")[0] in {"typer", "click"}
