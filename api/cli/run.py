"""Commands that bring the product up, end it and say what runs."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli import serving, terminal
from api.cli.demo import DemoSize, workspace_of
from api.cli.options import JsonOption, PortOption, WorkspaceOption
from db import cluster
from db.settings import Web, home, read


def demo(
    size: Annotated[
        DemoSize,
        typer.Option(
            "--size",
            help="规模：small 约 6 万要素、district 一百万、city 一千万（几十分钟、约 30 GB）"
            "| about 60,000 features, a million, ten million (tens of minutes, about 30 GB)",
        ),
    ] = DemoSize.small,
    workspace: Annotated[
        str | None,
        typer.Option(
            "--workspace", "-w", help="工作区；默认 demo、demo_district、demo_city | workspace, by default so"
        ),
    ] = None,
    port: PortOption = None,
) -> None:
    """建示范区、检查一个地块、打开页面 | build the demo district, check a site, serve the pages."""
    from api.cli.demo import lay_demo

    chosen = workspace or workspace_of(size)
    lay_demo(chosen, size)
    _serve(chosen, port)


def up(workspace: WorkspaceOption = None, port: PortOption = None) -> None:
    """启动一个工作区的服务和后台任务 | start server and worker of a workspace on this machine."""
    from db import workspace as workspaces

    chosen = workspace or read(Web).workspace
    workspaces.open(chosen)
    _serve(chosen, port)


def stop(
    workspace: WorkspaceOption = None,
    keep_database: Annotated[
        bool, typer.Option("--keep-database", help="数据库继续运行 | leave the database running")
    ] = False,
) -> None:
    """停止服务、后台任务和数据库 | stop server, worker and database; with --workspace only that workspace's server and worker."""
    for each in serving.end(workspace):
        terminal.say("stopped", workspace=each.workspace)
    if workspace is None and not keep_database:
        terminal.say("database_stopped" if cluster.stop() else "database_not_ours_or_down")


def status(as_json: JsonOption = False) -> None:
    """正在运行什么 | what is running."""
    ground = cluster.status()
    running = serving.served()
    health = {each.workspace: each.health() for each in running}
    if as_json:
        terminal.answer_json(
            {
                "home": str(home()),
                "database": {
                    "url": ground.url,
                    "private": ground.private,
                    "made": ground.made,
                    "running": ground.abilities is not None,
                    "version": ground.abilities.version if ground.abilities else None,
                    "postgis": ground.abilities.postgis if ground.abilities else None,
                },
                "workspaces": [
                    {
                        "workspace": each.workspace,
                        "address": each.address,
                        "healthy": health[each.workspace],
                        "server": each.server.pid if each.server else None,
                        "worker": each.worker.pid if each.worker else None,
                        "log": str(each.server.log) if each.server else None,
                    }
                    for each in running
                ],
            }
        )
        return
    speech = terminal.speech()
    terminal.answer(speech.say("cli.home", folder=home()))
    if ground.error:
        terminal.answer(speech.reason(ground.error.code, ground.error.params))
    elif ground.abilities:
        found = ground.abilities
        terminal.answer(
            speech.say("cli.database_up", version=found.version, postgis=found.postgis or "—", url=ground.url)
        )
    else:
        terminal.answer(speech.say("cli.database_down" if ground.made else "cli.database_unmade"))
    for each in running:
        words = "served" if health[each.workspace] and each.worker else "served_badly"
        terminal.answer(
            speech.say(
                f"cli.{words}",
                workspace=each.workspace,
                address=each.address or "—",
                server=each.server.pid if each.server else "—",
                worker=each.worker.pid if each.worker else "—",
            )
        )
    if not running:
        terminal.answer(speech.say("cli.nothing_served"))


def _serve(workspace: str, port: int | None) -> None:
    terminal.say("starting", workspace=workspace)
    found = serving.serve(workspace, port or read(Web).port)
    terminal.answer(terminal.speech().say("cli.serving", workspace=workspace, address=found.address))
    terminal.say("loopback_notice")
