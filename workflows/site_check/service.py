"""Check a site against every layer; give the same answer again, word for word or measured anew on the editions it pinned."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection

import workflows
from db.actor import Actor
from gis import overlay, raster
from gis.site import Site
from layers.refusal import Refused
from workflows.base_map import service as base_map
from workflows.base_map import store as base_map_store
from workflows.site_check import model, store

MOST_DRAWN = 2000
DRAWN_AT_ONCE = 200

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # no letter that is read as another


def check(
    connection: Connection,
    actor: Actor,
    site: Site,
    *,
    layers: Sequence[str] | None = None,
    keep: bool = True,
) -> dict[str, Any]:
    """Measure ``site`` against the editions in force of all ``layers`` (default: every layer) and keep the answer.

    Refused ``site_outside_district``, ``site_larger_than_district``, ``layer_unknown``, ``no_layers``.
    """
    workspace = base_map.workspace(connection)
    district = base_map_store.outline(connection)
    if district is None:
        raise Refused("no_layers", workspace=workspace["name"])
    _fits(site.geometry, district)
    chosen = _chosen(base_map.layers(connection), layers)
    made_at = store.moment(connection)
    answer = _measure(connection, site.geometry, workspace["srid"], chosen)
    answer["id"] = f"{made_at:%y%m%d}-{''.join(secrets.choice(_ALPHABET) for _ in range(8))}"
    answer["site"] |= {
        "crs": site.crs.label,
        "given": site.given,
        "source_crs": site.source_crs.label,
        "operation": site.operation,
        "width_m": site.width_m,
        "axis_length_m": site.axis_length_m,
    }
    answer |= {
        "checked_at": made_at.isoformat(),
        "workspace": workspace["name"],
        "product": workflows.PRODUCT,
        "checked_by": actor.id,
    }
    answer["sha256"] = model.seal(answer)
    if keep:
        pinned = [layer["edition"] for layer in chosen if layer["edition"] is not None]
        store.keep(
            connection, actor, site.geometry, workspace["srid"], answer, model.canonical(answer), pinned
        )
    return answer


def reissue(connection: Connection, id: str) -> dict[str, Any]:
    """The answer exactly as it was given."""
    return store.read(connection, id)[0]


def again(connection: Connection, id: str) -> dict[str, Any]:
    """Measured anew on the pinned editions: ``same``, the stored ``answer``, and ``differences`` where there are any."""
    before, site = store.read(connection, id)
    workspace = base_map.workspace(connection)
    pinned = {
        row["id"]: row
        for row in base_map_store.editions_by_id(
            connection, [each["id"] for each in before["editions"].values()]
        )
    }
    chosen = [_as_then(layer, pinned) for layer in before["layers"]]
    now = _measure(connection, site, workspace["srid"], chosen)
    differences = model.differences(before, now)
    return {
        "same": not differences and model.seal(before) == before["sha256"],
        "answer": before,
        "differences": differences,
    }


def hits_geojson(connection: Connection, id: str, code: str | None = None) -> dict[str, Any]:
    """FeatureCollection in degrees of what the hits share with the site; whole features are never given out
    here. The ``MOST_DRAWN`` largest; ``left_out`` says how many more there are.
    """
    answer, site = store.read(connection, id)
    srid = base_map.workspace(connection)["srid"]
    listed = [
        (layer, hit) for layer in answer["layers"] if code in (None, layer["code"]) for hit in layer["hits"]
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
                **{key: hit[key] for key in ("id", "ident", "class", "area_m2", "length_m", "sliver")},
            },
        }
        for layer, hit in listed
        if (hit["edition"], hit["id"]) in shapes
    ]
    return {"type": "FeatureCollection", "features": features, "left_out": left_out}


def latest(connection: Connection, limit: int = 50, offset: int = 0) -> list[dict[str, Any]]:
    return store.latest(connection, limit, offset)


def _fits(site: BaseGeometry, district: BaseGeometry) -> None:
    if site.area > district.area:
        raise Refused(
            "site_larger_than_district",
            site_km2=round(site.area / 1e6, 2),
            district_km2=round(district.area / 1e6, 2),
        )
    if not site.intersects(district):
        raise Refused("site_outside_district", distance_km=round(site.distance(district) / 1000, 2))


def _chosen(known: list[dict[str, Any]], codes: Sequence[str] | None) -> list[dict[str, Any]]:
    if codes is None:
        return known
    unknown = sorted(set(codes) - {layer["code"] for layer in known})
    if unknown:
        raise Refused("layer_unknown", layer=unknown[0])
    return [layer for layer in known if layer["code"] in set(codes)]


def _measure(
    connection: Connection, site: BaseGeometry, srid: int, layers: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """verdict, reasons, summary, site figures, layers and editions of an answer."""
    described = store.describe(connection, site, srid)
    vector = [layer for layer in layers if layer["edition"] is not None and layer["kind"] != "raster"]
    measured = overlay.measure(
        connection,
        site,
        srid,
        [layer["edition"] for layer in vector],
        [layer["edition"] for layer in vector if layer["disjoint"]],
    )
    coverages = sorted({layer["coverage_id"] for layer in layers if layer["coverage_id"] is not None})
    covered, unknown = overlay.covered(connection, site, srid, coverages)
    for layer in layers:
        if layer["coverage_id"] in unknown:
            measured.failed[layer["edition"]] = unknown[layer["coverage_id"]]
    cells: dict[int, model.Cells] = {}
    for layer in layers:
        if layer["edition"] is not None and layer["kind"] == "raster":
            try:
                cells[layer["edition"]] = model.Cells(*raster.read(layer["raster"], site))
            except Refused as trouble:
                measured.failed[layer["edition"]] = str(trouble)
    aside = overlay.set_aside(connection, site, srid, [layer["edition"] for layer in vector])
    systems = base_map.register(connection, "classes")
    answered = model.answer_layers(
        layers, model.Findings(described["area_m2"], measured, covered, cells, aside, systems)
    )
    return {
        "verdict": "no rule",
        "reasons": [{"code": "no_rule_loaded", "params": {}}],
        "summary": model.summary(answered),
        "site": described,
        "layers": answered,
        "editions": {layer["code"]: _pinned(layer) for layer in layers if layer["edition"] is not None},
    }


def _pinned(layer: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": layer["edition"],
        "seq": layer["seq"],
        "status": layer["status"],
        "published_at": layer["published_at"].isoformat(),
        "sha256": layer["sha256"],
        "source": layer["source"],
        "crs_in": layer["crs_in"],
        "crs_basis": layer["crs_basis"],
        "coverage_basis": layer["coverage_basis"],
    }


def _as_then(answered: Mapping[str, Any], pinned: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    """A layer as the stored answer saw it: its words from the answer, its edition from the base map."""
    told = {
        key: answered[key]
        for key in ("code", "name", "name_en", "theme", "kind", "department", "origin", "grade", "edition")
    }
    absent = dict.fromkeys(
        (
            "seq",
            "status",
            "published_at",
            "sha256",
            "source",
            "crs_in",
            "crs_basis",
            "coverage_basis",
            "coverage_id",
            "disjoint",
            "raster",
            "class_system",
        )
    )
    edition = pinned.get(answered["edition"])
    return {**absent, **({} if edition is None else edition), **told, "tolerance_m": 0.0}
