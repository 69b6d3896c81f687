"""What a delivery brought, features and grids alike, as the matching sees it: one code each, and a guess where the catalogue knows none. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath

import shapely
from shapely.geometry.base import BaseGeometry

from gis import edition
from gis.edition import Coverage
from gis.source_layer import Reading, SourceLayer, SourceRaster
from layers.model import Layer
from layers.refusal import Refused
from workflows.base_map import model

Delivered = SourceLayer | SourceRaster


@dataclass(slots=True)
class Match:
    """One source that will be an edition of one layer."""

    code: str
    source: Delivered
    stanza: Layer | None
    guess: model.Guess | None
    coverage: Coverage = field(default=edition.NOBODY)
    derived: bool = False  # the slope of the source's elevations


def named(reading: Reading) -> list[tuple[Delivered, model.Source, str]]:
    """Every source that may be a layer, with what the matching needs of it and a code of its own. A declared coverage is none."""
    layers = [each for each in reading.sources if not each.stem.endswith(model.COVERAGE_SUFFIX)]
    in_file: dict[str, set[str]] = {}
    kinds: dict[tuple[str, str], set[str]] = {}
    for each in layers:
        in_file.setdefault(each.path, set()).add(each.layer)
        kinds.setdefault((each.path, each.layer), set()).add(each.kind)
    told = [
        model.Source(
            each.path,
            each.stem,
            each.layer,
            each.kind,
            len(in_file[each.path]),
            len(kinds[each.path, each.layer]),
        )
        for each in layers
    ]
    told += [model.Source(each.path, each.stem, each.stem, "raster", 1, 1) for each in reading.rasters]
    return list(zip([*layers, *reading.rasters], told, model.codes(told), strict=True))


def guessed(source: Delivered, told: model.Source, code: str) -> model.Guess:
    """What is published of a source that the catalogue does not know."""
    if isinstance(source, SourceRaster):
        return model.guess(code, told, (), ())
    return model.guess(code, told, source.fields, _first(source, model.ENOUGH))


def _first(source: SourceLayer, rows: int) -> list[str]:
    """Attributes of the first rows; no more of the file is read than that takes."""
    found: list[str] = []
    for piece in source.pieces:
        found += piece.attributes[: rows - len(found)]
        if len(found) >= rows:
            break
    return found


def declared_coverages(reading: Reading) -> dict[str, BaseGeometry]:
    """Coverage by the stem it belongs to. Refused ``coverage_without_layer``, ``coverage_unusable``: a coverage that is lost would let its
    layer speak for ground it does not know.
    """
    stems = {each.stem for each in reading.sources} | {each.stem for each in reading.rasters}
    stems |= {PurePosixPath(each.path).stem for each in reading.refused}
    declared: dict[str, BaseGeometry] = {}
    for each in reading.sources:
        if not each.stem.endswith(model.COVERAGE_SUFFIX):
            continue
        of = each.stem.removesuffix(model.COVERAGE_SUFFIX)
        if of not in stems:
            raise Refused("coverage_without_layer", file=each.path, layer=of)
        if each.kind != "polygon" or each.set_aside or not each.count:
            raise Refused("coverage_unusable", file=each.path)
        declared[of] = shapely.union_all(each.geometry)
    return declared
