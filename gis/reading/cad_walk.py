"""A drawing walked through: what lies in model space, with blocks taken apart where they are placed. How deep and how many is bounded; a block that
holds itself is left out and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from gis.reading import cad_count
from gis.reading.cad_shapes import said
from layers.refusal import Refused

MOST_ENTITIES = 3_000_000  # in model space
MOST_OF_BLOCKS = 500_000  # made by taking blocks apart
DEEPEST = 12
BY_BLOCK, BY_LAYER = 0, 256


@dataclass(frozen=True, slots=True)
class Within:
    """The placing of a block that an entity comes out of: what it says holds for what the block leaves open."""

    block: str = ""
    layer: str = ""
    colour: int = BY_LAYER
    linetype: str = ""
    handle: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """An entity in the drawing's own coordinates. ``why``: it could not be brought there."""

    entity: Any
    layer: str
    within: Within
    why: str = ""


class Walk:
    """``counts``: what was met and left out, by code."""

    def __init__(self, document: Any) -> None:
        self.document = document
        self.made = 0
        self.counts: Counter[str] = Counter()
        self.references: set[str] = set()

    def pieces(self) -> Iterator[Piece]:
        """Refused: ``cad_too_many_parts``, before anything is made where the blocks themselves tell."""
        if cad_count.least_parts(self.document, DEEPEST) > MOST_OF_BLOCKS:
            raise Refused("cad_too_many_parts", most=MOST_OF_BLOCKS)
        for number, entity in enumerate(self.document.modelspace()):
            if number >= MOST_ENTITIES:
                raise Refused("cad_too_many_parts", most=MOST_ENTITIES)
            yield from self._of(entity, Within())

    def _of(self, entity: Any, within: Within) -> Iterator[Piece]:
        if within.names:
            self.made += 1
            if self.made > MOST_OF_BLOCKS:
                raise Refused("cad_too_many_parts", most=MOST_OF_BLOCKS)
        own = str(said(entity, "layer", "0"))
        layer = within.layer if own == "0" and within.layer else own
        kind = entity.dxftype()
        if kind == "INSERT":
            yield from self._placed(entity, layer, within)
        elif kind == "MLINE":
            yield from self._parts(entity, entity, replace(within, layer=layer))
        else:
            yield Piece(entity, layer, within)

    def _placed(self, insert: Any, layer: str, within: Within) -> Iterator[Piece]:
        name = str(said(insert, "name", ""))
        block = insert.block()
        if block is None or block.block.is_xref:
            self.counts["references"] += 1
            self.references.add(name)
            return
        if name in within.names or len(within.names) >= DEEPEST:
            self.counts["cycles"] += 1
            return
        inside = Within(
            block=within.block or name,
            layer=layer,
            colour=within.colour if said(insert, "color") == BY_BLOCK else said(insert, "color", BY_LAYER),
            linetype=str(said(insert, "linetype", "BYLAYER")),
            handle=within.handle or str(said(insert, "handle", "") or ""),
            names=(*within.names, name),
        )
        self.counts["blocks"] += 1
        if insert.mcount > MOST_OF_BLOCKS:
            raise Refused("cad_too_many_parts", most=MOST_OF_BLOCKS)
        for one in insert.multi_insert() if insert.mcount > 1 else (insert,):
            self.made += 1
            if self.made > MOST_OF_BLOCKS:
                raise Refused("cad_too_many_parts", most=MOST_OF_BLOCKS)
            for attrib in one.attribs:
                yield Piece(attrib, layer, inside)
            yield from self._parts(one, insert, inside)

    def _parts(self, entity: Any, original: Any, inside: Within) -> Iterator[Piece]:
        parts = entity.virtual_entities()
        while True:
            try:
                part = next(parts)
            except StopIteration:
                return
            except (ValueError, ArithmeticError, TypeError, AttributeError) as error:
                yield Piece(original, inside.layer, inside, f"a block that cannot be placed: {error}"[:120])
                return
            yield from self._of(part, inside)
