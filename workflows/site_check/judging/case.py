"""All that rules are judged by: the layers' answers, what was measured beyond them, the proposal; and the amount that comes of it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from layers.codes import ClassSystem
from workflows.site_check.judging.proposal import Proposal
from workflows.site_check.judging.silence import Why

Hit = Mapping[str, Any]
Layer = Mapping[str, Any]
MOST_FEATURES = 20


@dataclass(frozen=True, slots=True)
class Nearest:
    """The nearest feature within the distance that was asked about."""

    id: int
    ident: str | None
    name: str | None
    cls: str | None
    metres: float

    def told(self) -> dict[str, Any]:
        known = {"id": self.id, "ident": self.ident, "name": self.name, "class": self.cls}
        return {**known, "metres": self.metres}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Within a distance of the site: the nearest feature, the nearest of those whose class nobody can read, the share of the ground that
    the layer speaks for (None: nobody vouches), and how many rows that were set aside may lie there.
    """

    nearest: Nearest | None
    doubtful: Nearest | None
    covered: float | None
    set_aside: int


@dataclass(frozen=True, slots=True)
class Ground:
    """What the cells of a raster say: the share of the site's cells that hold a value, the highest, and the share above a level."""

    held: float
    most: float | None
    share_above: Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured for the rules beyond the layers' answers: ``united`` (m2) and ``around`` by rule code, ``attributes`` by layer code
    and feature id, ``rasters`` by layer code.
    """

    united: Mapping[str, float] = field(default_factory=dict)
    around: Mapping[str, Surroundings] = field(default_factory=dict)
    attributes: Mapping[tuple[str, int], Mapping[str, Any]] = field(default_factory=dict)
    rasters: Mapping[str, Ground] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """All that rules are judged by. ``layers``: the answers by layer code; ``class_systems``: the system a layer's classes are of, by layer
    code; ``judge_use(table, system, planned class, intended use)``: an answer with result, via, crosswalk, why; ``ranks``: place of a rule in its book.
    """

    site_area: float
    layers: Mapping[str, Layer]
    proposal: Proposal
    measures: Measures
    systems: Mapping[str, ClassSystem]
    class_systems: Mapping[str, str | None]
    judge_use: Callable[[str, str, str, str], Any]
    ranks: Mapping[str, int] = field(default_factory=dict)

    def system_of(self, layer: str) -> ClassSystem | None:
        return self.systems.get(self.class_systems.get(layer) or "")


@dataclass(slots=True)
class Amount:
    """[low, high] in the measure's own unit; None: not known at all, or without bound. ``limit``: a feature's own, where that is the limit."""

    low: float | None
    high: float | None
    why: list[Why] = field(default_factory=list)
    features: list[dict[str, Any]] = field(default_factory=list)
    limit: float | None = None
    nearest: Nearest | None = None
    sliver: bool = False
    use: list[dict[str, Any]] | None = None


def features_of(
    hits: Sequence[Hit], values: Mapping[int, float | None] | None = None
) -> list[dict[str, Any]]:
    """The features that made an amount, the largest first, each with its own value where it is one that counts."""
    return [
        {
            **{key: hit[key] for key in ("id", "ident", "name", "class")},
            "value": None if values is None else values.get(hit["id"]),
        }
        for hit in hits[:MOST_FEATURES]
    ]


def sliver_of(layer: Layer) -> Why:
    """Two boundaries that differ by less than either was drawn to: what they share may be nothing."""
    return {"code": "sliver", "params": {"tolerance_m": layer["tolerance_m"]}}
