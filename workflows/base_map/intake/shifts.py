"""Whether a layer that was delivered in degrees lies where web maps would have it (``gis.shifted``): compared with the district's outline and with what
is in force of the same layer. Noticed is asked, never put right in silence; whoever said what system a file is in was asked already.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

import orjson
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection

from db.sql import queries
from gis import readers
from gis.crs import Crs, parse, transformer
from gis.shifted import EAST, NORTH, SOUTH, WEST, Watch
from gis.unshifting import could_be_shifted, shift_options
from workflows.base_map import model, store
from workflows.base_map.intake.sources import Match

sql = queries(__file__)

MOST_COMPARED = 1_000
EVERYWHERE = (-180.0, -90.0, 180.0, 90.0)


def faults(
    connection: Connection, matches: Iterable[Match], answered: Collection[str]
) -> list[tuple[Match, dict[str, Any]]]:
    """Of each match that lies shifted what is asked (path, code, params). ``answered``: paths of the files of which a person said the system.

    The district is the one that stands; only where none does, the one that is being delivered.
    """
    matches = [match for match in matches if isinstance(match.source, readers.SourceLayer)]
    place = store.workspace(connection)
    outline = store.outline(connection) if place["outline_basis"] == "layer" else _delivered(matches)
    shifts = Shifts(connection, parse(place["srid"]), outline, answered)
    found: list[tuple[Match, dict[str, Any]]] = []
    for match in matches:
        assert isinstance(match.source, readers.SourceLayer)
        identify = match.stanza.identify if match.stanza else match.guess.identify if match.guess else ()
        fault = shifts.fault(match.code, match.source, identify)
        if fault is not None:
            found.append((match, {"path": match.source.path, **fault}))
    return found


def _delivered(matches: Iterable[Match]) -> BaseGeometry | None:
    for match in matches:
        if (
            match.code == "district"
            and match.stanza is not None
            and isinstance(match.source, readers.SourceLayer)
        ):
            return shapely.union_all(match.source.geometry)
    return None


class Shifts:
    """The comparison of one delivery. ``outline``: the district, where a layer says it (None: only what stands is compared with).
    ``answered``: paths of the files of which a person said the system.
    """

    def __init__(
        self, connection: Connection, project: Crs, outline: BaseGeometry | None, answered: Collection[str]
    ) -> None:
        self._connection, self._outline, self._answered = connection, outline, answered
        west, south, east, north = project.area or EVERYWHERE
        # Elsewhere nobody shifts anything.
        self._possible = west < EAST and east > WEST and south < NORTH and north > SOUTH
        degrees = parse(4326)
        self._ways = transformer(project, degrees), transformer(degrees, project)

    def fault(self, code: str, source: readers.SourceLayer, identify: Iterable[str]) -> dict[str, Any] | None:
        """``coordinates_maybe_shifted`` with what was measured and the answers there are; ``identify``: fields that name a feature."""
        if not source.count or not self._asks(source):
            return None
        sample = _sample(source, tuple(identify))
        standing = self._standing(code, [ident for ident in sample[1] if ident])
        if self._outline is None and not standing:
            return None
        watch = Watch(self._outline, standing, *self._ways)
        watch.meet(*sample)
        if self._outline is not None:
            for piece in source.pieces:
                watch.see(piece.geometry)
        found = watch.suspicion()
        if found is None:
            return None
        params = {"file": source.path, "layer": code, **found.told(), "options": shift_options(found.shift)}
        return {"code": "coordinates_maybe_shifted", "params": params}

    def _asks(self, source: readers.SourceLayer) -> bool:
        said = source.crs_basis == "declared" or source.path in self._answered
        return self._possible and not said and could_be_shifted(source.crs_in)

    def _standing(self, code: str, idents: list[str]) -> dict[str, tuple[float, float]]:
        alone = [ident for ident, count in Counter(idents).items() if count == 1]
        if not alone:
            return {}
        rows = self._connection.execute(sql.standing, {"layer": code, "idents": alone})
        return {row.ident: (row.x, row.y) for row in rows}


def _sample(source: readers.SourceLayer, identify: tuple[str, ...]) -> tuple[Any, list[str | None]]:
    """The first rows, and how they are identified."""
    piece = next(iter(source.pieces))
    rows = [orjson.loads(text) for text in piece.attributes[:MOST_COMPARED]]
    return piece.geometry[:MOST_COMPARED], model.column(rows, identify)
