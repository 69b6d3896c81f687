"""Whether an answer is right: every pair of site and feature beside what GEOS says of it. Pure but for reading GEOS's answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

RELATIVE = 1e-6
ABSOLUTE = 1e-6  # m2, or m of lines
PER_LAYER = 1_000_000
"""gid = number of the layer * PER_LAYER + row."""
_PER_SITE = 1_000_000_000
_PRESENT = 1.0


@dataclass(frozen=True, slots=True)
class Pairs:
    """site, gid and size in step: m2 of polygons, m of lines, 1 for points."""

    site: NDArray[np.int64]
    gid: NDArray[np.int64]
    size: NDArray[np.float64]

    def of(self, sites: Iterable[int]) -> Pairs:
        """Those of these sites."""
        wanted = np.isin(self.site, list(sites))
        return Pairs(self.site[wanted], self.gid[wanted], self.size[wanted])


def gathered(by_site: Mapping[int, Sequence[tuple[int, float]]]) -> Pairs:
    """From (gid, size) of every site."""
    rows = [(site, gid, size) for site, pairs in by_site.items() for gid, size in pairs]
    columns = np.array(rows, dtype=np.float64).reshape(-1, 3)  # gids are below 2^53
    return Pairs(columns[:, 0].astype(np.int64), columns[:, 1].astype(np.int64), columns[:, 2])


def read(path: Path, kinds: Mapping[int, str]) -> Pairs:
    """GEOS's pairs. ``kinds``: by number of the layer."""
    table = pq.read_table(path)
    site, gid = table["site"].to_numpy().astype(np.int64), table["gid"].to_numpy().astype(np.int64)
    area, length = table["area_m2"].to_numpy(), table["length_m"].to_numpy()
    kind = np.array([kinds[number] for number in range(max(kinds) + 1)])[gid // PER_LAYER]
    size = np.select([kind == "polygon", kind == "line"], [area, length], _PRESENT)
    return Pairs(site, gid, size)


@dataclass(frozen=True, slots=True)
class Agreement:
    """``off``: pairs beyond the tolerance. ``worst``: the pair that comes nearest to it or exceeds it most."""

    pairs: int
    off: int
    worst: dict[str, Any] | None

    @property
    def agree(self) -> bool:
        return self.off == 0

    def plain(self) -> dict[str, Any]:
        return {"pairs": self.pairs, "agree": self.agree, "off": self.off, "worst": self.worst}


def compare(said: Pairs, reference: Pairs) -> Agreement:
    """A pair that one side lacks has size 0 there. ``pairs`` counts those of the reference."""
    named, at = np.unique(np.concatenate([_key(reference), _key(said)]), return_inverse=True)
    expected, got = np.zeros(len(named)), np.zeros(len(named))
    n = len(reference.site)
    np.add.at(expected, at[:n], reference.size)
    np.add.at(got, at[n:], said.size)  # a pair told twice is told wrong
    # Written so that NaN is off.
    deviation = np.abs(got - expected)
    allowed = RELATIVE * np.abs(expected) + ABSOLUTE
    off = ~(deviation <= allowed)
    if not len(named):
        return Agreement(0, 0, None)
    first = int(np.argmax(np.nan_to_num(deviation / allowed, nan=np.inf)))
    return Agreement(
        n,
        int(off.sum()),
        {
            "site": int(named[first] // _PER_SITE),
            "gid": int(named[first] % _PER_SITE),
            "reference": float(expected[first]),
            "answer": float(got[first]),
            "deviation": float(deviation[first]),
            "of_tolerance": float(deviation[first] / allowed[first]),
        },
    )


def _key(pairs: Pairs) -> NDArray[np.int64]:
    return pairs.site * _PER_SITE + pairs.gid
