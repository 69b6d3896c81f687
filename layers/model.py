"""What a catalogue is made of: layers, themes, departments, laws, styles. Plain frozen values that compare by content.

This room refuses to know where they were written (YAML is ``catalogue.py``) and what data a layer has (editions are the ground's).
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property
from typing import Literal, get_args

from layers.canonical import canonical
from layers.codes import ClassSystem, Standing

Kind = Literal["polygon", "line", "point", "raster"]
LegalStatus = Literal["draft", "on_display", "in_force", "superseded", "withdrawn"]
Grade = Literal["public", "internal", "restricted", "secret"]
Coarse = Literal["hit", "ask"]
Level = Literal["state", "province", "city", "district"]
Coverage = Literal["district", "file", "none"]
Topology = Literal["none", "no_overlaps", "no_overlaps_no_gaps"]
TopologyWhen = Literal["after", "before"]
Cadence = Literal[
    "daily", "weekly", "monthly", "quarterly", "yearly", "five_yearly", "on_approval", "on_change", "once"
]
Pattern = Literal[
    "diagonal", "backdiagonal", "cross", "dots", "horizontal", "vertical", "solid", "dash", "dot", "rail"
]
Shape = Literal["circle", "square", "triangle", "diamond", "star"]

KINDS: tuple[Kind, ...] = get_args(Kind)
STATUSES: tuple[LegalStatus, ...] = get_args(LegalStatus)
GRADES: tuple[Grade, ...] = get_args(Grade)
COARSE: tuple[Coarse, ...] = get_args(Coarse)
LEVELS: tuple[Level, ...] = get_args(Level)
COVERAGES: tuple[Coverage, ...] = get_args(Coverage)
TOPOLOGIES: tuple[Topology, ...] = get_args(Topology)
TOPOLOGY_WHEN: tuple[TopologyWhen, ...] = get_args(TopologyWhen)
CADENCES: tuple[Cadence, ...] = get_args(Cadence)
AREA_PATTERNS: tuple[Pattern, ...] = ("diagonal", "backdiagonal", "cross", "dots", "horizontal", "vertical")
LINE_PATTERNS: tuple[Pattern, ...] = ("solid", "dash", "dot", "rail")
SHAPES: tuple[Shape, ...] = get_args(Shape)


@dataclass(frozen=True, slots=True)
class Basis:
    """One legal reference. Printed with 依据待核 beside it unless its standing is ``seen``."""

    law: str
    title: str
    article: str | None
    standing: Standing
    source: str | None


@dataclass(frozen=True, slots=True)
class RasterSays:
    """What a cell means: its unit, and the value it must exceed to say anything (None: a raster that only has values). ``derived_from``: the
    layer of elevations from which its slope is derived where nobody delivers it.
    """

    unit: str
    says_above: float | None
    derived_from: str | None = None


@dataclass(frozen=True, slots=True)
class Layer:
    """One stanza. ``coverage`` says who vouches that silence means clear: the stanza (district), the file, or nobody (none). ``coarse``
    says what those are told who may not see its shapes: whether it is hit, or only whom to ask. ``topology``: whether its areas may overlap and leave
    holes; ``topology_when``: whether that is looked at after it is published, or before, and then keeps it from being published.
    """

    code: str
    name: str
    name_en: str
    kind: Kind
    theme: str
    department: str
    level: Level
    basis: tuple[Basis, ...]
    cadence: Cadence
    grade: Grade
    coarse: Coarse
    style: str
    identify: tuple[str, ...]
    classify: str | None
    class_system: str | None
    coverage: Coverage
    tolerance_m: float
    aliases: tuple[str, ...]
    status: LegalStatus
    raster: RasterSays | None
    note: str | None
    topology: Topology = "none"
    topology_when: TopologyWhen = "after"

    def summary(self) -> dict[str, object]:
        """The stanza as plain JSON values, in the order a reader asks for them."""
        return {
            "code": self.code,
            "name": self.name,
            "name_en": self.name_en,
            "theme": self.theme,
            "kind": self.kind,
            "department": self.department,
            "level": self.level,
            "grade": self.grade,
            "coarse": self.coarse,
            "cadence": self.cadence,
            "coverage": self.coverage,
            "status": self.status,
            "tolerance_m": self.tolerance_m,
            "topology": self.topology,
            "topology_when": self.topology_when,
            "style": self.style,
            "identify": list(self.identify),
            "classify": self.classify,
            "class_system": self.class_system,
            "aliases": list(self.aliases),
            "raster": plain(self.raster),
            "basis": [plain(basis) for basis in self.basis],
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class Theme:
    code: str
    name: str
    name_en: str
    order: int


@dataclass(frozen=True, slots=True)
class Department:
    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Law:
    """A law, standard or document. ``standing`` tells how this entry is known, not how an article of it is."""

    code: str
    zh: str
    en: str
    number: str | None
    date: str | None
    standing: Standing
    source: str | None


@dataclass(frozen=True, slots=True)
class Style:
    """How a layer is drawn; colours ``#RRGGBB``, width in pixels on the screen. ``palette`` colours each class by its own."""

    code: str
    kind: Kind
    fill: str | None
    outline: str | None
    width: float | None
    pattern: Pattern | None
    shape: Shape | None
    palette: str | None
    ramp: tuple[str, ...]


@dataclass(frozen=True)
class Catalogue:
    """Everything the plans can say, as loaded. ``themes`` stand in their order, ``layers`` by theme and then as written."""

    themes: Mapping[str, Theme]
    departments: Mapping[str, Department]
    laws: Mapping[str, Law]
    styles: Mapping[str, Style]
    palettes: Mapping[str, Mapping[str, str]]
    classes: Mapping[str, ClassSystem]
    layers: Mapping[str, Layer]

    @cached_property
    def digest(self) -> str:
        """sha256 over the content in canonical JSON: the same for the same catalogue, however its files are laid out."""
        return hashlib.sha256(canonical(plain(self)).encode()).hexdigest()

    @cached_property
    def _by_name(self) -> Mapping[str, Layer]:
        return by_word(self.layers.values())

    def find(self, name: str) -> Layer | None:
        """The layer that a code, an alias (a file's stem) or a Chinese name means; case and full-width forms do not matter."""
        return self._by_name.get(folded(name))

    def colour(self, style: str, class_code: str | None = None) -> str | None:
        """Fill of a class under a style: its own colour, else that of the class above it, else the style's fill."""
        drawn = self.styles[style]
        palette = self.palettes.get(drawn.palette or "", {})
        code = class_code or ""
        while code:
            if code in palette:
                return palette[code]
            code = code[:-1]
        return drawn.fill


def may_see(viewer: Grade, layer: Grade | None) -> bool:
    """Whether somebody who sees up to ``viewer`` sees a layer's shapes. A layer that nobody graded counts as internal."""
    return GRADES.index(layer or "internal") <= GRADES.index(viewer)


def coarse_of(grade: Grade | None) -> Coarse:
    """What is told of a layer to those who may not see it, where its stanza says nothing about that."""
    return "ask" if grade == "secret" else "hit"


def folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()


def words_for(layer: Layer) -> tuple[str, ...]:
    """Every word that means this layer, each once."""
    return tuple({folded(word): word for word in (layer.code, layer.name, *layer.aliases)}.values())


def by_word(layers: Iterable[Layer]) -> dict[str, Layer]:
    """Layers by every word that means them, ``folded``."""
    return {folded(word): layer for layer in layers for word in words_for(layer)}


def plain(value: object) -> object:
    """Dataclasses, mappings and tuples as JSON values."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
