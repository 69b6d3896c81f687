"""kill -9 at random points of a publish of 160 layers, in a home of its own: wholly old or wholly new, and nothing left behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import crash
from db.settings import home, make_folder

pytestmark = [pytest.mark.all, pytest.mark.timeout(1800)]


def test_every_layer_is_wholly_old_or_wholly_new(monkeypatch: pytest.MonkeyPatch) -> None:
    # Below the run's own home, so that whoever clears that finds a server that a killed test left.
    monkeypatch.setenv("HETU_HOME", str(Path(home()) / "rounds"))
    for name in ("DATABASE_URL", "HETU_WORKSPACE", "HETU_PORT", "HETU_HOST"):
        monkeypatch.delenv(name, raising=False)
    make_folder(home(), 0o711)
    seen: list[crash.Round] = []
    report = crash.run(20, 4, seen.append)
    assert [(each.number, each.side, each.faults) for each in seen if not each.good] == []
    assert report["old"] + report["new"] == 20
    assert report["old"] > 0
    assert report["new"] > 0
