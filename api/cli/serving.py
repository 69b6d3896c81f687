"""One workspace on one loopback port: its server and its worker, brought up, looked at and ended together."""

from __future__ import annotations

import json
import socket
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from itertools import chain

from api.cli import background
from api.cli.background import Process
from db.errors import GroundError
from db.lock import alone
from db.settings import CHECKOUT, folder

HOST = "127.0.0.1"
PORTS = range(8600, 8700)
HEALTH_PATIENCE = 90.0
SOURCES = ("api", "db", "gis", "layers", "workflows")

# No proxy of the environment stands between us and our own loopback.
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


@dataclass(frozen=True, slots=True)
class Served:
    workspace: str
    server: Process | None
    worker: Process | None

    @property
    def address(self) -> str | None:
        return f"http://{HOST}:{self.server.facts['port']}" if self.server else None

    def health(self) -> bool:
        return self.address is not None and healthy(self.address, self.workspace)


def served() -> list[Served]:
    """Every workspace of which something runs."""
    servers = {each.facts["workspace"]: each for each in background.every("server")}
    workers = {each.facts["workspace"]: each for each in background.every("worker")}
    return [Served(name, servers.get(name), workers.get(name)) for name in sorted({*servers, *workers})]


def serve(workspace: str, port: int | None = None) -> Served:
    """Server and worker of a workspace, running and answering; what runs the newest sources already is left alone."""
    with alone(folder("run") / "serving.lock"):
        source = source_age()
        standing = background.find(f"server-{workspace}")
        if port is not None and not (standing and standing.facts.get("port") == port) and not is_free(port):
            raise GroundError("port_busy", port=port)  # before anything that runs is ended for it
        worker = _kept(f"worker-{workspace}", source, None) or _start_worker(workspace, source)
        server = _kept(f"server-{workspace}", source, port)
        try:
            server = server or _start_server(workspace, source, port)
            _wait_for_health(server)
            if not worker.alive():
                raise _died(worker)
        except (GroundError, KeyboardInterrupt):
            for process in (server, worker):  # half of it running would only look like a service
                if process:
                    process.end()
            raise
        return Served(workspace, server, worker)


def end(workspace: str | None = None) -> list[Served]:
    """End one workspace's processes, or all; those that ran."""
    with alone(folder("run") / "serving.lock"):
        ran = [each for each in served() if workspace in (None, each.workspace)]
        for process in chain.from_iterable((each.server, each.worker) for each in ran):
            if process:
                process.end()
    return ran


def healthy(address: str, workspace: str) -> bool:
    """Whether that address answers as this workspace; somebody else's server on the port does not count."""
    try:
        with _open(f"{address}/health", timeout=5) as response:
            return bool(json.load(response).get("workspace") == workspace)
    except (urllib.error.URLError, OSError, ValueError, AttributeError):
        return False


def source_age() -> float:
    """When the newest of our sources was written: a server older than that shows yesterday's product."""
    return max(
        path.stat().st_mtime
        for room in SOURCES
        for path in (CHECKOUT / room).rglob("*")
        if path.suffix in {".py", ".sql", ".yaml", ".html"} and path.is_file()
    )


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError as refusal:
            raise GroundError("port_forbidden", port=port) from refusal
        except OSError:
            return False
        return True


def _kept(name: str, source: float, port: int | None) -> Process | None:
    running = background.find(name)
    if running is None:
        return None
    if running.facts.get("source") == source and port in (None, running.facts.get("port")):
        return running
    running.end()
    return None


def _start_worker(workspace: str, source: float) -> Process:
    return background.start(
        f"worker-{workspace}",
        [sys.executable, "-P", "-m", "api.worker"],
        {"PYTHONPATH": str(CHECKOUT), "HETU_WORKSPACE": workspace},
        {"workspace": workspace, "source": source},
    )


def _start_server(workspace: str, source: float, port: int | None) -> Process:
    chosen = _choose(port)
    words = [
        "-m",
        "uvicorn",
        "--factory",
        "api.app:make",
        "--host",
        HOST,
        "--port",
        str(chosen),
        "--no-access-log",
    ]
    return background.start(
        f"server-{workspace}",
        [sys.executable, "-P", *words],
        {"PYTHONPATH": str(CHECKOUT), "HETU_WORKSPACE": workspace, "HETU_PORT": str(chosen)},
        {"workspace": workspace, "source": source, "port": chosen},
    )


def _choose(port: int | None) -> int:
    """The port that was asked for or none; unasked, the first that is free."""
    if port is not None:
        if not is_free(port):
            raise GroundError("port_busy", port=port)
        return port
    for candidate in PORTS:
        if is_free(candidate):
            return candidate
    raise GroundError("port_busy", port=f"{PORTS.start}-{PORTS.stop - 1}")


def _wait_for_health(server: Process) -> None:
    until = time.monotonic() + HEALTH_PATIENCE
    while not healthy(f"http://{HOST}:{server.facts['port']}", server.facts["workspace"]):
        if not server.alive():
            raise GroundError(
                "process_died", process=server.name, log=str(server.log), reason=server.last_words()
            )
        if time.monotonic() > until:
            raise GroundError("server_silent", seconds=int(HEALTH_PATIENCE), log=str(server.log))
        time.sleep(0.1)


def _died(process: Process) -> GroundError:
    return GroundError(
        "process_died", process=process.name, log=str(process.log), reason=process.last_words()
    )
