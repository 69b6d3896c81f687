"""The sandbox's own process: ``python -m gis.reading IN OUT LIMITS``. Shuts itself in, then reads one source after another and says how far it is."""

from __future__ import annotations

import sys
from pathlib import Path

from gis.sandbox import out_of_memory, shut


def main() -> None:
    folder_in, folder_out, limits = sys.argv[1:]
    shut(limits)
    try:
        from gis.reading import job  # not before the limits stand

        job.run(Path(folder_in), Path(folder_out))
    except MemoryError:
        out_of_memory()


main()
