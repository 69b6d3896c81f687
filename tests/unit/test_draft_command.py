"""``import --draft`` on a delivery: everything that could be a layer is drafted, everything that could not be read is said."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
import yaml
from rasterio.transform import Affine

from api.cli.intake import import_


@pytest.fixture
def delivery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HETU_LANG", "en")
    folder = tmp_path / "delivered"
    folder.mkdir()
    point = {"type": "Point", "coordinates": [114.1, 22.6]}
    (folder / "trees.geojson").write_text(json.dumps(point))
    (folder / "trees.coverage.geojson").write_text(
        json.dumps({"type": "Polygon", "coordinates": [[[114, 22], [115, 22], [115, 23], [114, 22]]]})
    )
    (folder / "broken.geojson").write_text('{"type": "FeatureCollection", "features": [')
    for name, nodata in (("slope", -1.0), ("everywhere", None)):
        with rasterio.open(
            folder / f"{name}.tif", "w", driver="GTiff", count=1, height=2, width=2, dtype="float32", crs=4547, nodata=nodata,
            transform=Affine(10.0, 0.0, 512_000.0, 0.0, -10.0, 2_512_000.0),
        ) as out:  # fmt: skip
            out.write(np.ones((1, 2, 2), dtype=np.float32))
    return folder


def test_grids_are_drafted_and_what_could_not_be_read_is_said(
    delivery: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import_(delivery, draft=True)
    said = capsys.readouterr()
    found = yaml.safe_load(said.out)["layers"]
    assert {code: layer["kind"] for code, layer in found.items()} == {"trees": "point", "slope": "raster"}
    assert found["slope"]["raster"] == {"unit": "to_fill"}
    refused = {line.split(":")[0]: line for line in said.err.splitlines() if line.startswith("✕")}
    assert set(refused) == {"✕ broken.geojson", "✕ everywhere.tif"}
    assert all(len(line.split(": ", 1)[1]) > 20 for line in refused.values())
