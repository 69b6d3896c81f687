"""What codes are called and how they are drawn: themes, departments, laws, classes and styles of the catalogue in use.

Read once per page; it refuses to know editions and answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from sqlalchemy import Connection

from api.language import Speech
from workflows.base_map import service as base_map

REGISTERS: tuple[base_map.Register, ...] = get_args(base_map.Register)


@dataclass(frozen=True, slots=True)
class Legend:
    body: Mapping[str, Any]
    systems: Mapping[str, str]  # layer -> its class system

    @property
    def themes(self) -> list[dict[str, Any]]:
        return list(self.body.get("themes", []))

    def department(self, code: str | None, speech: Speech) -> str:
        return self._called("departments", code, speech)

    def law(self, code: str | None, speech: Speech) -> str:
        return self._called("laws", code, speech)

    def style(self, layer: Mapping[str, Any]) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None = self.body.get("styles", {}).get(layer["style"] or "")
        return found

    def palette(self, layer: Mapping[str, Any]) -> dict[str, str]:
        """Colour of every class of a layer: its own, else that of the class above it."""
        style = self.style(layer)
        colours = self.body.get("palettes", {}).get((style or {}).get("palette") or "", {})
        found = {}
        for code in sorted({*colours, *self._classes(layer["code"])}) if colours else ():
            above = next((code[:end] for end in range(len(code), 0, -1) if code[:end] in colours), None)
            if above is not None:
                found[code] = colours[above]
        return found

    def _classes(self, layer: str) -> Mapping[str, Any]:
        system = self.body.get("classes", {}).get(self.systems.get(layer, ""), {})
        found: Mapping[str, Any] = system.get("classes", {})
        return found

    def _called(self, group: str, code: str | None, speech: Speech) -> str:
        told = self.body.get(group, {}).get(code or "")
        return worded(told, speech) if told else code or "—"


def worded(told: Mapping[str, Any], speech: Speech) -> str:
    """The name of a register's entry, kept as ``zh`` and ``en``."""
    return str((told.get("en") if speech.language == "en" else None) or told["zh"])


def classed(code: str, told: Mapping[str, Any] | None, speech: Speech) -> str:
    """A class by code and name; a code that is a word of ours, such as ``kv500``, is no code to anybody and is left out."""
    if told is None:
        return code
    return worded(told, speech) if code.islower() else f"{code} {worded(told, speech)}"


def read(connection: Connection) -> Legend:
    known = base_map.catalogue_layers(connection)
    systems = {code: layer.class_system for code, layer in known.items() if layer.class_system}
    return Legend(
        {"themes": base_map.themes(connection)}
        | {name: base_map.register(connection, name) for name in REGISTERS},
        systems,
    )


def as_then(connection: Connection, catalogue: int | None) -> Legend:
    """What departments and laws were called in an earlier version of the catalogue, for a document that says the same again."""
    names: tuple[base_map.Register, ...] = ("departments", "laws")
    return Legend({name: base_map.register(connection, name, catalogue) for name in names}, {})
