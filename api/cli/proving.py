"""`test`: the whole proof in one command, in a home of its own, so that a running demo is not touched."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from api.cli import serving, terminal
from db.cluster import Cluster
from db.lock import alone
from db.settings import CHECKOUT, folder, home, make_folder

# Run as modules: the scripts in .venv/bin know the folder they were made in, and a checkout may be moved.
CHECKS = {
    "ruff": ("-m", "ruff", "check", "."),
    "mypy": ("-m", "mypy"),
    "lint-imports": ("-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-logo"),
}
NOT_OURS = ("DATABASE_URL", "HETU_WORKSPACE", "HETU_PORT", "HETU_LANG")
"""What a person has set for the product; the tests set their own."""


def prove(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="全部 | everything")] = False,
) -> None:
    """检验：ruff、mypy、导入约定、pytest（其余参数交给 pytest）| prove it: ruff, mypy, import contracts, pytest (which gets all other words).

    Naming a test file or folder runs that alone, without the checks of the source.
    """
    words = list(context.args)
    selected = any((CHECKOUT / word.split("::")[0]).exists() for word in words if not word.startswith("-"))
    with _own_home() as own:
        environment = {name: value for name, value in os.environ.items() if name not in NOT_OURS} | {
            "HETU_HOME": str(own)
        }
        failed = [] if selected else [name for name, words in CHECKS.items() if _run(words, environment) != 0]
        tier = () if everything else ("-m", "not all")
        parallel = () if any(word.startswith("-n") for word in words) else ("-n", "2", "--dist", "worksteal")
        code = _run(("-m", "pytest", *tier, *parallel, *words), environment)
    if failed:
        terminal.say("checks_failed", which=", ".join(failed))
    raise typer.Exit(code or (1 if failed else 0))


prove.context_settings = {"allow_extra_args": True, "ignore_unknown_options": True}  # type: ignore[attr-defined]


def _run(words: tuple[str, ...], environment: dict[str, str]) -> int:
    """Run one of our tools to its end. An interruption reaches it too; we wait for its last words."""
    terminal.say("running", what=" ".join(words[1:]))
    with subprocess.Popen([sys.executable, *words], cwd=CHECKOUT, env=environment) as child:
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:
                with contextlib.suppress(KeyboardInterrupt):
                    child.wait(timeout=20)
                raise


@contextlib.contextmanager
def _own_home() -> Iterator[Path]:
    """A home beside the real one, empty at the start whatever an earlier run left, and gone at the end."""
    real = home()
    own = real.with_name(real.name + "-test")
    with alone(folder("run") / "test.lock", patience=1.0):
        _clear(own)
        make_folder(own, 0o711)
        try:
            yield own
        finally:
            _clear(own)


def _clear(own: Path) -> None:
    before = os.environ.get("HETU_HOME")
    if not own.exists():
        return
    os.environ["HETU_HOME"] = str(own)
    try:
        serving.end()
        Cluster(own).stop()
        for each in own.glob("*/cluster"):  # servers that single tests made for themselves
            Cluster(each.parent).stop()
    finally:
        if before is None:
            del os.environ["HETU_HOME"]
        else:
            os.environ["HETU_HOME"] = before
    shutil.rmtree(own, ignore_errors=True)
