"""One layer as its department would hand it over: geometry, attributes in Chinese, and the faults that were put in on purpose.

It knows the catalogue's stanza and the recipe; it writes no file.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from demo import classes
from demo.draw import Features
from demo.field import Shapes
from demo.ground import CODE, Ground
from demo.millimetre import on_millimetre
from demo.names import places
from layers.model import Catalogue, Layer

# What is wrong in which layer: kinds of fault, in the order of their rows.
FAULTS: dict[str, tuple[str, ...]] = {
    "permanent_basic_farmland": ("bowtie", "bowtie"),
    "building": ("bowtie", "null", "bowtie", "bowtie"),
    "cadastral_parcel": ("bowtie", "bowtie", "empty", "bowtie", "bowtie"),
    "urban_park": ("null", "empty"),
    "urban_village": ("bowtie", "null"),
    "ancient_tree": ("null", "empty"),
    "road_centreline": ("null", "empty"),
    "sewer": ("no_length",),
    "emergency_shelter": ("null",),
    "supplied_land": ("bowtie", "null", "empty"),
}
REASONS = {
    "null": "null_geometry",
    "empty": "empty_geometry",
    "bowtie": "invalid_geometry",
    "no_length": "invalid_geometry",
}
# Valid, and a trap for readers that count vertices: every second vertex twice.
REPEATED = ("homestead", "river_centreline")


@dataclass(frozen=True, slots=True)
class SetAside:
    row: int
    code: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """shapes: one per row, None where the file has no geometry; class_codes: the code of each row's class, None without classes."""

    layer: Layer
    shapes: Shapes
    columns: dict[str, np.ndarray]
    class_codes: np.ndarray | None
    set_aside: tuple[SetAside, ...]
    coverage: shapely.Geometry | None

    @property
    def good(self) -> np.ndarray:
        """Rows that a reader must keep."""
        kept = np.ones(len(self.shapes), dtype=bool)
        kept[[fault.row for fault in self.set_aside]] = False
        return np.flatnonzero(kept)


def deliver(g: Ground, catalogue: Catalogue, layer: Layer, drawn: Features) -> Delivered:
    class_codes = (
        None if layer.class_system is None else classes.codes(drawn, catalogue.classes[layer.class_system])
    )
    columns = _columns(g, catalogue, layer, drawn, class_codes)
    shapes = drawn.shapes.copy()
    if layer.code in REPEATED:
        shapes[:20] = [_twice(shape) for shape in shapes[:20]]
    coverage = None
    if layer.coverage == "file":
        if drawn.coverage is None:
            raise ValueError(f"{layer.code}: the stanza wants a declared coverage, the recipe gives none")
        coverage = on_millimetre(drawn.coverage)
    faults = FAULTS.get(layer.code, ())
    if not faults:
        return Delivered(layer, shapes, columns, class_codes, (), coverage)
    rng = g.rng(f"faults {layer.code}")
    at = np.sort(rng.choice(np.arange(1, len(shapes)), len(faults), replace=False))
    rows = at + np.arange(len(faults))
    wrong = [_wrong(kind, layer, g.middles[rng.integers(len(g.middles))]) for kind in faults]
    like = np.insert(
        np.arange(len(shapes)), at, at
    )  # a faulty row copies the attributes of the row it stands before
    whole = shapes[like]
    for row, shape in zip(rows, wrong, strict=True):
        whole[row] = shape
    columns = {name: values[like] for name, values in columns.items()}
    first = layer.identify[0]
    whose = "" if g.code == CODE else g.code  # of a city's districts: no two rows of a file are named alike
    columns[first][rows] = [f"{whose}CW{k + 1:03d}" for k in range(len(rows))]
    columns["BSM"] = np.arange(1, len(whole) + 1)
    aside = tuple(SetAside(int(row), REASONS[kind]) for row, kind in zip(rows, faults, strict=True))
    return Delivered(
        layer, whole, columns, None if class_codes is None else class_codes[like], aside, coverage
    )


def _columns(
    g: Ground, catalogue: Catalogue, layer: Layer, drawn: Features, class_codes: np.ndarray | None
) -> dict[str, np.ndarray]:
    """标识码, the identifying attributes, the class, the recipe's own facts, department and date."""
    count = len(drawn.shapes)
    columns: dict[str, np.ndarray] = {"BSM": np.arange(1, count + 1)}
    for attribute in layer.identify:
        if attribute in drawn.facts:
            columns[attribute] = drawn.facts[attribute].astype(object)
        elif attribute.endswith("MC"):
            columns[attribute] = np.array(
                [name + layer.name for name in places(g.seed, layer.code, count)], dtype=object
            )
        else:
            prefix = attribute.removesuffix("BH").removesuffix("DM") or "H"
            columns[attribute] = np.array(
                [f"{g.code}{prefix}{k + 1:06d}" for k in range(count)], dtype=object
            )
    if layer.classify is not None and class_codes is not None:
        assert layer.class_system is not None
        columns[layer.classify] = classes.written(catalogue.classes[layer.class_system], class_codes)
    for name, values in drawn.facts.items():
        columns.setdefault(name, values.astype(object) if values.dtype.kind == "U" else values)
    columns["GLBM"] = np.full(count, catalogue.departments[layer.department].zh, dtype=object)
    days = g.rng(f"dates {layer.code}").integers(0, 2200, count)
    columns["GXRQ"] = np.datetime64("2019-01-01") + days.astype("timedelta64[D]")
    return columns


def _twice(shape: shapely.Geometry) -> shapely.Geometry:
    """Every second vertex of the outer line written twice: ugly, and valid."""
    if shape.geom_type == "Polygon":
        ring = shapely.get_coordinates(shape.exterior)
        return shapely.Polygon(np.repeat(ring, np.where(np.arange(len(ring)) % 2, 2, 1), axis=0))
    line = shapely.get_coordinates(shape)
    return shapely.LineString(np.repeat(line, np.where(np.arange(len(line)) % 2, 2, 1), axis=0))


def _wrong(kind: str, layer: Layer, at: np.ndarray) -> shapely.Geometry | None:
    x, y = np.round(at, 2)
    if kind == "null":
        return None
    if kind == "empty":
        return {"polygon": shapely.Polygon(), "line": shapely.LineString(), "point": shapely.Point()}[
            layer.kind
        ]
    if kind == "no_length":
        return shapely.LineString([(x, y), (x, y)])
    return shapely.Polygon([(x, y), (x + 40, y + 40), (x + 40, y), (x, y + 40)])
