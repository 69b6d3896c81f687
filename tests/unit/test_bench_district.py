"""The benchmark district's files: found, made once, never half believed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench import district
from db.settings import CHECKOUT
from layers.refusal import Refused

SCRIPT = """
import json, pathlib, sys
out = pathlib.Path(sys.argv[1])
for n in range({count}):
    (out / f"L{{n:03d}}.parquet").touch()
(out / "sites.parquet").touch()
(out / "stats.json").write_text(json.dumps([dict(lid=n, n=1, types=[3]) for n in range({count})]))
"""


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "recipe"
    folder.mkdir()
    (folder / "reference.parquet").touch()
    monkeypatch.setenv("HETU_BENCH", str(folder))
    monkeypatch.setenv("HETU_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("HETU_BENCH_DISTRICT", raising=False)
    return folder / "make_district.py"


def quiet(phase: str, name: str, done: int, total: int) -> None:
    pass


def test_without_its_recipe_nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HETU_BENCH", str(tmp_path))
    monkeypatch.setenv("HETU_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("HETU_BENCH_DISTRICT", raising=False)
    with pytest.raises(Refused) as no:
        district.district(quiet)
    assert no.value.code == "bench_recipe_missing"
    assert no.value.params["folder"] == str(tmp_path)


def test_it_is_made_once_and_kept(recipe: Path) -> None:
    recipe.write_text(SCRIPT.format(count=160))
    made = district.district(quiet)
    assert [layer.code for layer in made.layers[:2]] == ["L000", "L001"]
    recipe.write_text("raise SystemExit('made again')")
    assert district.district(quiet) == made


def test_one_that_lacks_a_file_is_made_again(recipe: Path) -> None:
    recipe.write_text(SCRIPT.format(count=160))
    made = district.district(quiet)
    made.layers[7].path.unlink()
    assert district.district(quiet).layers[7].path.is_file()


def test_a_recipe_that_fails_leaves_no_district(recipe: Path) -> None:
    recipe.write_text(SCRIPT.format(count=40) + "\nraise SystemExit('no room')")
    with pytest.raises(Refused) as no:
        district.district(quiet)
    assert (no.value.code, no.value.params["reason"]) == ("bench_recipe_failed", "no room")
    assert not (district.kept() / "district").exists()


def test_a_named_district_that_is_not_whole_is_refused(
    recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HETU_BENCH_DISTRICT", str(tmp_path))
    (tmp_path / "stats.json").write_text(json.dumps([{"lid": 0, "n": 1, "types": [3]}]))
    with pytest.raises(Refused) as no:
        district.district(quiet)
    assert no.value.code == "bench_district_incomplete"


def test_an_interruption_leaves_no_process_of_the_recipe(recipe: Path, tmp_path: Path) -> None:
    """The recipe forks; ^C while it works ends its children too."""
    told = tmp_path / "pids"
    recipe.write_text(
        f"import os, time\nchild = os.fork()\nif child: open({str(told)!r}, 'w').write(f'{{os.getpid()}} {{child}}')\ntime.sleep(60)\n"
    )
    words = "from bench import district\ndistrict.district(lambda *a: None)"
    with subprocess.Popen(
        [sys.executable, "-c", words], cwd=CHECKOUT, stderr=subprocess.DEVNULL, env=os.environ
    ) as cook:
        until = time.monotonic() + 30
        while not (told.exists() and len(told.read_text().split()) == 2) and time.monotonic() < until:
            time.sleep(0.05)
        cook.send_signal(signal.SIGINT)
        cook.wait(30)
    pids = [int(each) for each in told.read_text().split()]
    while any(_runs(pid) for pid in pids) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(_runs(pid) for pid in pids)
    assert not (tmp_path / "home" / "bench" / "district").exists()


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
