"""PostgreSQL's settings, scaled to the machine it stands on.

Pure but for reading the machine; knows nothing of clusters, folders or what is kept in them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

MB = 1024 * 1024
CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def memory() -> int:
    """Bytes this process may count on: the machine's, or its container's where that is less."""
    here = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in CGROUP_LIMITS:
        try:
            text = limit.read_text().strip()
        except OSError:
            continue
        if text.isdigit():
            here = min(here, int(text))
    return here


def cores() -> int:
    return len(os.sched_getaffinity(0))


def shared_memory_is_small() -> bool:
    """Containers often give /dev/shm 64 MB, which parallel queries overrun."""
    try:
        space = os.statvfs("/dev/shm")  # noqa: S108 - looked at, never written to
    except OSError:
        return True
    return space.f_blocks * space.f_frsize < 256 * MB


def settings(*, memory: int, cores: int, disk: int, small_shm: bool, durable: bool) -> dict[str, str]:
    """Settings for a server that shares the machine with the product; ``disk`` is the free space in bytes.

    A city is loaded in bulk and then read through spatial indexes: much WAL at once, few connections, large sorts.
    """
    shared = _clamp(memory // 6, 128 * MB, 8192 * MB)
    said = {
        "listen_addresses": "''",
        "max_connections": "100",
        "shared_buffers": _size(shared),
        "effective_cache_size": _size(max(memory // 2, shared)),
        "work_mem": _size(_clamp(memory // 500, 8 * MB, 128 * MB)),
        "maintenance_work_mem": _size(_clamp(memory // 32, 64 * MB, 1024 * MB)),
        "max_wal_size": _size(_clamp(disk // 10, 256 * MB, 4096 * MB)),
        "checkpoint_timeout": "'15min'",
        "wal_compression": "on",
        "random_page_cost": "1.1",
        # One transaction may touch every partition of a workspace (an edition each, with its indexes).
        "max_locks_per_transaction": "256",
        # Compiling a plan costs more than any of our queries gains by it.
        "jit": "off",
        "client_connection_check_interval": "'5s'",
        "max_worker_processes": str(max(8, cores)),
        "max_parallel_workers": str(cores),
        "max_parallel_workers_per_gather": str(max(cores // 2, 1)),
        "timezone": "'UTC'",
        "log_timezone": "'UTC'",
        "log_line_prefix": "'%m [%p] %d '",
        "unix_socket_permissions": "0700",
        "dynamic_shared_memory_type": "mmap" if small_shm else "posix",
    }
    if (
        not durable
    ):  # a commit is still handed to the operating system, so it outlives kill -9 of every process
        said |= {"fsync": "off", "full_page_writes": "off"}
    return said


def written(said: Mapping[str, str]) -> str:
    return "".join(f"{key} = {value}\n" for key, value in said.items())


def _size(count: int) -> str:
    return f"'{count // MB}MB'"


def _clamp(value: int, low: int, high: int) -> int:
    return max(low, min(value, high))
