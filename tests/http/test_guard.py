"""The wall: who may ask, what every answer carries, and what happens when something breaks that nobody foresaw."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, exc
from starlette.testclient import TestClient

from api import app, errors, guard
from api.pages import frame
from db.errors import GroundError
from layers.refusal import Refused

BOX = {"box": "114.12,22.70,114.13,22.71"}


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/checks",
        "/layers",
        "/nothing",
        "/api/layers",
        "/health",
        "/static/css/tokens.css",
        "/static/nothing",
    ],
)
def test_every_answer_carries_the_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "worker-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_the_policy_knows_the_import_map_that_the_page_carries(client: TestClient) -> None:
    page = client.get("/")
    assert f'<script type="importmap">{frame.IMPORT_MAP}</script>' in page.text
    assert page.headers["content-security-policy"] == guard.policy((frame.IMPORT_MAP,))


@pytest.mark.parametrize("path", ["/", "/checks", "/layers", "/nothing"])
def test_no_page_runs_a_script_or_a_style_of_its_own(client: TestClient, path: str) -> None:
    page = client.get(path).text
    for inline in (" style=", "<style", " onclick=", " onload=", "javascript:"):
        assert inline not in page
    assert page.count("<script>") == 0


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "169.254.169.254", "[", "", "localhost.evil"]
)
def test_a_foreign_host_name_is_refused(client: TestClient, host: str) -> None:
    refused = client.get("/api/layers", headers={"host": host})
    assert (refused.status_code, refused.json()["code"]) == (403, "host_foreign")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8600", "localhost:8600", "[::1]:8600"])
def test_this_machine_by_any_of_its_names(client: TestClient, host: str) -> None:
    assert client.get("/health", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_write_from_elsewhere_is_refused(client: TestClient, headers: dict[str, str]) -> None:
    refused = client.post("/api/checks", json=BOX, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "origin_foreign")


@pytest.mark.parametrize(
    "headers",
    [{}, {"origin": "http://127.0.0.1"}, {"origin": "http://127.0.0.1", "sec-fetch-site": "same-origin"}],
)
def test_a_write_from_here_is_taken(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/api/checks", json=BOX, headers=headers).status_code == 201


@pytest.fixture
def proxied(module_workspace: str, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setenv("HETU_HOST", "plans.example, Maps.example:8443")
    return TestClient(app.make(module_workspace), base_url="http://127.0.0.1", raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("plans.example", "https://plans.example"),
        ("127.0.0.1:8600", "https://plans.example"),  # a proxy that does not hand its name on
        ("maps.example:8443", "https://maps.example:8443"),
        ("maps.example", "https://maps.example:8443"),
        ("127.0.0.1:8600", "http://127.0.0.1:8600"),
    ],
)
def test_behind_a_proxy_its_pages_may_write(proxied: TestClient, host: str, origin: str) -> None:
    headers = {"host": host, "origin": origin, "sec-fetch-site": "same-origin"}
    assert proxied.post("/api/checks", json=BOX, headers=headers).status_code == 201


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"host": "plans.example", "origin": "https://evil.example"}, "origin_foreign"),
        ({"host": "plans.example", "origin": "https://plans.example.evil.example"}, "origin_foreign"),
        ({"host": "plans.example", "origin": "https://plans.example:9999"}, "origin_foreign"),
        ({"host": "127.0.0.1", "origin": "https://evil.example"}, "origin_foreign"),
        (
            {"host": "plans.example", "origin": "https://plans.example", "sec-fetch-site": "cross-site"},
            "origin_foreign",
        ),
        ({"host": "evil.example", "origin": "https://plans.example"}, "host_foreign"),
    ],
)
def test_behind_a_proxy_nobody_else_may(proxied: TestClient, headers: dict[str, str], code: str) -> None:
    refused = proxied.post("/api/checks", json=BOX, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, code)


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch, client: TestClient) -> TestClient:
    def breaks(*_: object) -> None:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr("workflows.base_map.service.layers", breaks)
    return client


def test_what_nobody_foresaw_is_logged_by_a_number_and_tells_nothing(
    breaking: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        broken = breaking.get("/api/layers")
    problem = broken.json()
    assert (broken.status_code, problem["code"]) == (500, "unexpected")
    assert "hunter2" not in broken.text
    assert "RuntimeError" not in broken.text
    assert problem["params"]["incident"] in caplog.text
    assert "hunter2" in caplog.text


def test_a_page_that_breaks_is_a_page(breaking: TestClient) -> None:
    broken = breaking.get("/layers")
    assert broken.status_code == 500
    assert broken.headers["content-type"].startswith("text/html")
    assert broken.headers["content-security-policy"]
    assert "hunter2" not in broken.text
    assert "<nav" in broken.text


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Refused("nobody_knows_this_code", a=1), 422, "nobody_knows_this_code"),
        (GroundError("nobody_knows_this_either"), 503, "nobody_knows_this_either"),
        (Refused("layer_unknown", layer="x"), 404, "layer_unknown"),
        (GroundError("disk_full", folder="/"), 507, "disk_full"),
        (exc.TimeoutError(), 503, "database_busy"),
        (exc.OperationalError("", {}, Exception()), 503, "database_gone"),
        (exc.InterfaceError("", {}, Exception()), 503, "database_gone"),
        (exc.ProgrammingError("", {}, Exception()), 500, "unexpected"),
        (RecursionError(), 500, "unexpected"),
    ],
)
def test_every_error_has_its_status(error: Exception, status: int, code: str) -> None:
    found = errors.known(error)
    assert found[:2] == (status, code)


class _Cause(Exception):
    def __init__(self, pgcode: str) -> None:
        self.pgcode = pgcode


@pytest.mark.parametrize(
    ("pgcode", "code"), [("57014", "database_slow"), ("40P01", "database_busy"), ("57P01", "database_gone")]
)
def test_what_the_database_says_is_understood(pgcode: str, code: str) -> None:
    assert errors.known(exc.OperationalError("", {}, _Cause(pgcode)))[:2] == (503, code)


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def without_database(port: int) -> TestClient:
    engine = create_engine(
        f"postgresql+psycopg2://nobody@127.0.0.1:{port}/nothing", connect_args={"connect_timeout": 2}
    )
    return TestClient(
        app.make("gone", engine=engine), base_url="http://127.0.0.1", raise_server_exceptions=False
    )


@pytest.mark.parametrize("kind", ["closed_port", "silent_port"])
def test_without_a_database_every_address_says_so(kind: str, request: pytest.FixtureRequest) -> None:
    client = without_database(request.getfixturevalue(kind))
    for path in ("/health", "/api/layers"):
        gone = client.get(path)
        assert (gone.status_code, gone.json()["code"]) == (503, "database_gone"), gone.text
        assert gone.headers["retry-after"]
    page = client.get("/", headers={"accept-language": "zh-CN"})
    assert page.status_code == 503
    assert "数据库没有连上" in page.text
    assert client.get("/static/css/tokens.css").status_code == 200
