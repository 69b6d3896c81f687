"""Rule files into rules: every key with its type, every limit with its unit, no version over another, nothing unknown.

A file that cannot be taken whole is refused whole, with file, stanza, key, what was expected and what was met. This room knows the
catalogue (layers, classes, laws, offices) and refuses to know what a rule leads to.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from layers.catalogue import basis_of
from layers.codes import ClassSystem
from layers.model import Catalogue, Layer
from layers.registers import CODE, bytes_of
from layers.stanza import Fields
from layers.strict_yaml import CatalogueError, read, told
from workflows.site_check.rulebook.limits import above_of, limit_of
from workflows.site_check.rulebook.rule import (
    EFFECTS,
    FIGURES,
    MEASURES,
    Effect,
    Figure,
    Measure,
    Rule,
    severity,
)
from workflows.site_check.rulebook.uses import USES

FOLDER = Path(__file__).parents[1] / "rules"
KEYS = (
    *("name", "name_en", "layer", "classes", "measure", "limit", "effect", "uses", "except", "except_note", "except_note_en"),
    *("figure", "attribute", "above", "plus", "table", "on_conflict", "on_conditional", "department", "law", "since", "until"),
    *("do", "do_en", "note"),
)  # fmt: skip
SETBACK: tuple[Figure, ...] = ("setback",)
_OWN_KEYS: Mapping[str, tuple[Measure, ...]] = {
    "figure": ("comparison", "distance"),
    "attribute": ("attribute",),
    "above": ("share_above",),
    "plus": ("comparison",),
    "table": ("use",),
    "on_conflict": ("use",),
    "on_conditional": ("use",),
}


@dataclass(frozen=True, slots=True)
class Group:
    code: str
    name: str
    name_en: str
    order: int


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Rules in the order in which they are read: by group, then as written; the versions of one rule beside one another."""

    groups: tuple[Group, ...]
    rules: tuple[Rule, ...]


def load(folder: Path, catalogue: Catalogue, tables: Collection[str]) -> Rulebook:
    """All rule files of a folder. ``tables``: codes of the use tables there are. Raises CatalogueError."""
    found = [_file(path, catalogue, tables) for path in sorted(folder.glob("*.yaml"))]
    if not found:
        raise CatalogueError(
            "missing", file=folder.name, stanza="-", key="-", expected="GROUP.yaml", got="nothing"
        )
    owners: dict[str, str] = {}
    for group, rules in found:
        for code in {rule.code for rule in rules}:
            if code in owners:
                raise CatalogueError(
                    "duplicate", file=f"{group.code}.yaml", stanza=code, key="code", expected="each once",
                    got=f"{code} also in {owners[code]}.yaml",
                )  # fmt: skip
            owners[code] = group.code
    ordered = sorted(found, key=lambda one: (one[0].order, one[0].code))
    return Rulebook(
        tuple(group for group, _ in ordered), tuple(rule for _, rules in ordered for rule in rules)
    )


def _file(path: Path, catalogue: Catalogue, tables: Collection[str]) -> tuple[Group, list[Rule]]:
    whole = Fields(
        read(bytes_of(path), path.name), file=path.name, stanza="-", allowed=("group", "defaults", "rules")
    )
    head = Fields(
        whole.table("group"), file=path.name, stanza="group", allowed=("code", "name", "name_en", "order")
    )
    group = Group(
        head.text("code", CODE), head.text("name"), head.text("name_en"), int(head.number("order", 0, 999))
    )
    if group.code != path.stem:
        raise head.error("mismatch", "code", path.stem, group.code)
    defaults = whole.table("defaults") if whole.has("defaults") else {}
    Fields(defaults, file=path.name, stanza="defaults", allowed=KEYS)
    stanzas = whole.table("rules")
    rules: list[Rule] = []
    for code in stanzas:
        Fields({"code": code}, file=path.name, stanza=told(code), allowed=("code",)).text("code", CODE)
        said = Fields(stanzas, file=path.name, stanza=code, allowed=stanzas.keys()).table(code)
        rules += _versions(code, group.code, said, defaults, path.name, catalogue, tables)
    return group, rules


def _versions(
    code: str,
    group: str,
    said: Mapping[str, object],
    defaults: Mapping[str, object],
    file: str,
    catalogue: Catalogue,
    tables: Collection[str],
) -> list[Rule]:
    """The versions of one rule by the day they begin; two that hold on one day are refused."""
    whole = Fields(said, file=file, stanza=code, allowed=(*KEYS, "versions"), inherited=defaults)
    if not whole.has("versions"):
        return [_rule(code, group, whole, catalogue, tables)]
    shared = {**defaults, **{key: value for key, value in said.items() if key != "versions"}}
    versions = []
    for number, version in enumerate(whole.tables("versions"), start=1):
        taken = Fields(
            version, file=file, stanza=f"{code}.versions[{number}]", allowed=KEYS, inherited=shared
        )
        versions.append(_rule(code, group, taken, catalogue, tables))
    versions.sort(key=lambda rule: rule.since)
    for before, after in itertools.pairwise(versions):
        if before.until is None or before.until > after.since:
            until = before.until.isoformat() if before.until else "for ever"
            raise whole.error(
                "overlap", "versions", f"until at most {after.since}", f"{before.since} until {until}"
            )
    return versions


def _rule(code: str, group: str, taken: Fields, catalogue: Catalogue, tables: Collection[str]) -> Rule:
    layer = catalogue.layers[taken.known("layer", catalogue.layers, "the layer catalogue")]
    measure = taken.one_of("measure", MEASURES)
    for key, measures in _OWN_KEYS.items():
        if taken.has(key) and measure not in measures:
            raise taken.error("mismatch", key, f"nothing for {measure}", told(taken.take(key, "nothing")))
    _fits(taken, measure, layer)
    figure = _figure(taken, measure)
    effect = taken.one_of("effect", EFFECTS)
    on_conflict, on_conditional = _use_effects(taken, measure, effect)
    since, until = taken.period()
    use_system = catalogue.classes.get(USES)
    return Rule(
        code=code,
        group=group,
        name=taken.text("name"),
        name_en=taken.text("name_en"),
        layer=layer.code,
        classes=_classes(taken, "classes", layer, catalogue.classes),
        measure=measure,
        limit=limit_of(taken, measure, figure),
        effect=effect,
        uses=_uses(taken, "uses", use_system),
        excepted=_uses(taken, "except", use_system),
        except_note=taken.text_or_none("except_note"),
        except_note_en=taken.text_or_none("except_note_en"),
        figure=figure,
        attribute=taken.text("attribute") if measure == "attribute" else None,
        above=above_of(taken, layer) if measure == "share_above" else None,
        plus=_plus(taken, figure, catalogue),
        table=taken.known("table", tables, "tables/*.yaml") if measure == "use" else None,
        on_conflict=on_conflict,
        on_conditional=on_conditional,
        department=taken.known("department", catalogue.departments, "departments.yaml")
        if taken.has("department")
        else layer.department,
        basis=tuple(basis_of(said, taken, catalogue.laws) for said in taken.tables("law")),
        since=since,
        until=until,
        do=taken.text("do"),
        do_en=taken.text("do_en"),
        note=taken.text_or_none("note"),
    )


def _figure(taken: Fields, measure: Measure) -> Figure | None:
    """A comparison is of one figure; a distance may count the setback that buildings keep inside the boundary."""
    if measure == "comparison":
        return taken.one_of("figure", FIGURES)
    return taken.one_of("figure", SETBACK) if taken.has("figure") else None


def _fits(taken: Fields, measure: Measure, layer: Layer) -> None:
    """A measure that the layer's kind cannot give, said before anybody asks for it."""
    kinds = {
        "area": ("polygon",), "share": ("polygon",), "use": ("polygon",), "length": ("line",), "share_above": ("raster",),
    }.get(measure, ("polygon", "line", "point"))  # fmt: skip
    if layer.kind not in kinds:
        raise taken.error(
            "mismatch", "measure", f"a measure for a {layer.kind}", f"{measure} of {layer.code}"
        )
    if measure == "use" and layer.class_system is None:
        raise taken.error("mismatch", "layer", "a layer with a class system", layer.code)


def _plus(taken: Fields, figure: Figure | None, catalogue: Catalogue) -> str | None:
    if not taken.has("plus"):
        return None
    code = taken.known("plus", catalogue.layers, "the layer catalogue")
    if catalogue.layers[code].kind != "raster" or figure != "height":
        raise taken.error("mismatch", "plus", "a raster of elevations, for a height", code)
    return code


def _use_effects(taken: Fields, measure: Measure, effect: Effect) -> tuple[Effect | None, Effect | None]:
    if (measure == "use") != (effect == "conform"):
        raise taken.error("mismatch", "effect", "conform for use, and only for it", f"{effect} for {measure}")
    if measure != "use":
        return None, None
    conflict, conditional = taken.one_of("on_conflict", EFFECTS), taken.one_of("on_conditional", EFFECTS)
    if severity(conflict) > severity(conditional):
        raise taken.error("mismatch", "on_conditional", f"nothing graver than {conflict}", conditional)
    return conflict, conditional


def _classes(taken: Fields, key: str, layer: Layer, systems: Mapping[str, ClassSystem]) -> tuple[str, ...]:
    if not taken.has(key):
        return ()
    if layer.class_system is None:
        raise taken.error("mismatch", key, f"nothing: {layer.code} has no classes", told(taken.said.get(key)))
    return _known_codes(taken, key, systems[layer.class_system])


def _uses(taken: Fields, key: str, system: ClassSystem | None) -> tuple[str, ...]:
    if not taken.has(key):
        return ()
    if system is None:
        raise taken.error("mismatch", key, f"nothing: the catalogue has no {USES}", told(taken.said.get(key)))
    return _known_codes(taken, key, system)


def _known_codes(taken: Fields, key: str, system: ClassSystem) -> tuple[str, ...]:
    codes = taken.texts(key)
    for code in codes:
        if code not in system.classes:
            raise taken.error("unknown_reference", key, f"a class of {system.code}", told(code))
    return codes


def body_of(group: Group) -> dict[str, Any]:
    return {"code": group.code, "name": group.name, "name_en": group.name_en, "order": group.order}
