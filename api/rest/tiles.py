"""Vector tiles of one edition. An edition never changes, so a tile never does: browsers keep it for good.

Who may not see the shapes of a layer gets none of its tiles, and is not told that there are any.
"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.auth import LayerRead
from api.ground import Workspace
from api.payload import LARGEST
from gis import tiles
from layers.model import may_see
from layers.refusal import Refused
from workflows import people
from workflows.base_map import service as base_map

router = APIRouter(prefix="/api/editions", tags=["tiles"])

FOR_GOOD = {"cache-control": "private, max-age=31536000, immutable"}


@router.get("/{edition}/tiles/{z}/{x}/{y}")
def tile(actor: LayerRead, ground: Workspace, edition: str, z: str, x: str, y: str) -> Response:
    """A Mapbox vector tile, empty where the edition has nothing."""
    if not edition.isascii() or not edition.isdigit() or len(edition) > 19 or int(edition) > LARGEST:
        raise Refused("edition_unknown", edition=edition)
    level, column, row = (_whole(each) for each in (z, x, y))
    with ground.read() as connection:
        if not may_see(people.sees(actor), base_map.grade(connection, int(edition))):
            raise Refused("edition_unknown", edition=edition)
        drawn, whole = tiles.tile(connection, int(edition), level, column, row)
    # A tile that had to leave features out says so: nothing is cut in silence.
    told = FOR_GOOD if whole else {**FOR_GOOD, "hetu-tile": "incomplete"}
    return Response(drawn, headers=told, media_type="application/vnd.mapbox-vector-tile")


def _whole(given: str) -> int:
    """Beyond every tile where it is no plain number."""
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 10**9
