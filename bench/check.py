"""A check of a site, measured in one go beside what people use today, on the same sites; and every answer compared with GEOS's.

The ways take turns site by site, so that whatever else the machine does falls on all of them alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bench import reference, stopwatch
from bench.analyst import LOOP, analysts
from bench.district import District, Progress, recipe
from bench.loading import Loaded
from bench.plain_sql import PlainSql, serving, version
from bench.product import Product
from bench.report import report
from bench.turns import Taken, Way
from db import session
from db.settings import Ground, read


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
    """The report, as JSON. ``server``: the process that answers at ``address``; ``loop_sites``: how many the analyst does too."""
    shapes = district.sites(0, sites)
    kinds = {layer.number: layer.kind for layer in district.layers}
    expected = reference.read(recipe() / "reference.parquet", kinds)
    people = analysts(district, on_progress) if loop_sites else []
    loads = [stopwatch.load()]
    here = read(Ground).database_url is None
    processes = [server]
    product = Product(address, lambda: processes)
    plain = PlainSql(loaded.engine, sorted(loaded.editions.values()), here=here)
    try:
        for number, shape in enumerate(shapes):
            on_progress("bench_warming", "", number, sites)
            product.check(product.given(shape))
        if here:  # the server's connections stand only now
            with session.read(loaded.engine) as connection:
                processes += serving(connection)
        ours, theirs = _turns(enumerate(shapes), [product, plain], on_progress, "bench_checking", sites)
        chosen = [each * sites // loop_sites for each in range(loop_sites)]
        for person in people:  # once before the watch runs, as for the others
            on_progress("bench_loop", "", 0, loop_sites)
            person.check(person.given(shapes[-1]))
        beside, *loops = _turns(
            ((number, shapes[number]) for number in chosen),
            [product, *people], on_progress, "bench_loop", loop_sites,
        )  # fmt: skip
    finally:
        product.close()
        plain.close()
    loads.append(stopwatch.load())
    walked = {person.name: taken for person, taken in zip(people, loops, strict=True)}
    told = report(
        product.name,
        {product.name: ours, plain.name: theirs, **walked},
        {plain.name: ours, **dict.fromkeys(walked, beside)},
        expected,
        LOOP,
    )
    return told | {"layers": len(loaded.editions), "machine": _machine(loaded, loads), "load": _load(loaded)}


def _turns(
    sites: Iterable[tuple[int, Any]], ways: Sequence[Way], on_progress: Progress, phase: str, total: int
) -> list[Taken]:
    """What each way did; who begins changes from site to site, for the second finds the pages already read."""
    taken = [Taken() for _ in ways]
    for done, (number, shape) in enumerate(sites):
        on_progress(phase, "", done, total)
        turns = list(zip(taken, ways, strict=True))
        for each, way in turns if done % 2 else reversed(turns):
            each.turn(number, way, shape)
    if total:
        on_progress(phase, "", total, total)
    return taken


def _machine(loaded: Loaded, loads: list[float]) -> dict[str, Any]:
    with session.read(loaded.engine) as connection:
        postgresql = version(connection)
    return {**stopwatch.here(), "postgresql": postgresql, "load_before": loads[0], "load_after": loads[1]}


def _load(loaded: Loaded) -> dict[str, Any]:
    steps = (
        None if loaded.seconds is None else {step: round(took, 1) for step, took in loaded.seconds.items()}
    )
    return {"features": loaded.features, "seconds": steps["whole"] if steps else None, "of_which": steps}
