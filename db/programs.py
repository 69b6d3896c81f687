"""PostgreSQL's own programs: which are installed, and how they are run as a user who is not root.

Knows where Debian and its kin put them and nothing about what they are run for.
"""

from __future__ import annotations

import os
import pwd
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from db.errors import GroundError
from db.settings import Ground, read

INSTALLED = Path("/usr/lib/postgresql")
OLDEST = (
    14  # client_connection_check_interval, which ends the queries of a client that went away, came with 14
)
SERVER_USER = "postgres"


@dataclass(frozen=True, slots=True)
class Programs:
    """One installed version of PostgreSQL."""

    version: int
    folder: Path
    postgis: bool | None
    """Whether its PostGIS lies beside it; None where only the server can tell."""

    def run(
        self, program: str, *arguments: str | Path, timeout: float, extra: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run one of them to its end as the server's user; its words come back whatever the result."""
        return run_as_server([self.folder / program, *arguments], timeout=timeout, extra=extra)


def run_as_server(
    command: Sequence[str | Path], *, timeout: float, extra: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    user, group = server_user()
    ourselves = user == os.geteuid()
    environment = {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        **(extra or {}),
    }
    try:
        return subprocess.run(
            [str(word) for word in command],
            check=False,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            cwd="/",  # the caller's folder may be closed to the server's user
            env=environment,
            start_new_session=True,  # Ctrl-C is for us to hear; a server half-way up is not to be cut down by it
            user=None if ourselves else user,
            group=None if ourselves else group,
            extra_groups=None if ourselves else [],
        )
    except subprocess.TimeoutExpired as late:
        raise GroundError("program_late", program=Path(str(command[0])).name, seconds=int(timeout)) from late
    except PermissionError as refusal:
        raise GroundError("cannot_drop_privilege", user=SERVER_USER, reason=str(refusal)) from refusal


def server_user() -> tuple[int, int]:
    """User and group the server runs as: ourselves, or postgres where we are root, whom PostgreSQL refuses."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    try:
        entry = pwd.getpwnam(SERVER_USER)
    except KeyError as lacking:
        raise GroundError("server_user_missing", user=SERVER_USER) from lacking
    return entry.pw_uid, entry.pw_gid


def installed() -> list[Programs]:
    """Every version that is there, the highest first."""
    chosen = read(Ground).postgres_bin
    if chosen is not None:
        return [Programs(_version(chosen), chosen, None)] if (chosen / "postgres").exists() else []
    found = [
        Programs(int(each.name), each / "bin", (each / "lib" / "postgis-3.so").exists())
        for each in (INSTALLED.iterdir() if INSTALLED.is_dir() else ())
        if each.name.isdigit()
        and all((each / "bin" / name).exists() for name in ("postgres", "initdb", "pg_ctl"))
    ]
    return sorted(found, key=lambda programs: programs.version, reverse=True)


def choose(version: int | None = None) -> Programs:
    """The programs for a data folder of ``version``, or the newest that have PostGIS for a new one."""
    found = installed()
    if not found:
        raise GroundError("postgres_missing", folder=str(read(Ground).postgres_bin or INSTALLED))
    if version is not None:
        for programs in found:
            if programs.version == version:
                return programs
        raise GroundError("postgres_version", needed=version, found=[each.version for each in found])
    able = [each for each in found if each.postgis is not False and each.version >= OLDEST]
    if not able:
        raise GroundError("postgis_missing", where=f"PostgreSQL {found[0].version}")
    return able[0]


def working_in(folder: Path) -> set[int]:
    """Processes of PostgreSQL whose home is this data folder, whatever a pid file says of them."""
    if not folder.exists():
        return set()
    # Asked as the server's user: root in a container may not look into other users' processes.
    listing = run_as_server(
        ["find", "/proc", "-mindepth", "2", "-maxdepth", "2", "-name", "cwd", "-printf", "%h %l\\n"],
        timeout=60,
    ).stdout
    pairs = (line.removeprefix("/proc/").partition(" ") for line in listing.splitlines())
    return {
        int(pid) for pid, _, place in pairs if place == str(folder) and pid.isdigit() and _is_postgres(pid)
    }


def _is_postgres(process: str) -> bool:
    try:
        words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return os.path.basename(words[0].split(b":")[0]) == b"postgres"


def _version(folder: Path) -> int:
    said = run_as_server([folder / "postgres", "--version"], timeout=30).stdout
    match = re.search(r"\) (\d+)", said)
    if match is None:
        raise GroundError("postgres_missing", folder=str(folder))
    return int(match[1])
