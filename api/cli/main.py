"""The list of commands, and nothing of what they do: a command's module is loaded when it is called, so `status` stays quick."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from api.cli import terminal

# name: module:function (or module:app for a command with commands of its own). Each also has its line in ./hetu.
COMMANDS = {
    "demo": "api.cli.run:demo",
    "up": "api.cli.run:up",
    "stop": "api.cli.run:stop",
    "status": "api.cli.run:status",
    "doctor": "api.cli.doctor:doctor",
    "import": "api.cli.intake:import_",
    "intake": "api.cli.deliveries:intake",
    "check": "api.cli.check:check",
    "compare": "api.cli.compare:compare",
    "batch": "api.cli.batch:batch",
    "rules": "api.cli.rules:app",
    "systems": "api.cli.systems:app",
    "layers": "api.cli.catalogue:layers",
    "editions": "api.cli.catalogue:editions",
    "withdraw": "api.cli.withdraw:withdraw",
    "bench": "api.cli.bench:app",
    "test": "api.cli.proving:prove",
}


class Commands(TyperGroup):
    """Commands by name, loaded late; what goes wrong in one leaves as a sentence and an exit code."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        found = getattr(import_module(module), name)
        if isinstance(found, typer.Typer):
            command: Any = typer.main.get_group(found)
        else:
            alone = typer.Typer(add_completion=False)
            settings = getattr(found, "context_settings", None)
            alone.command(cmd_name, cls=getattr(found, "command", None), context_settings=settings)(found)
            command = typer.main.get_command(alone)
        command.name = cmd_name
        return command

    def invoke(self, ctx: Any) -> Any:
        with terminal.courtesy():
            return super().invoke(ctx)


app = typer.Typer(cls=Commands, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def hetu() -> None:
    """合图: the plans of a district in one base map, and an answer for a site."""
