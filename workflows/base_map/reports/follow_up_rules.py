"""What a layer's borders have to obey, and whether anything is left to be looked at once it is published. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gis.inspection import Severity
from layers.model import Layer, Topology

PROVED_BELOW = 2
"""Fewer features than this do nothing to each other."""


@dataclass(frozen=True, slots=True)
class Rule:
    """``topology``: what the stanza says; ``severity`` of a breach of it; ``before``: a breach keeps the layer from being published."""

    topology: Topology
    severity: Severity
    before: bool
    tolerance_m: float

    @property
    def gapless(self) -> bool:
        return self.topology == "no_overlaps_no_gaps"


def of(stanza: Layer | None, kind: str) -> Rule:
    """Of a layer that the catalogue does not know nobody says whether its areas may overlap: overlaps are told, and told as a warning."""
    if kind != "polygon":
        return Rule("none", "error", False, 1.0)
    if stanza is None:
        return Rule("no_overlaps", "warning", False, 1.0)
    return Rule(stanza.topology, "error", stanza.topology_when == "before", stanza.tolerance_m)


def begun(rule: Rule, kind: str, disjoint: bool | None, features: int) -> dict[str, Any]:
    """The follow-up of a layer as it begins: ``waiting``, or what is known already."""
    if kind != "polygon" or features < PROVED_BELOW:
        return {"state": "not_needed"}
    if disjoint and rule.topology == "none":
        return {"state": "not_needed"}
    if disjoint and not rule.gapless:
        return {
            "state": "done",
            "overlaps": 0,
            "overlap_m2": 0.0,
            "gaps": None,
            "gap_m2": None,
            "disjoint": True,
        }
    return {"state": "waiting"}
