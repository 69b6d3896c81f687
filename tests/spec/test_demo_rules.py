"""Every rule against the demo's answer key, which was worked out on the drawn district by another way of judging (`demo.judging`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

import pytest
from shapely.geometry import shape

from api.cli.demo import PROPOSED
from db import session
from db.actor import Actor
from demo.judging import CANNOT_SAY, HOLDS, HOLDS_NOT, LEFT_OUT, Finding, verdict
from demo.sites import DEMO_SITE
from gis import crs
from gis.site import Site
from layers import catalogue
from layers.refusal import Refused
from workflows.site_check import service
from workflows.site_check.rulebook import book as rulebook
from workflows.site_check.rulebook.rule import Rule

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


def answered(demo: Demo, actor: Actor, site: Mapping[str, Any]) -> dict[str, Any]:
    """What the product says to the site's proposal on a day from which no rule changes any more."""
    name, key = demo
    project = crs.parse(key["srid"])
    of = Site(shape(site["geometry"]), project, {"name": site["name"]}, project, "noop")
    day = date.fromisoformat(key["rules"]["day"])
    valid_on = day if day > datetime.now(service.ZONE).date() else None
    with session.transaction(session.engine(name), actor) as connection:
        proposal = service.propose(connection, site["proposal"])
        return service.check(connection, actor, of, proposal=proposal, valid_on=valid_on, keep=False)


@pytest.mark.parametrize("part", range(PARTS))
def test_every_rule_says_at_every_site_what_the_key_says(demo: Demo, actor: Actor, part: int) -> None:
    wrong: list[str] = []
    for site in every_site(demo[1])[part::PARTS]:
        if site["name"] == "outside_district":
            with pytest.raises(Refused, match="site_outside_district"):
                answered(demo, actor, site)
            continue
        found = faults(answered(demo, actor, site), site, demo[1])
        wrong += [f"{site['name']} {site['proposal']} / {fault}" for fault in found]
    assert not wrong, "\n".join(wrong[:40])


def faults(answer: Answer, site: Answer, key: Answer) -> Iterator[str]:
    """Where the findings or the verdict of an answer are not the key's."""
    perimeter = shape(site["geometry"]).length
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
    downward = finding["limit"]["op"] in ("under", "at most") and finding["measure"] in (
        "distance",
        "attribute",
    )
    value: float | None = finding["amount"]["high" if downward else "low"]
    return value


def near(finding: Answer) -> float:
    """1 where elevations were rounded to the millimetre, else a thousandth of that."""
    return 1.0 if finding["figure"] == "height" else 1e-3


def test_where_a_row_was_set_aside_nothing_is_cleared(demo: Demo, actor: Actor) -> None:
    """The one thing in which the product may know less than the key, and it must."""
    unsure = 0
    for site in (site for site in demo[1]["rule_sites"] if site["name"].endswith("_set_aside")):
        layer = site["name"].removesuffix("_set_aside")
        for finding in answered(demo, actor, site)["findings"]:
            if finding["layer"] == layer and finding["measure"] in ("area", "length"):
                assert finding["state"] != HOLDS_NOT, (site["name"], finding["rule"])
                unsure += is_unsure(finding, demo[1]) and site["rules"][finding["rule"]][0] == HOLDS_NOT
    assert unsure >= 3


def test_a_key_that_is_wrong_would_be_noticed(demo: Demo, actor: Actor) -> None:
    site = next(site for site in demo[1]["rule_sites"] if site["name"] == "power_line_500kv_holds")
    answer = answered(demo, actor, site)
    assert list(faults(answer, site, demo[1])) == []
    state, effect, amount = site["rules"]["power_line_500kv"]
    for wrong in (
        {"power_line_500kv": [HOLDS_NOT, effect, None]},
        {"power_line_500kv": [CANNOT_SAY, effect, None]},
        {"power_line_500kv": [state, "restrict", amount]},
        {"power_line_500kv": [state, effect, amount + 0.01]},
        {"no_such_rule": [HOLDS_NOT, effect, None]},
        {"bridge_near": [CANNOT_SAY, "needs_opinion", None]},
    ):
        told = {**site, "rules": site["rules"] | wrong}
        assert len(list(faults(answer, told, demo[1]))) >= 1, wrong
    fewer = {code: told for code, told in site["rules"].items() if code != "bridge_near"}
    assert len(list(faults(answer, {**site, "rules": fewer}, demo[1]))) == 1
    assert len(list(faults(answer, {**site, "verdict": "conforms"}, demo[1]))) == 1


def test_the_demo_site_is_told_for_what_the_demo_proposes(demo: Demo) -> None:
    site = next(site for site in demo[1]["sites"] if site["name"] == DEMO_SITE)
    assert site["proposal"] == PROPOSED
    assert site["verdict"] == "cannot be built"


def shown(key: Mapping[str, Any]) -> dict[str, set[tuple[str, str]]]:
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for site in every_site(key):
        for code, (state, effect, _) in site["rules"].items():
            found[code].add((state, effect))
    return found


def book(key: Mapping[str, Any]) -> list[Rule]:
    return rulebook.read(catalogue.load()).on(date.fromisoformat(key["rules"]["day"]))


def test_every_rule_holds_at_one_site_and_holds_not_at_another(demo: Demo) -> None:
    """As the key says; that the product says so at these sites is the test above."""
    by_code = shown(demo[1])
    for rule in book(demo[1]):
        found = by_code[rule.code]
        if rule.measure == "use":
            held = {effect for state, effect in found if state == HOLDS}
            assert held == {rule.on_conflict, rule.on_conditional, "conform"}, rule.code
        else:
            assert (HOLDS, rule.effect) in found, rule.code
            assert ((HOLDS_NOT, rule.effect) in found) == (rule.code not in NEVER_NOT), rule.code


def test_the_reviewed_list_is_no_way_out(demo: Demo) -> None:
    """All its rules but one are those of layers whose silence says nothing; and there it cannot be said."""
    layers = catalogue.load().layers
    by_code = shown(demo[1])
    for rule in book(demo[1]):
        nobody = layers[rule.layer].coverage == "none"
        assert nobody == NEVER_NOT.get(rule.code, "").startswith("nobody"), rule.code
        assert not nobody or (CANNOT_SAY, rule.effect) in by_code[rule.code], rule.code


def test_sites_show_what_they_were_chosen_for(demo: Demo) -> None:
    for site in demo[1]["rule_sites"]:
        if site["shows"] is not None:
            code, state, effect = site["shows"]
            assert site["rules"][code][:2] == [state, effect], site["name"]
    names = [site["name"] for site in every_site(demo[1])]
    assert len(set(names)) == len(names)


def test_every_verdict_is_reached_and_few_pairs_are_left_out(demo: Demo) -> None:
    key, told = demo[1], demo[1]["rules"]
    verdicts = {site["verdict"] for site in every_site(key)}
    assert verdicts >= {"cannot be built", "cannot say", "only under conditions", "conforms"}
    assert sorted(told["codes"]) == sorted(rule.code for rule in book(key))
    assert told["judged"] == sum(len(site["rules"]) for site in every_site(key)) > 20_000
    assert told["left_out"] == sum(len(site["left_out"]) for site in every_site(key)) < 0.02 * told["judged"]
    assert told["verdicts_left_out"] == sum(site["verdict"] is None for site in every_site(key)) < 10
