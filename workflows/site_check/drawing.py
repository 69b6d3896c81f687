"""The shapes behind an answer: what its hits share with the site, cut anew from the editions it pinned, each with the rule it breaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection

from gis import backdrop, overlay
from layers.model import Grade
from workflows.base_map import service as base_map
from workflows.site_check import store, withheld
from workflows.site_check.judging.case import MOST_FEATURES
from workflows.site_check.judging.planned import gravest

MOST_DRAWN = 2000
DRAWN_AT_ONCE = 200
BENEATH = ("water_body", "land_parcel", "building", "road_centreline")
"""What people find their way by, in the order in which it is drawn."""

Answer = Mapping[str, Any]
Finding = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cut:
    """What hits share with the site. ``shapes``: layer, hit, the rules that hold because of it (the gravest first), GeoJSON geometry;
    the largest come first. ``left_out``: how many more there are.
    """

    shapes: list[tuple[Answer, Answer, list[Finding], dict[str, Any]]]
    left_out: int


def hits_geojson(
    connection: Connection, id: str, code: str | None = None, sees: Grade = "secret"
) -> dict[str, Any]:
    """FeatureCollection in degrees of what the hits share with the site; whole features are never given out here, nor anything of a layer
    above the grade. The ``MOST_DRAWN`` largest; ``left_out`` says how many more there are.
    """
    answer, site = store.read(connection, id)
    cut = _cut(connection, answer, site, code, sees, projected=False)
    features = [
        {
            "type": "Feature",
            "geometry": shape,
            "properties": {
                "code": layer["code"],
                "name": layer["name"],
                "called": hit["name"] or hit["ident"],
                "state": layer["state"],
                "effect": rules[0]["effect"] if rules else None,
                "rule": rules[0]["rule"] if rules else None,
                **{key: hit[key] for key in ("id", "ident", "class", "area_m2", "length_m", "sliver")},
            },
        }
        for layer, hit, rules, shape in cut.shapes
    ]
    return {"type": "FeatureCollection", "features": features, "left_out": cut.left_out}


def hits(connection: Connection, id: str, sees: Grade = "secret") -> Cut:
    """The same in the project CRS, in m."""
    answer, site = store.read(connection, id)
    return _cut(connection, answer, site, None, sees, projected=True)


def beneath(
    connection: Connection,
    answer: Answer,
    window: tuple[float, float, float, float],
    finest: float,
    sees: Grade = "secret",
) -> list[tuple[str, list[dict[str, Any]]]]:
    """What the answer's own editions show around the site (``gis.backdrop``): layer and geometries, in the order in which they are drawn."""
    pinned = {
        layer["code"]: layer["edition"]
        for layer in answer["layers"]
        if layer["code"] in BENEATH and layer["edition"] is not None and not withheld.hidden(layer, sees)
    }
    srid = base_map.workspace(connection)["srid"]
    found = backdrop.around(connection, srid, window, list(pinned.values()), finest)
    return [(code, found[pinned[code]]) for code in BENEATH if pinned.get(code) in found]


def _cut(
    connection: Connection,
    answer: Answer,
    site: BaseGeometry,
    code: str | None,
    sees: Grade,
    *,
    projected: bool,
) -> Cut:
    srid = base_map.workspace(connection)["srid"]
    findings = withheld.shown_to(answer, sees).get("findings", [])
    listed = [
        (layer, hit)
        for layer in answer["layers"]
        if code in (None, layer["code"]) and not withheld.hidden(layer, sees)
        for hit in layer["hits"]
    ]
    # The largest first: a check of half a district hits more than any map can show, or any server should cut.
    listed.sort(key=lambda each: -(each[1]["area_m2"] or each[1]["length_m"] or 0.0))
    left_out, listed = len(listed[MOST_DRAWN:]), listed[:MOST_DRAWN]
    shapes: dict[tuple[int, int], Any] = {}
    for at in range(0, len(listed), DRAWN_AT_ONCE):
        some = [(hit["edition"], hit["id"]) for _, hit in listed[at : at + DRAWN_AT_ONCE]]
        shapes |= overlay.parts(connection, site, srid, some, projected=projected)
    drawn = [
        (layer, hit, broken_by(layer["code"], hit, findings), shapes[hit["edition"], hit["id"]])
        for layer, hit in listed
        if (hit["edition"], hit["id"]) in shapes
    ]
    return Cut(drawn, left_out)


def broken_by(layer: str, hit: Answer, findings: Sequence[Finding]) -> list[Finding]:
    """The findings that hold because of this hit, the gravest first as they come."""
    return [each for each in findings if each["layer"] == layer and _because(each, hit)]


def _because(finding: Finding, hit: Answer) -> bool:
    if finding["state"] != "holds" or not finding["features"]:
        return False
    if finding["measure"] in ("area", "share", "length", "count") and finding["limit"]["op"] in (
        "under",
        "at most",
    ):
        return False  # what breaks it is the ground that the layer does not hold
    if len(finding["features"]) < MOST_FEATURES:
        return any(each["id"] == hit["id"] for each in finding["features"])
    if finding["use"]:
        worst = gravest(finding["use"])
        return any(patch["class"] == hit["class"] for patch in finding["use"] if patch["result"] == worst)
    classes = finding["classes"]
    return not classes or any(str(hit["class"] or "").startswith(each) for each in classes)
