"""How many parts the blocks of a drawing come apart into, counted from their definitions without making any: blocks of blocks grow by multiplication."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

_SKIPPED = "ATTDEF"


@dataclass(slots=True)
class _Definition:
    """``own``: entities that are no block; ``holds``: block -> how often it is placed in this one."""

    own: int = 0
    inserts: int = 0
    holds: Counter[str] = field(default_factory=Counter)


def least_parts(document: Any, deepest: int) -> int:
    """At least so many are made of what lies in model space, blocks taken apart no deeper than ``deepest``. Of blocks that hold themselves only the
    first step is counted.
    """
    definitions = {block.name.lower(): _of(block) for block in document.blocks if not block.block.is_xref}
    parts = _counted(definitions, deepest)
    placed = _of(document.modelspace())
    return sum(
        count * (1 + parts[name][deepest - 1]) for name, count in placed.holds.items() if name in parts
    )


def _of(entities: Any) -> _Definition:
    found = _Definition()
    for entity in entities:
        kind = entity.dxftype()
        if kind == "INSERT":
            found.inserts += 1
            found.holds[str(entity.dxf.get("name", "")).lower()] += entity.mcount
        elif kind != _SKIPPED:
            found.own += 1
    return found


def _counted(definitions: dict[str, _Definition], deepest: int) -> dict[str, list[int]]:
    """Block -> parts by how many levels may still follow. Those first that hold no other: what is left over holds itself."""
    counted: dict[str, list[int]] = {}
    waiting = {name: sum(one in definitions for one in each.holds) for name, each in definitions.items()}
    within: dict[str, list[str]] = {}
    for name, each in definitions.items():
        for one in each.holds:
            within.setdefault(one, []).append(name)
    ready = [name for name, count in waiting.items() if not count]
    while ready:
        name = ready.pop()
        each = definitions[name]
        known = [(count, counted[one]) for one, count in each.holds.items() if one in counted]
        counted[name] = [
            each.own + each.inserts + sum(count * (1 + parts[level - 1]) for count, parts in known if level)
            for level in range(deepest)
        ]
        for above in within.get(name, ()):
            waiting[above] -= 1
            if not waiting[above]:
                ready.append(above)
    return counted
