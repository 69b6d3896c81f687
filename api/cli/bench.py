"""`bench check`: the benchmark district made and loaded once, then a check measured beside its peers, as a table or as JSON.

This room starts the server and shows the report; what is measured, and how, is the bench's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import terminal
from api.cli.bench_intake import intake
from api.cli.crash import crash
from api.cli.options import JsonOption

if TYPE_CHECKING:
    from api.cli.serving import Served
    from api.language import Speech

MOST_SITES = 150  # so many have GEOS's answers

app = typer.Typer(add_completion=False, no_args_is_help=True, help="性能基准 | benchmarks against peers")


app.command("crash")(crash)
app.command("intake")(intake)


@app.callback()
def bench() -> None:
    """性能基准 | benchmarks against peers."""


@app.command()
def check(
    as_json: JsonOption = False,
    sites: Annotated[
        int, typer.Option(min=1, max=MOST_SITES, help="检查多少个地块 | how many sites are checked")
    ] = MOST_SITES,
    loop_sites: Annotated[
        int,
        typer.Option(
            min=0,
            max=MOST_SITES,
            help="其中多少个也用 geopandas 逐层计算（每个约 15 秒；0 为不算）| how many of them the geopandas loop does too (15 s each; 0: none)",
        ),
    ] = 5,
) -> None:
    """地块检查的速度和正确性，与同类做法同场对比 | a check of a site: how fast, how right, beside what people use today."""
    from api.cli.progress import progress
    from bench import check as measuring
    from bench.district import district
    from bench.loading import WORKSPACE, load

    with progress() as tell:
        made = district(tell)
        loaded = load(made, tell)
        with _serving(WORKSPACE) as served:
            assert served.server is not None
            report = measuring.run(
                made,
                loaded,
                str(served.address),
                served.server.pid,
                sites=sites,
                loop_sites=min(loop_sites, sites),
                on_progress=tell,
            )
    if as_json:
        terminal.answer_json(report)
    else:
        _show(report, terminal.speech())
    if not report["agree"]:
        raise typer.Exit(1)


@contextmanager
def _serving(workspace: str) -> Iterator[Served]:
    """The workspace's server, left running only if it ran before."""
    from api.cli import serving

    ran = any(each.workspace == workspace and each.server for each in serving.served())
    served = serving.serve(workspace)
    try:
        yield served
    finally:
        if not ran:
            serving.end(workspace)


def _show(report: Mapping[str, Any], speech: Speech) -> None:
    from rich.console import Console

    console = Console(highlight=False, width=None if Console().is_terminal else 140)
    console.print(_table(report, speech))
    worst = report["worst"] or {}
    console.print(
        speech.say(
            "cli.bench_agree" if report["agree"] else "cli.bench_off",
            pairs=f"{report['pairs']:,}",
            off=sum(way["off"] for way in report["ways"].values()),
            site=worst.get("site"),
            gid=str(worst.get("gid")),
            deviation=f"{worst.get('deviation', 0.0):.1e}",
            share=f"{worst.get('of_tolerance', 0.0):.2g}",
        )
    )
    for name, target in report["targets"].items():
        said = {True: "reached", False: "missed", None: "unmeasured"}[target["reached"]]
        console.print(
            speech.say(f"cli.bench_{said}", target=speech.say(f"cli.bench_target_{name}"), **target)
        )
    machine, load = report["machine"], report["load"]
    console.print(speech.say("cli.bench_machine", **machine), style="dim")
    if load["seconds"] is not None:
        console.print(
            speech.say("cli.bench_load", features=load["features"], seconds=f"{load['seconds']:.0f}"),
            style="dim",
        )


def _table(report: Mapping[str, Any], speech: Speech) -> Any:
    from rich.table import Table

    made = Table(box=None, pad_edge=False, header_style="dim")
    made.add_column(speech.say("cli.bench_column_way"), overflow="fold")
    for column in ("sites", "p50", "p95", "max", "cpu_p50", "cpu_p95", "ratio", "off"):
        made.add_column(speech.say(f"cli.bench_column_{column}"), justify="right")
    for name, way in report["ways"].items():
        ratio = report["ratios"].get(name)
        made.add_row(
            speech.say(f"cli.bench_way_{name}"),
            str(way["sites"]),
            *(
                f"{way[key]:,.0f}" if key in way else "—"
                for key in ("p50_ms", "p95_ms", "max_ms", "cpu_p50_ms", "cpu_p95_ms")
            ),
            "" if ratio is None else f"{ratio['of_medians']:.1f} ({ratio['min']:.1f}–{ratio['max']:.1f})",
            str(way["off"]),
        )
    return made
