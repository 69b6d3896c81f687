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
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    speech = terminal.speech()
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        tasks: dict[str, Any] = {}
        told: dict[str, int] = {}

        def tell(phase: str, name: str, done: int, total: int) -> None:
            description = f"{speech.say(f'cli.phase_{phase}')} {name[-40:]}"
            if phase not in tasks:
                tasks[phase] = bar.add_task(description, total=total)
            bar.update(tasks[phase], description=description, completed=done, total=total)
            fifth = done * 5 // max(total, 1)
            if not console.is_terminal and told.get(phase) != fifth:
                told[phase] = fifth
                console.print(f"{speech.say(f'cli.phase_{phase}')} {fifth * 20} %", highlight=False)

        yield tell
