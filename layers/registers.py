"""The registers that stanzas cite: departments, laws, class systems, styles. Read before any layer, and knowing none.

Each is one YAML file beside the themes; an entry that another entry cites must exist, or the register is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from layers.codes import STANDINGS, ClassEntry, ClassSystem, Standing
from layers.model import (
    AREA_PATTERNS,
    KINDS,
    LINE_PATTERNS,
    SHAPES,
    Department,
    Law,
    Pattern,
    Shape,
    Style,
)
from layers.stanza import Fields
from layers.strict_yaml import CatalogueError, read, told

CODE = r"[a-z][a-z0-9_]{1,62}"
CLASS_CODE = r"[0-9A-Za-z][0-9A-Za-z_.-]{0,31}"
COLOUR = r"#[0-9A-F]{6}"
PREFIX: Literal["prefix"] = "prefix"


@dataclass(frozen=True, slots=True)
class Registers:
    departments: Mapping[str, Department]
    laws: Mapping[str, Law]
    classes: Mapping[str, ClassSystem]
    styles: Mapping[str, Style]
    palettes: Mapping[str, Mapping[str, str]]


def load_registers(folder: Path) -> Registers:
    """departments.yaml, laws.yaml, classes.yaml and styles.yaml of a folder; raises CatalogueError."""
    departments = {code: _department(code, said) for code, said in _stanzas(folder / "departments.yaml")}
    laws = {code: _law(code, said) for code, said in _stanzas(folder / "laws.yaml")}
    classes = {code: _class_system(code, said, laws) for code, said in _stanzas(folder / "classes.yaml")}
    styles, palettes = _styles(folder / "styles.yaml", classes)
    return Registers(
        MappingProxyType(departments),
        MappingProxyType(laws),
        MappingProxyType(classes),
        MappingProxyType(styles),
        MappingProxyType(palettes),
    )


def bytes_of(path: Path) -> bytes:
    if not path.is_file():
        raise CatalogueError("missing", file=path.name, stanza="-", key="-", expected="a file", got="nothing")
    return path.read_bytes()


def standing_of(taken: Fields) -> tuple[Standing, str | None]:
    """A standing and its source: ``seen`` says where it was seen, and only ``seen`` has something to show."""
    standing = taken.one_of("standing", STANDINGS)
    source = taken.text_or_none("source")
    if standing == "seen" and source is None:
        raise taken.error("missing", "source", "where it was seen", "nothing")
    if standing != "seen" and source is not None:
        raise taken.error("mismatch", "source", "no source unless seen", told(source))
    return standing, source


def _stanzas(path: Path) -> list[tuple[str, Mapping[str, object]]]:
    return _tables(read(bytes_of(path), path.name), path.name)


def _tables(
    said: Mapping[str, object], file: str, pattern: str = CODE
) -> list[tuple[str, Mapping[str, object]]]:
    found = []
    for code in said:
        whole = Fields(said, file=file, stanza=told(code), allowed=said.keys())
        Fields({"code": code}, file=file, stanza=told(code), allowed=("code",)).text("code", pattern)
        found.append((code, whole.table(code)))
    return found


def _department(code: str, said: Mapping[str, object]) -> Department:
    taken = Fields(said, file="departments.yaml", stanza=code, allowed=("zh", "en"))
    return Department(code, taken.text("zh"), taken.text("en"))


def _law(code: str, said: Mapping[str, object]) -> Law:
    allowed = ("zh", "en", "number", "date", "standing", "source")
    taken = Fields(said, file="laws.yaml", stanza=code, allowed=allowed)
    standing, source = standing_of(taken)
    number, date = taken.text_or_none("number"), taken.text_or_none("date")
    return Law(code, taken.text("zh"), taken.text("en"), number, date, standing, source)


def _class_system(code: str, said: Mapping[str, object], laws: Mapping[str, Law]) -> ClassSystem:
    file = "classes.yaml"
    allowed = ("zh", "en", "law", "standing", "source", "hierarchy", "classes")
    taken = Fields(said, file=file, stanza=code, allowed=allowed)
    standing, source = standing_of(taken)
    classes: dict[str, ClassEntry] = {}
    names: set[str] = set()
    for class_code, entry in _tables(taken.table("classes"), file, CLASS_CODE):
        one = Fields(entry, file=file, stanza=f"{code}.{class_code}", allowed=("zh", "en"))
        classes[class_code] = ClassEntry(class_code, one.text("zh"), one.text("en"))
        if classes[class_code].zh in names:
            raise one.error("duplicate", "zh", "each name once in its system", classes[class_code].zh)
        names.add(classes[class_code].zh)
    return ClassSystem(
        code,
        taken.text("zh"),
        taken.text("en"),
        taken.known("law", laws, "laws.yaml") if taken.has("law") else None,
        standing,
        source,
        taken.one_of("hierarchy", (PREFIX,)) if taken.has("hierarchy") else None,
        MappingProxyType(classes),
    )


def _styles(
    path: Path, classes: Mapping[str, ClassSystem]
) -> tuple[dict[str, Style], dict[str, Mapping[str, str]]]:
    file = path.name
    whole = Fields(read(bytes_of(path), file), file=file, stanza="-", allowed=("styles", "palettes"))
    palettes: dict[str, Mapping[str, str]] = {}
    for code, said in _tables(whole.table("palettes"), file):
        if code not in classes:
            raise whole.error("unknown_reference", "palettes", "a key of classes.yaml", code)
        taken = Fields(said, file=file, stanza=code, allowed=classes[code].classes.keys())
        palettes[code] = MappingProxyType({key: taken.text(key, COLOUR) for key in said})
    styles = {code: _style(code, said, palettes, file) for code, said in _tables(whole.table("styles"), file)}
    return styles, palettes


def _style(
    code: str, said: Mapping[str, object], palettes: Mapping[str, Mapping[str, str]], file: str
) -> Style:
    kind = Fields(said, file=file, stanza=code, allowed=said.keys()).one_of("kind", KINDS)
    allowed = {
        "polygon": ("kind", "fill", "outline", "width", "pattern", "palette"),
        "line": ("kind", "outline", "width", "pattern"),
        "point": ("kind", "fill", "outline", "width", "shape"),
        "raster": ("kind", "ramp"),
    }[kind]
    taken = Fields(said, file=file, stanza=code, allowed=allowed)
    if taken.has("fill") and taken.has("palette"):
        raise taken.error("mismatch", "palette", "fill or palette", "both")
    pattern: Pattern | None = None
    if taken.has("pattern") or kind == "line":
        pattern = taken.one_of("pattern", LINE_PATTERNS if kind == "line" else AREA_PATTERNS)
    shape: Shape | None = taken.one_of("shape", SHAPES) if kind == "point" else None
    return Style(
        code=code,
        kind=kind,
        fill=taken.text("fill", COLOUR) if taken.has("fill") or kind == "point" else None,
        outline=taken.text("outline", COLOUR) if kind != "raster" else None,
        width=taken.number("width", 0.1, 20) if kind != "raster" else None,
        pattern=pattern,
        shape=shape,
        palette=taken.known("palette", palettes, "palettes") if taken.has("palette") else None,
        ramp=taken.texts("ramp", COLOUR) if kind == "raster" else (),
    )
