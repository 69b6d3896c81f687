"""The way back: a catalogue as the files it could have been loaded from, with nothing inherited and no key empty.

Comments and the order of keys are not kept; what the files say is, to the last character of the digest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml

from layers.catalogue import OF_AREAS, STANZA
from layers.model import Basis, Catalogue, Layer, plain


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True  # an anchor would be refused by our own reader


def written(tree: object) -> str:
    return str(yaml.dump(tree, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110))


def export(catalogue: Catalogue, folder: Path) -> None:
    """The catalogue as files: ``load(folder / "themes", folder)`` gives the same catalogue, digest included."""
    (folder / "themes").mkdir(parents=True, exist_ok=True)
    registers: dict[str, object] = {
        "departments.yaml": _entries(catalogue.departments),
        "laws.yaml": _entries(catalogue.laws),
        "classes.yaml": {
            code: {**_entry(system), "classes": _entries(system.classes)}
            for code, system in catalogue.classes.items()
        },
        "styles.yaml": {"styles": _entries(catalogue.styles), "palettes": plain(catalogue.palettes)},
    }
    for file, tree in registers.items():
        (folder / file).write_text(written(tree), encoding="utf-8")
    for theme in catalogue.themes.values():
        stanzas = {}
        for layer in catalogue.layers.values():
            if layer.theme == theme.code:
                stanzas[layer.code] = {k: v for k, v in dump(layer).items() if k not in ("code", "theme")}
        text = written({"theme": plain(theme), "layers": stanzas})
        (folder / "themes" / f"{theme.order:02d}_{theme.code}.yaml").write_text(text, encoding="utf-8")


def _entries(register: Mapping[str, Any]) -> dict[str, object]:
    return {code: _entry(entry) for code, entry in register.items()}


def _entry(entry: Any) -> dict[str, object]:
    said = {field.name: plain(getattr(entry, field.name)) for field in fields(entry)}
    return {
        key: value
        for key, value in said.items()
        if key not in ("code", "classes") and value not in (None, [])
    }


def dump(layer: Layer) -> dict[str, Any]:
    """A stanza with everything said, nothing inherited and no empty key: ``parse(dump(layer), ground) == layer``."""
    said: dict[str, Any] = {"code": layer.code, "theme": layer.theme}
    for key in STANZA:
        if key in OF_AREAS and layer.kind != "polygon":
            continue
        value = plain(getattr(layer, "tolerance_m" if key == "tolerance" else key))
        if key == "basis":
            value = [{k: v for k, v in plain_basis(basis).items() if v is not None} for basis in layer.basis]
        if isinstance(value, dict):
            value = {k: v for k, v in value.items() if v is not None}
        if value is not None and value != []:
            said[key] = value
    return said


def plain_basis(basis: Basis) -> dict[str, str | None]:
    return {"law": basis.law, "article": basis.article, "standing": basis.standing, "source": basis.source}
