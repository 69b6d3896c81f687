"""OpenStreetMap's PBF. Its five layers lie interleaved in the file: each is asked for alone, so that GDAL keeps nothing of the others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gis.reading import gdal, pbf_blocks
from gis.reading.found import FoundLayer
from gis.reading.gdal import Opened, Progress

_LAYERS = ("points", "lines", "multilinestrings", "multipolygons", "other_relations")


def read(path: Path, stem: str, scratch: Path, progress: Progress) -> Iterator[FoundLayer]:
    pbf_blocks.check(path)

    def each() -> Iterator[tuple[Opened, FoundLayer]]:
        for number, name in enumerate(_LAYERS):
            progress(number / len(_LAYERS))
            words = f"SELECT * FROM {name}"  # noqa: S608 - one of five names of our own
            with gdal.opened(path, None, lambda _: None, by_format=True, sql=words) as found:
                yield found, gdal.layer(found, name, None, True, "UTF-8")

    yield from gdal.with_rows(each())
