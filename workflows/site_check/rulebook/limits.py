"""The text of a limit into a number with its unit: "over 0 m2", "under 50 m", "over XG m"; "25 degree" for a cell's own. Pure.

The unit is obligatory: a limit without one would be read by each reader in his own.
"""

from __future__ import annotations

import re
from typing import cast

from layers.model import Layer
from layers.stanza import Fields
from layers.strict_yaml import told
from workflows.site_check.rulebook.rule import FIGURE_UNITS, OPS, UNITS, Above, Figure, Limit, Measure, Op

_LIMIT = re.compile(
    r"(?P<op>over|at least|under|at most)\s+(?P<than>-?\d+(?:\.\d+)?|[^\W\d]\w{0,62})(?:\s+(?P<unit>\S{1,20}))?"
)
_ABOVE = re.compile(r"(?P<value>-?\d+(?:\.\d+)?)(?:\s+(?P<unit>\S{1,20}))?")


def limit_of(taken: Fields, measure: Measure, figure: Figure | None) -> Limit:
    if measure == "use" and not taken.has("limit"):
        return Limit("over", 0.0, None, "m2")
    text = taken.text("limit")
    expected = "over|at least|under|at most NUMBER UNIT"
    found = _LIMIT.fullmatch(text)
    if found is None:
        raise taken.error("not_allowed", "limit", expected, told(text))
    units = UNITS.get(measure) if figure is None or measure == "distance" else FIGURE_UNITS[figure]
    if found["unit"] is None:
        raise taken.error("no_unit", "limit", "|".join(units) if units else "a unit", told(text))
    if units is not None and found["unit"] not in units:
        raise taken.error("not_allowed", "limit", "|".join(units), told(found["unit"]))
    op = cast(Op, found["op"])
    assert op in OPS
    if measure == "distance":
        if op in ("over", "at least"):
            raise taken.error("not_allowed", "limit", "under|at most", told(text))
        if not _is_number(found["than"]):
            raise taken.error("not_allowed", "limit", expected, told(text))
    if measure == "use" and op in ("under", "at most"):
        raise taken.error("not_allowed", "limit", "over|at least", told(text))
    if _is_number(found["than"]):
        value = float(found["than"]) * (units[found["unit"]] if units else 1.0)
        return Limit(op, value, None, found["unit"])
    if measure != "comparison":
        raise taken.error("not_allowed", "limit", expected, told(text))
    return Limit(op, None, found["than"], found["unit"])


def _is_number(text: str) -> bool:
    return text.lstrip("-")[:1].isdigit()


def above_of(taken: Fields, layer: Layer) -> Above:
    text = taken.text("above")
    found = _ABOVE.fullmatch(text)
    unit = layer.raster.unit if layer.raster else ""
    if found is None:
        raise taken.error("not_allowed", "above", f"NUMBER {unit}", told(text))
    if found["unit"] is None:
        raise taken.error("no_unit", "above", unit, told(text))
    if found["unit"] != unit:
        raise taken.error("mismatch", "above", unit, told(found["unit"]))
    return Above(float(found["value"]), unit)
