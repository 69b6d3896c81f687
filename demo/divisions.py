"""Subdistricts and communities: faces of the street net grown together round centres until every face belongs to one of each."""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

from demo.field import Floats


def grow(
    middles: Floats, weight: Floats, pairs: NDArray[np.int64], seeds: NDArray[np.int64]
) -> NDArray[np.int64]:
    """For each of n faces the number of its group: the lightest group takes the nearest face beside it, again and again.

    middles: (n, 2); weight: (n,) what a face adds to its group; pairs: (m, 2) faces that touch; seeds: the first face of each group.
    """
    beside: list[list[int]] = [[] for _ in range(len(middles))]
    for a, b in pairs.tolist():
        beside[a].append(b)
        beside[b].append(a)
    group = np.full(len(middles), -1, dtype=np.int64)
    group[seeds] = np.arange(len(seeds))
    reach: list[list[tuple[float, int]]] = [[] for _ in seeds]
    turn = [(float(weight[s]), k) for k, s in enumerate(seeds)]
    heapq.heapify(turn)

    def offer(k: int, face: int) -> None:
        for other in beside[face]:
            if group[other] < 0:
                gap = float(np.hypot(*(middles[other] - middles[seeds[k]])))
                heapq.heappush(reach[k], (gap, other))

    for k, s in enumerate(seeds.tolist()):
        offer(k, s)
    while turn:
        load, k = heapq.heappop(turn)
        while reach[k]:
            _, face = heapq.heappop(reach[k])
            if group[face] < 0:
                group[face] = k
                offer(k, face)
                heapq.heappush(turn, (load + float(weight[face]), k))
                break
    return group


def spread_seeds(middles: Floats, weight: Floats, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Faces to start from: drawn by weight, each far from those before it (the best of a few drawn)."""
    chosen = [int(np.argmax(weight))]
    gap = np.hypot(*(middles - middles[chosen[0]]).T)
    odds = weight / weight.sum()
    while len(chosen) < count:
        draw = rng.choice(len(middles), 14, p=odds)
        best = int(draw[np.argmax(gap[draw])])
        if gap[best] > 0:
            chosen.append(best)
            gap = np.minimum(gap, np.hypot(*(middles - middles[best]).T))
    return np.array(chosen, dtype=np.int64)
