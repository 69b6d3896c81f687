"""One delivery taken in as `./hetu import` does it, into a workspace of its own that is new each time; and what that took.

As a program of its own it says what memory was needed: nothing else then ever happened in its process.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.coverage import LAYER
from bench.district import SRID
from bench.peaks import OWN, Peaks
from db import session
from db import workspace as workspaces
from db.actor import Actor
from db.settings import CHECKOUT
from gis import crs
from layers import catalogue
from layers.refusal import Refused
from workflows.base_map import service
from workflows.base_map.intake import service as intake
from workflows.base_map.reports import follow_up

WORKSPACE = "bench_intake"
TITLE = "入库基准 intake benchmark"
ACTOR = Actor("bench", "性能基准", kind="steward")


def prepare(workspace: str = WORKSPACE) -> None:
    """An empty workspace with the catalogue, whatever stood there before."""
    if workspace in workspaces.names():
        workspaces.drop(workspace)
    workspaces.make(workspace, title=TITLE, srid=SRID, crs_wkt=crs.parse(SRID).wkt, actor=ACTOR)
    with session.transaction(session.engine(workspace), ACTOR) as connection:
        service.load_catalogue(connection, catalogue.load())


def take_in(package: Path, workspace: str = WORKSPACE) -> intake.Imported:
    """Read in the sandbox, checked, published. Refused ``bench_workspace_differs`` where not every row was published."""
    done = intake.import_delivery(session.engine(workspace), ACTOR, package)
    (layer,) = done.layers
    if layer["code"] != LAYER or layer["rows_set_aside"]:
        raise Refused(
            "bench_workspace_differs",
            workspace=workspace, layer=LAYER, expected=layer["rows_read"], got=layer["rows_published"],
        )  # fmt: skip
    return done


def follow(done: intake.Imported, workspace: str = WORKSPACE) -> dict[str, Any]:
    """The job that follows publication, now; what it found."""
    found: dict[str, Any] = {}
    for one in done.reports:
        if one.waits:
            found = follow_up.run(session.engine(workspace), ACTOR, one.number)
    return found


def alone(package: Path, workspace: str = WORKSPACE) -> dict[str, Any]:
    """The same in a process of its own: seconds and peak memory in bytes, of the delivery and of the job that follows."""
    prepare(workspace)
    child = subprocess.run(
        [sys.executable, "-m", "bench.taking_in", str(package), workspace],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, cwd=CHECKOUT, check=True,
    )  # fmt: skip
    told: dict[str, Any] = json.loads(child.stdout.splitlines()[-1])
    return told


def main() -> None:
    package, workspace = Path(sys.argv[1]), sys.argv[2]
    began = time.perf_counter()
    with Peaks() as peaks:
        done = take_in(package, workspace)
        published = time.perf_counter()
        taken = peaks.most.copy()
        found = follow(done, workspace)
    told = {
        "rows": sum(layer["rows_published"] for layer in done.layers),
        "bytes": package.stat().st_size,
        "seconds": round(published - began, 2),
        "cpu_seconds": round(resource.getrusage(resource.RUSAGE_SELF).ru_utime, 2),
        "own_bytes": taken[OWN],
        "sandbox_bytes": max((most for name, most in taken.items() if name != OWN), default=0),
        "follow_up": {
            "seconds": round(time.perf_counter() - published, 2) if found else None,
            "own_bytes": peaks.most[OWN],
            "overlaps": found.get("overlaps"),
            "gaps": found.get("gaps"),
        },
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
