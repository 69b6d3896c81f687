"""Every rule as drawn in its manual page: laid on the ground, measured in PostGIS, judged, and found as the drawing says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pytest
import shapely
from sqlalchemy import Connection

from db.actor import Actor
from gis import crs, edition, raster
from gis.edition import Arrival, Coverage
from gis.site import Site
from gis.stage import Features
from layers import catalogue
from layers.model import Catalogue
from tests.little_district import OUTLINE, SRID
from tests.spec.drawing import X0, Y0, Drawing, read
from workflows.base_map import store as base_map_store
from workflows.site_check import service
from workflows.site_check.rulebook import book as rulebook
from workflows.site_check.rulebook import manual
from workflows.site_check.rulebook.book import Rulebook
from workflows.site_check.rulebook.rule import Rule

_SAYS = re.compile(r"(?P<state>holds not|holds|cannot say|conflict|conditional|conform)(?: (?P<rest>.+))?")


@cache
def shipped() -> tuple[Catalogue, Rulebook]:
    known = catalogue.load()
    return known, rulebook.read(known)


def versions(code: str) -> list[Rule]:
    return [rule for rule in shipped()[1].rules if rule.code == code]


def drawn() -> Iterator[Any]:
    for entry in manual.entries().values():
        for number, text in enumerate(entry.drawings, start=1):
            yield pytest.param(entry.rule, text, id=f"{entry.group}-{entry.rule}-{number}")


def test_every_rule_is_drawn_where_it_holds_and_where_it_does_not() -> None:
    lacking = []
    for code in {rule.code for rule in shipped()[1].rules}:
        entry = manual.entries().get(code)
        said = [read(text).expected[0] for text in entry.drawings] if entry else []
        effects = {
            "holds not" if each.startswith(("holds not", "conform")) else each.split()[0] for each in said
        }
        if not effects & {"holds", "conflict", "conditional"} or "holds not" not in effects:
            lacking.append(code)
    assert not lacking


def test_the_manual_describes_no_rule_that_is_not_there() -> None:
    assert manual.entries().keys() <= {rule.code for rule in shipped()[1].rules}


def test_every_entry_has_a_sentence_in_both_languages() -> None:
    wordless = [
        entry.rule
        for entry in manual.entries().values()
        if not re.search(r"[\u4e00-\u9fff]{4}", " ".join(entry.paragraphs))
        or not re.search(r"[a-z]{3,} [a-z]+", " ".join(entry.paragraphs))
    ]
    assert not wordless


@pytest.mark.parametrize(("code", "text"), list(drawn()))
def test_drawing(code: str, text: str, connection: Connection, actor: Actor) -> None:
    drawing = read(text)
    rules = versions(code)
    assert rules, f"{code} is no rule"
    asked = sorted({rules[0].layer, *(rule.plus for rule in rules if rule.plus)})
    assert {mark.layer for mark in drawing.marks.values()} | set(drawing.rest) <= set(asked)
    for layer in asked:
        _lay(connection, actor, drawing, layer)
    book = shipped()[1]
    rulebook.load(connection, actor, replace(book, rules=tuple(rules)))
    project = crs.parse(SRID)
    site = Site(drawing.site(), project, {"drawing": code}, project, "noop")
    answer = service.check(
        connection,
        actor,
        site,
        proposal=service.propose(connection, drawing.proposal),
        layers=asked,
        valid_on=drawing.valid_on,
        keep=False,
    )
    findings = answer["findings"]
    for said in drawing.expected:
        if said.startswith("verdict "):
            assert answer["verdict"] == said.removeprefix("verdict ")
        else:
            assert len(findings) == 1, f"the rule does not concern this proposal or this day: {said}"
            _same(findings[0], said)


def _same(finding: dict[str, Any], said: str) -> None:
    found = _SAYS.fullmatch(said)
    assert found, said
    amount, rest = finding["amount"], found["rest"]
    if found["state"] == "cannot say":
        assert finding["state"] == "cannot say", finding
        assert rest in [why["code"] for why in finding["why"]], finding["why"]
        return
    if found["state"] in ("conflict", "conditional", "conform"):
        assert finding["state"] == "holds", finding
        results = [patch["result"] for patch in finding["use"]]
        assert found["state"] in results, results
        got = sum(patch["area_m2"] for patch in finding["use"] if patch["result"] == found["state"])
    else:
        assert finding["state"] == found["state"], finding
        got = amount["low"]
    if rest is not None:
        number, unit = rest.split()
        assert unit == amount["unit"], amount
        assert got == pytest.approx(float(number), rel=1e-6, abs=0.01), finding


def _lay(connection: Connection, actor: Actor, drawing: Drawing, code: str) -> None:
    """An edition of one layer as it is drawn: what is drawn of it, everywhere but where nothing is known."""
    stanza = shipped()[0].layers[code]
    arrival = _raster(drawing, code) if stanza.kind == "raster" else _features(drawing, code, stanza.kind)
    delivery = base_map_store.begin_delivery(connection, actor, "drawing")
    staged = edition.put(connection, delivery, SRID, replace(arrival, valid_from=date(1990, 1, 1)))
    edition.publish(connection, [(code, staged)])
    base_map_store.end_delivery(connection, delivery, "published", sha256="0" * 64)


def _features(drawing: Drawing, code: str, kind: str) -> Arrival:
    found = drawing.features(code, kind)
    shapes = np.array([shape for _, shape in found], dtype=object)
    system = shipped()[0].classes.get(shipped()[0].layers[code].class_system or "")
    codes = []
    for mark, _ in found:
        entry = None if system is None or mark.cls is None else system.find(mark.cls)
        codes.append(mark.cls if entry is None else entry.code)
    spoken = shapely.difference(OUTLINE, drawing.silent())
    features = Features(
        ids=np.arange(len(found)),
        idents=[f"{code}-{number}" for number in range(len(found))],
        classes=codes,
        attributes=[json.dumps(mark.attributes, ensure_ascii=False) for mark, _ in found],
        geometry=shapes,
    )
    extent = tuple(shapely.total_bounds(shapes).tolist()) if found else None
    return _arrival(code, kind, Coverage(spoken, "file"), features=features, extent=extent)


def _raster(drawing: Drawing, code: str) -> Arrival:
    cells = drawing.raster(code)
    says = shipped()[0].layers[code].raster
    assert says is not None
    facts = {"unit": says.unit, "says_above": says.says_above}
    kept = raster.keep(cells, (drawing.side, 0.0, X0, 0.0, -drawing.side, Y0), crs.parse(SRID).wkt, facts)
    high, wide = cells.shape
    extent = (X0, Y0 - high * drawing.side, X0 + wide * drawing.side, Y0)
    count = int(np.isfinite(cells).sum())
    return _arrival(
        code, "raster", Coverage(shapely.box(*extent), "cells"), raster=kept, cells=count, extent=extent
    )


def _arrival(code: str, kind: str, coverage: Coverage, **more: Any) -> Arrival:
    return Arrival(
        layer=code, kind=kind, status="in_force", source=f"{code}.drawing", source_layer=None, format="GeoPackage",
        crs_in="EPSG:4547", crs_basis="file", operation="noop", coverage=coverage, **more,
    )  # fmt: skip
