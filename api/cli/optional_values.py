"""Options whose value may be left out: ``--pdf`` alone, or ``--pdf report.pdf``. It knows words of a command line and no command."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from typer.core import TyperCommand

UNNAMED = ""
"""What such an option says when it came without a value."""


def filled(words: Sequence[str], options: Collection[str]) -> Iterator[str]:
    """The words with an empty value put after each of ``options`` that brought none. What begins with a dash is the next option."""
    for place, word in enumerate(words):
        if word == "--":
            yield from words[place:]
            return
        after = words[place + 1] if place + 1 < len(words) else None
        alone = word in options and (after is None or (after.startswith("-") and after != "-"))
        yield f"{word}={UNNAMED}" if alone else word


def leaving_out(*options: str) -> type[TyperCommand]:
    """A command for which the value of these options may be left out."""

    class Command(TyperCommand):
        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            return super().parse_args(ctx, list(filled(args, options)))

    return Command
