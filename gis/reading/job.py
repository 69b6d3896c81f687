"""The list of sources, read one after another. Each ends in a result or a refusal of its own; the parent is told when each begins, so that it knows
which one to blame if this process dies.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gis.handover import put
from gis.reading.found import FoundLayer
from layers.canonical import canonical
from layers.refusal import Refused

JOB = "job.json"


def run(folder_in: Path, folder_out: Path) -> None:
    """IN/job.json: ``{"allowed": [drivers], "sources": [{"id", "inside", "format", "stem"}]}``; OUT gets ``<id>.json`` and the arrays it names."""
    job = json.loads((folder_in / JOB).read_text(encoding="utf-8"))
    say = _voice()
    readers: dict[str, Callable[..., list[FoundLayer]]] = {}
    if any(source["format"] != "boundary text" for source in job["sources"]):
        from gis.reading import vector

        vector.only(job["allowed"])
        readers = vector.READERS
    for source in job["sources"]:
        _source(source, folder_in, folder_out, readers, say)


def _source(
    source: dict[str, Any],
    folder_in: Path,
    folder_out: Path,
    readers: dict[str, Callable[..., list[FoundLayer]]],
    say: Callable[..., None],
) -> None:
    name = source["id"]
    say(start=name)
    try:
        if source["format"] == "boundary text":
            from gis.reading import plots

            found = plots.read(folder_in / source["inside"], source["stem"])
        else:
            found = readers[source["format"]](
                folder_in / source["inside"],
                source["stem"],
                folder_out,
                lambda share: say(at=name, share=share),
            )
        layers = [_handed_over(folder_out, f"{name}-{number}", layer) for number, layer in enumerate(found)]
        (folder_out / f"{name}.json").write_text(canonical(layers), encoding="utf-8")
        say(done=name)
    except Refused as refusal:
        say(refused=name, code=refusal.code, params=refusal.params)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a library raises over a broken file, the file is what is refused
        say(refused=name, code="unreadable", params={"reason": f"{type(error).__name__}: {error}"[:300]})


def _handed_over(folder: Path, name: str, layer: FoundLayer) -> dict[str, Any]:
    told: dict[str, Any] = {
        "layer": layer.layer, "crs": layer.crs, "by_format": layer.by_format, "encoding": layer.encoding,
        "fields": layer.fields, "notes": layer.notes, "refused": layer.refused, "parts": [],
    }  # fmt: skip
    for part in layer.parts:
        put(folder, f"{name}-{part.kind}", part)
        told["parts"].append(
            {"kind": part.kind, "name": f"{name}-{part.kind}", "read": len(part.rows) + len(part.aside)}
        )
    return told


def _voice() -> Callable[..., None]:
    """A line of JSON per message, on the standard output as it was at the start: libraries print to another one."""
    channel = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr

    def say(**message: Any) -> None:
        channel.write(json.dumps(message, default=str).encode() + b"\n")

    return say
