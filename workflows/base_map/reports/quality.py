"""How good a delivered layer is, 0 to 100, each part of the score with its share and its points. Pure: a report in, a score out.

A part that cannot be judged (no classes asked for, topology not looked at yet) is left out, and the others weigh more for it; no part is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WEIGHTS: Mapping[str, int] = {
    "validity": 30,
    "topology": 20,
    "idents": 10,
    "classes": 10,
    "drawing": 10,
    "placement": 10,
    "types": 5,
    "area": 5,
}
"""validity: rows usable as they came; topology: features without overlap or gap; idents, classes: features that have theirs, once and known;
drawing: features that are no duplicate, sliver or spike; placement: features within the district; types: values of their column's kind; area: declared
areas that agree.
"""


def scored(report: Mapping[str, Any]) -> dict[str, Any] | None:
    """``{"score", "parts": [{"code", "weight", "share", "points"}]}`` of a report; None where nothing was read that could be judged. Weights and
    points are of 100, whatever was left out.
    """
    shares = _shares(report)
    if not shares:
        return None
    whole = sum(WEIGHTS[code] for code in shares)
    parts = []
    for code in (code for code in WEIGHTS if code in shares):
        weight = 100 * WEIGHTS[code] / whole
        share = min(max(shares[code], 0.0), 1.0)
        parts.append(
            {
                "code": code,
                "weight": round(weight, 2),
                "share": round(share, 6),
                "points": round(weight * share, 2),
            }
        )
    exact = sum(WEIGHTS[code] * min(max(share, 0.0), 1.0) for code, share in shares.items())
    return {"score": round(100 * exact / whole, 1), "parts": parts}


def _shares(report: Mapping[str, Any]) -> dict[str, float]:
    counts, judged = report["counts"], report["judged"]
    faults = {each["code"]: each["count"] for each in report["faults"]}
    read, published = counts["read"], counts["published"]
    if not read or report["kind"] == "raster":
        return {}
    shares = {"validity": 1 - (counts["set_aside"] + counts["repaired"]) / read}
    if not published:
        return shares

    def without(*codes: str, of: float = published) -> float:
        return 1.0 - sum(int(faults.get(code, 0)) for code in codes) / float(of)

    shares["drawing"] = without("duplicate", "sliver", "spike")
    if judged["topology"] != "none" and report["follow_up"]["state"] == "done":
        shares["topology"] = without("overlap", "gap")
    if judged["identified"]:
        shares["idents"] = without("duplicate_ident") - judged["without_ident"] / published
    if judged["classified"]:
        shares["classes"] = without("class_missing", "class_unknown")
    if judged["placed"]:
        shares["placement"] = without("out_of_district")
    if judged["values"]:
        shares["types"] = without("type_differs", of=judged["values"])
    area = report["area"]
    columns = [] if area is None else [area, *area.get("others", [])]
    compared = sum(each["compared"] for each in columns if each["unit"] not in ("mercator", "degrees"))
    if compared:
        shares["area"] = without("area_differs", of=compared)
    return shares
