"""A check of a site, measured in one go beside what people use today, on the same sites; and every answer compared with GEOS's.

The ways take turns site by site, so that whatever else the machine does falls on all of them alike.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Protocol

from shapely.geometry.base import BaseGeometry

from bench import analyst, reference, stopwatch
from bench.district import District, Progress, recipe
from bench.loading import Loaded
from bench.plain_sql import PlainSql, serving, version
from bench.product import Product, Shared
from db import session
from db.settings import Ground, read

P95_MS = 800.0
LOOP_RATIO = 50.0
MOST_SITES = 150
"""So many have GEOS's answers."""


class Way(Protocol):
    """One way of checking. ``given`` makes a site ready, ``check`` is what the watch sees, ``shared`` reads the answer."""

    name: str

    def given(self, site: BaseGeometry) -> Any: ...

    def check(self, given: Any) -> Any: ...

    def shared(self, answer: Any) -> Shared: ...

    def processes(self) -> Sequence[int]: ...


@dataclass(slots=True)
class Taken:
    """What one way did, by number of the site."""

    wall: dict[int, float] = field(default_factory=dict)
    cpu: dict[int, float] = field(default_factory=dict)
    shared: dict[int, Shared] = field(default_factory=dict)

    def add(self, number: int, way: Way, site: BaseGeometry) -> None:
        given = way.given(site)
        processes = [os.getpid(), *way.processes()]
        used = stopwatch.cpu_seconds(processes)
        began = time.perf_counter()
        answer = way.check(given)
        self.wall[number] = time.perf_counter() - began
        now = stopwatch.cpu_seconds(processes)
        if used is not None and now is not None:
            self.cpu[number] = now - used
        self.shared[number] = way.shared(answer)

    def plain(self) -> dict[str, Any]:
        cpu = {"cpu_p50_ms": round(median(self.cpu.values()) * 1000, 1)} if len(self.cpu) == len(self.wall) else {}
        return {"sites": len(self.wall), **stopwatch.spread(list(self.wall.values())), **cpu}


def run(
    district: District,
    loaded: Loaded,
    address: str,
    server: int,
    *,
    sites: int,
    loop_sites: int,
    on_progress: Progress,
) -> dict[str, Any]:
    """The report, as JSON. ``server``: process that answers at ``address``."""
    shapes = district.sites(0, sites)
    kinds = {layer.number: layer.kind for layer in district.layers}
    expected = reference.read(recipe() / "reference.parquet", kinds)
    loads = [stopwatch.load()]
    package = analyst.written(district, on_progress) if loop_sites else None
    with session.read(loaded.engine) as connection:
        backends = serving(connection) if read(Ground).database_url is None else []
        postgres = version(connection)
    product = Product(address, lambda: [server, *backends])
    plain = PlainSql(loaded.engine, sorted(loaded.editions.values()))
    ours, theirs = Taken(), Taken()
    beside, loop = Taken(), Taken()
    try:
        for number, shape in enumerate(shapes):
            on_progress("bench_warming", "", number, sites)
            product.check(product.given(shape))
        with session.read(loaded.engine) as connection:
            backends[:] = serving(connection) if backends else []
        for number, shape in enumerate(shapes):
            on_progress("bench_checking", "", number, sites)
            turns: list[tuple[Taken, Way]] = [(ours, product), (theirs, plain)]
            for taken, way in turns if number % 2 else turns[::-1]:
                taken.add(number, way, shape)
        on_progress("bench_checking", "", sites, sites)
        if package is not None:
            person = analyst.Analyst(package, {layer.code: layer.kind for layer in district.layers})
            _loop(beside, product, loop, person, shapes, loop_sites, on_progress)
    finally:
        product.close()
        plain.close()
    loads.append(stopwatch.load())
    taken = {product.name: ours, plain.name: theirs, **({analyst.Analyst.name: loop} if package else {})}
    return _report(taken, {plain.name: ours, analyst.Analyst.name: beside}, expected, loaded, loads, postgres)


def _loop(
    beside: Taken, product: Product, loop: Taken, person: Way, shapes: Any, count: int, on_progress: Progress
) -> None:
    """The analyst's turns, on sites spread evenly, the product's beside each; one turn before them warms the file up."""
    chosen = [number * len(shapes) // count for number in range(count)]
    on_progress("bench_loop", "", 0, count + 1)
    person.check(person.given(shapes[-1]))
    for done, number in enumerate(chosen, 1):
        on_progress("bench_loop", "", done, count + 1)
        beside.add(number, product, shapes[number])
        loop.add(number, person, shapes[number])
    on_progress("bench_loop", "", count + 1, count + 1)


def _report(
    taken: dict[str, Taken],
    ours: dict[str, Taken],
    expected: reference.Pairs,
    loaded: Loaded,
    loads: list[float],
    postgres: str,
) -> dict[str, Any]:
    product = next(iter(taken))
    found = {name: _agreement(each, expected) for name, each in taken.items()}
    ways = {name: {**each.plain(), **found[name].plain()} for name, each in taken.items()}
    ratios = {name: _ratio(each, ours[name]) for name, each in taken.items() if name != product}
    p95 = ways[product]["p95_ms"]
    of_loop = ratios.get(analyst.Analyst.name, {}).get("of_medians")
    return {
        "sites": len(taken[product].wall),
        "layers": len(loaded.editions),
        "pairs": found[product].pairs,
        "agree": all(each.agree for each in found.values()),
        "worst": found[product].worst,
        "ways": ways,
        "ratios": ratios,
        "targets": {
            "p95_ms": {"limit": P95_MS, "value": p95, "reached": p95 <= P95_MS},
            "loop_ratio": {
                "limit": LOOP_RATIO,
                "value": of_loop,
                "reached": None if of_loop is None else of_loop >= LOOP_RATIO,
            },
        },
        "machine": {**stopwatch.here(), "postgresql": postgres, "load_before": loads[0], "load_after": loads[1]},
        "load": {
            "features": loaded.features,
            "seconds": None if loaded.seconds is None else round(loaded.seconds["whole"], 1),
            "of_which": None if loaded.seconds is None else {k: round(v, 1) for k, v in loaded.seconds.items()},
        },
    }


def _agreement(taken: Taken, expected: reference.Pairs) -> reference.Agreement:
    return reference.compare(reference.gathered(taken.shared), expected.of(taken.shared))


def _ratio(peer: Taken, product: Taken) -> dict[str, Any]:
    """How many times the product's time the peer took, on the same sites: pair by pair, and the medians."""
    pairs = [peer.wall[number] / product.wall[number] for number in peer.wall]
    same = [product.wall[number] for number in peer.wall]
    told = {
        "sites": len(pairs),
        "min": round(min(pairs), 2),
        "median": round(median(pairs), 2),
        "max": round(max(pairs), 2),
        "of_medians": round(median(peer.wall.values()) / median(same), 2),
    }
    if set(peer.cpu) == set(peer.wall) <= set(product.cpu):
        told["cpu_of_medians"] = round(
            median(peer.cpu.values()) / median(product.cpu[number] for number in peer.cpu), 2
        )
    return told
