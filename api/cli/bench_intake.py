"""`bench intake`: a file of polygons taken in beside the ways in which people load one today, as a table or as JSON. This room shows; the bench measures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import terminal
from api.cli.options import JsonOption

if TYPE_CHECKING:
    from api.language import Speech


def intake(
    as_json: JsonOption = False,
    features: Annotated[
        int,
        typer.Option(
            min=100,
            max=1_000_000,
            help="文件里有多少个面（每个约 49 个顶点）| polygons in the file (about 49 vertices each)",
        ),
    ] = 150_000,
    pairs: Annotated[int, typer.Option(min=1, max=50, help="轮流测几对 | pairs of runs, taking turns")] = 5,
) -> None:
    """一个文件入库：读取、检查、发布，与 geopandas 等同场对比 | a file taken in, checked and published, beside geopandas and others."""
    from api.cli.progress import progress
    from bench import intake as measuring

    with progress() as tell:
        report = measuring.run(features=features, pairs=pairs, on_progress=tell)
    if as_json:
        terminal.answer_json(report)
    else:
        _show(report, terminal.speech())


def _show(report: Mapping[str, Any], speech: Speech) -> None:
    from rich.console import Console

    console = Console(highlight=False, width=None if Console().is_terminal else 140)
    file = report["file"]
    source = "bench_file_made" if file["source"] == "made up" else "bench_file_of_recipe"
    console.print(
        speech.say(
            "cli.bench_file",
            features=f"{file['features']:,}",
            megabytes=_megabytes(file["bytes"]),
            source=speech.say(f"cli.{source}"),
            pairs=report["pairs"],
        )
    )
    console.print(_table(report, speech))
    if report["missing"]:
        console.print(speech.say("cli.bench_peers_missing", names=", ".join(report["missing"])), style="dim")
    for one in report["memory"]:
        console.print(_memory(one, speech))
    flat = report["flat"]
    console.print(speech.say("cli.bench_flat" if flat["reached"] else "cli.bench_not_flat", **flat))
    for name, target in report["targets"].items():
        console.print(
            speech.say(
                "cli.bench_reached" if target["reached"] else "cli.bench_missed",
                target=speech.say(f"cli.bench_target_{name}"),
                **target,
            )
        )
    console.print(speech.say("cli.bench_machine", **report["machine"]), style="dim")


def _table(report: Mapping[str, Any], speech: Speech) -> Any:
    from rich.table import Table

    made = Table(box=None, pad_edge=False, header_style="dim")
    made.add_column(speech.say("cli.bench_column_way"), overflow="fold")
    for column in ("median_s", "min_max_s", "per_second", "ratio"):
        made.add_column(speech.say(f"cli.bench_column_{column}"), justify="right")
    for name, way in report["ways"].items():
        ratio = report["ratios"].get(name)
        made.add_row(
            speech.say(f"cli.bench_loader_{name}"),
            f"{way['median_s']:.2f}",
            f"{way['min_s']:.2f}–{way['max_s']:.2f}",
            f"{way['features_per_s']:,}",
            "" if ratio is None else f"{ratio['median']:.2f} ({ratio['min']:.2f}–{ratio['max']:.2f})",
        )
    return made


def _memory(one: Mapping[str, Any], speech: Speech) -> str:
    follow_up = one["follow_up"]
    told = speech.say(
        "cli.bench_memory",
        times=one["times"],
        megabytes=_megabytes(one["bytes"]),
        own=_megabytes(one["own_bytes"]),
        sandbox=_megabytes(one["sandbox_bytes"]),
        seconds=f"{one['seconds']:.1f}",
    )
    if follow_up["seconds"] is None:
        return told
    after = speech.say(
        "cli.bench_follow_up",
        seconds=f"{follow_up['seconds']:.1f}",
        own=_megabytes(follow_up["own_bytes"]),
        overlaps=follow_up["overlaps"],
        gaps=follow_up["gaps"],
    )
    return f"{told} {after}"


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.0f}"
