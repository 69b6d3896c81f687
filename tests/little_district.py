"""A district one can draw on a napkin: 10 km x 10 km in EPSG:4547, whole numbers, so that every answer can be worked out by hand.

```
y 2 520 000 +--------------------+     outline 510 000..520 000 x 2 510 000..2 520 000
            |   F F              |     F farmland: two squares of 1 km2 side by side (x 512..513, 513..514; y 518..519)
            |                    |     E ecological red line: two 1 km2 squares that overlap by half (x 515..516, 515.5..516.5; y 514..515)
            |        EEE         |     R road centreline: y = 2 512 000 from side to side; places: a point on it every km
            |------R-R-R---------|     P statutory plan: covers only the western half (coverage in the file), one patch x 511..514, y 513..516
y 2 510 000 +--------------------+     S subdistricts: west and east halves
```
"""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from db import session
from db import workspace as workspaces
from db.actor import Actor
from gis import crs, edition
from gis.edition import Arrival, Coverage
from gis.stage import Features
from layers import catalogue
from workflows.base_map import service, store
from workflows.site_check.rulebook import book as rulebook

SRID = 4547
WEST, SOUTH, EAST, NORTH = 510_000.0, 2_510_000.0, 520_000.0, 2_520_000.0
OUTLINE = shapely.box(WEST, SOUTH, EAST, NORTH)
WEST_HALF = shapely.box(WEST, SOUTH, 515_000.0, NORTH)
EAST_HALF = shapely.box(515_000.0, SOUTH, EAST, NORTH)


def km(west: float, south: float, east: float, north: float) -> BaseGeometry:
    """A box in kilometres of the grid: km(512, 2518, 513, 2519)."""
    return shapely.box(west * 1000, south * 1000, east * 1000, north * 1000)


FARMLAND = [km(512, 2518, 513, 2519), km(513, 2518, 514, 2519)]
RED_LINE = [km(515, 2514, 516, 2515), km(515.5, 2514, 516.5, 2515)]
ROAD = [shapely.LineString([(WEST, 2_512_000), (EAST, 2_512_000)])]
PLACES = [shapely.Point(511_000 + 1000 * n, 2_512_000) for n in range(9)]
PLAN = [km(511, 2513, 514, 2516)]

LAYERS: dict[str, tuple[str, list[BaseGeometry], list[str | None], Coverage]] = {
    "district": ("polygon", [OUTLINE], [None], Coverage(OUTLINE, "district")),
    "subdistrict": ("polygon", [WEST_HALF, EAST_HALF], [None, None], Coverage(OUTLINE, "district")),
    "permanent_basic_farmland": ("polygon", FARMLAND, ["0101", "0103"], Coverage(OUTLINE, "district")),
    "ecological_red_line": ("polygon", RED_LINE, ["1", "2"], Coverage(OUTLINE, "district")),
    "road_centreline": ("line", ROAD, ["支路"], Coverage(OUTLINE, "district")),
    "place_name": ("point", PLACES, [None] * len(PLACES), Coverage(OUTLINE, "district")),
    "statutory_plan": ("polygon", PLAN, ["R2"], Coverage(WEST_HALF, "file")),
}


def arrival(
    code: str, kind: str, geometry: list[BaseGeometry], classes: list[str | None], coverage: Coverage
) -> Arrival:
    return Arrival(
        layer=code,
        kind=kind,
        status="in_force",
        source=f"{code}.gpkg",
        source_layer=code,
        format="GeoPackage",
        crs_in="EPSG:4547",
        crs_basis="file",
        operation="noop",
        coverage=coverage,
        features=Features(
            ids=np.arange(len(geometry)),
            idents=[f"{code}-{n}" for n in range(len(geometry))],
            classes=classes,
            attributes=["{}"] * len(geometry),
            geometry=np.array(geometry, dtype=object),
        ),
        disjoint=edition.proved_disjoint(np.array(geometry, dtype=object)) if kind == "polygon" else None,
        extent=tuple(shapely.total_bounds(geometry).tolist()),
    )


def make(name: str, actor: Actor) -> None:
    """A workspace with the whole catalogue and the shipped rules, of whose layers these have an edition; and one layer that was guessed."""
    loaded = catalogue.load()
    workspaces.make(name, title="小区域", srid=SRID, crs_wkt=crs.parse(SRID).wkt, actor=actor)
    with session.transaction(session.engine(name), actor) as connection:
        service.load_catalogue(connection, loaded)
        rulebook.load(connection, actor, rulebook.read(loaded))
        store.keep_outline(connection, OUTLINE, SRID, "layer")
        delivery = store.begin_delivery(connection, actor, "little district")
        arrivals = [arrival(code, *told) for code, told in LAYERS.items()]
        guessed = {
            "name": "hydrants",
            "kind": "point",
            "identify": [],
            "classify": None,
            "source": "hydrants.geojson",
        }
        store.keep_layer(connection, "hydrants", "guessed", guessed, 10_000)
        arrivals.append(
            arrival("hydrants", "point", [shapely.Point(512_500, 2_518_500)], [None], edition.NOBODY)
        )
        staged = [(each.layer, edition.put(connection, delivery, SRID, each)) for each in arrivals]
        edition.publish(connection, staged)
        store.end_delivery(connection, delivery, "published", sha256="0" * 64)
