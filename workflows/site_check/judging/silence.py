"""Where a layer is silent at a site: how much of it, and why. Pure.

A layer speaks where its edition covers the site, nothing of it was set aside there and nothing failed. Everything else could hold anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Why = dict[str, Any]

WHOLE = 1.0 - 1e-9
"""A share from here on is the whole: areas of one shape computed in two ways differ in the last digits."""


@dataclass(frozen=True, slots=True)
class Silence:
    """``share`` of the site of which nothing is known; ``whole``: the layer says nothing anywhere near."""

    share: float
    whole: bool
    why: tuple[Why, ...]


def silence_of(layer: Mapping[str, Any]) -> Silence:
    """Of a layer's answer (``model.answer_layers``)."""
    reason, covered = layer["reason"], layer["covered_share"]
    if layer["state"] == "failed" or layer["edition"] is None:
        return Silence(1.0, True, (reason,))
    if layer["set_aside"]["here"]:
        return Silence(
            1.0, False, ({"code": "set_aside_here", "params": {"count": layer["set_aside"]["here"]}},)
        )
    if covered is None:
        return Silence(1.0, True, ({"code": "nobody_vouches", "params": {}},))
    if covered >= WHOLE:
        return Silence(0.0, False, ())
    if covered == 0:
        return Silence(1.0, False, ({"code": "outside_coverage", "params": {}},))
    shares = {"clear_share": covered, "no_data_share": 1.0 - covered}
    return Silence(1.0 - covered, False, ({"code": "partly_covered", "params": shares},))
