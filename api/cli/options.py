"""Options that several commands share, said once."""

from __future__ import annotations

from typing import Annotated

import typer

WorkspaceOption = Annotated[
    str | None, typer.Option("--workspace", "-w", help="工作区 | workspace (HETU_WORKSPACE, demo)")
]
PortOption = Annotated[
    int | None,
    typer.Option(min=1, max=65535, help="本机端口 | loopback port (HETU_PORT; else the first free one)"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="只输出 JSON | nothing but JSON")]
