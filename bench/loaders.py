"""The ways in which people bring a file into PostGIS today: geopandas, and ogr2ogr and shp2pgsql where they are installed.

Each makes a table with the rows of the file and its spatial index, checks nothing, and drops the table when the watch has stopped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url

from bench.coverage import LAYER
from bench.district import SRID
from db import cluster, session

TABLE = "bench_peer"
GEOPANDAS = "geopandas_to_postgis"
_QUIET: dict[str, Any] = {
    "stdin": subprocess.DEVNULL,
    "stdout": subprocess.DEVNULL,
    "env": {**os.environ, "PG_USE_COPY": "YES"},
}
Loader = Callable[[Path, str], None]
"""Brings a GeoPackage into the table of a workspace's database."""


def available() -> dict[str, Loader | None]:
    """By name; None: not installed."""
    return {
        GEOPANDAS: by_geopandas,
        "ogr2ogr": by_ogr2ogr if _place("ogr2ogr") else None,
        "shp2pgsql": by_shp2pgsql if _place("shp2pgsql") and _place("psql") else None,
    }


def timed(load: Loader, package: Path, workspace: str) -> float:
    """Seconds; the table is gone afterwards."""
    began = time.perf_counter()
    load(package, workspace)
    seconds = time.perf_counter() - began
    engine = create_engine(_url(workspace))
    with engine.begin() as connection:
        connection.execute(text(f"DROP TABLE IF EXISTS {TABLE}"))
    engine.dispose()
    return seconds


def by_geopandas(package: Path, workspace: str) -> None:
    engine = create_engine(_url(workspace))
    gpd.read_file(package).to_postgis(TABLE, engine)
    engine.dispose()


def by_ogr2ogr(package: Path, workspace: str) -> None:
    into = ["-f", "PostgreSQL", f"PG:{_words(workspace)}"]
    subprocess.run([_place("ogr2ogr"), *into, str(package), LAYER, "-nln", TABLE], check=True, **_QUIET)


def by_shp2pgsql(package: Path, workspace: str) -> None:
    """It reads shapefiles only: one is written beside the GeoPackage before the watch runs."""
    told = [_place("shp2pgsql"), "-D", "-I", "-s", str(SRID), str(shapefile_of(package)), TABLE]
    with subprocess.Popen(told, stdout=subprocess.PIPE) as written:
        spoken = [_place("psql"), "-q", "-v", "ON_ERROR_STOP=1", _words(workspace)]
        subprocess.run(spoken, check=True, **{**_QUIET, "stdin": written.stdout})
    if written.returncode:
        raise subprocess.CalledProcessError(written.returncode, told)


def shapefile_of(package: Path) -> Path:
    shapefile = package.with_suffix(".shp")
    if not shapefile.is_file():
        gpd.read_file(package).to_file(shapefile, encoding="UTF-8")
    return shapefile


def _place(program: str) -> str:
    """Where the program is; empty where it is not."""
    return shutil.which(program) or ""


def _url(workspace: str) -> str:
    return cluster.url(session.database_name(workspace))


def _words(workspace: str) -> str:
    """The address as libpq reads it."""
    url: URL = make_url(_url(workspace))
    told = {
        "host": url.query.get("host") or url.host,
        "port": url.query.get("port") or url.port,
        "dbname": url.database,
        "user": url.username,
        "password": url.password,
    }
    return " ".join(f"{name}={value}" for name, value in told.items() if value)
