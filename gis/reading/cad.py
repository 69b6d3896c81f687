"""Drawings (DXF): every layer of a drawing is a layer. A drawing states no coordinate system and its unit is often wrong; what is taken of both is said.

DWG is another format and is not read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from gis.reading import attributes, cad_shapes, cad_text, cad_units, cad_walk
from gis.reading.cad_text import Told
from gis.reading.cad_walk import Piece, Walk
from gis.reading.found import Batch, FoundLayer
from gis.shown import shown
from layers.refusal import Refused

LARGEST = 150 << 20  # bytes: a drawing is held whole, at about twelve times its size
MOST_LAYERS = 5_000
ROWS_AT_ONCE = 10_000
MOST_XDATA = 60
_TYPES = {"elevation": "float", "xdata": "object"}
_KINDS_NAMED = 8


def read(path: Path, stem: str, scratch: Path, progress: Callable[[float], None]) -> Iterator[FoundLayer]:
    """Refused: ``cad_too_large``, ``cad_unreadable``, ``cad_too_many_parts``, ``cad_empty``."""
    size = path.stat().st_size
    if size > LARGEST:
        raise Refused("cad_too_large", bytes=size, most=LARGEST)
    told = cad_text.looked_at(path)
    document, notes = _opened(path, told)
    progress(0.5)
    unit = cad_units.of(document)
    walk = Walk(document)
    layers: dict[str, _Layer] = {}
    for piece in walk.pieces():
        if piece.layer not in layers and len(layers) >= MOST_LAYERS:
            raise Refused("cad_too_many_parts", most=MOST_LAYERS)
        layers.setdefault(piece.layer, _Layer(document, piece.layer)).take(piece, unit.tolerance)
    notes += told.notes
    notes += _of_blocks(walk)
    drawn = [layers[name] for name in sorted(layers) if layers[name].rows]
    if not drawn:
        raise Refused("cad_empty", version=told.version)
    for number, layer in enumerate(drawn):
        yield layer.found(told.name or "", unit, [*unit.notes, *([] if number else notes)])
        progress(0.5 + (number + 1) / len(drawn) / 2)


def _opened(path: Path, told: Told) -> tuple[Any, list[tuple[str, dict[str, Any]]]]:
    """As it should be; else with what can be saved of it, and a note. Refused: ``cad_unreadable`` with the library's words, which name the line."""
    from ezdxf import recover
    from ezdxf.filemanagement import readfile

    try:
        return readfile(path, encoding=told.encoding or None), []
    except Exception as error:  # noqa: BLE001 - a library over a broken file raises anything; what it says is passed on
        first = shown(str(error) or type(error).__name__, 160)
    try:
        document, audit = recover.readfile(path)
    except Exception as error:
        raise Refused("cad_unreadable", version=told.version, reason=first) from error
    return document, [("cad_recovered", {"reason": first, "count": len(audit.errors) + len(audit.fixes)})]


def _of_blocks(walk: Walk) -> list[tuple[str, dict[str, Any]]]:
    counts = walk.counts
    found: list[tuple[str, dict[str, Any]]] = []
    if counts["blocks"]:
        found.append(("cad_blocks_taken_apart", {"count": counts["blocks"], "parts": walk.made}))
    if counts["cycles"]:
        found.append(("cad_blocks_in_themselves", {"count": counts["cycles"]}))
    if counts["references"]:
        names = ", ".join(sorted(walk.references)[:_KINDS_NAMED])
        found.append(("cad_references_missing", {"count": counts["references"], "names": shown(names, 200)}))
    return found


@dataclass(slots=True)
class _Layer:
    """What is drawn on one layer of the drawing."""

    document: Any
    name: str
    shapes: list[Any] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    reasons: dict[int, str] = field(default_factory=dict)
    keys: dict[str, None] = field(default_factory=dict)
    passed_over: Counter[str] = field(default_factory=Counter)
    not_taken: Counter[str] = field(default_factory=Counter)

    def take(self, piece: Piece, tolerance: float) -> None:
        kind = cad_shapes.name(piece.entity)
        made, why = None, piece.why
        if kind in cad_shapes.NOT_TAKEN:
            self.not_taken[kind] += 1
            why = f"no flat shape: {kind}"
        elif not why:
            try:
                made = cad_shapes.shape(piece.entity, tolerance)
            except (
                ValueError,
                ArithmeticError,
                TypeError,
                AttributeError,
                LookupError,
                shapely.GEOSException,
            ) as error:
                why = shown(f"cannot be drawn: {str(error) or type(error).__name__}", 120)
        if made is None and not why:
            self.passed_over[kind] += 1
            return
        if why:
            self.reasons[len(self.rows)] = why
        row = self._told(piece, kind)
        self.keys.update(dict.fromkeys(row))
        self.rows.append(attributes.text(row))
        self.shapes.append(made)

    def _told(self, piece: Piece, kind: str) -> dict[str, Any]:
        entity, within = piece.entity, piece.within
        row: dict[str, Any] = {
            "layer": self.name,
            "type": kind,
            "color": self._colour(entity, within.colour),
            "linetype": self._linetype(entity, within.linetype),
            "handle": cad_shapes.said(entity, "handle") or within.handle or None,
            "block": within.block or None,
            "text": _words(entity, kind),
            "tag": cad_shapes.said(entity, "tag") if kind == "ATTRIB" else None,
            "elevation": cad_shapes.level(entity),
            **_extended(entity),
        }
        return {key: _clean(value) for key, value in row.items() if value is not None}

    def _colour(self, entity: Any, of_block: int) -> int | str | None:
        true = cad_shapes.said(entity, "true_color")
        if isinstance(true, int):
            return f"#{true & 0xFFFFFF:06x}"
        colour = cad_shapes.said(entity, "color", cad_walk.BY_LAYER)
        colour = of_block if colour == cad_walk.BY_BLOCK else colour
        if colour == cad_walk.BY_LAYER and self.document.layers.has_entry(self.name):
            colour = abs(int(self.document.layers.get(self.name).dxf.get("color", 7)))
        return None if colour in (cad_walk.BY_LAYER, cad_walk.BY_BLOCK) else colour

    def _linetype(self, entity: Any, of_block: str) -> str | None:
        linetype = str(cad_shapes.said(entity, "linetype", "BYLAYER"))
        linetype = of_block if linetype.upper() == "BYBLOCK" and of_block else linetype
        if linetype.upper() == "BYLAYER" and self.document.layers.has_entry(self.name):
            linetype = str(self.document.layers.get(self.name).dxf.get("linetype", "Continuous"))
        return linetype

    def found(
        self, encoding: str, unit: cad_units.Unit, notes: list[tuple[str, dict[str, Any]]]
    ) -> FoundLayer:
        notes = list(notes)
        for code, counted in (("cad_passed_over", self.passed_over), ("cad_not_taken", self.not_taken)):
            if counted:
                named = ", ".join(f"{kind} {count}" for kind, count in counted.most_common(_KINDS_NAMED))
                notes.append((code, {"count": counted.total(), "types": named}))
        if self.document.layers.has_entry(self.name):
            entry = self.document.layers.get(self.name)
            if entry.is_off() or entry.is_frozen():
                notes.append(("cad_layer_hidden", {"layer": shown(self.name)}))
        fields = [(key, _TYPES.get(key, "text")) for key in self.keys]
        return FoundLayer(
            shown(self.name, 200), None, False, encoding or None, fields, self._batches(unit), notes=notes
        )

    def _batches(self, unit: cad_units.Unit) -> Iterator[Batch]:
        for first in range(0, len(self.rows), ROWS_AT_ONCE):
            shapes = np.empty(min(ROWS_AT_ONCE, len(self.rows) - first), dtype=object)
            shapes[:] = self.shapes[first : first + ROWS_AT_ONCE]
            reasons = {
                row - first: why for row, why in self.reasons.items() if first <= row < first + ROWS_AT_ONCE
            }
            yield Batch(
                unit.scaled(shapes), [None] * len(shapes), self.rows[first : first + ROWS_AT_ONCE], reasons
            )


def _words(entity: Any, kind: str) -> str | None:
    if kind not in ("TEXT", "MTEXT", "ATTRIB"):
        return None
    return str(entity.plain_text())


def _extended(entity: Any) -> dict[str, Any]:
    """What programs hang on an entity; of the survey program of this country its code, which says what the thing is."""
    if not entity.xdata:
        return {}
    told: dict[str, list[Any]] = {}
    for app, tags in list(entity.xdata.data.items())[:MOST_XDATA]:
        values = [tag.value for tag in tags if tag.code in (1000, 1003, 1005, 1040, 1070, 1071)]
        told[shown(app, 60)] = [
            shown(value, 255) if isinstance(value, str) else value for value in values[:MOST_XDATA]
        ]
    south = next((value for value in told.get("SOUTH", ()) if isinstance(value, str)), None)
    return {"xdata": told, "code": south}


def _clean(value: Any) -> Any:
    """Bytes that no encoding explains are written out."""
    return shown(value, 4_000) if isinstance(value, str) else value
