"""`demo`: the made-up district in the base map, laid the way a real one is, and its site checked. Laid once; then it stands."""

from __future__ import annotations

import getpass
import json
import time
from pathlib import Path
from typing import Any

from api.cli import terminal
from api.cli.progress import progress
from db.settings import folder_error, home
from layers.refusal import Refused

SIZE = "small"
PROPOSED = {"use": "0804", "height": 24}
"""A school, as one would be proposed for the demo site."""


def lay_demo(name: str) -> None:
    """Make workspace ``name`` whole where it is not, check the demo site in it and print the answer."""
    from db import session
    from demo.making import SRID, TITLE
    from gis import crs
    from layers import catalogue
    from workflows import people
    from workflows.base_map import intake, places, service
    from workflows.site_check.rulebook import book as rulebook

    began = time.monotonic()
    loaded = catalogue.load()
    steward = people.steward(getpass.getuser())
    places.make(name, title=TITLE, project=crs.parse(SRID), actor=steward)
    engine = session.engine(name)
    with session.transaction(engine, steward) as connection:
        service.load_catalogue(connection, loaded)
        # A demo that an earlier landing laid gets the rules of this one, too.
        rulebook.load(connection, steward, rulebook.read(loaded))
        found = service.layers(connection)
    place = home() / "demo"
    if all(layer["edition"] is not None for layer in found if layer["origin"] == "catalogue") and _key(place):
        terminal.say("demo_stands")
    else:
        delivery = _make(place)
        with progress() as tell:
            done = intake.import_delivery(engine, steward, delivery, on_progress=tell)
        counts = [
            sum(layer[what] for layer in done.layers if layer["kind"] != "raster")
            for what in ("rows_published", "rows_set_aside")
        ]
        terminal.say(
            "demo_made",
            n=len(done.layers),
            features=counts[0],
            aside=counts[1],
            seconds=f"{time.monotonic() - began:.0f}",
        )
    _check(engine, steward, place)


def _make(place: Path) -> Path:
    from demo import make

    terminal.say("demo_making")
    try:
        place.mkdir(parents=True, exist_ok=True)
        with progress() as tell:
            return make(
                place, SIZE, on_progress=lambda step, done, whole: tell(step, "", done, whole)
            ).delivery
    except OSError as refusal:
        raise folder_error(refusal, place) from refusal


def _key(place: Path) -> dict[str, Any] | None:
    """The answer key that was made with the district."""
    try:
        found: dict[str, Any] = json.loads((place / "answer_key.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found


def _check(engine: Any, steward: Any, place: Path) -> None:
    from shapely.geometry import shape

    from api.cli.answer import show
    from api.cli.check import wording
    from db import session
    from demo.sites import DEMO_SITE
    from gis import crs
    from gis.site import Site
    from workflows.site_check import service

    key = _key(place)
    if key is None:
        raise Refused("demo_incomplete", folder=str(place))
    site = next(each for each in key["sites"] if each["name"] == DEMO_SITE)
    project = crs.parse(key["srid"])
    given = Site(shape(site["geometry"]), project, {"kind": "demo", "name": DEMO_SITE}, project, "noop")
    with session.transaction(engine, steward) as connection:
        answer = service.check(connection, steward, given, proposal=service.propose(connection, PROPOSED))
    show(answer, wording(engine), False)
