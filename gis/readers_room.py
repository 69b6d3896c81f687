"""The sandbox at work on one delivery: which drivers it may have, how far it is, what it refused, and a new start after a source that killed it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from gis import sandbox
from gis.delivery import Delivery
from gis.drivers import all_but
from gis.quarantine import check_space
from gis.receiving import Receiving
from gis.sandbox import Limits
from gis.shown import shown
from layers.canonical import canonical
from layers.refusal import Refused

# ``(path in the delivery, bytes done, bytes in all)``: one measure for the whole delivery, so that one bar can show it.
Progress = Callable[[str, int, int], None]

ALLOWED = (
    "ESRI Shapefile", "GPKG", "GeoJSON", "TopoJSON", "FlatGeobuf", "OpenFileGDB", "GML", "GPX", "MapInfo File", "OSM",
)  # fmt: skip
# No driver that fetches is left; should one come with a new GDAL, its way out ends at a door that nobody opens.
NOWHERE = {"GDAL_HTTP_PROXY": "127.0.0.1:1", "GDAL_HTTPS_PROXY": "127.0.0.1:1"}
MOST_DEATHS = 5


class Room:
    """The sandbox at work on a delivery: where it is, what it refused, and a new start after the source that killed it."""

    def __init__(
        self,
        delivery: Delivery,
        out: Path,
        limits: Limits,
        on_progress: Progress | None,
        repair: bool,
        receiving: Receiving,
    ) -> None:
        self.delivery, self.out, self.limits, self.on_progress = delivery, out, limits, on_progress
        self.repair, self.receiving = repair, receiving
        self.names = {f"{number:06d}": source for number, source in enumerate(delivery.sources)}
        self.bytes = dict(zip(self.names, delivery.weights(), strict=True))
        self.refused: dict[str, tuple[str, dict[str, Any]]] = {}
        self.done: set[str] = set()
        self.at: str | None = None

    def read(self) -> None:
        deaths = 0
        while left := [name for name in self.names if name not in self.done and name not in self.refused]:
            self.at = None
            job = {
                "allowed": ALLOWED,
                "repair": self.repair,
                "sources": [
                    {
                        "id": name,
                        "inside": self.names[name].inside,
                        "format": self.names[name].format,
                        "stem": self.names[name].stem,
                    }
                    for name in left
                ],
            }
            (self.delivery.folder / "job.json").write_text(canonical(job), encoding="utf-8")
            # A process that died may have begun on a source after the one it died of; what it wrote of it is begun anew.
            for name in left:
                self.receiving.forget(name)
                for begun in self.out.glob(f"{name}[-.]*"):
                    begun.unlink()
            try:
                sandbox.run(
                    "gis.reading",
                    self.delivery.folder,
                    self.out,
                    self.limits,
                    env={"GDAL_SKIP": all_but(ALLOWED), **NOWHERE},
                    on_message=self._heard,
                )
                if self._unheard(left):
                    raise Refused("reader_untrusted", reason="sources without an answer")
            except Refused as death:
                deaths += 1
                blamed = self._blamed()
                if (
                    blamed is None
                    or death.code not in ("reader_killed", "reader_memory")
                    or deaths > MOST_DEATHS
                ):
                    raise
                self.refused[blamed] = (death.code, death.params)

    def _blamed(self) -> str | None:
        """The source that was being read when the process died."""
        return self.at if self.at not in self.done and self.at not in self.refused else None

    def _unheard(self, left: list[str]) -> bool:
        return any(name not in self.done and name not in self.refused for name in left)

    def _heard(self, message: dict[str, Any]) -> None:
        """Messages come from the untrusted side: only names that we gave count."""
        name = next((message[key] for key in ("start", "at", "done", "refused") if key in message), None)
        if not isinstance(name, str) or name not in self.names or name in self.done or name in self.refused:
            return
        if "chunk" in message or "refused" in message:
            # A full disk is no fault of the source, and whoever else writes there must not be stopped by it.
            check_space(self.out, 0, self.delivery.name)
        if "chunk" in message:
            self.receiving.heard(name, message["chunk"])
            return
        share = message.get("share", 0.0)
        if "start" in message:
            self.at = name
        elif "done" in message:
            self.done.add(name)
        elif "refused" in message:
            params = message.get("params")
            self.refused[name] = (shown(message.get("code"), 60), _worded(params))
        if self.on_progress is not None and isinstance(share, (int, float)):
            ended = sum(self.bytes[one] for one in (*self.done, *self.refused))
            now = int(self.bytes[name] * min(max(share, 0.0), 1.0)) if "at" in message else 0
            self.on_progress(self.names[name].path, ended + now, sum(self.bytes.values()))


def _worded(params: Any) -> dict[str, Any]:
    """Parameters of a refusal from the untrusted side: flat, numbers and short words only."""
    given = params if isinstance(params, dict) else {}
    return {shown(key, 40): _word(value) for key, value in list(given.items())[:20]}


def _word(value: Any) -> Any:
    if isinstance(value, list):
        return [_word(one) for one in value[:50] if not isinstance(one, list)]
    return value if isinstance(value, (bool, int, float)) or value is None else shown(value, 300)
