"""A private cluster for the whole run, a template database made once, and a fresh copy of it for whoever writes."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

OWN_HOME = "HETU_HOME" not in os.environ
if OWN_HOME:  # pytest started by hand: never the home of a running demo, nor of another run
    os.environ["HETU_HOME"] = tempfile.mkdtemp(prefix="hetu-pytest-")
    Path(os.environ["HETU_HOME"]).chmod(0o711)
for _name in ("DATABASE_URL", "HETU_WORKSPACE", "HETU_PORT", "HETU_LANG", "HETU_HOST"):
    os.environ.pop(_name, None)

from sqlalchemy import Connection, Engine  # noqa: E402 - the home is chosen before anything of ours is imported

from db import lock, session  # noqa: E402
from db import workspace as workspaces  # noqa: E402
from db.actor import Actor  # noqa: E402
from db.cluster import Cluster  # noqa: E402
from db.settings import folder, home  # noqa: E402
from tests import little_district  # noqa: E402

TEMPLATE = f"template_{os.environ.get('PYTEST_XDIST_TESTRUNUID', uuid.uuid4().hex)[:12]}"


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput") or not OWN_HOME:
        return
    if (home() / "cluster").exists():
        Cluster(home()).stop()
    shutil.rmtree(home(), ignore_errors=True)


@pytest.fixture(scope="session")
def actor() -> Actor:
    return Actor("test", "检验", kind="demo")


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The run's own server: no crash safety of the machine, so that it is quick."""
    made = Cluster(home(), durable=False)
    made.start()
    return made


@pytest.fixture(scope="session")
def template(cluster: Cluster, actor: Actor) -> str:
    """A workspace with the whole catalogue and the little district's editions; made by the first process that needs it."""
    with lock.alone(folder("run") / "template.lock"):
        if TEMPLATE not in workspaces.names():
            little_district.make(TEMPLATE, actor)
            session.forget(TEMPLATE)
    return TEMPLATE


@pytest.fixture
def workspace(template: str) -> Iterator[str]:
    """The name of a workspace of the test's own, a copy of the template."""
    name = f"t_{uuid.uuid4().hex[:16]}"
    workspaces.copy(template, name)
    yield name
    workspaces.drop(name)


@pytest.fixture(scope="module")
def module_workspace(template: str) -> Iterator[str]:
    """One copy for a module whose tests do not stand in each other's way."""
    name = f"m_{uuid.uuid4().hex[:16]}"
    workspaces.copy(template, name)
    yield name
    workspaces.drop(name)


@pytest.fixture
def engine(workspace: str) -> Engine:
    return session.engine(workspace)


@pytest.fixture(scope="session")
def process_workspace(template: str) -> Iterator[str]:
    """One copy for this process, in which every test's transaction is rolled back. Nobody may connect to the template itself."""
    name = f"p_{uuid.uuid4().hex[:16]}"
    workspaces.copy(template, name)
    yield name
    workspaces.drop(name)


@pytest.fixture(scope="session")
def demo(cluster: Cluster, actor: Actor) -> tuple[str, dict[str, Any]]:
    """The demo district's workspace, laid as ``./hetu demo`` lays it, and its answer key; made once for all processes. Only read it."""
    place = home() / "demo"
    with lock.alone(folder("run") / "demo.lock"):
        if not (place / "laid").exists():
            _lay_demo(place, actor)
            (place / "laid").touch()
    return "demo", json.loads((place / "answer_key.json").read_text(encoding="utf-8"))


def _lay_demo(place: Path, actor: Actor) -> None:
    from demo import SRID, TITLE, make
    from gis import crs
    from layers import catalogue
    from workflows.base_map import service
    from workflows.base_map.intake import service as intake
    from workflows.site_check.rulebook import book as rulebook

    place.mkdir(exist_ok=True)
    made = make(place)
    workspaces.make("demo", title=TITLE, srid=SRID, crs_wkt=crs.parse(SRID).wkt, actor=actor)
    engine = session.engine("demo")
    loaded = catalogue.load()
    with session.transaction(engine, actor) as connection:
        service.load_catalogue(connection, loaded)
        rulebook.load(connection, actor, rulebook.read(loaded))
    intake.import_delivery(engine, actor, made.delivery)


@pytest.fixture
def connection(process_workspace: str, actor: Actor) -> Iterator[Connection]:
    """A transaction that is rolled back: quick, for whoever writes but needs no commit."""
    engine = session.engine(process_workspace)
    with engine.connect() as held:
        transaction = held.begin()
        held.execute(session.SET_ACTOR, {"actor": actor.id, "on_behalf_of": ""})
        yield held
        transaction.rollback()
