"""GML and GPX. The text is looked at first (``xml_text``); no schema, link or reference in it is followed."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from gis.reading import gdal, xml_text
from gis.reading.found import FoundLayer
from gis.reading.gdal import Opened, Progress


def gpx(path: Path, stem: str, scratch: Path, progress: Progress) -> Iterator[FoundLayer]:
    with _text(path, scratch, {"gpx"}, ()) as text:
        yield from _layers(text, stem, True, progress)


def gml(path: Path, stem: str, scratch: Path, progress: Progress) -> Iterator[FoundLayer]:
    with _text(path, scratch, None, ()) as text:
        yield from _layers(
            text, stem, False, progress,
            WRITE_GFS="NO", DOWNLOAD_SCHEMA="NO", SKIP_RESOLVE_ELEMS="ALL", XSD=str(text.path), FORCE_SRS_DETECTION="YES",
        )  # fmt: skip


# The box around a feature of GML, which is no word of its own: a reader without the schema takes it for one.
_CORNERS = ("lowerCorner", "upperCorner")


def _without_corners(batch: Any) -> Any:
    return batch.drop_columns([one for one in _CORNERS if one in batch.schema.names])


@contextlib.contextmanager
def _text(
    path: Path, scratch: Path, roots: Collection[str] | None, links: Collection[str]
) -> Iterator[xml_text.Looked]:
    text = xml_text.looked_at(path, scratch, roots, links)
    try:
        yield text
    finally:
        if text.path != path:
            text.path.unlink()


def _layers(
    text: xml_text.Looked, stem: str, by_format: bool, progress: Progress, **options: Any
) -> Iterator[FoundLayer]:
    names = [name for name, kind in gdal.layers_of(text.path) if kind is not None]

    def each() -> Iterator[tuple[Opened, FoundLayer]]:
        for number, name in enumerate(names):

            def along(share: float, number: int = number) -> None:
                progress((number + share) / len(names))

            with gdal.opened(
                text.path, name, along, by_format=by_format, reworded=_without_corners, **options
            ) as found:
                shown = name if len(names) > 1 else stem
                layer = gdal.layer(found, shown, None, by_format, text.encoding)
                layer.fields = [(one, kind) for one, kind in layer.fields if one not in _CORNERS]
                if text.elsewhere and not number:
                    layer.notes.append(("links_not_followed", {"count": text.elsewhere}))
                yield found, layer

    yield from gdal.with_rows(each())
