"""A private PostgreSQL in a folder of its own: made, started, stopped, and mended after whatever ended it.

It listens on a socket only, in a folder only its owner may enter; root makes it as the user postgres. This room refuses to know
what stands in the databases.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
import stat
import tempfile
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import psycopg2

from db import machine, programs, server
from db.errors import GroundError
from db.lock import alone
from db.settings import folder_error, make_folder

ROLE = "hetu"
SOCKET_LIMIT = 107
PORT = 5432  # names the socket's file; nothing listens on TCP
SOCKET = f".s.PGSQL.{PORT}"
START_PATIENCE = 240.0
DISK_FULL = "No space left on device"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A private PostgreSQL in a folder of its own."""

    home: Path
    durable: bool = True
    """False gives up crash safety of the machine (not of the processes) for speed: tests."""

    @property
    def data(self) -> Path:
        return self.home / "cluster" / "data"

    @property
    def log(self) -> Path:
        return self.home / "cluster" / "server.log"

    @property
    def socket(self) -> Path:
        """Folder of the socket: below home, or where that path is too long for a socket, in the system's temporary folder."""
        near = self.home / "socket"
        if _fits(near):
            return near
        named = sha256(os.fsencode(self.home)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"hetu-{named}"

    def url(self, database: str = "postgres") -> str:
        return server.with_database(
            f"postgresql://{ROLE}@/?host={server.quoted(str(self.socket))}&port={PORT}", database
        )

    def start(self) -> str:
        """Made and running when this returns the URL of its maintenance database; a second caller waits for the first."""
        if not self.running():
            with self._alone():
                if not self.running():
                    self._make()
                    self._start()
        return self.url()

    def running(self) -> bool:
        """Whether it answers; one that is just starting or stopping does not."""
        if not self._socket_is_ours():
            return False
        try:
            psycopg2.connect(server.for_libpq(self.url()), connect_timeout=5).close()
        except psycopg2.OperationalError:
            return False
        return True

    def stop(self) -> bool:
        """Stop it, ending what its clients were doing; False if it was not running."""
        if not self.data.exists():
            return False
        with self._alone():
            if self._postmaster() is None:
                return False
            said = programs.choose(self._version()).run(
                "pg_ctl", "-D", self.data, "-m", "fast", "-w", "-t", "60", "stop", timeout=90
            )
            if said.returncode != 0:
                raise GroundError("cluster_will_not_stop", folder=str(self.data), log=str(self.log))
        return True

    def kill(self) -> None:
        """kill -9 of every process of it, as a power cut would: for crash rounds."""
        for process in programs.working_in(self.data):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self._wait_until_gone(10.0)

    def _make(self) -> None:
        """A cluster appears whole or not at all: it is made beside its place and then named."""
        user, group = programs.server_user()
        try:
            for place in (self.home / "cluster", self.socket):
                make_folder(place, 0o700)
                if os.geteuid() == 0:
                    os.chown(place, user, group)
        except OSError as refusal:
            raise folder_error(refusal, self.home) from refusal
        if not self._socket_is_ours():
            raise GroundError("socket_folder_not_ours", folder=str(self.socket))
        if not _fits(self.socket):
            raise GroundError("socket_path_too_long", path=str(self.socket), limit=SOCKET_LIMIT)
        self._check_passable()
        if self.data.is_dir() and not any(self.data.iterdir()):
            self.data.rmdir()
        if self.data.exists():
            return
        tools = programs.choose()
        partial = self.data.with_name("data.partial")
        shutil.rmtree(partial, ignore_errors=True)
        said = tools.run(
            "initdb",
            "-D",
            partial,
            "-U",
            ROLE,
            "--locale=C.UTF-8",
            "--encoding=UTF8",
            "--auth=trust",
            "--no-instructions",
            timeout=300,
        )
        if said.returncode != 0:
            shutil.rmtree(partial, ignore_errors=True)
            raise self._failure("cluster_not_made", said.stdout)
        partial.rename(self.data)

    def _start(self) -> None:
        tools = programs.choose(self._version())
        self._clear_remains()
        self._write_conf()
        self._turn_log()
        said = tools.run(
            "pg_ctl",
            "-D",
            self.data,
            "-l",
            self.log,
            "-w",
            "-t",
            str(int(START_PATIENCE)),
            "start",
            timeout=START_PATIENCE + 30,
        )
        if said.returncode != 0 or not self.running():
            raise self._failure("cluster_will_not_start", self._last_words() or said.stdout)

    def _write_conf(self) -> None:
        said = machine.settings(
            memory=machine.memory() if self.durable else 2048 * machine.MB,
            cores=machine.cores(),
            disk=shutil.disk_usage(self.data).free,
            small_shm=machine.shared_memory_is_small(),
            durable=self.durable,
        )
        said["unix_socket_directories"] = "'" + str(self.socket).replace("'", "''") + "'"
        said["port"] = str(PORT)
        try:
            conf = self.data / "hetu.conf"
            conf.write_text(
                "# Written at every start; put your own after the include in postgresql.conf.\n"
                + machine.written(said)
            )
            conf.chmod(0o644)
            main = self.data / "postgresql.conf"
            if "include 'hetu.conf'" not in main.read_text():
                with main.open("a") as tail:
                    tail.write("\ninclude 'hetu.conf'\n")
        except OSError as refusal:
            raise folder_error(refusal, self.data) from refusal

    def _version(self) -> int:
        try:
            return int((self.data / "PG_VERSION").read_text())
        except (OSError, ValueError) as damage:
            raise GroundError("cluster_damaged", folder=str(self.data), lacking="PG_VERSION") from damage

    def _clear_remains(self) -> None:
        """What a killed server left. Its backends may outlive it for a while, and starting beside them would destroy data."""
        if self._postmaster() is not None or not self._wait_until_gone(3.0):
            for process in programs.working_in(self.data):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGQUIT)
            if not self._wait_until_gone(20.0):
                raise GroundError(
                    "cluster_remains", folder=str(self.data), processes=sorted(programs.working_in(self.data))
                )
        # Nobody works in the folder, so these are stale, even where their number has gone to somebody else's process or to one
        # that nobody buries (PID 1 of many containers): PostgreSQL itself would refuse to start then.
        for left in (self.data / "postmaster.pid", self.socket / SOCKET, self.socket / f"{SOCKET}.lock"):
            left.unlink(missing_ok=True)

    def _postmaster(self) -> int | None:
        """The server's process, if it is alive and really ours."""
        try:
            number = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        return number if number in programs.working_in(self.data) else None

    def _wait_until_gone(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while programs.working_in(self.data):
            if time.monotonic() > until:
                return False
            time.sleep(0.1)
        return True

    def _socket_is_ours(self) -> bool:
        """Whoever owns the folder of a socket can answer in the server's place, so the owner is looked at before we speak."""
        try:
            there = self.socket.lstat()
        except OSError:
            return False
        return (
            stat.S_ISDIR(there.st_mode)
            and there.st_uid == programs.server_user()[0]
            and not there.st_mode & 0o077
        )

    def _check_passable(self) -> None:
        if (
            programs.run_as_server(
                ["test", "-w", self.home / "cluster", "-a", "-w", self.socket], timeout=30
            ).returncode
            == 0
        ):
            return
        for place in reversed([self.home, *self.home.parents]):
            if programs.run_as_server(["test", "-x", place], timeout=30).returncode != 0:
                raise GroundError("folder_closed", folder=str(place), user=programs.SERVER_USER)
        raise GroundError(
            "folder_unusable", folder=str(self.home / "cluster"), reason=os.strerror(errno.EACCES)
        )

    def _alone(self) -> contextlib.AbstractContextManager[None]:
        """One process at a time makes, starts or stops the cluster."""
        return alone(make_folder(make_folder(self.home, 0o711) / "run", 0o700) / "cluster.lock")

    def _turn_log(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            if self.log.stat().st_size > 10 * machine.MB:
                self.log.replace(self.log.with_suffix(".log.1"))

    def _last_words(self) -> str:
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
        except OSError:
            return ""

    def _failure(self, code: str, words: str) -> GroundError:
        if DISK_FULL in words:
            return GroundError("disk_full", folder=str(self.home))
        lines = [
            line for line in words.splitlines() if "FATAL" in line or "error:" in line
        ] or words.splitlines()
        return GroundError(
            code, folder=str(self.data), reason=lines[-1].strip() if lines else "", log=str(self.log)
        )


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder / SOCKET)) <= SOCKET_LIMIT
