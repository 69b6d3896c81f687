"""A file of polygons into the base map, published and checkable, measured beside the ways in which people load such a file today.

The ways take turns, pair by pair, each pair begun by the other one. Nothing of ours is left out: copy and hash, sandbox, checks, report, keys and
indexes, publication. The peers check nothing.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from bench import loaders, stopwatch, taking_in
from bench.coverage import written
from bench.district import Progress
from bench.intake_report import OURS, report
from bench.plain_sql import version
from db import session
from db import workspace as workspaces
from db.settings import Ground, read

TIMES = 4
"""How many times as large the file is by which memory is compared."""


def run(*, features: int, pairs: int, on_progress: Progress) -> dict[str, Any]:
    """The report, as JSON."""
    package, source = written(features, 1, on_progress)
    great, _ = written(features, TIMES, on_progress)
    peers = loaders.available()
    loads = [stopwatch.load()]
    if peers["shp2pgsql"]:
        loaders.shapefile_of(package)
    try:
        seconds = _turns(package, peers, pairs, on_progress)
        memory = []
        for done, (times, file) in enumerate(((1, package), (TIMES, great))):
            on_progress("bench_memory", f"×{times}", done, 2)
            memory.append({"times": times, **taking_in.alone(file)})
        on_progress("bench_memory", "", 2, 2)
        with session.read(session.engine(taking_in.WORKSPACE)) as connection:
            postgresql = version(connection)
    finally:
        if taking_in.WORKSPACE in workspaces.names():
            workspaces.drop(taking_in.WORKSPACE)
    loads.append(stopwatch.load())
    told = report(seconds, features, memory, missing=[name for name, load in peers.items() if load is None])
    return told | {
        "file": {"features": features, "bytes": package.stat().st_size, "source": source},
        "machine": {
            **stopwatch.here(),
            "postgresql": postgresql,
            "private": read(Ground).database_url is None,
            "load_before": loads[0],
            "load_after": loads[1],
        },
    }


def _turns(
    package: Path, peers: dict[str, loaders.Loader | None], pairs: int, on_progress: Progress
) -> dict[str, list[float]]:
    """Seconds by way, in the order of the rounds."""
    ways = [OURS, *(name for name, load in peers.items() if load)]
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(pairs):
        taking_in.prepare()
        for turn, way in enumerate(ways if number % 2 == 0 else reversed(ways)):
            on_progress("bench_taking_in", way, number * len(ways) + turn, pairs * len(ways))
            load = peers.get(way)
            if load is None:
                began = time.perf_counter()
                taking_in.take_in(package)
                seconds[way].append(time.perf_counter() - began)
            else:
                seconds[way].append(loaders.timed(load, package, taking_in.WORKSPACE))
    on_progress("bench_taking_in", "", pairs * len(ways), pairs * len(ways))
    return seconds
