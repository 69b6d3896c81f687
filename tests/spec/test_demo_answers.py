"""The product against the demo's answer key, which GEOS worked out from the generated shapes before they were ever written to a file."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from shapely.geometry import shape

from db import session
from db.actor import Actor
from gis import crs
from gis.site import Site
from layers.refusal import Refused
from workflows.base_map import service as base_map
from workflows.base_map import store
from workflows.site_check import service

Demo = tuple[str, dict[str, Any]]


def test_every_layer_is_filled_and_counted_as_the_key_says(demo: Demo) -> None:
    name, key = demo
    with session.read(session.engine(name)) as connection:
        layers = {layer["code"]: layer for layer in base_map.layers(connection)}
        assert len(layers) >= 160
        assert [code for code, layer in layers.items() if layer["edition"] is None] == []
        for code, expected in key["layers"].items():
            if expected["kind"] == "raster":
                continue
            edition = base_map.editions(connection, code)[0]
            assert (code, edition["rows_read"], edition["rows_published"]) == (
                code,
                expected["read"],
                expected["kept"],
            )
            aside = store.set_aside(connection, edition["id"], 1000)
            told = {
                reason: [row["id"] for row in rows]
                for reason, rows in itertools.groupby(sorted(aside, key=_by_reason), _reason)
            }
            assert (code, told) == (
                code,
                {reason: sorted(rows) for reason, rows in expected["set_aside"].items()},
            )


def _reason(row: dict[str, Any]) -> str:
    return str(row["code"])


def _by_reason(row: dict[str, Any]) -> tuple[str, int]:
    return (row["code"], row["id"])


def test_every_site_is_answered_as_the_key_says(demo: Demo, actor: Actor) -> None:
    name, key = demo
    project = crs.parse(key["srid"])
    wrong: list[str] = []
    for site in key["sites"]:
        geometry = shape(site["geometry"])
        of = Site(geometry, project, {"name": site["name"]}, project, "noop")
        with session.transaction(session.engine(name), actor) as connection:
            if site["name"] == "outside_district":
                with pytest.raises(Refused, match="site_outside_district"):
                    service.check(connection, actor, of, keep=False)
                continue
            answer = service.check(connection, actor, of, keep=False)
        answered = {layer["code"]: layer for layer in answer["layers"]}
        for code, expected in site["layers"].items():
            exact = key["layers"][code]["exact"]
            wrong += [
                f"{site['name']} / {code}: {fault}"
                for fault in faults(answered[code], expected, exact, geometry.length)
            ]
        for code, expected in site["rasters"].items():
            wrong += [f"{site['name']} / {code}: {fault}" for fault in cell_faults(answered[code], expected)]
    assert not wrong, "\n".join(wrong[:40])


def faults(layer: dict[str, Any], expected: dict[str, Any], exact: bool, perimeter: float) -> Iterator[str]:
    """Where an answer differs from the key. Formats in degrees move a boundary by less than a millimetre: then area may differ with it."""
    loose = 0.0 if exact else 0.001 * perimeter + 0.01
    if not exact:
        layer, expected = _without_hairs(layer, loose), _without_hairs(expected, loose)
    if _is_unsure(layer) and expected["state"] == "clear":
        return  # the key knows what the bad rows should have been; the product only knows that they may lie here
    if layer["state"] != expected["state"]:
        yield f"state {layer['state']}, expected {expected['state']}"
        return
    if _differs(layer["covered_share"], expected["covered_share"], 1e-6):
        yield f"covered {layer['covered_share']}, expected {expected['covered_share']}"
    if expected["state"] != "hit":
        return
    hits = {hit["id"]: hit for hit in layer["hits"]}
    wanted = {row: (ident, cls, amount) for row, ident, cls, amount in expected["hits"]}
    if hits.keys() != wanted.keys():
        yield f"rows {sorted(hits.keys() ^ wanted.keys())} hit or not"
        return
    for row, (ident, cls, amount) in wanted.items():
        hit = hits[row]
        measured = _amount(hit)
        if abs(measured - amount) > 1e-6 * amount + 1e-6 + loose:
            yield f"row {row} measures {measured}, expected {amount}"
        if (hit["ident"], hit["class"]) != (ident, cls):
            yield f"row {row} is {hit['ident']} {hit['class']}, expected {ident} {cls}"
    if layer["share"] is not None and _differs(
        layer["share"], expected.get("share"), 1e-6 if exact else 1e-3
    ):
        yield f"share {layer['share']}, expected {expected.get('share')}"


def _is_unsure(layer: dict[str, Any]) -> bool:
    return bool(layer.get("reason")) and layer["reason"]["code"] == "set_aside_here" and layer["set_aside"]["here"] > 0


def _without_hairs(answer: dict[str, Any], loose: float) -> dict[str, Any]:
    """The answer less the hits that rounding coordinates alone can make or unmake."""
    hits = [hit for hit in answer.get("hits", []) if _amount(hit) > loose]
    gone = answer["state"] == "hit" and not hits
    return {**answer, "hits": hits, "state": "clear" if gone else answer["state"]}


def _amount(hit: Any) -> float:
    if isinstance(hit, list):
        return float(hit[3])
    return next((float(hit[what]) for what in ("area_m2", "length_m") if hit[what] is not None), 1.0)


def cell_faults(layer: dict[str, Any], expected: dict[str, Any]) -> Iterator[str]:
    if not expected["cells"]:
        # The key counts cell centres; a site between them is answered from the cells it touches, and says so.
        if layer["values"]["rule"] != "touched":
            yield f"rule {layer['values']['rule']}, expected touched"
        return
    if layer["state"] != expected["state"]:
        yield f"state {layer['state']}, expected {expected['state']}"
    if expected["with_value"]:
        told = layer["values"]
        if told["cells"] != expected["with_value"]:
            yield f"{told['cells']} cells, expected {expected['with_value']}"
        for what in ("min", "mean", "max"):
            if _differs(told[what], expected[what], 0.002):
                yield f"{what} {told[what]}, expected {expected[what]}"


def _differs(got: float | None, expected: float | None, tolerance: float) -> bool:
    if got is None or expected is None:
        return got is not expected
    return abs(got - expected) > tolerance


def test_a_key_that_is_wrong_would_be_noticed() -> None:
    layer = {
        "state": "hit",
        "covered_share": 1.0,
        "share": 0.5,
        "hits": [{"id": 3, "ident": "a", "class": "R", "area_m2": 10.0, "length_m": None}],
    }
    good = {"state": "hit", "covered_share": 1.0, "share": 0.5, "hits": [[3, "a", "R", 10.0]]}
    assert list(faults(layer, good, True, 40.0)) == []
    for change in (
        {"state": "clear"},
        {"covered_share": 0.9},
        {"share": 0.6},
        {"hits": [[4, "a", "R", 10.0]]},
        {"hits": [[3, "a", "R", 10.1]]},
        {"hits": [[3, "b", "R", 10.0]]},
    ):
        assert len(list(faults(layer, good | change, True, 40.0))) == 1


@pytest.mark.parametrize(
    "name",
    [
        "demo_site",
        "multi_part",
        "with_hole",
        "pipe_6m",
        "touches_farmland_0",
        "sliver_only",
        "on_every_control_line",
        "clear_of_control_lines",
    ],
)
def test_the_key_holds_the_sites_a_check_can_fall_over(demo: Demo, name: str) -> None:
    assert name in {site["name"] for site in demo[1]["sites"]}
