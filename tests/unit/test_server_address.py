"""The forms of a database address, and settings scaled to a machine."""

from __future__ import annotations

import pytest

from db import machine, server
from db.errors import GroundError

FORMS = [
    (
        "postgresql://me:pw@host:5433/x",
        "postgresql+psycopg2://me:pw@host:5433/a%2Fb",
        "postgresql://me@host:5433/x",
    ),
    ("postgres://host", "postgresql+psycopg2://host/a%2Fb", "postgres://host"),
    (
        "postgresql:///x?host=/run/s",
        "postgresql+psycopg2://@/a%2Fb?host=/run/s",
        "postgresql:///x?host=/run/s",
    ),
    (
        "postgresql+psycopg2://me@[::1]/x?sslmode=require&password=pw",
        "postgresql+psycopg2://me@[::1]/a%2Fb?sslmode=require&password=pw",
        "postgresql+psycopg2://me@[::1]/x?sslmode=require",
    ),
    ("postgresql+psycopg://host/", "postgresql+psycopg2://host/a%2Fb", "postgresql+psycopg://host/"),
]


@pytest.mark.parametrize(("given", "other", "shown"), FORMS)
def test_the_same_server_another_database(given: str, other: str, shown: str) -> None:
    assert server.with_database(given, "a/b") == other
    assert server.masked(given) == shown
    assert server.for_libpq(given).startswith("postgresql://")
    assert server.for_libpq(given).partition("://")[2] == given.partition("://")[2]
    assert server.as_sqlalchemy(given).startswith("postgresql+psycopg2://")


@pytest.mark.parametrize(
    "given", ["mysql://me:pw@host/x", "host=here password=pw", "postgresql:/me:pw@host", "x"]
)
def test_what_is_no_address_is_refused_without_being_shown(given: str) -> None:
    with pytest.raises(GroundError) as caught:
        server.as_sqlalchemy(given)
    assert (caught.value.code, caught.value.params["variable"]) == ("setting", "DATABASE_URL")
    assert "pw" not in str(caught.value)


def _settings(gigabytes: float, *, durable: bool = True, small_shm: bool = False) -> dict[str, str]:
    return machine.settings(
        memory=int(gigabytes * 1024 * machine.MB),
        cores=2,
        disk=100 * 1024 * machine.MB,
        small_shm=small_shm,
        durable=durable,
    )


def test_a_server_takes_its_share_of_a_large_machine() -> None:
    said = _settings(24)
    assert (said["shared_buffers"], said["effective_cache_size"], said["work_mem"]) == (
        "'4096MB'",
        "'12288MB'",
        "'49MB'",
    )
    assert (said["maintenance_work_mem"], said["max_wal_size"]) == ("'768MB'", "'4096MB'")
    assert "fsync" not in said
    assert _settings(1000)["shared_buffers"] == "'8192MB'"


def test_a_server_fits_into_a_small_container() -> None:
    said = _settings(0.5, small_shm=True)
    assert (said["shared_buffers"], said["work_mem"]) == ("'128MB'", "'8MB'")
    assert said["dynamic_shared_memory_type"] == "mmap"


def test_giving_up_crash_safety_keeps_the_promise_of_a_commit_against_kill_9() -> None:
    said = _settings(4, durable=False)
    assert said["fsync"] == "off"
    assert "synchronous_commit" not in said


def test_what_is_written_is_what_postgresql_reads() -> None:
    assert machine.written({"jit": "off", "timezone": "'UTC'"}) == "jit = off\ntimezone = 'UTC'\n"
