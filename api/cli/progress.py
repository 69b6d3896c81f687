"""Long work told while it lasts: a bar on a terminal, a line now and then where there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from api.cli import terminal

Tell = Callable[[str, str, int, int], None]
"""phase, what is in hand, done, total."""


@contextmanager
def progress() -> Iterator[Tell]:
    """A bar on the terminal; a line now and then where there is none."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    speech = terminal.speech()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        tasks: dict[str, Any] = {}

        def tell(phase: str, name: str, done: int, total: int) -> None:
            description = f"{speech.say(f'cli.phase_{phase}')} {name[-40:]}"
            if phase not in tasks:
                tasks[phase] = bar.add_task(description, total=total)
            bar.update(tasks[phase], description=description, completed=done, total=total)
            if not console.is_terminal and total and done % max(total // 5, 1) == 0:
                console.print(f"{speech.say(f'cli.phase_{phase}')} {done}/{total}", highlight=False)

        yield tell
