"""The form that says what a delivery is: what it offers to choose from, and what was typed into it, as the words a delivery is handed over with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection

from api import intake
from api.language import Speech
from api.pages.frame import actor_name
from workflows import people
from workflows.base_map import service as base_map
from workflows.base_map.intake import said
from workflows.base_map.model import SAID
from workflows.base_map.reports import service as reports

TICKS = ("delta", "repair", "skip_refused")


def typed_words(form: Mapping[str, str]) -> dict[str, Any]:
    """What a form says of a delivery, and its answers, each beside the file it is about. A field that was shown and is empty takes back what was said."""
    words: dict[str, Any] = {name: form[name].strip() for name in said.WORDS if name in form}
    if "source_crs" in form:  # the whole form was shown: a box without a tick is not sent
        words |= {tick: form.get(tick, "") for tick in TICKS}
    if "purpose" in form:
        words["only_check"] = form["purpose"] == "check"
    answers = {}
    for number in range(len(form)):
        if f"path-{number}" not in form:
            break
        given = form.get(f"other-{number}", "").strip() or form.get(f"answer-{number}", "").strip()
        if given and form.get(f"about-{number}") == "nodata":
            words["nodata"] = given
        elif given:
            answers[form[f"path-{number}"]] = given
    return words | ({"answers": answers} if answers else {})


def over(told: Mapping[str, Any]) -> bool:
    return told["state"] not in intake.UNDER_WAY


def marks() -> dict[str, Any]:
    """What every template about deliveries needs."""
    return {"state_marks": intake.STATES, "fault_marks": intake.MARKS}


def person(speech: Speech) -> Callable[[str], str]:
    """How whoever handed something over is called."""
    demo = people.demo_actor()
    return lambda id: actor_name(demo, speech) if id == demo.id else str(id).removeprefix("os:")


def form_words(connection: Connection, speech: Speech) -> dict[str, Any]:
    """What the form of a delivery offers to choose from."""
    every = [
        ("", speech.say("intake.as_catalogue")),
        *((each, speech.say(f"status.{each}")) for each in SAID),
    ]
    layers = [
        (each["code"], speech.name(each))
        for each in base_map.layers(connection)
        if each["origin"] == "catalogue"
    ]
    known = [each["supplier"] for each in reports.suppliers(connection) if each["supplier"]]
    return {"status_options": every, "layer_options": layers, "supplier_names": known, "ticks": TICKS}
