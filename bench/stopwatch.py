"""How long something took, on the wall and on the processors, and what machine that was. Knows nothing of what is measured."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from db import machine

PROC = Path("/proc")
_TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(processes: Sequence[int]) -> float | None:
    """CPU seconds that these processes have used so far with all their threads; None where the kernel does not say."""
    try:
        return sum(_of(process) for process in processes)
    except (OSError, ValueError, IndexError):
        return None


def _of(process: int) -> float:
    """By nanoseconds per thread where the kernel counts them, else by ticks: a check is a few ticks long."""
    place = PROC / str(process)
    nanoseconds = [(thread / "schedstat").read_text().split() for thread in (place / "task").iterdir()]
    if all(nanoseconds) and any(int(each[0]) for each in nanoseconds):
        return sum(int(each[0]) for each in nanoseconds) / 1e9
    after_name = (place / "stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / _TICK


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * round(share * 100) // 100) - 1)]


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """p50, p95 and the longest, in milliseconds."""
    return {
        "p50_ms": round(median(seconds) * 1000, 1),
        "p95_ms": round(percentile(seconds, 0.95) * 1000, 1),
        "max_ms": round(max(seconds) * 1000, 1),
    }


def load() -> float:
    """Processes that wanted to run, over the last minute."""
    return round(os.getloadavg()[0], 2)


def here() -> dict[str, Any]:
    """What this machine is."""
    return {
        "cores": machine.cores(),
        "memory_gb": round(machine.memory() / 1e9, 1),
        "processor": _processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def _processor() -> str | None:
    try:
        lines = (PROC / "cpuinfo").read_text().splitlines()
    except OSError:
        return None
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), None)
