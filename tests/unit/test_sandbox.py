"""The closed room: every way to die has its name, the caller lives, and what is not meant to be seen is not there. Proved with real processes."""

import os
import sys
import textwrap
import time
from pathlib import Path

import pytest

from gis import cells, readers_room, sandbox
from gis.drivers import all_but
from layers.refusal import Refused

SHORT = sandbox.Limits("test", cpu_s=1, wall_s=20, memory=1 << 30, unpacked=1 << 20, written=1 << 20)
CELL = """
    import json, os, sys, time
    from pathlib import Path
    from gis import sandbox
    sandbox.shut(sys.argv[3])
    folder_in, folder_out = Path(sys.argv[1]), Path(sys.argv[2])
    def say(**words): print(json.dumps(words), flush=True)
"""


class Cell:
    """Modules of the test's own, put where the room can see them."""

    def __init__(self, root: Path, walls: str) -> None:
        self.root, self.walls = root, walls
        self.heard: list[dict[str, object]] = []
        for name in ("in", "out", "cell"):
            (root / name).mkdir()

    def run(
        self, body: str, limits: sandbox.Limits = SHORT, env: dict[str, str] | None = None
    ) -> list[dict[str, object]]:
        (self.root / "cell" / "body.py").write_text(textwrap.dedent(CELL) + textwrap.dedent(body))
        sandbox.run(
            "cell.body", self.root / "in", self.root / "out", limits, env=env, on_message=self.heard.append
        )
        return self.heard

    def dies(self, body: str, limits: sandbox.Limits = SHORT) -> Refused:
        with pytest.raises(Refused) as refusal:
            self.run(body, limits)
        return refusal.value


@pytest.fixture(params=["bubblewrap", "limits only"])
def cell(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cell:
    if request.param == "bubblewrap" and sandbox.isolation() != "bubblewrap":
        pytest.skip("bubblewrap cannot run here: user namespaces are off or it is not installed")
    for package in sandbox.PACKAGES:
        (tmp_path / package).symlink_to(sandbox.ROOT / package)
    monkeypatch.setattr(sandbox, "isolation", lambda: request.param)
    monkeypatch.setattr(sandbox, "ROOT", tmp_path)
    monkeypatch.setattr(sandbox, "PACKAGES", (*sandbox.PACKAGES, "cell"))
    return Cell(tmp_path, request.param)


def test_it_reads_its_input_writes_its_output_and_speaks(cell: Cell) -> None:
    (cell.root / "in" / "a").write_text("words")
    heard = cell.run(
        "say(read=(folder_in / 'a').read_text()); print('noise'); (folder_out / 'b').write_text('done')"
    )
    assert heard == [{"read": "words"}]
    assert (cell.root / "out" / "b").read_text() == "done"


def test_time_on_the_processor_runs_out(cell: Cell) -> None:
    refusal = cell.dies("while True: pass")
    assert (refusal.code, refusal.params["seconds"]) == ("reader_cpu", 1)


def test_memory_runs_out(cell: Cell) -> None:
    assert (
        cell.dies("""
        try:
            held = bytearray(4 << 30)
        except MemoryError:
            sandbox.out_of_memory()
    """).code
        == "reader_memory"
    )


def test_time_on_the_wall_runs_out_and_the_whole_group_goes(cell: Cell) -> None:
    """A grandchild that would go on writing is dead as well."""
    refusal = cell.dies(
        """
        if os.fork() == 0:
            while True:
                (folder_out / "beat").open("a").write("x"); time.sleep(0.02)
        time.sleep(60)
        """,
        sandbox.Limits("test", 1, 1, 1 << 30, 1 << 20, 1 << 20),
    )
    assert refusal.code == "reader_wall_clock"
    beats = (cell.root / "out" / "beat").stat().st_size
    assert beats > 0
    time.sleep(0.3)
    assert (cell.root / "out" / "beat").stat().st_size == beats


def test_death_by_signal_and_by_failure(cell: Cell) -> None:
    refusal = cell.dies("os.kill(os.getpid(), 11)")
    assert (refusal.code, refusal.params["signal"]) == ("reader_killed", "SIGSEGV")
    refusal = cell.dies("sys.exit('what it said last')")
    assert refusal.code == "reader_failed"
    assert "what it said last" in refusal.params["reason"]


def test_output_is_bounded(cell: Cell) -> None:
    refusal = cell.dies("(folder_out / 'big').write_bytes(b'x' * (4 << 20))")
    assert refusal.code == "reader_failed"
    assert (cell.root / "out" / "big").stat().st_size <= 1 << 20


def test_a_line_without_end_is_not_swallowed(cell: Cell) -> None:
    assert cell.dies("sys.stdout.write('x' * (8 << 20)); sys.stdout.flush()").code == "reader_untrusted"


def test_limits_cannot_be_raised_again(cell: Cell) -> None:
    if cell.walls == "limits only" and os.getuid() == 0:
        pytest.skip("root without walls may raise its own limits: that is what 'limits only' means")
    heard = cell.run("""
        import resource
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (9, 9)); say(raised=True)
        except (ValueError, OSError):
            say(raised=False)
    """)
    assert heard == [{"raised": False}]


def test_the_surroundings_do_not_leak_in(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    (heard,) = cell.run("say(env=sorted(os.environ))")
    assert "DATABASE_URL" not in heard["env"]  # type: ignore[operator]


def test_behind_the_walls_there_is_nothing_else(cell: Cell) -> None:
    if cell.walls != "bubblewrap":
        pytest.skip("limits only: there are no walls to look at")
    (heard,) = cell.run("""
        import socket
        seen = [place for place in ("/etc/passwd", "/root", "/home", "/var", "/code/db", "/code/api", "/code/.git") if os.path.exists(place)]
        def tried(deed):
            try:
                deed()
            except OSError:
                return False
            return True
        say(
            seen=seen,
            network=tried(lambda: socket.create_connection(("127.0.0.1", 1), 1)) or len(socket.if_nameindex()) > 1,
            code=tried(lambda: open("/code/gis/x", "w")), input=tried(lambda: open("/in/x", "w")), usr=tried(lambda: open("/usr/x", "w")),
            processes=len([one for one in os.listdir("/proc") if one.isdigit()]),
        )
    """)
    parents = {f"/{Path(place).parts[1]}" for place in (sys.prefix, sys.base_prefix)}  # the venv's own may show, empty but for it
    assert set(heard["seen"]) <= parents  # type: ignore[call-overload]
    assert not any(heard[key] for key in ("network", "code", "input", "usr"))
    assert int(str(heard["processes"])) <= 3


@pytest.mark.parametrize(
    ("library", "allowed"), [("pyogrio", readers_room.ALLOWED), ("rasterio", cells.ALLOWED)]
)
def test_exactly_the_allowed_drivers_are_left(cell: Cell, library: str, allowed: tuple[str, ...]) -> None:
    """Asked of each GDAL itself, rasters and all, not only of pyogrio's list of vector drivers."""
    (heard,) = cell.run(
        """
        import ctypes, glob
        import PACKAGE
        if hasattr(PACKAGE, 'Env'):  # rasterio registers its drivers with its first environment
            PACKAGE.Env().__enter__()
        library = ctypes.CDLL(glob.glob(os.path.join(os.path.dirname(PACKAGE.__file__), "..", "PACKAGE.libs", "libgdal*"))[0])
        library.GDALGetDriver.restype = ctypes.c_void_p
        library.GDALGetDriverShortName.restype, library.GDALGetDriverShortName.argtypes = ctypes.c_char_p, [ctypes.c_void_p]
        say(left=[library.GDALGetDriverShortName(library.GDALGetDriver(number)).decode() for number in range(library.GDALGetDriverCount())])
        """.replace("PACKAGE", library),
        sandbox.UPLOAD,
        {"GDAL_SKIP": all_but(allowed)},
    )
    assert sorted(heard["left"]) == sorted(allowed)  # type: ignore[call-overload]


def test_isolation_is_found_out_not_assumed(monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.isolation.cache_clear()
    monkeypatch.setattr(sandbox.shutil, "which", lambda _: None)
    assert sandbox.isolation() == "limits only"
    sandbox.isolation.cache_clear()
    monkeypatch.setattr(sandbox.shutil, "which", lambda _: "/bin/false")
    assert sandbox.isolation() == "limits only"
    sandbox.isolation.cache_clear()
    monkeypatch.undo()
    assert sandbox.isolation() in ("bubblewrap", "limits only")
