"""What each source of a delivery becomes: the edition of which layer, and where it says anything. The catalogue decides; what it does not know
is guessed, and what follows from the grids of the delivery joins them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection

from gis import edition, readers
from gis.edition import Coverage
from layers.model import Layer, by_word
from layers.refusal import Refused
from workflows.base_map import model, store
from workflows.base_map.intake import deltas, shifts
from workflows.base_map.intake.grids import derivable
from workflows.base_map.intake.said import Said
from workflows.base_map.intake.sources import Match, declared_coverages, guessed, named


@dataclass(frozen=True, slots=True)
class Matched:
    """Every edition that will be, and the district's outline as it is with them."""

    matches: list[Match]
    outline: BaseGeometry | None


def matched(
    connection: Connection,
    reading: readers.Reading,
    known: Mapping[str, Layer],
    meant: Layer | None,
    said: Said,
    refused: list[dict[str, Any]],
) -> Matched:
    """One match for every edition that will be, derived ones included; what cannot be one joins ``refused``. ``meant``: the layer that the one
    source of the delivery is. Refused ``delivery_refused``, ``one_source_for_layer``, ``two_sources_for_layer``; of changes ``delta_coverage``.
    """
    declared = declared_coverages(reading)
    if said.delta and declared:
        raise Refused("delta_coverage", file=f"{min(declared)}{model.COVERAGE_SUFFIX}")
    words = by_word(known.values())
    filled = store.filled(connection)
    matches: list[Match] = []
    found = named(reading)
    if meant is not None and len(found) + len(reading.refused) != 1:
        raise Refused("one_source_for_layer", layer=meant.code, n=len(found) + len(reading.refused))
    for source, told, code in found:
        layer = meant or model.known(told, words)
        # A guess never takes the place of a layer that the catalogue knows under that code.
        free = code if code not in known else f"{code}_unlisted"
        if layer is not None:
            match = Match(layer.code, source, layer, None)
        else:
            before = deltas.stored_guess(connection, free) if said.delta else None
            match = Match(free, source, None, before or guessed(source, told, free))
        no = _of_changes(match, told.kind) if said.delta else _fault(match, told.kind, filled)
        if no is None:
            matches.append(match)
            continue
        fault = {"path": source.path, **no}
        if not said.skip_refused:
            raise Refused("delivery_refused", count=1, first=source.path, sources=[fault])
        refused.append(fault)
    _refuse_shifted(connection, matches, said, refused)
    _refuse_doubles(matches)
    if said.delta:  # where the layer says anything, and where the district ends, what is changed says
        return Matched(matches, store.outline(connection))
    _derive(connection, matches, known)
    outline = _outline(connection, matches, said.legal)
    for match in matches:
        match.coverage = _coverage(match, declared, outline, said.vouched_by)
    return Matched(matches, outline)


def _fault(match: Match, kind: str, filled: set[str]) -> dict[str, Any] | None:
    """Why a source cannot be an edition of the layer it is meant for. Nothing at all where something stood would read as clear."""
    if match.stanza is not None and match.stanza.kind != kind:
        params = {"layer": match.code, "expected": match.stanza.kind, "got": kind}
        return {"code": "kind_differs", "params": params}
    if isinstance(match.source, readers.SourceRaster) or match.source.count:
        return None
    if match.stanza is None and match.code not in filled:
        return None
    return {"code": "no_features", "params": {"layer": match.code, "read": match.source.read}}


def _of_changes(match: Match, kind: str) -> dict[str, Any] | None:
    """The same of a source that holds changes: rows of removed features alone need no geometry, and then it has no kind of its own."""
    if isinstance(match.source, readers.SourceRaster):
        return {"code": "delta_of_raster", "params": {"layer": match.code}}
    expected = match.stanza.kind if match.stanza else match.guess.kind if match.guess else kind
    if match.source.count and kind != expected:
        return {"code": "kind_differs", "params": {"layer": match.code, "expected": expected, "got": kind}}
    return None


def _refuse_shifted(
    connection: Connection, matches: list[Match], said: Said, refused: list[dict[str, Any]]
) -> None:
    """All that look shifted are asked about at once: a person has one answer for them."""
    found = shifts.faults(connection, matches, said.answers)
    told = [fault for _, fault in found]
    if told and not said.skip_refused:
        raise Refused("delivery_refused", count=len(told), first=told[0]["path"], sources=told)
    refused += told
    for match, _ in found:
        matches.remove(match)


def _refuse_doubles(matches: list[Match]) -> None:
    """Two files for one layer of the catalogue: which of them is meant is not ours to choose."""
    first: dict[str, str] = {}
    for match in matches:
        if match.code in first:
            raise Refused(
                "two_sources_for_layer", layer=match.code, first=first[match.code], second=match.source.path
            )
        first[match.code] = match.source.path


def _derive(connection: Connection, matches: list[Match], known: Mapping[str, Layer]) -> None:
    """What follows from the grids of the delivery joins them; what could but does not is noted beside its ground."""
    grids = {match.code: match for match in matches if isinstance(match.source, readers.SourceRaster)}
    if not any(layer.raster and layer.raster.derived_from in grids for layer in known.values()):
        return
    derived, kept = derivable(known, grids, store.layers(connection))
    matches += [
        Match(layer.code, grids[ground].source, layer, None, derived=True) for layer, ground in derived
    ]
    for layer, ground in kept:
        source = grids[ground].source
        notes = (*source.notes, readers.Note("slope_kept", {"layer": layer.code}))
        grids[ground].source = replace(source, notes=notes)


def _outline(connection: Connection, matches: list[Match], legal: model.Legal) -> BaseGeometry | None:
    """The district's outline: its own layer where there is one, else the box around everything known so far."""
    srid = store.workspace(connection)["srid"]
    layers = [(match, match.source) for match in matches if isinstance(match.source, readers.SourceLayer)]
    for match, source in layers:
        if match.code == "district" and match.stanza is not None and _counts(connection, match.stanza, legal):
            outline = shapely.union_all(source.geometry)
            store.keep_outline(connection, outline, srid, "layer")
            return outline
    before, basis = store.outline(connection), store.workspace(connection)["outline_basis"]
    if basis == "layer":
        return before
    boxes = [shapely.box(*source.extent) for _, source in layers if source.extent is not None]
    if not boxes and before is None:
        # Grids reach beyond the plans: they count only where there is nothing else.
        boxes = [shapely.box(*match.source.extent) for match in matches if match.source.extent is not None]
    around = shapely.union_all([*boxes, *([] if before is None else [before])])
    if around.is_empty:
        return before
    outline = shapely.box(*around.bounds)
    store.keep_outline(connection, outline, srid, "extent")
    return outline


def _counts(connection: Connection, stanza: Layer, legal: model.Legal) -> bool:
    """Whether an edition becomes the one in force: a draft, a plan on display and an older edition leave the district as it is."""
    stands = next((row["valid_from"] for row in store.layers(connection) if row["code"] == stanza.code), None)
    later = legal.valid_from is None or stands is None or legal.valid_from >= stands
    return later and legal.status_of(stanza) in ("in_force", "unknown")


def _coverage(
    match: Match, declared: Mapping[str, BaseGeometry], outline: BaseGeometry | None, word: str | None
) -> Coverage:
    if isinstance(match.source, readers.SourceRaster):  # where it says anything is told cell by cell
        return Coverage(shapely.box(*match.source.extent), "cells")
    if match.source.stem in declared:
        return Coverage(declared[match.source.stem], "file")
    if outline is not None and match.stanza is not None and match.stanza.coverage == "district":
        return Coverage(outline, "district")
    if outline is not None and match.stanza is None and word:
        return Coverage(outline, "word", word)
    return edition.NOBODY
