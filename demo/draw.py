"""The few ways in which recipes draw: unions of plots, areas of a field, belts along lines, zones round places, points in plots.

Every way returns `Features`. It knows the ground and no layer; which layer is drawn how stands in `demo.recipes`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.ops import substring

from demo.fabric import dissolve
from demo.field import Floats, Shapes, above
from demo.ground import Ground, Ints, Mask
from demo.millimetre import MM, on_millimetre
from demo.uses import Words


@dataclass(frozen=True, slots=True)
class Features:
    """rank: place of each feature's class in its class system, strongest first; use: the demo's word for land use, where the class is one;
    coverage: the area in which the layer says anything, None where it speaks for the whole district."""

    shapes: Shapes
    rank: Ints | None = None
    use: Words | None = None
    facts: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    coverage: shapely.Geometry | None = None

    def only(self, kept: NDArray[Any]) -> Features:
        return Features(
            self.shapes[kept],
            None if self.rank is None else self.rank[kept],
            None if self.use is None else self.use[kept],
            {key: values[kept] for key, values in self.facts.items()},
            self.coverage,
        )

    def ranked(self, g: Ground, name: str, shares: Sequence[float]) -> Features:
        """Classes drawn by lot: the k-th with the k-th share."""
        edges = np.cumsum(shares) / np.sum(shares)
        return replace(
            self, rank=np.searchsorted(edges, g.rng(f"rank {name}").random(len(self.shapes)), side="right")
        )

    def within(self, coverage: shapely.Geometry) -> Features:
        """Only what lies in the coverage is kept, whole features."""
        shapely.prepare(coverage)
        return replace(self.only(shapely.covers(coverage, self.shapes)), coverage=coverage)


Recipe = Callable[[Ground], Features]


def exploded(shapes: Shapes, least_m2: float = 1.0) -> tuple[Shapes, Ints]:
    """Single polygons on the millimetre, largest scraps dropped below `least_m2`, with the index of what each was part of."""
    parts, index = shapely.get_parts(on_millimetre(shapes), return_index=True)
    parts, more = shapely.get_parts(parts, return_index=True)
    kept = (shapely.get_type_id(parts) == 3) & (shapely.area(parts) >= least_m2)
    return np.asarray(parts[kept]), index[more][kept]


def within_district(g: Ground, shapes: Shapes, least_m2: float = 1.0, rank: Ints | None = None) -> Features:
    part, index = exploded(shapely.intersection(shapes, g.outline), least_m2)
    return Features(part, None if rank is None else rank[index])


def plots(g: Ground, mask: Mask, use: Words | None = None) -> Features:
    return Features(g.plots[mask], use=None if use is None else use[mask])


def unions(g: Ground, mask: Mask, by: Ints, use: Words | None = None) -> Features:
    """Plots under the mask united by group and use; parts that do not touch stay one feature."""
    chosen = np.flatnonzero(mask)
    if use is None:
        shapes, _ = dissolve(g.plots[chosen], by[chosen])
        return Features(shapes)
    words, number = np.unique(use, return_inverse=True)
    shapes, groups = dissolve(g.plots[chosen], by[chosen] * len(words) + number[chosen])
    return Features(shapes, use=words[groups % len(words)])


def clumps(g: Ground, mask: Mask, apart: Ints | None = None) -> Ints:
    """For each plot the number of its clump: plots under the mask that hang together by edges (and have equal `apart`), -1 elsewhere."""
    a, b = g.fabric.pairs.T
    joined = mask[a] & mask[b]
    if apart is not None:
        joined &= apart[a] == apart[b]
    a, b = a[joined], b[joined]
    label = np.arange(len(mask))
    while True:
        low = np.minimum(label[a], label[b])
        new = label.copy()
        np.minimum.at(new, a, low)
        np.minimum.at(new, b, low)
        new = new[new]
        if np.array_equal(new, label):
            return np.where(mask, label, -1)
        label = new


def clumped(g: Ground, mask: Mask, least_ha: float = 0.0, apart: Ints | None = None) -> Features:
    group = clumps(g, mask, apart)
    shapes, groups = dissolve(g.plots[mask], group[mask])
    kept = shapely.area(shapes) >= least_ha * 1e4
    return Features(shapes[kept], None if apart is None else apart[groups[kept]])


def picked(g: Ground, name: str, mask: Mask, count: float) -> Mask:
    """`count` (times the size's grain) plots drawn from under the mask, as a mask."""
    found = np.flatnonzero(mask)
    many = min(len(found), max(1, round(count * g.size.grain)))
    out = np.zeros(len(mask), dtype=bool)
    out[g.rng(f"pick {name}").choice(found, many, replace=False)] = True
    return out


def areas(g: Ground, values: Floats, level: float, least_ha: float = 2.0) -> Features:
    """Where a field on the coarse grid is above the level, inside the district."""
    return within_district(g, above(g.coarse, values, level), least_ha * 1e4)


def belts(
    g: Ground, lines: Shapes, metres: float | Floats, rank: Ints | None = None, ends: str = "round"
) -> Features:
    """Lines widened by `metres` to each side."""
    return within_district(g, shapely.buffer(lines, metres, quad_segs=6, cap_style=ends), 10.0, rank)


def rings(g: Ground, cores: Shapes, metres: Sequence[float]) -> Features:
    """Each core (rank 0) and the rings round it out to each distance (rank 1, 2, ...), without overlap of one core's zones."""
    out, ranks = [cores], [np.zeros(len(cores), np.int64)]
    inner = cores
    for k, far in enumerate(metres):
        wider = shapely.buffer(cores, far, quad_segs=6)
        out.append(np.asarray(shapely.difference(wider, inner)))
        ranks.append(np.full(len(cores), k + 1, dtype=np.int64))
        inner = wider
    return within_district(g, np.concatenate(out), 10.0, np.concatenate(ranks))


def discs(g: Ground, name: str, mask: Mask, count: float, metres: tuple[float, float]) -> Features:
    """Rough round areas of a radius between two, in plots under the mask."""
    rng = g.rng(f"disc {name}")
    middle = g.middles[picked(g, name, mask, count)]
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    radius = rng.uniform(*metres, len(middle))[:, None] * np.exp(
        sum(
            rng.normal(0, 0.16, (len(middle), 1)) * np.cos(k * turn + rng.uniform(0, 6.28, (len(middle), 1)))
            for k in (1, 2, 3, 4)
        )
    )
    ring = middle[:, None] + np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=-1)
    return within_district(g, shapely.polygons(ring), 10.0)


def spots(g: Ground, name: str, mask: Mask, count: float) -> Features:
    """Points in plots under the mask, no two at the same place, none on a boundary."""
    rng = g.rng(f"spot {name}")
    found = np.flatnonzero(mask)
    chosen = found[np.sort(rng.integers(0, len(found), max(3, round(count * g.size.grain))))]
    return Features(_points_in(g.plots[chosen], g.middles[chosen], rng))


def one_per_community(g: Ground, name: str, mask: Mask, share: float = 1.0) -> Features:
    """At most one point in each community, where it has a plot under the mask."""
    rng = g.rng(f"spot {name}")
    chosen = []
    for community in range(len(g.communities)):
        found = np.flatnonzero(mask & (g.community == community))
        if len(found) and rng.random() < share:
            chosen.append(int(rng.choice(found)))
    return Features(_points_in(g.plots[chosen], g.middles[chosen], rng))


def _points_in(shapes: Shapes, middles: Floats, rng: np.random.Generator) -> Shapes:
    """The inner point of each shape, moved a little where it stays inside."""
    reach = np.sqrt(shapely.area(shapes))[:, None] * 0.3
    moved = np.round((middles + rng.uniform(-1, 1, middles.shape) * reach) / MM) * MM
    stays = shapely.contains_xy(shapes, moved[:, 0], moved[:, 1])
    return np.asarray(shapely.points(np.where(stays[:, None], moved, np.round(middles / MM) * MM)))


def lines(shapes: Shapes, rank: Ints | Sequence[int] | None = None) -> Features:
    return Features(
        np.asarray(shapes, dtype=object), None if rank is None else np.asarray(rank, dtype=np.int64)
    )


def cut_long(shapes: Shapes, metres: float) -> tuple[Shapes, Ints]:
    """Lines cut to stretches of about `metres`, ends rounded to the millimetre, with the index of the line each came from."""
    out, of = [], []
    for k, line in enumerate(shapes):
        count = max(1, round(line.length / metres))
        for i in range(count):
            out.append(substring(line, i / count, (i + 1) / count, normalized=True))
            of.append(k)
    return np.asarray(on_millimetre(np.array(out, dtype=object))), np.array(of, dtype=np.int64)
