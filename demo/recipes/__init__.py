"""Which layer is drawn by which recipe: one table, equal to the catalogue's polygons, lines and points (a test compares them)."""

from __future__ import annotations

from demo.draw import Recipe
from demo.recipes import administrative, control, detail, nature, safety, tenure, works

RECIPES: dict[str, Recipe] = {
    **administrative.RECIPES,
    **control.RECIPES,
    **detail.RECIPES,
    **nature.FOREST,
    **nature.WATER,
    **works.COLOURS,
    **works.TRANSPORT,
    **works.UTILITIES,
    **safety.RECIPES,
    **tenure.PUBLIC,
    **tenure.SUPPLY,
    **tenure.CADASTRE,
    **nature.FIELDWORK,
    **tenure.ACQUISITION,
    **nature.ENVIRONMENT,
    **tenure.PROJECTS,
}
# Rasters by the field of the land that they hold.
RASTERS = {"elevation": "elevation", "slope": "slope", "flood_depth": "flood"}
