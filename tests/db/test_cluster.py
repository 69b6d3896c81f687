"""The private cluster: made whole or not at all, found again, mended after whatever ended it; and every way it cannot be."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from db import cluster, programs, server
from db.cluster import Cluster
from db.errors import GroundError
from db.settings import CHECKOUT

ROOT = os.geteuid() == 0
as_root = pytest.mark.skipif(
    not ROOT, reason="only root can be shut out of a folder it owns, or mount a small disk"
)


@pytest.fixture
def place() -> Iterator[Path]:
    """A short folder that the server's user may pass through; pytest's own are closed to others."""
    made = Path(tempfile.mkdtemp(prefix="hetu-c-", dir="/tmp"))
    made.chmod(0o711)
    yield made
    for each in (made, *made.glob("*/")):
        with_data = Cluster(each)
        if (with_data.data / "PG_VERSION").exists():
            with_data.kill()
            if with_data.socket.parent != each:
                shutil.rmtree(with_data.socket, ignore_errors=True)
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def pattern() -> Iterator[Path]:
    """A stopped cluster, copied by the tests that need one of their own: quicker than initdb each time."""
    made = Path(tempfile.mkdtemp(prefix="hetu-p-", dir="/tmp"))
    made.chmod(0o711)
    own = Cluster(made, durable=False)
    own.start()
    with _connect(own) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept AS SELECT 1 AS one")
    connection.close()
    own.stop()
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def stopped(pattern: Path, place: Path) -> Cluster:
    copy = place / "h"
    subprocess.run(["cp", "-a", str(pattern), str(copy)], check=True)
    return Cluster(copy, durable=False)


def _connect(own: Cluster) -> Any:
    return psycopg2.connect(server.for_libpq(own.url()))


def _ask(own: Cluster, question: str) -> Any:
    connection = _connect(own)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(question)
            row = cursor.fetchone()
            assert row is not None
            return row[0]
    finally:
        connection.close()


def _code(of: Callable[[], object]) -> GroundError:
    with pytest.raises(GroundError) as caught:
        of()
    return caught.value


def test_a_new_cluster_speaks_chinese_and_listens_to_its_own_socket_only(place: Path) -> None:
    own = Cluster(place)
    assert own.start().startswith("postgresql+psycopg2://hetu@/postgres?host=")
    said = {
        name: _ask(own, f"SHOW {name}")
        for name in ("server_encoding", "listen_addresses", "jit", "fsync", "max_locks_per_transaction")
    }
    assert said == {
        "server_encoding": "UTF8",
        "listen_addresses": "",
        "jit": "off",
        "fsync": "on",
        "max_locks_per_transaction": "256",
    }
    assert _ask(own, "SHOW client_connection_check_interval") == "5s"
    assert _ask(own, "SELECT datcollate FROM pg_database WHERE datname = 'template0'") == "C.UTF-8"
    assert _ask(own, "SELECT '永久' ~ '^[[:alpha:]]+$'")
    assert _ask(own, "SELECT default_version FROM pg_available_extensions WHERE name = 'postgis'") >= "3"
    there = own.socket.stat()
    assert (stat.S_IMODE(there.st_mode), there.st_uid) == (0o700, programs.server_user()[0])
    assert own.data.stat().st_uid == programs.server_user()[0]
    assert own.data.stat().st_uid != 0


def test_starting_again_and_stopping_twice_change_nothing(stopped: Cluster) -> None:
    stopped.start()
    first = _postmaster(stopped)
    stopped.start()
    assert _postmaster(stopped) == first
    assert stopped.stop() is True
    assert stopped.stop() is False
    assert not stopped.running()


def test_stopping_does_not_wait_for_clients(stopped: Cluster) -> None:
    stopped.start()
    connection = _connect(stopped)
    assert stopped.stop() is True
    with pytest.raises(psycopg2.OperationalError), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    connection.close()


def test_three_processes_at_once_start_one_server(place: Path) -> None:
    words = f"import db.cluster, pathlib; print(db.cluster.Cluster(pathlib.Path({str(place)!r}), durable=False).start())"
    started = [
        subprocess.Popen([sys.executable, "-c", words], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = {process.communicate(timeout=120)[0] for process in started}
    assert [process.returncode for process in started] == [0, 0, 0]
    assert said == {Cluster(place).url() + "\n"}
    assert (place / "cluster" / "server.log").read_text().count("database system is ready") == 1


def test_a_stale_pid_file_is_no_obstacle_even_if_its_number_is_alive_again(stopped: Cluster) -> None:
    (stopped.data / "postmaster.pid").write_text(
        f"{os.getpid()}\n{stopped.data}\n1\n5432\n{stopped.socket}\n\n  1 1\n"
    )
    stopped.start()
    assert _ask(stopped, "SELECT one FROM kept") == 1
    assert _postmaster(stopped) != os.getpid()


def test_what_was_committed_outlives_kill_9(stopped: Cluster) -> None:
    stopped.start()
    connection = _connect(stopped)
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE committed AS SELECT generate_series(1, 1000) AS n")
    stopped.kill()
    connection.close()
    assert (stopped.data / "postmaster.pid").exists()
    assert not stopped.running()
    stopped.start()
    assert _ask(stopped, "SELECT sum(n) FROM committed") == 500_500


def test_backends_that_outlive_their_server_are_ended_before_the_next_one_starts(stopped: Cluster) -> None:
    stopped.start()
    words = "import sys, psycopg2; psycopg2.connect(sys.argv[1]).cursor().execute(sys.argv[2])"
    question = "SELECT count(*) FROM generate_series(1, 4000000000)"
    busy = subprocess.Popen(
        [sys.executable, "-c", words, server.for_libpq(stopped.url()), question], stderr=subprocess.DEVNULL
    )
    asking = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT count(*) FROM generate_series%'"
    until = time.monotonic() + 30
    while _ask(stopped, asking) == 0 and time.monotonic() < until:
        time.sleep(0.05)
    os.kill(_postmaster(stopped), 9)
    time.sleep(0.3)
    remains = programs.working_in(stopped.data)
    stopped.start()
    assert _ask(stopped, "SELECT one FROM kept") == 1
    assert not remains & programs.working_in(stopped.data)
    busy.wait(timeout=30)


def test_a_half_made_cluster_is_made_anew(place: Path) -> None:
    own = Cluster(place, durable=False)
    partial = place / "cluster" / "data.partial"
    partial.mkdir(parents=True)
    (partial / "PG_VERSION").write_text("15\n")
    own.start()
    assert not partial.exists()
    assert _ask(own, "SELECT 1") == 1


def test_data_without_its_version_is_refused_and_left_alone(stopped: Cluster) -> None:
    (stopped.data / "PG_VERSION").unlink()
    refusal = _code(stopped.start)
    assert (refusal.code, refusal.params["folder"]) == ("cluster_damaged", str(stopped.data))
    assert (stopped.data / "global").is_dir()


def test_data_of_another_version_names_the_version_it_needs(stopped: Cluster) -> None:
    (stopped.data / "PG_VERSION").write_text("9\n")
    refusal = _code(stopped.start)
    assert (refusal.code, refusal.params["needed"]) == ("postgres_version", 9)
    assert refusal.params["found"] == [each.version for each in programs.installed()]


def test_a_configuration_the_server_refuses_is_said_in_its_words(stopped: Cluster) -> None:
    with (stopped.data / "postgresql.conf").open("a") as conf:
        conf.write("\nwork_mem = 'plenty'\n")
    refusal = _code(stopped.start)
    assert refusal.code == "cluster_will_not_start"
    assert "work_mem" in stopped.log.read_text()
    assert refusal.params["log"] == str(stopped.log)


def test_missing_programs(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HETU_POSTGRES_BIN", str(place / "nowhere"))
    refusal = _code(Cluster(place).start)
    assert (refusal.code, refusal.params["folder"]) == ("postgres_missing", str(place / "nowhere"))


def test_an_initdb_that_fails_leaves_nothing_and_is_quoted(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = _programs(place, initdb='mkdir -p "$2"; echo "initdb: error: the moon is full"; exit 1')
    monkeypatch.setenv("HETU_POSTGRES_BIN", str(tools))
    refusal = _code(Cluster(place).start)
    assert (refusal.code, refusal.params["reason"]) == ("cluster_not_made", "initdb: error: the moon is full")
    assert not list((place / "cluster").glob("data*"))


@as_root
def test_a_full_disk_is_called_so_and_a_second_try_with_room_succeeds(place: Path) -> None:
    disk = place / "disk"
    disk.mkdir(mode=0o711)
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=20m,mode=711", "small", str(disk)], check=False
    ).returncode:
        pytest.skip("this machine allows no mount")
    try:
        own = Cluster(disk, durable=False)
        refusal = _code(own.start)
        assert (refusal.code, refusal.params) == ("disk_full", {"folder": str(disk)})
        assert not own.data.exists()
        subprocess.run(["mount", "-o", "remount,size=400m", str(disk)], check=True)
        own.start()
        assert _ask(own, "SELECT 1") == 1
        own.stop()
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_long_path_gets_a_short_socket(place: Path) -> None:
    own = Cluster(place / ("long-" * 25), durable=False)
    assert own.socket.parent == Path(tempfile.gettempdir())
    own.start()
    assert _ask(own, "SELECT 1") == 1
    own.stop()
    shutil.rmtree(own.socket)


def test_no_place_for_a_short_socket(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = place / ("deep-" * 25)
    deep.mkdir(mode=0o711)
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    refusal = _code(Cluster(deep / "home").start)
    assert (refusal.code, refusal.params["limit"]) == ("socket_path_too_long", 107)


def test_a_socket_folder_open_to_others_is_not_trusted(stopped: Cluster) -> None:
    stopped.socket.chmod(0o777)
    assert not stopped.running()
    assert _code(stopped.start).code == "socket_folder_not_ours"


@as_root
def test_a_folder_the_server_cannot_pass_through_is_named(place: Path) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    refusal = _code(Cluster(closed / "home").start)
    assert (refusal.code, refusal.params["folder"]) == ("folder_closed", str(closed))


def test_a_file_in_the_place_of_the_home(place: Path) -> None:
    (place / "home").write_text("not a folder")
    assert _code(Cluster(place / "home").start).code == "folder_unusable"


@pytest.fixture(scope="module")
def given(pattern: Path) -> Iterator[Cluster]:
    """A server that is not ours to start or stop."""
    made = Path(tempfile.mkdtemp(prefix="hetu-g-", dir="/tmp"))
    made.chmod(0o711)
    subprocess.run(["cp", "-a", str(pattern), str(made / "h")], check=True)
    own = Cluster(made / "h", durable=False)
    own.start()
    with (connection := _connect(own)), connection.cursor() as cursor:
        cursor.execute("CREATE ROLE poor LOGIN PASSWORD 'secret'; CREATE SCHEMA fake")
        cursor.execute(
            "CREATE VIEW fake.pg_available_extensions AS SELECT 'x' AS name, '1' AS default_version LIMIT 0"
        )
        cursor.execute("GRANT USAGE ON SCHEMA fake TO public")
    connection.close()
    yield own
    own.stop()
    shutil.rmtree(made, ignore_errors=True)


class TestDatabaseUrl:
    """A server that exists: used as it is, never started or stopped; what it lacks is said before anything is done."""

    def test_it_is_used_and_left_running(self, given: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATABASE_URL", f"postgresql://hetu@/postgres?host={given.socket}")
        assert cluster.ensure() == f"postgresql+psycopg2://hetu@/postgres?host={given.socket}"
        assert cluster.url("hetu_demo") == f"postgresql+psycopg2://hetu@/hetu_demo?host={given.socket}"
        assert cluster.stop() is False
        assert given.running()
        found = cluster.status()
        assert (found.private, found.error) == (False, None)
        assert found.abilities is not None
        assert found.abilities.may_create

    def test_it_cannot_be_reached(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATABASE_URL", f"postgresql://me:secret@/x?host={place}")
        refusal = _code(cluster.ensure)
        assert refusal.code == "server_unreachable"
        assert "secret" not in str(refusal)
        told = cluster.status()
        assert told.error is not None
        assert told.error.code == "server_unreachable"

    def test_its_user_may_not_create_databases(self, given: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATABASE_URL", f"postgresql://poor:secret@/postgres?host={given.socket}")
        refusal = _code(cluster.ensure)
        assert (refusal.code, refusal.params["user"]) == ("may_not_create_databases", "poor")
        assert "secret" not in str(refusal)

    def test_it_has_no_postgis(self, given: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
        path = "options=-csearch_path%3Dfake,pg_catalog"
        monkeypatch.setenv("DATABASE_URL", f"postgresql://hetu@/postgres?host={given.socket}&{path}")
        assert _code(cluster.ensure).code == "postgis_missing"


def _postmaster(own: Cluster) -> int:
    return int((own.data / "postmaster.pid").read_text().split("\n", 1)[0])


def _programs(place: Path, *, initdb: str) -> Path:
    """PostgreSQL's programs as shell scripts, to fail as we please."""
    folder = place / "bin"
    folder.mkdir(mode=0o755)
    for name, words in {
        "postgres": 'echo "postgres (PostgreSQL) 15.0"',
        "initdb": initdb,
        "pg_ctl": "exit 1",
    }.items():
        (folder / name).write_text(f"#!/bin/sh\n{words}\n")
        (folder / name).chmod(0o755)
    return folder
