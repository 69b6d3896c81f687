"""``--pdf`` with and without a path: the word after it is its value only where it is no option."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from api.cli.optional_values import filled, leaving_out
from api.cli.papers import Paper, wanted
from layers.refusal import Refused

OPTIONS = ("--pdf", "--map")


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["--pdf"], ["--pdf="]),
        (["--pdf", "a.pdf"], ["--pdf", "a.pdf"]),
        (["--pdf", "--map"], ["--pdf=", "--map="]),
        (["--pdf", "-w", "demo"], ["--pdf=", "-w", "demo"]),
        (["--pdf=a.pdf", "--map"], ["--pdf=a.pdf", "--map="]),
        (["--site", "-71,42,-70,43", "--pdf"], ["--site", "-71,42,-70,43", "--pdf="]),
        (["--", "--pdf"], ["--", "--pdf"]),
        (["--pdf", "-"], ["--pdf", "-"]),
        ([], []),
    ],
)
def test_a_value_is_left_out_where_an_option_or_nothing_follows(words: list[str], meant: list[str]) -> None:
    assert list(filled(words, OPTIONS)) == meant


def test_a_command_takes_them_either_way() -> None:
    app = typer.Typer()

    @app.command(cls=leaving_out(*OPTIONS))
    def say(pdf: str | None = None, map: str | None = None) -> None:
        typer.echo(repr((pdf, map)))

    run = CliRunner().invoke
    assert run(app, []).output.strip() == "(None, None)"
    assert run(app, ["--pdf"]).output.strip() == "('', None)"
    assert run(app, ["--map", "m.html", "--pdf"]).output.strip() == "('', 'm.html')"


def test_a_file_is_called_after_the_check_unless_it_is_named(tmp_path: Path) -> None:
    assert Paper("pdf", "").path("261125-x") == Path("hetu-261125-x.pdf")
    assert Paper("map", str(tmp_path)).path("261125-x") == tmp_path / "hetu-261125-x.html"
    assert Paper("docx", "reports/").path("261125-x") == Path("reports/hetu-261125-x.docx")
    assert Paper("xlsx", "a b.xlsx").path("261125-x") == Path("a b.xlsx")
    assert [paper.kind for paper in wanted(pdf=None, gpkg="", map="m.html")] == ["gpkg", "map"]


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refusal:
        Paper("pdf", str(tmp_path / "nowhere" / "x.pdf")).keep(b"", "261125-x")
    assert refusal.value.code == "cannot_write"
