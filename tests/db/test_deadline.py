"""A server that stopped answering is noticed."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg2
import pytest
from psycopg2 import extensions
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from db import deadline, session


@pytest.fixture
def installed() -> Iterator[None]:
    deadline.install()
    yield
    extensions.set_wait_callback(None)


def test_no_wait_is_longer_than_its_limit(installed: None, engine: Engine) -> None:
    with (
        engine.connect() as connection,
        pytest.raises(OperationalError, match="no answer within"),
        deadline.seconds(0.2),
    ):
        connection.execute(text("SELECT pg_sleep(30)"))


def test_what_answers_in_time_is_not_disturbed(installed: None, engine: Engine) -> None:
    with engine.connect() as connection, deadline.seconds(20):
        assert connection.execute(text("SELECT pg_sleep(0.05), 7")).one()[1] == 7


def test_a_broken_connection_of_the_pool_is_replaced(engine: Engine) -> None:
    with engine.connect() as connection:
        backend = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    url = engine.url.render_as_string(hide_password=False).replace("+psycopg2", "")
    other = psycopg2.connect(url)
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", (backend,))
    other.close()
    with session.read(engine) as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
