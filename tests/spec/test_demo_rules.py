"""Every rule against the demo's answer key, which was worked out on the drawn district by another way of judging (`demo.judging`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pytest
from shapely.geometry import shape

from db import session
from db.actor import Actor
from demo.judging import CANNOT_SAY, HOLDS, HOLDS_NOT, LEFT_OUT, Finding, verdict
from gis import crs
from gis.site import Site
from layers.refusal import Refused
from tests import demo_once
from workflows.site_check import rulebook, service

Demo = tuple[str, dict[str, Any]]
Answer = Mapping[str, Any]

PARTS = 6
"""The sites are asked in so many parts, for the processes of a run to share."""

NEVER_NOT = {
    "contaminated_land_sensitive": "nobody vouches for the layer: where nothing is known it cannot be said",
    "habitat_on_route": "nobody vouches for the layer",
    "legacy_buildings_inside": "nobody vouches for the layer",
    "telecom_duct_told": "nobody vouches for the layer",
    "waterlogging_near": "nobody vouches for the layer",
    "seismic_key_buildings": "the zone map of the country knows no ground below 0.05 g",
}
"""Reviewed: rules that hold somewhere and do not hold nowhere. Rules on planned uses are looked at apart: they conform instead."""


def every_site(key: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [*key["sites"], *key["rule_sites"]]


@pytest.mark.parametrize("part", range(PARTS))
def test_every_rule_says_at_every_site_what_the_key_says(demo: Demo, actor: Actor, part: int) -> None:
    name, key = demo
    project = crs.parse(key["srid"])
    day = max(date.fromisoformat(key["rules"]["day"]), date.today())
    wrong: list[str] = []
    for site in every_site(key)[part::PARTS]:
        geometry = shape(site["geometry"])
        of = Site(geometry, project, {"name": site["name"]}, project, "noop")
        with session.transaction(session.engine(name), actor) as connection:
            proposal = service.propose(connection, site["proposal"])
            if site["name"] == "outside_district":
                with pytest.raises(Refused, match="site_outside_district"):
                    service.check(connection, actor, of, proposal=proposal, valid_on=day, keep=False)
                continue
            answer = service.check(connection, actor, of, proposal=proposal, valid_on=day, keep=False)
        wrong += [f"{site['name']} {site['proposal']} / {fault}" for fault in faults(answer, site, key, geometry.length)]
    assert not wrong, "\n".join(wrong[:40])


def faults(answer: Answer, site: Answer, key: Answer, perimeter: float) -> Iterator[str]:
    """Where the findings or the verdict of an answer are not the key's."""
    findings = {finding["rule"]: finding for finding in answer["findings"]}
    told = site["rules"].keys() | site["left_out"].keys()
    if findings.keys() != told:
        yield f"rules {sorted(findings.keys() ^ told)} concern it or not"
        return
    expected = {code: Finding(LEFT_OUT, effect) for code, effect in site["left_out"].items()}
    unsure = False
    for code, (state, effect, amount) in site["rules"].items():
        finding = findings[code]
        expected[code] = Finding(state, effect)
        if is_unsure(finding, key) and state != CANNOT_SAY:
            # The key knows what the bad rows should have been; the product only knows that they may lie here.
            expected[code] = Finding(CANNOT_SAY, finding["worst"])
            unsure = True
            continue
        said = finding["worst"] if finding["state"] == CANNOT_SAY else finding["effect"]
        if (finding["state"], said) != (state, effect):
            why = ", ".join(each["code"] for each in finding["why"])
            yield f"{code}: {finding['state']} {said} ({why}; {finding['amount']}), expected {state} {effect} {amount}"
        elif state == HOLDS:
            loose = 0.0 if key["layers"][finding["layer"]].get("exact", True) else 0.001 * perimeter + 0.01
            measured = measured_amount(finding)
            if measured is None or abs(measured - amount) > 1e-6 * abs(amount) + 1e-3 * near(finding) + loose:
                yield f"{code}: {measured}, expected {amount}"
    wanted = verdict(expected.values()) if unsure else site["verdict"]
    if wanted is not None and answer["verdict"] != wanted:
        yield f"verdict {answer['verdict']}, expected {wanted}"


def is_unsure(finding: Answer, key: Answer) -> bool:
    """It cannot be said because rows were set aside there, and for no other reason; and the key knows that some were."""
    codes = {why["code"] for why in finding["why"]}
    return (
        finding["state"] == CANNOT_SAY
        and codes == {"set_aside_here"}
        and bool(key["layers"][finding["layer"]]["set_aside"])
    )


def measured_amount(finding: Answer) -> float | None:
    """The end of the interval that was measured: what is near may be nearer and what is low lower, all else more."""
    downward = finding["limit"]["op"] in ("under", "at most") and finding["measure"] in ("distance", "attribute")
    value: float | None = finding["amount"]["high" if downward else "low"]
    return value


def near(finding: Answer) -> float:
    """1 where elevations were rounded to the millimetre, else a thousandth of that."""
    return 1.0 if finding["figure"] == "height" else 1e-3


def shown(key: Mapping[str, Any]) -> dict[str, set[tuple[str, str]]]:
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for site in every_site(key):
        for code, (state, effect, _) in site["rules"].items():
            found[code].add((state, effect))
    return found


def test_every_rule_holds_at_one_site_and_holds_not_at_another() -> None:
    """As the key says; that the product says so at these sites is the test above."""
    by_code = shown(demo_once.key())
    for rule in rulebook.read(demo_once.catalogue()).on(date.fromisoformat(demo_once.key()["rules"]["day"])):
        found = by_code[rule.code]
        if rule.measure == "use":
            assert {effect for state, effect in found if state == HOLDS} == {
                rule.on_conflict, rule.on_conditional, "conform",
            }, rule.code  # fmt: skip
            continue
        assert (HOLDS, rule.effect) in found, rule.code
        assert ((HOLDS_NOT, rule.effect) in found) == (rule.code not in NEVER_NOT), rule.code


def test_where_nobody_vouches_it_cannot_be_said() -> None:
    """The reviewed list is no way out: each of its rules but one is about a layer whose silence says nothing, and is silent somewhere."""
    vouched = {code for code in NEVER_NOT if NEVER_NOT[code].startswith("nobody")}
    by_code = shown(demo_once.key())
    for rule in rulebook.read(demo_once.catalogue()).rules:
        nobody = demo_once.catalogue().layers[rule.layer].coverage == "none"
        assert nobody == (rule.code in vouched), rule.code
        assert not nobody or (CANNOT_SAY, rule.effect) in by_code[rule.code], rule.code
    values = {feature for feature in _seismic()}
    assert min(values) >= 0.05


def _seismic() -> Iterator[float]:
    import pyogrio

    from demo import files

    layer = demo_once.catalogue().layers["seismic_zone"]
    meta, _, _, columns = pyogrio.raw.read(
        demo_once.made().delivery / files.file_name(layer), read_geometry=False, columns=["JSD"]
    )
    yield from columns[list(meta["fields"]).index("JSD")].tolist()


def test_sites_show_what_they_were_chosen_for() -> None:
    for site in demo_once.key()["rule_sites"]:
        if site["shows"] is not None:
            code, state, effect = site["shows"]
            assert site["rules"][code][:2] == [state, effect], site["name"]
    names = [site["name"] for site in every_site(demo_once.key())]
    assert len(set(names)) == len(names)


def test_every_verdict_is_reached_and_few_pairs_are_left_out() -> None:
    key = demo_once.key()
    verdicts = {site["verdict"] for site in every_site(key)}
    assert verdicts >= {"cannot be built", "cannot say", "only under conditions", "conforms"}
    told = key["rules"]
    assert told["codes"] == [rule.code for rule in rulebook.read(demo_once.catalogue()).on(date.fromisoformat(told["day"]))]
    assert told["judged"] == sum(len(site["rules"]) for site in every_site(key)) > 20_000
    assert told["left_out"] == sum(len(site["left_out"]) for site in every_site(key)) < 0.02 * told["judged"]
    assert told["verdicts_left_out"] == sum(site["verdict"] is None for site in every_site(key)) < 10
