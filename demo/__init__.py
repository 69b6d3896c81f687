"""A made-up district for the demo: what its departments could have handed over, and an answer key that was computed another way.

``make`` writes ``delivery/`` (one file per layer, EPSG:4547 unless the format says degrees) and ``answer_key.json`` beside it.
Nothing here knows a database, the product's overlay or the time of day; the same seed gives the same coordinates.
"""

from __future__ import annotations

from demo.making import SEED, SRID, TITLE, WORKSPACE, Made, make
from demo.sites import DEMO_SITE

__all__ = ["DEMO_SITE", "SEED", "SRID", "TITLE", "WORKSPACE", "Made", "make"]
