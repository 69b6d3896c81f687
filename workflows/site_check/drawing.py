"""The shapes behind an answer: what its hits share with the site, cut anew from the editions it pinned."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from gis import overlay
from layers.model import Grade
from workflows.base_map import service as base_map
from workflows.site_check import store, withheld

MOST_DRAWN = 2000
DRAWN_AT_ONCE = 200


def hits_geojson(
    connection: Connection, id: str, code: str | None = None, sees: Grade = "secret"
) -> dict[str, Any]:
    """FeatureCollection in degrees of what the hits share with the site; whole features are never given out here, nor anything of a layer
    above the grade. The ``MOST_DRAWN`` largest; ``left_out`` says how many more there are.
    """
    answer, site = store.read(connection, id)
    srid = base_map.workspace(connection)["srid"]
    effects = _effects(withheld.shown_to(answer, sees))
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
        shapes |= overlay.parts(connection, site, srid, some)
    features = [
        {
            "type": "Feature",
            "geometry": shapes[hit["edition"], hit["id"]],
            "properties": {
                "code": layer["code"],
                "name": layer["name"],
                "called": hit["name"] or hit["ident"],
                "state": layer["state"],
                "effect": effects.get(layer["code"]),
                **{key: hit[key] for key in ("id", "ident", "class", "area_m2", "length_m", "sliver")},
            },
        }
        for layer, hit in listed
        if (hit["edition"], hit["id"]) in shapes
    ]
    return {"type": "FeatureCollection", "features": features, "left_out": left_out}


def _effects(answer: dict[str, Any]) -> dict[str, str]:
    """By layer the gravest effect of a rule that holds; findings come with the gravest first."""
    effects: dict[str, str] = {}
    for finding in answer.get("findings", []):
        if finding["state"] == "holds":
            effects.setdefault(finding["layer"], finding["effect"])
    return effects
