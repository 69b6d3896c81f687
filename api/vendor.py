"""Copies what the pages take from npm into ``static/vendor``, file by file: nothing is fetched from outside and nothing is bundled.

The set-up script runs it after ``npm ci``: ``python -m api.vendor [NODE_MODULES]``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from layers.refusal import Refused

VENDOR = Path(__file__).parent / "static" / "vendor"
NODE_MODULES = Path(__file__).parents[1] / "node_modules"

FILES: dict[str, str] = {
    "maplibre-gl/maplibre-gl.mjs": "maplibre-gl/dist/maplibre-gl.mjs",
    "maplibre-gl/maplibre-gl-worker.mjs": "maplibre-gl/dist/maplibre-gl-worker.mjs",
    "maplibre-gl/maplibre-gl.css": "maplibre-gl/dist/maplibre-gl.css",
    "maplibre-gl/LICENSE.txt": "maplibre-gl/LICENSE.txt",
    "terra-draw/terra-draw.modern.js": "terra-draw/dist/terra-draw.modern.js",
    "terra-draw/terra-draw-maplibre-gl-adapter.modern.js": (
        "terra-draw-maplibre-gl-adapter/dist/terra-draw-maplibre-gl-adapter.modern.js"
    ),
    "leaflet/leaflet.js": "leaflet/dist/leaflet.js",
    "leaflet/leaflet.css": "leaflet/dist/leaflet.css",
    "leaflet/LICENSE": "leaflet/LICENSE",
    "leaflet/images/layers.png": "leaflet/dist/images/layers.png",
    "leaflet/images/layers-2x.png": "leaflet/dist/images/layers-2x.png",
    "leaflet/images/marker-icon.png": "leaflet/dist/images/marker-icon.png",
    "leaflet/images/marker-icon-2x.png": "leaflet/dist/images/marker-icon-2x.png",
    "leaflet/images/marker-shadow.png": "leaflet/dist/images/marker-shadow.png",
    "jquery/jquery.min.js": "jquery/dist/jquery.min.js",
}


def missing(vendor: Path = VENDOR) -> list[str]:
    """Files of the list that are not there."""
    return [name for name in FILES if not (vendor / name).is_file()]


def copy(node_modules: Path = NODE_MODULES, vendor: Path = VENDOR) -> int:
    """Copy every file of the list, and remove what is no longer in it; how many."""
    lacking = [source for source in FILES.values() if not (node_modules / source).is_file()]
    if lacking:
        raise Refused("vendor_missing", folder=str(node_modules), files=lacking)
    for name, source in FILES.items():
        (vendor / name).parent.mkdir(parents=True, exist_ok=True)
        # Source maps are not shipped, and a page must not ask for them.
        content = (node_modules / source).read_bytes()
        (vendor / name).write_bytes(
            _without_source_map(content) if source.endswith((".js", ".mjs", ".css")) else content
        )
    for old in vendor.rglob("*"):
        if old.is_file() and old.relative_to(vendor).as_posix() not in FILES:
            old.unlink()
    return len(FILES)


def _without_source_map(content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    while lines and (not lines[-1].strip() or b"sourceMappingURL=" in lines[-1][:80]):
        lines.pop()
    return b"".join(lines)


if __name__ == "__main__":
    sys.stdout.write(f"{copy(Path(sys.argv[1]) if len(sys.argv) > 1 else NODE_MODULES)} files\n")
