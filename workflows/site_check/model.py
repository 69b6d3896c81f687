"""What a check says: the state of every layer at a site, put together from measures and coverages. Pure.

Four states: hit, clear, no data, failed. Silence is never clearance: a layer is clear only where an edition that speaks for the whole
site was measured and shares nothing with it. What follows from it is for rules to say (``judge``, ``verdict``); what of an answer is kept
and compared stands in ``record``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gis.overlay import Hit, Measured
from layers.codes import ClassEntry, ClassSystem
from workflows.site_check.judging.silence import WHOLE

State = Literal["hit", "clear", "no data", "failed"]
STATES: tuple[State, ...] = ("hit", "clear", "no data", "failed")


TOLD = (
    *(
        "code",
        "name",
        "name_en",
        "theme",
        "kind",
        "department",
        "origin",
        "grade",
        "coarse",
        "edition",
        "status",
    ),
    *("valid_from", "class_system", "tolerance_m"),
)
"""What an answer repeats of a layer, so that it can be read, and measured again, without the catalogue of its day."""


@dataclass(frozen=True, slots=True)
class Cells:
    """What a raster says at the site: share of the site with cells that hold a value, and of those that say something."""

    share: float
    said: float
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything measured at one site, by edition or coverage. ``covered``: m2 of the site by coverage id; ``set_aside``: by edition, rows
    that could not be published and may lie here, and rows that nobody can place; ``systems``: class systems by code.
    """

    site_area: float
    measured: Measured
    covered: Mapping[int, float]
    cells: Mapping[int, Cells]
    set_aside: Mapping[int, tuple[int, int]]
    systems: Mapping[str, ClassSystem]


def answer_layers(layers: Iterable[Mapping[str, Any]], found: Findings) -> list[dict[str, Any]]:
    """One answer per layer, in the order given."""
    by_edition: dict[int, list[Hit]] = defaultdict(list)
    for hit in found.measured.hits:
        by_edition[hit.edition].append(hit)
    return [_layer(layer, by_edition.get(layer["edition"], []), found) for layer in layers]


def _layer(layer: Mapping[str, Any], hits: Sequence[Hit], found: Findings) -> dict[str, Any]:
    edition, raster = layer["edition"], found.cells.get(layer["edition"])
    footprint = found.measured.footprints.get(edition) if hits else None
    if raster is not None and raster.said > 0:
        footprint = raster.said * found.site_area
    here, unplaced = found.set_aside.get(edition, (0, 0))
    covered_share = _covered_share(layer, raster, found)
    state, reason = _state(layer, bool(hits), raster, covered_share, found.measured.failed.get(edition), here)
    length = sum(hit.length for hit in hits if hit.length is not None)
    system = found.systems.get(layer["class_system"] or "")
    return {
        **{key: layer[key] for key in TOLD},
        "valid_from": None if layer["valid_from"] is None else str(layer["valid_from"]),
        "state": state,
        "reason": reason,
        "area_m2": footprint,
        "share": None if footprint is None else _share(footprint, found.site_area),
        "covered_share": covered_share,
        "set_aside": {"here": here, "unplaced": unplaced},
        "length_m": length if any(hit.length is not None for hit in hits) else None,
        "count": len(hits),
        "values": None if raster is None else raster.values,
        "class_names": _class_names(hits, {} if system is None else system.classes),
        "hits": [
            _hit(hit, found.site_area, layer["tolerance_m"] or 0.0) for hit in sorted(hits, key=_by_weight)
        ],
    }


def _covered_share(layer: Mapping[str, Any], raster: Cells | None, found: Findings) -> float | None:
    if raster is not None:
        return raster.share
    covered = found.covered.get(layer["coverage_id"])
    return None if covered is None else _share(covered, found.site_area)


def _state(
    layer: Mapping[str, Any],
    any_hit: bool,
    raster: Cells | None,
    covered_share: float | None,
    failure: str | None,
    set_aside_here: int,
) -> tuple[State, dict[str, Any] | None]:
    if failure is not None:
        return "failed", {"code": "geometry_failed", "params": {"detail": failure}}
    if layer["edition"] is None:
        first = layer.get("first_valid_from")
        if first is not None:
            return "no data", {"code": "no_edition_on_day", "params": {"first": str(first)}}
        return "no data", {"code": "no_edition", "params": {}}
    if any_hit or (raster is not None and raster.said > 0):
        return "hit", None
    if set_aside_here:
        return "no data", {"code": "set_aside_here", "params": {"count": set_aside_here}}
    if covered_share is None:
        return "no data", {"code": "nobody_vouches", "params": {}}
    if covered_share >= WHOLE:
        return "clear", None
    if covered_share > 0:
        return "no data", {
            "code": "partly_covered",
            "params": {"clear_share": covered_share, "no_data_share": 1.0 - covered_share},
        }
    return "no data", {"code": "outside_coverage", "params": {}}


def _hit(hit: Hit, site_area: float, tolerance: float) -> dict[str, Any]:
    return {
        "id": hit.id,
        "ident": hit.ident,
        "name": hit.name,
        "class": hit.cls,
        "area_m2": hit.area,
        "share": None if hit.area is None else _share(hit.area, site_area),
        "length_m": hit.length,
        "count": 1,
        "edition": hit.edition,
        "sliver": _is_sliver(hit, site_area, tolerance),
    }


def _is_sliver(hit: Hit, site_area: float, tolerance: float) -> bool:
    """Whether what is shared is thinner than the layer's boundaries are true. What covers the whole site is no scrap at its edge."""
    if hit.area is None or not hit.perimeter or hit.area >= WHOLE * site_area:
        return False
    return 2.0 * hit.area / hit.perimeter < tolerance


def _class_names(hits: Sequence[Hit], classes: Mapping[str, ClassEntry]) -> dict[str, dict[str, str]]:
    """What the class codes among the hits are called: {code: {zh, en}}, where the layer's class system knows them."""
    told = {hit.cls for hit in hits if hit.cls is not None and hit.cls in classes}
    return {code: {"zh": classes[code].zh, "en": classes[code].en} for code in sorted(told)}


def _by_weight(hit: Hit) -> tuple[float, float, int]:
    return (-(hit.area or 0.0), -(hit.length or 0.0), hit.id)


def _share(area: float, of: float) -> float:
    """Never above the whole."""
    share = area / of
    return 1.0 if share >= WHOLE else share


def summary(layers: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    counted = Counter(layer["state"] for layer in layers)
    return {state: counted.get(state, 0) for state in STATES}
