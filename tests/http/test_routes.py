"""Nothing is reachable without a permission: a route that declares none fails here."""

from __future__ import annotations

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import Mount

from api import app, auth
from workflows.people import PERMISSIONS, model

MADE = app.make("anything")
ROUTES = list(iter_route_contexts(MADE.routes))


def permissions(dependant: object) -> list[str]:
    found: list[str] = []
    for inner in getattr(dependant, "dependencies", []):
        if isinstance(inner.call, auth.Permitted):
            found.append(inner.call.permission)
        found += permissions(inner)
    return found


def test_every_address_is_known_here() -> None:
    assert len(ROUTES) > 20
    for each in ROUTES:
        assert isinstance(each.original_route, (APIRoute, Mount)), each.path


@pytest.mark.parametrize(
    "route",
    [each for each in ROUTES if isinstance(each.original_route, APIRoute)],
    ids=lambda r: f"{r.methods} {r.path}",
)
def test_route_declares_one_permission_in_its_signature(route: object) -> None:
    declared = permissions(route.original_route.dependant)  # type: ignore[attr-defined]
    assert len(declared) == 1
    assert declared[0] in PERMISSIONS


@pytest.mark.parametrize(
    "route",
    [each for each in ROUTES if isinstance(each.original_route, APIRoute)],
    ids=lambda r: f"{r.methods} {r.path}",
)
def test_what_changes_something_needs_a_permission_to_write(route: object) -> None:
    declared = permissions(route.original_route.dependant)[0]  # type: ignore[attr-defined]
    writes = set(route.methods) - {"GET", "HEAD"}  # type: ignore[attr-defined]
    # Measuring again changes nothing: it is a POST because it works, not because it writes.
    if writes and not route.path.endswith("/again"):  # type: ignore[attr-defined]
        assert declared.endswith((".write", ".override"))


def test_a_persons_word_needs_a_permission_of_its_own() -> None:
    said = [each for each in ROUTES if each.path.endswith("/overrides") and "POST" in each.methods]  # type: ignore[operator]
    assert len(said) == 2  # from a program and from a page
    assert {permissions(each.original_route.dependant)[0] for each in said} == {"check.override"}  # type: ignore[attr-defined]


def test_only_files_of_the_house_need_no_permission() -> None:
    mounts = [each for each in ROUTES if isinstance(each.original_route, Mount)]
    assert [each.path for each in mounts] == ["/static"]


def test_handlers_wait_in_threads() -> None:
    """psycopg2 is synchronous: an async handler would stop the whole server while it waits."""
    import inspect

    for each in ROUTES:
        if isinstance(each.original_route, APIRoute):
            assert not inspect.iscoroutinefunction(each.original_route.endpoint), each.path


def test_an_actor_without_the_permission_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from starlette.testclient import TestClient

    monkeypatch.setattr(auth.people, "demo_actor", lambda: model.Actor("watcher", "watcher", kind="machine"))
    client = TestClient(MADE, base_url="http://127.0.0.1")
    refused = client.get("/api/layers", headers={"accept-language": "en"})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_permitted")
    assert "layer.read" in refused.json()["detail"]
