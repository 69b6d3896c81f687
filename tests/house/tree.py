"""The files of the repository, as the house's own laws read them."""

from __future__ import annotations

import functools
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("layers", "db", "gis", "workflows", "api", "demo", "bench")
_NOT_OURS = {
    ".git",
    ".venv",
    "node_modules",
    "vendor",
    "__pycache__",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".hypothesis",
    ".import_linter_cache",
}


@functools.cache
def files() -> tuple[Path, ...]:
    """Every file that is tracked or would be; without git, every file that a snapshot brought."""
    listing = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=False,
    ) if (ROOT / ".git").exists() else None  # fmt: skip
    if listing is not None and listing.returncode == 0:
        named = (ROOT / name.decode() for name in listing.stdout.split(b"\0") if name)
    else:
        named = (path for path in ROOT.rglob("*") if not _NOT_OURS.intersection(path.relative_to(ROOT).parts))
    return tuple(sorted(path for path in named if path.is_file() and not path.is_symlink()))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def modules() -> tuple[Path, ...]:
    """The Python of the product: no tests, no notebooks."""
    return tuple(
        path for path in files() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in ROOMS
    )


def texts() -> tuple[Path, ...]:
    """Files a person reads or a program runs: no pictures, no packed data."""
    return tuple(path for path in files() if b"\0" not in path.read_bytes()[:8192])
