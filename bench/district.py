"""The benchmark district as files: where its recipe lies, and the 160 layers and the sites that it makes, once. Knows no database."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray
from pydantic_settings import BaseSettings, SettingsConfigDict

from db.settings import CHECKOUT, home, make_folder, read
from layers.refusal import Refused

SRID = 4547
LAYERS = 160
KINDS = {0: "point", 1: "line", 3: "polygon", 6: "polygon"}  # by GEOS type
Progress = Callable[[str, str, int, int], None]
"""phase, what is in hand, done, total."""


class Places(BaseSettings):
    """``HETU_BENCH``: folder of the recipe. ``HETU_BENCH_DISTRICT``: a district that is made already."""

    model_config = SettingsConfigDict(env_prefix="HETU_", env_ignore_empty=True, extra="ignore")

    bench: Path | None = None
    bench_district: Path | None = None


@dataclass(frozen=True, slots=True)
class LayerFile:
    """One layer of the district. ``number`` is the recipe's; gids begin at ``number * 1 000 000``."""

    number: int
    path: Path
    kind: str
    features: int

    @property
    def code(self) -> str:
        return self.path.stem


@dataclass(frozen=True, slots=True)
class District:
    folder: Path
    layers: tuple[LayerFile, ...]

    def sites(self, first: int, until: int) -> NDArray[Any]:
        """Sites as shapely polygons in the project CRS."""
        return shapely.from_wkb(_column(self.folder / "sites.parquet", "geometry")[first:until])


def recipe() -> Path:
    """Folder of ``make_district.py`` and GEOS's answers; Refused ``bench_recipe_missing``."""
    folder = read(Places).bench or CHECKOUT.parent / "shared" / "bench"
    for needed in ("make_district.py", "reference.parquet"):
        if not (folder / needed).is_file():
            raise Refused("bench_recipe_missing", folder=str(folder), lacking=needed)
    return folder


def kept() -> Path:
    """Where the bench keeps what it makes."""
    return make_folder(make_folder(home(), 0o711) / "bench", 0o700)


def district(on_progress: Progress) -> District:
    """The made district: the one that HETU_BENCH_DISTRICT names, else ours, made now if it is not whole."""
    named = read(Places).bench_district
    if named is not None:
        found = _whole(named)
        if found is None:
            raise Refused("bench_district_incomplete", folder=str(named))
        return found
    folder = kept() / "district"
    found = _whole(folder)
    if found is None:
        _make(recipe() / "make_district.py", folder, on_progress)
        found = _whole(folder)
    if found is None:
        raise Refused("bench_district_incomplete", folder=str(folder))
    return found


def columns(layer: LayerFile) -> dict[str, Any]:
    """gid (int64), cls and name (lists of text), geometry (shapely) of a layer's features, in step."""
    table = pq.read_table(layer.path, columns=["gid", "cls", "name", "geometry"])
    return {
        "gid": table["gid"].to_numpy(),
        "cls": table["cls"].to_pylist(),
        "name": table["name"].to_pylist(),
        "geometry": shapely.from_wkb(table["geometry"].to_numpy()),
    }


def _column(path: Path, name: str) -> NDArray[Any]:
    return pq.read_table(path, columns=[name])[name].to_numpy()


def _whole(folder: Path) -> District | None:
    """The district if every file of it is there. The recipe writes stats.json last."""
    try:
        told = json.loads((folder / "stats.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    layers = tuple(
        LayerFile(each["lid"], folder / f"L{each['lid']:03d}.parquet", KINDS[each["types"][0]], each["n"])
        for each in told
    )
    there = len(layers) == LAYERS and all(layer.path.is_file() for layer in layers)
    return District(folder, layers) if there and (folder / "sites.parquet").is_file() else None


def _make(script: Path, folder: Path, on_progress: Progress) -> None:
    """Run the recipe beside the place and then name it: a district is there whole or not at all."""
    partial = folder.with_name("district.partial")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    partial.mkdir()
    log = folder.with_name("district.log")
    with (
        log.open("wb") as book,
        subprocess.Popen(
            [sys.executable, "-P", str(script), str(partial)],
            stdin=subprocess.DEVNULL, stdout=book, stderr=subprocess.STDOUT, start_new_session=True,
        ) as cook,
    ):  # fmt: skip
        try:
            while cook.poll() is None:
                on_progress("bench_district", "", len(list(partial.glob("L*.parquet"))), LAYERS)
                time.sleep(0.5)
        finally:
            # The recipe works with two processes of its own: none of them outlives an interruption.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(cook.pid, signal.SIGKILL)
    if cook.returncode != 0:
        said = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        raise Refused("bench_recipe_failed", reason=said[-1] if said else str(cook.returncode), log=str(log))
    partial.rename(folder)
