"""What the turns of ``bench intake`` say when they are put together: seconds, ratios, memory, the target reached or missed. As JSON; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

OURS = "hetu"
PEER = "geopandas_to_postgis"
RATIO = 2.0
"""How many times as fast as geopandas it has to be."""
FLAT = 1.25
"""Memory counts as flat where a file several times as large takes no more than so many times as much."""


def report(
    seconds: Mapping[str, Sequence[float]],
    features: int,
    memory: Sequence[Mapping[str, Any]],
    missing: Sequence[str] = (),
) -> dict[str, Any]:
    """``seconds``: by way, of each round; ``memory``: of the file and of the one some times as large; ``missing``: peers not installed."""
    ratios = {name: ratio(taken, seconds[OURS]) for name, taken in seconds.items() if name != OURS}
    value = ratios[PEER]["median"]
    return {
        "pairs": len(seconds[OURS]),
        "ways": {name: way(taken, features) for name, taken in seconds.items()},
        "ratios": ratios,
        "missing": list(missing),
        "memory": [dict(one) for one in memory],
        "flat": flat(memory),
        "targets": {"intake_ratio": {"limit": RATIO, "value": value, "reached": value >= RATIO}},
    }


def way(taken: Sequence[float], features: int) -> dict[str, Any]:
    middle = median(taken)
    return {
        "median_s": round(middle, 2),
        "min_s": round(min(taken), 2),
        "max_s": round(max(taken), 2),
        "features_per_s": round(features / middle),
    }


def ratio(peer: Sequence[float], ours: Sequence[float]) -> dict[str, float]:
    """How many times our time the peer took, pair by pair."""
    pairs = [theirs / mine for theirs, mine in zip(peer, ours, strict=True)]
    return {"median": round(median(pairs), 2), "min": round(min(pairs), 2), "max": round(max(pairs), 2)}


def flat(memory: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How many times as much memory the larger file took, of each process, and whether that is flat."""
    small, great = memory[0], memory[-1]
    grown = {
        who: round(great[f"{who}_bytes"] / max(small[f"{who}_bytes"], 1), 2) for who in ("own", "sandbox")
    }
    return {**grown, "limit": FLAT, "reached": max(grown.values()) <= FLAT}
