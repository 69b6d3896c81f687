"""GML and GPX. The text is looked at first (``xml_text``); no schema, link or reference in it is followed."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from gis.reading import gdal, xml_numbers, xml_text
from gis.reading.found import FoundLayer
from gis.reading.gdal import Opened, Progress
from gis.reading.xml_numbers import Broken, Watching
from gis.shown import MOST_ROWS_NAMED
from layers.refusal import Refused


def gpx(path: Path, stem: str, scratch: Path, progress: Progress) -> Iterator[FoundLayer]:
    watching = xml_numbers.OfGpx()
    with _text(path, scratch, {"gpx"}, watching) as text:
        yield from _layers(text, watching.broken, stem, True, progress)


def gml(path: Path, stem: str, scratch: Path, progress: Progress) -> Iterator[FoundLayer]:
    watching = xml_numbers.OfGml()
    with _text(path, scratch, None, watching) as text:
        yield from _layers(
            text, watching.broken, stem, False, progress,
            WRITE_GFS="NO", DOWNLOAD_SCHEMA="NO", SKIP_RESOLVE_ELEMS="ALL", XSD=str(text.path), FORCE_SRS_DETECTION="YES",
        )  # fmt: skip


# The box around a feature of GML, which is no word of its own: a reader without the schema takes it for one.
_CORNERS = ("lowerCorner", "upperCorner")


def _without_corners(batch: Any) -> Any:
    return batch.drop_columns([one for one in _CORNERS if one in batch.schema.names])


@contextlib.contextmanager
def _text(
    path: Path, scratch: Path, roots: Collection[str] | None, watching: Watching
) -> Iterator[xml_text.Looked]:
    text = xml_text.looked_at(path, scratch, roots, (), watching)
    try:
        yield text
    finally:
        if text.path != path:
            text.path.unlink()


def _layers(
    text: xml_text.Looked, broken: Broken, stem: str, by_format: bool, progress: Progress, **options: Any
) -> Iterator[FoundLayer]:
    """Refused: ``coordinates_not_finite``, for the layers that hold such; for all where GDAL has another name for one of them."""
    names = [name for name, kind in gdal.layers_of(text.path) if kind is not None]

    if not broken.keys() <= set(names):
        raise _refused([row for rows in broken.values() for row in rows])

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

    refused = {name if len(names) > 1 else stem: rows for name, rows in broken.items()}
    for layer in gdal.with_rows(each()):
        if layer.layer in refused:
            layer.batches = map(_raised, [_refused(refused[layer.layer])])
        yield layer


def _refused(rows: list[int]) -> Refused:
    return Refused("coordinates_not_finite", rows=rows[:MOST_ROWS_NAMED], count=len(rows))


def _raised(refusal: Refused) -> Any:
    raise refusal
