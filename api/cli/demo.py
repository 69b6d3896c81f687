"""`demo`: the made-up district in the base map, laid the way a real one is, and its site checked. Laid once; then it stands."""

from __future__ import annotations

import getpass
import json
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from api.cli import terminal
from api.cli.progress import progress
from db.settings import folder_error, home
from gis.sandbox import BULK
from layers.refusal import Refused


class DemoSize(StrEnum):
    """About 60,000 features, a million, ten million."""

    small = "small"
    district = "district"
    city = "city"


STEPS = ("making", "reading", "publishing", "checking")
GREAT = replace(BULK, cpu_s=20_000, wall_s=40_000, unpacked=64 << 30)
"""A delivery of our own making may be larger than what people hand over at once, and take its time."""
PROPOSED = {"use": "0804", "height": 24}
"""A school, as one would be proposed for the demo site."""


def workspace_of(size: DemoSize) -> str:
    return "demo" if size is DemoSize.small else f"demo_{size}"


def lay_demo(name: str, size: DemoSize = DemoSize.small) -> None:
    """Make workspace ``name`` whole where it is not, check the demo site in it and print the answer, and what time each step took."""
    from db import session
    from demo.making import SRID, TITLES
    from gis import crs
    from layers import catalogue
    from workflows import people
    from workflows.base_map import places, service
    from workflows.site_check.rulebook import book as rulebook

    watch = _Watch()
    loaded = catalogue.load()
    steward = people.steward(getpass.getuser())
    places.make(name, title=TITLES[size], project=crs.parse(SRID), actor=steward)
    engine = session.engine(name)
    with session.transaction(engine, steward) as connection:
        service.load_catalogue(connection, loaded)
        # A demo that an earlier landing laid gets the rules of this one, too.
        rulebook.load(connection, steward, rulebook.read(loaded))
        found = service.layers(connection)
    place = home() / workspace_of(size)
    stands = all(layer["edition"] is not None for layer in found if layer["origin"] == "catalogue")
    laid = stands and _key(place) is not None
    if laid:
        terminal.say("demo_stands")
    else:
        _lay(engine, steward, place, size, watch)
    with watch.during("checking"):
        _check(engine, steward, place)
    if not laid:
        _keep(place / "times.json", watch.seconds)
    _tell_times(place)


def _lay(engine: Any, steward: Any, place: Path, size: DemoSize, watch: _Watch) -> None:
    from workflows.base_map.intake import service as intake

    with watch.during("making"):
        delivery = _make(place, size)
    with progress() as tell:

        def told(phase: str, name: str, done: int, whole: int) -> None:
            watch.on(phase)
            tell(phase, name, done, whole)

        with watch.during("reading"):
            limits = BULK if size is DemoSize.small else GREAT
            done = intake.import_delivery(engine, steward, delivery, limits=limits, on_progress=told)
    if size is not DemoSize.small:  # the original is kept with the other deliveries; twice it is gigabytes
        shutil.rmtree(delivery)
    counts = [
        sum(layer[what] for layer in done.layers if layer["kind"] != "raster")
        for what in ("rows_published", "rows_set_aside")
    ]
    terminal.say(
        "demo_made",
        n=len(done.layers),
        features=counts[0],
        aside=counts[1],
        seconds=f"{sum(watch.seconds.values()):.0f}",
    )


class _Watch:
    """Seconds by step. One step runs at a time; another may take over from it."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._step: str | None = None
        self._since = 0.0

    @contextmanager
    def during(self, step: str) -> Iterator[None]:
        self.on(step)
        try:
            yield
        finally:
            self.on(None)

    def on(self, step: str | None) -> None:
        now = time.monotonic()
        if self._step is not None:
            self.seconds[self._step] = self.seconds.get(self._step, 0.0) + now - self._since
        self._step, self._since = step, now


def _make(place: Path, size: DemoSize) -> Path:
    from demo import make

    terminal.warn(terminal.speech().say(f"cli.demo_making.{size}"))
    try:
        place.mkdir(parents=True, exist_ok=True)
        with progress() as tell:
            return make(
                place, size, on_progress=lambda step, done, whole: tell(step, "", done, whole)
            ).delivery
    except OSError as refusal:
        raise folder_error(refusal, place) from refusal


def _keep(path: Path, seconds: Mapping[str, float]) -> None:
    path.write_text(json.dumps({step: round(seconds[step], 1) for step in STEPS}), encoding="utf-8")


def _tell_times(place: Path) -> None:
    """How long each step took when the demo was laid; nothing of one that an earlier landing laid."""
    try:
        seconds = json.loads((place / "times.json").read_text(encoding="utf-8"))
        told = {step: f"{float(seconds[step]):.1f}" for step in STEPS}
    except (OSError, ValueError, KeyError, TypeError):
        return
    terminal.say("demo_times", whole=f"{sum(map(float, told.values())):.0f}", **told)


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
