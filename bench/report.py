"""What the turns say when they are put together: times, ratios, agreement with GEOS, targets reached or missed. As JSON; pure."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Any

from bench import reference, stopwatch
from bench.turns import Taken

P95_MS = 800.0
LOOP_RATIO = 50.0


def way(taken: Taken, found: reference.Agreement) -> dict[str, Any]:
    told = {"sites": len(taken.wall), **stopwatch.spread(list(taken.wall.values()))}
    if taken.wall.keys() == taken.cpu.keys():
        told |= {f"cpu_{key}": value for key, value in stopwatch.spread(list(taken.cpu.values())).items()}
    return {**told, **found.plain()}


def ratio(peer: Taken, product: Taken) -> dict[str, Any]:
    """How many times the product's time the peer took, on the same sites: pair by pair, and of the medians."""
    pairs = [peer.wall[number] / product.wall[number] for number in peer.wall]
    told = {
        "sites": len(pairs),
        "min": round(min(pairs), 2),
        "median": round(median(pairs), 2),
        "max": round(max(pairs), 2),
        "of_medians": round(_of_medians(peer.wall, product.wall), 2),
    }
    if peer.wall.keys() == peer.cpu.keys() <= product.cpu.keys():
        told["cpu_of_medians"] = round(_of_medians(peer.cpu, product.cpu), 2)
    return told


def targets(p95_ms: float, of_loop: float | None) -> dict[str, Any]:
    """``of_loop``: the loop's ratio; None where it was not measured, and then nothing is said to be reached."""
    return {
        "p95_ms": {"limit": P95_MS, "value": p95_ms, "reached": p95_ms <= P95_MS},
        "loop_ratio": {
            "limit": LOOP_RATIO,
            "value": of_loop,
            "reached": None if of_loop is None else of_loop >= LOOP_RATIO,
        },
    }


def report(
    product: str,
    taken: Mapping[str, Taken],
    beside: Mapping[str, Taken],
    expected: reference.Pairs,
    loop: str,
) -> dict[str, Any]:
    """``product``: whose answers are ours among ``taken``. ``beside``: the product's turns that a peer is measured against."""
    found = {
        name: reference.compare(reference.gathered(each.shared), expected.of(each.shared))
        for name, each in taken.items()
    }
    ways = {name: way(each, found[name]) for name, each in taken.items()}
    ratios = {name: ratio(taken[name], ours) for name, ours in beside.items()}
    return {
        "sites": ways[product]["sites"],
        "pairs": found[product].pairs,
        "agree": all(each.agree for each in found.values()),
        "worst": found[product].worst,
        "ways": ways,
        "ratios": ratios,
        "targets": targets(ways[product]["p95_ms"], ratios[loop]["of_medians"] if loop in ratios else None),
    }


def _of_medians(peer: Mapping[int, float], product: Mapping[int, float]) -> float:
    return median(peer.values()) / median(product[number] for number in peer)
