"""Theme files into a Catalogue, and a layer back into its stanza.

What a layer is stands in ``model.py``, how strict the YAML is in ``strict_yaml.py``, the way back to files in ``export.py``.
A file that cannot be taken whole is refused whole, with file, stanza, key, what was expected and what was met.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from layers.codes import STANDINGS
from layers.model import (
    CADENCES,
    COARSE,
    COVERAGES,
    GRADES,
    KINDS,
    LEVELS,
    STATUSES,
    TOPOLOGIES,
    TOPOLOGY_WHEN,
    Basis,
    Catalogue,
    Law,
    Layer,
    RasterSays,
    Theme,
    coarse_of,
    folded,
    words_for,
)
from layers.registers import CODE, Registers, bytes_of, load_registers
from layers.stanza import Fields
from layers.strict_yaml import CatalogueError, read, told

__all__ = [
    "REGISTERS",
    "THEMES",
    "CatalogueError",
    "join",
    "load",
    "load_registers",
    "parse",
    "read_theme",
]

REGISTERS = Path(__file__).parent
THEMES = REGISTERS / "themes"

ATTRIBUTE = r"[^\W\d]\w{0,62}"  # a field name as shapefile, GeoPackage and PostgreSQL all take it
FILE_WORD = r"[^/\\:*?\"<>|]{1,120}"  # an alias is a file's stem
INHERITED = (
    "department",
    "level",
    "cadence",
    "grade",
    "coarse",
    "coverage",
    "tolerance",
    "topology",
    "topology_when",
    "status",
    "basis",
    "identify",
)
STANZA = (
    *(
        "name",
        "name_en",
        "kind",
        "department",
        "level",
        "cadence",
        "grade",
        "coarse",
        "coverage",
        "tolerance",
        "topology",
        "topology_when",
        "status",
        "style",
    ),
    *("basis", "identify", "classify", "class_system", "raster", "aliases", "note"),
)


OF_AREAS = ("topology", "topology_when")


def load(folder: Path = THEMES, registers: Path = REGISTERS) -> Catalogue:
    """All ``NN_*.yaml`` of a folder of themes, with the registers of another folder."""
    ground = load_registers(registers)
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise CatalogueError(
            "missing", file=folder.name, stanza="-", key="-", expected="NN_theme.yaml", got="nothing"
        )
    return join(((path.name, *read_theme(bytes_of(path), path.name, ground)) for path in files), ground)


def join(read_files: Iterable[tuple[str, Theme, list[Layer]]], ground: Registers) -> Catalogue:
    """Themes that were read one by one as one catalogue; refuses what two of them both claim."""
    themes: dict[str, Theme] = {}
    orders: dict[int, str] = {}
    layers: dict[str, Layer] = {}
    owners: dict[str, str] = {}
    files: dict[str, str] = {}

    def twice(file: str, stanza: str, key: str, got: str) -> CatalogueError:
        return CatalogueError("duplicate", file=file, stanza=stanza, key=key, expected="each once", got=got)

    for file, theme, found in sorted(read_files, key=lambda one: (one[1].order, one[0])):
        if theme.code in themes:
            raise twice(file, "theme", "code", theme.code)
        if theme.order in orders:
            raise twice(file, "theme", "order", f"{theme.order} also in {orders[theme.order]}")
        themes[theme.code] = theme
        orders[theme.order] = theme.code
        for layer in found:
            if layer.code in layers:
                raise twice(file, layer.code, "code", f"{layer.code} also in {layers[layer.code].theme}")
            layers[layer.code] = layer
            for word in words_for(layer):
                owner = owners.setdefault(folded(word), layer.code)
                if owner != layer.code:
                    key = "code" if word == layer.code else "name" if word == layer.name else "aliases"
                    raise twice(file, layer.code, key, f"{word} already means {owner}")
            files[layer.code] = file
    _refuse_underivable(layers, files)
    return Catalogue(
        themes=MappingProxyType(themes),
        departments=ground.departments,
        laws=ground.laws,
        styles=ground.styles,
        palettes=ground.palettes,
        classes=ground.classes,
        layers=MappingProxyType(layers),
    )


def _refuse_underivable(layers: Mapping[str, Layer], files: Mapping[str, str]) -> None:
    """Slope comes of elevations in metres, and of nothing else."""
    for layer in layers.values():
        if layer.raster is None or layer.raster.derived_from is None:
            continue
        ground = layers.get(layer.raster.derived_from)
        if ground is None:
            fault, expected, got = "unknown_reference", "a layer of the catalogue", layer.raster.derived_from
        elif ground.raster is None or ground.raster.unit != "m" or ground.raster.derived_from is not None:
            unit = ground.kind if ground.raster is None else ground.raster.unit
            fault, expected, got = "mismatch", "a raster of elevations in m", f"{ground.code} ({unit})"
        else:
            continue
        raise CatalogueError(
            fault,
            file=files[layer.code],
            stanza=f"{layer.code}.raster",
            key="derived_from",
            expected=expected,
            got=got,
        )


def read_theme(data: bytes, file: str, ground: Registers) -> tuple[Theme, list[Layer]]:
    """One theme file: its header, the defaults its stanzas inherit, its stanzas."""
    whole = Fields(read(data, file), file=file, stanza="-", allowed=("theme", "defaults", "layers"))
    head = Fields(
        whole.table("theme"), file=file, stanza="theme", allowed=("code", "name", "name_en", "order")
    )
    order = head.number("order", 0, 999)
    if order != int(order):
        raise head.error("wrong_type", "order", "whole number", told(order))
    theme = Theme(head.text("code", CODE), head.text("name"), head.text("name_en"), int(order))
    defaults = whole.table("defaults") if whole.has("defaults") else {}
    Fields(defaults, file=file, stanza="defaults", allowed=INHERITED)
    stanzas = whole.table("layers")
    layers = []
    for code in stanzas:
        said = Fields(stanzas, file=file, stanza=told(code), allowed=stanzas.keys()).table(code)
        taken = Fields(said, file=file, stanza=told(code), allowed=STANZA, inherited=defaults)
        layers.append(_layer(code, theme.code, taken, ground))
    return theme, layers


def parse(stanza: Mapping[str, object], ground: Registers, file: str = "-") -> Layer:
    """A stanza that stands alone, with its ``code`` and ``theme`` in it: what ``dump`` gives."""
    named = told(stanza.get("code", "-"))
    taken = Fields(stanza, file=file, stanza=named, allowed=("code", "theme", *STANZA))
    return _layer(taken.take("code", CODE), taken.text("theme", CODE), taken, ground)


def _layer(code: object, theme: str, taken: Fields, ground: Registers) -> Layer:
    code = Fields({"code": code}, file=taken.file, stanza=taken.stanza, allowed=("code",)).text("code", CODE)
    kind = taken.one_of("kind", KINDS)
    style = taken.known("style", ground.styles, "styles.yaml")
    if ground.styles[style].kind != kind:
        raise taken.error(
            "mismatch", "style", f"a style for {kind}", f"{style} for {ground.styles[style].kind}"
        )
    only_vector = [key for key in ("identify", "classify", "class_system") if key in taken.said]
    if kind == "raster" and only_vector:
        raise taken.error(
            "mismatch", only_vector[0], "nothing for a raster", told(taken.said[only_vector[0]])
        )
    if kind != "raster" and taken.has("raster"):
        raise taken.error("mismatch", "raster", f"nothing for a {kind}", told(taken.said["raster"]))
    _refuse_topology(taken, kind)
    classify, class_system = _classes(taken, ground, ground.styles[style].palette)
    grade = taken.one_of("grade", GRADES)
    return Layer(
        code=code,
        name=taken.text("name"),
        name_en=taken.text("name_en"),
        kind=kind,
        theme=theme,
        department=taken.known("department", ground.departments, "departments.yaml"),
        level=taken.one_of("level", LEVELS),
        basis=tuple(basis_of(said, taken, ground.laws) for said in taken.tables("basis")),
        cadence=taken.one_of("cadence", CADENCES),
        grade=grade,
        coarse=taken.one_of("coarse", COARSE, default=coarse_of(grade)),
        style=style,
        identify=() if kind == "raster" else taken.texts("identify", ATTRIBUTE),
        classify=classify,
        class_system=class_system,
        coverage=taken.one_of("coverage", COVERAGES),
        tolerance_m=taken.number("tolerance", 0.001, 1000),
        aliases=taken.texts("aliases", FILE_WORD) if taken.has("aliases") else (),
        status=taken.one_of("status", STATUSES, default="in_force"),
        raster=_raster(taken) if kind == "raster" else None,
        note=taken.text_or_none("note"),
        topology=taken.one_of("topology", TOPOLOGIES, default="none") if kind == "polygon" else "none",
        topology_when=taken.one_of("topology_when", TOPOLOGY_WHEN, default="after")
        if kind == "polygon"
        else "after",
    )


def _refuse_topology(taken: Fields, kind: str) -> None:
    """What areas do to each other can only be asked of areas, and when it is looked at only where it is."""
    for key in OF_AREAS:
        if kind != "polygon" and key in taken.said:
            raise taken.error("mismatch", key, f"nothing for a {kind}", told(taken.said[key]))
    if "topology_when" in taken.said and not taken.has("topology"):
        raise taken.error("missing", "topology", "what is looked at", "nothing")


def _classes(taken: Fields, ground: Registers, palette: str | None) -> tuple[str | None, str | None]:
    classify = taken.text_or_none("classify", ATTRIBUTE)
    system = (
        taken.known("class_system", ground.classes, "classes.yaml") if taken.has("class_system") else None
    )
    if system is not None and classify is None:
        raise taken.error("missing", "classify", f"the attribute that holds {system}", "nothing")
    if palette is not None and palette != system:
        raise taken.error(
            "mismatch", "style", f"a palette of {system or 'no class system'}", f"palette {palette}"
        )
    return classify, system


def basis_of(said: Mapping[str, object], taken: Fields, laws: Mapping[str, Law]) -> Basis:
    """One legal reference of a stanza: its law is a key of laws.yaml, its standing what that entry can bear."""
    stanza = f"{taken.stanza}.basis"
    one = Fields(said, file=taken.file, stanza=stanza, allowed=("law", "article", "standing", "source"))
    law = laws[one.known("law", laws, "laws.yaml")]
    standing = one.one_of("standing", STANDINGS)
    source = one.text_or_none("source")
    if standing == "seen" and source is None:
        if law.source is None:
            raise one.error("missing", "source", "where it was seen", "nothing")
        source = law.source
    elif standing != "seen" and source is not None:
        raise one.error("mismatch", "source", "no source unless seen", told(source))
    if (law.standing == "demo") != (standing == "demo"):
        raise one.error("mismatch", "standing", f"what {law.code} can bear: {law.standing}", standing)
    return Basis(law.code, law.zh, one.text_or_none("article"), standing, source)


def _raster(taken: Fields) -> RasterSays:
    stanza = f"{taken.stanza}.raster"
    allowed = ("unit", "says_above", "derived_from")
    one = Fields(taken.table("raster"), file=taken.file, stanza=stanza, allowed=allowed)
    unit = one.text("unit")
    derived_from = one.text_or_none("derived_from", CODE)
    if derived_from is not None and unit != "degree":
        raise one.error("mismatch", "unit", "degree, for a slope that is derived", unit)
    return RasterSays(
        unit, one.number("says_above", -1e9, 1e9) if one.has("says_above") else None, derived_from
    )
