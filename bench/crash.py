"""kill -9 of the worker, the server or the database while a delivery of 160 layers comes in over an earlier edition of all of them: afterwards every layer
is wholly old or wholly new, all are on the same side, and nothing is left behind.

A server, a worker and a database of its own, in a home of its own: only what was started here is killed, by its number.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from bench import crash_ground as ground
from bench.crash_delivery import LAYERS, SRID, Deliveries, rows_of
from db import session
from db.actor import Actor
from db.cluster import Cluster
from db.errors import GroundError
from db.settings import CHECKOUT, folder, home
from gis import crs
from layers.refusal import Refused
from workflows.base_map import places
from workflows.base_map.intake import janitor

WORKSPACE = "crash"
ACTOR = Actor("bench", "性能基准", kind="steward")
VICTIMS = ("worker", "server", "database")
PHASES = ("uploading", "reading", "copying", "publishing")
PATIENCE_S = 240.0
CLEANING_S = 15.0
_BEYOND = 1.4
"""How far kills while publishing reach, in units of what the first delivery took from its last layers to its end: some come after the commit."""


@dataclass(frozen=True, slots=True)
class Round:
    """``point``: how far into the phase, from 0 to 1; ``seen``: where the delivery stood when the victim died; ``side``: "old", "new" or what is wrong."""

    number: int
    victim: str
    phase: str
    point: float
    seen: str
    side: str
    faults: list[str]
    seconds: float

    @property
    def good(self) -> bool:
        return self.side in ("old", "new") and not self.faults


def run(rounds: int, seed: int, on_round: Callable[[Round], object]) -> dict[str, Any]:
    """``rounds``, ``old``, ``new``, ``bad`` and every round, as JSON. The home that the environment names must be one of this bench's own."""
    lots = random.Random(seed)
    deliveries = Deliveries(home() / "deliveries")
    done: list[Round] = []
    with _Stand() as stand:
        turn = 0
        stand.publish(deliveries.make(0, turn))
        for number, (victim, phase) in enumerate(_drawn(lots, rounds), 1):
            began, point = time.monotonic(), lots.random()
            before = stand.layers()
            path = deliveries.make(number, 1 - turn)
            seen = stand.kill(path, victim, phase, point)
            stand.recover()
            side, faults = stand.judged(before, rows_of(1 - turn))
            turn = 1 - turn if side == "new" else turn
            seconds = round(time.monotonic() - began, 1)
            done.append(Round(number, victim, phase, round(point, 3), seen, side, faults, seconds))
            on_round(done[-1])
            path.unlink()
    return {
        "rounds": rounds,
        "seed": seed,
        "layers": LAYERS,
        "old": sum(each.side == "old" for each in done),
        "new": sum(each.side == "new" for each in done),
        "bad": sum(not each.good for each in done),
        "each": [asdict(each) for each in done],
    }


def _drawn(lots: random.Random, rounds: int) -> Iterator[tuple[str, str]]:
    """Every victim in every phase once before any comes again, in an order of the seed's."""
    waiting: list[tuple[str, str]] = []
    for _ in range(rounds):
        if not waiting:
            waiting = list(itertools.product(VICTIMS, PHASES))
            lots.shuffle(waiting)
        yield waiting.pop()


class _Stand:
    """Database, server and worker of the rounds: started, killed and started again."""

    def __init__(self) -> None:
        self.cluster = Cluster(home())
        self.worker: subprocess.Popen[bytes] | None = None
        self.server: subprocess.Popen[bytes] | None = None
        self.port = _free_port()
        self.tail_s = 0.0

    def __enter__(self) -> _Stand:
        self.cluster.start()
        places.make(WORKSPACE, title="崩溃轮 crash rounds", project=crs.parse(SRID), actor=ACTOR)
        self._serve()
        return self

    def __exit__(self, *_: object) -> None:
        for process in (self.worker, self.server):
            if process is not None:
                _killed(process)
        session.forget(WORKSPACE)
        self.cluster.stop()

    @property
    def engine(self) -> Engine:
        return session.engine(WORKSPACE)

    def layers(self) -> Mapping[str, ground.Layer]:
        with session.read(self.engine) as connection:
            return ground.layers(connection)

    def publish(self, path: Path) -> None:
        """The edition that all rounds begin over."""
        number = _submitted(self._address(), path)
        self._reached(number - 1, "publishing", 0.0)
        began = time.monotonic()
        self._settled()
        self.tail_s = time.monotonic() - began
        faults = self._cleaned()
        with session.read(self.engine) as connection:
            newest = ground.newest(connection)
        if newest.id != number or newest.state != "published" or faults or len(self.layers()) != LAYERS:
            raise Refused("bench_crash_baseline", state=newest.state, faults=faults)

    def kill(self, path: Path, victim: str, phase: str, point: float) -> str:
        """Hand the delivery over and kill the victim at that point of it; where the delivery stood then."""
        address = self._address()
        handing = threading.Thread(target=_handed_over, args=(address, path), daemon=True)
        with session.read(self.engine) as connection:
            last = ground.newest(connection).id
        handing.start()
        if phase == "uploading":
            time.sleep(point * 0.4)
            seen = "uploading"
        else:
            seen = self._reached(last, phase, point)
        self._kill(victim)
        handing.join(PATIENCE_S)
        return seen

    def recover(self) -> None:
        """Start what is dead, as whoever runs the product would, and let the work that is left come to its end."""
        session.forget(WORKSPACE)
        if not self.cluster.running():
            self.cluster.start()
        self._serve()
        self._settled()

    def judged(self, before: Mapping[str, ground.Layer], new_rows: int) -> tuple[str, list[str]]:
        faults = self._cleaned()
        with session.read(self.engine) as connection:
            return ground.side(before, ground.layers(connection), new_rows), faults

    def _cleaned(self) -> list[str]:
        """What the janitor leaves. A worker that lives may still be emptying its own rooms."""
        until = time.monotonic() + CLEANING_S
        while True:
            janitor.sweep(self.engine, ACTOR, settled_s=0.0)
            with session.read(self.engine) as connection:
                faults = ground.faults(connection)
            if not faults or time.monotonic() > until:
                return faults
            time.sleep(0.2)

    def _reached(self, last: int, phase: str, point: float) -> str:
        """Wait until the delivery after ``last`` is that far, or over."""
        until = time.monotonic() + PATIENCE_S
        wanted = "reading" if phase == "reading" else "publishing"
        share = 0.97 if phase == "publishing" else point * 0.95
        while time.monotonic() < until:
            with session.read(self.engine) as connection:
                newest = ground.newest(connection)
            if newest.id > last:
                done = (newest.done or 0) / (newest.total or 1)
                over = newest.state not in ("waiting", "reading")
                if (
                    over
                    or (newest.phase == wanted and done >= share)
                    or (newest.phase, wanted) == ("publishing", "reading")
                ):
                    if phase == "publishing":
                        time.sleep(point * self.tail_s * _BEYOND)
                    return f"{newest.phase} {newest.done}/{newest.total}" if not over else str(newest.state)
            time.sleep(0.002)
        raise Refused("bench_crash_stuck", phase=phase)

    def _kill(self, victim: str) -> None:
        if victim == "database":
            self.cluster.kill()
        else:
            process = self.worker if victim == "worker" else self.server
            assert process is not None
            _killed(process)

    def _settled(self) -> None:
        """Until no delivery is being read or waits: a worker takes what waits, its sweep gives up what nobody holds."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            self._serve()
            with contextlib.suppress(SQLAlchemyError, GroundError):
                janitor.sweep(self.engine, ACTOR, rasters=False)
                with session.read(self.engine) as connection:
                    if not ground.in_work(connection):
                        return
            time.sleep(0.2)
        raise Refused("bench_crash_stuck", phase="recovering")

    def _serve(self) -> None:
        """Server and worker, alive and answering."""
        if self.worker is None or self.worker.poll() is not None:
            self.worker = self._started("worker", ["-m", "api.worker"])
        if self.server is None or self.server.poll() is not None:
            self.port = _free_port()
            words = [
                "-m",
                "uvicorn",
                "--factory",
                "api.app:make",
                "--host",
                "127.0.0.1",
                "--port",
                str(self.port),
            ]
            self.server = self._started("server", [*words, "--no-access-log"])
            self._answering()

    def _answering(self) -> None:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            with contextlib.suppress(httpx.HTTPError), httpx.Client(trust_env=False) as client:
                if client.get(f"{self._address()}/health", timeout=5).status_code == 200:
                    return
            time.sleep(0.1)
        raise Refused("bench_crash_stuck", phase="starting")

    def _started(self, name: str, words: list[str]) -> subprocess.Popen[bytes]:
        with (folder("logs") / f"{name}.log").open("ab") as book:
            return subprocess.Popen(
                [sys.executable, "-P", *words], stdin=subprocess.DEVNULL, stdout=book, stderr=subprocess.STDOUT, start_new_session=True, cwd="/",
                env={**os.environ, "PYTHONPATH": str(CHECKOUT), "HETU_WORKSPACE": WORKSPACE, "HETU_PORT": str(self.port)},
            )  # fmt: skip

    def _address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def _killed(process: subprocess.Popen[bytes]) -> None:
    """The whole group, at once and without a word, and nothing else: it leads a group of its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _submitted(address: str, path: Path) -> int:
    with httpx.Client(trust_env=False, timeout=PATIENCE_S) as client, path.open("rb") as file:
        answer = client.post(f"{address}/api/imports", files={"file": (path.name, file)})
    if answer.status_code != 202:
        raise Refused("bench_crash_baseline", state=str(answer.status_code), faults=[answer.text[:300]])
    return int(answer.json()["id"])


def _handed_over(address: str, path: Path) -> None:
    """Nobody may answer any more."""
    with contextlib.suppress(httpx.HTTPError, Refused):
        _submitted(address, path)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
