"""``rules``, ``check``, ``compare`` and ``batch`` as they are typed: answers on one stream, words on the other, the exit code for programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner, Result

from api.cli.main import app
from db import session
from db.actor import Actor
from layers import catalogue
from layers.catalogue import load
from layers.refusal import Refused
from tests.http.conftest import square
from workflows.base_map import catalogue as stored_catalogue
from workflows.site_check.rulebook import book as rulebook

SITE = json.dumps(square(512, 2518, 512.2, 2518.2))


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HETU_LANG", "en")
    monkeypatch.chdir(tmp_path)


def typed(workspace: str, *words: str) -> Result:
    return CliRunner().invoke(app, [words[0], *words[1:], "--workspace", workspace])


def told(workspace: str, *words: str) -> Any:
    result = typed(workspace, *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_catalogue_comes_back_from_the_database_to_the_last_character(engine: Engine) -> None:
    loaded = load()
    with session.read(engine) as connection:
        back = stored_catalogue.stored(connection)
        assert back.digest == loaded.digest
        assert list(back.layers) == list(loaded.layers)
        assert (
            rulebook.read(back).digest == rulebook.read(loaded).digest == rulebook.in_use(connection).digest
        )  # type: ignore[union-attr]


def test_without_a_catalogue_rules_have_nothing_to_speak_of(engine: Engine, actor: Actor) -> None:
    with session.transaction(engine, actor) as connection:
        connection.execute(text("UPDATE hetu.workspace SET catalogue_id = NULL"))
        with pytest.raises(Refused) as refusal:
            stored_catalogue.stored(connection)
    assert refusal.value.code == "catalogue_not_loaded"


def test_what_is_exported_and_loaded_again_is_the_same_book(workspace: str, tmp_path: Path) -> None:
    said = typed(workspace, "rules", "export", str(tmp_path / "out"))
    assert said.exit_code == 0, said.output
    again = told(workspace, "rules", "load", str(tmp_path / "out"))
    assert (again["same"], again["new"], again["gone"]) == (True, 0, 0)
    assert again["digest"] == told(workspace, "rules")["digest"]


def test_an_edited_rule_becomes_a_version_and_the_shipped_ones_come_back(
    workspace: str, tmp_path: Path
) -> None:
    before = told(workspace, "rules")
    typed(workspace, "rules", "export", str(tmp_path / "out"))
    path = tmp_path / "out" / "control_lines.yaml"
    name = next(rule["name"] for rule in before["rules"] if rule["code"] == "red_line_occupied")
    path.write_text(
        path.read_text(encoding="utf-8").replace(f"name: {name}\n", f"name: {name}（改）\n"), encoding="utf-8"
    )
    loaded = told(workspace, "rules", "load", str(tmp_path / "out"))
    versions = sum(rule["code"] == "red_line_occupied" for rule in before["rules"])
    assert (loaded["same"], loaded["new"], loaded["gone"]) == (False, versions, versions)
    assert "（改）" in json.dumps(told(workspace, "rules", "show", "red_line_occupied"), ensure_ascii=False)
    back = told(workspace, "rules", "load")
    assert (back["digest"], back["new"]) == (before["digest"], versions)


@pytest.mark.parametrize(
    ("line", "wrong", "fault"),
    [
        ("layer: ecological_red_line", "layer: nowhere", "nowhere"), ("limit: over 0 m2", "limit: over 0", "m2|ha|mu"),
        ("measure: area", "measure: smell", "smell"), ("effect: forbid", "effect: frown", "frown"),
    ],
)  # fmt: skip
def test_a_rule_file_that_cannot_be_taken_is_refused_by_name_and_nothing_is_loaded(
    workspace: str, tmp_path: Path, line: str, wrong: str, fault: str
) -> None:
    typed(workspace, "rules", "export", str(tmp_path / "out"))
    path = tmp_path / "out" / "control_lines.yaml"
    content = path.read_text(encoding="utf-8")
    at = content.index("  red_line_occupied:")
    path.write_text(content[:at] + content[at:].replace(line, wrong, 1), encoding="utf-8")
    said = typed(workspace, "rules", "load", str(tmp_path / "out"))
    assert said.exit_code == 1
    assert "control_lines.yaml:" in said.stderr
    assert fault in said.stderr
    assert told(workspace, "rules", "load")["same"]


def test_rules_are_listed_with_what_they_rest_on(workspace: str) -> None:
    counts = told(workspace, "rules")["counts"]
    assert counts["rules"] >= 60
    assert counts["holding"] <= counts["versions"]
    assert sum(counts["effects"].values()) == counts["holding"]
    assert counts["laws"]["seen"] > 0
    table = typed(workspace, "rules").stdout
    assert "farmland_occupied" in table
    assert f"{counts['laws']['seen']} seen" in table
    early = told(workspace, "rules", "--on", "1995-01-01")["counts"]
    assert early["holding"] < counts["holding"]


def test_a_rule_is_shown_with_its_drawings(workspace: str) -> None:
    said = typed(workspace, "rules", "show", "farmland_occupied")
    assert said.exit_code == 0
    assert ".#aaA." in said.stdout
    assert "=> holds 200 m2" in said.stdout
    unknown = typed(workspace, "rules", "show", "[red]nothing")
    assert unknown.exit_code == 1
    assert "[red]nothing" in unknown.stderr


def test_no_rules_are_said_to_be_lacking_and_how_they_come(
    workspace: str, engine: Engine, actor: Actor
) -> None:
    with session.transaction(engine, actor) as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("DELETE FROM hetu.rulebook_use"))
    said = typed(workspace, "rules")
    assert (said.exit_code, "./hetu rules load" in said.stderr) == (1, True)
    assert "No rules are loaded" in typed(workspace, "check", "--site", SITE).stdout
    Path("trees.geojson").write_text('{"type":"Point","coordinates":[114.13,22.73]}')
    imported = typed(workspace, "import", "trees.geojson")
    assert imported.exit_code == 0, imported.output
    assert "./hetu rules load" in imported.stderr
    assert typed(workspace, "rules", "load").exit_code == 0
    assert "./hetu rules load" not in typed(workspace, "import", "trees.geojson").stderr


def test_a_folder_with_other_rule_files_is_not_written_into(workspace: str, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("group: {}\n")
    said = typed(workspace, "rules", "export", str(tmp_path))
    assert (said.exit_code, "mine.yaml" in said.stderr) == (1, True)
    assert [path.name for path in tmp_path.glob("*.yaml")] == ["mine.yaml"]


def test_a_check_is_told_answer_first(workspace: str) -> None:
    said = typed(workspace, "check", "--site", SITE, "--use", "0804", "--height", "60 m").stdout
    lines = [line for line in said.splitlines() if line.strip()]
    assert lines[0].startswith("▲ Cannot be built: Site on permanent basic farmland")
    assert "intended use 0804" in lines[1]
    assert lines.index(next(line for line in lines if line.startswith("▲ Site on permanent"))) < lines.index(
        next(line for line in lines if "layers:" in line)
    )
    assert "第三十五条" in said
    assert "→ " in said
    assert "tell the setback (--setback)" in said


def test_the_same_answer_is_given_again_and_in_every_form(workspace: str) -> None:
    answer = told(workspace, "check", "--site", SITE, "--use", "0804", "--on", "2026-11-24")
    id = answer["id"]
    assert (answer["valid_on"], answer["proposal"]["use"]) == ("2026-11-24", "0804")
    assert told(workspace, "check", "--show", id) == answer
    again = typed(workspace, "check", "--again", id)
    assert again.exit_code == 0
    assert "the same" in again.stderr
    kept = typed(workspace, "check", "--show", id, "--geojson", "--map", "m.html", "--xlsx")
    assert kept.exit_code == 0, kept.output
    assert sorted(path.name for path in Path().iterdir()) == [
        f"hetu-{id}.geojson",
        f"hetu-{id}.xlsx",
        "m.html",
    ]
    hits = json.loads(Path(f"hetu-{id}.geojson").read_text(encoding="utf-8"))
    assert hits["type"] == "FeatureCollection"
    public = told(workspace, "check", "--show", id, "--for", "public")
    assert public["withheld"]["grade"] == "public"


def test_a_check_that_can_no_longer_be_repeated_ends_with_2(
    workspace: str, engine: Engine, actor: Actor
) -> None:
    id = told(workspace, "check", "--site", SITE)["id"]
    with session.transaction(engine, actor) as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("DELETE FROM hetu.feature WHERE ident = 'permanent_basic_farmland-0'"))
    said = typed(workspace, "check", "--again", id)
    assert said.exit_code == 2
    assert "permanent_basic_farmland" in said.stderr


def test_today_says_what_changed_and_what_made_it(workspace: str, engine: Engine, actor: Actor) -> None:
    id = told(workspace, "check", "--site", SITE, "--use", "0804")["id"]
    with session.transaction(engine, actor) as connection:
        book = rulebook.read(catalogue.load())
        kept = tuple(rule for rule in book.rules if rule.code != "farmland_occupied")
        rulebook.load(
            connection, actor, rulebook.Rulebook(0, book.groups, kept, book.crosswalks, book.tables)
        )
    said = typed(workspace, "check", "--today", id)
    assert said.exit_code == 0, said.output
    changes = said.stdout[said.stdout.index(f"against check {id}") :]
    assert "Site on permanent basic farmland: holds forbids" in changes
    assert "the rule holds no longer" in changes


def test_checks_are_compared(workspace: str) -> None:
    ids = [told(workspace, "check", "--site", SITE, "--use", use)["id"] for use in ("0804", "0101")]
    beside = told(workspace, "compare", *ids)
    farmland = next(row for row in beside["rules"] if row["rule"] == "farmland_occupied")
    assert [cell and cell["state"] for cell in farmland["cells"]] == ["holds", None]
    assert "Site on permanent basic farmland" in typed(workspace, "compare", *ids).stdout
    assert typed(workspace, "compare", ids[0]).exit_code == 1
    assert typed(workspace, "compare", ids[0], "nope").exit_code == 1


def test_a_file_of_sites_is_answered_and_seen_again(workspace: str) -> None:
    features = [
        {"type": "Feature", "properties": {"name": name}, "geometry": shape}
        for name, shape in (("a", json.loads(SITE)), ("[bold]b", None))
    ]
    Path("sites.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    said = typed(workspace, "batch", "sites.geojson", "--use", "0804", "--csv", "t.csv", "--gpkg")
    assert said.exit_code == 0, said.output
    assert "[bold]b: no geometry" in said.stdout
    listed = told(workspace, "batch", "--list")
    assert [(each["name"], each["rows"], each["state"]) for each in listed] == [("sites.geojson", 2, "done")]
    id = listed[0]["id"]
    assert sorted(path.name for path in Path().iterdir()) == [f"hetu-{id}.gpkg", "sites.geojson", "t.csv"]
    seen = told(workspace, "batch", "--continue", id)
    assert [row["state"] for row in seen["sites"]] == ["answered", "refused"]


@pytest.mark.parametrize(
    ("words", "means"),
    [
        (("check",), "Give a site"),
        (("check", "--site", "a", "--again", "b"), "Give a site"),
        (("check", "--show", "b", "--use", "0804"), "Check anew"),
        (("check", "--show", "nope"), "no check “nope”"),
        (("check", "--site", SITE, "--height", "60 feet"), "is no unit"),
        (("check", "--site", SITE, "--far=-2"), "out of range"),
        (("check", "--site", SITE, "--use", "R2"), "is a class of"),
        (("check", "--site", SITE, "--on", "01/06/2024"), "2024"),
        (("check", "--site", SITE, "--known-at", "2999-01-01T00:00"), "2999"),
        (("batch",), "Give a file"),
        (("batch", "nothere.geojson"), "nothere.geojson"),
        (("batch", "--continue", "nope"), "no batch “nope”"),
        (("batch", "x.geojson", "--continue", "nope"), "Give a file"),
        (("batch", "--continue", "nope", "--use", "0804"), "Hand the file over anew"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_said_in_one_sentence(
    module_workspace: str, words: tuple[str, ...], means: str
) -> None:
    said = typed(module_workspace, *words)
    assert said.exit_code == 1
    assert said.stdout == ""
    assert means in said.stderr
    assert said.stderr.strip().count("\n") == 0
