"""Inside the sandbox: a GeoTIFF becomes bare numbers. ``python -m gis.reading.cells IN OUT LIMITS``, a process of its own, for rasterio brings a
GDAL of its own and its allow-list is another (GTiff alone).
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gis.sandbox import out_of_memory, shut

MOST_CELLS = 120_000_000
AT_ONCE = 4_000_000  # cells

Refusal = dict[str, Any]


def main() -> None:
    folder_in, folder_out, limits = sys.argv[1:]
    shut(limits)
    try:
        job = json.loads((Path(folder_in) / "cells.json").read_text(encoding="utf-8"))
        for name, inside in job["sources"]:
            told = _read(Path(folder_in) / inside, Path(folder_out) / f"{name}.cells", job["nodata"])
            _say({"id": name, **told})
    except MemoryError:
        out_of_memory()


def _read(path: Path, to: Path, answer: str | None) -> dict[str, Any]:
    """What the file says of itself, its cells in ``to`` as float32 by rows (NaN: no data); or the code of a refusal. ``answer``: the value
    that means no data where the file declares none, or "none"; None: nobody was asked.
    """
    import rasterio

    try:
        with rasterio.open(path, driver="GTiff", sharing=False) as source:
            refusal = _unfit(source) or _contradicted(source, answer)
            if refusal is not None:
                return refusal
            silent = _declares_nothing(source)
            if silent and answer is None:
                return _asked(source)
            stands_for_nothing = _stored(source, answer) if silent and answer not in (None, "none") else None
            if silent and answer != "none" and stands_for_nothing is None:
                return _refusal("raster_nodata_type", given=answer, type=source.dtypes[0])
            missing = _written(source, to, stands_for_nothing)
            found = _found(source) if silent and answer == "none" else []
            return {
                "width": source.width,
                "height": source.height,
                "transform": _turn(source),
                "crs": source.crs.to_wkt() if source.crs else None,
                "type": source.dtypes[0],
                "nodata": _finite(source.nodata if stands_for_nothing is None else stands_for_nothing),
                "answered": {"missing": missing, "found": _named(source, found)} if silent else None,
            }
    except (rasterio.errors.RasterioError, ValueError) as error:
        return _refusal("unreadable", reason=f"{type(error).__name__}: {error}"[:300])


def _unfit(source: Any) -> Refusal | None:
    """Why no answer of anybody could make a grid of ours of it."""
    import numpy as np

    if source.width * source.height > MOST_CELLS:
        return _refusal("raster_too_large", cells=source.width * source.height, most=MOST_CELLS)
    numbers = np.issubdtype(np.dtype(source.dtypes[0]), np.number) and "complex" not in source.dtypes[0]
    if source.count != 1 or not numbers:
        return _refusal("raster_bands", bands=source.count, type=source.dtypes[0])
    turn = _turn(source)
    if turn[1] or turn[3] or not turn[0] > 0 or not turn[4] < 0 or not all(map(math.isfinite, turn)):
        return _refusal("raster_turned")
    return None


def _contradicted(source: Any, answer: str | None) -> Refusal | None:
    """The file's own word stands: whoever says otherwise has another file in mind."""
    if answer is None or _declares_nothing(source):
        return None
    if source.nodata is None:
        return _refusal("raster_nodata_mask", given=answer)
    given = None if answer == "none" else _stored(source, answer)
    if given is None or not _same(given, source.nodata):
        return _refusal("raster_nodata_differs", given=answer, declared=_told(source, source.nodata))
    return None


def _declares_nothing(source: Any) -> bool:
    from rasterio.enums import MaskFlags

    return source.nodata is None and source.mask_flag_enums[0] == [MaskFlags.all_valid]


def _asked(source: Any) -> Refusal:
    """The question, with the values that may be the answer."""
    found = _found(source)
    example = _told(source, found[0][0]) if found else "-9999"
    return _refusal("raster_nodata", found=_named(source, found), example=example)


def _named(source: Any, found: list[tuple[float, int]]) -> list[str] | None:
    return [f"{_told(source, value)} × {count:,}" for value, count in found] or None


def _found(source: Any) -> list[tuple[float, int]]:
    import numpy as np
    from rasterio.windows import Window

    from gis.reading.stand_ins import StandIns

    seen = StandIns(source.width * source.height)
    for window in _strips(source):
        seen.see(source.read(1, window=window))
    ends = [(x, y) for x in (0, source.width - 1) for y in (0, source.height - 1)]
    return seen.found(np.array([source.read(1, window=Window(x, y, 1, 1))[0, 0] for x, y in ends]))


def _written(source: Any, to: Path, stands_for_nothing: Any) -> int:
    """How many cells hold no value."""
    import numpy as np

    missing = 0
    with to.open("wb") as out:
        for window in _strips(source):
            strip = source.read(1, window=window)
            cells = strip.astype(np.float32)
            cells[source.read_masks(1, window=window) == 0] = np.nan
            if stands_for_nothing is not None:
                cells[strip == stands_for_nothing] = np.nan
            cells[~np.isfinite(cells)] = np.nan
            missing += int(np.isnan(cells).sum())
            cells.tofile(out)
    return missing


def _strips(source: Any) -> Iterator[Any]:
    """Windows over whole rows of blocks, so that no block is unpacked twice."""
    from rasterio.windows import Window

    block = source.block_shapes[0][0]
    rows = max(1, AT_ONCE // (source.width * block)) * block
    for top in range(0, source.height, rows):
        yield Window(0, top, source.width, min(rows, source.height - top))


def _stored(source: Any, answer: str | None) -> Any:
    """The answer as a cell of this file would hold it; None where none could."""
    import numpy as np

    kind = np.dtype(source.dtypes[0])
    value = float(answer or "nan")
    if kind.kind in "iu":
        fits = value.is_integer() and np.iinfo(kind).min <= value <= np.iinfo(kind).max
        return kind.type(int(value)) if fits else None
    with np.errstate(over="ignore"):
        stored = kind.type(value)
    return None if np.isinf(stored) else stored


def _same(given: Any, declared: float) -> bool:
    import numpy as np

    if isinstance(given, np.floating):  # a file in float32 holds its -9999.9 as float32 too
        return bool(given == type(given)(declared)) or (bool(np.isnan(given)) and math.isnan(declared))
    return float(given) == declared


def _told(source: Any, value: float) -> str:
    """A value as one would type it: as short as the type of the cells allows."""
    import numpy as np

    kind = np.dtype(source.dtypes[0])
    return str(kind.type(value) if kind.kind == "f" else float(value)).removesuffix(".0")


def _finite(value: Any) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _turn(source: Any) -> tuple[float, ...]:
    return tuple(float(value) for value in source.transform[:6])


def _refusal(code: str, **params: Any) -> Refusal:
    return {"refused": code, "params": params}


def _say(message: dict[str, Any]) -> None:
    print(json.dumps(message, allow_nan=False), flush=True)  # noqa: T201 - the sandbox's voice


if __name__ == "__main__":
    main()
