"""A site laid over chosen editions: the answer of every layer, and what the rules want to know beyond that. It measures and judges nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection

from gis import around, overlay, raster
from layers.codes import ClassSystem
from layers.refusal import Refused
from workflows.site_check import model
from workflows.site_check.judging.amount import classes_meant
from workflows.site_check.judging.case import Ground, Measures, Nearest, Surroundings
from workflows.site_check.rulebook.rule import Rule

Layer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Survey:
    """``layers``: one answer per layer, in the order asked; ``rasters``: what the cells under the site say, by layer code."""

    layers: list[dict[str, Any]]
    rasters: dict[str, Ground]


def survey(
    connection: Connection,
    site: BaseGeometry,
    srid: int,
    site_area: float,
    layers: Sequence[Layer],
    systems: Mapping[str, ClassSystem],
) -> Survey:
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
    rasters: dict[str, Ground] = {}
    for layer in layers:
        if layer["edition"] is not None and layer["kind"] == "raster":
            try:
                under = raster.under(layer["raster"], site)
            except Refused as trouble:
                measured.failed[layer["edition"]] = str(trouble)
                continue
            cells[layer["edition"]] = model.Cells(*raster.told_of(under))
            rasters[layer["code"]] = Ground(under.held, under.most, under.share_above)
    aside = overlay.set_aside(connection, site, srid, [layer["edition"] for layer in vector])
    found = model.Findings(site_area, measured, covered, cells, aside, systems)
    return Survey(model.answer_layers(layers, found), rasters)


def evidence(
    connection: Connection,
    site: BaseGeometry,
    srid: int,
    rules: Iterable[Rule],
    layers: Sequence[Layer],
    found: Survey,
    systems: Mapping[str, ClassSystem],
) -> Measures:
    """What ``rules`` want to know of the editions of ``layers`` beyond the layers' answers."""
    asked = {layer["code"]: layer for layer in layers if layer["edition"] is not None}
    answers = {answer["code"]: answer for answer in found.layers}
    wanted = [rule for rule in rules if rule.layer in asked]
    return Measures(
        united=_united(connection, site, srid, wanted, asked, answers, systems),
        around=_around(connection, site, srid, wanted, asked, systems),
        attributes=_attributes(connection, wanted, asked, answers),
        rasters=found.rasters,
    )


def _united(
    connection: Connection,
    site: BaseGeometry,
    srid: int,
    rules: Sequence[Rule],
    asked: Mapping[str, Layer],
    answers: Mapping[str, Layer],
    systems: Mapping[str, ClassSystem],
) -> dict[str, float]:
    """Some of a layer's classes, where its features may lie over one another: their sum could exceed the site."""
    groups: dict[str, tuple[int, list[int]]] = {}
    for rule in rules:
        layer, answer = asked[rule.layer], answers[rule.layer]
        if not rule.classes or rule.measure not in ("area", "share") or layer["disjoint"]:
            continue
        meant = set(classes_meant(rule, systems.get(layer["class_system"] or "")))
        ids = [hit["id"] for hit in answer["hits"] if hit["class"] in meant]
        if 1 < len(ids) < len(answer["hits"]):
            groups[rule.code] = (layer["edition"], ids)
    areas = around.united(connection, site, srid, list(groups.values()))
    return {code: areas[number] for number, code in enumerate(groups) if number in areas}


def _around(
    connection: Connection,
    site: BaseGeometry,
    srid: int,
    rules: Sequence[Rule],
    asked: Mapping[str, Layer],
    systems: Mapping[str, ClassSystem],
) -> dict[str, Surroundings]:
    """A layer whose geometry defeats the library is left out: its rules then cannot be answered."""
    searching = [rule for rule in rules if rule.measure == "distance"]
    searches = [_search(rule, asked[rule.layer], systems) for rule in searching]
    near, failed = around.nearest(connection, site, srid, searches)
    pairs = [
        (asked[rule.layer]["coverage_id"], each.within)
        for rule, each in zip(searching, searches, strict=True)
        if asked[rule.layer]["coverage_id"] is not None
    ]
    shares = around.spoken_for(connection, site, srid, sorted(set(pairs)))
    aside = around.set_aside(
        connection, site, srid, sorted({(each.edition, each.within) for each in searches})
    )
    found: dict[str, Surroundings] = {}
    for number, (rule, search) in enumerate(zip(searching, searches, strict=True)):
        if search.edition in failed:
            continue
        rows = near.get(number, [])
        found[rule.code] = Surroundings(
            nearest=next((_nearest(row) for row in rows if row.sure), None),
            doubtful=next((_nearest(row) for row in rows if not row.sure), None),
            covered=shares.get((asked[rule.layer]["coverage_id"], search.within)),
            set_aside=aside.get((search.edition, search.within), 0),
        )
    return found


def _search(rule: Rule, layer: Layer, systems: Mapping[str, ClassSystem]) -> around.Search:
    assert rule.limit.value is not None
    if not rule.classes:
        return around.Search(layer["edition"], rule.limit.value)
    system = systems.get(layer["class_system"] or "")
    meant = classes_meant(rule, system)
    return around.Search(
        layer["edition"], rule.limit.value, meant, meant if system is None else tuple(system.classes)
    )


def _nearest(row: around.Near) -> Nearest:
    return Nearest(row.id, row.ident, row.name, row.cls, row.metres)


def _attributes(
    connection: Connection, rules: Sequence[Rule], asked: Mapping[str, Layer], answers: Mapping[str, Layer]
) -> dict[tuple[str, int], dict[str, Any]]:
    names: dict[str, set[str]] = {}
    for rule in rules:
        name = rule.attribute or rule.limit.attribute
        if name is not None and answers[rule.layer]["hits"]:
            names.setdefault(rule.layer, set()).add(name)
    wanted = {asked[code]["edition"]: [hit["id"] for hit in answers[code]["hits"]] for code in names}
    found = around.attributes(
        connection, wanted, {asked[code]["edition"]: sorted(told) for code, told in names.items()}
    )
    code_of = {asked[code]["edition"]: code for code in names}
    return {(code_of[edition], id): told for (edition, id), told in found.items()}
