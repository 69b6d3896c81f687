"""A closed room for parsing what strangers hand over: one killable process per delivery. Bubblewrap shuts it in where it can run (no network, no file
but the input, no privilege); elsewhere the same process runs with limits only, and ``isolation()`` says so.

It knows nothing of formats: it starts a module of ours, passes on what it says, and tells in which way it died. A module that runs in here begins with
``shut(...)`` before it touches any input.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from layers.refusal import Refused

GIB = 1 << 30
ROOT = Path(__file__).resolve().parent.parent
# All that the room may see of this product: the parsers and the words of refusal. No database, no settings, no pages.
PACKAGES = ("gis", "layers")
_LONGEST_LINE = 1 << 20
_MEMORY_EXIT = 71
_QUIET = {
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "GDAL_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system",
    "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1", "PROJ_NETWORK": "OFF", "HOME": "/nonexistent",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """``cpu_s`` and ``wall_s`` in seconds; ``memory`` (address space), ``unpacked`` (input) and ``written`` (a file of output) in bytes."""

    name: str
    cpu_s: int
    wall_s: int
    memory: int
    unpacked: int
    written: int


DRAWN = Limits("drawn", 2, 10, 2 * GIB, 32 << 20, 64 << 20)
UPLOAD = Limits("upload", 20, 60, 2 * GIB, 256 << 20, GIB)
BULK = Limits("bulk", 900, 1800, 2 * GIB, 8 * GIB, 8 * GIB)


@lru_cache(maxsize=1)
def isolation() -> Literal["bubblewrap", "limits only"]:
    """Found out once per process by really starting one, with our code in it."""
    program = shutil.which("bwrap")
    if program is None:
        return "limits only"
    here = Path(__file__).parent
    try:
        done = subprocess.run(
            [*_walls(program, here, None), sys.executable, "-c", "import gis.sandbox, numpy"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=20, check=False, env={},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return "limits only"
    return "bubblewrap" if done.returncode == 0 else "limits only"


def run(
    module: str,
    folder_in: Path,
    folder_out: Path,
    limits: Limits,
    *,
    env: Mapping[str, str] | None = None,
    on_message: Callable[[dict[str, Any]], object] | None = None,
) -> None:
    """``python -m module IN OUT LIMITS`` in the closed room; every line it prints as a JSON object goes to ``on_message``.

    Refused: ``reader_cpu``, ``reader_memory``, ``reader_wall_clock``, ``reader_killed`` (by a signal), ``reader_failed``; the caller lives.
    """
    shut_in = isolation() == "bubblewrap"
    inside = [sys.executable, "-m", module]
    told = json.dumps(asdict(limits))
    if shut_in:
        command = [
            *_walls(shutil.which("bwrap") or "bwrap", folder_in, folder_out, env),
            *inside,
            "/in",
            "/out",
            told,
        ]
        around: dict[str, str] = {}
    else:
        command = [*inside, str(folder_in), str(folder_out), told]
        around = {**_QUIET, **(env or {}), "PYTHONPATH": str(ROOT), "PATH": os.defpath}
    with tempfile.TemporaryFile() as stderr:  # no name: nothing in the room can put a link in its place
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr, env=around,
            cwd="/" if shut_in else folder_out, start_new_session=True, close_fds=True,
        )  # fmt: skip
        try:
            code = _listened(child, limits, on_message)
        finally:
            _killed(child)
        stderr.seek(max(0, os.fstat(stderr.fileno()).st_size - 400))
        _judge(code, limits, stderr.read())


def shut(told: str) -> None:
    """The room's own first act, before any input is touched: limits that cannot be raised again."""
    limits = Limits(**json.loads(told))
    _die_with_the_parent()
    for what, soft, most in (
        # Soft before hard: the first is SIGXCPU, which tells the parent why; a hard limit alone would be a nameless SIGKILL.
        (resource.RLIMIT_CPU, limits.cpu_s, limits.cpu_s + 2),
        (resource.RLIMIT_AS, limits.memory, limits.memory),
        (resource.RLIMIT_FSIZE, limits.written, limits.written),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_NOFILE, 256, 256),
    ):
        _, hard = resource.getrlimit(what)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (min(soft, most), most))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a full quota is an error to report, not a death


def _die_with_the_parent() -> None:
    """As bubblewrap has it done: nothing goes on reading for a process that was killed."""
    with contextlib.suppress(OSError, AttributeError):  # another kernel than Linux, another libc
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def out_of_memory() -> None:
    """The room's last words when memory ran out; the parent turns the exit code into a refusal."""
    os._exit(_MEMORY_EXIT)


def _walls(
    program: str, folder_in: Path, folder_out: Path | None, env: Mapping[str, str] | None = None
) -> list[str]:
    command = [
        program,
        "--unshare-all",
        "--die-with-parent",
        "--new-session",
        "--clearenv",
        "--cap-drop",
        "ALL",
        "--tmpfs",
        "/tmp",  # noqa: S108  # the room's own, empty
    ]
    command += ["--proc", "/proc", "--dev", "/dev", "--ro-bind", "/usr", "/usr"]
    for name in ("lib", "lib64", "lib32", "bin", "sbin"):
        place = Path("/") / name
        if place.is_symlink():
            command += ["--symlink", str(place.readlink()), str(place)]
        elif place.is_dir():
            command += ["--ro-bind", str(place), str(place)]
    for prefix in dict.fromkeys((sys.base_prefix, sys.prefix)):  # a venv's python may live elsewhere
        if not prefix.startswith("/usr/") and prefix != "/usr":
            command += ["--ro-bind", prefix, prefix]
    for package in PACKAGES:
        command += ["--ro-bind", str(ROOT / package), f"/code/{package}"]
    command += ["--ro-bind", str(folder_in), "/in"]
    if folder_out is not None:
        command += ["--bind", str(folder_out), "/out", "--chdir", "/out"]
    for key, value in {**_QUIET, **(env or {}), "PYTHONPATH": "/code"}.items():
        command += ["--setenv", key, value]
    return [*command, "--"]


def _listened(
    child: subprocess.Popen[bytes], limits: Limits, on_message: Callable[[dict[str, Any]], object] | None
) -> int:
    deadline = time.monotonic() + limits.wall_s
    assert child.stdout is not None
    waiting = b""
    with selectors.DefaultSelector() as selector, child.stdout as stdout:
        selector.register(stdout, selectors.EVENT_READ)
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise Refused("reader_wall_clock", seconds=limits.wall_s, limits=limits.name)
            if not selector.select(left):
                continue
            block = os.read(stdout.fileno(), 1 << 16)
            if not block:
                break
            *lines, waiting = (waiting + block).split(b"\n")
            if len(waiting) > _LONGEST_LINE:
                raise Refused("reader_untrusted", reason="a line without end")
            for line in lines:
                _passed_on(line, on_message)
    try:
        return child.wait(max(0.1, deadline - time.monotonic()))
    except subprocess.TimeoutExpired as error:
        raise Refused("reader_wall_clock", seconds=limits.wall_s, limits=limits.name) from error


def _passed_on(line: bytes, on_message: Callable[[dict[str, Any]], object] | None) -> None:
    """Only our own words count; what a library prints on the way is passed over."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return
    if on_message is not None and isinstance(message, dict):
        on_message(message)


def _killed(child: subprocess.Popen[bytes]) -> None:
    """The whole group, then bubblewrap's own: its first process inside dies with it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _judge(code: int, limits: Limits, last_words: bytes) -> None:
    if code == 0:
        return
    died_of = -code if code < 0 else code - 128 if code > 128 else 0
    if died_of == signal.SIGXCPU:
        raise Refused("reader_cpu", seconds=limits.cpu_s, limits=limits.name)
    if code == _MEMORY_EXIT:
        raise Refused("reader_memory", bytes=limits.memory, limits=limits.name)
    if died_of:
        name = signal.Signals(died_of).name if died_of in set(signal.Signals) else str(died_of)
        raise Refused("reader_killed", signal=name, limits=limits.name)
    raise Refused("reader_failed", exit=code, reason=last_words.decode("utf-8", "replace").strip()[-300:])
