"""The product as its users meet it: a site goes in by HTTP in degrees, is checked, stored and journaled, and the answer comes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import httpx
import shapely
from shapely.geometry.base import BaseGeometry

from bench.district import SRID
from bench.turns import Shared
from gis import crs
from layers.refusal import Refused

PATIENCE = 120.0


class Product:
    """One client of a server at ``address``. ``processes``: those whose work an answer is, besides the client's own."""

    name = "api_sql_clip"

    def __init__(self, address: str, processes: Callable[[], Sequence[int]]) -> None:
        # No proxy of the environment stands between us and our own loopback.
        self._client = httpx.Client(base_url=address, timeout=PATIENCE, trust_env=False)
        self._degrees = crs.transformer(crs.parse(SRID), crs.parse(4326))
        self.processes = processes

    def given(self, site: BaseGeometry) -> dict[str, Any]:
        """What is posted, made ready before the watch runs."""
        told = shapely.geometry.mapping(shapely.transform(site, self._degrees))
        return {"site": {"type": told["type"], "coordinates": told["coordinates"]}}

    def check(self, given: dict[str, Any]) -> dict[str, Any]:
        """Until the answer is an object in the client's hands."""
        said = self._client.post("/api/checks", json=given)
        if said.status_code != 201:
            raise Refused("bench_check_refused", status=said.status_code, said=said.text[:300])
        answer: dict[str, Any] = said.json()
        return answer

    def shared(self, answer: dict[str, Any]) -> Shared:
        return [(int(hit["ident"]), _size(hit)) for layer in answer["layers"] for hit in layer["hits"]]

    def close(self) -> None:
        self._client.close()


def _size(hit: dict[str, Any]) -> float:
    sizes = [hit[key] for key in ("area_m2", "length_m") if hit[key] is not None]
    return float(sizes[0]) if sizes else 1.0
