"""File Geodatabase: a folder of tables. Besides the rows it knows what a field is called for people (its alias) and what a code means (its domain): the code
stays, and the words stand beside it under the field's name with an ``@`` behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyogrio
from pyogrio.raw import open_arrow

from gis.reading import gdal
from gis.reading.found import Batch, FoundLayer
from gis.reading.gdal import Progress
from layers.refusal import Refused

MOST_LAYERS = 2_000
MOST_XML = 8 << 20
MOST_CODES = 100_000
_PATCH = "esriGeometryMultiPatch"


@dataclass(slots=True)
class Defined:
    """What the catalogue says of a feature class. ``domains``: field -> name of the domain."""

    aliases: dict[str, str] = field(default_factory=dict)
    domains: dict[str, str] = field(default_factory=dict)
    shape: str = ""


def read(path: Path, stem: str, scratch: Path, progress: Progress) -> Iterator[FoundLayer]:
    classes, domains = _catalogue(path)
    named = gdal.layers_of(path)[:MOST_LAYERS]
    tables = [name for name, kind in named if kind is None]
    names = [name for name, kind in named if kind is not None]
    if not names:
        raise Refused("no_layer")
    counts = [gdal.rows_of(path, name) for name in names]
    total, size, before = sum(count or 0 for count in counts), _bytes(path), 0
    for number, (name, rows) in enumerate(zip(names, counts, strict=True)):
        defined = classes.get(name, Defined())

        def along(share: float, start: int = before, rows: int | None = rows) -> None:
            progress((start + share * (rows or 0)) / max(total, 1))

        words = _Words(defined, domains)
        with gdal.opened(
            path, name, along, at_once=gdal.rows_at_once(size, total), expected=rows, reworded=words
        ) as found:  # fmt: skip
            layer = gdal.layer(found, name, None, False, "UTF-8")
            layer.fields = [*layer.fields, *((f"{one}@", "domain") for one in words.coded)]
            layer.notes.extend(words.notes())
            if tables and not number:
                shown = ", ".join(tables[:20])
                layer.notes.append(("tables_without_shapes", {"count": len(tables), "tables": shown}))
            if defined.shape == _PATCH:
                layer.batches = map(_refused, [rows or 0])
            yield layer
        before += rows or 0


def _refused(rows: int) -> Batch:
    """A class of bodies has no row that a plan could use."""
    raise Refused("surfaces_not_taken", type="MultiPatch", count=rows)


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


class _Words:
    """Puts the words of coded values beside them. ``coded``: the fields that have any."""

    def __init__(self, defined: Defined, domains: Mapping[str, Mapping[str, str]]) -> None:
        self.aliases = {name: alias for name, alias in defined.aliases.items() if alias not in ("", name)}
        self.coded = {
            name: domains[domain] for name, domain in defined.domains.items() if domains.get(domain)
        }

    def notes(self) -> list[tuple[str, dict[str, Any]]]:
        found: list[tuple[str, dict[str, Any]]] = []
        if self.aliases:
            told = ", ".join(f"{name} = {alias}" for name, alias in self.aliases.items())
            found.append(("field_aliases", {"count": len(self.aliases), "aliases": told[:1_000]}))
        if self.coded:
            told = ", ".join(f"{name}@" for name in self.coded)
            found.append(("coded_values", {"count": len(self.coded), "fields": told[:1_000]}))
        return found

    def __call__(self, batch: Any) -> Any:
        import pyarrow as pa

        for name, words in self.coded.items():
            if name in batch.schema.names:
                told = [words.get(_code(value)) for value in batch.column(name).to_pylist()]
                batch = batch.append_column(f"{name}@", pa.array(told, type=pa.string()))
        return batch


def _code(value: Any) -> str:
    """A code as the catalogue writes it: numbers without a fraction that is none."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _catalogue(path: Path) -> tuple[dict[str, Defined], dict[str, dict[str, str]]]:
    """Feature classes by name, and code -> words by domain. A geodatabase before version 10 has no such table: nothing is known then."""
    classes: dict[str, Defined] = {}
    domains: dict[str, dict[str, str]] = {}
    try:
        with open_arrow(path, layer="GDB_Items", columns=["Name", "Definition"], read_geometry=False, use_pyarrow=True) as (_, table):  # fmt: skip
            rows = [row for batch in table for row in batch.to_pylist()]
    except (pyogrio.errors.DataLayerError, pyogrio.errors.DataSourceError):
        return {}, {}
    for row in rows:
        root = _parsed(row.get("Definition"))
        if root is None:
            continue
        if _local(root.tag).startswith("GPCodedValueDomain"):
            domains[_text(root, "DomainName")] = _codes(root)
        elif root.find(".//GPFieldInfoEx") is not None:
            classes[str(row.get("Name"))] = _defined(root)
    return classes, domains


def _parsed(text: Any) -> Any | None:
    """XML of the catalogue, which is as strange as the rest of the file: bounded, and without declarations."""
    if not isinstance(text, str) or len(text) > MOST_XML or "<!" in text:
        return None
    try:
        return ElementTree.fromstring(text)  # noqa: S314 - no declaration gets here, and this process is shut in
    except ElementTree.ParseError:
        return None


def _defined(root: Any) -> Defined:
    found = Defined(shape=_text(root, "ShapeType"))
    for one in root.iter("GPFieldInfoEx"):
        name = _text(one, "Name")
        if alias := _text(one, "AliasName"):
            found.aliases[name] = alias
        if domain := _text(one, "DomainName"):
            found.domains[name] = domain
    return found


def _codes(root: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in root.iter("CodedValue"):
        if len(found) < MOST_CODES:
            found[_text(one, "Code")] = _text(one, "Name")
    return found


def _text(root: Any, name: str) -> str:
    return (root.findtext(name) or "").strip()


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
