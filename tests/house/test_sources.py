"""The house's laws about its own sources: directions of import, size, names, SQL, and nothing of anybody's machine."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT, files, modules, name, texts

LONGEST = 300
NO_ROOM = {"utils", "util", "helpers", "helper", "manager", "managers", "base", "common", "misc"}
# A colon pair right after a name that a colon begins, `:site::geometry`: SQLAlchemy takes none of it for a parameter. Prose
# puts it in backticks.
CAST_OF_A_BIND = re.compile(r"(?<![:\w`]):[a-z_]\w*::")
HOME_OF_SOMEBODY = re.compile(r"(?<![\w.~$}-])/(?:work|root|home/\w+|Users/\w+)/[\w.]")

# Hosts that a file may name, and why. Anything else is a download address or somebody's machine.
HOSTS = {
    "127.0.0.1": "this machine",
    "localhost": "this machine",
    "[::1]": "this machine",
    "www.w3.org": "XML namespaces",
    "www.opengis.net": "namespaces and CRS addresses of OGC formats",
    "ogr.maptools.org": "the namespace of GDAL's own GML",
    "www.topografix.com": "the namespace of GPX",
    "schemas.openxmlformats.org": "namespaces of workbooks",
    "json-schema.org": "a schema says which schema it follows",
    "geojson.org": "the same",
    "github.com": "where a library or a rule we lean on is described",
}
HOST_ENDINGS = (".gov.cn", ".example", "example.org", "example.com", ".test", ".invalid")
ADDRESS = re.compile(r"\b(?:https?|ftp)://(?:[^\s/@\"'<>]*@)?(\[[0-9a-f:]+\]|[\w.-]+)", re.IGNORECASE)


def test_imports_go_one_way() -> None:
    words = (
        "-c",
        "from importlinter.cli import lint_imports_command as run; run()",
        "--no-logo",
        "--no-cache",
    )
    said = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout


@pytest.mark.parametrize("path", modules(), ids=name)
def test_a_module_is_small_and_says_what_it_is_for(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= LONGEST
    assert path.stem not in NO_ROOM
    if path.name not in {"__init__.py", "__main__.py"} and "versions" not in path.parts:
        assert ast.get_docstring(ast.parse(source)), "a module begins with what its room is for"


def test_no_bind_is_lost_in_a_cast() -> None:
    lost = [
        f"{name(path)}:{number}"
        for path in files()
        if path.suffix in {".py", ".sql"} and path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if CAST_OF_A_BIND.search(line)
    ]
    assert not lost, "write CAST(:name AS type)"


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("WHERE ST_Intersects(geom, :site::geometry)", True),
        ("SELECT a::text, b::int[] FROM t WHERE c = :c", False),
        ("CAST(:site AS geometry)", False),
        ("tests/db/test_x.py::test_y", False),
    ],
)
def test_the_law_about_binds_sees_what_it_should(text: str, lost: bool) -> None:
    assert bool(CAST_OF_A_BIND.search(text)) is lost


def test_no_file_names_a_download_address_or_somebodys_machine() -> None:
    strange = []
    for path in texts():
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            hosts = [host.lower() for host in ADDRESS.findall(line) if "." in host]
            if any(host not in HOSTS and not host.endswith(HOST_ENDINGS) for host in hosts):
                strange.append(f"{name(path)}:{number}: {line.strip()[:160]}")
            if path != Path(__file__) and HOME_OF_SOMEBODY.search(line):
                strange.append(f"{name(path)}:{number}: {line.strip()[:160]}")
    assert not strange, "\n".join(strange)


@pytest.mark.parametrize(
    ("text", "strange"),
    [
        (("see /" "work/x"), True), ("in /home/planner/hetu", True), (("/" "root/.x"), True), ("~/.local/share/home/x", False),
        (("api/" "work/x"), False), ("${HOME}/root/x", False), ("homework/x", False),
    ],
)  # fmt: skip
def test_the_law_about_machines_sees_what_it_should(text: str, strange: bool) -> None:
    assert bool(HOME_OF_SOMEBODY.search(text)) is strange
