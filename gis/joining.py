"""Many shapes become one area: lines and points are widened, areas united. Overlaying is where GEOS can be made to run for minutes (a 30 KB line of
2,000 vertices: 47 s to widen), so all but the smallest is done in the sandbox, where the clock ends it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon

from gis import quarantine, sandbox
from gis.geometry import KINDS, Kind, Shapes
from gis.handover import Part, put
from gis.receiving import fetched
from gis.shown import shown
from layers.refusal import Refused

MOST_HERE = 100  # vertices that cannot take longer than a person notices, however they lie
WIDEST_M = 1_000.0
QUARTER = 16  # segments to a quarter circle


def width_of(width_m: Any) -> float | None:
    if width_m is None:
        return None
    if isinstance(width_m, bool) or not isinstance(width_m, (int, float)) or not 0 < width_m <= WIDEST_M:
        raise Refused("width_out_of_range", got=shown(width_m, 40), most=WIDEST_M)
    return float(width_m)


def told(width_m: float | None) -> dict[str, Any]:
    return {"width_m": width_m, "cap": "flat", "join": "round", "quarter_segments": QUARTER}


def joined(
    areas: Sequence[Any], axes: Sequence[Any], points: Sequence[Any], half: float
) -> Polygon | MultiPolygon:
    """One area of valid shapes; ``half`` the width, in the unit of the coordinates. Ends are flat, corners and points round. May be empty.

    Refused: ``site_too_tangled``.
    """
    if len(areas) == 1 and not axes and not points:
        return areas[0]
    shapes = {"polygon": areas, "line": axes, "point": points}
    given = {kind: _column(shapes[kind]) for kind in KINDS}
    if sum(int(shapely.get_num_coordinates(column).sum()) for column in given.values()) <= MOST_HERE:
        return _overlaid(given, half)
    try:
        with quarantine.room("joining") as work:
            return _in_the_sandbox(given, half, work)
    except Refused as refusal:
        if refusal.code in ("reader_cpu", "reader_wall_clock", "reader_memory"):
            raise Refused("site_too_tangled", seconds=sandbox.DRAWN.cpu_s) from refusal
        raise


def _in_the_sandbox(given: Mapping[Kind, Shapes], half: float, work: Path) -> Polygon | MultiPolygon:
    folder_in, folder_out = work / "in", work / "out"
    folder_in.mkdir()
    folder_out.mkdir()
    for kind, column in given.items():
        put(folder_in, kind, _part(kind, column))
    counts = {kind: len(column) for kind, column in given.items()}
    (folder_in / "job.json").write_text(json.dumps({"half": half, "counts": counts}), encoding="utf-8")
    found: list[int] = []
    sandbox.run(
        "gis.joining",
        folder_in,
        folder_out,
        sandbox.DRAWN,
        on_message=lambda told: found.append(int(told["parts"])),
    )
    return _whole(fetched(folder_out, "joined", "polygon", found[0]).geometry)


def _overlaid(given: dict[Kind, Shapes], half: float) -> Polygon | MultiPolygon:
    areas = [*given["polygon"]]
    areas += [*shapely.buffer(given["line"], half, cap_style="flat", join_style="round", quad_segs=QUARTER)]
    areas += [*shapely.buffer(given["point"], half, quad_segs=QUARTER)]
    parts = shapely.get_parts(shapely.union_all(_column(areas)))
    return _whole(parts[(shapely.get_type_id(parts) == 3) & ~shapely.is_empty(parts)])


def _whole(parts: Shapes) -> Polygon | MultiPolygon:
    return parts[0] if len(parts) == 1 else MultiPolygon(list(parts))


def _column(shapes: Sequence[Any]) -> Shapes:
    column = np.empty(len(shapes), dtype=object)
    column[:] = shapes
    return column


def _part(kind: Kind, shapes: Shapes) -> Part:
    return Part(kind, shapes, np.arange(len(shapes), dtype=np.int64), ["{}"] * len(shapes), ())


def main() -> None:
    """Inside the sandbox: IN OUT LIMITS."""
    sandbox.shut(sys.argv[3])
    folder_in, folder_out = Path(sys.argv[1]), Path(sys.argv[2])
    try:
        job = json.loads((folder_in / "job.json").read_text(encoding="utf-8"))
        given = {kind: fetched(folder_in, kind, kind, job["counts"][kind]).geometry for kind in KINDS}
        parts = _column([*shapely.get_parts(_overlaid(given, job["half"]))])
        put(folder_out, "joined", _part("polygon", parts))
        sys.stdout.write(json.dumps({"parts": len(parts)}) + "\n")
    except MemoryError:
        sandbox.out_of_memory()


if __name__ == "__main__":
    main()
