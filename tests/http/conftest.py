"""The application over a copy of the little district, asked as programs and browsers ask it."""

from __future__ import annotations

from typing import Any

import pyproj
import pytest
from starlette.testclient import TestClient

from api import app
from tests.little_district import SRID

_degrees = pyproj.Transformer.from_crs(SRID, 4326, always_xy=True).transform


def to_degrees(*corners_km: tuple[float, float]) -> list[list[float]]:
    """Points of the little district, in kilometres of its grid, as GeoJSON positions."""
    return [list(_degrees(x * 1000, y * 1000)) for x, y in corners_km]


def square(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    """A box of the grid (km) as a GeoJSON polygon in degrees."""
    corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return {"type": "Polygon", "coordinates": [to_degrees(*corners)]}


@pytest.fixture(scope="module")
def client(module_workspace: str) -> TestClient:
    return TestClient(app.make(module_workspace), base_url="http://127.0.0.1", raise_server_exceptions=False)


@pytest.fixture(scope="module")
def answer(client: TestClient) -> dict[str, Any]:
    """A check of a square that covers the western half of the first farmland square."""
    asked = client.post("/api/checks", json={"site": square(512, 2518, 512.5, 2519)})
    assert asked.status_code == 201, asked.text
    told: dict[str, Any] = asked.json()
    return told
