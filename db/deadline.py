"""psycopg2 alone waits for ever for a server that stopped answering; a wait callback gives every wait an end.

The callback belongs to a whole process and forbids COPY, so the web server installs it and the importing processes do not.
"""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from psycopg2 import extensions

DEFAULT_SECONDS = 65.0  # longer than any statement_timeout, so that it only fires when the server is silent
_local = threading.local()


@contextmanager
def seconds(limit: float) -> Iterator[None]:
    """Within this block no single wait of this thread lasts longer than ``limit`` seconds."""
    before = getattr(_local, "limit", None)
    _local.limit = limit
    try:
        yield
    finally:
        _local.limit = before


def _wait(connection: extensions.connection) -> None:
    limit = getattr(_local, "limit", None) or DEFAULT_SECONDS
    end = time.monotonic() + limit
    while (state := connection.poll()) != extensions.POLL_OK:
        left = end - time.monotonic()
        reads = [connection] if state == extensions.POLL_READ else []
        writes = [connection] if state == extensions.POLL_WRITE else []
        if left <= 0 or not any(select.select(reads, writes, [], left)):
            raise psycopg2.OperationalError(f"the database gave no answer within {limit:g} s")


def install() -> None:
    extensions.set_wait_callback(_wait)
